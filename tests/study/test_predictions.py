"""Both sides' predictions: what is kept, when it is used again, how they are timed, and float64 as their judge."""

import warnings
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import forward
from study import comparison, evaluation, predictions, progress, runs
from study.architectures import variants
from study.datasets import Dataset
from study.files import sha256

CLASSES = tuple("abcd")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A file with a small convolutional network of random weights."""
    keras.utils.set_random_seed(3)
    stack = [layers.Conv2D(5, 3, activation="relu"), layers.Flatten(), layers.Dense(len(CLASSES), "softmax")]
    path = tmp_path_factory.mktemp("model") / "seed-0.keras"
    keras.Sequential([keras.Input((6, 7, 3)), *stack]).save(path)
    return path


@pytest.fixture
def images(rng):
    x, y = rng.random((300, 6, 7, 3), np.float32), rng.integers(0, len(CLASSES), 300)
    return Dataset("cifar10", "made up", CLASSES, x[:1], y[:1], x[:1], y[:1], x, y, "11")


@pytest.fixture
def run(model, tmp_path):
    path = tmp_path / model.name
    path.write_bytes(model.read_bytes())
    return runs.Run(variants("cnn")[0], 0, path, {"model_sha256": sha256(path), "profile": "quick"})


@pytest.fixture
def computed(monkeypatch):
    """The models that were predicted with, and small made-up arrays in place of their predictions."""
    names = []

    def predict(path, x, plain_examples):
        assert plain_examples <= len(x)  # each once
        names.append(path.name)
        p = np.full((len(x), len(CLASSES)), 0.25 * len(names))
        numbers = {"seconds": np.array([0.5, 0.25, 0.75]), "errors": np.array([np.nan, 1e-7, 2e-7])}
        return {"keras": p, "numpy": p, "plain": p[:plain_examples]} | numbers

    monkeypatch.setattr(predictions, "predict", predict)
    return names


def test_a_check_is_made_once_and_kept_beside_the_model(run, images, computed):
    [first], [second] = evaluation.check([run], images), evaluation.check([run], images)
    assert computed == ["seed-0.keras"]
    assert {path.name for path in run.path.parent.iterdir()} == {"seed-0.keras", "seed-0.check.npz"}
    for one, other in ((first.keras, second.keras), (first.numpy, second.numpy)):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    for each in (first, second):
        assert (each.keras_s, each.numpy_s, each.plain_s) == (0.5, 0.25, 0.75)
        assert (each.numpy_error, each.plain_error) == (1e-7, 2e-7)
        assert len(each.plain) == len(images.y_test)  # of the baseline
        assert np.isnan(each.keras_error)
        assert all(type(value) is float for value in (each.keras_s, each.keras_error))
    np.testing.assert_array_equal(second.y, images.y_test)


def test_the_bar_is_there_before_anything_is_loaded_and_names_the_run(run, images, monkeypatch):
    said, of_run = [], {"keras": images.y_test, "numpy": images.y_test, "seconds": [1, 2, 3], "errors": [0, 0, 0]}

    class Bar(progress._Bar):
        def display(self, *_, **__):
            said.append(str(self))

        def close(self):
            said.append("closed")

    monkeypatch.setattr(progress, "_Lines", Bar)  # there is no terminal
    monkeypatch.setattr(predictions, "surroundings", lambda *_, **__: said.append("digests"))
    monkeypatch.setattr(predictions, "of_run", lambda *_: said.append("predicted") or of_run)
    evaluation.check([run, run], images)
    first, digests, named, predicted, *_, last = said
    assert "predicting with Keras and numpy:   0%|" in first
    assert "0/2" in first
    assert (digests, predicted, last) == ("digests", "predicted", "closed")
    assert "cnn baseline" in named


@pytest.mark.parametrize("change", ["model", "images", "labels", "code", "versions"])
def test_what_a_check_rests_on_counts(change, run, images, computed, monkeypatch):
    evaluation.check([run], images)
    match change:
        case "model":
            run = replace(run, record=run.record | {"model_sha256": "other"})
        case "images":
            images = replace(images, x_test=images.x_test[::-1])
        case "labels":
            images = replace(images, y_test=images.y_test[::-1])
        case "code":
            monkeypatch.setattr(predictions, "code_digest", lambda *paths: "other")
        case "versions":
            monkeypatch.setattr(runs, "version", lambda package: "0.0")
    [again] = evaluation.check([run], images)
    assert len(computed) == 2
    assert again.keras[0, 0] == 0.5  # of the second time
    evaluation.check([run], images)
    assert len(computed) == 2


def test_the_code_is_all_of_forward_and_of_the_predicting(monkeypatch, images):
    monkeypatch.setattr(predictions, "code_digest", lambda *paths: sorted(path.name for path in paths))
    names = predictions.surroundings(images.x_test)["code"]
    assert {"archive.py", "convolution.py", "activations.py", "recurrent.py", "predictions.py"} <= set(names)


def test_both_sides_predict_the_whole_split(model, images):
    found = predictions.predict(model, images.x_test, 70)
    theirs = keras.models.load_model(model).predict(images.x_test, verbose=0)
    np.testing.assert_allclose(found["keras"], theirs, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(found["numpy"], forward.load_model(model).predict(images.x_test))
    some = images.x_test[np.arange(70) * len(images.x_test) // 70]
    np.testing.assert_array_equal(found["plain"], forward.load_model(model).predict(some, fast=False))
    assert len(found["seconds"]) == len(found["errors"]) == 3
    assert (found["seconds"] > 0).all()
    assert np.isnan(found["errors"]).all()  # nothing differs by more than 1e-6


@pytest.mark.filterwarnings("ignore:.*destroy the mask")  # when the model is made
def test_a_maximum_over_masked_steps_is_not_warned_of(tmp_path, images, rng):
    stack = [layers.Embedding(9, 4, mask_zero=True), layers.GlobalMaxPooling1D(), layers.Dense(3, "softmax")]
    path = tmp_path / "seed-0.keras"
    keras.Sequential([keras.Input((5,), dtype="int32"), *stack]).save(path)
    run = runs.Run(variants("lstm")[0], 0, path, {"model_sha256": sha256(path), "profile": "quick"})
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        [found] = evaluation.check([run], replace(images, x_test=rng.integers(0, 9, (300, 5))))
    np.testing.assert_allclose(found.numpy, found.keras, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("examples", "warm_up"), [(700, 256 + 188), (512, 256), (100, 100)])
def test_one_pass_is_timed_after_a_warm_up_with_both_sizes_of_batches(examples, warm_up, monkeypatch):
    passed, clock = [], iter((10.0, 12.5))
    monkeypatch.setattr(predictions.time, "perf_counter", lambda: passed.append("clock") or next(clock))
    found, seconds = predictions._timed(lambda x: passed.append(len(x)) or x + 1, np.arange(examples))
    assert passed == [warm_up, "clock", examples, "clock"]
    assert seconds == 2.5
    monkeypatch.setattr(predictions.time, "perf_counter", lambda: 0.0)
    predictions._timed(lambda x: passed.append(len(x)), np.arange(examples), 16)
    assert passed[4:] == [16, examples]
    np.testing.assert_array_equal(found, np.arange(examples) + 1)


def test_where_the_two_part_float64_is_the_judge(model, images, monkeypatch):
    """One example is wrong on a side: its share of the distance is found; the other sides round as float32 does."""
    predict, wrong, ways = forward.load_model(model).predict, {}, set()

    class Wrong:
        def predict(self, x, fast=True):
            ways.add((len(x), fast))
            p = predict(x, fast=fast).copy()
            if len(x) == wrong["examples"]:
                p[wrong["example"], 2] += 1e-3
            return p

    monkeypatch.setattr(predictions.forward, "load_model", lambda path: Wrong())
    for side, examples, example in ((1, 300, 17), (1, 300, 260), (2, 140, 17)):
        wrong |= {"examples": examples, "example": example}
        found = predictions.predict(model, images.x_test, 140)
        assert found["errors"][side] == pytest.approx(1e-3 / np.sqrt(examples * found["keras"].shape[1]), rel=0.01)
        assert ((np.delete(found["errors"], side) > 0) & (np.delete(found["errors"], side) < 2e-7)).all()
    assert {(300, True), (140, False)} <= ways
    assert not {(300, False), (140, True)} & ways


@pytest.mark.parametrize(("number", "profile", "examples"), [(0, "tiny", 300), (1, "tiny", 50), (1, "quick", 300)])
def test_the_plain_way_goes_all_the_way_for_the_baseline_alone(number, profile, examples, run, images, computed):
    run = replace(run, variant=variants("cnn")[number], record=run.record | {"profile": profile})
    [check] = evaluation.check([run], images)
    assert (len(check.keras), len(check.plain)) == (300, examples)
    assert check.seconds("plain") == 0.75 * 1000 / examples
    assert check.seconds("keras") == 0.5 * 1000 / 300


def test_layers_are_compared_once(run, images, monkeypatch):
    x = images.x_test[:5]
    first = predictions.by_layer(run, x)
    expected = comparison.compare_layers(run.path, x)
    assert first["output shape"].tolist() == ["(5, 4, 5, 5)", "(5, 100)", "(5, 4)"]
    pd.testing.assert_frame_equal(first.drop(columns="output shape"), expected.drop(columns="output shape"))
    assert (first["max |Δ|"] > 0).any()

    monkeypatch.setattr(comparison, "compare_layers", lambda path, x: expected[:1])
    pd.testing.assert_frame_equal(predictions.by_layer(run, x), first)
    assert len(predictions.by_layer(run, x[::-1])) == 1  # other samples, computed again


def test_in_float64_the_same_weights_compute_in_float64(model, images):
    double = predictions.in_float64(model)
    found = double.predict(images.x_test, verbose=0)
    assert found.dtype == np.float64
    for ours, theirs in zip(double.get_weights(), keras.models.load_model(model).get_weights(), strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_array_equal(ours, theirs)
    kernel, bias, dense, dense_bias = double.get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(images.x_test.astype(np.float64), (3, 3), (1, 2))
    hidden = np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias, 0).reshape(len(found), -1)
    z = np.exp(hidden @ dense + dense_bias)
    np.testing.assert_allclose(found, z / z.sum(axis=1, keepdims=True), rtol=0, atol=1e-14)
