"""Networks that a report's tables list with all that its pages ask for: they need not be trained again.

results.csv, predictions.csv, temperatures.csv and history.csv, and for networks under another condition conditions.csv,
have all of a network but its weights, and the fingerprint of what trained it. Training it again would give the same
network. So where a row is there and its network is not, the row is taken: a clone makes the pages of the full profile
from the tables in git, in minutes, not hours. Without the tables everything is trained.

`make keep` puts such rows into reports/unfinished/ before there is a report, so that what one machine has trained,
another need not.

What pages look into must be there, and is trained where it is not: the networks with seed 0, and where a training does
not take LONG, those of the baseline and of the variant that is best on validation data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import pandas as pd

from . import store
from .runs import Job, Place, Run

METRICS = ("val_loss", "val_f1", "train_f1")  # of a record
BY_RULE = "val_f1_"  # columns: what the network would score on validation data with the weights of each rule
LOSSES = ("loss", "val_loss")  # of every history, and no numbers where a training diverged
NAMED = ["architecture", "variant", "seed"]
TIMES = ("keras_s", "numpy_s", "plain_s")
STUDIED = ("results", "predictions", "temperatures", "history")
TABLES = (*STUDIED, "conditions")
NOTHING = pd.DataFrame(columns=[*NAMED, "fingerprint", "val_f1", "train_s"])
LONG = 120  # seconds, the median of a variant: no network is trained so long for one more line in a picture


def find(job: Job, place: Place, mark: str, source: str) -> Run | None:
    """The run of this fingerprint as the tables tell of it; None where they do not, or where it must be there.

    Also None where its answers are to test examples of another `source`: a fingerprint does not know these.
    """
    run = None if _is_looked_into(job, _tables(place)) else run_of(job, place, mark)
    return run if run and run.record.get("data_source", source) == source else None  # under a condition there is none


def run_of(job: Job, place: Place, mark: str) -> Run | None:
    """The same, also of networks that must be there for the pages: for whoever asks for scores and answers alone."""
    row = row_of(mark, place)
    return row and Run(job.variant, job.seed, place.model(job.variant, job.seed), record(row), listed=row)


def row_of(mark: str, place: Place) -> dict[str, Any] | None:
    """All that the tables have of the network of this fingerprint; None where they do not list it."""
    return _tables(place).rows.get(mark)


def timed(run: Run, place: Place, mark: str) -> Run:
    """A run with the times that the tables have of it, if they do.

    Where some networks are listed alone, times are compared of one machine: the one that the tables are of.
    """
    row = row_of(mark, place)
    if row is None or run.variant.condition:  # those are not timed
        return run
    return replace(run, record=run.record | {"train_s": row["train_s"]}, times={name: row[name] for name in TIMES})


def has(job: Job, place: Place) -> bool:
    """Whether `find` will, as far as can be seen without the data, which is a part of a fingerprint."""
    tables = _tables(place)
    return (job.variant.architecture, job.variant.name, job.seed) in tables.named and not _is_looked_into(job, tables)


def record(row: dict[str, Any]) -> dict[str, Any]:
    """What a network's record says, from its row of results.csv, or with less of conditions.csv."""
    metrics = {name: row[name] for name in METRICS if name in row}
    rules = {each.removeprefix(BY_RULE): row[each] for each in row if each.startswith(BY_RULE)}
    return row | {"metrics": metrics, "rules": rules}


def history(rows: pd.DataFrame) -> dict[str, list[float]]:
    """A network's history, from its rows of history.csv; what none of its epochs has is left out, but for LOSSES."""
    losses = rows.drop(columns=[*NAMED, "epoch"])
    return losses[[name for name in losses if name in LOSSES or losses[name].notna().any()]].to_dict("list")


@dataclass(frozen=True)
class Tables:
    """What the tables have: {fingerprint: row}, the names of those networks, and which variants need every seed."""

    rows: dict[str, dict[str, Any]]
    named: set[tuple[str, str, int]]
    every_seed: set[tuple[str, str]]


def _is_looked_into(job: Job, tables: Tables) -> bool:
    """Whether the pages need more of this network than the tables tell."""
    variant = job.variant
    return not variant.condition and (job.seed == 0 or (variant.architecture, variant.name) in tables.every_seed)


def _tables(place: Place) -> Tables:
    own = replace(place, by_hand=False)  # those of a report, for a notebook that is run by hand, too
    places = (own, replace(own, unfinished=True))
    files = [each.reports / f"{name}.csv" for each in places for name in TABLES]
    return _read(places, tuple(each.stat().st_mtime_ns if each.exists() else 0 for each in files))


@lru_cache(maxsize=4)
def _read(places: tuple[Place, ...], changed: tuple[int, ...]) -> Tables:
    """The tables as they are since `changed`; rows without a fingerprint, as older ones are, tell nothing."""
    studied, others = (_listed([of(place) for place in places]) for of in (_studied, _under_conditions))
    best = {(name, store.best(rows)) for name, rows in studied.groupby("architecture")}
    seconds = studied.groupby(["architecture", "variant"])["train_s"].median()
    every_seed = {name for name in seconds[seconds <= LONG].index if name in best or name[1] == "baseline"}
    rows = {row["fingerprint"]: row for some in (studied, others) for row in some.to_dict("records")}
    return Tables(rows, {tuple(row[each] for each in NAMED) for row in rows.values()}, every_seed)


def _listed(several: list[pd.DataFrame]) -> pd.DataFrame:
    rows = pd.concat([each for each in several if len(each)] or [NOTHING])
    return rows[rows["fingerprint"].notna()]


def _studied(place: Place) -> pd.DataFrame:
    """results.csv, with each network's answers, its temperature and its history."""
    tables = [store.read_if_there(name, place) for name in STUDIED]
    if any(each is None for each in tables) or "fingerprint" not in tables[0]:
        return NOTHING
    results, answers, temperatures, epochs = tables
    rows = results.merge(answers, on=NAMED).merge(temperatures, on=NAMED)
    histories = {key: history(mine) for key, mine in epochs.groupby(NAMED)}
    found = [histories.get(key) for key in rows[NAMED].itertuples(index=False, name=None)]
    return rows.assign(history=found).dropna(subset="history")  # a table may lack rows: what wrote it was killed


def _under_conditions(place: Place) -> pd.DataFrame:
    """conditions.csv, in which the names have the condition behind them."""
    rows = store.read_if_there("conditions", place)
    if rows is None or "fingerprint" not in rows:
        return NOTHING
    return rows.assign(variant=rows["variant"] + "@" + rows["condition"])
