"""What is trained of a report that is not made yet, as rows from which another machine goes on.

Training the full profile takes longer than some machines last. `make keep` holds numpy against Keras on the networks
that are there, and puts all that a page needs of them into reports/unfinished/<profile>/: tables as those of a report,
with fewer rows. What is listed there is not trained again (`study.listed`), and goes from there into the report.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from . import conditions, ensembles, evaluation, listed, store, temperature, training
from .datasets import Dataset
from .errors import MismatchError
from .profiles import limited
from .runs import Job, Place, Run, jobs

KEYS = [*listed.NAMED, "condition"]  # what names a row, of those that a table has


def keep(architecture: str, data: Dataset, place: Place) -> str:
    """Put the rows of an architecture's finished variants beside those that are listed; say how many networks they are.

    Those that are listed already are not checked again. A variant is finished with all its seeds: what its networks
    do together needs their probabilities, which no table has. Raises MismatchError if numpy does not give what Keras
    gives, when all else is kept; of a variant with such a network nothing is.
    """
    wanted = jobs(architecture, place.profile)
    runs = [run for run in training.there([(wanted, data)], place) if not run.listed]
    left_out = _missing(wanted, runs) | _kept(runs, place)
    runs = [run for run in runs if run.variant.name not in left_out]
    others = training.there(conditions.batches(architecture, data, place), place)
    others = [run for run in others if not (run.listed or _has_row(run, place))]
    checks, wrong = evaluation.check(runs, data), []
    if checks:
        wrong = list(evaluation.unequal(evaluation.results(checks))["variant"].unique())
        checks = [each for each in checks if each.run.variant.name not in wrong]
    if checks:
        _add("predictions", place, evaluation.answers(checks))
        _add("history", place, evaluation.histories(checks))
        _add("temperatures", place, temperature.measured(checks, limited(data, place.profile)))
        if len(together := ensembles.measured(checks, place)):
            _add("ensembles", place, together)
        _add("results", place, evaluation.results(checks))  # last: by its fingerprints the other rows count
    if others:
        _add("conditions", place, conditions.of_runs(others, architecture, data))
    if wrong:
        raise MismatchError(f"{architecture}: numpy and Keras differ in {', '.join(wrong)}; all else is kept")
    return f"{architecture}: rows of {len(checks)} networks, and of {len(others)} under other conditions, are kept"


def _missing(wanted: list[Job], runs: list[Run]) -> set[str]:
    """The names of variants of which a seed is not among the runs."""
    there = {(run.variant.name, run.seed) for run in runs}
    return {job.variant.name for job in wanted if (job.variant.name, job.seed) not in there}


def _kept(runs: list[Run], place: Place) -> set[str]:
    """The names of variants all of whose runs have rows."""
    return {run.variant.name for run in runs} - {run.variant.name for run in runs if not _has_row(run, place)}


def _has_row(run: Run, place: Place) -> bool:
    return listed.row_of(run.record["fingerprint"], place) is not None


def _add(name: str, place: Place, rows: pd.DataFrame) -> None:
    """Rows into a table of what is unfinished, in place of those of the same networks."""
    store.add(name, replace(place, unfinished=True), rows, KEYS)
