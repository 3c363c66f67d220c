"""One kind of cell against another: the architectures with the group `equal`, in which nothing else differs.

There they have the same layers and sizes, training settings, seeds and texts; so what one is ahead of another is owed
to the cell, and to the number of weights that it brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd

from . import evidence, listed, robustness, store
from .architectures import ARCHITECTURES, variants
from .datasets import Dataset
from .predictions import kept_of_run, surroundings
from .profiles import limited
from .runs import Job, Place, Run, data_digest, find_run, fingerprint, jobs
from .statistics import macro_f1

GROUP = "equal"
COLUMNS = ["architecture", "variant", "against", "params", "n_seeds", "effect", "low", "high", "p_improvement"]
COLUMNS += ["margin", "p_holm", "verdict", *robustness.COUNTS, "broken"]
SCORES = ["params", "val_f1", "test_f1_keras", "data_source"]


def all_of_them() -> list[str]:
    """The architectures that can be compared."""
    return [name for name, family in ARCHITECTURES.items() if GROUP in family.groups]


def settings() -> dict[str, str]:
    """{variant's name: its value in the group}, the same for all of them."""
    several = (variants(name) for name in all_of_them())
    return {each.name: each.labels[GROUP] for some in several for each in some if GROUP in each.labels}


def save(place: Place, data: Dataset) -> None:
    """Put the comparison of what a place has into cells.csv, if that is two of them or more."""
    store.write("cells", place, compared(place, data))


def compared(place: Place, data: Dataset) -> pd.DataFrame:
    """`of_tables` of what a place has."""
    tables = (store.read(name, place) for name in ("results", "predictions"))
    return of_tables(*tables, data, store.read_if_there("conditions", place))


def of_tables(
    results: pd.DataFrame, answered: pd.DataFrame, data: Dataset, conditions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """COLUMNS, from results.csv and predictions.csv: for each setting a row for each cell, and one for each pair.

    In a cell's own row `against` is empty, `effect` its mean macro-F1. The correction is over all the pairs.
    Networks whose predictions are of other data do not count. With conditions.csv each pair's verdict is tried on the
    networks there, too, as `study.robustness` does it.
    """
    mine = results[results["variant"].isin(settings()) & (results["data_source"] == data.source)]
    params = mine.groupby("architecture")["params"].max().sort_values(kind="stable")
    there = [name for name in params.index if name in all_of_them()]
    if len(there) < 2:
        return pd.DataFrame(columns=COLUMNS)
    sides, margin = _sides(answered, there, data), ARCHITECTURES[there[0]].margin
    pairs = [
        {"group": GROUP, "architecture": ours, "variant": variant, "against": theirs}
        | evidence.difference(data.y_test, sides[ours, variant], sides[theirs, variant], margin)
        for variant in settings()
        for theirs, ours in combinations(there, 2)
    ]
    tried = {} if conditions is None else {
        name: _sides(rows, there, data)
        for name, rows in conditions[conditions["variant"].isin(settings())].groupby("condition")
    }  # fmt: skip
    alone = [_alone(*key, sides[key]) for variant in settings() for key in ((name, variant) for name in there)]
    table = pd.concat([pd.DataFrame(alone), _checked(evidence.judged(pd.DataFrame(pairs)), sides, tried, margin)])
    table = table.assign(params=table["architecture"].map(params), broken=table["broken"].astype(object).fillna(""))
    return table[COLUMNS].reset_index(drop=True)


def _sides(answered: pd.DataFrame, there: list[str], data: Dataset) -> dict[tuple[str, str], evidence.Side]:
    """{(architecture, variant): its networks}, of those that are compared."""
    mine = answered[answered["architecture"].isin(there) & answered["variant"].isin(settings())]
    answers = {
        key: np.stack([store.from_digits(each) for each in rows["predicted"]])
        for key, rows in mine.groupby(["architecture", "variant"])
    }
    return evidence.sides_of(data.y_test, len(data.classes), answers) if answers else {}


def _checked(pairs: pd.DataFrame, sides: dict, tried: dict[str, dict], margin: float) -> pd.DataFrame:
    """The pairs with COUNTS of `study.robustness`, and `broken`: "condition: verdict", where ours does not hold.

    They are one family of no architecture, so there is no wider correction to try.
    """
    ours, theirs = (list(zip(pairs[name], pairs["variant"], strict=True)) for name in ("architecture", "against"))
    named = pairs.assign(architecture=GROUP, variant=ours, baseline=theirs)
    rows = robustness.table(named, sides, tried)
    rows = rows[rows["method"] != "architecture"]
    counts = robustness.counted(rows, margin)  # of those that can be checked
    counts["broken"] = [
        "; ".join(f"{name}: {said}" for name, said in robustness.broken(rows, key, margin))
        for key in counts[robustness.KEY].itertuples(index=False)
    ]
    return named.merge(counts, how="left", on=robustness.KEY, validate="one_to_one").assign(
        architecture=pairs["architecture"].to_numpy(), variant=pairs["variant"].to_numpy()
    )


def finished(data: Dataset, place: Place, seeds: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What `of_tables` and `bests` take, of each kind all of whose networks are listed, or there with predictions.

    A notebook runs beside those of the other kinds: their tables may not be there yet, but all networks are.
    """
    digest = data_digest(limited(data, place.profile))
    around = surroundings(data.x_test, data.y_test)
    results, answered = [], []
    for name in all_of_them():
        wanted = jobs(name, place.profile, number=seeds)
        runs = ((run, _answers(run, data, around)) for run in _runs(wanted, place, digest))
        found = [(run, predicted) for run, predicted in runs if predicted is not None]
        for run, predicted in found if len(found) == len(wanted) else ():
            about = {"architecture": name, "variant": run.variant.name, "seed": run.seed}
            results.append(about | _scored(run, predicted, data))
            answered.append(about | {"predicted": store.as_digits(predicted)})
    columns = ["architecture", "variant", "seed"]
    return pd.DataFrame(results, columns=[*columns, *SCORES]), pd.DataFrame(answered, columns=[*columns, "predicted"])


def _runs(wanted: list[Job], place: Place, digest: str) -> Iterator[Run]:
    """The finished runs of an architecture's jobs."""
    for _, some in groupby(wanted, key=lambda job: job.variant.name):
        first, *others = some
        description = first.describe(digest)  # the same for all seeds but for these, and long to make
        for job in (first, *others):
            mark = fingerprint(description | {"seed": job.seed})
            if run := listed.run_of(job, place, mark) or find_run(job, place, mark):
                yield run


def _answers(run: Run, data: Dataset, around: dict[str, Any]) -> np.ndarray | None:
    """The classes that Keras predicts, as they are listed or kept; None where they would have to be computed."""
    if run.listed:
        return store.from_digits(run.listed["predicted"])
    kept = kept_of_run(run, data, around)
    return None if kept is None else kept["keras"].argmax(axis=1)


def _scored(run: Run, predicted: np.ndarray, data: Dataset) -> dict:
    """SCORES of a network, as results.csv has them."""
    scores = run.record["metrics"]["val_f1"], macro_f1(data.y_test, predicted, len(data.classes))
    return dict(zip(SCORES, (run.record["params"], *scores, data.source), strict=True))


def bests(results: pd.DataFrame) -> pd.DataFrame:
    """For each kind of cell its best network, by the validation data: architecture, variant, val_f1, test_f1_keras."""
    rows = []
    for name, mine in results[results["architecture"].isin(all_of_them())].groupby("architecture", sort=False):
        variant = store.best(mine)
        means = mine[mine["variant"] == variant][["val_f1", "test_f1_keras"]].mean()
        rows.append({"architecture": name, "variant": variant, **means})
    return pd.DataFrame(rows, columns=["architecture", "variant", "val_f1", "test_f1_keras"])


def _alone(architecture: str, variant: str, side: evidence.Side) -> dict:
    """A cell's own row."""
    row = {"architecture": architecture, "variant": variant, "against": "", "n_seeds": len(side.scores)}
    return row | {"effect": side.mean.estimate, "low": side.mean.low, "high": side.mean.high}
