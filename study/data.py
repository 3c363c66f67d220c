"""The data sets: real ones from a folder or from their official homes, or the built-in sample."""

from __future__ import annotations

import hashlib
import sys
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import download, sample
from .errors import DataError, UnreachableError
from .files import folder, sha256
from .variants import SOURCES, find

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR10_ROWS = {"train": 50_000, "test": 10_000}
CIFAR10_FIRST = {  # what is published of the official files: their first ten labels, and their first pixel
    "train": ((6, 9, 9, 4, 1, 1, 2, 7, 8, 3), (59, 62, 63)),
    "test": ((3, 8, 8, 0, 6, 6, 1, 6, 3, 1), (158, 112, 49)),
}
NUSAX_ROWS = {"train": 500, "valid": 100, "test": 400}
NUSAX_CLASSES = ("negative", "neutral", "positive")
REAL_TITLES = {"cifar10": "CIFAR-10", "nusax": "NusaX-Senti"}
FILES = {"cifar10": "cifar10.npz", "nusax": "nusax/train.csv, valid.csv and test.csv"}

NOT_OFFICIAL, NOT_CHECKED = "not the official files", "as the official files, not checked"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Dataset:
    """One data set, split: x are images (n, 32, 32, 3) float32 in 0..1 or texts (n,) object; y are class numbers.

    `doubt` says what keeps real data from being known as the official files, empty if nothing does.
    """

    name: str
    plain_title: str
    classes: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    checksum: str
    is_sample: bool = False
    doubt: str = ""

    @property
    def title(self) -> str:
        """What the data is called, wherever it is named: with the doubt, if there is one."""
        return f"{self.plain_title} ({self.doubt})" if self.doubt else self.plain_title

    @property
    def source(self) -> str:
        """What every result row carries."""
        return f"{self.title} sha256:{self.checksum}"

    @property
    def notice(self) -> str:
        """What every figure and page says when the data is not the real one, else empty."""
        return f"sample data, not {REAL_TITLES[self.name]}" if self.is_sample else ""


def load(name: str, data_dir: str | Path = "data", source: str = "auto") -> Dataset:
    """Load "cifar10" or "nusax".

    `source`: "real" reads `data_dir`, after a download if need be, and raises DataError if that fails;
    "sample" takes the built-in sample; "auto" tries the real data and falls back to the sample.
    """
    find(REAL_TITLES, name, "data set")
    if choose_source([name], data_dir, source) == "sample":
        return _sample_images() if name == "cifar10" else _sample_texts()
    return read_cifar10(folder(data_dir)) if name == "cifar10" else read_nusax(folder(data_dir))


def choose_source(names: Iterable[str], data_dir: str | Path = "data", source: str = "auto") -> str:
    """Decide once for several data sets: "real" if all of them are there or can be fetched, else "sample".

    Only a data set that is absent and whose home cannot be reached leads to the sample. One that is
    damaged, here or on its way, is an error, whatever the source.
    """
    if source not in SOURCES:
        raise ValueError(f"source {source!r} is not known; choose one of {', '.join(SOURCES)}")
    if source == "sample":
        return "sample"
    for name in dict.fromkeys(names):
        try:
            download.fetch(name, data_dir)
        except UnreachableError as error:
            if source == "real":
                raise UnreachableError(f"{error}\n{_ways_out(name, data_dir)}") from error
            print(_fallback_message(name, data_dir, error), file=sys.stderr, flush=True)
            return "sample"
    return "real"


def read_cifar10(data_dir: Path) -> Dataset:
    """`data_dir`/cifar10.npz as a Dataset; its training images split 4:1, stratified and seeded.

    Sound arrays are taken wherever they come from, also labels (n, 1) and other types of number, as long as
    nothing changes its value; `doubt` says whether they are the official ones.
    """
    from sklearn.model_selection import train_test_split

    path = data_dir / "cifar10.npz"
    arrays, made_from = _read_npz(path)
    for split, rows in CIFAR10_ROWS.items():
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y  # as keras.datasets gives them
        arrays[f"x_{split}"] = _bytes(path, f"x_{split}", x, (rows, 32, 32, 3), 255)
        arrays[f"y_{split}"] = _bytes(path, f"y_{split}", y, (rows,), len(CIFAR10_CLASSES) - 1)
    labels = arrays["y_train"].astype(np.int64)
    train, val = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)
    return Dataset(
        name="cifar10",
        plain_title=REAL_TITLES["cifar10"],
        classes=CIFAR10_CLASSES,
        x_train=_scaled(arrays["x_train"][train]),
        y_train=labels[train],
        x_val=_scaled(arrays["x_train"][val]),
        y_val=labels[val],
        x_test=_scaled(arrays["x_test"]),
        y_test=arrays["y_test"].astype(np.int64),
        checksum=sha256(path),
        doubt=_doubt(arrays, made_from),
    )


