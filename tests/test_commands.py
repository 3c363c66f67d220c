"""The command line and the Makefile."""

import re
import subprocess

import pytest

from study import report
from study.__main__ import main
from study.files import ROOT


def test_no_data_and_no_sample_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("study.download.NUSAX_URL", "http://127.0.0.1:9/")
    arguments = ["report", "--arch", "lstm", "--source", "real", "--data", str(tmp_path), "--out", str(tmp_path)]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert re.search(r"^error: .*train\.csv is missing and http.* cannot be reached", said, re.MULTILINE)
    assert "Traceback" not in said


def test_a_failed_notebook_stops_make(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise report.NotebookError("cnn.ipynb failed in cell 3")

    monkeypatch.setattr(report, "train", lambda *_: report.Place("tiny", True, tmp_path))
    monkeypatch.setattr(report, "execute", fail)
    assert main(["report", "--profile", "tiny", "--out", str(tmp_path)]) == 1
    assert "error: cnn.ipynb failed in cell 3" in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("arguments", [["fly"], ["report", "--profile", "fast"], ["report", "--arch", "gru"]])
def test_bad_use(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def make(*arguments):
    return subprocess.run(["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_help_lists_every_target():
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    said = make("help").stdout
    for word in (*phony, "PROFILE", "DATA", "SOURCE", "ARCH"):
        assert re.search(rf"\b{word}\b", said)


def test_unknown_variables_are_refused():
    done = make("help", "PROFIL=full")
    assert done.returncode != 0
    assert "unknown variable PROFIL" in done.stderr


def test_nothing_of_this_machine_is_in_the_requirements():
    text = (ROOT / "requirements.txt").read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "-e"))]
    assert all(re.match(r"[\w.-]+==[\w.]+( ; .+)?$", line) for line in pins)
    assert "://" not in text
