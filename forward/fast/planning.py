"""Which layers of a model go which way: single ones sooner, and pairs as one.

A layer that goes another way is a copy of the plain one with another `call`; all else, the mask that goes on included,
is the layer's own. What is asked of layers, calls and models is asked by name: nothing of `forward/model/` is needed.
"""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..activations import Array
from ..convolution import Sizes
from ..dense import whole_tokens
from .convolution import conv
from .pooling import average_pool, max_pool
from .recurrent import gru, lstm, simple_rnn

LARGEST_POOL = 4  # places along an axis
# A small file may ask for tables that fill the memory.
LARGEST_TABLES = 2**24  # numbers, 64 MiB, of all tables of a model
LARGEST_GROWTH = 4  # of a table against the weights that it stands for
NEVER_FALLING = "linear", "relu", "relu6"  # activations


def plan(calls: list[Any], layers: dict[str, Any], ends: Iterable[Any]) -> list[Any]:
    """The calls of a model, each with the layer that computes it sooner, where there is one.

    Two calls become one where the second alone takes the output of the first, which is not among the `ends`.
    """
    uses = Counter(key for call in calls for key in call.sources) + Counter(ends)
    planned: list[Any] = []
    made: dict[tuple[str, ...], Any] = {}
    room, before = LARGEST_TABLES, None
    for call in calls:
        pair = before is not None and call.inputs == [(before.name, before.index, 0)] and uses[call.inputs[0]] == 1
        names = (before.name, call.name) if pair and not call.options else ()
        if names and names not in made:
            first, second = (layers[name] for name in names)
            made[names] = join(first, second, room)
            room -= table_size(first, second) if made[names] else 0
        if names and made[names]:
            planned[-1] = replace(before, name=call.name, index=call.index, layer=made[names])
            before = None  # it has its partner
            continue
        if (call.name,) not in made:
            made[(call.name,)] = sooner(layers[call.name])
        planned.append(replace(call, layer=made[(call.name,)]))
        before = call
    return planned


def sooner(layer: Any, **changes: Any) -> Any:
    """The layer, and those inside it, with the functions of this folder; None if they have none for it."""
    other = copy(layer)
    vars(other).update(changes)
    if layer.class_name in CALLS:
        other.call = partial(CALLS[layer.class_name], other)
    elif layer.class_name in ("Bidirectional", "TimeDistributed"):
        other.layers = [sooner(each) or each for each in layer.layers]
    elif layer.class_name in ("Functional", "Sequential"):
        other.calls = plan(layer.calls, layer.by_name, layer.ends)
    else:
        return None
    return other


def join(first: Any, second: Any, room: int) -> Any:
    """Both layers as one, or None where that is not the same, does not pay or takes more than `room`.

    Neither adding a number nor a function that never falls changes which value of a window is the largest, so the
    bias and the activation of a convolution can wait until three of four values are gone.
    """
    if first.dtype != second.dtype:
        return None
    convolution = first.class_name in ("Conv1D", "Conv2D") and first.config["activation"] in NEVER_FALLING
    if convolution and second.class_name in ("MaxPooling1D", "MaxPooling2D") and side_by_side(second):
        pooled = copy(first)
        pooled.call = partial(convolve, first, pool=second.pool_size)
        return pooled
    most = min(room, LARGEST_GROWTH * (first.parameters + second.parameters))
    return EmbeddedRecurrence(first, second) if 0 < table_size(first, second) <= most else None


def side_by_side(pooling: Any) -> bool:
    """Whether the pools neither overlap nor reach into padding, and are so small that a step for each place pays."""
    small = np.max(pooling.pool_size) <= LARGEST_POOL
    return small and pooling.padding == "valid" and pooling.pool_size == pooling.strides


def table_size(first: Any, second: Any) -> int:
    """How many numbers the table of an EmbeddedRecurrence has, or 0 where the two layers make none."""
    recurrent = second.layers if second.class_name == "Bidirectional" else [second]
    if first.class_name != "Embedding" or any(each.class_name not in RECURRENT for each in recurrent):
        return 0
    return sum(len(first.embeddings) * each.kernel.shape[-1] for each in recurrent)


class EmbeddedRecurrence:
    """An embedding and the recurrent layer after it, as one table of what each token adds to the gates.

    embeddings[tokens] @ kernel = (embeddings @ kernel)[tokens], and the latter product is made only once.
    """

    def __init__(self, embedded: Any, recurrence: Any):
        self.embedded = embedded
        self.recurrence = self.on_tokens(recurrence)

    def on_tokens(self, layer: Any) -> Any:
        """The recurrent layer, but it takes tokens, which are not cast to numbers with fractions."""
        if layer.class_name == "Bidirectional":
            both = copy(layer)
            both.layers, both.casts = [self.on_tokens(each) for each in layer.layers], ""
            return both
        return sooner(layer, kernel=self.embedded.embeddings @ layer.kernel, casts="")

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        tokens = whole_tokens(x, len(self.embedded.embeddings))
        return self.recurrence.run(tokens, self.embedded.compute_mask(x, mask))


def convolve(layer: Any, x: Array, pool: Sizes = 1) -> Array:
    """What a Conv1D or Conv2D computes, and a max pooling after it."""
    window = layer.strides, layer.padding, layer.dilation_rate
    return layer.activation(conv(x, layer.kernel, layer.bias, *window, layer.groups, pool))


def pool_by(function: Any, layer: Any, x: Array) -> Array:
    """What a pooling layer computes by that function."""
    return function(x, layer.pool_size, layer.strides, layer.padding)


def recur(function: Any, layer: Any, x: Array, mask: Array | None = None, initial_state: Any = None) -> Any:
    """What a recurrent layer computes by that function."""
    options = {"recurrent_activation": layer.recurrent_activation} if function is not simple_rnn else {}
    options |= {"reset_after": layer.reset_after} if function is gru else {}
    switches = "return_sequences", "return_state", "go_backwards", "zero_output_for_mask"
    options |= {name: getattr(layer, name) for name in switches}
    weights = layer.kernel, layer.recurrent_kernel, layer.bias, layer.activation
    return function(x, *weights, mask=mask, initial_state=initial_state, **options)


RECURRENT = {"GRU": partial(recur, gru), "LSTM": partial(recur, lstm), "SimpleRNN": partial(recur, simple_rnn)}
CALLS = RECURRENT | {
    "AveragePooling1D": partial(pool_by, average_pool),
    "AveragePooling2D": partial(pool_by, average_pool),
    "Conv1D": convolve,
    "Conv2D": convolve,
    "MaxPooling1D": partial(pool_by, max_pool),
    "MaxPooling2D": partial(pool_by, max_pool),
}
