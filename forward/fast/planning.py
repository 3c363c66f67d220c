"""Which layers of a model go which way: single ones sooner, and several as one.

A layer that goes another way is a copy of the plain one with another `call`; all else, the mask that goes on included,
is the layer's own. What is asked of layers, calls and models is asked by name: nothing of `forward/model/` is needed.
"""

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from ..activations import Array
from ..dense import whole_tokens
from .convolution import conv
from .images import ConvolutionStep, inactive, reach
from .joined import fits, in_both_directions, in_stack, joined
from .pooling import average_pool, max_pool
from .recurrent import Cell, GRUCell, LSTMCell, SimpleRNNCell, unroll
from .stacked import directions, in_a_row

# A small file may ask for tables that fill the memory.
LARGEST_TABLES = 2**24  # numbers, 64 MiB, of all tables of a model; a model or layer inside a layer counts for itself
LARGEST_GROWTH = 4  # of a table against the weights that it stands for


def plan(calls: list[Any], layers: dict[str, Any], ends: Iterable[Any]) -> list[Any]:
    """The calls of a model, each with the layer that computes it sooner, where there is one.

    Several calls become one where each but the first alone takes the output of the one before, which is not among the
    `ends`.
    """
    uses = Counter(key for call in calls for key in call.sources) + Counter(ends)
    planned: list[Any] = []
    made: dict[tuple[str, ...], Any] = {}
    room = LARGEST_TABLES
    while calls:
        row = alone(calls, uses)
        chain = [layers[call.name] for call in row]
        for number in (reach(chain) or recurrences(chain) or 1, 1):
            names = tuple(call.name for call in row[:number])
            if names not in made:
                made[names], table = together(chain[:number], room)
                room -= table
            if made[names] or number == 1:
                break
        planned.append(replace(row[0], name=row[number - 1].name, index=row[number - 1].index, layer=made[names]))
        calls = calls[number:]
    return planned


def alone(calls: list[Any], uses: Counter[Any]) -> list[Any]:
    """The first call and those behind it, as long as each takes only what the one before gives, and no other that."""
    row = calls[:1]
    for call in calls[1:]:
        key = (row[-1].name, row[-1].index, 0)
        if call.inputs != [key] or uses[key] > 1 or call.options or calls[0].options:
            break
        row.append(call)
    return row


def together(layers: list[Any], room: int) -> tuple[Any, int]:
    """Some layers as one, and how many numbers its tables have; None where they would take more than the room."""
    if reach(layers) == len(layers):
        step = ConvolutionStep(layers, room)
        return step, step.table
    if len(layers) == 1:
        return sooner(layers[0]), 0
    own = [each for each in layers if not inactive(each)]
    if own[0].class_name != "Embedding":
        return Recurrences(own), 0
    most = min(room, LARGEST_GROWTH * sum(each.parameters for each in own[:2]))
    size = table_size(*own[:2])
    return (Recurrences(own[1:], own[0]), size) if size <= most else (None, 0)


def sooner(layer: Any, **changes: Any) -> Any:
    """The layer, and those inside it, with the functions of this folder; None if they have none for it."""
    if reach([layer]):
        return ConvolutionStep([layer], LARGEST_TABLES)
    other = copy(layer)
    vars(other).update(changes)
    if layer.class_name in RECURRENT:
        other.cell = cell_of(other)
    if layer.class_name in CALLS:
        other.call = partial(CALLS[layer.class_name], other)
    elif layer.class_name == "Bidirectional":
        return both_ways(other, [sooner(each) or each for each in layer.layers])
    elif layer.class_name == "TimeDistributed":
        other.layers = [sooner(each) or each for each in layer.layers]
    elif layer.class_name in ("Functional", "Sequential"):
        other.calls = plan(layer.calls, layer.by_name, layer.ends)
    else:
        return None
    return other


def recurrences(layers: list[Any]) -> int:
    """How many of the first layers are an embedding and a recurrent layer that takes it as it is, or 0.

    And those recurrent ones on top of it, or of a first one, that take just its steps.
    """
    first = layers[0]
    number = 1
    if first.class_name == "Embedding":
        number = behind(layers, 1)
        if not number or not is_recurrent(layers[number - 1]):
            return 0
    while (more := behind(layers, number)) and follows(layers[number - 1], layers[more - 1]):
        number = more
    return number if number > 1 else 0


def behind(layers: list[Any], number: int) -> int:
    """How many layers there are with the next one that does something, if it computes in the same dtype; or 0."""
    dtype = layers[number - 1].dtype
    for count, layer in enumerate(layers[number:], number + 1):
        if layer.dtype != dtype:
            break
        if not (inactive(layer) and layer.passes_mask):
            return count
    return 0


def is_recurrent(layer: Any) -> bool:
    """Whether it is a recurrent layer, in one direction or in both."""
    return all(each.class_name in RECURRENT for each in directions(layer))


