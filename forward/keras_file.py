"""The reader of model files: a `.keras` zip, or JSON and `.weights.h5` -> plain settings and arrays.

Nothing in a file is executed, and nothing but the file is read. Every size that a file declares is
held against the size of the file before anything of that size is made.
"""

from __future__ import annotations

import json
import re
import reprlib
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import hdf5
from .activations import Array
from .errors import ModelFileError, UnsupportedLayerError

CONFIG_BYTES = 2 * 2**20  # some 150,000 words of vocabulary; as Python objects up to 25 times as much
ZIP_EXPANSION, ZIP_SLACK = 8, 2**20  # Keras does not compress; a file that was zipped again stays within this
LAYER_MODULES = ("keras", "keras.layers", "keras.models", "keras.src.models.functional", "keras.src.models.sequential")
OPERATION_MODULES = ("keras.src.ops.numpy", "keras.src.ops.core")
SAVE_AGAIN = "save it again with model.save('name.keras')"


@dataclass(frozen=True)
class SavedLayer:
    """One layer as the file has it; `weights` and `assets` are keyed by their path inside its group.

    `inbound_nodes` says where the layer stands in a graph: one entry for each time it is called.
    """

    class_name: str
    name: str
    config: dict[str, Any]
    weights: dict[str, Array]
    assets: dict[str, bytes]
    inbound_nodes: Any = None

    @classmethod
    def parse(cls, entry: Any, weights: dict[str, Array], assets: dict[str, bytes]) -> SavedLayer:
        """Check what is serialized as a Keras object. Only the modules of Keras' own layers pass.

        An operation such as those that Keras writes for masks gets the class name "ops.<its own>".
        """
        match entry:
            case {"class_name": str(class_name), "config": {"name": str(name), **_other}}:
                module, registered = entry.get("module"), entry.get("registered_name")
            case _:
                raise ModelFileError(f"config.json: expected a layer's class_name, config and name, got {brief(entry)}")
        if re.search(r"^__|[/\\\0]|\.\.", name):
            raise ModelFileError(f"config.json: a layer cannot have the name {brief(name)}")
        if registered not in (None, class_name) or module not in LAYER_MODULES + OPERATION_MODULES:
            origin = f"module {brief(module)}, registered as {brief(registered)}"
            raise UnsupportedLayerError(f"layer {brief(name)} ({class_name[:80]}) is not one of Keras' own: {origin}")
        full_name = f"ops.{class_name}" if module in OPERATION_MODULES else class_name
        return cls(full_name, name, entry["config"], weights, assets, entry.get("inbound_nodes"))

    def child(self, key: str, group: str) -> SavedLayer:
        """The layer that stands inside this one under the setting `key`, with the weights of `group`."""
        return self.parse(self.config.get(key), under(f"{group}/", self.weights), under(f"{group}/", self.assets))

    def layers(self) -> list[SavedLayer]:
        """The layers of a model. Keras names a layer's group by its class and position: conv2d, conv2d_1, ..."""
        if not isinstance(entries := self.config.get("layers"), list):
            raise ModelFileError(f"model {self.name!r} has no list of layers")
        weights, assets = by_group(self.weights), by_group(self.assets)
        seen: Counter[str] = Counter()
        layers = []
        for entry in entries:
            name = snake_case(self.parse(entry, {}, {}).class_name)
            group = f"{name}_{seen[name]}" if seen[name] else name
            seen[name] += 1
            layers.append(self.parse(entry, weights.pop(group, {}), assets.pop(group, {})))
        if weights:
            raise ModelFileError(f"model {self.name!r}: the file has weights of no layer: {', '.join(sorted(weights))}")
        return layers


def read(path: str | Path, weights: str | Path | None = None) -> SavedLayer:
    """Read a `.keras` file, or a JSON file from `model.to_json()` and its `.weights.h5` file.

    Raises FileNotFoundError, and ModelFileError for a file that is damaged or incomplete.
    """
    if weights is None:
        parts = read_zip(path)
    else:
        parts = {"config.json": Path(path).read_bytes(), "model.weights.h5": Path(weights).read_bytes()}
    if missing := [name for name in ("config.json", "model.weights.h5") if name not in parts]:
        raise ModelFileError(f"{missing[0]} is missing; {SAVE_AGAIN}")
    if len(parts["config.json"]) > CONFIG_BYTES:
        raise ModelFileError(f"config.json is too large: over {CONFIG_BYTES:,} bytes")
    try:
        entry = json.loads(parts["config.json"])
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"config.json is not valid JSON ({error})") from error
    try:
        arrays = hdf5.read(parts["model.weights.h5"])
    except ValueError as error:
        raise ModelFileError(f"model.weights.h5: {error}; {SAVE_AGAIN}") from error
    # Only the layers' own: optimizer and metrics have groups beside them, random generators inside.
    own = {key: array for key, array in arrays.items() if key[:7] == "layers/" and "seed_generator/" not in key}
    return SavedLayer.parse(entry, own, under("assets/", parts))


def read_zip(path: str | Path) -> dict[str, bytes]:
    """Every entry of the zip by its name; zipfile checks each against its CRC."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > ZIP_EXPANSION * Path(path).stat().st_size + ZIP_SLACK:
                raise ModelFileError(f"its entries are declared far larger than the file; {SAVE_AGAIN}")
            for name, times in Counter(entry.filename for entry in entries).items():
                if times > 1 or re.search(r"^[/\\]|:|(^|[/\\])\.\.([/\\]|$)", name):
                    raise ModelFileError(f"the zip entry {brief(name)} is there twice or points elsewhere")
            if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
                raise ModelFileError(f"its entries are compressed in a way that Keras does not use; {SAVE_AGAIN}")
            return {entry.filename: read_entry(archive, entry) for entry in entries}
    except (OSError, RuntimeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        if getattr(error, "filename", None) is not None:  # an OSError: the file itself cannot be opened
            raise
        advice = SAVE_AGAIN
        if Path(path).read_bytes().startswith(hdf5.SIGNATURE):
            advice = "a legacy HDF5 model is converted by keras.models.load_model(path).save('name.keras')"
        raise ModelFileError(f"not a readable .keras file ({error}); {advice}") from error


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One entry; nothing beyond its declared size is unpacked, unlike by `archive.read`."""
    with archive.open(entry) as part:
        return part.read(entry.file_size + 1)


def under(prefix: str, parts: dict[str, Any]) -> dict[str, Any]:
    """The entries whose path begins with `prefix`, without it."""
    return {path.removeprefix(prefix): part for path, part in parts.items() if path.startswith(prefix)}


def by_group(parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries "layers/<group>/<rest>", sorted by group."""
    groups: dict[str, dict[str, Any]] = {}
    for path, part in under("layers/", parts).items():
        group, _, rest = path.partition("/")
        groups.setdefault(group, {})[rest] = part
    return groups


def snake_case(class_name: str) -> str:
    """MaxPooling2D -> max_pooling2d, SimpleRNN -> simple_rnn: Keras' way of naming groups."""
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def brief(value: Any) -> str:
    """A value from a file, short enough for a message."""
    return reprlib.repr(value)