def _doubt(arrays: dict[str, np.ndarray], made_from: str) -> str:
    """What keeps the images from being known as the official ones, empty if nothing does.

    `made_from` is the checksum of the archive that they were unpacked from, as `download.fetch` notes it in the
    file. It is a note, no proof: whoever changes the arrays can leave it there.
    """
    for split, (labels, pixel) in CIFAR10_FIRST.items():
        first = arrays[f"y_{split}"][: len(labels)].tolist(), arrays[f"x_{split}"][0, 0, 0].tolist()
        if first != (list(labels), list(pixel)):
            return NOT_OFFICIAL
    return "" if made_from == download.CIFAR10_SHA256 else NOT_CHECKED


def read_nusax(data_dir: Path) -> Dataset:
    """`data_dir`/nusax/{train,valid,test}.csv as a Dataset.

    Files that are sound but not the official ones, byte for byte, are taken and named so.
    """
    paths = {split: data_dir / "nusax" / f"{split}.csv" for split in NUSAX_ROWS}
    tables = {split: _read_csv(path, NUSAX_ROWS[split]) for split, path in paths.items()}
    _check_distinct(paths, {split: texts for split, (texts, _) in tables.items()})
    official = all(sha256(path) == download.NUSAX_SHA256[split] for split, path in paths.items())
    return _texts(
        tables["train"],
        tables["valid"],
        tables["test"],
        plain_title=REAL_TITLES["nusax"],
        checksum=sha256(*paths.values()),
        doubt="" if official else NOT_OFFICIAL,
    )


def _sample_images() -> Dataset:
    splits = sample.digits()
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = splits.values()
    return Dataset(
        name="cifar10",
        plain_title="scikit-learn digits",
        classes=tuple("0123456789"),
        x_train=_scaled(x_train),
        y_train=y_train,
        x_val=_scaled(x_val),
        y_val=y_val,
        x_test=_scaled(x_test),
        y_test=y_test,
        checksum=digest(x_train, y_train, x_val, y_val, x_test, y_test),
        is_sample=True,
    )


def _sample_texts() -> Dataset:
    splits = list(sample.sentences().values())
    checksum = digest(*(np.array(part, dtype=object) for split in splits for part in split))
    return _texts(*splits, plain_title="built-in Indonesian sentences", checksum=checksum, is_sample=True)


def _texts(train: tuple, validation: tuple, test: tuple, **settings: object) -> Dataset:
    """A Dataset of (texts, labels) pairs; labels become numbers."""
    arrays = {}
    for split, (texts, labels) in {"train": train, "val": validation, "test": test}.items():
        arrays[f"x_{split}"] = np.array(texts, dtype=object)
        arrays[f"y_{split}"] = np.array([NUSAX_CLASSES.index(label) for label in labels])
    return Dataset(name="nusax", classes=NUSAX_CLASSES, **arrays, **settings)


