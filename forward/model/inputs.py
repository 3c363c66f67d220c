"""What a model is given: the declared shape and type, and the check of an array against them."""

from typing import Any

import numpy as np

from ..activations import Array
from .layer import Layer
from .settings import batch_shape

WHOLE = ["bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))]
STAND_IN = 2**14  # how many places all axes of any length have together while a model is built
WORDS = 1024  # how long a text is taken to be while a model is built


class InputLayer(Layer):
    """An array (batch, *shape) of a declared type."""

    settings = {"batch_shape": batch_shape}
    fixed = {"sparse": False, "ragged": False}
    no_effect = frozenset({"optional"})

    def check_input(self, x: Any) -> None:
        """There is none: an input begins."""

    def check_dtype(self, config: dict[str, Any]) -> tuple[str, str]:
        """The type to hand on, whole numbers as int64, in which none becomes another; and the declared one."""
        declared = config.get("dtype")
        if declared in WHOLE or declared == "string":
            return "object" if declared == "string" else "int64", declared
        return super().check_dtype({"dtype": declared})

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the largest whole number of the declared type that fits into int64."""
        if self.stored_dtype == "bool":
            return 0, 1
        info = np.iinfo(self.stored_dtype)
        return int(info.min), min(int(info.max), 2**63 - 1)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The declared shape without the batch."""
        return self.batch_shape[1:]

    def empty(self, factor: int = 1) -> Array:
        """A batch of no samples; of strings (0, length), from which a layer may take how long they are."""
        length = factor * round(STAND_IN ** (1 / max(1, self.shape.count(None))))
        sizes = (WORDS * factor,) if self.dtype == "object" else (length if n is None else n for n in self.shape)
        return np.empty((0, *sizes), self.dtype)

    def check_shape(self, x: Any) -> Array:
        """x as an array of the declared shape, not copied if it is one, or a ValueError that says what was expected."""
        try:
            array = np.asarray(x, dtype=object) if self.dtype == "object" else np.asarray(x)
        except ValueError as error:
            raise ValueError(f"{self.expected} rows of different lengths") from error
        if self.dtype == "object":  # strings may come as (samples,) or as (samples, 1)
            if array.ndim == 0 or array.size != len(array):
                raise ValueError(f"{self.expected} shape {array.shape}")
            return array.reshape(-1) if array.size else array
        if array.dtype.kind not in "iufb":
            raise ValueError(f"{self.expected} {array.dtype}")
        sizes = zip(self.shape, array.shape[1:], strict=False)
        if array.ndim != len(self.shape) + 1 or not all(wanted in (None, found) for wanted, found in sizes):
            raise ValueError(f"{self.expected} shape {array.shape}")
        return array

    def check(self, x: Any) -> Array:
        """x as `check_shape` gives it, of the declared type, or a ValueError that says what was expected."""
        array = self.check_shape(x)
        if self.dtype == "object":
            if other := [each for each in array.reshape(-1) if not isinstance(each, str)]:
                raise ValueError(f"{self.expected} {type(other[0]).__name__}: {other[0]!r}")
            return array
        if self.dtype == "int64" and not (
            np.can_cast(array.dtype, self.stored_dtype) and np.can_cast(array.dtype, self.dtype)
        ):
            if not np.array_equal(array, np.trunc(array)):
                raise ValueError(f"{self.expected} fractions")
            least, most = self.bounds
            if array.size and not least <= array.min().item() <= array.max().item() <= most:
                raise ValueError(f"{self.expected} values from {array.min()} to {array.max()}")
        return array.astype(self.dtype, copy=False)

    @property
    def expected(self) -> str:
        """How an error begins that says what does not fit."""
        declared = f"{self.config['dtype']} values of shape {('samples', *self.shape)}"
        return f"input {self.name!r} takes {declared}, but got"
