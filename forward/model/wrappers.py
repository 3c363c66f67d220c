"""Layers around other layers."""

from typing import Any, ClassVar

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from .archive import SavedLayer
from .layer import Layer, Mask, Nest


class Wrapper(Nest, abstract=True):
    """What they share: `inside` says under which setting each layer stands, and in which group its weights."""

    inside: ClassVar[dict[str, str]]
    heeds_mask = passes_mask = True

    def prepare(self, saved: SavedLayer, x: Any) -> None:
        """Build the layers inside."""
        children = [saved.child(key, group) for key, group in self.inside.items()]
        if len(saved.weights) != sum(len(child.weights) for child in children):
            raise ModelFileError(f"{self}: the file has weights of no layer inside: {', '.join(sorted(saved.weights))}")
        self.layers = [self.build(child, self.inner(x)) for child in children]
        if other := [layer for layer in self.layers if layer.casts and layer.dtype != self.dtype]:
            raise UnsupportedLayerError(f"{self} computes in {self.dtype}, but {other[0]} inside in {other[0].dtype}")

    def inner(self, x: Any) -> Any:
        """What the layer inside gets."""
        return x

    def work(self, x: Any) -> int:
        return sum(layer.work(self.inner(x)) for layer in self.layers)

    def widest(self, x: Any, y: Any, plain: bool) -> int:
        return max(each.widest(x, y, plain) for each in self.layers)


class TimeDistributed(Wrapper):
    """The layer inside, applied to every time step by itself: (batch, time, ...) -> (batch, time, ...)."""

    inside = {"layer": "layer"}
    no_effect = frozenset(inside)

    def inner(self, x: Array) -> Array:
        return x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])

    def call(self, x: Array, mask: Mask = None) -> Array:
        deep = mask is not None and mask.ndim > 2  # a mask for what is inside each step; one of steps only passes
        y = self.layers[0](self.inner(x), self.inner(mask) if deep else None)
        return y.reshape(*x.shape[:2], *y.shape[1:])

    def widest(self, x: Array, y: Array, plain: bool) -> int:
        inside = x.shape[1] * self.layers[0].widest(self.inner(x), self.inner(y), plain)
        return max(Layer.widest(self, x, y, plain), inside)
