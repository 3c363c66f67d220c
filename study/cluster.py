"""Training on a Dask cluster: joblib sends the runs there, and here stands what the driver does beside it.

Nothing is shared but messages. Every worker must have the driver's code and versions. `study.worker` is what it does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import joblib

from .datasets import Dataset
from .errors import ClusterError
from .journal import Told, write
from .runs import Job, fingerprint
from .worker import TOPIC, Described, Given, HandedOver, about, compare

START = "dask worker {} --nthreads 1 --nworkers -1"  # how a machine's cores join
ANSWER_S = 10  # seconds until a scheduler that does not answer, or has no worker, is an error
KEPT = "every network that had finished is kept, and workers keep what is under way on their disks: start again"


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
        compare(worker, threads[worker], found, about())
