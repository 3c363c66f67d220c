"""Models: layers whose outputs feed other layers, alone or as a layer of another model."""

import graphlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from ..keras_file import SavedLayer
from .base import Layer, Mask, shape_text
from .inputs import InputLayer
from .merging import OPERATIONS
from .recurrent import listed

Key = tuple[str, int, int]  # an array in a graph: a layer's name, which of its calls, which of its outputs
LARGEST_OUTPUT = 2**31  # numbers per sample
BROKEN = (ArithmeticError, AttributeError, IndexError, MemoryError, TypeError, ValueError)  # what settings can cause


@dataclass
class Call:
    """One call of a layer.

    `inputs` are the keys of its inputs, and for an operation plain numbers between them; `options`
    those of a mask or of initial states that are handed over by name; `done` those that no later
    call needs.
    """

    name: str
    index: int
    inputs: list[Any]
    takes_list: bool = False
    options: dict[str, list[Any]] = field(default_factory=dict)
    done: set[Key] = field(default_factory=set)

    @property
    def sources(self) -> set[Key]:
        """Every key that must be there before the call."""
        return {key for keys in (self.inputs, *self.options.values()) for key in keys if isinstance(key, tuple)}

    def select(self, values: dict[Key, Any]) -> Any:
        """The call's inputs: a list where the layer takes one."""
        found = [values.get(key) if isinstance(key, tuple) else key for key in self.inputs]
        return found if self.takes_list else found[0]

    def outputs(self, values: Any) -> dict[Key, Any]:
        """One value, or a list of them, by the keys of the call's outputs."""
        return {(self.name, self.index, number): value for number, value in enumerate(listed(values))}


