"""Real training, on very little: what it leaves, and that it is the same every time."""

import json
import os

import keras
import numpy as np
import pytest

from study import data, evaluation, runs, training
from study.files import folder

pytestmark = pytest.mark.slow
REAL = folder(os.environ.get("DATA", "data"))
IS_THERE = (REAL / "cifar10.npz").exists() and (REAL / "nusax").is_dir()


@pytest.fixture(scope="module")
def texts():
    return data.load("nusax", source="sample")


def test_a_run_leaves_a_model_and_its_record(texts, tmp_path):
    place = runs.Place("tiny", True, tmp_path)
    [run] = training.train("lstm", texts, place, only=("baseline",))
    assert run.path == tmp_path / "weights/tiny-sample/lstm/baseline/seed-0.keras"
    record = json.loads(run.path.with_suffix(".json").read_text())
    assert record["history"].keys() == {"loss", "val_loss", "accuracy", "val_accuracy"}
    assert record["metrics"].keys() == {"val_loss", "val_f1", "train_f1"}
    assert record["params"] == keras.models.load_model(run.path).count_params()
    assert (record["train_samples"], record["validation_samples"]) == (60, 40)
    for key in ("profile", "seed", "data_source", "training", "epochs_at_most", "versions", "fingerprint", "train_s"):
        assert key in record
    assert record["data_source"] == texts.source


def test_what_is_there_is_not_trained_again_and_what_is_not_is(texts, tmp_path):
    place = runs.Place("tiny", True, tmp_path)
    first, second = training.train("lstm", texts, place, only=("baseline", "layers-1"))
    before = first.path.stat().st_mtime_ns, second.path.stat().st_mtime_ns
    second.path.unlink()
    again = training.train("lstm", texts, place, only=("baseline", "layers-1"))
    assert [run.variant.name for run in again] == ["baseline", "layers-1"]
    assert first.path.stat().st_mtime_ns == before[0]
    assert second.path.stat().st_mtime_ns > before[1]
    assert again[1].history == second.history  # to the last digit


@pytest.mark.parametrize(("architecture", "name"), [("cnn", "pooling-average"), ("simple_rnn", "beyond-unmasked")])
def test_same_curves_whatever_was_trained_before_in_the_process(architecture, name, tmp_path, monkeypatch):
    """Alone, and as the last of four runs that two processes share."""
    source = data.load("cifar10" if architecture == "cnn" else "nusax", source="sample")
    monkeypatch.setattr(training.joblib, "cpu_count", lambda: 2)
    others = [each.variant.name for each in runs.jobs(architecture, "tiny")][:3]
    [alone] = training.train(architecture, source, runs.Place("tiny", True, tmp_path / "a"), only=(name,))
    after = training.train(architecture, source, runs.Place("tiny", True, tmp_path / "b"), only=(*others, name))[-1]
    assert after.variant.name == name
    assert after.history == alone.history
    theirs, ours = (keras.models.load_model(run.path).get_weights() for run in (after, alone))
    for one, other in zip(theirs, ours, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_is_another_network(texts, tmp_path, monkeypatch):
    from dataclasses import replace

    place = runs.Place("tiny", True, tmp_path)
    monkeypatch.setitem(training.BUDGETS, "tiny", replace(training.BUDGETS["tiny"], seeds={"lstm": (0, 1)}))
    first, second = training.train("lstm", texts, place, only=("layers-1",))
    assert (first.seed, second.seed) == (0, 1)
    assert first.history != second.history


def test_tiny_part_is_stratified(texts):
    part = training.limited(texts, "tiny")
    assert np.bincount(part.y_train).tolist() == [20, 20, 20]
    assert set(part.x_train) < set(texts.x_train)
    assert part.x_test is texts.x_test
    assert training.limited(texts, "full").x_train is texts.x_train


@pytest.mark.skipif(not IS_THERE, reason=f"no real data in {REAL}")
@pytest.mark.parametrize("architecture", ["cnn", "simple_rnn", "lstm"])
def test_real_data(architecture, tmp_path):
    """A network trained a little on the real data, checked on its whole test split."""
    real = data.load("cifar10" if architecture == "cnn" else "nusax", REAL, "real")
    trained = training.train(architecture, real, runs.Place("tiny", False, tmp_path), only=("baseline",))
    checks = evaluation.check(trained, real)
    assert len(checks[0].y) == (10_000 if architecture == "cnn" else 400)
    evaluation.assert_equal(checks)
    assert checks[0].differences.max() <= 1e-6
