"""How long a recurrent network remembers, and what padding does to what it remembers: measured, not derived."""

from __future__ import annotations

import numpy as np

import forward

from .reading import OVER_TIME, recurrent, tokens_of, weights

TEXTS = 100  # of which the numbers are means or medians
LONGEST = 20  # words that are read after the first one, at most


def span(lengths: np.ndarray) -> int:
    """How many words the texts must have: as many as half of them have, at most LONGEST."""
    return int(min(LONGEST, np.median(lengths)))


def fading(model: forward.Model, texts: np.ndarray) -> np.ndarray:
    """How large the first word's trace in the state is, after each word: (2, texts, span).

    The first word's vector is set to zero, as word dropout does in training; its trace is the distance of the two
    states. First over what it was after the first word, so that it begins at 1, then as a part of the state's own size.
    Only texts of `span` words or more count, whose first word the vocabulary has, the first TEXTS of them. There may be
    none.
    """
    tokens = tokens_of(model, texts.tolist())
    number = span((tokens != 0).sum(axis=1))
    tokens = tokens[((tokens != 0).sum(axis=1) >= number) & (tokens[:, 0] != 1)][:TEXTS, :number]
    x = forward.embedding(tokens, model.weights["embedding/embeddings"])
    without = x.copy()
    without[:, 0] = 0
    h = states(model, x)
    trace = np.linalg.norm(h - states(model, without), axis=-1)
    return np.stack([trace / trace[:, :1], trace / np.linalg.norm(h, axis=-1)])


def states(model: forward.Model, x: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """The states of the last recurrent layer over time: x (texts, time, features) -> (texts, time, units)."""
    for name, kind in recurrent(model).items():
        x = OVER_TIME[kind](x, *weights(model, name), mask=mask, return_sequences=True)
    return x


def padded_states(model: forward.Model, texts: np.ndarray, masked: bool) -> tuple[np.ndarray, np.ndarray]:
    """The states over the whole input, padding included, and how many words each text has: (texts, time, units)."""
    tokens = tokens_of(model, texts.tolist())
    x = forward.embedding(tokens, model.weights["embedding/embeddings"])
    return states(model, x, tokens != 0 if masked else None), (tokens != 0).sum(axis=1)


def short(lengths: np.ndarray, longest: int) -> np.ndarray:
    """The first TEXTS that fill at most half of an input, which has room for `longest` words."""
    return np.flatnonzero((lengths > 0) & (lengths <= longest // 2))[:TEXTS]


def apart(states: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """How far the states of different texts are apart, after each step of padding: (steps + 1,), at first 1.

    The root of the mean squared distance from the mean state, over what it was after the last word.
    """
    steps = np.arange(states.shape[1] - lengths.max() + 1)
    after = np.stack([h[n - 1 + steps] for h, n in zip(states, lengths, strict=True)])  # (texts, steps, units)
    spread = np.sqrt(np.square(after - after.mean(axis=0)).sum(axis=-1).mean(axis=0))
    return spread / spread[0]
