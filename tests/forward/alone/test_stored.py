"""Every layer class beside what Keras made of it, as make_stored.py has stored it: without Keras or TensorFlow."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import forward
from forward.model.registry import LAYERS

from ...conftest import assert_close

STORED = zipfile.ZipFile(Path(__file__).with_name("stored.zip"))
NAMES = list(dict.fromkeys(name.partition("/")[0] for name in STORED.namelist()))
OPERATIONS = ("keras.src.ops", "keras.src.activations")  # the modules that they stand in


def arrays(name, key):
    """The stored inputs x or outputs y of a model."""
    files = [file for file in STORED.namelist() if file.startswith(f"{name}/{key}_")]
    return [np.load(io.BytesIO(STORED.read(file))) for file in files]


def config(name):
    """What the stored model says of itself."""
    with zipfile.ZipFile(io.BytesIO(STORED.read(f"{name}/model.keras"))) as model:
        return json.loads(model.read("config.json"))


def classes(entry):
    """The names of all classes in a configuration, as `forward` calls them."""
    if isinstance(entry, list):
        return {name for each in entry for name in classes(each)}
    if not isinstance(entry, dict):
        return set()
    own = entry.get("class_name")
    found = {f"ops.{own}" if str(entry.get("module")).startswith(OPERATIONS) else own} if own else set()
    return found | classes(list(entry.values()))


def test_every_class_is_stored():
    missing = set(LAYERS) - {found for name in NAMES for found in classes(config(name))}
    assert not missing, "give them a row in tests/forward/random_layers.py, then run make_stored.py"


@pytest.mark.parametrize("name", NAMES)
def test_same_as_keras(name, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(STORED.read(f"{name}/model.keras"))
    model, x, expected = forward.load_model(path), arrays(name, "x"), arrays(name, "y")
    for compute in (model.predict, model.forward):
        found = compute(x if len(x) > 1 else x[0])
        for ours, theirs in zip(found if len(expected) > 1 else [found], expected, strict=True):
            assert_close(ours, theirs)
            assert np.ptp(theirs[~np.isnan(theirs)] * 1.0) > 0.01, "it hardly varies: this test could not fail"
