"""Activation functions by Keras' names: all that Keras 3 ships and that need no further input."""

import math
from collections.abc import Callable

import numpy as np

Array = np.ndarray
Activation = Callable[[Array], Array]
Weight = Array | float  # an array, or the number that stands in its place where a layer has none
tanh = np.tanh


def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """x where x > threshold, at most max_value; negative_slope * (x - threshold) elsewhere.

    Keras rounds max_value and, for the comparison, threshold to float32; with a max_value, x is at least 0.
    """
    most = None if max_value is None else max(0.0, float(np.float32(max_value)))
    if not threshold and (not negative_slope or max_value is None):
        y = leaky_relu(x, negative_slope) if negative_slope else np.maximum(x, 0)
        return y if most is None else np.minimum(y, most)
    above = x if most is None else np.clip(x, 0, most)
    return np.where(x > float(np.float32(threshold)), above, negative_slope * (x - threshold))


def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """x where x > 0, else negative_slope * x (Maas et al. 2013); TensorFlow rounds the slope to float32."""
    return np.where(x > 0, x, float(np.float32(negative_slope)) * x)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x where x > 0, else alpha * (e^x - 1) (Clevert et al. 2016)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), written with e^-|x|, so that no x overflows and small results keep all their digits."""
    exp = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1, exp) / (1 + exp)


def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """e^x / sum(e^x) along `axis`; the largest x is subtracted first, so that nothing overflows (Keras' softmax)."""
    exp = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return exp / np.sum(exp, axis=axis, keepdims=True)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """log(softmax(x)) along `axis`, without the detour over small numbers."""
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def sparsemax(x: Array) -> Array:
    """max(x - tau, 0) along the last axis (Martins and Astudillo 2016), with Keras' tau: its results do not sum to 1.

    The paper takes one cumulative sum, the last of the support, for tau; Keras adds up all of them.
    """
    largest = -np.sort(-x, axis=-1)
    sums = np.cumsum(largest, axis=-1)
    support = largest - (sums - 1) / np.arange(1, x.shape[-1] + 1, dtype=x.dtype) > 0
    size = support.sum(axis=-1, keepdims=True).astype(x.dtype)
    return np.maximum(x - (np.sum(sums, axis=-1, keepdims=True, where=support) - 1) / size, 0)


def gelu(x: Array) -> Array:
    """x * P(X <= x) for a standard normal X (Hendrycks and Gimpel 2016); TensorFlow rounds the root of 1/2."""
    return x / 2 * np.asarray(np.frompyfunc(math.erfc, 1, 1)(-x * float(np.float32(math.sqrt(0.5)))), x.dtype)


def glu(x: Array) -> Array:
    """a * sigmoid(b), with a and b the halves of the last axis (Dauphin et al. 2017)."""
    a, b = np.split(x, 2, axis=-1)
    return a * sigmoid(b)


ACTIVATIONS: dict[str, Activation] = {
    "celu": elu,  # the same for alpha = 1
    "elu": elu,
    "exponential": np.exp,
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,  # Keras 3's definition; Keras 2 had x / 5 + 0.5
    "hard_silu": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": leaky_relu,
    "linear": lambda x: x,
    "log_sigmoid": lambda x: -np.logaddexp(-x, 0),
    "log_softmax": log_softmax,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "relu": relu,
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772),  # Klambauer et al. 2017
    "sigmoid": sigmoid,
    "silu": lambda x: x * sigmoid(x),
    "soft_shrink": lambda x: x - np.clip(x, -0.5, 0.5),
    "softmax": softmax,
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": lambda x: np.where(x < 1, (np.maximum(x, -1) + 1) ** 2 / 4, x),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": sparsemax,
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "tanh": tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}
ACTIVATIONS |= {"swish": ACTIVATIONS["silu"], "hard_swish": ACTIVATIONS["hard_silu"]}
