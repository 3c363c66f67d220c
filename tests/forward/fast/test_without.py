"""Without the folder forward/fast/ everything is there still, only slower."""

import pickle
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import keras
import numpy as np
import pytest

import forward

from ...conftest import assert_close
from ..random_layers import Dice
from ..random_models import graphs, images, sequences, texts
from ..test_random_models import is_probability

NUMBER = 8  # of random models of each kind
SCRIPT = """
import pathlib, pickle, sys
sys.path[:0] = sys.argv[1:]
import forward, forward.model.model
assert pathlib.Path(forward.__file__).parents[1] == pathlib.Path(sys.argv[1])
assert forward.model.model.fast_ways is None
work = pickle.loads(pathlib.Path("work.pickle").read_bytes())
found = [forward.load_model(path).predict(x, batch_size) for path, x, batch_size in work]
assert not [name for name in sys.modules if name.startswith("forward.fast")]
pathlib.Path("found.pickle").write_bytes(pickle.dumps(found))
try:
    forward.load_model(work[0][0]).predict(work[0][1], threads=2)
except ValueError as error:
    print(error)
"""


@pytest.mark.filterwarnings("ignore")  # Keras on masks that a layer drops, and the like
def test_predictions_without_the_folder(tmp_path):
    """They are those of the plain functions to the last digit, and those of the fast ways to rounding."""
    work, fast, plain, ends = [], [], [], []
    for draw, seed in product((images, sequences, texts, graphs), range(NUMBER)):
        case = draw(Dice(np.random.default_rng(seed).bytes(300)))
        case.model.save(path := tmp_path / f"{len(work)}.keras")
        model = forward.load_model(path)
        work.append((str(path), case.x, case.batch_size))
        fast += keras.tree.flatten(model.predict(case.x, case.batch_size))
        plain += keras.tree.flatten(model.predict(case.x, case.batch_size, fast=False))
        ends += case.model.outputs
    shutil.copytree(Path(forward.__file__).parent, tmp_path / "forward", ignore=shutil.ignore_patterns("fast", "__py*"))
    (tmp_path / "work.pickle").write_bytes(pickle.dumps(work))
    # Without `site`, whose hooks would find the folder where this project is installed from.
    command = [sys.executable, "-S", "-c", SCRIPT, str(tmp_path), str(Path(np.__file__).parents[1])]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "threads=2 needs the fast ways" in run.stdout
    without = keras.tree.flatten(pickle.loads((tmp_path / "found.pickle").read_bytes()))
    for end, found, expected, sooner in zip(ends, without, plain, fast, strict=True):
        assert found.dtype == sooner.dtype
        np.testing.assert_array_equal(found, expected)
        assert_close(sooner, found, is_probability(end))
