"""The trained models in examples/, and what README says of them, beside what Keras predicts."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import forward

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
INPUTS = {
    "sentiment": (EXAMPLES / "sentences.txt").read_text(encoding="utf-8").splitlines(),
    "digits": np.load(EXAMPLES / "digits.npy") / np.float32(255),
}
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text())
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/forward.md")}


@pytest.mark.parametrize("name", INPUTS)
def test_each_gives_what_keras_gives(name):
    model, x = forward.load_model(EXAMPLES / f"{name}.keras"), INPUTS[name]
    expected = np.array(EXPECTED[name]["probabilities"])
    assert len(x) == len(expected) >= 6
    assert np.ptp(expected.argmax(axis=1)) > 0
    for found in (model.predict(x), model.predict(x, batch_size=2), model.forward(x)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_they_are_all_there_and_small():
    assert {path.stem for path in EXAMPLES.glob("*.keras")} == INPUTS.keys() == EXPECTED.keys()
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir() if path.is_file()) < 3_000_000


def run(*command):
    """What a command prints, started in the project's folder; it must not fail."""
    as_here = {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(sys.path)}  # the same `forward`, wherever it lies
    environment = os.environ | as_here | {"PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_example_runs_as_it_stands(page):
    code = (
        re.search(r"^    import forward\n(    .*\n)+", PAGES[page], re.MULTILINE)[0].replace("\n    ", "\n").lstrip(" ")
    )
    printed = run(sys.executable, "-c", code)
    lines = re.findall(r"#> (.+)", code)
    assert len(lines) == 2
    for line in lines:
        assert line in printed


def test_the_commands_run_as_they_stand():
    commands = re.findall(r"^    python (-m forward \w+ examples/.+)$", PAGES["docs/forward.md"], re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert run(sys.executable, *shlex.split(command)).strip()


def test_there_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", forward.__version__)
