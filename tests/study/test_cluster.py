"""Training on a real Dask cluster: a scheduler and workers, processes of their own, on this machine's loopback."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import psutil
import pytest
from distributed import Client

from study import cluster, datasets, profiles, runs, training
from study import worker as workers
from study.__main__ import main
from study.errors import ClusterError
from study.files import ROOT
from study.journal import State, told_of

pytestmark = pytest.mark.slow
TEXTS = datasets.load("nusax", source="sample")
ONLY = ("baseline", "layers-1")
OTHER_VERSIONS = """
from importlib import metadata
def other(name, genuine=metadata.version):
    return "1.2.3" if name == "keras" else genuine(name)
metadata.version = other
"""


def start(command, *arguments):
    """A process of Dask's that can import the project."""
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{command}", "--no-dashboard", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "STUDY_DATA": "/nowhere"},
        stderr=subprocess.DEVNULL,
    )


def end(*processes):
    """Stop processes with all that they started."""
    everything = [each for process in processes for each in (psutil.Process(process.pid), *children(process))]
    for each in everything:
        each.kill()
    psutil.wait_procs(everything, 20)
    for process in processes:
        process.wait()


def children(process):
    return psutil.Process(process.pid).children(recursive=True)


def start_scheduler(folder):
    """A scheduler, and its address."""
    file = folder / "scheduler.json"
    process = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file)
    return process, eventually(lambda: json.loads(file.read_text())["address"])


