"""The command line and the Makefile."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from study import notebook, report, runs, training, unfinished
from study.__main__ import main
from study.architectures import ARCHITECTURES
from study.errors import ClusterError, DataError, MismatchError, NotebookError, TrainingError
from study.files import ROOT
from study.stopping import last_words


def test_no_data_and_no_sample_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("study.datasets.nusax.URL", "http://127.0.0.1:9/")
    monkeypatch.setattr("study.datasets.download.PAUSE", 0.01)
    arguments = ["report", "--arch", "lstm", "--source", "real", "--data", str(tmp_path), "--out", str(tmp_path)]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert re.search(r"^error: .*train\.csv is missing and http.* cannot be reached", said, re.MULTILINE)
    assert "Traceback" not in said


def test_a_failed_notebook_stops_make(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise report.NotebookError("cnn.ipynb failed in cell 3")

    monkeypatch.setattr(report, "train", lambda *_, **__: report.Place("tiny", True, tmp_path))
    monkeypatch.setattr(report, "execute", fail)
    assert main(["report", "--profile", "tiny", "--source", "sample", "--out", str(tmp_path)]) == 1
    assert "error: cnn.ipynb failed in cell 3" in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    "arguments",
    [["fly"], ["report", "--profile", "fast"], ["report", "--arch", "no such"], ["tune", "--scheduler", "tcp://far:1"]],
)
def test_bad_use(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


# What a command loads, its long work left out: the top-level packages that are not Python's own.
LOADED = """
import contextlib, json, sys
from study.__main__ import main
command = sys.argv[1]
if command != "--help":
    from study import datasets
    datasets.load = lambda name, *_: datasets.nusax.load_sample()
    datasets.choose_source = lambda *_: "sample"
if command == "train":
    from study import training
    training.train_all = lambda batches, place, scheduler: [list(batches)]
if command == "tune":
    from study import tune
    tune.tune, tune.chosen = lambda *_: [], dict
    tune.compare_rules = lambda *_: tune.pd.DataFrame({rule: [0.5] for rule in tune.RULES})
if command == "readme":
    from study.show import docs
    docs.write = lambda: []
