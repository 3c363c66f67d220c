"""Files on disks that fail, and two processes at once: what is left, and what is said."""

import os
import platform
import select
import signal
import subprocess
import sys
import time

import pytest

from study import files, runs
from study.files import ROOT, atomic_write

HOST = platform.node()


@pytest.fixture
def gone():
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError), atomic_write(tmp_path / "a.csv") as part:
        part.write_text("half")
        raise RuntimeError
    assert names(tmp_path) == []
    with atomic_write(tmp_path / "a.csv") as part:
        part.write_text("all")
        assert names(tmp_path) == [part.name]
    assert (tmp_path / "a.csv").read_text() == "all"
    assert names(tmp_path) == ["a.csv"]


def test_what_killed_processes_left_goes_wherever_it_lies(tmp_path, gone):
    """What a running one is writing stays, and so does, for a week, what another host's may be writing."""
    place = runs.Place("tiny", True, tmp_path)
    stay = [f".{os.getppid()}@{HOST}@a.csv", f".{gone}@elsewhere@a.csv", ".gitignore", "a.csv", f".{gone}"]
    go = [f".{gone}@{HOST}@a.csv", f".{gone}@{HOST}@with@signs.csv", f".{gone}@elsewhere@old.csv"]
    for folder in (place.weights / "lstm" / "baseline", place.figures, place.reports):
        folder.mkdir(parents=True)
        for name in (*stay, *go):
            (folder / name).touch()
        os.utime(folder / go[-1], (time.time() - 8 * 86400,) * 2)
    place.sweep()
    for folder in (place.weights / "lstm" / "baseline", place.figures, place.reports):
        assert names(folder) == sorted(stay)


def test_another_file_of_a_folder_takes_it_away_too(tmp_path, gone):
    (tmp_path / f".{gone}@{HOST}@b.csv").touch()
    with atomic_write(tmp_path / "a.csv") as part:
        part.touch()
    assert names(tmp_path) == ["a.csv"]


def test_a_lasting_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *each, name=name, real=real: (done.append(name), real(*each))[1])
    for lasting in (True, False):
        with atomic_write(tmp_path / "a.csv", lasting) as part:
            part.touch()
    assert done == ["fsync", "replace", "fsync", "replace"]


def test_what_is_set_aside_is_never_lost(tmp_path):
    for content in "abc":
        (tmp_path / "seed-0.keras").write_text(content)
        files.set_aside(tmp_path / "seed-0.keras")
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"seed-0.keras.damaged": "a", "seed-0.keras.damaged-2": "b", "seed-0.keras.damaged-3": "c"}


# Takes a lock of a place, says so, and holds it until it may go on or is killed.
HOLDER = """
import sys
from study.runs import Place
with Place("tiny", True, sys.argv[1]).alone("report", "making the report"):
    print("mine", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path):
    """A function that starts another process."""
    started = []

    def start(code=HOLDER):
        command = [sys.executable, "-c", code, str(tmp_path)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        started.append(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


def test_the_second_process_says_for_whom_it_waits(other, tmp_path):
    first = other()
    assert first.stdout.readline() == "mine\n"
    second = other()
    said = ""
    while "weights" not in said:
        said += second.stderr.read(1)
    assert f"waiting for process {first.pid} on {HOST} (since 2" in said
    assert ", which is making the report in " in said
    assert second.poll() is None
    first.communicate("go on")
    assert second.stdout.readline() == "mine\n"


def test_a_lock_of_a_dead_process_is_none(other, tmp_path):
    first = other()
    assert first.stdout.readline() == "mine\n"
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = other()
    assert second.stdout.readline() == "mine\n"
    assert second.communicate("go on")[1] == ""
    assert runs.Place("tiny", True, tmp_path).weights.joinpath(".report.lock").exists()


def test_who_makes_a_report_may_train(tmp_path):
    place = runs.Place("tiny", True, tmp_path)
    with place.alone("report"), place.alone("training"), place.alone("tables"):
        pass
    assert names(tmp_path) == ["weights"]


# Trains two runs of a place, with a stub instead of the workers that takes its time and notes what it trained.
TRAINING = """
import sys, time
from study import datasets, training
from study.runs import Finished, Place, jobs

def side_by_side(what, function, calls, *_, **__):
    for call, (job, *_) in enumerate(calls):
        print(job.variant.name, flush=True)
        sys.stdin.readline()
        yield call, Finished({}, b"model", None)

training.side_by_side, training._differs = side_by_side, lambda *_: ""
print("ready", flush=True)
some = jobs("lstm", "tiny", ("baseline", "layers-1"))
training.train_all([(some, datasets.load("nusax", source="sample"))], Place("tiny", True, sys.argv[1]))
print("done", flush=True)
"""


def test_two_trainings_at_once_train_nothing_twice(other, tmp_path):
    first, second = other(TRAINING), other(TRAINING)
    assert {first.stdout.readline(), second.stdout.readline()} == {"ready\n"}
    said = ""
    while "which is training in" not in said:  # on one of the two's stderr, whichever was later
        ready = select.select([first.stderr, second.stderr], [], [], 60)[0]
        assert ready
        later = {first.stderr: first, second.stderr: second}[ready[0]]
        said += os.read(ready[0].fileno(), 1000).decode()
    earlier = first if later is second else second
    assert f"waiting for process {earlier.pid} on" in said
    assert earlier.communicate("\n\n")[0].split() == ["layers-1", "baseline", "done"]
    assert later.communicate("\n\n")[0].split() == ["done"]
    folder = runs.Place("tiny", True, tmp_path).weights / "lstm"
    assert all(names(folder / variant) == ["seed-0.json", "seed-0.keras"] for variant in ("baseline", "layers-1"))
