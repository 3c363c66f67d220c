"""Finished runs on the test split: Keras' predictions, ours, the check of one against the other, results.csv."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from . import listed, predictions, store
from .architectures import ARCHITECTURES, variants
from .checks import Check, Listed, of_arrays
from .datasets import Dataset
from .errors import DataError
from .predictions import TOLERANCE
from .progress import progress
from .runs import Place, Run

# How much further than Keras numpy may lie from float64 where the two part by more than TOLERANCE, both in the root
# mean square over the test split. Measured in the 66 of 560 SimpleRNNs that do: 1.2 at most, without the fast ways 1.9,
# as all round at random; a wrong formula lies a thousand times as far.
AS_NEAR = 3


def check(runs: list[Run], data: Dataset) -> list[Check]:
    """The predictions of every run on the test split by Keras and by `forward`, made or kept."""
    checks = []
    with progress(total=len(runs), desc="predicting with Keras and numpy", unit="run") as bar:
        around = predictions.surroundings(data.x_test, data.y_test)
        for run in runs:
            bar.set_postfix_str(f"{run.variant.architecture} {run.variant.name}")
            if run.listed:
                checks.append(Listed.of(run, data))
            else:
                checks.append(replace(of_arrays(run, data, predictions.of_run(run, data, around)), **run.times))
            bar.update()
    return checks


def unlike_their_rows(checks: list[Check], place: Place) -> list[str]:
    """Which networks answer otherwise than the tables have it, a line each.

    The same code, settings and data need not give the same network on every processor. What a report finds it writes
    over the row, so it is said before.
    """
    lines = []
    for each in checks:
        row = listed.row_of(str(each.run.record.get("fingerprint")), place)
        if row and (parted := int((store.from_digits(row["predicted"]) != each.predicted).sum())):
            name = f"{each.run.variant.architecture} {each.run.variant.name} seed {each.run.seed}"
            scores = f"test macro-F1 {each.f1('keras'):.4f}, listed {row['test_f1_keras']:.4f}"
            lines.append(f"{name}: {parted} of {len(each.y)} answers are not those of its row, {scores}")
    return lines


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
        "test_f1_keras": check.f1("keras"),
        "test_f1_numpy": check.f1("numpy"),
        "agreement": check.agreeing() / len(check.y),
        "max_abs_diff": check.largest(),
        "keras_s": check.keras_s,
        "numpy_s": check.numpy_s,
        "train_s": record["train_s"],
        "data_source": check.source,
        "dead": check.dead,
        "train_f1": record["metrics"]["train_f1"],
        "epochs_at_most": record["epochs_at_most"],
        "keras_error": check.keras_error,
        "numpy_error": check.numpy_error,
        **_plain(check),
        "diverged": check.diverged,
        "kept": check.kept,
        **{listed.BY_RULE + rule: score for rule, score in record.get("rules", {}).items()},
        "mean_abs_diff": check.mean_difference(),
        "fingerprint": record.get("fingerprint"),
    }


def _plain(check: Check) -> dict[str, float]:
    """The columns of the plain side: of its first examples, how many and how well; NaN where it has none."""
    number = check.examples("plain")
    return {
        "plain_examples": number,
        "plain_f1": check.f1("plain"),
        "plain_agreement": check.agreeing("plain") / number if number else np.nan,
        "plain_max_abs_diff": check.largest("plain"),
        "plain_s": check.plain_s,
        "plain_error": check.plain_error,
    }


def histories(checks: list[Check]) -> pd.DataFrame:
    """A row an epoch, in the columns of history.csv."""
    rows = [
        pd.DataFrame(_about(each) | {"epoch": np.arange(1, each.run.record["epochs"] + 1)} | each.run.history)
        for each in checks
    ]
    return pd.concat(rows)


def answers(checks: list[Check]) -> pd.DataFrame:
    """A row a run, in the columns of predictions.csv."""
    return pd.DataFrame(_about(each) | {"predicted": store.as_digits(each.predicted)} for each in checks)


def _about(check: Check) -> dict:
    variant = check.run.variant
    return {"architecture": variant.architecture, "variant": variant.name, "seed": check.run.seed}


def saved(architecture: str, data: Dataset, place: Place) -> list[Check]:
    """The checks as tables and kept predictions have them, for all but what needs a model: that on its layers.

    Where predictions are missing and the tables list the network, its check is without probabilities. Raises OSError
    if another one's are missing, DataError if they are of another network than its row.
    """
    rows, history = (store.read(name, place, architecture) for name in ("results", "history"))
    epochs = dict(list(history.groupby(["variant", "seed"])))
    named = {each.name: each for each in variants(architecture)}
    checks = []
    for row in rows[rows["variant"].isin(named)].to_dict("records"):
        record = listed.record(row) | {"history": listed.history(epochs[row["variant"], row["seed"]])}
        run = Run(named[row["variant"]], row["seed"], place.model(named[row["variant"]], row["seed"]), record)
        mine = listed.row_of(str(row.get("fingerprint")), place)
        if mine and not store.check_of(run).exists():
            checks.append(Listed.of(replace(run, listed=mine), data))
            continue
        check = of_arrays(run, data, store.arrays_in(store.check_of(run)))
        if not np.isclose(check.f1("keras"), row["test_f1_keras"], rtol=0, atol=1e-9):
            raise DataError(f"{store.check_of(run)} is not of the network in results.csv: make the report again")
        checks.append(check)
    return checks


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
    """Those rows of results.csv in which numpy, fast or plain, does not give what Keras gives.

    The classes, and so the macro-F1, must be the same, and each |Δp| at most TOLERANCE. Where one is larger, numpy
    must be right: about as near to Keras in float64 as Keras in float32 is. A plain side of no example is right.
    """
    right = _right(results, "agreement", "max_abs_diff", "numpy_error")
    right &= results["test_f1_keras"] == results["test_f1_numpy"]
    plain = _right(results, "plain_agreement", "plain_max_abs_diff", "plain_error") | (results["plain_examples"] == 0)
    return results[~(right & plain)]


def _right(results: pd.DataFrame, agreement: str, largest: str, error: str) -> pd.Series:
    """Whether a side gives what Keras gives, from three columns of results.csv."""
    close = results[largest] <= TOLERANCE  # so written, a NaN counts as a difference
    near = results[error] <= AS_NEAR * results["keras_error"]
    return (results[agreement] == 1) & (close | near)


def assert_equal(checks: list[Check]) -> None:
    """Raise AssertionError, naming the runs on which a side does not agree with Keras on every example, if any."""
    wrong = unequal(results(checks))
    if wrong.empty:
        return
    examples = len(checks[0].y)
    lines = [
        f"{row.architecture} {row.variant} seed {row.seed}: "
        f"agreement {round(row.agreement * examples)}/{examples}, max |Δp| {row.max_abs_diff:.1e}, "
        f"from float64: Keras {row.keras_error:.1e}, numpy {row.numpy_error:.1e}; "
        f"plain: agreement {row.plain_agreement:.4f}, max |Δp| {row.plain_max_abs_diff:.1e}, {row.plain_error:.1e}"
        for row in wrong.itertuples()
    ]
    raise AssertionError(f"numpy and Keras differ by more than {TOLERANCE:g}:\n" + "\n".join(lines))
