"""Finished runs on the test split: Keras' predictions, ours, the check of one against the other, results.csv."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import forward

from .data import Dataset
from .files import whole
from .progress import progress
from .runs import Place, Run
from .statistics import macro_f1
from .variants import ARCHITECTURES, variants

BATCH_SIZE = 256  # of Keras; numpy cuts its pieces itself
TIMED_RUNS = 2  # of each side on the whole split, after a warm-up; the best counts
# Rounding differs by some 1e-7 in a probability, and over 60 steps of an LSTM without mask by 1e-5 (measured against
# float64: Keras 9e-6, numpy 2e-6); a wrong formula by 1e-3.
TOLERANCE = 5e-5
METRICS = ("val_loss", "val_f1", "train_f1")  # of a record


@dataclass(frozen=True)
class Check:
    """One run on the whole test split: the probabilities of both sides, and their times in seconds."""

    run: Run
    source: str  # of the test split, with its checksum
    y: np.ndarray
    classes: int
    keras: np.ndarray
    numpy: np.ndarray
    keras_s: float
    numpy_s: float

    @property
    def predicted(self) -> np.ndarray:
        """The class that Keras finds most probable, for each example."""
        return self.keras.argmax(axis=1)

    @property
    def agreeing(self) -> int:
        """On how many examples both sides predict the same class."""
        return int(np.sum(self.predicted == self.numpy.argmax(axis=1)))

    @property
    def differences(self) -> np.ndarray:
        """|Δp| of every probability."""
        return np.abs(self.keras.astype(np.float64) - self.numpy)

    @property
    def dead(self) -> bool:
        """Whether the network predicts one class for everything."""
        return one_class(self.predicted)

    def f1(self, probabilities: np.ndarray) -> float:
        """The macro-F1 of a side."""
        return macro_f1(self.y, probabilities.argmax(axis=1), self.classes)


def one_class(predicted: np.ndarray) -> bool:
    """Whether these answers are the same, but for one in a hundred at most."""
    return bool(np.bincount(predicted).max() >= 0.99 * len(predicted))


def check(runs: list[Run], data: Dataset) -> list[Check]:
    """Predict the whole test split with Keras and with `forward`, for every run."""
    from keras.models import load_model

    checks = []
    with progress(total=len(runs), desc="predicting with Keras and numpy", unit="run") as bar:
        for run in runs:
            theirs, ours = load_model(run.path), forward.load_model(run.path)
            keras, keras_s = _timed(lambda model=theirs: model.predict(data.x_test, batch_size=BATCH_SIZE, verbose=0))
            numpy, numpy_s = _timed(lambda model=ours: model.predict(data.x_test))
            checks.append(Check(run, data.source, data.y_test, len(data.classes), keras, numpy, keras_s, numpy_s))
            bar.update()
    return checks


def _timed(predict: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """The predictions, which are the warm-up, and the best time of TIMED_RUNS more."""
    return predict(), min(timeit.repeat(predict, number=1, repeat=TIMED_RUNS))


def results(checks: list[Check]) -> pd.DataFrame:
    """A row a run, in the columns of results.csv."""
    return pd.DataFrame([_row(each, each.run.record) for each in checks])


def _row(check: Check, record: dict) -> dict:
    return {
        "architecture": check.run.variant.architecture,
        "group": ";".join(check.run.variant.labels),
        "variant": check.run.variant.name,
        "seed": check.run.seed,
        "params": record["params"],
        "epochs": record["epochs"],
        "best_epoch": record["best_epoch"],
        "val_loss": record["metrics"]["val_loss"],
        "val_f1": record["metrics"]["val_f1"],
        "test_f1_keras": check.f1(check.keras),
        "test_f1_numpy": check.f1(check.numpy),
        "agreement": check.agreeing / len(check.y),
        "max_abs_diff": check.differences.max(),
        "keras_s": check.keras_s,
        "numpy_s": check.numpy_s,
        "train_s": record["train_s"],
        "data_source": check.source,
        "dead": check.dead,
        "train_f1": record["metrics"]["train_f1"],
        "epochs_at_most": record["epochs_at_most"],
    }


def best(results: pd.DataFrame) -> str:
    """The variant with the best mean macro-F1 on the validation data, of one architecture's rows of results.csv."""
    return str(results.groupby("variant", sort=False)["val_f1"].mean().idxmax())


