"""The reader of `.keras` files: a zip of configuration, weights and assets -> plain settings and arrays.

Nothing in a file is executed, and nothing but the file is read.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import ModelFileError, UnsupportedLayerError


@dataclass(frozen=True)
class SavedLayer:
    """One layer as the file has it; `weights` and `assets` are keyed by their path inside its group."""

    class_name: str
    name: str
    config: dict[str, Any]
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    assets: dict[str, bytes] = field(default_factory=dict)

    def child(self, key: str, group: str) -> SavedLayer:
        """The layer that stands inside this one under `key`, with the weights of `group`."""
        class_name, name, config = parse_layer(self.config.get(key))
        prefix = f"{group}/"
        weights = {path.removeprefix(prefix): array for path, array in self.weights.items() if path.startswith(prefix)}
        return SavedLayer(class_name, name, config, weights)


@dataclass(frozen=True)
class SavedModel:
    """A Sequential model as the file has it."""

    name: str
    layers: list[SavedLayer]


def read(path: str | Path) -> SavedModel:
    """Read a `.keras` file that holds a Sequential model.

    Raises FileNotFoundError, ModelFileError for a file that is damaged or incomplete, and
    UnsupportedLayerError for other kinds of model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if getattr(error, "filename", None) is not None:  # an OSError: the file itself cannot be opened
            raise
        raise ModelFileError(
            f"not a readable .keras file ({error}); save it again with model.save('name.keras')"
        ) from error
    for name in ("config.json", "model.weights.h5"):
        if name not in parts:
            raise ModelFileError(f"{name} is missing; save it again with model.save('name.keras')")
    model = _parse_config(parts["config.json"])
    weights = _read_weights(parts["model.weights.h5"])
    assets = {name.removeprefix("assets/"): data for name, data in parts.items() if name.startswith("assets/")}
    return _join(model, weights, assets)


def parse_layer(entry: Any) -> tuple[str, str, dict[str, Any]]:
    """Check a serialized Keras object: class name, layer name and settings."""
    match entry:
        case {"class_name": str(class_name), "config": {"name": str(name), **_other}}:
            config = entry["config"]
        case _:
            raise ModelFileError(
                f"config.json: expected a layer with class_name, config and name, got {str(entry)[:80]}"
            )
    module, registered = entry.get("module"), entry.get("registered_name")
    if not str(module).startswith("keras") or registered not in (None, class_name):
        raise UnsupportedLayerError(
            f"layer {name!r} ({class_name}) is not one of Keras' own: module {module!r}, registered as {registered!r}"
        )
    return class_name, name, config


def _parse_config(data: bytes) -> tuple[str, list[tuple[str, str, dict[str, Any]]]]:
    """config.json -> the model's name and its layers."""
    try:
        entry = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"config.json is not valid JSON ({error})") from error
    class_name, name, config = parse_layer(entry)
    if class_name != "Sequential":
        raise UnsupportedLayerError(f"model {name!r} ({class_name}): only Sequential models are supported")
    layers = config.get("layers")
    if not isinstance(layers, list):
        raise ModelFileError("config.json: the model has no list of layers")
    return name, [parse_layer(layer) for layer in layers]


def _read_weights(data: bytes) -> dict[str, np.ndarray]:
    """model.weights.h5 -> every dataset by its path."""
    arrays: dict[str, np.ndarray] = {}

    def collect(path: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise ModelFileError(f"model.weights.h5: {path} keeps its values in another file, which is never read")
            arrays[path] = item[()]

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            file.visititems(collect)
    except (OSError, RuntimeError) as error:
        raise ModelFileError(f"model.weights.h5 cannot be read ({error})") from error
    return arrays


def _join(model: tuple[str, list], weights: dict[str, np.ndarray], assets: dict[str, bytes]) -> SavedModel:
    """Hand each layer its weights and assets.

    Keras names a layer's group by its class and position: conv2d, conv2d_1, ... Every array must
    find its layer.
    """
    name, entries = model
    seen: Counter[str] = Counter()
    layers = []
    for class_name, layer_name, config in entries:
        group = _snake_case(class_name)
        number, seen[group] = seen[group], seen[group] + 1
        prefix = f"layers/{group}_{number}/" if number else f"layers/{group}/"
        mine = [path for path in weights if path.startswith(prefix)]
        own = {path.removeprefix(prefix): weights.pop(path) for path in mine}
        files = {path.removeprefix(prefix): data for path, data in assets.items() if path.startswith(prefix)}
        layers.append(SavedLayer(class_name, layer_name, config, own, files))
    if weights:
        raise ModelFileError(f"model.weights.h5 has weights of no layer in config.json: {', '.join(sorted(weights))}")
    return SavedModel(name, layers)


def _snake_case(class_name: str) -> str:
    """MaxPooling2D -> max_pooling2d, SimpleRNN -> simple_rnn: Keras' way of naming groups."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
