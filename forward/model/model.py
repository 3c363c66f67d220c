"""What a user has in hand: a model that predicts, and shows what it computes."""

import math
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from .archive import SavedLayer
from .calls import Call, Key, fill
from .graph import Graph
from .layer import Layer, listed
from .limits import Ledger

try:
    from .. import fast as fast_ways
except ImportError as error:  # without that folder everything is computed by the plain functions
    if error.name != __name__.partition(".")[0]:
        raise  # it is there, but what it needs is not
    fast_ways = None

PIECE_BYTES = 4 * 2**20  # of the widest layer, in float32: so many samples at a time stay in the processor's cache
LEAST_ROWS = 1024  # at a time in recurrent layers, whose steps are short: threads would wait for each other at each


class Model(Graph, abstract=True):
    """A Keras model, computed with numpy; it may stand inside another one, as a layer.

    `layers` are ready to compute, in the order of computation. `input_shape` and `output_shape` are
    without the batch axis, with None for an axis of any length; a model with several inputs or outputs
    has them in the structure, list or dictionary, that Keras gave it.
    """

    def predict(self, x: Any, batch_size: int | None = None, threads: int | None = None, fast: bool = True) -> Any:
        """The model's output for every sample of x, computed in pieces of at most `batch_size` samples.

        x is an array (samples, *input_shape), for a text model a sequence of strings, and for a model
        with several inputs a list or dictionary of these; the result is (samples, *output_shape), or as
        many of these as the model has outputs. The pieces are as small as the processor's cache asks for; an
        x on disk is read piece by piece. Where texts are padded to the longest of their batch, a piece is a
        whole batch, of 256 unless given.

        With `fast` the layers take the ways of `forward.fast`, in `threads` threads (see `forward.fast.spread`);
        without it each piece goes through the plain functions, one after the other, as by `forward`.
        Raises ValueError if x, batch_size or threads does not fit.
        """
        for name, value in {"batch_size": batch_size, "threads": threads}.items():
            if value is not None and (type(value) is bool or not isinstance(value, int | np.integer) or value < 1):
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        fast = fast and fast_ways is not None
        if not fast and threads not in (None, 1):
            raise ValueError(f"threads={threads} needs the fast ways; the plain ones take one piece after the other")
        inputs = self.check(x)
        pieces = [[each[piece] for each in inputs] for piece in self.pieces(inputs, batch_size, fast)]
        try:
            if fast:
                plan = self.plan  # made once, not by each thread
                batches = fast_ways.spread(lambda piece: listed(self.walk(plan, piece)[0]), pieces, threads)
            else:
                batches = [listed(self.walk(self.calls, piece)[0]) for piece in pieces]
        except MemoryError as error:
            size = max(len(piece[0]) for piece in pieces)
            raise ValueError(f"a batch of {size} does not fit into memory; take a smaller batch_size") from error
        return self.join(batches)

    def join(self, batches: list[list[Array]]) -> Any:
        """The outputs of the pieces, end to end, in the model's structure."""
        if len({tuple(y.shape[1:] for y in batch) for batch in batches}) > 1:
            raise ValueError("the outputs differ in length from batch to batch; take a batch_size that holds all of x")
        outputs = map(np.concatenate, zip(*batches, strict=True))
        return fill(self.outputs, dict(zip(self.ends, outputs, strict=True)))

    @cached_property
    def plan(self) -> list[Call]:
        """The calls by the fast ways."""
        return fast_ways.plan(self.calls, self.by_name, self.ends)

    def pieces(self, inputs: list[Array], batch_size: int | None, fast: bool = True) -> list[slice]:
        """How `predict` cuts the samples: into pieces of about the same size, whatever the number of threads."""
        samples = len(inputs[0])
        if self.any_length:
            size = batch_size or 256
            return [slice(start, start + size) for start in range(0, max(1, samples), size)]
        ratio = 1.0  # of the inputs' sizes to those with which the model was built
        if any(None in each.shape for each in self.entrances):
            built = sum(math.prod(each.empty().shape[1:]) for each in self.entrances)
            ratio = sum(math.prod(each.shape[1:]) for each in inputs) / built
        size = max(1, int(PIECE_BYTES / (4 * max(1.0, self.ledger.widest[not fast] * ratio))))
        if self.takes_steps:
            size = max(size, min(LEAST_ROWS, 32 * size))
        count = max(1, -(-samples // min(size, batch_size or size)))
        bounds = [samples * number // count for number in range(count + 1)]
        return [slice(*pair) for pair in pairwise(bounds)]

    def forward(self, x: Any, verbose: bool = False) -> Any:
        """One pass of the whole x at once, by the plain functions; `verbose` prints each layer's output shape."""
        values, masks = self.enter(self.check(x))
        for call, y in self.steps(self.calls, values, masks):
            if verbose:
                shapes = ", ".join(str(each.shape) for each in listed(y))
                print(f"{call.name:<24} {self.by_name[call.name].class_name:<24} {shapes}")
        return fill(self.outputs, values)

    def activations(self, x: Any) -> dict[str, Any]:
        """Every layer's output in such a pass: {layer name: output}, for later calls "name:call"."""
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


def settings_text(layer: Layer) -> str:
    """All settings that are not False; a layer among them by its class and its own settings."""
    given = {key: value for key, value in layer.config.items() if key in layer.sizes | layer.settings}
    inner = {key: each for key in given if isinstance(each := getattr(layer, key), Layer)}
    given |= {key: f"{each.class_name}({settings_text(each)})" for key, each in inner.items()}
    return ", ".join(f"{key}={value}" for key, value in given.items() if value is not False and value is not None)


class Functional(Model):
    """Layers that branch and meet, as the calls in the file say."""


class Sequential(Model):
    """One layer after the other."""

    def read_calls(self, entries: dict[str, SavedLayer]) -> tuple[Any, Any, list[Call]]:
        names = list(entries) or [""]
        calls = [Call(name, 0, [(before, 0, 0)]) for before, name in pairwise(names)]
        return (names[0], 0, 0), (names[-1], 0, 0), calls

    def trace(self, x: list[Array], ledger: Ledger, entries: dict[str, SavedLayer]) -> dict[Key, tuple[int, ...]]:
        shapes = super().trace(x, ledger, entries)
        if several := [name for name, _, number in shapes if number]:
            raise ModelFileError(f"{self}: layer {several[0]!r} has several outputs, which a chain cannot take")
        return shapes
