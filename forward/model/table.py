"""The one table of what this package computes: Keras' class name -> layer. Each family lists its own."""

from typing import Any

from ..errors import UnsupportedLayerError
from . import activation, convolution, core, graph, merging, normalization, operations, pooling, recurrent, text
from .archive import SavedLayer
from .layer import Layer

FAMILIES = (activation, convolution, core, graph, merging, normalization, operations, pooling, recurrent, text)
LAYERS: dict[str, type[Layer]] = {name: layer for family in FAMILIES for name, layer in family.LAYERS.items()}


def find(saved: SavedLayer) -> type[Layer]:
    """The layer of that class."""
    if saved.class_name not in LAYERS:
        raise UnsupportedLayerError(f"{operations.called(saved.class_name, saved.name)} is not supported")
    return LAYERS[saved.class_name]


def build(saved: SavedLayer, x: Any) -> Layer:
    """The layer of that class, ready to compute on arrays like the empty batch x."""
    layer = find(saved)
    if issubclass(layer, graph.Model):
        for each in saved.layers():  # before anything is said of how they are called
            find(each)
    return layer(saved, x, build)
