"""Several inputs into one, element by element or end to end."""

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from .layer import Layer, Mask, Shapes, axes


class Merge(Layer):
    """What the layers with several inputs share; inputs with fewer axes get new ones behind the batch.

    Where every input has a mask, a place counts that counts in any of them; otherwise there is none.
    """

    heeds_mask = True

    def check_input(self, x: Any) -> None:
        if not isinstance(x, list):
            raise ModelFileError(f"{self} takes a list of inputs, but gets one")

    def __call__(self, x: list[Array], mask: Any = None) -> Array:
        ranks = [each.ndim for each in x]
        if len(set(ranks)) > 1:  # Keras loses the masks here
            mask = None
            x = [each.reshape(len(each), *(1,) * (max(ranks) - each.ndim), *each.shape[1:]) for each in x]
        return super().__call__(x, mask or [None] * len(x))

    def compute_mask(self, x: list[Array], mask: list[Mask]) -> Mask:
        return None if any(each is None for each in mask) else reduce(np.logical_or, mask)


class Concatenate(Merge):
    """All inputs end to end along `axis`.

    A step counts in the mask if any of its numbers does; an input without a mask counts whole.
    """

    function = staticmethod(lambda x, mask, axis=-1: np.concatenate(x, axis=axis))
    options = {"axis": axes}

    def weight_shapes(self, x: list[Array]) -> Shapes:
        if np.any(np.asarray(self.axis) % max(each.ndim for each in x) == 0):
            raise UnsupportedLayerError(f"{self}: axis={self.axis} would mix the samples of a batch")
        return {}

    def compute_mask(self, x: list[Array], mask: list[Mask]) -> Mask:
        if all(each is None for each in mask):
            return None
        return np.any(np.concatenate([*map(whole_mask, x, mask)], axis=self.axis), axis=-1)


def whole_mask(x: Array, mask: Mask) -> Array:
    """A mask with an entry for every number of x."""
    mask = np.ones(x.shape, bool) if mask is None else mask
    return mask if mask.ndim == x.ndim else np.broadcast_to(mask[..., np.newaxis], x.shape)


def multiply(x: list[Array], mask: list[Mask]) -> Array:
    """The product of the inputs; a masked step counts as 1, and as 0 where it is masked in all of them."""
    whole = [*map(whole_mask, x, mask)]
    y = reduce(np.multiply, [np.where(m, each, each.dtype.type(1)) for each, m in zip(x, whole, strict=True)])
    return np.where(reduce(np.logical_or, whole), y, 0)


def extreme(function: Callable[[Array, Array], Array], x: list[Array], mask: list[Mask]) -> Array:
    """The largest or smallest of the inputs, place by place; a masked step is passed over, unless it is in all."""
    y, seen = x[0], whole_mask(x[0], mask[0])
    for each, m in zip(x[1:], map(whole_mask, x[1:], mask[1:]), strict=True):
        each = np.where(m, each, y)
        y, seen = function(np.where(seen, y, each), each), seen | m
    return y


FUNCTIONS: dict[str, Callable[[list[Array], list[Mask]], Array]] = {
    "Add": lambda x, mask: reduce(np.add, x),
    "Average": lambda x, mask: reduce(np.add, x) / len(x),
    "Maximum": partial(extreme, np.maximum),
    "Minimum": partial(extreme, np.minimum),
    "Multiply": multiply,
    "Subtract": lambda x, mask: operator.sub(*x),
}
LAYERS = {name: type(name, (Merge,), {"function": staticmethod(function)}) for name, function in FUNCTIONS.items()}
LAYERS |= {"Concatenate": Concatenate}
