"""The layers with several inputs: element by element, or end to end."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from ..merging import add, average, dot, maximum, minimum, multiply, subtract
from .layer import Layer, Mask
from .settings import axes, flag


class Merge(Layer, abstract=True):
    """What they share; inputs with fewer axes get new ones behind the batch.

    Where every input has a mask, a place counts that counts in any of them; otherwise there is none.
    """

    heeds_mask = True

    def check_input(self, x: Any) -> None:
        if not isinstance(x, list):
            raise ModelFileError(f"{self} takes a list of inputs, but gets one")

    def run(self, x: list[Array], mask: list[Mask] | None = None) -> tuple[Array, Mask]:
        masks, x = mask or [None] * len(x), self.cast(x)
        most = max(each.ndim for each in x)
        same_rank = [each.reshape(len(each), *(1,) * (most - each.ndim), *each.shape[1:]) for each in x]
        heeded = masks if min(each.ndim for each in x) == most else [None] * len(x)  # Keras loses them otherwise
        return self.call(same_rank, heeded), self.compute_mask(x, masks)

    def compute_mask(self, x: list[Array], mask: list[Mask]) -> Mask:
        return None if any(each is None for each in mask) else reduce(np.logical_or, mask)


class Add(Merge):
    """`add`."""

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        return add(x)


class Average(Merge):
    """`average`."""

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        return average(x)


class Concatenate(Merge):
    """`np.concatenate`. A step counts in the mask if any of its numbers does; an input without a mask counts whole."""

    settings = {"axis": axes}

    def check_input(self, x: Any) -> None:
        super().check_input(x)
        if np.any(np.asarray(self.axis) % max(each.ndim for each in x) == 0):
            raise UnsupportedLayerError(f"{self}: axis={self.axis} would mix the samples of a batch")

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        return np.concatenate(x, self.axis)

    def compute_mask(self, x: list[Array], mask: list[Mask]) -> Mask:
        if all(each is None for each in mask):
            return None
        return np.any(np.concatenate(whole_masks(x, mask), self.axis), axis=-1)


class Dot(Layer):
    """`dot`, of two inputs of any ranks; masks end here."""

    settings = {"axes": axes, "normalize": flag}

    def check_input(self, x: Any) -> None:
        if not isinstance(x, list) or len(x) != 2:
            raise ModelFileError(f"{self} takes a list of two inputs")
        if any(n in (0, -each.ndim) for n, each in zip(np.broadcast_to(self.axes, 2), x, strict=True)):
            raise UnsupportedLayerError(f"{self}: axes={self.axes} would mix the samples of a batch")

    def call(self, x: list[Array]) -> Array:
        return dot(*x, self.axes, self.normalize)


class Maximum(Merge):
    """`maximum`; a masked step is passed over, unless it is in all."""

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        return extreme(np.maximum, x, mask) if some(mask) else maximum(x)


class Minimum(Merge):
    """`minimum`; a masked step is passed over, unless it is in all."""

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        return extreme(np.minimum, x, mask) if some(mask) else minimum(x)


class Multiply(Merge):
    """`multiply`; a masked step counts as 1, and as 0 where it is masked in all of them."""

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        whole = whole_masks(x, mask)
        y = multiply([np.where(m, each, each.dtype.type(1)) for each, m in zip(x, whole, strict=True)])
        return np.where(reduce(np.logical_or, whole), y, 0)


class Subtract(Merge):
    """`subtract`, of two inputs."""

    def call(self, x: list[Array], mask: list[Mask]) -> Array:
        return subtract(x)


def some(mask: list[Mask]) -> bool:
    """Whether any of the inputs has a mask."""
    return any(each is not None for each in mask)


def whole_masks(x: list[Array], mask: list[Mask]) -> list[Array]:
    """For each input a mask with an entry for every number; all True where there is none."""
    masks = [np.ones(each.shape, bool) if m is None else m for each, m in zip(x, mask, strict=True)]
    deeper = [m if m.ndim == each.ndim else m[..., np.newaxis] for each, m in zip(x, masks, strict=True)]
    return [np.broadcast_to(m, each.shape) for each, m in zip(x, deeper, strict=True)]


def extreme(function: Callable[[Array, Array], Array], x: list[Array], mask: list[Mask]) -> Array:
    """The inputs joined by np.maximum or np.minimum, of those that count."""
    whole = whole_masks(x, mask)
    y, seen = x[0], whole[0]
    for each, m in zip(x[1:], whole[1:], strict=True):
        each = np.where(m, each, y)
        y, seen = function(np.where(seen, y, each), each), seen | m
    return y
