"""Several inputs into one, element by element or end to end, and the operations that Keras writes for their masks."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from ..keras_file import SavedLayer
from .base import Build, Check, Layer, Mask, axes, flag


class Merge(Layer):
    """What the layers with several inputs share; inputs with fewer axes get new ones behind the batch.

    Where every input has a mask, a place counts that counts in any of them; otherwise there is none.
    """

    def check_input(self, x: Any) -> None:
        if not isinstance(x, list):
            raise ModelFileError(f"{self} takes a list of inputs, but gets one")

    def __call__(self, x: list[Array], mask: Any = None, **states: Any) -> Array:
        rank = max(each.ndim for each in x)
        return super().__call__([each.reshape(len(each), *(1,) * (rank - each.ndim), *each.shape[1:]) for each in x])

    def compute_mask(self, x: list[Array], mask: list[Mask]) -> Mask:
        return None if any(each is None for each in mask) else reduce(np.logical_or, mask)


class Concatenate(Merge):
    """All inputs end to end along `axis`.

    A step counts in the mask if any of its numbers does; an input without a mask counts whole.
    """

    function = staticmethod(lambda x, axis=-1: np.concatenate(x, axis=axis))
    options = {"axis": axes}

    def compute_mask(self, x: list[Array], mask: list[Mask]) -> Mask:
        if all(each is None for each in mask):
            return None
        whole = [np.ones(a.shape, bool) if m is None else m for a, m in zip(x, mask, strict=True)]
        whole = [
            m if m.ndim == a.ndim else np.broadcast_to(m[..., np.newaxis], a.shape)
            for a, m in zip(x, whole, strict=True)
        ]
        return np.any(np.concatenate(whole, axis=self.axis), axis=-1)


class Operation(Layer):
    """One of the few array operations that Keras writes into a graph of its own accord, where it computes a mask."""

    def __init__(self, saved: SavedLayer, x: list[Any], build: Build):
        self.operation, self.options = OPERATIONS[saved.class_name]
        super().__init__(saved, x, build)

    def check_input(self, x: Any) -> None:
        """Anything goes: arrays, and plain numbers between them."""

    def run(self, x: list[Any], mask: Any = None, **states: Any) -> tuple[Array, Mask]:
        return self.operation(*x, **{key: getattr(self, key) for key in self.options}), None


OPERATIONS: dict[str, tuple[Callable[..., Array], dict[str, Check]]] = {
    "ops.Any": (np.any, {"axis": axes, "keepdims": flag}),
    "ops.Concatenate": (lambda *x, axis: np.concatenate(x, axis=axis), {"axis": axes}),
    "ops.ExpandDims": (np.expand_dims, {"axis": axes}),
    "ops.LogicalOr": (np.logical_or, {}),
    "ops.NotEqual": (np.not_equal, {}),
    "ops.OnesLike": (np.ones_like, {}),
    "ops.ZerosLike": (np.zeros_like, {}),
}
FUNCTIONS: dict[str, Callable[[list[Array]], Array]] = {
    "Add": lambda x: reduce(np.add, x),
    "Average": lambda x: reduce(np.add, x) / len(x),
    "Maximum": lambda x: reduce(np.maximum, x),
    "Minimum": lambda x: reduce(np.minimum, x),
    "Multiply": lambda x: reduce(np.multiply, x),
    "Subtract": lambda x: np.subtract(*x),
}
LAYERS = {name: type(name, (Merge,), {"function": staticmethod(function)}) for name, function in FUNCTIONS.items()}
LAYERS |= {"Concatenate": Concatenate, **dict.fromkeys(OPERATIONS, Operation)}
