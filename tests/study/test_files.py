"""Files on disks that fail, and two processes at once: what is left, and what is said."""

import errno
import os
import platform
import resource
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from study import datasets, files, runs, store, training
from study.files import ROOT, atomic_write
from study.journal import FileJournal, State
from study.show import pages, paper, style

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
        more = os.read(ready[0].fileno(), 1000).decode()
        assert more, "it has ended"
        said += more
    earlier = first if later is second else second
    assert f"waiting for process {earlier.pid} on" in said
    assert earlier.communicate("\n\n")[0].split() == ["layers-1", "baseline", "done"]
    assert later.communicate("\n\n")[0].split() == ["done"]
    folder = runs.Place("tiny", True, tmp_path).weights / "lstm"
    assert all(names(folder / variant) == ["seed-0.json", "seed-0.keras"] for variant in ("baseline", "layers-1"))


@contextmanager
def little_room():
    """Every file of this process, its output too, is full at 100 bytes, as the system says."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_model(place):
    return runs.save_run(runs.jobs("lstm", "tiny")[0], place, runs.Finished({}, bytes(1000), None)).path


def write_arrays(place):
    path = place.weights / "baselines.npz"
    store.kept(path, "mark", lambda: {"x": np.random.default_rng(0).random(1000)})
    return path


def write_table(place):
    store.write("results", place, pd.DataFrame({"architecture": ["lstm"] * 100, "predicted": "012"}))
    return place.reports / "results.csv"


def write_figure(place):
    figure = pyplot.figure()
    return style.save(figure, place, "curves", "Curves", datasets.load("nusax", source="sample")).path


def write_pages(place):
    notebook = place.reports / "lstm.ipynb"
    pages.render(notebook, place)
    return notebook.with_suffix(".pdf")


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (write_model, "seed-0.keras"),
        (write_arrays, "baselines.npz"),
        (write_table, "results.csv"),
        (write_figure, "curves.png"),
        (write_pages, "lstm.pdf"),
    ],
)
def test_a_disk_without_room_is_told_with_the_file_and_leaves_no_half(write, name, tmp_path, monkeypatch):
    place = runs.Place("tiny", True, tmp_path)
    place.reports.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), place.reports / "lstm.ipynb")
    monkeypatch.setattr(paper, "write_typst", lambda *_: ROOT / "README.md")
    monkeypatch.setattr("typst.compile", lambda *_, **__: bytes(1000))
    before = [path for path in tmp_path.rglob("*") if path.is_file()]
    refused = pytest.raises(OSError, match=rf"the file is larger than the system lets a file be.*{name}'$")
    with refused, little_room():
        write(place)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert left == before
    assert write(place).stat().st_size > 100


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_what_failed_is_named_and_what_to_do_is_said(number, tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(OSError, match=r"a\.csv'$") as failed, atomic_write(path) as part:
        raise OSError(number, os.strerror(number), str(part))
    assert files.WHAT_TO_DO[number] in str(failed.value)
    with pytest.raises(OSError, match="of another") as failed, atomic_write(path):
        raise OSError(number, "of another", "elsewhere")
    assert failed.value.filename == "elsewhere"


def test_a_training_whose_state_cannot_be_kept_goes_on(tmp_path, capsys):
    kept = FileJournal(tmp_path / "seed-0.keras", "mark")
    state = State({"loss": [1.0], "val_loss": [1.0]}, 1.0, [np.zeros(1000)], [np.zeros(1000)])
    with little_room():
        for _ in range(3):
            kept._not_before = 0.0
            kept.tell(state, 9)
            kept.keep(lambda: state)
    assert names(tmp_path) == []
    said = capsys.readouterr().err
    assert said.count("The training goes on; its state could not be kept.") == 1
    assert "seed-0." in said


@pytest.mark.parametrize(("number", "saved"), [(errno.EACCES, 2), (errno.ENOSPC, 0)])
def test_what_cannot_be_saved_stops_the_others_only_if_the_disk_is_full(number, saved, tmp_path, monkeypatch):
    def save_run(job, *_):
        if job.variant.name == "direction-bidirectional":
            raise OSError(number, "no", "seed-0.keras")
        done.append(job)
        return runs.Run(job.variant, job.seed, tmp_path, {"train_s": 1.0, "epochs": 1})

    done = []
    finished = runs.Finished({}, b"", None)
    monkeypatch.setattr(training, "save_run", save_run)
    monkeypatch.setattr(training, "_differs", lambda *_: "")
    monkeypatch.setattr(training, "side_by_side", lambda _, __, calls, *___: ((n, finished) for n in range(len(calls))))
    some = runs.jobs("lstm", "tiny", ("baseline", "layers-1", "direction-bidirectional"))
    with pytest.raises(OSError, match=r"seed-0\.keras"):
        training.train_all([(some, datasets.load("nusax", source="sample"))], runs.Place("tiny", True, tmp_path))
    assert len(done) == saved
