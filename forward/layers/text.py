"""From sentences to token numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelFileError
from .base import Layer, Mask, Shape, count

if TYPE_CHECKING:
    from ..keras_file import SavedLayer

PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
PADDING, UNKNOWN = 0, 1


def text_vectorization(
    texts: Sequence[str], vocabulary: Mapping[bytes, int], output_sequence_length: int
) -> np.ndarray:
    """Each text as a row of token numbers: (batch,) strings -> (batch, output_sequence_length) int64.

    A text is lowered, its ASCII punctuation taken out, and split at whitespace; each word becomes its
    number in the vocabulary, or 1 if it is not there; the row is cut, or filled up with 0. Done on
    UTF-8 bytes, as TensorFlow does: only ASCII letters are lowered and only ASCII whitespace splits.
    """
    tokens = np.full((len(texts), output_sequence_length), PADDING, np.int64)
    for row, text in zip(tokens, texts, strict=True):
        words = text.encode().lower().translate(None, PUNCTUATION).split()[:output_sequence_length]
        row[: len(words)] = [vocabulary.get(word, UNKNOWN) for word in words]
    return tokens


class TextVectorization(Layer):
    """`text_vectorization` with the vocabulary that the file holds."""

    casts_input = False
    options = {"output_sequence_length": count}
    fixed = {
        "standardize": ("lower_and_strip_punctuation",),
        "split": ("whitespace",),
        "ngrams": (None,),
        "output_mode": ("int",),
        "sparse": (False,),
        "ragged": (False,),
        "encoding": ("utf-8",),
        "idf_weights": (None,),
    }
    # The vocabulary is read by take_weights, and is already cut to max_tokens.
    no_effect = frozenset({"vocabulary", "vocabulary_size", "max_tokens", "pad_to_max_tokens"})

    def take_weights(self, saved: SavedLayer, input_shape: Shape) -> dict[str, np.ndarray]:
        super().take_weights(saved, input_shape)  # there must be none
        words = self._words(saved.config.get("vocabulary"), saved.assets)
        self.vocabulary = {word.encode(): number for number, word in enumerate(words)}
        return {}

    def _words(self, in_config: Any, assets: dict[str, bytes]) -> list[str]:
        """The vocabulary, from the configuration or from the asset, with "" and "[UNK]" in front."""
        if in_config is not None:
            if not isinstance(in_config, list) or not all(isinstance(word, str) for word in in_config):
                raise ModelFileError(
                    f"{self}: the vocabulary must be a list of strings, got {type(in_config).__name__}"
                )
            words = in_config
        elif "vocabulary.txt" in assets:
            words = assets["vocabulary.txt"].decode().splitlines()
        else:
            raise ModelFileError(f"{self}: the file has no vocabulary; adapt the layer before you save the model")
        return words if words[:2] == ["", "[UNK]"] else ["", "[UNK]", *words]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (self.output_sequence_length,)

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return text_vectorization(x.reshape(-1).tolist(), self.vocabulary, self.output_sequence_length), None
