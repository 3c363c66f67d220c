"""From sentences to token numbers, or to counts of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from .activations import Array

PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
STANDARDIZATIONS = None, "lower", "strip_punctuation", "lower_and_strip_punctuation"
SPLITS = "whitespace", "character"


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

    A token (see `forward.text.tokenize`) becomes its number in the vocabulary, whose keys are UTF-8 bytes, or 1 if it
    is not there; the row is cut, or filled up with 0. Without a length the longest text sets it.
    """
    rows = [[vocabulary.get(token, 1) for token in tokenize(text, standardize, split, ngrams)] for text in texts]
    length = output_sequence_length or max(map(len, rows), default=0)
    return np.array([row[:length] + [0] * (length - len(row)) for row in rows], np.int64).reshape(len(rows), length)


def count_vectorization(
    texts: Sequence[str], vocabulary: Mapping[bytes, int], size: int, standardize: str | None = STANDARDIZATIONS[-1],
    split: str = "whitespace", ngrams: Sequence[int] = (1,),
) -> Array:  # fmt: skip
    """How often each token of the vocabulary occurs in each text: (batch,) strings -> (batch, size) int64.

    Tokens (see `forward.text.tokenize`) that are not in the vocabulary are counted in column 0.
    """
    counts = np.zeros((len(texts), size), np.int64)
    for row, text in zip(counts, texts, strict=True):
        np.add.at(row, [vocabulary.get(token, 0) for token in tokenize(text, standardize, split, ngrams)], 1)
    return counts