def save(checks: list[Check], place: Place) -> pd.DataFrame:
    """Keep all that a table or a figure is made of; return the rows of results.csv.

    Leaves reports/<profile>/results.csv (a row a run), history.csv (a row an epoch), predictions.csv (the
    predicted class of every test example, a digit each), and the probabilities of both sides in probabilities/.
    """
    about = [
        {"architecture": each.run.variant.architecture, "variant": each.run.variant.name, "seed": each.run.seed}
        for each in checks
    ]
    found = results(checks)
    histories = [
        pd.DataFrame(row | {"epoch": np.arange(1, each.run.record["epochs"] + 1)} | each.run.history)
        for row, each in zip(about, checks, strict=True)
    ]
    digits = [row | {"predicted": as_digits(each.predicted)} for row, each in zip(about, checks, strict=True)]
    for each in checks:
        with whole(_probabilities(place, each.run)) as part, part.open("wb") as file:
            np.savez_compressed(file, keras=each.keras, numpy=each.numpy)
    merge_csv(place.reports / "history.csv", pd.concat(histories))
    merge_csv(place.reports / "predictions.csv", pd.DataFrame(digits))
    merge_csv(place.reports / "results.csv", found)
    return found


def _probabilities(place: Place, run: Run) -> Path:
    return place.reports / "probabilities" / run.variant.architecture / f"{run.variant.name}-seed-{run.seed}.npz"


def saved(architecture: str, data: Dataset, place: Place) -> list[Check]:
    """The checks as `save` left them: every table and figure can be made of them, without a model or Keras.

    Raises OSError if one of the files is missing.
    """
    tables = {name: read_csv(place.reports / f"{name}.csv", architecture) for name in ("results", "history")}
    epochs = dict(list(tables["history"].groupby(["variant", "seed"])))
    named = {each.name: each for each in variants(architecture)}
    checks = []
    for row in tables["results"].to_dict("records"):
        history = epochs[row["variant"], row["seed"]].drop(columns=["architecture", "variant", "seed", "epoch"])
        record = row | {"history": history.dropna(axis=1).to_dict("list")}
        record["metrics"] = {name: row[name] for name in METRICS}
        run = Run(named[row["variant"]], row["seed"], place.model(named[row["variant"]], row["seed"]), record)
        with np.load(_probabilities(place, run)) as sides:
            checks.append(
                Check(
                    run,
                    row["data_source"],
                    data.y_test,
                    len(data.classes),
                    sides["keras"],
                    sides["numpy"],
                    row["keras_s"],
                    row["numpy_s"],
                )
            )
    return checks


def merge_csv(path: Path, new: pd.DataFrame) -> None:
    """Put these rows into a table, in place of their architecture's older ones."""
    tables = [new]
    if path.exists():
        old = pd.read_csv(path, dtype={"predicted": str})
        tables.append(old[~old["architecture"].isin(new["architecture"])])
    order = {name: number for number, name in enumerate(ARCHITECTURES)}
    table = pd.concat(tables).sort_values("architecture", key=lambda names: names.map(order), kind="stable")
    with whole(path) as part:
        table.to_csv(part, index=False)


def read_csv(path: Path, architecture: str) -> pd.DataFrame:
    """The rows of an architecture in one of the tables that `merge_csv` writes."""
    table = pd.read_csv(path, dtype={"predicted": str})
    return table[table["architecture"] == architecture]


def as_digits(predicted: np.ndarray) -> str:
    """Class numbers as a string with a digit for each example."""
    return "".join(map(str, predicted))


def from_digits(digits: str) -> np.ndarray:
    """The class numbers that `as_digits` wrote."""
    return np.array(list(digits), dtype=np.int64)


def by_variant(checks: list[Check]) -> dict[str, list[Check]]:
    """{variant's name: its checks, one per seed}, in the order of the checks."""
    found: dict[str, list[Check]] = {}
    for each in checks:
        found.setdefault(each.run.variant.name, []).append(each)
    return found


def of_value(checks: list[Check], group: str, value: str) -> list[Check]:
    """The checks of the variant that stands in a group as this value, one per seed."""
    return [each for each in checks if each.run.variant.labels.get(group) == value]


def values(architecture: str, group: str) -> list[str]:
    """The values of a group, in the order of the variants' table."""
    return list(ARCHITECTURES[architecture].groups[group].changes)


def assert_equal(checks: list[Check]) -> str:
    """Say that both sides agree on every example of every run, or raise AssertionError naming those that do not."""
    wrong = [
        f"{each.run.variant.architecture} {each.run.variant.name} seed {each.run.seed}: "
        f"agreement {each.agreeing}/{len(each.y)}, max |Δp| {each.differences.max():.1e}"
        for each in checks
        if each.agreeing < len(each.y)
        or not each.differences.max() <= TOLERANCE  # so written, a NaN counts as a difference
        or each.f1(each.keras) != each.f1(each.numpy)
    ]
    if wrong:
        raise AssertionError(f"numpy and Keras differ by more than {TOLERANCE:g}:\n" + "\n".join(wrong))
    examples, largest = len(checks[0].y), np.max([each.differences.max() for each in checks])
    return (
        f"All {len(checks)} runs: the same class on {examples} of {examples} test examples, "
        f"the same macro-F1 in every digit, max |Δp| = {largest:.1e} (allowed: {TOLERANCE:g})."
    )
