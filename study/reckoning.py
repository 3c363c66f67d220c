"""What the full study costs, and what more workers bring: reckoned from the times in its committed tables."""

from __future__ import annotations

import heapq
from itertools import chain

import pandas as pd

from . import full, status
from .architectures import ARCHITECTURES
from .runs import jobs, jobs_under

WORKERS = (1, 2, 8, 16, 64, 256)
CHECK_S = 2.0  # seconds of a network's check beside its predictions, taken to be so; a text network's took 1 in all


def costs() -> pd.DataFrame:
    """A row for each run of the full study: its seconds of training on one core, and of its check on the driver.

    Networks under other conditions are not checked; what their predictions take is not counted.
    """
    table = full.table("results")
    data = table["architecture"].map(lambda name: ARCHITECTURES[name].dataset)
    seconds = table["keras_s"] + table["numpy_s"]
    predicting = pd.concat([seconds.groupby(each).mean() for each in (table["architecture"], data)])
    rows = []
    for name, family in ARCHITECTURES.items():
        check = CHECK_S + predicting[name if name in predicting else family.dataset]
        for job in (*jobs(name, "full"), *chain(*jobs_under(name, "full").values())):
            seconds = status.SET_UP + job.epochs * status.epoch_by_table(job)
            rows.append((name, job.variant.name, job.seed, seconds, 0.0 if job.variant.condition else check))
    return pd.DataFrame(rows, columns=["architecture", "variant", "seed", "train_s", "check_s"])


def hours(seconds: pd.Series, workers: int) -> float:
    """How long so many workers take for runs of these seconds: the longest that waits goes to the next that is free."""
    free = [0.0] * workers
    for each in sorted(seconds, reverse=True):
        heapq.heappush(free, heapq.heappop(free) + each)
    return max(free) / 3600


def on_workers(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each number of WORKERS: hours of training, of the check after it, and the workers' share of work."""
    check, training = table["check_s"].sum() / 3600, table["train_s"].sum() / 3600
    found = pd.DataFrame({"workers": WORKERS})
    found["training"] = [hours(table["train_s"], each) for each in WORKERS]
    return found.assign(
        check=check, both=check + found["training"], busy=training / found["workers"] / found["training"]
    )
