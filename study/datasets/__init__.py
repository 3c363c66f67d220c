"""The data sets: one file here for each; real ones from a folder or from their official homes, or the built-in sample.

A file of a data set has TITLE, TRAINED_ON (its training samples, all of them), OPTIONS ({name: what may be chosen, the
default first}), and `fetch(data_dir, **options)`, `read(data_dir, **options)`, `files(**options)` (what a user puts
into the data folder), `load_sample()`, `rivals(data)`, and PUBLISHED, what others reached on its test split as it is
loaded without options.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import numpy as np

from ..errors import DataError, UnreachableError
from ..files import folder
from ..names import SOURCES, find

NOT_OFFICIAL, NOT_CHECKED = "not the official files", "as the official files, not checked"


@dataclass(frozen=True)
class Elsewhere:
    """What others published of a data set's test split: a score, in which metric, and who says so."""

    method: str
    score: float
    metric: str
    source: str
    pretrained: bool = False


@dataclass(frozen=True)
class Dataset:
    """One data set, split: x are images (n, 32, 32, 3) float32 in 0..1 or texts (n,) object; y are class numbers.

    `doubt` says what keeps real data from being known as the official files, empty if nothing does, and `remark` what
    is known of such a copy. `options` are those that it was loaded with. `in_english` translates texts for the reader
    of a page; it may lack some, or all.
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
    remark: str = ""
    options: dict[str, str] = field(default_factory=dict)
    in_english: dict[str, str] = field(default_factory=dict)

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
        return f"sample data, not {TITLES[self.name]}" if self.is_sample else ""


def load(name: str, data_dir: str | Path = "data", source: str = "auto", **options: str) -> Dataset:
    """Load "cifar10" or "nusax"; the latter takes `language`, one of `nusax.LANGUAGES`.

    `source`: "real" reads `data_dir`, after a download if need be, and raises DataError if that fails;
    "sample" takes the built-in sample; "auto" tries the real data and falls back to the sample.
    """
    file = find(DATASETS, name, "data set")
    for option, value in options.items():
        find(dict.fromkeys(find(file.OPTIONS, option, f"{name}: the option")), value, f"{name}: the {option}")
    if choose_source([name], data_dir, source, **options) == "sample":
        return file.load_sample()
    return replace(file.read(folder(data_dir), **options), options=options)


def choose_source(names: Iterable[str], data_dir: str | Path = "data", source: str = "auto", **options: str) -> str:
    """Decide once for several data sets: "real" if all of them are there or can be fetched, else "sample".

    Only a data set that is absent and whose home cannot be reached leads to the sample: it refuses, hangs, ends too
    early or says that it cannot, also after some attempts, or a proxy's login page comes instead. One that is
    damaged, here or on its way, is an error, whatever the source. Each data set takes the `options` that it has.
    """
    if source not in SOURCES:
        raise ValueError(f"source {source!r} is not known; choose one of {', '.join(SOURCES)}")
    if source == "sample":
        return "sample"
    for name in dict.fromkeys(names):
        try:
            DATASETS[name].fetch(folder(data_dir), **_of(name, options))
        except DataError as error:
            if source == "real" or not isinstance(error, UnreachableError):
                raise type(error)(f"{error}\n{_ways_out(name, data_dir, options)}") from error
            print(_fallback_message(name, data_dir, options, error), file=sys.stderr, flush=True)
            return "sample"
    return "real"


def digest(*arrays: np.ndarray) -> str:
    """The SHA-256 of arrays of numbers or of texts, in their order."""
    found = hashlib.sha256()
    for array in arrays:
        found.update("\0".join(array).encode() if array.dtype == object else array.tobytes())
    return found.hexdigest()


def _of(name: str, options: dict[str, str]) -> dict[str, str]:
    """Those of the options that a data set has."""
    return {option: value for option, value in options.items() if option in DATASETS[name].OPTIONS}


def _ways_out(name: str, data_dir: str | Path, options: dict[str, str]) -> str:
    return f"""Three ways out:
  1. with a network, run the same command again: it is downloaded;
  2. put {DATASETS[name].files(**_of(name, options))} into {folder(data_dir)},
     or name the folder where the data lies: DATA=folder (in a notebook: data_dir);
  3. do without: make report SOURCE=sample (in a notebook: source = "sample") takes the small built-in sample."""


def _fallback_message(name: str, data_dir: str | Path, options: dict[str, str], error: Exception) -> str:
    return f"""
{"!" * 100}
  SAMPLE DATA. {TITLES[name]} is not here: {error}.
  Everything below is computed on the built-in sample and says nothing about {TITLES[name]}.
  Three ways to the real data:
    1. with a network, run the same command again: it is downloaded;
    2. put {DATASETS[name].files(**_of(name, options))} into {folder(data_dir)};
    3. name the folder where the data lies: DATA=folder (in a notebook: data_dir).
{"!" * 100}
"""


def _datasets() -> dict[str, ModuleType]:
    """Every file beside this one that can be read as a data set, under its name."""
    files = {each.name: import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)}
    return {name: file for name, file in files.items() if hasattr(file, "read")}


DATASETS = _datasets()
TITLES = {name: file.TITLE for name, file in DATASETS.items()}
