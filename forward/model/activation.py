"""The layers that are activations, and what other layers take as `activation=`: the name of one, or such a layer."""

from functools import partial
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS, Activation, Array, elu, leaky_relu, relu, softmax
from ..errors import UnsupportedLayerError
from .archive import SavedLayer
from .layer import Layer, Mask, Shapes, axes, bind, counts, number, one_of, optional


def prelu(x: Array, alpha: Array) -> Array:
    """x where x > 0, else alpha * x, with a learnt alpha for each place (He et al. 2015)."""
    return np.where(x > 0, x, alpha * x)


def masked_softmax(x: Array, axis: int | tuple[int, ...] = -1, mask: Mask = None) -> Array:
    """`softmax` over the places where `mask` is True; the others are 0."""
    return softmax(x, axis) if mask is None else np.where(mask, softmax(np.where(mask, x, x.dtype.type(-1e9)), axis), 0)


def prelu_shapes(layer: Layer, x: Array) -> Shapes:
    """Along `shared_axes`, counted from 1, alpha is the same everywhere."""
    return {"alpha": tuple(1 if axis in (layer.shared_axes or ()) else x.shape[axis] for axis in range(1, x.ndim))}


def activation(value: Any) -> Activation:
    """The function of that name, or the layer in its place, which computes by its own settings."""
    if not isinstance(value, dict):
        return ACTIVATIONS[one_of(*ACTIVATIONS)(value)]
    name = str(value.get("class_name"))[:80]
    if name not in LAYERS or name == "PReLU":  # whose weights Keras loses
        known = ", ".join(sorted(LAYERS.keys() - {"PReLU"}))
        raise UnsupportedLayerError(f"is not supported: {name} as an activation; of layers, these are: {known}")
    return LAYERS[name](SavedLayer.parse(value, {}, {}), None, None)


class ActivationLayer(Layer):
    """A function, or a layer, which finds the mask, too (Keras' rule)."""

    options = {"activation": activation}
    passes_mask = True

    def __call__(self, x: Array, mask: Mask = None) -> Array:
        return self.activation(self.cast(x), *[mask] * isinstance(self.activation, Layer))


elementwise = partial(bind, passes_mask=True)
LAYERS = {
    "Activation": ActivationLayer,
    "ELU": elementwise(elu, options={"alpha": number}),
    "LeakyReLU": elementwise(leaky_relu, options={"negative_slope": number}),
    "PReLU": elementwise(
        prelu,
        options={"shared_axes": optional(counts)},
        apart=frozenset({"shared_axes"}),
        weight_shapes=prelu_shapes,
    ),
    "ReLU": elementwise(relu, options={"negative_slope": number, "max_value": optional(number), "threshold": number}),
    "Softmax": elementwise(masked_softmax, heeds_mask=True, options={"axis": axes}),
}
