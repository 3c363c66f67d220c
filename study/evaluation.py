"""Finished runs on the test split: Keras' predictions, ours, the check of one against the other, results.csv."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from . import predictions
from .architectures import ARCHITECTURES, variants
from .datasets import Dataset
from .files import alone_in, whole
from .predictions import TOLERANCE
from .progress import progress
from .runs import Place, Run
from .statistics import macro_f1

# How much further than Keras numpy may lie from float64 where the two part by more than TOLERANCE. Measured: 1.5 at
# most, as both round at random; a wrong formula lies a thousand times as far.
AS_NEAR = 2
DIGITS = [*string.digits, *string.ascii_lowercase]  # of a predicted class
METRICS = ("val_loss", "val_f1", "train_f1")  # of a record


@dataclass(frozen=True)
class Check:
    """One run on the whole test split: the probabilities of both sides, and their times in seconds.

    Where the two differ by more than TOLERANCE, `keras_error` and `numpy_error` say how far each side lies
    at most from Keras in float64; else they are NaN.
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
    """The predictions of every run on the whole test split by Keras and by `forward`, made or kept."""
    checks = []
    with progress(total=len(runs), desc="predicting with Keras and numpy", unit="run") as bar:
        around = predictions.surroundings(data.x_test, data.y_test)
        for run in runs:
            bar.set_postfix_str(f"{run.variant.architecture} {run.variant.name}")
            found = predictions.of_run(run, data, around)
            numbers = (float(each) for each in (*found["seconds"], *found["errors"]))
            sides = found["keras"], found["numpy"]
            checks.append(Check(run, data.source, data.y_test, len(data.classes), *sides, *numbers))
            bar.update()
    return checks


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
        "keras_error": check.keras_error,
        "numpy_error": check.numpy_error,
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
    """The checks as `save` left them, for every table and figure that needs no model: all but those on its layers.

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
                    row.get("keras_error", np.nan),  # older tables lack them
                    row.get("numpy_error", np.nan),
                )
            )
    return checks


def merge_csv(path: Path, new: pd.DataFrame) -> None:
    """Put these rows into a table, in place of their architecture's older ones; notebooks may do so side by side."""
    order = {name: number for number, name in enumerate(ARCHITECTURES)}
    with alone_in(path.parent):
        tables = [new]
        if path.exists():
            old = pd.read_csv(path, dtype={"predicted": str})
            tables.append(old[~old["architecture"].isin(new["architecture"])])
        table = pd.concat(tables).sort_values("architecture", key=lambda names: names.map(order), kind="stable")
        with whole(path) as part:
            table.to_csv(part, index=False)


def read_csv(path: Path, architecture: str) -> pd.DataFrame:
    """The rows of an architecture in one of the tables that `merge_csv` writes."""
    table = pd.read_csv(path, dtype={"predicted": str})
    return table[table["architecture"] == architecture]


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


def unequal(results: pd.DataFrame) -> pd.DataFrame:
    """Those rows of results.csv in which numpy does not give what Keras gives.

    The classes, and so the macro-F1, must be the same, and each |Δp| at most TOLERANCE. Where one is larger, numpy
    must be right: within TOLERANCE of Keras in float64, or about as near to it as Keras in float32.
    """
    close = results["max_abs_diff"] <= TOLERANCE  # so written, a NaN counts as a difference
    right = results["numpy_error"] <= np.fmax(TOLERANCE, AS_NEAR * results["keras_error"])
    same = (results["agreement"] == 1) & (results["test_f1_keras"] == results["test_f1_numpy"])
    return results[~(same & (close | right))]


def assert_equal(checks: list[Check]) -> None:
    """Raise AssertionError, naming the runs on which the two sides do not agree on every example, if there are any."""
    found, examples = results(checks), len(checks[0].y)
    if len(wrong := unequal(found)):
        lines = [
            f"{row.architecture} {row.variant} seed {row.seed}: "
            f"agreement {round(row.agreement * examples)}/{examples}, max |Δp| {row.max_abs_diff:.1e}, "
            f"from float64: Keras {row.keras_error:.1e}, numpy {row.numpy_error:.1e}"
            for row in wrong.itertuples()
        ]
        raise AssertionError(f"numpy and Keras differ by more than {TOLERANCE:g}:\n" + "\n".join(lines))
