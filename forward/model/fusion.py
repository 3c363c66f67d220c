"""Two layers as one step, where that saves passes over memory; only `predict` takes it, `forward` shows every layer."""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from .calls import Call, Key
from .convolution import conv
from .core import embedding, whole_tokens
from .layer import Layer
from .pooling import max_pool
from .recurrent import Bidirectional, Recurrent

LARGEST_POOL = 4  # places along an axis
# A small file may ask for tables that fill the memory.
LARGEST_TABLES = 2**24  # numbers, 64 MiB, of all tables of a model
LARGEST_GROWTH = 4  # of a table against the weights that it stands for
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
    made: dict[tuple[str, str], Any] = {}
    room = LARGEST_TABLES
    for call in calls:
        before = plan[-1] if plan else call
        pair = before.name, call.name
        alone = call.inputs == [(before.name, before.index, 0)] and uses[call.inputs[0]] == 1
        alone = alone and not call.options and not before.layer
        if alone and pair not in made:
            first, second = (layers[name] for name in pair)
            made[pair] = join(first, second, room)
            room -= table_size(second, first) if made[pair] else 0
        if alone and made[pair]:
            plan[-1] = replace(before, name=call.name, index=call.index, layer=made[pair])
        else:
            plan.append(call)
    return plan


def join(first: Layer, second: Layer, room: int) -> PooledConvolution | EmbeddedRecurrence | None:
    """Both layers as one, or None where that is not the same, does not pay or takes more than `room`."""
    functions = type(first).function, type(second).function
    if first.dtype != second.dtype:
        return None
    if functions == (conv, max_pool) and first.activation in NEVER_FALLING and side_by_side(second):
        return PooledConvolution(first, second)
    most = min(room, LARGEST_GROWTH * (first.parameters + second.parameters))
    return EmbeddedRecurrence(first, second) if 0 < table_size(second, first) <= most else None


def table_size(recurrence: Layer, embedded: Layer) -> int:
    """How many numbers the table of an EmbeddedRecurrence has, or 0 where the two layers make none."""
    if type(embedded).function is not embedding or not isinstance(recurrence, Bidirectional | Recurrent):
        return 0
    kernels = [each for name, each in recurrence.weights.items() if name.endswith("recurrent_kernel")]
    return embedded.input_dim * sum(each.shape[-1] for each in kernels)


def side_by_side(pooling: Layer) -> bool:
    """Whether the pools neither overlap nor reach into padding, and are so small that a step for each place pays."""
    small = np.max(pooling.pool_size) <= LARGEST_POOL
    return small and pooling.padding == "valid" and pooling.pool_size == pooling.strides
