"""The layers that are activations, and what other layers take as `activation=`: the name of one, or such a layer."""

from typing import Any

import numpy as np

from .. import activations
from ..activations import ACTIVATIONS, Array, elu, leaky_relu, relu, softmax
from ..errors import UnsupportedLayerError
from .archive import SavedLayer
from .layer import Layer, Mask, Shapes
from .settings import axes, counts, number, one_of, optional


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
