"""A model as its user sees it: mini-batches, and a look inside."""

from pathlib import Path
from typing import Any

import numpy as np

from . import keras_file
from .activations import Array
from .errors import ModelFileError
from .layers.graph import Graph, flatten, pack
from .layers.recurrent import listed
from .layers.table import build


def load_model(path: str | Path, weights: str | Path | None = None) -> "Model":
    """Load a Sequential or Functional model from a `.keras` file, or from JSON (`model.to_json()`) and `.weights.h5`.

    Raises FileNotFoundError, ModelFileError for a file that is damaged, inconsistent or dangerous, and
    UnsupportedLayerError, which is one, for a layer or an option that this package does not compute.
    """
    try:
        root = build(keras_file.read(path, weights), None)
        if not isinstance(root, Graph):
            raise ModelFileError(f"{root} is no model")
        return Model(root)
    except ModelFileError as error:
        raise type(error)(f"{path}: {error}") from error
    except RecursionError as error:
        raise ModelFileError(f"{path}: its parts are nested too deeply") from error


class Model:
    """A Keras model, computed with numpy.

    `layers` are ready to compute, in the order of computation. `input_shape` and `output_shape` are
    without the batch axis, with None for an axis of any length; a model with several inputs or outputs
    has them in the structure, list or dictionary, that Keras gave it.
    """

    def __init__(self, graph: Graph):
        self.graph, self.name, self.parameters = graph, graph.name, graph.parameters
        self.inputs = {key: graph.layers[key[0]] for key in flatten(graph.inputs)}
        self.layers = [layer for layer in graph.layers.values() if layer not in self.inputs.values()]
        longer = graph.trace(graph.empty(factor=2), {})  # an axis that grows with the input's has any length
        self.shapes = {key: layer.shape for key, layer in self.inputs.items()}
        for key, shape in graph.shapes.items():
            self.shapes[key] = tuple(a if a == b else None for a, b in zip(shape, longer[key], strict=True))
        self.input_shape, self.output_shape = pack(graph.inputs, self.shapes), pack(graph.outputs, self.shapes)

    def predict(self, x: Any, batch_size: int = 256) -> Any:
        """The model's output for every sample of x, computed `batch_size` samples at a time.

        x is an array (samples, *input_shape), for a text model a sequence of strings, and for a model
        with several inputs a list or dictionary of these; the result is (samples, *output_shape), or as
        many of these as the model has outputs. Raises ValueError if x or batch_size does not fit.
        """
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"batch_size must be a whole number of at least 1, not {batch_size!r}")
        inputs = self._check_inputs(x)
        starts = range(0, max(1, len(inputs[0])), batch_size)
        batches = [listed(self.graph([each[start : start + batch_size] for each in inputs])) for start in starts]
        if len({tuple(y.shape[1:] for y in batch) for batch in batches}) > 1:
            raise ValueError("the outputs differ in length from batch to batch; take a batch_size that holds all of x")
        outputs = map(np.concatenate, zip(*batches, strict=True))
        return pack(self.graph.outputs, dict(zip(flatten(self.graph.outputs), outputs, strict=True)))

    def forward(self, x: Any, verbose: bool = False) -> Any:
        """One pass of the whole x at once; `verbose` prints each layer's name, class and output shape."""
        values, masks = self.graph.enter(self._check_inputs(x))
        for call, y in self.graph.steps(values, masks):
            if verbose:
                shapes = ", ".join(str(each.shape) for each in listed(y))
                print(f"{call.name:<24} {self.graph.layers[call.name].class_name:<24} {shapes}")
        return pack(self.graph.outputs, values)

    def activations(self, x: Any) -> dict[str, Any]:
        """Every layer's output in one pass of the whole x: {layer name: output}, for later calls "name:call"."""
        steps = self.graph.steps(*self.graph.enter(self._check_inputs(x)))
        return {f"{call.name}:{call.index}" if call.index else call.name: y for call, y in steps}

    def summary(self) -> str:
        """The layers as text: name, class, output shape, parameters, and all settings that are not False."""
        rows = [("layer", "class", "output shape", "parameters", "settings")]
        for key, shape in self.shapes.items():
            layer = self.graph.layers[key[0]]
            given = {option: layer.settings[option] for option in layer.options if key not in self.inputs}
            settings = ", ".join(f"{option}={value}" for option, value in given.items() if value not in (False, None))
            rows.append((layer.name, layer.class_name, str((None, *shape)), f"{layer.parameters:,}", settings))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in rows]
        return "\n".join([f"{self.name}: {self.parameters:,} parameters", *lines])

    def _check_inputs(self, x: Any) -> list[Array]:
        """The inputs in the order of the model's own, each checked, all of the same number of samples."""
        structure = self.graph.inputs
        names = sorted(structure) if isinstance(structure, dict) else [layer.name for layer in self.inputs.values()]
        if isinstance(x, dict) and x.keys() == set(names):
            x = [x[name] for name in names]
        elif len(names) == 1 and not isinstance(x, dict):
            x = [x]
        if not isinstance(x, list | tuple) or len(x) != len(names):
            raise ValueError(f"model {self.name!r} takes {len(names)} inputs, as a list or by name: {', '.join(names)}")
        inputs = [layer.check(each) for layer, each in zip(self.inputs.values(), x, strict=True)]
        if len(lengths := {len(each) for each in inputs}) > 1:
            raise ValueError(f"the inputs have different numbers of samples: {sorted(lengths)}")
        return inputs
