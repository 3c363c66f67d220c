"""Where a run is trained: a process of this machine, which is handed the data, or a worker of a Dask cluster.

A worker is told what to train, not given it: it takes the data from its own folder (the environment variable
STUDY_DATA, else data/ of its checkout), downloads it there, or, where it has neither, asks the driver for what is
trained on, through the scheduler. What is kept of a training under way stays on its disk; how far it is comes to the
driver.
"""

from __future__ import annotations

import os
import random
import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

from . import datasets
from .architectures import ARCHITECTURES
from .datasets import Dataset
from .errors import ClusterError, DataError
from .journal import FileJournal, Journal, forget, told_now
from .profiles import limited
from .runs import PACKAGES, Job, code_of, data_digest, fingerprint, versions

TOPIC = "study"  # of the workers' messages to the driver
SENT_S = 600  # seconds until data that was asked for, and does not come, is an error


class Given(Protocol):
    """What a worker is given to train with."""

    def open(self, job: Job, description: dict[str, Any], model: Path) -> tuple[Dataset, Journal]:
        """What a training needs: its data, and where its state is kept."""


@dataclass(frozen=True)
class HandedOver:
    """The data itself, for a process of this machine, where joblib shares large arrays in memory."""

    data: Dataset

    def open(self, job: Job, description: dict[str, Any], model: Path) -> tuple[Dataset, Journal]:
        return self.data, FileJournal(model, fingerprint(description))


@dataclass(frozen=True)
class Described:
    """What a worker of a cluster is told instead: which data, and what must be the same as where the driver runs."""

    name: str
    source: str
    options: tuple[tuple[str, str], ...]
    profile: str
    digest: str
    driver: tuple[tuple[str, str], ...]  # its `about`

    def open(self, job: Job, description: dict[str, Any], model: Path) -> tuple[Dataset, Journal]:
        """Raises ClusterError on a worker where it would be another training: one that came later than the others."""
        from distributed import get_worker

        worker = get_worker()
        compare(worker.address, worker.state.nthreads, about(), dict(self.driver))
        data = _loaded(self)
        compare(worker.address, 1, _flat(job.describe(data_digest(data))), _flat(description))
        let_keras_draw_alone()
        return data, WorkerJournal(worker, fingerprint(description))


@cache
def about() -> dict[str, str]:
    """What must be the same for driver and worker, as this process has it.

    It is found once in a process: what it has loaded does not change with the files.
    """
    code = {f"code in {name}": digest for each in ARCHITECTURES for name, digest in code_of(each).items()}
    return {"Python": "{}.{}".format(*sys.version_info), **versions(*PACKAGES), **code}


def compare(worker: str, threads: int, found: dict[str, str], expected: dict[str, str]) -> None:
    """Raise ClusterError unless a worker trains what the driver means."""
    if threads != 1:  # seeds and sessions of TensorFlow are those of a process
        raise ClusterError(f"the worker {worker} has {threads} threads, expected one: start it with --nthreads 1")
    for name in sorted({*found, *expected}):
        theirs, ours = found.get(name, "none"), expected.get(name, "none")
        if theirs != ours:
            raise ClusterError(
                f"the worker {worker} has another {name} ({theirs[:20]}) than the driver ({ours[:20]}): "
                "bring it up to date (git, requirements.txt) and start it anew"
            )


def _flat(description: dict[str, Any]) -> dict[str, str]:
    """A run's description in pieces, each of which can be named."""
    flat = {}
    for key, value in description.items():
        pieces = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{key} {name}".strip(): str(each) for name, each in pieces}
    return flat


@lru_cache(maxsize=2)  # images, and the texts of one language
def _loaded(given: Described) -> Dataset:
    """What is trained on, from where this worker has it; read once by a process."""
    try:
        folder = os.environ.get("STUDY_DATA", "data")
        full = datasets.load(given.name, folder, given.source, **dict(given.options))
        data = without_test(limited(full, given.profile))
        if data_digest(data) == given.digest:
            return data
    except (DataError, OSError):  # it has none, and cannot have it
        pass
    return _from_driver(given.digest)


def without_test(data: Dataset) -> Dataset:
    """What is trained and validated on."""
    return replace(data, x_test=data.x_test[:0].copy(), y_test=data.y_test[:0].copy())  # a view would keep them


def _from_driver(digest: str) -> Dataset:
    """What is trained on, as the driver sends it through the scheduler when it is asked for it."""
    from distributed import get_client, get_worker

    get_worker().log_event(TOPIC, {"wanted": digest})
    client, end = get_client(), time.monotonic() + SENT_S
    while digest not in client.list_datasets():
        if time.monotonic() > end:
            raise ClusterError(f"the worker {get_worker().address} has no data, and the driver sent none")
        time.sleep(0.2)
    return client.get_dataset(digest)


def let_keras_draw_alone() -> None:
    """Give Keras random numbers of its own for its seeds.

    It takes them from Python's, and so does Dask, in another thread: a training would begin with other weights.
    """
    from keras.src.random import seed_generator
    from keras.src.utils import rng_utils

    if not isinstance(seed_generator.python_random, random.Random):
        seed_generator.python_random = rng_utils.random = random.Random()


class WorkerJournal(FileJournal):
    """Keeps a training's state on the worker's disk, where a new process of this machine finds it; tells the driver."""

    def __init__(self, worker: Any, mark: str):
        # The name of a model; only its state comes there.
        super().__init__(Path(worker.local_directory).parent / "study" / f"{mark}.keras", mark)
        self._worker, self._task = worker, worker.get_current_task()

    def tell(self, state: Any, epochs: int) -> None:
        self._worker.log_event(TOPIC, {"mark": self.mark, "told": asdict(told_now(state, epochs))})

    def keep(self, state: Any) -> None:
        """Keep the state; end the training if the driver, or its connection, is gone."""
        task = self._worker.state.tasks.get(self._task)
        gone = task is None or task.state != "executing"
        if gone:
            self._not_before = 0.0
        super().keep(state)
        if gone:
            raise ClusterError("nobody waits for this training any more")

    def finish(self) -> None:
        forget(self.model)
