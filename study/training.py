"""Descriptions of runs in, finished runs out: one process per run, as many at once as there are cores, or workers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from . import cluster, listed, worker
from .datasets import Dataset
from .errors import TrainingError
from .files import FULL, saying_what_to_do
from .journal import forget, told_of
from .pool import Failed, error_of, side_by_side
from .profiles import limited
from .runs import Finished, Job, Place, Run, data_digest, find_run, fingerprint, jobs, save_run, set_damaged_aside
from .status import Plan

# Its number, what it is trained on, the run, its description, where it is kept.
Wanted = tuple[int, Dataset, Job, dict[str, Any], Place]
SHOWN = 100  # validation examples whose probabilities come with a network
SAME = 1e-4  # the largest difference between them and what `forward` computes here


def train(
    architecture: str,
    data: Dataset,
    place: Place,
    only: tuple[str, ...] | None = None,
    seeds: int | None = None,
    scheduler: str = "",
) -> list[Run]:
    """Every run of an architecture in a profile; those that are already there are not trained again.

    `only` names the variants to train, all of them by default; `seeds`: how many, by default those of the profile.
    """
    return train_all([(jobs(architecture, place.profile, only, seeds), data)], place, scheduler)


def train_all(batches: Iterable[tuple[list[Job], Dataset]], place: Place, scheduler: str = "") -> list[Run]:
    """Like `train`, for jobs on several data sets, so that all of them share one pool of processes.

    Raises TrainingError that names those that failed, after all others have finished; OSError if one cannot be saved.
    """
    place.check_writable()
    finished, failed = attempt([(*each, place) for each in batches], scheduler)
    if failed:
        raise error_of(failed.values(), TrainingError, said_of(failed.values()))
    return [finished[number] for number in range(len(finished))]


def said_of(failed: Iterable[Failed]) -> str:
    """What to tell of runs that failed."""
    return "\n".join(
        [*sorted(each.reason for each in failed), "what has finished is kept: start again to train the rest"]
    )


def attempt(
    batches: Iterable[tuple[list[Job], Dataset, Place]], scheduler: str = ""
) -> tuple[dict[int, Run], dict[int, Failed]]:
    """Train what is not there, in one pool for all places: {number of a job: its run}, and what the others failed for.

    The processes are of this machine, or with the address of a scheduler those of its Dask cluster.

    Each run computes on one thread: two runs side by side finish sooner than one after the other on
    two threads (measured: 2.3 s against 3.2 s per 10,000 images), and the result does not depend on
    the number of cores.
    """
    wanted = _described(batches)
    finished, failed = _those_there(wanted), {}
    for run in finished.values():
        if not run.listed:
            forget(run.path)  # a kill just after a run was saved leaves the state of its training
    if len(finished) < len(wanted):
        places = {place.weights: place for number, *_, place in wanted if number not in finished}
        with ExitStack() as locked:
            for _, place in sorted(places.items()):  # in one order everywhere: no two wait for each other
                locked.enter_context(place.alone("training", "training"))
                place.sweep()
            finished = _those_there(wanted)  # again: another process may have trained them meanwhile
            todo = [each for each in wanted if each[0] not in finished]
            for _, _, job, description, place in todo:
                set_damaged_aside(job, place, fingerprint(description))
            if todo:
                trained, failed = _trained(todo, scheduler, _plan(wanted, finished))
                return _timed(finished | trained, wanted), failed
    _plan(wanted, finished).begin()
    return finished, failed


def there(batches: Iterable[tuple[list[Job], Dataset]], place: Place) -> list[Run]:
    """The finished ones of these runs, listed or not; nothing is trained."""
    found = _those_there(_described([(*each, place) for each in batches]))
    return [found[number] for number in sorted(found)]


def _described(batches: Iterable[tuple[list[Job], Dataset, Place]]) -> list[Wanted]:
    """All jobs, numbered in their order, with their data and descriptions."""
    wanted: list[Wanted] = []
    for batch, full, place in batches:
        data = worker.without_test(limited(full, place.profile))
        digest = data_digest(data)
        described = [(number, data, job, job.describe(digest), place) for number, job in enumerate(batch, len(wanted))]
        wanted += reversed(described)  # the largest stand last and begin first, so that no core idles at the end
    return wanted


def _those_there(wanted: list[Wanted]) -> dict[int, Run]:
    """{number: finished run}, of those that need no training."""
    sources = {number: data.source for number, data, *_ in wanted}
    found = {
        number: find_run(*about) or listed.find(*about, sources[number]) for number, about in _marked(wanted).items()
    }
    return _timed({number: run for number, run in found.items() if run}, wanted)


def _timed(found: dict[int, Run], wanted: list[Wanted]) -> dict[int, Run]:
    """These runs with the times of the tables where some are listed alone: times are compared of one machine."""
    if not any(run.listed for run in found.values()):
        return found
    marks = _marked(wanted)
    return {number: listed.timed(run, *marks[number][1:]) for number, run in found.items()}


def _marked(wanted: list[Wanted]) -> dict[int, tuple[Job, Place, str]]:
    return {number: (job, place, fingerprint(description)) for number, _, job, description, place in wanted}


def _plan(wanted: list[Wanted], finished: dict[int, Run]) -> Plan:
    runs = {number: (job, place) for number, _, job, _, place in wanted}
    return Plan(runs.values(), [runs[number] for number in finished])


def _trained(todo: list[Wanted], scheduler: str, plan: Plan) -> tuple[dict[int, Run], dict[int, Failed]]:
    """{number: its run} of all these, trained and saved as they finish, and what the others failed for."""
    models = [place.model(job.variant, job.seed) for _, _, job, _, place in todo]

    def begun(call: int, since: float) -> bool:
        told = told_of(models[call])
        return told is not None and told.time > since

    finished, failed = {}, {}
    with cluster.of(scheduler) as workers:
        given = [
            (job, workers.given(data, job, description, model), description, model)
            for (_, data, job, description, _), model in zip(todo, models, strict=True)
        ]
        plan.begin()
        for call, found in side_by_side("training", _train_one, given, "run", begun, plan.note):
            number, data, job, description, place = todo[call]
            workers.finished(description)
            reason = found.reason if isinstance(found, Failed) else _differs(found, data)
            if reason:
                failed[number] = Failed(f"run {job}: {reason}", getattr(found, "of_disk", False))
                continue
            try:
                finished[number] = save_run(job, place, _with_record(found, job, data, description))
                plan.done(models[call], finished[number].record)
            except OSError as error:
                if error.errno in FULL:  # for the others, too
                    raise
                failed[number] = Failed(f"run {job}: {error}", of_disk=True)
    return finished, failed


def _train_one(job: Job, given: worker.Given, description: dict[str, Any], model: Path) -> Finished:
    """Train in this process; called in a worker.

    A training of the same description that was broken off here goes on where it was.
    """
    from . import trainer

    data, journal = given.open(job, description, model)
    network, record = trainer.train(job.variant, job.training, job.epochs, job.seed, data, journal)
    record["finished"] = datetime.now().astimezone().isoformat(timespec="seconds")
    finished = Finished(record, _bytes_of(network), network.predict(data.x_val[:SHOWN], verbose=0))
    journal.finish()
    return finished


def _bytes_of(model: Any) -> bytes:
    """What Keras writes into a model's file."""
    with saying_what_to_do(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _with_record(found: Finished, job: Job, data: Dataset, description: dict[str, Any]) -> Finished:
    """With all that the record says beside what the training gave."""
    about = {
        "fingerprint": fingerprint(description),
        "profile": job.profile,
        "data_source": data.source,
        "train_samples": len(data.x_train),
        "validation_samples": len(data.x_val),
    }
    return replace(found, record={**description, **about, **found.record})


def _differs(found: Finished, data: Dataset) -> str:
    """How a network as it came differs from what was trained, by what `forward` computes here; empty if it does not.

    Such a file is damaged, or its worker computes with less than float32.
    """
    import forward

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(found.model)
        here = forward.load_model(path).predict(data.x_val[:SHOWN])
    difference = np.abs(here - found.probabilities).max()
    if difference <= SAME or np.array_equal(here, found.probabilities, equal_nan=True):
        return ""
    return f"its probabilities here and where it was trained are up to {difference:.2g} apart; it is not kept"
