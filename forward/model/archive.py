"""The reader of model files: a `.keras` zip or folder, or JSON and `.weights.h5` -> plain settings and arrays.

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

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from . import hdf5, limits
from .identify import COPY_AGAIN, KERAS_2, SAVE_AGAIN, identify, identify_parts, is_foreign_hdf5

LAYER_MODULES = ("keras", "keras.layers", "keras.models", "keras.src.models.functional", "keras.src.models.sequential")
OPERATION_MODULES = tuple(f"keras.src.ops.{each}" for each in ("core", "image", "linalg", "math", "nn", "numpy"))
OPERATION_MODULES += ("keras.src.activations.activations",)
CONFIG, WEIGHTS = "config.json", "model.weights.h5"  # the two files of a model
# The start of what an initializer holds, and the steps through it: whole strings, lists of plain values, brackets.
INITIALIZER = re.compile(rb'"\w{1,80}_initializer"\s*:\s*(?=[\[{])')
STEP = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|\[[^][{}"]*+\]|[][{}]', re.DOTALL)
KERAS_VERSION = re.compile(rb'"keras_version":\s*"([12]\.[\w.+-]{1,20})"')  # Keras 3 writes it into metadata.json alone


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
            case {"class_name": str(class_name), "config": {**config}}:
                name = config.get("name", entry.get("name"))
                module, registered = entry.get("module"), entry.get("registered_name")
            case _:
                raise ModelFileError(f"config.json: expected a layer's class_name, config and name, got {brief(entry)}")
        place = f"layer {brief(name)} ({class_name[:80]})" if name else class_name[:80]
        origin = f"module {str(module)[:80]}, registered as {brief(registered)}"
        if registered not in (None, class_name) or not re.match(r"keras(\.|$)", str(module)):
            raise UnsupportedLayerError(
                f"{place} is not one of Keras' own, and the code of a custom class is not in the file ({origin})"
            )
        if module not in LAYER_MODULES + OPERATION_MODULES:
            raise UnsupportedLayerError(f"{place} is not supported ({origin})")
        if not isinstance(config.get("name"), str):
            raise ModelFileError(f"config.json: a {class_name[:80]} must have a name, not {brief(config.get('name'))}")
        if re.search(r"^__|[/\\\0]|^\.+$", name):
            raise ModelFileError(f"config.json: a layer cannot have the name {brief(name)}")
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
    """Read a `.keras` file, such a file unpacked, or a JSON file from `model.to_json()` and its `.weights.h5` file.

    Raises FileNotFoundError, and ModelFileError for a file that is damaged, incomplete or another kind of file.
    """
    if weights is not None:
        parts, way = read_pair(path, weights), "model_from_json(its text), model.load_weights(weights), model"
    else:
        parts, way = read_folder(Path(path)) if Path(path).is_dir() else read_zip(path), "models.load_model(path)"
    zipped = weights is None and not Path(path).is_dir()
    entry = read_config(parts[CONFIG], Path(path).stat().st_size if zipped else sum(map(len, parts.values())))
    if version := KERAS_VERSION.search(parts.get("metadata.json", parts[CONFIG][-1000:])):
        raise ModelFileError(
            f"it was written by Keras {version[1].decode()}, and Keras 3 cannot read such a file either, unless it is "
            f"among the simplest; {KERAS_2.format(f'tf_keras.{way}')}"
        )
    if weights is not None and is_foreign_hdf5(parts[WEIGHTS]):
        raise ModelFileError(f"weights={str(weights)!r}: {identify(weights)}")
    try:
        arrays = hdf5.read(parts[WEIGHTS])
    except ValueError as error:
        raise ModelFileError(f"{WEIGHTS if weights is None else weights}: {error}; {SAVE_AGAIN}") from error
    # Only the layers' own: optimizer and metrics have groups beside them, random generators inside.
    own = {key: array for key, array in arrays.items() if key[:7] == "layers/" and "seed_generator/" not in key}
    return SavedLayer.parse(entry, own, under("assets/", parts))


def read_config(text: bytes, size: int) -> Any:
    """The configuration of a model whose files have `size` bytes, but for what its initializers hold."""
    if len(text) > limits.CONFIG_BYTES:  # an embedding that began with given vectors has them here as text, unneeded
        text = without_initializers(text)
    if len(text) > (most := limits.CONFIG_BYTES + size // limits.CONFIG_SHARE):
        raise ModelFileError(
            f"config.json is too large: over {most:,} bytes without what its initializers hold; a vocabulary stays out "
            "of it if layer.adapt(texts) or layer.set_vocabulary(words) gives it to the layer"
        )
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"config.json is not valid JSON ({error})") from error
    if isinstance(entry, str):
        raise ModelFileError("config.json is a text in JSON; write model.to_json() as it is, without json.dump")
    return entry


def without_initializers(text: bytes) -> bytes:
    """JSON with null in the place of each object or list under a key like "embeddings_initializer"."""
    kept, start, steps = [], 0, 0
    while found := INITIALIZER.search(text, start):
        depth, end = 0, found.end()
        for step in STEP.finditer(text, end):
            steps += 1
            if step[0] in (b"{", b"["):
                depth += 1
            elif step[0] in (b"}", b"]"):
                depth -= 1
            if depth == 0 or steps > limits.INITIALIZER_STEPS:
                end = step.end()
                break
        if depth or end == found.end():  # it has no end, or too many parts
            break
        kept += [text[start : found.end()], b"null"]
        start = end
    return b"".join([*kept, text[start:]])


def read_pair(path: str | Path, weights: str | Path) -> dict[str, bytes]:
    """The parts of a model that was saved as JSON and weights."""
    for each in (path, weights):
        if Path(each).is_dir():
            raise ModelFileError(f"{str(each)!r} is a folder; with weights=, both are files")
    text, data = Path(path).read_bytes(), Path(weights).read_bytes()
    if not text.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith((b"{", b"[", b'"')):
        raise ModelFileError(f"with weights=, the first file is the JSON of model.to_json(), but {identify(path)}")
    return {CONFIG: text, WEIGHTS: data}


def read_folder(folder: Path) -> dict[str, bytes]:
    """The parts of a `.keras` file that was unpacked. Nothing is read from elsewhere, by a link."""
    if missing := [name for name in (CONFIG, WEIGHTS) if not (folder / name).is_file()]:
        names = sorted(each.name for each in folder.iterdir())
        raise ModelFileError(f"it is a folder without {missing[0]}; {identify_parts(names)}")
    files = [folder / name for name in (CONFIG, WEIGHTS, "metadata.json")] + sorted((folder / "assets").rglob("*"))
    files = [each for each in files if each.is_file()]
    for each in files:
        if not each.resolve().is_relative_to(folder.resolve()):
            raise ModelFileError(f"{brief(each.name)} is a link that leads out of the folder")
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}


def read_zip(path: str | Path) -> dict[str, bytes]:
    """Every entry of the zip by its name; zipfile checks each against its CRC."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = Counter(entry.filename for entry in entries)
            most = limits.ZIP_EXPANSION * Path(path).stat().st_size + limits.ZIP_SLACK
            if sum(entry.file_size for entry in entries) > most:
                raise ModelFileError(f"its entries are declared far larger than the file; {SAVE_AGAIN}")
            for name, times in names.items():
                if times > 1 or re.search(r"^[/\\]|:|(^|[/\\])\.\.([/\\]|$)", name):
                    raise ModelFileError(f"the zip entry {brief(name)} is there twice or points elsewhere")
            if missing := [name for name in (CONFIG, WEIGHTS) if name not in names]:
                raise ModelFileError(f"{missing[0]} is missing; {identify_parts(list(names))}")
            if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
                raise ModelFileError(f"its entries are compressed in a way that Keras does not use; {SAVE_AGAIN}")
            return {entry.filename: read_entry(archive, entry) for entry in entries}
    except (OSError, RuntimeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        if getattr(error, "filename", None) is not None:  # an OSError: the file itself cannot be opened
            raise
        what = f"it is damaged ({error}); {COPY_AGAIN}" if zipfile.is_zipfile(path) else identify(path)
        raise ModelFileError(f"not a readable .keras file: {what}") from error


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
    """MaxPooling2D -> max_pooling2d, ConvLSTM2D -> conv_lstm2d: Keras' way of naming groups."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def brief(value: Any) -> str:
    """A value from a file, short enough for a message."""
    return reprlib.repr(value)
