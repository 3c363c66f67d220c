"""A model: layers one after the other, mini-batches, and a look inside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import keras_file
from .errors import ModelFileError, UnsupportedLayerError
from .layers.base import Layer, Mask, Shape
from .layers.table import LAYERS

INPUT_KINDS = {"float32": "iufb", "float64": "iufb", "int32": "iuf", "int64": "iuf", "string": "UOT"}


def load_model(path: str | Path) -> Model:
    """Load a Sequential model from a `.keras` file.

    Raises FileNotFoundError, ModelFileError for a file that is damaged or inconsistent, and
    UnsupportedLayerError for a layer or an option that this package does not compute.
    """
    try:
        saved = keras_file.read(path)
        return Model(saved.name, saved.layers)
    except (ModelFileError, UnsupportedLayerError) as error:
        raise type(error)(f"{path}: {error}") from error


class Model:
    """A Sequential Keras model, computed with numpy.

    `layers` are ready to compute; `input_shape` is without the batch axis, None for an axis of any
    length; `dtype` is what Keras' Input declares.
    """

    def __init__(self, name: str, saved: list[keras_file.SavedLayer]):
        if not saved or saved[0].class_name != "InputLayer":
            raise ModelFileError(
                "the model does not begin with an InputLayer; build it with keras.Input before you save it"
            )
        self.name = name
        self.input_shape, self.dtype = _parse_input(saved[0].config)
        self.layers: list[Layer] = []
        shape = self.input_shape
        for each in saved[1:]:
            if each.class_name not in LAYERS:
                raise UnsupportedLayerError(
                    f"layer {each.name!r} ({each.class_name}) is not supported; supported: {', '.join(LAYERS)}"
                )
            layer = LAYERS[each.class_name](each, shape)
            self.layers.append(layer)
            shape = layer.output_shape
        self.output_shape = shape

    def predict(self, x: Any, batch_size: int = 256) -> np.ndarray:
        """The model's output for every sample of x, computed `batch_size` samples at a time.

        x is an array (samples, *input_shape), or for a text model a sequence of strings; the result
        is (samples, *output_shape). Raises ValueError if x or batch_size does not fit.
        """
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"batch_size must be a whole number of at least 1, not {batch_size!r}")
        x = self._check_input(x)
        batches = [x[start : start + batch_size] for start in range(0, len(x), batch_size)] or [x]
        return np.concatenate([self._run(batch) for batch in batches])

    def forward(self, x: Any, verbose: bool = False) -> np.ndarray:
        """One pass of the whole x at once; `verbose` prints each layer's name, class and output shape."""
        return self._run(self._check_input(x), verbose)

    def activations(self, x: Any) -> dict[str, np.ndarray]:
        """Every layer's output in one pass of the whole x: {layer name: output}."""
        return {layer.name: y for layer, y in self._steps(self._check_input(x))}

    def summary(self) -> str:
        """The layers as text: name, class, output shape, parameters, and all settings that are not False."""
        rows = [("layer", "class", "output shape", "parameters", "settings")]
        for layer in self.layers:
            settings = ", ".join(f"{key}={value}" for key, value in layer.settings.items() if value is not False)
            shape = str((None, *layer.output_shape))
            rows.append((layer.name, layer.class_name, shape, f"{layer.parameters:,}", settings))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
            for row in rows
        ]
        title = f"{self.name}: input {(None, *self.input_shape)} {self.dtype}, {self.parameters:,} parameters"
        return "\n".join([title, *lines])

    @property
    def parameters(self) -> int:
        """How many numbers the weights of all layers hold."""
        return sum(layer.parameters for layer in self.layers)

    def _run(self, x: np.ndarray, verbose: bool = False) -> np.ndarray:
        """The last layer's output for one batch."""
        y = x
        for layer, y in self._steps(x):
            if verbose:
                print(f"{layer.name:<24} {layer.class_name:<24} {y.shape}")
        return y

    def _steps(self, x: np.ndarray) -> Iterator[tuple[Layer, np.ndarray]]:
        """Walk a batch through the layers; the mask goes along."""
        mask: Mask = None
        for layer in self.layers:
            if layer.casts_input:
                x = x.astype(layer.dtype, copy=False)
            x, mask = layer(x, mask)
            yield layer, x

    def _check_input(self, x: Any) -> np.ndarray:
        """x as an array of the declared type and shape, or a ValueError that says what was expected."""
        expected = f"model {self.name!r} takes {self.dtype} input of shape {('samples', *self.input_shape)}"
        try:
            array = np.asarray(x, dtype=object) if self.dtype == "string" else np.asarray(x)
        except ValueError as error:
            raise ValueError(f"{expected}, but got rows of different lengths") from error
        if array.dtype.kind not in INPUT_KINDS[self.dtype]:
            raise ValueError(f"{expected}, but got {array.dtype}")
        if self.dtype == "string":
            return self._check_strings(array, expected)
        fits = array.ndim == len(self.input_shape) + 1 and all(
            wanted in (None, found) for wanted, found in zip(self.input_shape, array.shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(f"{expected}, but got shape {array.shape}")
        if not self.dtype.startswith("int"):
            return array.astype(self.dtype, copy=False)
        if not np.array_equal(array, np.trunc(array)):
            raise ValueError(f"{expected}, but got fractions")
        return array.astype(np.int64, copy=False)  # not int32, in which a large number would become another

    def _check_strings(self, array: np.ndarray, expected: str) -> np.ndarray:
        """Strings may come as (samples,) or as (samples, 1)."""
        if array.ndim == 0 or array.size != len(array):
            raise ValueError(f"{expected}, a list of strings, but got shape {array.shape}")
        for number, text in enumerate(array.reshape(-1)):
            if not isinstance(text, str):
                raise ValueError(f"{expected}, but entry {number} is {type(text).__name__}: {text!r}")
        return array.reshape(-1)


def _parse_input(config: dict[str, Any]) -> tuple[Shape, str]:
    """The InputLayer's shape without the batch axis, and its type."""
    batch_shape, dtype = config.get("batch_shape"), config.get("dtype")
    if not isinstance(batch_shape, list) or not all(n is None or (type(n) is int and n > 0) for n in batch_shape[1:]):
        raise ModelFileError(f"the InputLayer's batch_shape is {batch_shape!r}; expected the sizes of each axis")
    if dtype not in INPUT_KINDS:
        raise UnsupportedLayerError(f"input of type {dtype!r} is not supported; supported: {', '.join(INPUT_KINDS)}")
    return tuple(batch_shape[1:]), dtype