def _scaled(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 255


def digest(*arrays: np.ndarray) -> str:
    """The SHA-256 of arrays of numbers or of texts, in their order."""
    found = hashlib.sha256()
    for array in arrays:
        found.update("\0".join(array).encode() if array.dtype == object else array.tobytes())
    return found.hexdigest()


def _read_npz(path: Path) -> tuple[dict[str, np.ndarray], str]:
    """The four arrays of cifar10.npz, and what it says it was made from; never a pickle."""
    names = [f"{part}_{split}" for split in CIFAR10_ROWS for part in "xy"]
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names if name in file}
            made_from = str(file["made_from"]) if "made_from" in file else ""
    except (ValueError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        hint = (
            "it holds Python objects, which are never loaded" if "pickle" in str(error) else f"it is damaged ({error})"
        )
        raise DataError(f"{path}: {hint}; delete it and fetch it again") from error
    if missing := [name for name in names if name not in arrays]:
        raise DataError(f"{path}: the array {missing[0]} is missing")
    return arrays, made_from


def _bytes(path: Path, name: str, array: np.ndarray, shape: tuple[int, ...], largest: int) -> np.ndarray:
    """An array of this shape as uint8, if it holds whole numbers from 0 to `largest` and nothing else."""
    if array.shape != shape:
        raise DataError(f"{path}: {name} has the shape {array.shape}, expected {shape}")
    if array.dtype.kind not in "iuf":
        raise DataError(f"{path}: {name} is {array.dtype}, expected uint8")
    with np.errstate(invalid="ignore"):  # what does not fit is found below
        found = array.astype(np.uint8, copy=False)
    if (wrong := (found != array) | (found > largest)).any():
        raise DataError(f"{path}: {name} holds {array[wrong][0]}, expected whole numbers from 0 to {largest}")
    return found


def _read_csv(path: Path, rows: int) -> tuple[list[str], list[str]]:
    """One CSV file as texts and labels, every row checked."""
    import pandas as pd

    _check_separator(path)
    try:
        table = pd.read_csv(path, encoding="utf-8", dtype=str, keep_default_na=False)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from error
    for column in ("id", "text", "label"):
        if column not in table:
            raise DataError(f"{path}: the column {column!r} is missing; it has {', '.join(table.columns)}")
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus fields in front for an index
        raise DataError(f"{path}: the rows have more fields than the header; put texts with commas in quotes")
    line = table.index + 2  # the header is line 1; exact as long as no text spans lines
    if (unknown := ~table["label"].isin(NUSAX_CLASSES)).any():
        where, label = line[unknown][0], table["label"][unknown].iloc[0]
        raise DataError(f"{path}: unknown label {label!r} in row {where}; labels are {', '.join(NUSAX_CLASSES)}")
    if (empty := table["text"].str.strip() == "").any():
        raise DataError(f"{path}: empty text in row {line[empty][0]}")
    if (twice := table["id"].duplicated()).any():
        raise DataError(f"{path}: duplicate row {line[twice][0]}, id {table['id'][twice].iloc[0]}")
    if len(table) != rows:
        raise DataError(f"{path}: {len(table)} rows, expected {rows}: rows are missing or too many")
    return table["text"].tolist(), table["label"].tolist()


def _check_separator(path: Path) -> None:
    """Commas: a spreadsheet may write something else, which would end as a missing column or a surplus field."""
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    for separator, name in SEPARATORS.items():
        if separator in header and "," not in header:
            raise DataError(f"{path}: its fields are separated by {name}; expected are commas, as in id,text,label")


def _check_distinct(paths: dict[str, Path], texts: dict[str, list[str]]) -> None:
    """No sentence twice, within a split or across: a test sentence seen in training would flatter the result."""
    seen: dict[str, Path] = {}
    for split, path in paths.items():
        for text in texts[split]:
            if text in seen:
                raise DataError(f"{path}: duplicate text, also in {seen[text].name}: {text[:60]!r}")
            seen[text] = path


def _ways_out(name: str, data_dir: str | Path) -> str:
    return f"""Three ways out:
  1. with a network, run the same command again: it is downloaded;
  2. put {FILES[name]} into {folder(data_dir)},
     or name the folder where the data lies: DATA=folder (in a notebook: data_dir);
  3. do without: make report SOURCE=sample (in a notebook: source = "sample") takes the small built-in sample."""


def _fallback_message(name: str, data_dir: str | Path, error: Exception) -> str:
    return f"""
{"!" * 100}
  SAMPLE DATA. {REAL_TITLES[name]} is not here: {error}.
  Everything below is computed on the built-in sample and says nothing about {REAL_TITLES[name]}.
  Three ways to the real data:
    1. with a network, run the same command again: it is downloaded;
    2. put {FILES[name]} into {folder(data_dir)};
    3. name the folder where the data lies: DATA=folder (in a notebook: data_dir).
{"!" * 100}
"""
