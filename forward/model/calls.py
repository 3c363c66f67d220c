"""What a configuration says of who calls whom: keys of arrays, calls of layers, and the structures they come in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..errors import ModelFileError, UnsupportedLayerError
from .archive import SavedLayer, brief
from .layer import Layer
from .operations import called
from .ops import OPERATIONS, Constant

Key = tuple[str, int, int]  # an array in a graph: a layer's name, which of its calls, which of its outputs
OPTIONS = {"mask": "a mask", "initial_state": "an initial state"}  # what a call may hand over by name


@dataclass
class Call:
    """One call of a layer: the keys of its inputs (for an operation, constants and slices between them).

    `options` holds the keys of a mask or of initial states that are handed over by name, `done` those
    that no later call needs. `layer` is what computes it, if that is not the layer of that name.
    """

    name: str
    index: int
    inputs: list[Any]
    takes_list: bool = False
    options: dict[str, list[Any]] = field(default_factory=dict)
    done: set[Key] = field(default_factory=set)
    layer: Any = None

    @property
    def sources(self) -> set[Key]:
        """Every key that must be there before the call."""
        return {key for keys in (self.inputs, *self.options.values()) for key in keys if isinstance(key, tuple)}

    def check_options(self, layer: Layer) -> None:
        """Refuse what is handed over by name but not an array of the graph, or not known to the layer."""
        if not self.options.keys() <= layer.handed_over:
            names = brief(self.options.keys() - layer.handed_over)
            raise UnsupportedLayerError(f"{layer}: a call with {names} is not supported")
        for option, keys in self.options.items():
            if not all(isinstance(key, tuple) or (key is None and option == "mask") for key in keys):
                raise ModelFileError(f"{layer} is called with {OPTIONS[option]} of {brief(keys)}")

    def select(self, values: dict[Key, Any]) -> Any:
        """The call's inputs: a list where the layer takes one."""
        if not self.takes_list and isinstance(self.inputs[0], tuple):
            return values.get(self.inputs[0])
        found = [values.get(key) if isinstance(key, tuple) else key for key in self.inputs]
        return found if self.takes_list else found[0]

    def outputs(self, values: Any) -> dict[Key, Any]:
        """One value, or a list of them, by the keys of the call's outputs."""
        if not isinstance(values, list):
            return {(self.name, self.index, 0): values}
        return {(self.name, self.index, number): value for number, value in enumerate(values)}


def parse_calls(saved: SavedLayer) -> Iterator[Call]:
    """The calls of one layer, from its `inbound_nodes`. A second argument is the initial state."""
    operation = saved.class_name in OPERATIONS
    place = called(saved.class_name, saved.name)
    for index, node in enumerate(saved.inbound_nodes if isinstance(saved.inbound_nodes, list) else [None]):
        match node:
            case {"args": [first, *more] as args, "kwargs": {**named}} if operation or len(more) < 2:
                tensors = parse(args if operation else first)
            case _:
                raise UnsupportedLayerError(f"{place}: a call with {brief(node)} is not supported")
        if more and not operation:
            named["initial_state"] = more[0]
        options = {key: leaves(parse(each)) for key, each in named.items() if key != "training"}
        options = {key: keys for key, keys in options.items() if any(each is not None for each in keys)}
        inputs = leaves(tensors)
        if not inputs or not (operation or all(isinstance(key, tuple) for key in inputs)):
            raise ModelFileError(f"{place} is called with {brief(inputs)}")
        yield Call(saved.name, index, inputs, not isinstance(tensors, tuple), options)


def parse(value: Any, models: set[str] | frozenset[str] = frozenset()) -> Any:
    """What a model begins or ends with, or a layer is called with: keys, lists and dictionaries of them, and constants.

    Keras counts the calls of a Functional model inside from 1 where it lists the outputs, elsewhere from 0.
    """
    match value:
        case [str(name), int(index), int(number)] | {
            "class_name": "__keras_tensor__",
            "config": {"keras_history": [str(name), int(index), int(number)]},
        }:
            return name, index - (name in models), number
        case {"class_name": "__numpy__" | "__tensor__", "config": {"value": value, "dtype": str(dtype)}}:
            return Constant(value, dtype)
        case {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}:
            return slice(start, stop, step)
        case {"class_name": "__ellipsis__"}:
            return ...
        case {"class_name": "__tuple__", "items": [*items]} | [*items]:
            return [parse(each, models) for each in items]
        case {**parts} if "class_name" not in parts:
            return {key: parse(each, models) for key, each in parts.items()}
        case None | bool() | int() | float():
            return value
    raise ModelFileError(f"config.json: expected the inputs or outputs of a layer, got {brief(value)}")


def leaves(structure: Any) -> list[Any]:
    """The entries of nested lists and dictionaries, the latter by sorted key, as Keras orders them."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted(structure)]
    return [each for part in structure for each in leaves(part)] if isinstance(structure, list) else [structure]


def fill(structure: Any, values: dict[Key, Any]) -> Any:
    """The arrays in the structure of their keys."""
    if isinstance(structure, dict):
        return {key: fill(each, values) for key, each in structure.items()}
    return [fill(each, values) for each in structure] if isinstance(structure, list) else values[structure]
