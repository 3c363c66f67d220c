"""The one list of what this package computes: the layer classes of all families, found by the name that Keras uses."""

from typing import Any

from ..errors import UnsupportedLayerError
from . import (
    activations,
    convolution,
    dense,
    inactive,
    inputs,
    merging,
    model,
    normalization,
    pooling,
    recurrent,
    reshaping,
    text,
    wrappers,
)  # fmt: skip
from .archive import SavedLayer
from .layer import Layer
from .operations import Operation, called
from .ops import OPERATIONS

FAMILIES = [
    activations, convolution, dense, inactive, inputs, merging, model, normalization, pooling, recurrent, reshaping,
    text, wrappers,
]  # fmt: skip
LAYERS: dict[str, type[Layer]] = dict.fromkeys(OPERATIONS, Operation) | {
    name: each
    for family in FAMILIES
    for name, each in vars(family).items()
    if isinstance(each, type) and issubclass(each, Layer) and not each.abstract
}


def find(saved: SavedLayer) -> type[Layer]:
    """The layer of that class."""
    if saved.class_name not in LAYERS:
        raise UnsupportedLayerError(f"{called(saved.class_name, saved.name)} is not supported")
    return LAYERS[saved.class_name]


def build(saved: SavedLayer, x: Any) -> Layer:
    """The layer of that class, ready to compute on arrays like the empty batch x."""
    layer = find(saved)
    if issubclass(layer, model.Model):
        for each in saved.layers():  # before anything is said of how they are called
            find(each)
    return layer(saved, x, build)
