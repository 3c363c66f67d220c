"""Descriptions of runs in, finished runs out: one process per run, as many at once as there are cores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from .datasets import Dataset
from .errors import TrainingError
from .journal import FileJournal, told_of
from .pool import Failed, side_by_side
from .profiles import BUDGETS
from .runs import Finished, Job, Place, Run, data_digest, find_run, fingerprint, jobs, save_run, set_damaged_aside


def train(
    architecture: str, data: Dataset, place: Place, only: tuple[str, ...] | None = None, seeds: int | None = None
) -> list[Run]:
    """Every run of an architecture in a profile; those that are already there are not trained again.

    `only` names the variants to train, all of them by default; `seeds`: how many, by default those of the profile.
    """
    return train_all([(jobs(architecture, place.profile, only, seeds), data)], place)


def train_all(batches: Iterable[tuple[list[Job], Dataset]], place: Place) -> list[Run]:
    """Like `train`, for jobs on several data sets, so that all of them share one pool of processes.

    Each run computes on one thread: two runs side by side finish sooner than one after the other on
    two threads (measured: 2.3 s against 3.2 s per 10,000 images), and the result does not depend on
    the number of cores.
    """
    place.check_writable()
    calls: list[tuple] = []
    for batch, full in batches:
        data = limited(full, place.profile)
        digest = data_digest(data)
        described = [(number, job, data, job.describe(digest), place) for number, job in enumerate(batch, len(calls))]
        calls += reversed(described)  # the largest stand last and begin first, so that no core idles at the end
    finished = _those_there(calls)
    if len(finished) < len(calls):
        with place.alone("training", "training"):
            place.sweep()
            finished = _those_there(calls)  # again: another process may have trained them meanwhile
            todo = {call[0]: call for call in calls if call[0] not in finished}
            for _, job, _, description, _ in todo.values():
                set_damaged_aside(job, place, fingerprint(description))
            finished |= _trained([*todo.values()], place)
    return [finished[number] for number in range(len(calls))]


def _trained(calls: list[tuple], place: Place) -> dict[int, Run]:
    """{number: its run} of all these, trained and saved as they finish.

    Raises TrainingError that names those that failed, after all others have finished.
    """

    def begun(call: int, since: float) -> bool:
        told = told_of(place.model(calls[call][1].variant, calls[call][1].seed))
        return told is not None and told.time > since

    finished, failed = {}, []
    for call, found in side_by_side("training", _train_one, calls, "run", begun):
        number, job, *_ = calls[call]
        if isinstance(found, Failed):
            failed.append(f"run {job}: {found.reason}")
        else:
            finished[number] = save_run(job, place, found)
    if failed:
        raise TrainingError("\n".join([*sorted(failed), "what has finished is kept: start again to train the rest"]))
    return finished


def _those_there(calls: list[tuple]) -> dict[int, Run]:
    """{number of a call: its finished run}, of those that need no training."""
    found = {number: find_run(job, place, fingerprint(about)) for number, job, _, about, place in calls}
    return {number: run for number, run in found.items() if run}


def limited(data: Dataset, profile: str) -> Dataset:
    """The stratified, seeded part of the training and validation data that a profile uses."""
    budget = BUDGETS[profile]
    x_train, y_train = _part(data.x_train, data.y_train, budget.train_samples)
    x_val, y_val = _part(data.x_val, data.y_val, budget.validation_samples)
    return replace(data, x_train=x_train, y_train=y_train, x_val=x_val, y_val=y_val)


def _part(x: np.ndarray, y: np.ndarray, samples: int | None) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split

    if samples is None or samples >= len(x):
        return x, y
    x, _, y, _ = train_test_split(x, y, train_size=samples, stratify=y, random_state=0)
    return x, y


def _train_one(number: int, job: Job, data: Dataset, description: dict[str, Any], place: Place) -> Finished:
    """Train in this process; called in a worker.

    A training of the same description that was broken off here goes on where it was.
    """
    from . import trainer

    mark = fingerprint(description)
    journal = FileJournal(place.model(job.variant, job.seed), mark)
    model, record = trainer.train(job.variant, job.training, job.epochs, job.seed, data, journal)
    about = {
        "fingerprint": mark,
        "profile": job.profile,
        "data_source": data.source,
        "train_samples": len(data.x_train),
        "validation_samples": len(data.x_val),
        "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    return Finished({**description, **about, **record}, _bytes_of(model))


def _bytes_of(model: Any) -> bytes:
    """What Keras writes into a model's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()
