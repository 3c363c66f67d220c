"""What a layer is: checked settings and weights in, `layer(x, mask) -> y` out."""

import inspect
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from ..activations import Activation, Array
from ..errors import ModelFileError, UnsupportedLayerError
from .archive import SavedLayer, brief

Mask = Array | None
Sizes = int | tuple[int, ...]  # one number for each axis between batch and channels, or one for all
Shapes = dict[str, tuple[int, ...] | None]  # of weights by their name; None where the settings rule one out
Check = Callable[[Any], Any]  # takes a setting as the file has it, returns it clean or raises ModelFileError
Build = Callable[[SavedLayer, Any], "Layer"]  # how a layer makes the layers inside it

# Settings that every layer may have and that change nothing at inference (`dtype` is checked apart).
NO_EFFECT = frozenset({"name", "trainable", "dtype", "seed", "build_config"})
NO_EFFECT_ENDINGS = ("_initializer", "_regularizer", "_constraint")

# Keras' dtype policies -> how the weights stand in the file. Half precision is computed in float32.
STORED = {"float16": "float16", "bfloat16": "float32", "float32": "float32", "float64": "float64"}
STORED |= {"mixed_float16": "float32", "mixed_bfloat16": "float32"}


def count(value: Any, least: int = 1, most: int = 2**24) -> int:
    """A whole number."""
    if type(value) is not int or not least <= value <= most:
        raise ModelFileError(f"must be a whole number from {least} to {most}")
    return value


def counts(value: Any, least: int = 1, most: int = 2**24) -> Any:
    """A whole number, or a tuple of them."""
    return tuple(count(each, least, most) for each in value) if isinstance(value, list) else count(value, least, most)


axes = partial(counts, least=-8, most=8)  # negative ones are counted from the end


