"""Methods without a network, on the same data: what a network's macro-F1 has to be measured against."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import rivals
from .datasets import DATASETS, Dataset, digest
from .progress import progress
from .runs import code_digest, data_digest, fingerprint, versions
from .statistics import macro_f1
from .store import Arrays, kept


@dataclass(frozen=True)
class Baseline:
    """A fitted method: its answers to the test examples are kept, and the `settings` that it chose on training data."""

    name: str
    val_f1: float
    test_f1: float
    predicted: np.ndarray
    settings: str = ""


def fit(data: Dataset, only: tuple[str, ...] = ()) -> list[Baseline]:
    """Fit every method for this kind of data, or those named, on the training examples that networks are trained on."""
    methods = {name: method for name, method in _methods(data).items() if not only or name in only}
    with progress(total=len(methods), desc="fitting methods without a network", unit="method") as bar:
        found = []
        for name, method in methods.items():
            bar.set_postfix_str(name)
            found.append(_fit(name, method, data))
            bar.update()
    return found


def fit_once(data: Dataset, path: Path, only: tuple[str, ...] = ()) -> list[Baseline]:
    """`fit`, kept in `path` until the data, package versions, the code or what is named change."""
    mark = fingerprint(
        {
            "only": only,
            "data": data_digest(data) + digest(data.x_test, data.y_test),
            "code": code_digest(*map(Path, (__file__, rivals.__file__, DATASETS[data.name].__file__))),
            "versions": versions("numpy", "scikit-learn", "scipy"),
        }
    )
    columns = kept(path, mark, lambda: _columns(fit(data, only)))
    rows = zip(*(columns[name] for name in ("name", "val_f1", "test_f1", "predicted", "settings")), strict=True)
    return [
        Baseline(str(name), float(val), float(test), answers, str(chosen)) for name, val, test, answers, chosen in rows
    ]


def _columns(found: list[Baseline]) -> Arrays:
    """{field: its values, one for each method}."""
    rows = [asdict(each) for each in found]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _methods(data: Dataset) -> dict[str, Any]:
    from sklearn.dummy import DummyClassifier

    majority = {"majority class": DummyClassifier(strategy="most_frequent")}
    return majority | DATASETS[data.name].rivals(data)


def _fit(name: str, method: Any, data: Dataset) -> Baseline:
    flat = [x.reshape(len(x), -1) if x.ndim > 1 else x for x in (data.x_train, data.x_val, data.x_test)]
    method.fit(flat[0], data.y_train)
    val, test = method.predict(flat[1]), method.predict(flat[2])
    scores = (macro_f1(y, answers, len(data.classes)) for y, answers in ((data.y_val, val), (data.y_test, test)))
    return Baseline(name, *scores, test, rivals.settings_of(method))
