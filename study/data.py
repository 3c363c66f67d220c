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

from . import sample
from .download import NUSAX_SHA256, DataError, UnreachableError, fetch
from .files import folder, sha256
from .variants import find

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR10_ROWS = {"train": 50_000, "test": 10_000}
NUSAX_ROWS = {"train": 500, "valid": 100, "test": 400}
NUSAX_CLASSES = ("negative", "neutral", "positive")

SOURCES = ("auto", "real", "sample")


@dataclass(frozen=True)
class Dataset:
    """One data set, split: x are images (n, 32, 32, 3) float32 in 0..1 or texts (n,) object; y are class numbers."""

    name: str
    title: str
    classes: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    checksum: str
    is_sample: bool = False

    @property
    def source(self) -> str:
        """What every result row carries."""
        return f"{self.title} sha256:{self.checksum}"

    @property
    def notice(self) -> str:
        """What every figure and page says when the data is not the real one, else empty."""
        return f"sample data, not {REAL_TITLES[self.name]}" if self.is_sample else ""


REAL_TITLES = {"cifar10": "CIFAR-10", "nusax": "NusaX-Senti"}


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
            fetch(name, data_dir)
        except UnreachableError as error:
            if source == "real":
                raise
            print(_fallback_message(name, data_dir, error), file=sys.stderr, flush=True)
            return "sample"
    return "real"


def read_cifar10(data_dir: Path) -> Dataset:
    """`data_dir`/cifar10.npz as a Dataset; its training images split 4:1, stratified and seeded."""
    from sklearn.model_selection import train_test_split

    path = data_dir / "cifar10.npz"
    arrays = _read_npz(path)
    for split, rows in CIFAR10_ROWS.items():
        _check_array(path, f"x_{split}", arrays[f"x_{split}"], (rows, 32, 32, 3))
        _check_array(path, f"y_{split}", arrays[f"y_{split}"], (rows,))
        if (largest := arrays[f"y_{split}"].max()) >= len(CIFAR10_CLASSES):
            raise DataError(f"{path}: y_{split} has the label {largest}; labels are 0 to 9")
    labels = arrays["y_train"].astype(np.int64)
    train, val = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)
    return Dataset(
        name="cifar10",
        title=REAL_TITLES["cifar10"],
        classes=CIFAR10_CLASSES,
        x_train=_scaled(arrays["x_train"][train]),
        y_train=labels[train],
        x_val=_scaled(arrays["x_train"][val]),
        y_val=labels[val],
        x_test=_scaled(arrays["x_test"]),
        y_test=arrays["y_test"].astype(np.int64),
        checksum=sha256(path),
    )


def read_nusax(data_dir: Path) -> Dataset:
    """`data_dir`/nusax/{train,valid,test}.csv as a Dataset.

    Files that are sound but not the official ones, byte for byte, are taken and named so.
    """
    paths = {split: data_dir / "nusax" / f"{split}.csv" for split in NUSAX_ROWS}
    tables = {split: _read_csv(path, NUSAX_ROWS[split]) for split, path in paths.items()}
    _check_distinct(paths, {split: texts for split, (texts, _) in tables.items()})
    official = all(sha256(path) == NUSAX_SHA256[split] for split, path in paths.items())
    return _texts(
        tables["train"],
        tables["valid"],
        tables["test"],
        title=REAL_TITLES["nusax"] + ("" if official else " (not the official files)"),
        checksum=sha256(*paths.values()),
    )


def _sample_images() -> Dataset:
    splits = sample.digits()
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = splits.values()
    return Dataset(
        name="cifar10",
        title="scikit-learn digits",
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
    return _texts(*splits, title="built-in Indonesian sentences", checksum=checksum, is_sample=True)


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


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of cifar10.npz; never a pickle."""
    names = [f"{part}_{split}" for split in CIFAR10_ROWS for part in "xy"]
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names if name in file}
    except (ValueError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        hint = (
            "it holds Python objects, which are never loaded" if "pickle" in str(error) else f"it is damaged ({error})"
        )
        raise DataError(f"{path}: {hint}; delete it and fetch it again") from error
    if missing := [name for name in names if name not in arrays]:
        raise DataError(f"{path}: the array {missing[0]} is missing")
    return arrays


def _check_array(path: Path, name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.dtype != np.uint8:
        raise DataError(f"{path}: {name} is {array.dtype}, expected uint8")
    if array.shape != shape:
        raise DataError(f"{path}: {name} has the shape {array.shape}, expected {shape}")


def _read_csv(path: Path, rows: int) -> tuple[list[str], list[str]]:
    """One CSV file as texts and labels, every row checked."""
    import pandas as pd

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


def _check_distinct(paths: dict[str, Path], texts: dict[str, list[str]]) -> None:
    """No sentence twice, within a split or across: a test sentence seen in training would flatter the result."""
    seen: dict[str, Path] = {}
    for split, path in paths.items():
        for text in texts[split]:
            if text in seen:
                raise DataError(f"{path}: duplicate text, also in {seen[text].name}: {text[:60]!r}")
            seen[text] = path


def _fallback_message(name: str, data_dir: str | Path, error: Exception) -> str:
    files = "cifar10.npz" if name == "cifar10" else "nusax/train.csv, valid.csv and test.csv"
    return f"""
{"!" * 100}
  SAMPLE DATA. {REAL_TITLES[name]} is not here: {error}.
  Everything below is computed on the built-in sample and says nothing about {REAL_TITLES[name]}.
  Three ways to the real data:
    1. with a network, run the same command again: it is downloaded;
    2. put {files} into {folder(data_dir)};
    3. name the folder where they are: DATA=folder (in a notebook: data_dir).
{"!" * 100}
"""
