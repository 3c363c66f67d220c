"""The operations inside a graph as layers of it: what `keras.ops` and plain arithmetic leave in the file.

A mask ends at an operation (Keras' rule), unless it changes nothing.
"""

from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from .archive import SavedLayer, brief, snake_case
from .layer import Build, Layer, Mask, listed
from .ops import ARITHMETIC, OPERATIONS, Constant, refuse

WRAPPING = {"int8", "int16", "uint8", "uint16", "uint32", "uint64"}  # Keras' sums of these go round at the end


class Operation(Layer, abstract=True):
    """One of the table, on arrays and the plain numbers between them."""

    handed_over = frozenset()

    def __init__(self, saved: SavedLayer, x: list[Any], build: Build):
        self.compute, self.settings = OPERATIONS[saved.class_name]
        types = declared(saved.inbound_nodes)
        self.wraps = sorted(WRAPPING & types)
        constants = {each.array.dtype.name for each in listed(x) if isinstance(each, Constant)}
        result = saved.config["dtype"] if "dtype" in self.settings and saved.config.get("dtype") else None
        self.bits = 32 if (types | constants if result is None else {result}) <= {"bool", "int32"} else 64
        # TensorFlow then gives back the same tensor, on which Keras finds the mask.
        self.passes_mask = saved.class_name == "ops.Cast" and types == {saved.config.get("dtype")}
        super().__init__(saved, x, build)

    def check_dtype(self, config: dict[str, Any]) -> tuple[str, str]:
        """It computes in the type of its inputs."""
        if config.get("dtype") is not None and "dtype" not in self.settings:
            raise UnsupportedLayerError(f"{self}: option dtype={brief(config['dtype'])} is not supported")
        return "", ""

    def check_input(self, x: Any) -> None:
        """Anything goes: arrays, and plain numbers between them."""

    def run(self, x: list[Any], mask: Any = None) -> tuple[Array, Mask]:
        try:
            y = self.compute(*x, **{key: getattr(self, key) for key in self.settings})
            if {each.shape[:1] for each in x if isinstance(each, np.ndarray)} != {y.shape[:1]}:
                refuse()
        except ModelFileError as error:
            raise type(error)(f"{self}: {error}") from error
        kinds = "b" if not self.wraps else "bi"
        if self.class_name.removeprefix("ops.") in ARITHMETIC and y.dtype.kind in kinds:
            names = " and ".join(self.wraps) or "bool"
            raise UnsupportedLayerError(f"{self} on {names} numbers is not supported; keras.ops.cast them first")
        if self.bits == 32 and y.dtype.kind == "i" and y.size and not -(2**31) <= y.min() <= y.max() < 2**31:
            raise ValueError(f"{self}: some numbers are too large for int32; keras.ops.cast them to int64 first")
        return y, mask[0] if self.passes_mask and mask else None

    def __repr__(self) -> str:
        return called(self.class_name, self.name)


def called(class_name: str, name: str) -> str:
    """How errors call an operation (ops.TrueDivide: keras.ops.true_divide) or a layer."""
    own = class_name.removeprefix("ops.")
    return f"layer {name!r} ({own})" if own == class_name else f"the operation keras.ops.{snake_case(own)} ({name!r})"


def declared(nodes: Any) -> set[str]:
    """The types of all arrays that a serialized call mentions."""
    if isinstance(nodes, list):
        return {name for each in nodes for name in declared(each)}
    if not isinstance(nodes, dict):
        return set()
    own = {nodes["dtype"]} if "keras_history" in nodes and isinstance(nodes.get("dtype"), str) else set()
    return own | {name for each in nodes.values() for name in declared(each)}
