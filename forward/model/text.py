"""From sentences to token numbers, or to counts of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from .archive import SavedLayer, brief
from .layer import Layer, Shapes, count, flag, one_of, optional

PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
STANDARDIZATIONS = (None, "lower", "strip_punctuation", "lower_and_strip_punctuation")
SPLITS = ("whitespace", "character")


def tokenize(
    text: str, standardize: str | None, split: str = "whitespace", ngrams: Sequence[int] = (1,)
) -> list[bytes]:
    """A text's words, or with `split="character"` its characters; for each n of `ngrams` all runs of n of them.

    Done on UTF-8 bytes, as TensorFlow does: only ASCII letters are lowered, only ASCII punctuation is
    stripped and only ASCII whitespace splits. Raises ValueError for another `standardize` or `split`.
    """
    if standardize not in STANDARDIZATIONS or split not in SPLITS:
        raise ValueError(f"standardize={standardize!r}, split={split!r}: expected {STANDARDIZATIONS} and {SPLITS}")
    data = text.encode()
    data = data.lower() if "lower" in (standardize or "") else data
    data = data.translate(None, PUNCTUATION) if "strip" in (standardize or "") else data
    words = data.split() if split == "whitespace" else [character.encode() for character in data.decode()]
    return [b" ".join(words[start : start + n]) for n in ngrams for start in range(len(words) - n + 1)]


def text_vectorization(
    texts: Sequence[str], vocabulary: Mapping[bytes, int], output_sequence_length: int | None = None,
    standardize: str | None = STANDARDIZATIONS[-1], split: str = "whitespace", ngrams: Sequence[int] = (1,),
) -> Array:  # fmt: skip
    """Each text as a row of token numbers: (batch,) strings -> (batch, output_sequence_length) int64.

    A token (see `tokenize`) becomes its number in the vocabulary, or 1 if it is not there; the row is cut,
    or filled up with 0. Without a length the longest text sets it.
    """
    rows = [[vocabulary.get(token, 1) for token in tokenize(text, standardize, split, ngrams)] for text in texts]
    length = output_sequence_length or max(map(len, rows), default=0)
    return np.array([row[:length] + [0] * (length - len(row)) for row in rows], np.int64).reshape(len(rows), length)


def count_vectorization(
    texts: Sequence[str], vocabulary: Mapping[bytes, int], size: int, standardize: str | None = STANDARDIZATIONS[-1],
    split: str = "whitespace", ngrams: Sequence[int] = (1,),
) -> Array:  # fmt: skip
    """How often each token of the vocabulary occurs in each text: (batch,) strings -> (batch, size) int64.

    Tokens (see `tokenize`) that are not in the vocabulary are counted in column 0.
    """
    counts = np.zeros((len(texts), size), np.int64)
    for row, text in zip(counts, texts, strict=True):
        np.add.at(row, [vocabulary.get(token, 0) for token in tokenize(text, standardize, split, ngrams)], 1)
    return counts


def ngram_sizes(value: Any) -> tuple[int, ...]:
    """null, the largest n, or a list of every n."""
    if isinstance(value, list):
        return tuple(count(each, most=64) for each in value[: count(len(value), most=64)])
    return tuple(range(1, count(1 if value is None else value, most=64) + 1))


class TextVectorization(Layer):
    """`text_vectorization` for the mode "int", `count_vectorization` for the others, with the file's vocabulary.

    "multi_hot" tells only whether a token occurs, "tf_idf" weighs its count with what `adapt` learnt.
    """

    casts = ""
    options = {
        "standardize": one_of(*STANDARDIZATIONS), "split": one_of(*SPLITS), "ngrams": ngram_sizes,
        "output_mode": one_of("int", "multi_hot", "count", "tf_idf"), "output_sequence_length": optional(count),
        "max_tokens": optional(count), "pad_to_max_tokens": flag,
    }  # fmt: skip
    fixed = {"sparse": False, "ragged": False, "encoding": "utf-8"}
    apart = frozenset({*options, "idf_weights"})
    no_effect = frozenset({"vocabulary", "vocabulary_size", "idf_weights", "has_input_vocabulary"})

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        """The vocabulary, from the configuration or from the asset, and the weights of "tf_idf"."""
        words = saved.config.get("vocabulary")
        if words is None and "vocabulary.txt" in saved.assets:
            words = saved.assets["vocabulary.txt"].decode().split("\n")  # as Keras: words may hold U+2028 and the like
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ModelFileError(f"{self}: the vocabulary must be a list of strings or adapted, got {brief(words)}")
        special = [""] * (self.output_mode == "int") + ["[UNK]"]
        words = words[len(special) :] if words[: len(special)] == special else words
        if twice := [word for word, times in Counter(special[:-1] + words).items() if times > 1]:  # Keras' rule
            raise ModelFileError(f"{self}: the vocabulary has the word {brief(twice[0])} twice")
        words = special + words
        self.any_length = self.output_mode == "int" and self.output_sequence_length is None
        self.vocabulary = {word.encode(): position for position, word in enumerate(words)}
        self.size = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else len(words)
        if self.size < len(words):
            raise ModelFileError(f"{self}: max_tokens={self.size}, but the vocabulary has {len(words)} words")
        own = {key.replace("idf_weights", "0"): array for key, array in saved.weights.items() if key[0] != "_"}
        return super().take_weights(replace(saved, weights=own), x)

    def weight_shapes(self, x: Array) -> Shapes:
        return {"idf_weights": (self.size,) if self.output_mode == "tf_idf" else None}

    def __call__(self, x: Array, mask: Any = None) -> Array:
        how = {"standardize": self.standardize, "split": self.split, "ngrams": self.ngrams}
        texts = x.reshape(-1).tolist()
        if self.output_mode == "int":
            any_length = None if texts else x.shape[-1] or 1024  # without texts, long enough for every later window
            length = self.output_sequence_length or any_length
            return text_vectorization(texts, self.vocabulary, length, **how)
        counts = count_vectorization(texts, self.vocabulary, self.size, **how)
        if self.output_mode == "tf_idf":
            return counts.astype(self.dtype) * self.weights["idf_weights"]
        return np.minimum(counts, 1) if self.output_mode == "multi_hot" else counts


LAYERS = {"TextVectorization": TextVectorization}
