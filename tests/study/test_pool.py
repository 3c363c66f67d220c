"""Calls side by side: what becomes of the others when one fails, or kills its process."""

import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import joblib
import keras
import numpy as np
import pytest

from study import pool, report, runs, training
from study.errors import DataError
from study.pool import Failed, side_by_side


def work(folder: Path, number: int, kills: bool = False) -> int:
    """A call that says that it has begun, and may kill its own process."""
    with (folder / str(number)).open("a") as file:
        file.write("begun\n")
    if kills:
        time.sleep(0.3)  # so that a neighbour has begun
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number * number


def fail(number: int) -> int:
    if number == 0:
        raise DataError("images.npz is missing")
    if number == 1:
        raise ZeroDivisionError
    return number


def test_a_call_that_fails_stops_no_other():
    found = dict(side_by_side("counting", fail, [(n,) for n in range(4)], "number"))
    assert found[0] == Failed("images.npz is missing")
    assert "Traceback" in found[1].reason  # nobody expected that: where it happened is told
    assert "ZeroDivisionError" in found[1].reason
    assert (found[2], found[3]) == (2, 3)


@pytest.mark.parametrize("workers", [2, 3])
def test_a_call_that_kills_its_process_is_found_and_the_others_finish(workers, tmp_path, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: workers)
    calls = [(tmp_path, number, number == 3) for number in range(8)]

    def begun(number, since):
        return (tmp_path / str(number)).exists() and (tmp_path / str(number)).stat().st_mtime >= since

    found = dict(side_by_side("counting", work, calls, "number", begun))
    assert found.pop(3) == Failed("its process was killed (SIGKILL(-9)), most likely by the system for lack of memory")
    assert found == {number: number * number for number in (0, 1, 2, 4, 5, 6, 7)}
    tries = {number: (tmp_path / str(number)).read_text().count("begun") for number in range(8)}
    assert tries.pop(3) == pool.TOGETHER + 1
    assert min(tries.values()) == 1  # what had finished was not called again


def kill_or_work(notebook: Path) -> None:
    if notebook.stem == "cnn":
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_page_whose_process_is_killed_is_named_and_the_others_are_made():
    calls = [(Path("cnn.ipynb"),), (Path("lstm.ipynb"),)]
    [failed] = report._failures("rendering", kill_or_work, calls)
    assert failed.reason.startswith("cnn.ipynb failed: its process was killed")


def test_what_is_trained_is_kept_whatever_fails_beside_it(tmp_path, monkeypatch):
    """In one process: what the pool says of runs that failed is told by name, after the others are saved.

    A network that gives other probabilities here than where it was trained is none.
    """
    place, x = runs.Place("tiny", True, tmp_path), np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    network.save(tmp_path / "a.keras")
    sound = runs.Finished({}, (tmp_path / "a.keras").read_bytes(), np.asarray(network(x)))
    answers = [(0, Failed("its process was killed")), (1, sound), (2, replace(sound, probabilities=np.ones((5, 3))))]
    monkeypatch.setattr(training, "side_by_side", lambda *_, **__: iter(answers))
    wanted = runs.jobs("lstm", "tiny", ("baseline", "layers-1", "layers-3"))
    data = SimpleNamespace(x_train=x, x_val=x, source="made up")
    described = [(number, data, job, {"data": "11"}, place) for number, job in enumerate(wanted)]
    _, failed = training._trained(described, "", training._plan(described, {}))
    said = ("^run lstm baseline .*: its process was killed", "run lstm .*: its probabilities .* not kept", "what has")
    assert re.match("\n".join(said), training.said_of(failed.values()))
    assert [path.parent.name for path in place.weights.rglob("*.keras")] == [wanted[1].variant.name]