def follows(one: Any, other: Any) -> bool:
    """Whether one recurrent layer hands its outputs to another, and both take the steps from the first to the last."""
    return forwards(one) and directions(one)[0].return_sequences and forwards(other)


def forwards(layer: Any) -> bool:
    """Whether it is a recurrent layer with one output, in the order of x."""
    first, merged = directions(layer)[0], getattr(layer, "merge_mode", "") is not None
    return is_recurrent(layer) and merged and not first.go_backwards and not first.return_state


def table_size(first: Any, second: Any) -> int:
    """How many numbers the table of an embedding and a recurrent layer has."""
    return sum(len(first.embeddings) * each.kernel.shape[-1] for each in directions(second))


class Recurrences:
    """Recurrent layers on top of each other, the first of which may take an embedding.

    That and its kernel are one table of what each token adds to the gates: embeddings[tokens] @ kernel =
    (embeddings @ kernel)[tokens], and the latter product is made only once. A single sample goes through all of them
    at once.
    """

    def __init__(self, layers: list[Any], embedded: Any = None):
        self.embedded = embedded
        self.layers = [
            sooner(each) if number or not embedded else self.on_tokens(each) for number, each in enumerate(layers)
        ]
        one_way = all(each.class_name in RECURRENT for each in layers)
        self.joint = joined(self.layers, stacked=True) if one_way and len(layers) > 1 else None

    def on_tokens(self, layer: Any) -> Any:
        """The recurrent layer, but it takes tokens, which are not cast to numbers with fractions."""
        if layer.class_name == "Bidirectional":
            both = copy(layer)
            both.casts = ""
            return both_ways(both, [self.on_tokens(each) for each in layer.layers])
        other = sooner(layer, casts="")
        other.cell = other.cell.on_tokens(self.embedded.embeddings)
        return other

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        """The output, and the mask that goes on with it."""
        if self.embedded:
            x, mask = whole_tokens(x, len(self.embedded.embeddings)), self.embedded.compute_mask(x, mask)
        if self.joint and fits(x, mask):
            x = self.layers[0].cast(x)
            return in_stack(self.joint, self.layers, x, mask), self.layers[-1].compute_mask(x, mask)
        if len(self.layers) > 1 and len(x) > 1:
            x = self.layers[0].cast(x)
            return in_a_row(self.layers, x, mask), self.layers[-1].compute_mask(x, mask)
        for layer in self.layers:
            x, mask = layer.run(x, mask)
        return x, mask


def both_ways(layer: Any, layers: list[Any]) -> Any:
    """A bidirectional layer, itself a copy, changed to go in both directions at once where a single sample comes."""
    layer.layers, plain = layers, type(layer).call
    if joint := joined(layers, stacked=False):

        def call(x: Array, mask: Any = None, initial_state: Any = None) -> Any:
            if initial_state or not fits(x, mask):
                return plain(layer, x, mask, initial_state)
            return in_both_directions(joint, layer, x, mask)

        layer.call = call
    return layer


def convolve(layer: Any, x: Array) -> Array:
    """What a Conv1D or Conv2D computes whose channels are in groups."""
    window = layer.strides, layer.padding, layer.dilation_rate
    return layer.activation(conv(x, layer.kernel, layer.bias, *window, layer.groups))


def pool_by(function: Any, layer: Any, x: Array) -> Array:
    """What a pooling layer computes by that function."""
    return function(x, layer.pool_size, layer.strides, layer.padding)


def cell_of(layer: Any) -> Cell:
    """The cell of a recurrent layer."""
    kind, options = RECURRENT[layer.class_name], []
    if kind is not SimpleRNNCell:
        options.append(layer.recurrent_activation)
    if kind is GRUCell:
        options.append(layer.reset_after)
    return kind(layer.kernel, layer.recurrent_kernel, layer.bias, layer.activation, *options)


def recur(layer: Any, x: Array, mask: Array | None = None, initial_state: Any = None) -> Any:
    """What a recurrent layer computes, by its cell."""
    switches = layer.return_sequences, layer.return_state, layer.go_backwards, layer.zero_output_for_mask
    return unroll(layer.cell, x, mask, initial_state, *switches)


RECURRENT: dict[str, type[Cell]] = {"GRU": GRUCell, "LSTM": LSTMCell, "SimpleRNN": SimpleRNNCell}
CALLS = dict.fromkeys(RECURRENT, recur) | {
    "AveragePooling1D": partial(pool_by, average_pool),
    "AveragePooling2D": partial(pool_by, average_pool),
    "Conv1D": convolve,
    "Conv2D": convolve,
    "MaxPooling1D": partial(pool_by, max_pool),
    "MaxPooling2D": partial(pool_by, max_pool),
}
