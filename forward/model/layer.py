"""What a layer is: settings and weights, checked, and `call`, which computes with them."""

import dis
import inspect
import math
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any, ClassVar

from ..activations import Array
from ..errors import ModelFileError
from .archive import SavedLayer, brief
from .settings import Check, check_dtype, check_settings

Mask = Array | None
Shapes = dict[str, tuple[int, ...] | None]  # of weights by their name; None where the settings rule one out
Build = Callable[[SavedLayer, Any], "Layer"]  # how a layer makes the layers inside it


class Layer:
    """One layer of a model, ready to compute; a class for each of Keras', of the same name.

    `settings` are those that `call` computes with, `sizes` those that only say what shape the weights have: name ->
    check. Those of `fixed` must have one value, those of `no_effect` change nothing at inference. A setting that none
    of these knows is refused, as it might change the result. Settings and weights become attributes; a weight that
    the settings rule out is an attribute of the class, `bias = 0.0`. One that the class's code never reads as an
    attribute is a mistake in it: a TypeError where it is defined, or for a weight an AssertionError where it is loaded.

    As in Keras, a layer is built when the first array reaches it: x in `__init__` is an empty batch. `forward` and
    `activations` compute with `call`; `predict` takes the ways of `forward/fast/` where there are any.
    """

    settings: dict[str, Check] = {}
    sizes: ClassVar[dict[str, Check]] = {}
    fixed: ClassVar[dict[str, Any]] = {}
    no_effect: ClassVar[frozenset[str]] = frozenset()
    defaults: ClassVar[dict[str, Any]] = {}  # of settings that a file may leave out
    abstract: ClassVar[bool] = True  # not one of Keras' layers, but what several share
    rank: ClassVar[int | None] = None  # how many axes x must have, the batch included
    casts: ClassVar[str] = "fiub"  # the kinds of numbers that are cast to the layer's own dtype, as Keras does
    heeds_mask: ClassVar[bool] = False  # `call` takes it
    passes_mask: bool = False  # it goes on with the output
    handed_over: ClassVar[frozenset[str]] = frozenset({"mask"})  # what a graph may give it by name
    takes_steps: bool = False  # one short step after the other over time
    any_length: bool = False  # texts come out as long as the longest of their batch
    weights_group: ClassVar[str] = "vars"  # where Keras keeps the layer's weights inside its group

    def __init_subclass__(cls, abstract: bool = False) -> None:
        cls.abstract = abstract
        lost = unread(cls, frozenset(cls.settings), frozenset({"check_input", "weight_shapes", "widest"}))
        lost += unread(cls, frozenset(cls.sizes), frozenset({"check_input", "widest"}))
        if lost and not abstract:
            raise TypeError(f"{cls.__name__}: the setting {lost[0]!r} does not reach its computation")

    def __init__(self, saved: SavedLayer, x: Any, build: Build):
        self.name, self.class_name, self.config, self.build = saved.name, saved.class_name, saved.config, build
        self.dtype, self.stored_dtype = self.check_dtype(saved.config)
        vars(self).update(self.check_settings(saved.config))
        self.check_input(x)
        self.prepare(saved, x)
        self.weights = self.take_weights(saved, x)

    def call(self, x: Any) -> Any:
        """The output for the batch x; with `heeds_mask` it also takes `mask`, a recurrent layer `initial_state`."""
        raise NotImplementedError

    def run(self, x: Any, mask: Any = None, **states: Any) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        x = self.cast(x)
        heeded = {"mask": mask} if self.heeds_mask else {}
        return self.call(x, **heeded, **states), self.compute_mask(x, mask)

    def __call__(self, x: Any, mask: Any = None, **states: Any) -> Any:
        """The output alone."""
        return self.run(x, mask, **states)[0]

    def compute_mask(self, x: Any, mask: Any) -> Any:
        """The mask that goes on with the output."""
        return mask if self.passes_mask else None

    def cast(self, x: Any) -> Any:
        """x, or each of a list, in the layer's own dtype."""
        if isinstance(x, list):
            return [self.cast(each) for each in x]
        return x.astype(self.dtype, copy=False) if x.dtype.kind in self.casts else x

    def work(self, x: Any) -> int:
        """How much a call adds to a pass, in calls of a simple layer: see limits.py."""
        return 1

    def widest(self, x: Any, y: Any, plain: bool) -> int:
        """The most numbers that one sample takes on its way from x to y, by the plain functions or the fast ways."""
        return max(math.prod(each.shape[1:]) for each in listed(y))

    def check_input(self, x: Any) -> None:
        """Refuse an x that the class or its settings cannot take: a list for one input, other axes than `rank`."""
        if isinstance(x, list) or self.rank not in (None, getattr(x, "ndim", None)):
            raise ModelFileError(f"{self} cannot take an input of shape {shape_text(x)}")

    def check_settings(self, config: dict[str, Any]) -> dict[str, Any]:
        """The settings, clean."""
        return check_settings(self, self.defaults | config, self.sizes | self.settings, self.fixed, self.no_effect)

    def check_dtype(self, config: dict[str, Any]) -> tuple[str, str]:
        """The dtype to compute in, and that of the weights in the file."""
        return check_dtype(self, config.get("dtype", "float32"))

    def prepare(self, saved: SavedLayer, x: Any) -> None:
        """Make what `call` needs beside settings and weights, as the layers inside."""

    def weight_shapes(self, x: Any) -> Shapes:
        """The weights that the settings imply, in Keras' order."""
        return {}

    def take_weights(self, saved: SavedLayer, x: Any) -> dict[str, Array]:
        """Give the arrays of the file their names; they must be just those that the settings imply."""
        shapes = {name: shape for name, shape in self.weight_shapes(x).items() if shape is not None}
        keys = {name: f"{self.weights_group}/{position}" for position, name in enumerate(shapes)}
        if lost := unread(type(self), frozenset(shapes)):
            raise AssertionError(f"{self}: the weight {lost[0]!r} does not reach its computation")
        if saved.weights.keys() != set(keys.values()):
            raise ModelFileError(
                f"{self} needs the weights {', '.join(shapes) or 'none'} ({len(shapes)}), but the file has "
                f"{len(saved.weights)}: {', '.join(sorted(saved.weights)) or 'none'}"
            )
        weights = {name: self.take_weight(name, saved.weights[key], shapes[name]) for name, key in keys.items()}
        vars(self).update(weights)
        return weights

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

    def __repr__(self) -> str:
        return f"layer {self.name!r} ({self.class_name})"


