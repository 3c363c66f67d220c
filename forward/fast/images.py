"""A convolution and the layers around it as one step: what follows it is done while its outputs are in the cache.

What is asked of layers is asked by name: nothing of `forward/model/` is needed.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..activations import Array, relu
from .convolution import Convolution
from .pooling import largest, mean
from .winograd import able, prepared_size

LARGEST_JOINED_POOL = 4  # places along an axis
NEVER_FALLING = "linear", "relu", "relu6"  # activations
CONVOLUTIONS = "Conv1D", "Conv2D"
POOLINGS = {"MaxPooling1D": largest, "MaxPooling2D": largest, "AveragePooling1D": mean, "AveragePooling2D": mean}


def reach(layers: list[Any]) -> int:
    """How many of the layers, each of which alone takes what the one before gives, become one step; or 0.

    These are a Normalization, a convolution and what follows it: normalizations, activations that never fall, and a
    pooling, or several in a row, with layers anywhere between them that hand on what they get.
    """
    start = next((number for number, each in enumerate(layers) if each.class_name in CONVOLUTIONS), None)
    if start is None or layers[start].groups > 1:
        return 0
    convolution, before, behind = layers[start], layers[:start], layers[start + 1 :]
    standard = before[:1] if before and standardizes(before[0], convolution.kernel.ndim) else []
    if not all(map(inactive, before[len(standard) :])) or {each.dtype for each in before} - {convolution.dtype}:
        return 0
    number, last, pooled = start + 1, convolution, []
    for layer in behind:
        pools = not (pooled and last is not pooled[-1]) and pools_on_the_way([*pooled, layer], convolution)
        follows = convolution.config["activation"] in NEVER_FALLING and (pools or stays_in_place(layer, convolution))
        if layer.dtype != convolution.dtype or not (inactive(layer) or follows):
            break
        number, last = number + 1, last if inactive(layer) else layer
        pooled += [layer] if pools else []
    return number


def inactive(layer: Any) -> bool:
    """Whether the layer hands on what it gets."""
    return any(each.__name__ == "Inactive" for each in type(layer).__mro__)


def standardizes(layer: Any, rank: int) -> bool:
    """Whether the layer subtracts from each channel its mean, and divides it by its deviation."""
    return layer.class_name == "Normalization" and [*layer.axis] == [rank - 1] and not layer.invert


def stays_in_place(layer: Any, convolution: Any) -> bool:
    """Whether the layer does to each number only what hangs on its channel, and can be done in place."""
    rank = convolution.kernel.ndim
    if layer.class_name == "BatchNormalization":
        return [axis % rank for axis in layer.axis] == [rank - 1]
    return layer.class_name == "Activation" and layer.config["activation"] in NEVER_FALLING


def pools_on_the_way(layers: list[Any], convolution: Any) -> bool:
    """Whether these are poolings of one kind whose pools neither overlap nor reach into padding.

    Together they must be small, and not be cut by Winograd's tiles.
    """
    kind, *others = {each.class_name for each in layers}
    if others or kind not in POOLINGS:
        return False
    size = [math.prod(along) for along in zip(*(each.pool_size for each in layers), strict=True)]
    window = convolution.kernel.shape[:-2], convolution.strides, convolution.dilation_rate
    cut = able(*window) and not able(*window, size)
    small = max(size) <= LARGEST_JOINED_POOL and not cut
    return small and all(each.padding == "valid" and each.pool_size == each.strides for each in layers)


class ConvolutionStep:
    """The layers that `reach` counts, as one.

    A normalization right behind a convolution becomes part of its kernel and its bias. Neither adding a number nor a
    function that never falls changes which value of a pool is the largest, so the maximum comes before them, when it
    leaves them one value of four.
    """

    def __init__(self, layers: list[Any], room: float = math.inf):
        start = next(number for number, each in enumerate(layers) if each.class_name in CONVOLUTIONS)
        self.convolution = convolution = layers[start]
        tail = Tail(convolution)
        for layer in layers[start + 1 :]:
            tail.add(layer)
        tail.shift()
        before = None
        if standardizes(layers[0], convolution.kernel.ndim):
            before = layers[0].mean, np.maximum(np.sqrt(layers[0].variance), 1e-7)
        window = convolution.strides, convolution.padding, convolution.dilation_rate, tail.pool
        tiled = able(tail.kernel.shape[:-2], convolution.strides, convolution.dilation_rate)  # pools are not cut
        self.table = prepared_size(tail.kernel.shape) if tiled else 0
        self.table = 0 if self.table > room else self.table
        self.compute = Convolution(tail.kernel, *window, tail, before, prepare=self.table > 0)
        self.activation = None if convolution.config["activation"] in NEVER_FALLING else convolution.activation

    def __call__(self, x: Any, mask: Any = None) -> Array:
        """The output alone."""
        y = self.compute(self.convolution.cast(x))
        return y if self.activation is None else self.activation(y)

    def run(self, x: Any, mask: Any = None) -> tuple[Array, None]:
        """The output, and no mask, as convolutions do not hand it on."""
        return self(x), None


class Tail:
    """What is done to the outputs of a convolution on the way, gathered from layers: the `tail` of a `Convolution`."""

    def __init__(self, convolution: Any):
        self.kernel, self.pool = convolution.kernel, (1,) * (convolution.kernel.ndim - 2)
        self.offset = np.zeros(self.kernel.shape[-1], self.kernel.dtype) + convolution.bias  # to be added yet
        self.steps: list[Callable[[Array, int], Array]] = []
        # So far: may a scale above zero still go into the kernel, and does no step turn the order round?
        self.scalable = self.rising = True
        self.activate(convolution)

    def __call__(self, y: Array, batch: int) -> Array:
        """See `Convolution`."""
        for step in self.steps:
            y = step(y, batch)
        return y

    def add(self, layer: Any) -> None:
        """Take on what this layer does."""
        if layer.class_name == "BatchNormalization":
            self.normalize(layer)
        elif layer.class_name == "Activation":
            self.activate(layer)
        elif layer.class_name in POOLINGS:
            pooled, function = self.pool != (1,) * len(layer.pool_size), POOLINGS[layer.class_name]
            self.pool = tuple(np.multiply(self.pool, layer.pool_size).tolist())
            if pooled:  # the pools of one behind the other are larger ones
                return
            if function is largest and self.rising:
                self.steps.insert(0, partial(on_outputs, function))
            else:
                self.shift()
                self.steps.append(partial(on_outputs, function))
                self.scalable = False

    def normalize(self, layer: Any) -> None:
        """(y - mean) * scale + beta: the scale in the kernel, unless a step before it forbids that."""
        scale = layer.gamma / np.sqrt(layer.moving_variance + layer.epsilon)
        if self.scalable and (not self.steps or np.all(scale > 0)):
            self.kernel, self.offset = self.kernel * scale, self.offset * scale
        else:
            self.shift()
            self.steps.append(PerFilter(np.multiply, scale))
            self.scalable, self.rising = False, self.rising and bool(np.all(scale > 0))
        self.offset = self.offset + layer.beta - layer.moving_mean * scale

    def activate(self, layer: Any) -> None:
        """The activation of a layer, if it has one that can be done on the way."""
        name = layer.config["activation"]
        if name != "linear" and name in NEVER_FALLING:
            self.shift()
            zeros = PerFilter(np.maximum, np.zeros_like(self.offset))  # numpy is slower with a single zero
            self.steps.append(zeros if layer.activation is relu else partial(on_outputs, layer.activation))
            self.scalable = False

    def shift(self) -> None:
        """Add what is to be added."""
        if np.any(self.offset):
            self.steps.append(PerFilter(np.add, self.offset))
        self.offset = np.zeros_like(self.offset)


class PerFilter:
    """A function of outputs and of a number for each filter, in place."""

    def __init__(self, function: Any, numbers: Array):
        self.function, self.numbers = function, numbers
        self.last = 1, numbers  # how many samples in a row, and their numbers, in one run: numpy then has one loop

    def __call__(self, y: Array, batch: int) -> Array:
        """See `Convolution`."""
        n, run = self.last
        if n != batch:
            self.last = batch, run = batch, np.tile(self.numbers, batch)
        return self.function(y, run, out=y)


def on_outputs(function: Callable[[Array], Array], y: Array, _: int) -> Array:
    """A function of outputs alone, as a step of a Tail."""
    return function(y)
