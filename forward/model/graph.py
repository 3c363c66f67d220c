"""Models: layers whose outputs feed other layers, alone or as a layer of another model."""

import graphlib
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from ..threads import spread
from .archive import SavedLayer, brief
from .calls import Call, Key, flatten, pack, parse, parse_calls
from .fusion import fuse
from .inputs import InputLayer
from .layer import Layer, Mask, listed, shape_text
from .recurrent import Bidirectional, Recurrent

LARGEST_OUTPUT = 2**27  # numbers per sample
PIECE_BYTES = 4 * 2**20  # of the widest layer: so many samples at a time stay in the processor's cache
LEAST_ROWS = 1024  # at a time in recurrent layers, whose steps are short: threads would wait for each other at each
MOST_WORK = 20_000  # calls of layers, those of models inside included
BROKEN = (ArithmeticError, AttributeError, IndexError, MemoryError, TypeError, ValueError)  # what settings can cause


class Model(Layer):
    """A Keras model, computed with numpy; it may stand inside another one, as a layer.

    `layers` are ready to compute, in the order of computation. `input_shape` and `output_shape` are
    without the batch axis, with None for an axis of any length; a model with several inputs or outputs
    has them in the structure, list or dictionary, that Keras gave it.
    """

    heeds_mask = True
    casts = ""
    no_effect = frozenset({"layers", "input_layers", "output_layers", "build_input_shape"})

    def check_input(self, x: Any) -> None:
        """Left to the model's own InputLayers."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> Iterator[Call]:
        """Every call that the configuration describes; sets `inputs` and `outputs`, where a list of one is that one."""
        models = {name for name, entry in entries.items() if entry.class_name == "Functional"}
        ends = parse(self.settings.get("input_layers")), parse(self.settings.get("output_layers"), models)
        self.inputs, self.outputs = (end[0] if isinstance(end, list) and len(end) == 1 else end for end in ends)
        return (call for each in entries.values() if each.class_name != "InputLayer" for call in parse_calls(each))

    def take_weights(self, saved: SavedLayer, x: Any) -> dict[str, Array]:
        """Build the layers by walking an empty batch through them: x, or None where the model stands alone."""
        entries = {each.name: each for each in saved.layers()}
        if len(entries) < len(saved.config["layers"]):
            raise ModelFileError(f"{self}: two of its layers have the same name")
        self.calls = self.in_order({(call.name, call.index): call for call in self.read_calls(entries)})
        entrances = {(name, 0, 0) for name, entry in entries.items() if entry.class_name == "InputLayer"}
        if not entrances.issuperset(keys := flatten(self.inputs)):
            raise ModelFileError(f"{self} does not begin with InputLayers; build it with keras.Input, then save it")
        self.by_name: dict[str, Layer] = {key[0]: self.build(entries[key[0]], None) for key in keys}
        self.entrances = list(self.by_name.values())
        self.shapes = self.trace([each.empty() for each in self.entrances] if x is None else listed(x), entries)
        largest = self.largest
        longer = self.trace([each.empty(factor=2) for each in self.entrances] if x is None else listed(x), {})
        for key, shape in self.shapes.items():  # an axis that grows with the input's has any length
            self.shapes[key] = tuple(a if a == b else None for a, b in zip(shape, longer[key], strict=True))
        self.layers = list(self.by_name.values())[len(keys) :]
        self.largest, self.any_length = largest, any(layer.any_length for layer in self.layers)
        self.plan = fuse(self.calls, self.by_name, flatten(self.outputs))
        self.input_shape, self.output_shape = pack(self.inputs, self.shapes), pack(self.outputs, self.shapes)
        return {f"{name}/{key}": weight for name, each in self.by_name.items() for key, weight in each.weights.items()}

    def in_order(self, calls: dict[tuple[str, int], Call]) -> list[Call]:
        """The calls so that each stands after those that it needs, and knows which arrays nobody needs after it."""
        needs = {key: {source[:2] for source in call.sources} for key, call in calls.items()}
        try:
            order = [calls[key] for key in graphlib.TopologicalSorter(needs).static_order() if key in calls]
        except graphlib.CycleError as error:
            raise ModelFileError(f"{self}: some of its layers wait for each other: {brief(error.args[1])}") from error
        needed = set(flatten(self.outputs))
        for call in reversed(order):
            call.done = call.sources - needed
            needed |= call.sources
        return order

    def trace(self, x: Any, entries: dict[str, SavedLayer]) -> dict[Key, tuple[int, ...]]:
        """The shapes that an empty batch takes on after each call; a layer is built where it is first called."""
        self.work = self.largest = 0
        values, masks = self.enter(x)
        shapes = {key: layer.shape for key, layer in zip(values, self.entrances, strict=True)}
        for call in self.calls:
            if missing := call.sources - values.keys():
                raise ModelFileError(f"{self}: {brief(missing)}, an input of layer {call.name!r}, is not there")
            given = call.select(values)
            try:
                if call.name not in self.by_name:
                    self.by_name[call.name] = self.build(entries[call.name], given)
                self.work += self.by_name[call.name].work
                if self.work > MOST_WORK:
                    raise ModelFileError(f"{self} makes more than {MOST_WORK:,} calls of layers")
                y = self.step(call, values, masks)
            except BROKEN as error:
                if isinstance(error, ModelFileError):
                    raise
                raise ModelFileError(f"layer {call.name!r} cannot take {shape_text(given)}: {error}") from error
            if any(math.prod(each.shape[1:]) > LARGEST_OUTPUT for each in listed(y)):
                raise ModelFileError(f"layer {call.name!r} would make an output of shape {shape_text(y)}")
            self.largest = max(self.largest, self.by_name[call.name].widest(given, y))
            shapes |= {key: each.shape[1:] for key, each in call.outputs(y).items()}
        if not (keys := set(flatten(self.outputs))) or not keys <= values.keys():
            raise ModelFileError(f"{self}: its outputs {brief(keys - values.keys())} are not there")
        return shapes

    def predict(self, x: Any, batch_size: int | None = None, threads: int | None = None) -> Any:
        """The model's output for every sample of x, computed in pieces of at most `batch_size` samples.

        x is an array (samples, *input_shape), for a text model a sequence of strings, and for a model
        with several inputs a list or dictionary of these; the result is (samples, *output_shape), or as
        many of these as the model has outputs. The pieces are as small as the processor's cache asks for
        and go to `threads` threads (see `threads.spread`); an x on disk is read piece by piece. Where
        texts are padded to the longest of their batch, a piece is a whole batch, of 256 unless given.
        Raises ValueError if x, batch_size or threads does not fit.
        """
        for name, value in {"batch_size": batch_size, "threads": threads}.items():
            if value is not None and (type(value) is bool or not isinstance(value, int | np.integer) or value < 1):
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        inputs = self.check(x)
        pieces = [[each[piece] for each in inputs] for piece in self.pieces(inputs, batch_size)]
        try:
            batches = spread(lambda piece: listed(self(piece)), pieces, threads)
        except MemoryError as error:
            size = max(len(piece[0]) for piece in pieces)
            raise ValueError(f"a batch of {size} does not fit into memory; take a smaller batch_size") from error
        if len({tuple(y.shape[1:] for y in batch) for batch in batches}) > 1:
            raise ValueError("the outputs differ in length from batch to batch; take a batch_size that holds all of x")
        outputs = map(np.concatenate, zip(*batches, strict=True))
        return pack(self.outputs, dict(zip(flatten(self.outputs), outputs, strict=True)))

    def pieces(self, inputs: list[Array], batch_size: int | None) -> list[slice]:
        """How `predict` cuts the samples: into pieces of about the same size, whatever the number of threads."""
        samples = len(inputs[0])
        if self.any_length:
            size = batch_size or 256
            return [slice(start, start + size) for start in range(0, max(1, samples), size)]
        ratio = 1.0  # of the inputs' sizes to those with which the model was built
        if any(None in each.shape for each in self.entrances):
            built = sum(math.prod(each.empty().shape[1:]) for each in self.entrances)
            ratio = sum(math.prod(each.shape[1:]) for each in inputs) / built
        size = max(1, int(PIECE_BYTES / (4 * max(1.0, self.largest * ratio))))
        if any(isinstance(layer, Recurrent | Bidirectional) for layer in self.layers):
            size = max(size, min(LEAST_ROWS, 32 * size))
        count = max(1, -(-samples // min(size, batch_size or size)))
        bounds = [samples * number // count for number in range(count + 1)]
        return [slice(*pair) for pair in pairwise(bounds)]

    def forward(self, x: Any, verbose: bool = False) -> Any:
        """One pass of the whole x at once; `verbose` prints each layer's name, class and output shape."""
        values, masks = self.enter(self.check(x))
        for call, y in self.steps(self.calls, values, masks):
            if verbose:
                shapes = ", ".join(str(each.shape) for each in listed(y))
                print(f"{call.name:<24} {self.by_name[call.name].class_name:<24} {shapes}")
        return pack(self.outputs, values)

    def activations(self, x: Any) -> dict[str, Any]:
        """Every layer's output in one pass of the whole x: {layer name: output}, for later calls "name:call"."""
        steps = self.steps(self.calls, *self.enter(self.check(x)))
        return {f"{call.name}:{call.index}" if call.index else call.name: y for call, y in steps}

    def summary(self) -> str:
        """The layers as text: name, class, output shape, parameters, and all settings that are not False."""
        rows = [("layer", "class", "output shape", "parameters", "settings")]
        for key, shape in self.shapes.items():
            layer = self.by_name[key[0]]
            settings = "" if layer in self.entrances else settings_text(layer)
            rows.append((layer.name, layer.class_name, str((None, *shape)), f"{layer.parameters:,}", settings))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in rows]
        return "\n".join([f"{self.name}: {self.parameters:,} parameters", *lines])

    def widest(self, x: Any, y: Any) -> int:
        return max(super().widest(x, y), self.largest)

    def check(self, x: Any) -> list[Array]:
        """The inputs, given by name, as a list or as the only one: of the right shapes and as many samples each."""
        names = sorted(self.inputs) if isinstance(self.inputs, dict) else [layer.name for layer in self.entrances]
        if isinstance(x, dict) and x.keys() == set(names):
            x = [x[name] for name in names]
        elif len(names) == 1 and not isinstance(x, dict):
            x = [x]
        if not isinstance(x, list | tuple) or len(x) != len(names):
            raise ValueError(f"model {self.name!r} takes {len(names)} inputs, as a list or by name: {', '.join(names)}")
        checked = [layer.check_shape(each) for layer, each in zip(self.entrances, x, strict=True)]
        if len(lengths := {len(each) for each in checked}) > 1:
            raise ValueError(f"the inputs have different numbers of samples: {sorted(lengths)}")
        return checked

    def enter(self, x: list[Array], mask: Any = None) -> tuple[dict[Key, Array], dict[Key, Mask]]:
        """The arrays and masks with which a pass begins."""
        if len(x) != len(self.entrances):
            raise ValueError(f"{self} takes {len(self.entrances)} inputs, but got {len(x)}")
        keys, checked = flatten(self.inputs), [layer.check(each) for layer, each in zip(self.entrances, x, strict=True)]
        return dict(zip(keys, checked, strict=True)), dict(zip(keys, listed(mask), strict=False))

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
        named = {option: [values.get(key) for key in keys] for option, keys in call.options.items()}
        if by_name := named.pop("mask", None):
            by_name = [None if each is None else each.astype(bool) for each in by_name]
            mask = by_name if call.takes_list else by_name[0]
        heeded = mask if by_name or not named else None
        y, passed = layer.run(x, heeded, **named)
        values |= call.outputs(y)
        masks |= call.outputs(passed if heeded is mask else layer.compute_mask(x, mask))
        return y

    def run(self, x: Any, mask: Any = None) -> tuple[Any, Any]:
        values, masks = self.enter(listed(x), mask)
        for _ in self.steps(self.plan, values, masks):
            pass
        y, passed = ([found.get(key) for key in flatten(self.outputs)] for found in (values, masks))
        return (y, passed) if len(y) > 1 else (y[0], passed[0])

    def __call__(self, x: Any, mask: Any = None) -> Any:
        return self.run(x, mask)[0]


def settings_text(layer: Layer) -> str:
    """All settings that are not False; a layer among them by its class and its own settings."""
    inner = {key: each for key in layer.options if isinstance(each := getattr(layer, key), Layer)}
    given = {key: layer.settings[key] for key in layer.options} | {
        key: f"{each.class_name}({settings_text(each)})" for key, each in inner.items()
    }
    return ", ".join(f"{key}={value}" for key, value in given.items() if value is not False and value is not None)


class Sequential(Model):
    """One layer after the other."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> Iterator[Call]:
        names = list(entries) or [""]
        self.inputs, self.outputs = (names[0], 0, 0), (names[-1], 0, 0)
        return (Call(name, 0, [(before, 0, 0)]) for before, name in pairwise(names))

    def trace(self, x: Any, entries: dict[str, SavedLayer]) -> dict[Key, tuple[int, ...]]:
        shapes = super().trace(x, entries)
        if several := [name for name, _, number in shapes if number]:
            raise ModelFileError(f"{self}: layer {several[0]!r} has several outputs, which a chain cannot take")
        return shapes


LAYERS = {"Functional": Model, "InputLayer": InputLayer, "Sequential": Sequential}
