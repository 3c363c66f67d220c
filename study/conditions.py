"""The same networks under other conditions: a finding that is one should hold there, too.

An architecture names its conditions: other learning rates, more epochs, fewer training data, folds. Their networks are
trained like those of the study, in folders of their own. They are predicted by `forward` alone, which the study holds
against Keras on its own networks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

import forward

from . import store, training
from .architectures import ARCHITECTURES, Condition
from .datasets import Dataset, digest
from .predictions import surroundings
from .runs import Job, Place, Run, fingerprint, jobs_under
from .statistics import macro_f1

FOLDS = 5
VALIDATION = 0.125  # of what is not in the fold
COLUMNS = ["architecture", "condition", "variant", "seed", "params", "val_f1", "test_f1", "predicted", "fingerprint"]


def data_of(condition: Condition, data: Dataset) -> Dataset:
    """What a condition's networks are trained and tested on.

    "share": a stratified part of the training data, a smaller share a part of each larger one. "fold": all examples
    cut anew, the fold is the test split, and of the rest an eighth validates.
    """
    if share := condition.data.get("share"):
        chosen = _share(data.y_train, share)
        return replace(data, x_train=data.x_train[chosen], y_train=data.y_train[chosen])
    if fold := condition.data.get("fold"):
        return _fold(data, int(fold))
    return data


def _share(y: np.ndarray, share: float) -> np.ndarray:
    """The numbers of so many of the examples: of each class, at least two, the first in an order that never changes."""
    order = np.random.default_rng(0).permutation(len(y))
    parts = [order[y[order] == label] for label in np.unique(y)]
    return np.sort(np.concatenate([each[: max(2, round(share * len(each)))] for each in parts]))


def _fold(data: Dataset, number: int) -> Dataset:
    from sklearn.model_selection import StratifiedKFold, train_test_split

    x = np.concatenate([data.x_train, data.x_val, data.x_test])
    y = np.concatenate([data.y_train, data.y_val, data.y_test])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, y)
    rest, test = list(folds)[number - 1]
    train, val = train_test_split(rest, test_size=VALIDATION, stratify=y[rest], random_state=0)
    parts = {f"{name}_{split}": array[which] for split, which in (("train", train), ("val", val), ("test", test))
             for name, array in (("x", x), ("y", y))}  # fmt: skip
    return replace(data, **parts, checksum=digest(*parts.values()))


def batches(architecture: str, data: Dataset, place: Place) -> list[tuple[list[Job], Dataset]]:
    """All that is trained under other conditions, each with its data; of texts in another language nothing."""
    conditions, wanted = ARCHITECTURES[architecture].conditions, jobs_under(architecture, place.profile)
    return [] if place.language else [(some, data_of(conditions[name], data)) for name, some in wanted.items()]


def gather(architecture: str, data: Dataset, place: Place) -> pd.DataFrame:
    """Train what is not there, and write conditions.csv: a row for each network, in COLUMNS.

    `predicted` are the classes of the test split, or of the texts of the fold. A profile without conditions, and texts
    in another language, leave nothing.
    """
    wanted = batches(architecture, data, place)
    table = of_runs(training.train_all(wanted, place) if wanted else [], architecture, data)
    store.write("conditions", place, table, architecture)
    return table


def of_runs(runs: list[Run], architecture: str, data: Dataset) -> pd.DataFrame:
    """COLUMNS of finished runs under conditions; `data` are those of the study."""
    names = dict.fromkeys(run.variant.condition for run in runs)
    theirs = {name: data_of(ARCHITECTURES[architecture].conditions[name], data) for name in names}
    around = {name: surroundings(each.x_test, code=__file__) for name, each in theirs.items()}
    rows = [_row(run, theirs[run.variant.condition], around[run.variant.condition]) for run in runs]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(run: Run, data: Dataset, around: dict[str, Any]) -> dict[str, Any]:
    if run.listed:
        return run.listed | {"variant": run.listed["variant"].partition("@")[0]}
    mark = fingerprint({"model": run.record["model_sha256"], **around})
    predicted = store.kept(store.check_of(run), mark, lambda: {"predicted": _predicted(run, data)})["predicted"]
    return {
        "architecture": run.variant.architecture,
        "condition": run.variant.condition,
        "variant": run.variant.name.partition("@")[0],
        "seed": run.seed,
        "params": run.record["params"],
        "val_f1": run.record["metrics"]["val_f1"],
        "test_f1": macro_f1(data.y_test, predicted, len(data.classes)),
        "predicted": store.as_digits(predicted),
        "fingerprint": run.record["fingerprint"],
    }


def _predicted(run: Run, data: Dataset) -> np.ndarray:
    return forward.load_model(run.path).predict(data.x_test).argmax(axis=1)
