"""The layer that takes texts."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from ..text import SPLITS, STANDARDIZATIONS, count_vectorization, text_vectorization
from .archive import SavedLayer, brief
from .inputs import WORDS
from .layer import Layer, Shapes
from .settings import count, flag, ngram_sizes, one_of, optional


class TextVectorization(Layer):
    """`text_vectorization` for the mode "int", `count_vectorization` for the others, with the file's vocabulary.

    "multi_hot" tells only whether a token occurs, "tf_idf" weighs its count with what `adapt` learnt.
    """

    settings = {
        "standardize": one_of(*STANDARDIZATIONS), "split": one_of(*SPLITS), "ngrams": ngram_sizes,
        "output_mode": one_of("int", "multi_hot", "count", "tf_idf"), "output_sequence_length": optional(count),
        "max_tokens": optional(count), "pad_to_max_tokens": flag,
    }  # fmt: skip
    fixed = {"sparse": False, "ragged": False, "encoding": "utf-8"}
    no_effect = frozenset({"vocabulary", "vocabulary_size", "idf_weights", "has_input_vocabulary"})
    casts = ""

    def prepare(self, saved: SavedLayer, x: Array) -> None:
        """The vocabulary, and how many columns there are for its words."""
        words = self.words(saved)
        self.vocabulary = {word.encode(): position for position, word in enumerate(words)}
        self.size = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else len(words)
        if self.size < len(words):
            raise ModelFileError(f"{self}: max_tokens={self.size}, but the vocabulary has {len(words)} words")

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        """Those of "tf_idf", which Keras keeps by name, not by number, and once more in "_lookup_layer"."""
        own = {key.replace("idf_weights", "0"): array for key, array in saved.weights.items() if key[0] != "_"}
        return super().take_weights(replace(saved, weights=own), x)

    def words(self, saved: SavedLayer) -> list[str]:
        """Those of the configuration or of the asset, by their token numbers."""
        words = saved.config.get("vocabulary")
        if words is None and "vocabulary.txt" in saved.assets:
            words = saved.assets["vocabulary.txt"].decode().split("\n")  # as Keras: words may hold U+2028 and the like
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ModelFileError(f"{self}: the vocabulary must be a list of strings or adapted, got {brief(words)}")
        special = [""] * (self.output_mode == "int") + ["[UNK]"]
        words = words[len(special) :] if words[: len(special)] == special else words
        if twice := [word for word, times in Counter(special[:-1] + words).items() if times > 1]:  # Keras' rule
            raise ModelFileError(f"{self}: the vocabulary has the word {brief(twice[0])} twice")
        return special + words

    def weight_shapes(self, x: Array) -> Shapes:
        return {"idf_weights": (self.size,) if self.output_mode == "tf_idf" else None}

    @property
    def any_length(self) -> bool:
        return self.output_mode == "int" and self.output_sequence_length is None

    def call(self, x: Array) -> Any:
        how = self.standardize, self.split, self.ngrams
        texts = x.reshape(-1).tolist()
        if self.output_mode == "int":
            built_length = None if texts else x.shape[-1] or WORDS  # without texts, long enough for every later window
            length = self.output_sequence_length or built_length
            return text_vectorization(texts, self.vocabulary, length, *how)
        counts = count_vectorization(texts, self.vocabulary, self.size, *how)
        if self.output_mode == "tf_idf":
            return counts.astype(self.dtype) * self.idf_weights
        return np.minimum(counts, 1) if self.output_mode == "multi_hot" else counts
