"""A second estimate against the methods without a network: five folds, in which every example is once a test example.

In each fold all is done anew: networks trained, methods fitted and their settings chosen, on the rest of the examples.
The answers to all folds are put together and scored as one test split; a network's seed is one network, whatever the
fold. `folds.csv`: COLUMNS, for each network and each method a row (`against` is empty, `effect` its macro-F1), and for
each network and each method the one less the other.

The interval is that of the study, over seeds and examples. It is somewhat too narrow: the training sets of two folds
share most of their examples, which it does not know of; without bias no estimate can know it. Source: Bengio and
Grandvalet, No Unbiased Estimator of the Variance of K-Fold Cross-Validation, 2004.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import store
from .architectures import ARCHITECTURES
from .baselines import Baseline, fit_once
from .conditions import data_of
from .datasets import Dataset
from .evidence import Evidence
from .profiles import limited
from .sides import measured, sides_of

TABLE = "folds"
COLUMNS = ["architecture", "method", "against", "examples", "n_seeds", "effect", "low", "high"]


@dataclass(frozen=True)
class Pooled:
    """The answers of all folds: the classes, (examples,), of each network (seeds, examples), and of each method."""

    y: np.ndarray
    networks: dict[str, np.ndarray]
    methods: list[Baseline]


def gather(found: Evidence, others: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS from the networks of `conditions.gather`; leaves them as folds.csv.

    Unless all folds were trained there is no row, and no file.
    """
    rows = compared(found, others)
    store.write(TABLE, found.place, rows, found.architecture)
    return rows


def folds(architecture: str) -> list[str]:
    """The conditions that are folds, in their order."""
    conditions = ARCHITECTURES[architecture].conditions
    return sorted(
        (name for name, each in conditions.items() if "fold" in each.data),
        key=lambda name: conditions[name].data["fold"],
    )


def compared(found: Evidence, others: pd.DataFrame) -> pd.DataFrame:
    """The rows of `gather`, without leaving them."""
    names = folds(found.architecture)
    if not names or not set(names) <= set(others["condition"]):
        return pd.DataFrame(columns=COLUMNS)
    pooled = together(found, others, names)
    sides = sides_of(pooled.y, len(found.data.classes), pooled.networks, pooled.methods)
    methods = [each.name for each in pooled.methods]
    wanted = [(name, "") for name in sides] + [(name, against) for name in pooled.networks for against in methods]
    about = {"architecture": found.architecture, "examples": len(pooled.y)}
    rows = [
        about | {"method": method, "against": against} | measured(sides, method, against) for method, against in wanted
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def together(found: Evidence, others: pd.DataFrame, names: list[str]) -> Pooled:
    """All folds' answers in their order, of the seeds that every fold has."""
    parts = [_part(found, name) for name in names]
    fitted = [
        fit_once(part, store.baselines_of(found.architecture, found.place, name))
        for name, part in zip(names, parts, strict=True)
    ]
    methods = [
        Baseline(same[0].name, np.nan, np.nan, np.concatenate([each.predicted for each in same]))
        for same in zip(*fitted, strict=True)
    ]
    networks = {}
    for variant, mine in others[others["condition"].isin(names)].groupby("variant", sort=False):
        by_seed = mine.pivot(index="seed", columns="condition", values="predicted").reindex(columns=names).dropna()
        if len(by_seed):
            whole = by_seed.apply(lambda row: store.from_digits("".join(row)), axis=1)
            networks[str(variant)] = np.stack(whole.tolist())
    return Pooled(np.concatenate([each.y_test for each in parts]), networks, methods)


def _part(found: Evidence, name: str) -> Dataset:
    """A fold's data."""
    return limited(data_of(ARCHITECTURES[found.architecture].conditions[name], found.data), found.place.profile)