class Graph(Layer):
    """A model: `inputs` and `outputs` are keys in the structure that the user sees, `calls` stand in working order."""

    heeds_mask = True
    no_effect = frozenset({"layers", "input_layers", "output_layers", "build_input_shape"})

    def check_input(self, x: Any) -> None:
        """Left to the model's own InputLayers."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> list[Call]:
        """Every call that the configuration describes; sets `inputs` and `outputs`."""
        raise TypeError(f"{type(self).__name__} is no model")

    def take_weights(self, saved: SavedLayer, x: Any) -> dict[str, Array]:
        """Build the layers by walking an empty batch through them: x, or None where the model stands alone."""
        entries = {each.name: each for each in saved.layers()}
        if len(entries) < len(saved.config["layers"]):
            raise ModelFileError(f"{self}: two of its layers have the same name")
        self.calls = self.in_order(self.read_calls(entries))
        self.layers: dict[str, Layer] = {}
        for key in flatten(self.inputs):
            if key[0] not in entries or entries[key[0]].class_name != "InputLayer" or key[1:] != (0, 0):
                raise ModelFileError(f"{self}: its input {key} is no InputLayer")
            self.layers[key[0]] = self.build(entries[key[0]], None)
        self.shapes = self.trace(self.empty() if x is None else x, entries)
        return {f"{name}/{key}": weight for name, each in self.layers.items() for key, weight in each.weights.items()}

    def empty(self, factor: int = 1) -> list[Array]:
        """Inputs without samples; `factor` changes the length of axes that may have any."""
        return [self.layers[key[0]].empty(factor) for key in flatten(self.inputs)]

    def trace(self, x: Any, entries: dict[str, SavedLayer]) -> dict[tuple[str, int], list[tuple[int, ...]]]:
        """The shapes that an empty batch takes on after each call; a layer is built where it is first called."""
        shapes = {}
        values, masks = self.enter(x)
        for call in self.calls:
            if missing := call.sources - values.keys():
                raise ModelFileError(f"{self}: layer {call.name!r} takes its input from {missing}, which is not there")
            given = call.select(values)
            try:
                if call.name not in self.layers:
                    self.layers[call.name] = self.build(entries[call.name], given)
                y = self.step(call, values, masks)
            except ModelFileError:
                raise
            except BROKEN as error:
                raise ModelFileError(f"layer {call.name!r} cannot take {shape_text(given)}: {error}") from error
            shapes[call.name, call.index] = [each.shape[1:] for each in listed(y)]
            if any(math.prod(shape) > LARGEST_OUTPUT for shape in shapes[call.name, call.index]):
                raise ModelFileError(f"layer {call.name!r} would make an output of shape {shape_text(y)}")
        if missing := set(flatten(self.outputs)) - values.keys():
            raise ModelFileError(f"{self}: its outputs {missing} are not there")
        return shapes

    def in_order(self, calls: list[Call]) -> list[Call]:
        """The calls so that each stands after those that it needs, and knows which arrays nobody needs after it."""
        by_key = {(call.name, call.index): call for call in calls}
        needs = {key: {source[:2] for source in call.sources} for key, call in by_key.items()}
        try:
            order = [by_key[key] for key in graphlib.TopologicalSorter(needs).static_order() if key in by_key]
        except graphlib.CycleError as error:
            raise ModelFileError(f"{self}: some of its layers wait for each other: {error.args[1]}") from error
        needed = set(flatten(self.outputs))
        for call in reversed(order):
            call.done = call.sources - needed
            needed |= call.sources
        return order

    def enter(self, x: Any, mask: Any = None) -> tuple[dict[Key, Array], dict[Key, Mask]]:
        """The arrays and masks with which a pass begins."""
        keys, x = flatten(self.inputs), listed(x)
        if len(x) != len(keys):
            raise ValueError(f"{self} takes {len(keys)} inputs, but got {len(x)}")
        masks = [None] * len(keys) if mask is None else listed(mask)
        values = {key: self.layers[key[0]].check(each) for key, each in zip(keys, x, strict=True)}
        return values, dict(zip(keys, masks, strict=True))

    def steps(self, values: dict[Key, Array], masks: dict[Key, Mask]) -> Iterator[tuple[Call, Any]]:
        """Walk a batch through the calls, with the output of each, while `values` and `masks` fill."""
        for call in self.calls:
            yield call, self.step(call, values, masks)
            for key in call.done:
                values.pop(key), masks.pop(key, None)

    def step(self, call: Call, values: dict[Key, Array], masks: dict[Key, Mask]) -> Any:
        """Make one call: its output goes into `values`, and the mask that goes on with it into `masks`.

        A mask comes with the input, unless the configuration hands one over by name. A layer that is
        handed initial states heeds only the latter (Keras' rule), but passes on the former.
        """
        layer, x, mask = self.layers[call.name], call.select(values), call.select(masks)
        named = {option: [values.get(key) for key in keys] for option, keys in call.options.items()}
        if by_name := named.pop("mask", None):
            mask = by_name if call.takes_list else by_name[0]
        heeded = mask if by_name or not named else None
        y, passed = layer.run(x, heeded, **named)
        values |= call.outputs(y)
        masks |= call.outputs(passed if heeded is mask else layer.compute_mask(x, mask))
        return y

    def run(self, x: Any, mask: Any = None, **states: Any) -> tuple[Any, Any]:
        values, masks = self.enter(x, mask)
        for _ in self.steps(values, masks):
            pass
        keys = flatten(self.outputs)
        y, passed = [values[key] for key in keys], [masks.get(key) for key in keys]
        return (y, passed) if len(keys) > 1 else (y[0], passed[0])

    def __call__(self, x: Any, mask: Any = None, **states: Any) -> Any:
        return self.run(x, mask)[0]


class Sequential(Graph):
    """One layer after the other."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> list[Call]:
        names = list(entries)
        if not names or entries[names[0]].class_name != "InputLayer":
            raise ModelFileError(f"{self} does not begin with an InputLayer; build it with keras.Input, then save it")
        self.inputs, self.outputs = (names[0], 0, 0), (names[-1], 0, 0)
        return [Call(name, 0, [(before, 0, 0)]) for before, name in zip(names, names[1:], strict=False)]

    def trace(self, x: Any, entries: dict[str, SavedLayer]) -> dict[tuple[str, int], list[tuple[int, ...]]]:
        shapes = super().trace(x, entries)
        if several := [name for (name, _), outputs in shapes.items() if len(outputs) > 1]:
            raise ModelFileError(f"{self}: layer {several[0]!r} has several outputs, which a chain cannot take")
        return shapes


class Functional(Graph):
    """Any graph of layers. A layer may be called several times; each call sees the same weights."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> list[Call]:
        # Keras counts the calls of a Functional model inside from 1 where it lists the outputs, elsewhere from 0.
        models = {name for name, entry in entries.items() if entry.class_name == "Functional"}
        self.inputs = parse_ends(self.settings.get("input_layers"), set())
        self.outputs = parse_ends(self.settings.get("output_layers"), models)
        return [call for each in entries.values() if each.class_name != "InputLayer" for call in parse_calls(each)]


def parse_ends(value: Any, models: set[str]) -> Any:
    """The inputs or outputs of a model: a key, or a list or dictionary of them; a list of one is that one."""
    match value:
        case [str(name), int(index), int(number)]:
            return name, index - (name in models), number
        case [only]:
            return parse_ends(only, models)
        case [_, *_]:
            return [parse_ends(each, models) for each in value]
        case {**parts} if parts:
            return {key: parse_ends(each, models) for key, each in parts.items()}
    raise ModelFileError(f"config.json: expected the inputs or outputs of a model, got {str(value)[:80]}")


def parse_calls(saved: SavedLayer) -> Iterator[Call]:
    """The calls of one layer, from its `inbound_nodes`."""
    operation = saved.class_name in OPERATIONS
    for index, node in enumerate(saved.inbound_nodes if isinstance(saved.inbound_nodes, list) else [None]):
        match node:
            case {"args": [first, *more] as args, "kwargs": {**named}} if operation or not more:
                tensors = parse_tensors(args if operation else first)
            case _:
                raise ModelFileError(f"layer {saved.name!r} ({saved.class_name}): unknown call {str(node)[:200]}")
        options = {key: flatten(parse_tensors(each)) for key, each in named.items() if key != "training"}
        options = {key: keys for key, keys in options.items() if any(each is not None for each in keys)}
        stateful = saved.class_name in ("Bidirectional", "GRU", "LSTM", "SimpleRNN")
        if other := options.keys() - {"mask", *(["initial_state"] if stateful else [])}:
            raise UnsupportedLayerError(f"layer {saved.name!r} ({saved.class_name}): a call with {other}")
        inputs = flatten(tensors)
        if not inputs or not (operation or all(isinstance(key, tuple) for key in inputs)):
            raise ModelFileError(f"layer {saved.name!r} ({saved.class_name}) is called with {inputs}")
        yield Call(saved.name, index, inputs, not isinstance(tensors, tuple), options)


def parse_tensors(value: Any) -> Any:
    """What a layer is called with: keys, lists and dictionaries of them, and plain numbers."""
    match value:
        case {"class_name": "__keras_tensor__", "config": {"keras_history": [str(name), int(index), int(number)]}}:
            return name, index, number
        case {"class_name": "__tuple__", "items": [*items]} | [*items]:
            return [parse_tensors(each) for each in items]
        case {"class_name": _}:
            raise UnsupportedLayerError(f"config.json: a call with {str(value)[:80]} is not supported")
        case {**parts}:
            return {key: parse_tensors(each) for key, each in parts.items()}
        case None | bool() | int() | float():
            return value
    raise ModelFileError(f"config.json: expected what a layer is called with, got {str(value)[:80]}")


def flatten(structure: Any) -> list[Any]:
    """The entries of nested lists and dictionaries, the latter by sorted key, as Keras orders them."""
    if isinstance(structure, dict):
        return [each for key in sorted(structure) for each in flatten(structure[key])]
    if isinstance(structure, list):
        return [each for part in structure for each in flatten(part)]
    return [structure]


def pack(structure: Any, values: dict[Key, Any]) -> Any:
    """The arrays in the structure of their keys."""
    if isinstance(structure, dict):
        return {key: pack(each, values) for key, each in structure.items()}
    return [pack(each, values) for each in structure] if isinstance(structure, list) else values[structure]


LAYERS = {"Functional": Functional, "InputLayer": InputLayer, "Sequential": Sequential}
