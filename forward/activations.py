"""Activation functions, by Keras' names."""

from collections.abc import Callable

import numpy as np

Activation = Callable[[np.ndarray], np.ndarray]


def linear(x: np.ndarray) -> np.ndarray:
    """Return x unchanged."""
    return x


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0), element by element."""
    return np.maximum(x, 0)


def tanh(x: np.ndarray) -> np.ndarray:
    """(e^x - e^-x) / (e^x + e^-x), element by element."""
    return np.tanh(x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), element by element.

    Written with e^-|x|, which lies in (0, 1], so that no x overflows and small results keep all
    their digits: for x < 0 the same value is e^x / (1 + e^x).
    """
    exp = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1, exp) / (1 + exp)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """e^x / sum(e^x) along `axis`; the largest x is subtracted first, so that nothing overflows (Keras' softmax)."""
    exp = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exp / np.sum(exp, axis=axis, keepdims=True)


ACTIVATIONS: dict[str, Activation] = {
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": tanh,
}