def eventually(found, seconds=100):
    """What a function gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if answer := found():
                return answer
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    raise AssertionError("in vain")


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """A scheduler's process and address, and a process with two workers."""
    folder = tmp_path_factory.mktemp("dask")
    scheduler, address = start_scheduler(folder)
    workers = start("worker", address, "--nthreads", 1, "--nworkers", 2, "--local-directory", folder)
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, 100)
    yield SimpleNamespace(scheduler=scheduler, address=address)
    end(workers, *([scheduler] if scheduler.poll() is None else []))


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Two runs, trained by processes of this machine."""
    return training.train("lstm", TEXTS, runs.Place("tiny", True, tmp_path_factory.mktemp("local")), only=ONLY)


@pytest.fixture
def place(tmp_path):
    return runs.Place("tiny", True, tmp_path)


def assert_same(found, expected):
    """Whether runs are the same, to the last digit."""
    for one, other in zip(found, expected, strict=True):
        assert (one.history, one.record["fingerprint"]) == (other.history, other.record["fingerprint"])
        assert one.record["metrics"] == other.record["metrics"]
        theirs, ours = (keras.models.load_model(run.path).get_weights() for run in (one, other))
        for weights, same in zip(theirs, ours, strict=True):
            np.testing.assert_array_equal(weights, same)


def at_first_word(place, act):
    """Call `act` with what the first training tells of its beginning, from another thread."""
    models = [place.model(job.variant, 0) for job in runs.jobs("lstm", "tiny")]
    thread = threading.Thread(target=lambda: act(eventually(lambda: next(filter(None, map(told_of, models)), None))))
    thread.start()
    return thread


def test_the_same_as_on_this_machine_to_the_last_digit_and_so_after_the_loss_of_a_worker(dask, local, place):
    killed = []

    def kill(told):
        killed.append(told)
        os.kill(told.process, signal.SIGKILL)

    thread = at_first_word(place, kill)
    assert_same(training.train("lstm", TEXTS, place, only=ONLY, scheduler=dask.address), local)
    thread.join()
    assert killed[0].epoch == 0
    assert not list(place.weights.rglob("*progress*"))  # what comes late is not noted


def test_data_that_a_worker_cannot_load_comes_from_the_driver_and_is_taken_back(dask, place):
    """The test split stays where it is."""
    other = replace(TEXTS, y_val=TEXTS.y_val[::-1].copy())
    [run] = training.train("lstm", other, place, only=("layers-1",), scheduler=dask.address)
    assert run.record["data"] == runs.data_digest(profiles.limited(other, "tiny"))
    with Client(dask.address, set_as_default=False) as client:
        assert client.list_datasets() == ()


def test_a_worker_with_other_packages_is_named_before_anything_is_trained(dask, place, tmp_path):
    (tmp_path / "other.py").write_text(OTHER_VERSIONS)
    worker = start("worker", dask.address, "--nthreads", 1, "--preload", tmp_path / "other.py", "--no-nanny")
    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(3, 100)
        try:
            with pytest.raises(
                ClusterError, match=r"the worker tcp://.* has another keras \(1\.2\.3\) than the driver"
            ):
                training.train("lstm", TEXTS, place, only=ONLY, scheduler=dask.address)
        finally:
            end(worker)
            eventually(lambda: len(client.nthreads()) == 2)
    assert not list(place.weights.rglob("seed-*"))


def test_a_worker_that_would_train_otherwise_is_named(dask, place, monkeypatch):
    """Here the driver has other tables than the workers: their versions and code are the same."""
    monkeypatch.setitem(profiles.BUDGETS, "tiny", replace(profiles.BUDGETS["tiny"], epochs=2))
    with pytest.raises(
        ClusterError, match=r"the worker tcp://.* has another epochs_at_most \(1\) than the driver \(2\)"
    ):
        training.train("lstm", TEXTS, place, only=ONLY, scheduler=dask.address)


def test_a_worker_with_two_threads_is_refused():
    with pytest.raises(ClusterError, match=r"the worker tcp://far:1 has 2 threads.*--nthreads 1"):
        workers.compare("tcp://far:1", 2, {}, {})


def test_no_worker_and_no_answer_are_told(place, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER_S", 2)
    scheduler, address = start_scheduler(tmp_path)
    try:
        with pytest.raises(ClusterError, match=f"{address} has no worker.*dask worker {address} --nthreads 1"):
            training.train("lstm", TEXTS, place, only=ONLY, scheduler=address)
    finally:
        end(scheduler)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ClusterError, match=f"{address} does not answer"):
            training.train("lstm", TEXTS, place, only=ONLY, scheduler=address)


def test_keras_draws_its_seeds_alone():
    """Dask draws from Python's random numbers in the middle of a training."""

    def seeds():
        for _ in range(3):
            random.random()
            yield keras.initializers.GlorotUniform().seed

    workers.let_keras_draw_alone()
    keras.utils.set_random_seed(5)
    disturbed = [*seeds()]
    keras.utils.set_random_seed(5)
    assert disturbed == [keras.initializers.GlorotUniform().seed for _ in range(3)]


def test_a_training_that_nobody_waits_for_ends_and_is_kept(tmp_path):
    worker = SimpleNamespace(
        local_directory=str(tmp_path / "worker-1"),
        get_current_task=lambda: "run",
        state=SimpleNamespace(tasks={"run": SimpleNamespace(state="executing")}),
    )
    journal = workers.WorkerJournal(worker, "11")
    after = [State({"loss": [1.0] * epochs, "val_loss": [1.0] * epochs}, 1.0, [], []) for epochs in (1, 2)]
    journal.keep(lambda: after[0])
    worker.state.tasks["run"].state = "cancelled"
    with pytest.raises(ClusterError, match="nobody waits"):
        journal.keep(lambda: after[1])
    assert workers.WorkerJournal(worker, "11").last() == after[1]
    assert workers.WorkerJournal(worker, "12").last() is None


def test_the_loss_of_the_scheduler_is_told(dask, place, capsys):
    """The last test: it has no scheduler any more."""
    thread = at_first_word(place, lambda _: dask.scheduler.kill())
    out = ["--out", str(place.out_dir), "--source", "sample", "--profile", "tiny", "--arch", "lstm"]
    assert main(["train", *out, "--scheduler", dask.address]) == 2
    thread.join()
    assert (
        f"error: the scheduler {dask.address} is lost; every network that had finished is kept"
        in capsys.readouterr().err
    )