def number(value: Any) -> float:
    """A finite number."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ModelFileError("must be a finite number")
    return float(value)


def optional(check: Check) -> Check:
    """The same check, but null passes."""
    return lambda value: None if value is None else check(value)


def one_of(*allowed: Any) -> Check:
    """A check that the setting is one of the values that this package computes."""

    def check(value: Any) -> Any:
        if not any(type(value) is type(each) and value == each for each in allowed):
            raise UnsupportedLayerError(f"is not supported; supported: {', '.join(map(repr, allowed))}")
        return value

    return check


flag = one_of(True, False)


class Layer:
    """One layer of a model, ready to compute.

    A subclass says which plain function it binds, which settings it needs (`options`: name -> check),
    which ones it takes for one value only (`fixed`) and which change nothing at inference (`no_effect`).
    A setting that none of these knows is refused, as it might change the result. `weight_shapes` says
    which weights it takes. Settings and weights reach the function by its parameters' names; those of `apart`
    reach the result in another way: they say what shape weights have, or a method reads them. An `activation`
    that is no parameter follows the function. Any other that the function does not take is a mistake in the
    class: a TypeError where the class is defined, or for a weight an AssertionError where it is loaded.

    As in Keras, a layer is built when the first array reaches it: x in `__init__` is an empty batch.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(lambda x: x)
    options: ClassVar[dict[str, Check]] = {}
    fixed: ClassVar[dict[str, Any]] = {}
    no_effect: ClassVar[frozenset[str]] = frozenset()
    apart: ClassVar[frozenset[str]] = frozenset()
    casts: ClassVar[str] = "fiub"  # the kinds of numbers that are cast to the layer's own dtype, as Keras does
    heeds_mask: ClassVar[bool] = False  # the function takes it
    passes_mask: ClassVar[bool] = False  # it goes on with the output
    any_length: bool = False  # texts come out as long as the longest of their batch
    work: int = 1  # how much it adds to a pass, in calls of a simple layer; a model has a limit
    weights_group: ClassVar[str] = "vars"  # where Keras keeps the layer's weights inside its group

    def __init__(self, saved: SavedLayer, x: Any, build: Build):
        self.name, self.class_name, self.settings, self.build = saved.name, saved.class_name, saved.config, build
        self.dtype, self.stored_dtype = self.check_dtype(saved.config)
        self.check_input(x)
        self.activation: Activation | None = None
        vars(self).update(self.check_settings(saved.config))
        self.weights = self.take_weights(saved, x)
        names = self.parameter_names()
        if lost := sorted({key for key in self.weights if "/" not in key} - names - self.apart):
            raise AssertionError(f"{self}: the weight {lost[0]!r} does not reach {type(self).function.__name__}")
        values = {key: getattr(self, key) for key in self.options} | self.weights
        self.arguments = {key: value for key, value in values.items() if key in names}

    def __init_subclass__(cls) -> None:
        if lost := sorted(cls.options.keys() - cls.parameter_names() - cls.apart - {"activation"}):
            raise TypeError(f"{cls.__name__}: the setting {lost[0]!r} does not reach {cls.function.__name__}")

    @classmethod
    def parameter_names(cls) -> set[str]:
        """What the function can be given by name."""
        return {*inspect.signature(cls.function).parameters}

    def __call__(self, x: Any, mask: Any = None, **states: Any) -> Any:
        """Return the output for the batch x; `states` are what a graph hands to a recurrent layer."""
        if self.heeds_mask:
            states["mask"] = mask
        y = type(self).function(self.cast(x), **self.arguments, **states)
        return self.activation(y) if self.activation and "activation" not in self.arguments else y

    def run(self, x: Any, mask: Any = None, **states: Any) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        return self(x, mask, **states), self.compute_mask(self.cast(x), mask)

    def compute_mask(self, x: Any, mask: Any) -> Any:
        """The mask that goes on with the output."""
        return mask if self.passes_mask else None

    def cast(self, x: Any) -> Any:
        """x, or each of a list, in the layer's own dtype."""
        if isinstance(x, list):
            return [self.cast(each) for each in x]
        return x.astype(self.dtype, copy=False) if x.dtype.kind in self.casts else x

    def widest(self, x: Any, y: Any) -> int:
        """The most numbers that one sample takes on its way through the layer, from x to y."""
        return max(math.prod(each.shape[1:]) for each in listed(y))

    def check_input(self, x: Any) -> None:
        """Refuse a list where one input is expected, and an x without the axes that the class name promises."""
        rank = re.search(r"([123])D$", self.class_name)
        if isinstance(x, list) or (rank and x.ndim != int(rank[1]) + 2):
            raise ModelFileError(f"{self} cannot take an input of shape {shape_text(x)}")

    def weight_shapes(self, x: Any) -> Shapes:
        """The weights that the settings imply, in Keras' order."""
        return {}

    def take_weights(self, saved: SavedLayer, x: Any) -> dict[str, Array]:
        """Give the arrays of the file their names; they must be just those that the settings imply."""
        shapes = {name: shape for name, shape in self.weight_shapes(x).items() if shape is not None}
        keys = {name: f"{self.weights_group}/{position}" for position, name in enumerate(shapes)}
        if saved.weights.keys() != set(keys.values()):
            raise ModelFileError(
                f"{self} needs the weights {', '.join(shapes) or 'none'} ({len(shapes)}), but the file has "
                f"{len(saved.weights)}: {', '.join(sorted(saved.weights)) or 'none'}"
            )
        return {name: self.take_weight(name, saved.weights[key], shapes[name]) for name, key in keys.items()}

    def take_weight(self, name: str, array: Array, shape: tuple[int, ...]) -> Array:
        """One weight in the dtype that the layer computes in."""
        if array.shape != shape or array.dtype.name != self.stored_dtype:
            raise ModelFileError(
                f"{self}: {name} is {array.dtype.name} of shape {array.shape} in the file, but the "
                f"configuration implies {self.stored_dtype} of shape {shape}"
            )
        return array.astype(self.dtype)

    @property
    def parameters(self) -> int:
        """How many numbers the weights hold."""
        return sum(weight.size for weight in self.weights.values())

    def __str__(self) -> str:
        return f"layer {self.name!r} ({self.class_name})"

    def check_dtype(self, config: dict[str, Any]) -> tuple[str, str]:
        """Keras' dtype policy, a name or a serialized DTypePolicy -> the dtype to compute in, and the stored one."""
        match config.get("dtype", "float32"):
            case str(name) | {
                "module": "keras",
                "class_name": "DTypePolicy" | "FloatDTypePolicy",  # the latter in Keras 3.4.0
                "config": {"name": str(name)},
            }:
                if name in STORED:
                    return "float64" if name == "float64" else "float32", STORED[name]
        raise UnsupportedLayerError(f"{self}: option dtype={brief(config['dtype'])} is not supported")

    def check_settings(self, config: dict[str, Any]) -> dict[str, Any]:
        """The settings of `options`, checked; an error for any other that might change the result."""
        fixed = {**dict.fromkeys(("quantization_config", "lora_rank", "lora_alpha")), **self.fixed}
        checks = {key: one_of(value) for key, value in fixed.items() if key in config} | self.options
        for key in config.keys() - checks.keys() - self.no_effect - NO_EFFECT:
            if not key.endswith(NO_EFFECT_ENDINGS):
                raise UnsupportedLayerError(f"{self}: option {key}={brief(config[key])} is not known to this package")
        if missing := sorted(checks.keys() - config.keys()):
            raise ModelFileError(f"{self}: the configuration lacks {', '.join(missing)}")
        clean = {}
        for key, check in checks.items():
            try:
                clean[key] = check(config[key])
            except ModelFileError as error:
                raise type(error)(f"{self}: option {key}={brief(config[key])} {error}") from None
        return clean


def bind(function: Callable[..., Any] | None = None, **attributes: Any) -> type[Layer]:
    """A layer that has nothing of its own but a function and a few class attributes."""
    own = {"function": staticmethod(function)} if function else {}
    return type(f"layer of {function.__name__}" if function else "Layer", (Layer,), attributes | own)


def listed(value: Any) -> list[Any]:
    """A list as it is; anything else as the only entry of one."""
    return value if isinstance(value, list) else [value]


def shape_text(x: Any) -> str:
    """The shapes of what a layer is given, for error messages; an operation is given more than arrays of samples."""
    if isinstance(x, list):
        return "[" + ", ".join(map(shape_text, x)) + "]"
    return str(("batch", *x.shape[1:])) if hasattr(x, "dtype") else brief(x)
