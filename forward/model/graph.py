"""Layers whose outputs feed other layers: in which order they are called, and the way of a batch through them."""

import graphlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ..activations import Array
from ..errors import ModelFileError
from .archive import SavedLayer, brief
from .calls import Call, Key, fill, leaves, parse, parse_calls
from .inputs import InputLayer
from .layer import Layer, Mask, Nest, listed, shape_text
from .limits import Ledger

BROKEN = (ArithmeticError, AttributeError, IndexError, MemoryError, TypeError, ValueError)  # what settings can cause


class Graph(Nest, abstract=True):
    """The inside of a model: `by_name` its layers, `calls` the calls of them, in the order of computation."""

    heeds_mask = True
    casts = ""
    no_effect = frozenset({"layers", "input_layers", "output_layers", "build_input_shape"})

    def check_input(self, x: Any) -> None:
        """Left to the model's own InputLayers."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> tuple[Any, Any, list[Call]]:
        """What the configuration says: the inputs and outputs, where a list of one is that one, and every call."""
        models = {name for name, entry in entries.items() if entry.class_name == "Functional"}
        ends = parse(self.config.get("input_layers")), parse(self.config.get("output_layers"), models)
        inputs, outputs = (end[0] if isinstance(end, list) and len(end) == 1 else end for end in ends)
        calls = [call for each in entries.values() if each.class_name != "InputLayer" for call in parse_calls(each)]
        return inputs, outputs, calls

    def prepare(self, saved: SavedLayer, x: Any) -> None:
        """Build the layers by walking an empty batch through them.

        x is that batch, or None where the model stands alone; then an axis that grows with the input's has any length.
        """
        entries = {each.name: each for each in saved.layers()}
        if len(entries) < len(saved.config["layers"]):
            raise ModelFileError(f"{self}: two of its layers have the same name")
        self.inputs, self.outputs, calls = self.read_calls(entries)
        self.calls = self.in_order({(call.name, call.index): call for call in calls})
        note_last_uses(self.calls, self.ends)
        entrances = {(name, 0, 0) for name, entry in entries.items() if entry.class_name == "InputLayer"}
        if not entrances.issuperset(keys := self.starts):
            raise ModelFileError(f"{self} does not begin with InputLayers; build it with keras.Input, then save it")
        self.by_name: dict[str, Layer] = {key[0]: self.build(entries[key[0]], None) for key in keys}
        self.entrances: list[InputLayer] = list(self.by_name.values())
        self.ledger = Ledger(self)
        given = [each.empty() for each in self.entrances] if x is None else listed(x)
        self.shapes = self.trace(given, self.ledger, entries)
        self.layers = list(self.by_name.values())[len(keys) :]
        if x is None and (self.any_length or any(None in each.shape for each in self.entrances)):
            longer = self.trace([each.empty(factor=2) for each in self.entrances], Ledger(self), {})
            for key, shape in self.shapes.items():
                self.shapes[key] = tuple(a if a == b else None for a, b in zip(shape, longer[key], strict=True))
        self.input_shape, self.output_shape = fill(self.inputs, self.shapes), fill(self.outputs, self.shapes)

    def in_order(self, calls: dict[tuple[str, int], Call]) -> list[Call]:
        """The calls so that each stands after those that it needs."""
        needs = {key: {source[:2] for source in call.sources} for key, call in calls.items()}
        try:
            return [calls[key] for key in graphlib.TopologicalSorter(needs).static_order() if key in calls]
        except graphlib.CycleError as error:
            raise ModelFileError(f"{self}: some of its layers wait for each other: {brief(error.args[1])}") from error

    def trace(self, x: list[Array], ledger: Ledger, entries: dict[str, SavedLayer]) -> dict[Key, tuple[int, ...]]:
        """The shapes that an empty batch takes on after each call; a layer of `entries` is built where it is met."""
        values, masks = self.enter(x)
        shapes = {key: layer.shape for key, layer in zip(values, self.entrances, strict=True)}
        for call in self.calls:
            if missing := call.sources - values.keys():
                raise ModelFileError(f"{self}: {brief(missing)}, an input of layer {call.name!r}, is not there")
            given = call.select(values)
            try:
                if call.name not in self.by_name:
                    self.by_name[call.name] = self.build(entries[call.name], given)
                call.check_options(self.by_name[call.name])
                ledger.spend(self.by_name[call.name], given)
                y = self.step(call, values, masks)
            except BROKEN as error:
                if isinstance(error, ModelFileError):
                    raise
                raise ModelFileError(f"layer {call.name!r} cannot take {shape_text(given)}: {error}") from error
            ledger.measure(self.by_name[call.name], given, y)
            shapes |= {key: each.shape[1:] for key, each in call.outputs(y).items()}
        if not (keys := set(self.ends)) or not keys <= values.keys():
            raise ModelFileError(f"{self}: its outputs {brief(keys - values.keys())} are not there")
        return shapes

    @cached_property
    def starts(self) -> list[Key]:
        """The arrays that come in."""
        return leaves(self.inputs)

    @cached_property
    def ends(self) -> list[Key]:
        """The arrays that come out."""
        return leaves(self.outputs)

    @cached_property
    def any_length(self) -> bool:
        return any(layer.any_length for layer in self.layers)

    @cached_property
    def takes_steps(self) -> bool:
        return any(layer.takes_steps for layer in self.layers)

    def work(self, x: Any) -> int:
        return self.ledger.work

    def widest(self, x: Any, y: Any, plain: bool) -> int:
        return max(super().widest(x, y, plain), self.ledger.widest[plain])

    def enter(self, x: list[Array], mask: Any = None) -> tuple[dict[Key, Array], dict[Key, Mask]]:
        """The arrays and masks with which a pass begins."""
        if len(x) != len(self.entrances):
            raise ValueError(f"{self} takes {len(self.entrances)} inputs, but got {len(x)}")
        checked = [layer.check(each) for layer, each in zip(self.entrances, x, strict=True)]
        return dict(zip(self.starts, checked, strict=True)), dict(zip(self.starts, listed(mask), strict=False))

    def steps(self, calls: list[Call], values: dict[Key, Array], masks: dict[Key, Mask]) -> Iterator[tuple[Call, Any]]:
        """Walk a batch through the calls, with the output of each, while `values` and `masks` fill."""
        for call in calls:
            yield call, self.step(call, values, masks)
            for key in call.done:
                values.pop(key), masks.pop(key, None)

    def step(self, call: Call, values: dict[Key, Array], masks: dict[Key, Mask]) -> Any:
        """Make one call: its output goes into `values`, and the mask that goes on with it into `masks`.

        A mask comes with the input, unless the configuration hands one over by name. A layer that is
        handed initial states heeds only the latter (Keras' rule), but passes on the former.
        """
        layer, x, mask = call.layer or self.by_name[call.name], call.select(values), call.select(masks)
        if not call.options:
            y, passed = layer.run(x, mask)
            values |= call.outputs(y)
            if passed is not None:
                masks |= call.outputs(passed)
            return y
        named = {option: [values.get(key) for key in keys] for option, keys in call.options.items()}
        if by_name := named.pop("mask", None):
            by_name = [None if each is None else each.astype(bool) for each in by_name]
            mask = by_name if call.takes_list else by_name[0]
        heeded = mask if by_name or not named else None
        y, passed = layer.run(x, heeded, **named)
        values |= call.outputs(y)
        masks |= call.outputs(passed if heeded is mask else self.by_name[call.name].compute_mask(x, mask))
        return y

    def walk(self, calls: list[Call], x: Any, mask: Any = None) -> tuple[Any, Any]:
        """The outputs for the batch x, and the masks that go on with them: an array each, or lists."""
        values, masks = self.enter(listed(x), mask)
        for _ in self.steps(calls, values, masks):
            pass
        y, passed = ([found.get(key) for key in self.ends] for found in (values, masks))
        return (y, passed) if len(y) > 1 else (y[0], passed[0])

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        return self.walk(self.calls, x, mask)


def note_last_uses(calls: list[Call], ends: list[Key]) -> None:
    """Tell each call, in the order of computation, which arrays nobody needs after it."""
    needed = set(ends)
    for call in reversed(calls):
        call.done = call.sources - needed
        needed |= call.sources