@cache
def unread(cls: type[Layer], names: frozenset[str], without: frozenset[str] = frozenset()) -> list[str]:
    """The names that no method of a class, nor of the classes between it and Layer, reads as an attribute.

    The methods of `without` do not count.
    """
    own: dict[str, Any] = {}
    for each in reversed(cls.__mro__[: cls.__mro__.index(Layer)]):
        own |= vars(each)
    for name in own.keys() - without:
        function = own[name].fget if isinstance(own[name], property) else own[name]
        if names and inspect.isfunction(function):
            others = names.intersection([*function.__globals__, *function.__builtins__])
            names -= attributes(function.__code__, others)
    return sorted(names)


def attributes(code: CodeType, others: frozenset[str]) -> set[str]:
    """The names that the code, and the functions inside it, look up; those that have `others`, as attributes alone."""
    names = {*code.co_names}
    if names & others:  # the instructions tell, which takes longer
        names = {each.argval for each in dis.get_instructions(code) if each.opname in ("LOAD_ATTR", "LOAD_METHOD")}
    return names.union(*(attributes(each, others) for each in code.co_consts if isinstance(each, CodeType)))


class Nest(Layer, abstract=True):
    """A layer around others, `layers`, whose weights are its own."""

    layers: list[Layer]

    def take_weights(self, saved: SavedLayer, x: Any) -> dict[str, Array]:
        return {f"{layer.name}/{key}": weight for layer in self.layers for key, weight in layer.weights.items()}


def listed(value: Any) -> list[Any]:
    """A list as it is; anything else as the only entry of one."""
    return value if isinstance(value, list) else [value]


def shape_text(x: Any) -> str:
    """The shapes of what a layer is given, for error messages; an operation is given more than arrays of samples."""
    if isinstance(x, list):
        return "[" + ", ".join(map(shape_text, x)) + "]"
    return str(("batch", *x.shape[1:])) if hasattr(x, "dtype") else brief(x)
