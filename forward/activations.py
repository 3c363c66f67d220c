"""Activation functions. `forward.model.activations` has the table of all, by Keras' names."""

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Activation = Callable[[Array], Array]
Weight = Array | float  # an array, or the number that stands in its place where a layer has none
tanh = np.tanh


def relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """y = x where x > threshold, else negative_slope * (x - threshold); with a max_value, the former kept from 0 to it.

    Keras rounds max_value and, for the comparison, threshold to float32; the slope only without them (`leaky_relu`).
    """
    most = None if max_value is None else max(0.0, float(np.float32(max_value)))
    if not threshold and (not negative_slope or max_value is None):
        y = leaky_relu(x, negative_slope) if negative_slope else np.maximum(x, 0)  # 0 * -infinity would be NaN
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
