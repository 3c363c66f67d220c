"""Real training, on very little: what it leaves, and that it is the same every time."""

import json
import os
from dataclasses import replace
from datetime import datetime

import joblib
import keras
import numpy as np
import pytest

from study import datasets, evaluation, profiles, runs, training
from study.architectures import ARCHITECTURES
from study.files import folder

pytestmark = pytest.mark.slow
REAL = folder(os.environ.get("DATA", "data"))
IS_THERE = (REAL / "cifar10.npz").exists() and (REAL / "nusax").is_dir()


@pytest.fixture(scope="module")
def texts():
    return datasets.load("nusax", source="sample")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return runs.Place("tiny", True, tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def trained(texts, place):
    """Two runs, made once for the tests below."""
    return training.train("lstm", texts, place, only=("baseline", "layers-1"))


def test_a_run_leaves_a_model_and_its_record(texts, place, trained):
    run = trained[0]
    assert run.path == place.weights / "lstm/baseline/seed-0.keras"
    record = json.loads(run.path.with_suffix(".json").read_text())
    assert record["history"].keys() == {"loss", "val_loss", "accuracy", "val_accuracy"}
    assert record["metrics"].keys() == {"val_loss", "val_f1", "train_f1"}
    assert record["params"] == keras.models.load_model(run.path).count_params()
    assert (record["train_samples"], record["validation_samples"]) == (60, 40)
    for key in ("profile", "seed", "data_source", "training", "epochs_at_most", "versions", "fingerprint", "train_s"):
        assert key in record
    assert record["data_source"] == texts.source


def test_what_is_there_is_not_trained_again_and_what_is_not_is(texts, place, trained):
    first, second = trained
    before = first.path.stat().st_mtime_ns, second.path.stat().st_mtime_ns
    second.path.unlink()
    left = [first.path.with_suffix(ending) for ending in (".state.npz", ".progress.json")]
    for each in left:  # killed just after the first was saved
        each.touch()
    again = training.train("lstm", texts, place, only=("baseline", "layers-1"))
    assert [run.variant.name for run in again] == ["baseline", "layers-1"]
    assert first.path.stat().st_mtime_ns == before[0]
    assert not any(each.exists() for each in left)
    assert second.path.stat().st_mtime_ns > before[1]
    assert again[1].history == second.history  # to the last digit


@pytest.mark.parametrize(
    ("architecture", "name", "others"),
    [
        ("cnn", "pooling-average", ("beyond-dropout", "beyond-normalization")),
        ("simple_rnn", "beyond-unmasked", ("beyond-maximum", "beyond-bidirectional")),
    ],
)
def test_same_curves_whatever_was_trained_before_in_the_process(architecture, name, others, tmp_path, monkeypatch):
    """Alone, and as the last of three runs that two processes share: it begins when one of the others is done."""
    source = datasets.load("cifar10" if architecture == "cnn" else "nusax", source="sample")
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)
    [alone] = training.train(architecture, source, runs.Place("tiny", True, tmp_path / "a"), only=(name,))
    finished = training.train(architecture, source, runs.Place("tiny", True, tmp_path / "b"), only=(name, *others))
    after = finished[0]
    assert after.variant.name == name
    begun = [datetime.fromisoformat(run.record["finished"]).timestamp() - run.record["train_s"] for run in finished]
    assert begun[0] > min(begun[1:])
    assert after.history == alone.history
    theirs, ours = (keras.models.load_model(run.path).get_weights() for run in (after, alone))
    for one, other in zip(theirs, ours, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_is_another_network(texts, place, trained, monkeypatch):
    monkeypatch.setitem(profiles.BUDGETS, "tiny", replace(profiles.BUDGETS["tiny"], seeds=2))
    first, second = training.train("lstm", texts, place, only=("layers-1",))
    assert (first.seed, second.seed) == (0, 1)
    assert first.history == trained[1].history
    assert first.history != second.history


def test_tiny_part_is_stratified(texts):
    part = profiles.limited(texts, "tiny")
    assert np.bincount(part.y_train).tolist() == [20, 20, 20]
    assert set(part.x_train) < set(texts.x_train)
    assert part.x_test is texts.x_test
    assert profiles.limited(texts, "full").x_train is texts.x_train


@pytest.fixture(scope="module")
def on_real_data(tmp_path_factory):
    """{architecture: (its data set, its baseline trained a little)}."""
    place = runs.Place("tiny", False, tmp_path_factory.mktemp("real"))
    real = {name: datasets.load(each.dataset, REAL, "real") for name, each in ARCHITECTURES.items()}
    finished = training.train_all(
        [(runs.jobs(name, "tiny", ("baseline",)), each) for name, each in real.items()], place
    )
    return {name: (real[name], run) for name, run in zip(real, finished, strict=True)}


@pytest.mark.skipif(not IS_THERE, reason=f"no real data in {REAL}")
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_real_data(architecture, on_real_data):
    """A network trained a little on the real data, checked on its whole test split."""
    real, run = on_real_data[architecture]
    checks = evaluation.check([run], real)
    assert len(checks[0].y) == (10_000 if architecture == "cnn" else 400)
    evaluation.assert_equal(checks)
    assert checks[0].largest() <= 1e-6
