"""Training on a Dask cluster: joblib sends the runs there, and here stands what that needs beside it.

A worker is told what to train, not given it: it takes the data from its own folder (the environment variable
STUDY_DATA, else data/ of its checkout), downloads it there, or, where it has neither, asks the driver for what is
trained on, through the scheduler. What is kept of a training under way stays on the worker's disk; how far it is comes
to the driver. Nothing is shared but messages. Every worker must have the driver's code and versions.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import joblib

from . import datasets
from .architectures import ARCHITECTURES
from .datasets import Dataset
from .errors import ClusterError, DataError
from .journal import FileJournal, Journal, Told, forget, told_now, write
from .profiles import limited
from .runs import PACKAGES, Job, code_of, data_digest, fingerprint, versions

TOPIC = "study"  # of the workers' messages to the driver
START = "dask worker {} --nthreads 1 --nworkers -1"  # how a machine's cores join
ANSWER_S = 10  # seconds until a scheduler that does not answer, or has no worker, is an error
SENT_S = 600  # seconds until data that was asked for, and does not come, is an error
KEPT = "every network that had finished is kept, and workers keep what is under way on their disks: start again"


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
        _compare(worker.address, worker.state.nthreads, about(), dict(self.driver))
        data = _loaded(self)
        _compare(worker.address, 1, _flat(job.describe(data_digest(data))), _flat(description))
        _let_keras_draw_alone()
        return data, _WorkerJournal(worker, fingerprint(description))


class Machine:
    """The processes of this machine, for which nothing is to be done while they train."""

    def given(self, data: Dataset, job: Job, description: dict[str, Any], model: Path) -> Given:
        """What is to be told, or handed over, for a run on this data."""
        return HandedOver(data)

    def finished(self, description: dict[str, Any]) -> None:
        """The run's result is there."""


class Cluster(Machine):
    """What the driver does for a cluster's workers while they train: it notes their progress, and sends them data."""

    def __init__(self, client: Any):
        self._client = client
        self._offered: dict[str, Dataset] = {}
        self._sent: set[str] = set()
        self._models: dict[str, Path] = {}  # those under way, by fingerprint
        self._lock = Lock()  # messages come in another thread

    def given(self, data: Dataset, job: Job, description: dict[str, Any], model: Path) -> Given:
        digest, source = description["data"], "sample" if data.is_sample else "real"
        self._offered[digest] = data
        self._models[fingerprint(description)] = model
        return Described(data.name, source, tuple(data.options.items()), job.profile, digest, tuple(about().items()))

    def finished(self, description: dict[str, Any]) -> None:
        with self._lock:  # no message that comes late is noted beside what is finished
            self._models.pop(fingerprint(description))

    async def hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take a worker's message."""
        _, message = event
        digest = message.get("wanted")
        if digest in self._offered and digest not in self._sent:
            self._sent.add(digest)
            await self._client.publish_dataset(self._offered[digest], name=digest, override=True)
        with self._lock:
            if model := self._models.get(message.get("mark")):
                write(model, Told(**message["told"]))

    def take_back(self) -> None:
        """Free the scheduler of the data that it was sent."""
        for digest in self._sent:
            self._client.unpublish_dataset(digest)


@contextmanager
def of(scheduler: str) -> Iterator[Machine]:
    """Within, joblib computes on the cluster of a scheduler's address; without one, on this machine as always.

    Raises ClusterError if it does not answer, is lost, has no worker, or one whose results would be others.
    """
    if not scheduler:
        yield Machine()
        return
    from distributed.client import CancelledError
    from distributed.comm import CommClosedError

    client = _connect(scheduler)
    try:
        _check(client, scheduler)
        cluster = Cluster(client)
        client.subscribe_topic(TOPIC, cluster.hear)
        try:
            with joblib.parallel_config(_backend(client)):
                yield cluster
        finally:
            if client.status == "running":
                cluster.take_back()
    except (CancelledError, CommClosedError) as error:
        raise ClusterError(f"the scheduler {scheduler} is lost; {KEPT}") from error
    finally:
        client.close(timeout=2)


def _backend(client: Any) -> Any:
    """joblib's way to a cluster, also to one of a single worker: joblib would compute here then."""
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, super().effective_n_jobs(n_jobs))

    return Backend(client=client)


def _connect(scheduler: str) -> Any:
    from distributed import Client  # which sets up its logging
    from distributed.comm import connect

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # an error says it in one line

    async def ask() -> None:  # a client would wait forever for one that takes the call and says nothing
        await (await asyncio.wait_for(connect(scheduler, timeout=ANSWER_S), ANSWER_S)).close()

    try:
        asyncio.run(ask())
        return Client(scheduler, timeout=ANSWER_S, set_as_default=False, name="study")
    except (OSError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise ClusterError(f"the scheduler {scheduler} does not answer ({reason})") from error


def _check(client: Any, scheduler: str) -> None:
    """Raise ClusterError unless there are workers, and each of them would train what this machine would."""
    try:
        client.wait_for_workers(1, timeout=ANSWER_S)
    except TimeoutError as error:
        start = START.format(scheduler)
        raise ClusterError(f"the scheduler {scheduler} has no worker; start some in this project: {start}") from error
    threads = client.nthreads()
    for worker, found in client.run(about, on_error="return").items():
        if isinstance(found, Exception):
            reason = f"{type(found).__name__}: {found}"
            raise ClusterError(f"the worker {worker} cannot train for this project ({reason}); start it in the project")
        _compare(worker, threads[worker], found, about())


@cache
def about() -> dict[str, str]:
    """What must be the same for driver and worker, as this process has it.

    It is found once in a process: what it has loaded does not change with the files.
    """
    code = {f"code in {name}": digest for each in ARCHITECTURES for name, digest in code_of(each).items()}
    return {"Python": "{}.{}".format(*sys.version_info), **versions(*PACKAGES), **code}


def _compare(worker: str, threads: int, found: dict[str, str], expected: dict[str, str]) -> None:
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


def _let_keras_draw_alone() -> None:
    """Give Keras random numbers of its own for its seeds.

    It takes them from Python's, and so does Dask, in another thread: a training would begin with other weights.
    """
    from keras.src.random import seed_generator
    from keras.src.utils import rng_utils

    if not isinstance(seed_generator.python_random, random.Random):
        seed_generator.python_random = rng_utils.random = random.Random()


class _WorkerJournal(FileJournal):
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