with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):
    assert main(sys.argv[1:]) == 0
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))))
"""
HEAVY = {"IPython", "keras", "matplotlib", "nbconvert", "nbformat", "optuna", "papermill", "pypandoc", "tensorflow"}


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("--help", set()),
        ("data", {"numpy"}),
        ("train", {"joblib"}),
        ("tune", {"optuna"}),
        ("readme", {"matplotlib", "IPython"}),  # the latter by seaborn
    ],
)
def test_a_command_loads_what_it_needs(command, needed, tmp_path):
    arguments = [command] if command == "--help" else [command, "--arch", "lstm", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert needed <= loaded
    assert not loaded & HEAVY - needed
    if command == "--help":
        assert not loaded & {"numpy", "pandas", "scipy", "sklearn", "tqdm"}


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotebookError("cell 3"), 1, "error: cell 3"),
        (TrainingError("no memory"), 1, "error: no memory"),
        (ClusterError("no worker"), 2, "error: no worker"),
        (DataError("no images"), 2, "error: no images"),
        (OSError("no room"), 2, "error: no room"),
        (
            KeyboardInterrupt(),
            130,
            "stopped: what had finished is kept; go on with: python -m study train --profile quick --out folder",
        ),
    ],
)
def test_every_error_has_its_status(error, status, said, monkeypatch, capsys):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(report, "train", fail)
    assert main(["train", "--out", "folder"]) == status
    assert capsys.readouterr().err == f"{said}\n"


def test_an_architecture_that_differs_keeps_no_other_from_being_kept(tmp_path, monkeypatch, capsys):
    def keep(name, *_):
        if name == "lstm":
            raise MismatchError("lstm: numpy and Keras differ")
        return f"{name}: kept"

    monkeypatch.setattr(unfinished, "keep", keep)
    assert main(["keep", "--source", "sample", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert [line.partition(":")[0] for line in said.out.splitlines()] == [
        each for each in ARCHITECTURES if each != "lstm"
    ]
    assert said.err == "error: lstm: numpy and Keras differ\n"


def nothing_may_run(*_):
    raise AssertionError("too late")


@pytest.mark.parametrize("kind", ["weights", "figures", "reports", "out"])
@pytest.mark.parametrize("command", ["train", "report", "notebook", "training"])
def test_a_folder_that_cannot_be_written_to_is_told_before_anything_runs(command, kind, tmp_path, monkeypatch, capsys):
    out = tmp_path / "new" / "out"
    blocked = out if kind == "out" else out / kind
    blocked.parent.mkdir(parents=True)
    blocked.touch()  # a file in its place: not even root can put anything there
    for late in ("choose_source", "load"):
        monkeypatch.setattr(report.datasets, late, nothing_may_run)
    monkeypatch.setattr(training, "side_by_side", nothing_may_run)
    if command in ("train", "report"):
        assert main([command, "--profile", "tiny", "--out", str(out)]) == 2
        said = capsys.readouterr().err
    else:
        with pytest.raises(OSError) as refused:
            if command == "notebook":
                notebook.check("tiny", "data", "sample", str(out))
            else:
                training.train_all(iter(nothing_may_run, None), runs.Place("tiny", True, out))
        said = str(refused.value)
    assert "this folder cannot be written to (Not a directory); name another" in said
    assert str(blocked) in said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [blocked]


STOPPED = """
import runpy, signal, sys, time
from study import report
from study.pool import side_by_side
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs behind it ignore Ctrl-C
report.train = lambda *_, **__: list(side_by_side("sleeping", time.sleep, [(99,)] * 2, "call"))
sys.argv = ["study", "train"]
runpy.run_module("study", run_name="__main__")
"""


def test_what_an_interrupt_turns_into_is_still_a_stop(monkeypatch, capsys):
    """joblib answers an interrupt, while it starts its processes, with an error of its own; another one stays one."""

    def broken(*_, **__):
        raise RuntimeError("cannot join thread before it is started")

    monkeypatch.setattr(report, "train", broken)
    with pytest.raises(RuntimeError, match="cannot join"):
        main(["train"])
    monkeypatch.setattr(last_words, "signal", signal.SIGTERM)
    assert main(["train"]) == 143
    assert capsys.readouterr().err.startswith("stopped: ")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_what_is_stopped_says_one_line_and_leaves_no_process(number, status):
    """Ctrl-C is sent by a terminal to all processes at once."""
    command = psutil.Popen(
        [sys.executable, "-c", STOPPED], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while sum("LokyProcess" in " ".join(each.cmdline()) for each in command.children()) < 2:
        assert command.is_running()
        time.sleep(0.05)
    children = command.children(recursive=True)
    os.killpg(command.pid, number) if number == signal.SIGINT else command.send_signal(number)
    left = psutil.wait_procs([command, *children], 20)[1]
    for each in left:
        each.kill()
    assert not left
    assert command.returncode == status
    assert command.stderr.read() == (
        "stopped: what had finished is kept; go on with: python -m study train --profile quick\n"
    )


LEFT = """
import os, sys
from joblib.externals.loky.backend import resource_tracker as joblib_s
from multiprocessing import resource_tracker as python_s
from study.stopping import deaf_children
os.environ["PYTHONWARNINGS"] = "error::BytesWarning"
with deaf_children():
    assert os.environ["PYTHONWARNINGS"] == "error::BytesWarning"
joblib_s._resource_tracker.register("/none", "semlock")
python_s._resource_tracker.register("/none", "semaphore")
os._exit(0)
"""


def test_the_trackers_clear_away_in_silence_what_a_stop_has_left():
    """A stop may come between a semaphore's end and the word of it: that line would follow the one of the stop."""
    done = subprocess.run([sys.executable, "-c", LEFT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_asking_whether_a_folder_can_be_written_to_leaves_nothing(tmp_path):
    runs.Place("tiny", True, tmp_path / "new" / "out").check_writable()
    assert list(tmp_path.iterdir()) == []


def test_the_tiny_profile_is_documented(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.search(r"tiny takes every path once, for\s+tests", capsys.readouterr().out)
    assert "tiny is for tests" in make("help").stdout
    assert "`tiny` (every path once, for tests" in (ROOT / "README.md").read_text()


def make(*arguments):
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_help_lists_every_target():
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    said = make("help").stdout
    for word in (*phony, "PROFILE", "DATA", "SOURCE", "ARCH", "SCHEDULER", "GRID", "ARGS", "CHECK", "PYTHON"):
        assert re.search(rf"\b{word}\b", said)


def test_the_check_of_the_bench():
    for given, asked in ((["CHECK=1"], True), ([], False)):
        assert ("--check" in make("-n", "bench", *given).stdout) == asked


def test_unknown_variables_are_refused():
    done = make("help", "PROFIL=full")
    assert done.returncode != 0
    assert "unknown variable PROFIL" in done.stderr


def test_nothing_of_this_machine_is_in_the_requirements():
    text = (ROOT / "requirements.txt").read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "-e"))]
    assert all(re.match(r"[\w.-]+==[\w.]+( ; .+)?$", line) for line in pins)
    assert "://" not in text
