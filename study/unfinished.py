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

    A variant is finished with all its seeds: what its networks do together needs their probabilities, which no table
    has. Raises MismatchError, and writes nothing, if numpy does not give what Keras gives.
    """
    wanted = jobs(architecture, place.profile)
    runs = [run for run in training.there([(wanted, data)], place) if not run.listed]
    missing = _missing(wanted, runs)
    runs = [run for run in runs if run.variant.name not in missing]
    others = training.there(conditions.batches(architecture, data, place.profile), place)
    if checks := evaluation.check(runs, data):
        results = evaluation.results(checks)
        if len(wrong := evaluation.unequal(results)):
            raise MismatchError(f"{architecture}: numpy and Keras differ in {', '.join(wrong['variant'].unique())}")
        _add("results", place, results)
        _add("predictions", place, evaluation.answers(checks))
        _add("history", place, evaluation.histories(checks))
        _add("temperatures", place, temperature.measured(checks, limited(data, place.profile)))
        if len(together := ensembles.measured(checks, place)):
            _add("ensembles", place, together)
    if others := [run for run in others if not run.listed]:
        _add("conditions", place, conditions.of_runs(others, architecture, data))
    return f"{architecture}: rows of {len(checks)} networks, and of {len(others)} under other conditions, are kept"


def _missing(wanted: list[Job], runs: list[Run]) -> set[str]:
    """The names of variants of which a seed is not among the runs."""
    there = {(run.variant.name, run.seed) for run in runs}
    return {job.variant.name for job in wanted if (job.variant.name, job.seed) not in there}


def _add(name: str, place: Place, rows: pd.DataFrame) -> None:
    """Rows into a table of what is unfinished, in place of those of the same networks."""
    aside = replace(place, unfinished=True)
    older, which = store.read_if_there(name, aside), [each for each in KEYS if each in rows]
    if older is not None:
        same = pd.MultiIndex.from_frame(older[which]).isin(pd.MultiIndex.from_frame(rows[which]))
        mine = older["architecture"] == rows["architecture"].iloc[0]
        rows = pd.concat([older[mine & ~same], rows])
    store.write(name, aside, rows)
