"""What a report leaves, written and read in one place: its tables, and the arrays that took long to compute.

reports/<profile>/<table>.csv: `results` (a row for each network), `history` (epoch), `predictions` (network, the class
of every test example as a digit), `baselines` (method without a network), `comparisons`, `robustness` (comparison,
and method or condition that its verdict is tried with), `conditions` (network under another condition, see
study.conditions), `longer` (network and comparison by epochs, see study.longer), `ensembles` (number of networks
together, see study.ensembles), `temperatures` (network, see study.temperature), `shares` and `folds` (network, method
and their difference, see there), and over several architectures `cells` (see study.cells).
In weights/<profile>/, beside each network, <seed>.check.npz, its probabilities, <seed>.validation.npz, those of
validation examples, and <seed>.layers.npz; for an architecture baselines.npz. Networks are the business of study.runs.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from .architectures import ARCHITECTURES
from .files import ROOT, atomic_write
from .runs import Place, Run

Arrays = dict[str, np.ndarray]

TABLES = ("results", "history", "baselines", "comparisons", "predictions")
# Of more seeds, conditions or architectures.
NOT_ALWAYS = ("robustness", "conditions", "longer", "ensembles", "temperatures", "shares", "folds", "cells")
TRIALS_DIR = ROOT / "reports" / "tuning"  # what `make tune` leaves: <architecture>.csv, <architecture>-rules.csv
RULES = ("best", "last", "mean")  # which weights a network keeps, see study.trainer
EMPTY = dict.fromkeys(("settings", "against", "baseline", "broken"), "")  # texts: among numbers they would be missing
DIGITS = [*string.digits, *string.ascii_lowercase]  # of a predicted class


def read(name: str, place: Place, architecture: str = "") -> pd.DataFrame:
    """A table of a place, or the rows of one architecture. Raises OSError if it is not there.

    An architecture that this code does not know has no rows: it may have left them from another branch.
    """
    table = pd.read_csv(place.reports / f"{name}.csv", dtype={"predicted": str, **dict.fromkeys(EMPTY, str)})
    table = table[table["architecture"].isin(ARCHITECTURES)].fillna(EMPTY)
    return table[table["architecture"] == architecture] if architecture else table


def read_if_there(name: str, place: Place) -> pd.DataFrame | None:
    """A table of a place, or None if it has none."""
    return read(name, place) if (place.reports / f"{name}.csv").exists() else None


def rows_of(name: str, place: Place, architecture: str) -> pd.DataFrame:
    """The rows that a table has of an architecture; none, and no columns, where the place has no such table."""
    table = read_if_there(name, place)
    return pd.DataFrame() if table is None else table[table["architecture"] == architecture]


def write(name: str, place: Place, rows: pd.DataFrame, architecture: str = "") -> None:
    """Put rows in place of the older ones of this architecture, or of theirs; notebooks may do so side by side.

    Where an architecture has no rows any more, none are left of it, and no file without rows.
    """
    if architecture or len(rows):
        with place.alone("tables"):
            _replace(name, place, rows, {architecture} if architecture else set(rows["architecture"]))


def add(name: str, place: Place, rows: pd.DataFrame, keys: Sequence[str]) -> None:
    """Put an architecture's rows beside its older ones, in place of those that are alike in the `keys` they have."""
    [architecture], which = rows["architecture"].unique(), [each for each in keys if each in rows]
    with place.alone("tables"):
        older = read_if_there(name, place)
        if older is not None:
            same = pd.MultiIndex.from_frame(older[which]).isin(pd.MultiIndex.from_frame(rows[which]))
            rows = pd.concat([older[(older["architecture"] == architecture) & ~same], rows])
        _replace(name, place, rows, {architecture})


def take_over(architecture: str, place: Place) -> None:
    """Remove what was kept of an architecture before its report was made, from each table of which the report has rows.

    Not before all tables of the report are written: a network is known by its rows in several of them. The first to go
    is results.csv, without which the rows of the others tell nothing.
    """
    aside = replace(place, unfinished=True)
    if place.by_hand or place.unfinished:
        return
    with place.alone("tables"):
        names = [path.stem for path in aside.reports.glob("*.csv")]
        for name in sorted(names, key=lambda each: (each != "results", each)):
            both = [read_if_there(name, each) for each in (aside, place)]
            if all(rows is not None and (rows["architecture"] == architecture).any() for rows in both):
                _replace(name, aside, both[0][:0], {architecture})


def _replace(name: str, place: Place, rows: pd.DataFrame, of: set[str]) -> None:
    """A table with these rows and without others of these architectures."""
    order, older, path = list(ARCHITECTURES), read_if_there(name, place), place.reports / f"{name}.csv"
    parts = [rows, *([] if older is None else [older[~older["architecture"].isin(of)]])]
    if not any(map(len, parts)):
        path.unlink(missing_ok=True)
        return
    table = pd.concat([each for each in parts if len(each)]).sort_values(
        "architecture", key=lambda names: names.map(order.index), kind="stable"
    )
    with atomic_write(path) as part:
        table.to_csv(part, index=False)


def best(results: pd.DataFrame) -> str:
    """The variant with the best mean macro-F1 on the validation data, of one architecture's rows of results.csv."""
    return str(results.groupby("variant", sort=False)["val_f1"].mean().idxmax())


def check_of(run: Run) -> Path:
    """Where the predictions of a network are kept, by Keras and by `forward`."""
    return run.path.with_suffix(".check.npz")


def layers_of(run: Run) -> Path:
    """Where it is kept how far Keras and `forward` are apart, layer by layer."""
    return run.path.with_suffix(".layers.npz")


def baselines_of(architecture: str, place: Place, condition: str = "") -> Path:
    """Where the answers of the methods without a network are kept, those fitted under a condition apart."""
    return place.weights / architecture / f"baselines{'-' * bool(condition)}{condition}.npz"


def kept(path: Path, mark: str, compute: Callable[[], Arrays]) -> Arrays:
    """The arrays that `path` holds under this mark, or else those that `compute` gives, which are then kept there.

    `mark` is the fingerprint of all that decides the arrays. What may be wrong with a file that can be made again is
    no error: it is made again.
    """
    if (arrays := there(path, mark)) is not None:
        return arrays
    arrays = compute()
    with atomic_write(path) as part, part.open("wb") as file:
        np.savez_compressed(file, mark=mark, **arrays)
    return arrays


def there(path: Path, mark: str) -> Arrays | None:
    """The arrays that `path` holds under this mark; None where it holds others, none, or is damaged."""
    try:
        arrays = arrays_in(path)
        return arrays if str(arrays.pop("mark")) == mark else None
    except Exception:  # whatever a damaged file raises
        return None


def arrays_in(path: Path) -> Arrays:
    """The arrays of a file, whatever their mark, which is among them. Raises OSError if it is not there."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def as_digits(predicted: np.ndarray) -> str:
    """Class numbers as a string with a digit for each example; from class 10 on, the digits are letters.

    Raises ValueError for a class that no digit stands for.
    """
    if predicted.min() < 0 or predicted.max() >= len(DIGITS):
        raise ValueError(f"classes {predicted.min()} to {predicted.max()}: digits go from 0 to {len(DIGITS) - 1}")
    return "".join(np.array(DIGITS)[predicted])


def from_digits(digits: str) -> np.ndarray:
    """The class numbers that `as_digits` wrote."""
    return np.array([int(each, len(DIGITS)) for each in digits], dtype=np.int64)
