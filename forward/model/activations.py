"""The table of activations, the layers that are some, and what other layers take as `activation=`: either of them."""

import math
from typing import Any

import numpy as np

from .. import activations
from ..activations import Array, elu, leaky_relu, relu, sigmoid, softmax, tanh
from ..errors import UnsupportedLayerError
from .archive import SavedLayer
from .layer import Layer, Mask, Shapes
from .settings import axes, counts, number, one_of, optional


def log_softmax(x: Array, axis: int = -1) -> Array:
    """log(softmax(x)) along `axis`, without the detour over small numbers."""
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def gelu(x: Array) -> Array:
    """x * P(X <= x) = x / 2 * erfc(-x * sqrt(1/2)), X standard normal (Hendrycks and Gimpel 2016), root in float32."""
    return x / 2 * np.asarray(np.frompyfunc(math.erfc, 1, 1)(-x * float(np.float32(math.sqrt(0.5)))), x.dtype)


def sparsemax(x: Array) -> Array:
    """max(x - tau, 0) along the last axis (Martins and Astudillo 2016), with Keras' tau: its results do not sum to 1.

    The paper takes one cumulative sum, the last of the support, for tau; Keras adds up all of them.
    """
    largest = -np.sort(-x, axis=-1)
    sums = np.cumsum(largest, axis=-1)
    support = largest - (sums - 1) / np.arange(1, x.shape[-1] + 1, dtype=x.dtype) > 0
    size = support.sum(axis=-1, keepdims=True).astype(x.dtype)
    return np.maximum(x - (np.sum(sums, axis=-1, keepdims=True, where=support) - 1) / size, 0)


def glu(x: Array) -> Array:
    """a * sigmoid(b), with a and b the halves of the last axis (Dauphin et al. 2017)."""
    a, b = np.split(x, 2, axis=-1)
    return a * sigmoid(b)


ACTIVATIONS: dict[str, activations.Activation] = {
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


def activation(value: Any) -> activations.Activation:
    """The function of that name, or the layer in its place, which computes by its own settings."""
    if not isinstance(value, dict):
        return ACTIVATIONS[one_of(*ACTIVATIONS)(value)]
    taken = {each.__name__: each for each in (Activation, ELU, LeakyReLU, ReLU, Softmax)}  # Keras loses PReLU's weights
    name = str(value.get("class_name"))[:80]
    if name not in taken:
        known = ", ".join(taken)
        raise UnsupportedLayerError(f"is not supported: {name} as an activation; of layers, these are: {known}")
    return taken[name](SavedLayer.parse(value, {}, {}), None, None)


class Activation(Layer):
    """A function of `forward.activations`, or a layer, which finds the mask, too (Keras' rule)."""

    settings = {"activation": activation}
    heeds_mask = passes_mask = True

    def call(self, x: Array, mask: Mask = None) -> Array:
        return self.activation(x, mask) if isinstance(self.activation, Layer) else self.activation(x)


class ELU(Layer):
    """`elu`."""

    settings = {"alpha": number}
    passes_mask = True

    def call(self, x: Array) -> Array:
        return elu(x, self.alpha)


class LeakyReLU(Layer):
    """`leaky_relu`."""

    settings = {"negative_slope": number}
    passes_mask = True

    def call(self, x: Array) -> Array:
        return leaky_relu(x, self.negative_slope)


class PReLU(Layer):
    """x where x > 0, else alpha * x, with a learnt alpha for each place (He et al. 2015).

    Along `shared_axes`, counted from 1, alpha is the same everywhere.
    """

    sizes = {"shared_axes": optional(counts)}
    passes_mask = True

    def weight_shapes(self, x: Array) -> Shapes:
        return {"alpha": tuple(1 if axis in (self.shared_axes or ()) else x.shape[axis] for axis in range(1, x.ndim))}

    def call(self, x: Array) -> Array:
        return np.where(x > 0, x, self.alpha * x)


class ReLU(Layer):
    """`relu`."""

    settings = {"negative_slope": number, "max_value": optional(number), "threshold": number}
    passes_mask = True

    def call(self, x: Array) -> Array:
        return relu(x, self.negative_slope, self.max_value, self.threshold)


class Softmax(Layer):
    """`softmax` over the places where the mask is True; the others are 0."""

    settings = {"axis": axes}
    heeds_mask = passes_mask = True

    def call(self, x: Array, mask: Mask = None) -> Array:
        if mask is None:
            return softmax(x, self.axis)
        return np.where(mask, softmax(np.where(mask, x, x.dtype.type(-1e9)), self.axis), 0)
