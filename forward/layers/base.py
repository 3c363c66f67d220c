"""What a layer is: checked settings and weights in, `layer(x, mask) -> y, mask` out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..activations import ACTIVATIONS
from ..errors import ModelFileError, UnsupportedLayerError

if TYPE_CHECKING:
    from ..keras_file import SavedLayer

Shape = tuple[int | None, ...]  # without the batch axis; None is an axis of any length
Mask = np.ndarray | None
Check = Callable[[Any], Any]  # takes a setting as the file has it, returns it clean or raises ValueError

# Settings that every layer may have and that change nothing at inference (`dtype` is checked apart).
NO_EFFECT = frozenset({"name", "trainable", "dtype", "seed"})
NO_EFFECT_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def count(value: Any) -> int:
    """A whole number of at least 1."""
    if type(value) is not int or value < 1:
        raise ValueError("must be a whole number of at least 1")
    return value


def pair(value: Any) -> tuple[int, int]:
    """Two whole numbers of at least 1, or one that stands for both."""
    values = [value, value] if type(value) is int else value
    if not isinstance(values, list | tuple) or len(values) != 2:
        raise ValueError("must be one or two whole numbers")
    return count(values[0]), count(values[1])


def flag(value: Any) -> bool:
    """True or False."""
    if type(value) is not bool:
        raise ValueError("must be true or false")
    return value


def one_of(*allowed: Any) -> Check:
    """A check that the setting is one of the values that this package computes."""

    def check(value: Any) -> Any:
        if value not in allowed:
            raise ValueError(f"is not supported; supported: {', '.join(map(repr, allowed))}")
        return value

    return check


activation = one_of(*ACTIVATIONS)


class Layer:
    """One layer of a model, ready to compute.

    A subclass says which settings it needs (`options`: name -> check; each becomes an attribute),
    which ones it computes for a few values only (`fixed`: name -> the allowed ones) and which change
    nothing at inference (`no_effect`). A setting that none of these knows is refused, as it might
    change the result. Then it says which weights it takes (`weight_shapes`), the shape it returns
    (`compute_output_shape`), and computes (`__call__`).
    """

    options: ClassVar[dict[str, Check]] = {}
    fixed: ClassVar[dict[str, tuple]] = {}
    no_effect: ClassVar[frozenset[str]] = frozenset()
    casts_input: ClassVar[bool] = True  # to the layer's own dtype, as Keras does
    weights_group: ClassVar[str] = "vars"  # where Keras keeps the layer's weights inside its group

    def __init__(self, saved: SavedLayer, input_shape: Shape):
        self.name = saved.name
        self.class_name = saved.class_name
        self.input_shape = input_shape
        self.dtype = self._check_dtype(saved.config)
        self.settings = self._check_settings(saved.config)
        vars(self).update(self.settings)
        self.weights = self.take_weights(saved, input_shape)
        self.output_shape = self.compute_output_shape(input_shape)

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        """Return the layer's output for the batch x, and the mask to hand on."""
        raise TypeError(f"{type(self).__name__} does not compute anything")

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The weights that the settings imply, in Keras' order: name -> shape."""
        return {}

    def take_weights(self, saved: SavedLayer, input_shape: Shape) -> dict[str, np.ndarray]:
        """Give the arrays of the file their names; they must be just those that the settings imply."""
        shapes = self.weight_shapes(input_shape)
        keys = {f"{self.weights_group}/{number}": name for number, name in enumerate(shapes)}
        if saved.weights.keys() != keys.keys():
            raise ModelFileError(
                f"{self} needs the weights {', '.join(shapes) or 'none'} ({len(shapes)}), but the file has "
                f"{len(saved.weights)}: {', '.join(sorted(saved.weights)) or 'none'}"
            )
        for key, name in keys.items():
            array = saved.weights[key]
            if (array.dtype.name, array.shape) != (self.dtype, shapes[name]):
                raise ModelFileError(
                    f"{self}: {name} is {array.dtype.name} of shape {array.shape} in the file, but the "
                    f"configuration implies {self.dtype} of shape {shapes[name]}"
                )
        return {name: saved.weights[key] for key, name in keys.items()}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of an output for an input of this shape, both without the batch axis."""
        return input_shape

    @property
    def parameters(self) -> int:
        """How many numbers the weights hold."""
        return sum(weight.size for weight in self.weights.values())

    def __str__(self) -> str:
        return f"layer {self.name!r} ({self.class_name})"

    def expect_rank(self, input_shape: Shape, rank: int, axes: str) -> None:
        """Refuse an input shape that does not have `rank` axes besides the batch."""
        if len(input_shape) != rank:
            raise ModelFileError(f"{self} takes (batch, {axes}), but gets (batch, {str(input_shape)[1:]}")

    def _check_dtype(self, config: dict[str, Any]) -> str:
        """Keras' dtype policy: a name, or a serialized DTypePolicy."""
        policy = config.get("dtype", "float32")
        name = policy.get("config", {}).get("name") if isinstance(policy, dict) else policy
        if name not in ("float32", "float64"):
            raise UnsupportedLayerError(f"{self}: dtype {name!r} is not supported; supported: 'float32', 'float64'")
        return name

    def _check_settings(self, config: dict[str, Any]) -> dict[str, Any]:
        """The settings of `options`, checked; an error for any other that might change the result."""
        for key, value in config.items():
            if key in self.fixed and value not in self.fixed[key]:
                raise UnsupportedLayerError(
                    f"{self}: option {key}={value!r} is not supported, only {self.fixed[key][0]!r}"
                )
            known = key in self.options or key in self.fixed or key in self.no_effect or key in NO_EFFECT
            if not known and not key.endswith(NO_EFFECT_ENDINGS):
                raise UnsupportedLayerError(f"{self}: option {key}={value!r} is not known to this package")
        if missing := sorted(self.options.keys() - config.keys()):
            raise ModelFileError(f"{self}: the configuration lacks {', '.join(missing)}")
        return {key: self._check_setting(key, config[key]) for key in self.options}

    def _check_setting(self, key: str, value: Any) -> Any:
        try:
            return self.options[key](value)
        except ValueError as error:
            raise UnsupportedLayerError(f"{self}: option {key}={value!r} {error}") from None


def size(shape: Shape) -> int | None:
    """The number of values in a shape, None if an axis is open."""
    return None if None in shape else math.prod(shape)
