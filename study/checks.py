"""A network on the test split: what Keras, numpy and its plain functions answer, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import predictions, store
from .datasets import Dataset
from .runs import Run
from .statistics import macro_f1
from .store import Arrays

SIDES = ("keras", "numpy", "plain")
NOTHING = np.empty((0, 1), np.float32)


@dataclass(frozen=True)
class Check:
    """One run on the test split: the probabilities of Keras and of `forward`, and their times in seconds.

    `numpy` is `forward` as it predicts by default, on the whole split; `plain` is `predict(fast=False)`, on those
    examples that `predictions.spread` names, perhaps on none. Where a side differs from Keras by more than TOLERANCE,
    the errors say how far each lies from Keras in float64, see `predictions.predict`; else they are NaN.
    """

    run: Run
    source: str  # of the test split, with its checksum
    y: np.ndarray
    classes: int
    keras: np.ndarray
    numpy: np.ndarray
    keras_s: float
    numpy_s: float
    keras_error: float = np.nan
    numpy_error: float = np.nan
    plain: np.ndarray = field(default_factory=lambda: NOTHING)
    plain_s: float = np.nan
    plain_error: float = np.nan

    @property
    def predicted(self) -> np.ndarray:
        """The class that Keras finds most probable, for each example."""
        return self.keras.argmax(axis=1)

    def examples(self, side: str) -> int:
        """On how many examples of the test split a side predicted."""
        return len(getattr(self, side))

    def agreeing(self, side: str = "numpy") -> int:
        """On how many of its examples a side predicts the class that Keras predicts."""
        ours = getattr(self, side).argmax(axis=1)
        return int(np.sum(self.predicted[self._seen(ours)] == ours))

    def largest(self, side: str = "numpy") -> float:
        """The largest |Δp| of a side, from Keras; NaN of a side that predicted nothing."""
        return float(self._differences(side).max()) if self.examples(side) else np.nan

    def mean_difference(self) -> float:
        """The mean |Δp| of numpy, from Keras."""
        return float(self._differences("numpy").mean())

    def seconds(self, side: str, examples: int = 1000) -> float:
        """How long a side takes for so many examples."""
        return getattr(self, f"{side}_s") * examples / max(self.examples(side), 1)

    @property
    def dead(self) -> bool:
        """Whether the network predicts one class for everything."""
        return one_class(self.predicted)

    @property
    def diverged(self) -> bool:
        """Whether its training ended as a loss was no number; records and tables of earlier do not say."""
        return self.run.record.get("diverged", False) is True

    @property
    def kept(self) -> str:
        """Which weights it has: "best", "last" or "mean"; records and tables of earlier, which do not say: "best"."""
        rule = self.run.record.get("kept")
        return rule if isinstance(rule, str) else "best"

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights it has, or at whose end it got them; 0 if it has those that it began with."""
        return self.run.record["best_epoch" if self.kept == "best" else "epochs"]

    def f1(self, side: str = "keras") -> float:
        """The macro-F1 of a side, on the examples that it predicted; NaN of a side that predicted nothing."""
        answers = getattr(self, side).argmax(axis=1) if self.examples(side) else np.zeros(0)
        return macro_f1(self.y[self._seen(answers)], answers, self.classes) if len(answers) else np.nan

    def f1_of_part(self, examples: int) -> float:
        """The macro-F1 of Keras on so many of the examples, those that a side predicted that predicted so many."""
        part = predictions.spread(examples, len(self.y))
        return macro_f1(self.y[part], self.predicted[part], self.classes)

    def _differences(self, side: str) -> np.ndarray:
        ours = getattr(self, side)
        return np.abs(self.keras[self._seen(ours)].astype(np.float64) - ours)

    def _seen(self, answers: np.ndarray) -> np.ndarray:
        """Which examples a side's answers are of."""
        return predictions.spread(len(answers), len(self.y))


@dataclass(frozen=True)
class Listed(Check):
    """A check that was made when the table was written that tells of the network: there are no probabilities."""

    @classmethod
    def of(cls, run: Run, data: Dataset) -> Listed:
        """The check of a run that is listed."""
        row = run.listed or {}
        numbers = {f"{side}_{what}": row[f"{side}_{what}"] for side in SIDES for what in ("s", "error")}
        return cls(run, row["data_source"], data.y_test, len(data.classes), NOTHING, NOTHING, **numbers)

    @property
    def predicted(self) -> np.ndarray:
        return store.from_digits(self.row["predicted"])

    @property
    def row(self) -> dict:
        return self.run.listed or {}

    def examples(self, side: str) -> int:
        return int(self.row["plain_examples"]) if side == "plain" else len(self.y)

    def agreeing(self, side: str = "numpy") -> int:
        return round(self.row["plain_agreement" if side == "plain" else "agreement"] * self.examples(side))

    def largest(self, side: str = "numpy") -> float:
        return self.row["plain_max_abs_diff" if side == "plain" else "max_abs_diff"]

    def mean_difference(self) -> float:
        return self.row["mean_abs_diff"]

    def f1(self, side: str = "keras") -> float:
        return self.row["plain_f1" if side == "plain" else f"test_f1_{side}"]


def one_class(predicted: np.ndarray) -> bool:
    """Whether these answers are the same, but for one in a hundred at most."""
    return bool(np.bincount(predicted).max() >= 0.99 * len(predicted))


def of_arrays(run: Run, data: Dataset, arrays: Arrays) -> Check:
    """A Check from what `predictions.predict` gives; what was kept before there was a plain side has none."""
    sides = {name: arrays[name] for name in SIDES if name in arrays}
    for what in ("seconds", "errors"):
        numbers = zip(SIDES, arrays[what], strict=False)
        sides |= {f"{name}_{'s' if what == 'seconds' else 'error'}": float(number) for name, number in numbers}
    return Check(run, data.source, data.y_test, len(data.classes), **sides)
