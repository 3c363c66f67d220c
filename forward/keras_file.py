"""The reader of model files: a `.keras` zip, or JSON and `.weights.h5` -> plain settings and arrays.

Nothing in a file is executed, and nothing but the file is read. Every size that a file declares is
held against the size of the file before anything of that size is made.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import hdf5
from .errors import ModelFileError, UnsupportedLayerError

CONFIG_BYTES = 4 * 2**20  # a vocabulary of some 300,000 words; as Python objects some 25 times as much
ZIP_EXPANSION, ZIP_SLACK = 8, 2**20  # Keras does not compress; a file that was zipped again stays within this
LAYER_MODULES = {"keras", "keras.layers", "keras.models", "keras.src.models.functional", "keras.src.models.sequential"}
OPERATION_MODULE = "keras.src.ops.numpy"
SAVE_AGAIN = "save it again with model.save('name.keras')"


@dataclass(frozen=True)
class SavedLayer:
    """One layer as the file has it; `weights` and `assets` are keyed by their path inside its group.

    `inbound_nodes` says where the layer stands in a graph: one entry for each time it is called.
    """

    class_name: str
    name: str
    config: dict[str, Any]
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    assets: dict[str, bytes] = field(default_factory=dict)
    inbound_nodes: Any = None

    def child(self, entry: Any, group: str) -> SavedLayer:
        """The layer that `entry` describes and that stands inside this one, with the weights of `group`."""
        return _saved_layer(entry, _under(f"{group}/", self.weights), _under(f"{group}/", self.assets))

    def layers(self) -> list[SavedLayer]:
        """The layers of a model. Keras names a layer's group by its class and position: conv2d, conv2d_1, ..."""
        entries = self.config.get("layers")
        if not isinstance(entries, list):
            raise ModelFileError(f"model {self.name!r} has no list of layers")
        weights, assets = _by_group(self.weights), _by_group(self.assets)
        seen: Counter[str] = Counter()
        layers = []
        for entry in entries:
            name = _snake_case(parse_layer(entry)[0])
            group = f"{name}_{seen[name]}" if seen[name] else name
            seen[name] += 1
            layers.append(_saved_layer(entry, weights.pop(group, {}), assets.pop(group, {})))
        if weights:
            raise ModelFileError(f"model {self.name!r}: the file has weights of no layer: {', '.join(sorted(weights))}")
        return layers


def read(path: str | Path, weights: str | Path | None = None) -> SavedLayer:
    """Read a `.keras` file, or a JSON file from `model.to_json()` and its `.weights.h5` file.

    Raises FileNotFoundError, and ModelFileError for a file that is damaged or incomplete.
    """
    if weights is None:
        parts = _read_zip(path)
    else:
        parts = {"config.json": _read_file(path), "model.weights.h5": _read_file(weights)}
    for name in ("config.json", "model.weights.h5"):
        if name not in parts:
            raise ModelFileError(f"{name} is missing; {SAVE_AGAIN}")
    arrays = _read_weights(parts["model.weights.h5"])
    return _saved_layer(_parse_json(parts["config.json"]), arrays, _under("assets/", parts))


def parse_layer(entry: Any) -> tuple[str, str, dict[str, Any]]:
    """Check a serialized Keras object: class name, layer name and settings.

    Only the modules of Keras' own layers pass. An operation such as those that Keras writes for
    masks comes back as "ops.<class name>".
    """
    match entry:
        case {"class_name": str(class_name), "config": {"name": str(name), **_other}}:
            config = entry["config"]
        case _:
            raise ModelFileError(
                f"config.json: expected a layer with class_name, config and name, got {str(entry)[:80]}"
            )
    if re.search(r"^__|[/\\\0]|\.\.", name):
        raise ModelFileError(f"config.json: a layer cannot have the name {name[:80]!r}")
    module, registered = entry.get("module"), entry.get("registered_name")
    if registered in (None, class_name) and module == OPERATION_MODULE:
        return f"ops.{class_name}", name, config
    if registered not in (None, class_name) or not isinstance(module, str) or module not in LAYER_MODULES:
        raise UnsupportedLayerError(
            f"layer {name!r} ({class_name}) is not one of Keras' own: module {module!r}, registered as {registered!r}"
        )
    return class_name, name, config


def _saved_layer(entry: Any, weights: dict[str, np.ndarray], assets: dict[str, bytes]) -> SavedLayer:
    return SavedLayer(*parse_layer(entry), weights, assets, entry.get("inbound_nodes"))


def _read_file(path: str | Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _read_zip(path: str | Path) -> dict[str, bytes]:
    """Every entry of the zip by its name; zipfile checks each against its CRC."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(entries, Path(path).stat().st_size)
            return {entry.filename: archive.read(entry) for entry in entries}
    except (OSError, RuntimeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        if getattr(error, "filename", None) is not None:  # an OSError: the file itself cannot be opened
            raise
        if _read_file(path).startswith(hdf5.SIGNATURE):
            raise ModelFileError(
                "a model in the legacy HDF5 format; convert it where Keras is installed: "
                f"keras.models.load_model({str(path)!r}).save('model.keras')"
            ) from error
        raise ModelFileError(f"not a readable .keras file ({error}); {SAVE_AGAIN}") from error


def _check_entries(entries: list[zipfile.ZipInfo], file_size: int) -> None:
    """Refuse a zip that would grow out of proportion, hides an entry behind another, or points out of its folder."""
    if sum(entry.file_size for entry in entries) > ZIP_EXPANSION * file_size + ZIP_SLACK:
        raise ModelFileError(f"its entries are declared far larger than the file; {SAVE_AGAIN}")
    names = Counter(entry.filename for entry in entries)
    for name, times in names.items():
        if times > 1 or name.startswith(("/", "\\")) or ":" in name or ".." in re.split(r"[/\\]", name):
            raise ModelFileError(f"the zip entry {name[:80]!r} is there twice or points out of the file; {SAVE_AGAIN}")


def _parse_json(data: bytes) -> Any:
    if len(data) > CONFIG_BYTES:
        raise ModelFileError(f"config.json has {len(data):,} bytes; a configuration has at most {CONFIG_BYTES:,}")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"config.json is not valid JSON ({error})") from error


def _read_weights(data: bytes) -> dict[str, np.ndarray]:
    """model.weights.h5 -> the layers' arrays by their path, without optimizer, metrics and random generators."""
    try:
        arrays = hdf5.read(data)
    except ModelFileError as error:
        raise ModelFileError(f"model.weights.h5: {error}; {SAVE_AGAIN}") from error
    return {path: array for path, array in arrays.items() if path[:7] == "layers/" and "seed_generator/" not in path}


def _under(prefix: str, parts: dict[str, Any]) -> dict[str, Any]:
    """The entries whose path begins with `prefix`, without it."""
    return {path.removeprefix(prefix): part for path, part in parts.items() if path.startswith(prefix)}


def _by_group(parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Sort the entries "layers/<group>/<rest>" by group."""
    groups: dict[str, dict[str, Any]] = {}
    for path, part in _under("layers/", parts).items():
        group, _, rest = path.partition("/")
        groups.setdefault(group, {})[rest] = part
    return groups


def _snake_case(class_name: str) -> str:
    """MaxPooling2D -> max_pooling2d, SimpleRNN -> simple_rnn: Keras' way of naming groups."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
