"""Two layers as one step, where that saves passes over memory; only `predict` takes it, `forward` shows every layer."""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from .base import Layer
from .calls import Call, Key
from .convolution import conv
from .core import embedding, whole_tokens
from .pooling import max_pool
from .recurrent import Bidirectional, Recurrent

LARGEST_POOL = 4  # places along an axis
LARGEST_TABLE = 2**24  # numbers, 64 MiB: a small file may ask for one that fills the memory
NEVER_FALLING = [ACTIVATIONS[name] for name in ("linear", "relu", "relu6")]


class PooledConvolution:
    """A convolution and the max pooling after it, with bias and activation after both.

    Neither adding a number nor a function that never falls changes which value of a window is the largest,
    so they can wait until three of four values are gone, and these need not be written down. It saves a
    fifth of the CNN's time.
    """

    def __init__(self, convolution: Layer, pooling: Layer):
        self.convolution, self.arguments = convolution, convolution.arguments | {"pool": pooling.pool_size}

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        return self.convolution.activation(conv(self.convolution.cast(x), **self.arguments)), None


class EmbeddedRecurrence:
    """An embedding and the recurrent layer after it, as one table of what each token adds to the gates.

    embeddings[tokens] @ kernel = (embeddings @ kernel)[tokens], and the latter product is made only once,
    which saves a third of the LSTM's time.
    """

    def __init__(self, embedded: Layer, recurrence: Layer):
        self.embedded = embedded
        self.recurrence = self.on_tokens(recurrence)

    def on_tokens(self, layer: Layer) -> Layer:
        """The layer, but it takes tokens."""
        layer = copy(layer)
        layer.casts = ""
        if isinstance(layer, Bidirectional):
            layer.layers = [self.on_tokens(each) for each in layer.layers]
        else:
            table = self.embedded.weights["embeddings"] @ layer.weights["kernel"]
            layer.arguments = layer.arguments | {"kernel": table}
        return layer

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        tokens = whole_tokens(x, len(self.embedded.weights["embeddings"]))
        return self.recurrence.run(tokens, self.embedded.compute_mask(x, mask))


def fuse(calls: list[Call], layers: dict[str, Layer], ends: Iterable[Key]) -> list[Call]:
    """The calls, with those of two layers joined whose second alone takes the output of the first."""
    uses = Counter(key for call in calls for key in call.sources) + Counter(ends)
    plan: list[Call] = []
    for call in calls:
        before = plan[-1] if plan else call
        alone = call.inputs == [(before.name, before.index, 0)] and uses[call.inputs[0]] == 1 and not call.options
        both = join(layers[before.name], layers[call.name]) if alone and not before.layer else None
        if both:
            plan[-1] = replace(before, name=call.name, index=call.index, layer=both)
        else:
            plan.append(call)
    return plan


def join(first: Layer, second: Layer) -> PooledConvolution | EmbeddedRecurrence | None:
    """Both layers as one, or None where that is not the same or does not pay."""
    if first.dtype == second.dtype:
        functions = type(first).function, type(second).function
        if functions == (conv, max_pool) and first.activation in NEVER_FALLING and side_by_side(second):
            return PooledConvolution(first, second)
        if functions[0] is embedding and isinstance(second, Bidirectional | Recurrent):
            gates = sum(each.shape[-1] for name, each in second.weights.items() if name.endswith("recurrent_kernel"))
            if first.input_dim * gates <= LARGEST_TABLE:
                return EmbeddedRecurrence(first, second)
    return None


def side_by_side(pooling: Layer) -> bool:
    """Whether the pools neither overlap nor reach into padding, and are so small that a step for each place pays."""
    small = np.max(pooling.pool_size) <= LARGEST_POOL
    return small and pooling.padding == "valid" and pooling.pool_size == pooling.strides
