"""What all tests share: random numbers with a fixed seed, and a Keras model beside its numpy twin."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

RELATIVE = {"float32": 2e-5, "float64": 1e-12}  # to the largest output
ON_PROBABILITIES = {"float32": 1e-6, "float64": 1e-12}  # absolute, where softmax or sigmoid comes last
READ_THE_REPORT = {"test_batch.py", "test_notebooks.py", "test_verify.py"}  # it takes longer to make than to read


def pytest_collection_modifyitems(items):
    """What takes longest comes first: then no process has much left when the other one has nothing."""
    assert {item.path.name for item in items if "finished" in item.fixturenames} <= READ_THE_REPORT
    items.sort(key=lambda item: ("finished" not in item.fixturenames, item.get_closest_marker("slow") is None))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With several processes the tests of a file run in one of them, and so do all that read the finished report."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "report" if file.rpartition("/")[2] in READ_THE_REPORT else file

    return Scheduling(config, log)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    """What Keras computes in, without being told for each layer: once in single, once in double precision."""
    import keras

    keras.config.set_floatx(request.param)
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def twin(tmp_path, rng):
    """A function: a Keras model -> the same model loaded by forward, with random weights."""
    import forward

    def make(model):
        scramble(model, rng)
        path = tmp_path / "model.keras"
        model.save(path)
        return forward.load_model(path)

    return make


@pytest.fixture
def twins(twin):
    """A function: Keras layers -> (Keras model, the same model loaded by forward), with random weights."""
    import keras

    def make(*layers):
        model = keras.Sequential(layers)
        return model, twin(model)

    return make


@pytest.fixture
def assert_same(assert_same_model):
    """A function: an input and Keras layers -> both models give the same output, to rounding."""
    import keras

    return lambda x, *layers: assert_same_model(keras.Sequential(layers), x)


@pytest.fixture
def assert_same_model(twin):
    """A function: a Keras model and its input -> the twin gives the same outputs, to rounding, by either way."""
    import keras

    def check(model, x, batch_size=3):  # smaller than the batch: mini-batches must not matter
        ours, expected = twin(model), model(tensors(x), training=False)
        for found in (ours.predict(x, batch_size), ours.predict(x, batch_size, fast=False)):
            keras.tree.assert_same_structure(list(expected) if isinstance(expected, tuple) else expected, found)
            flat = (keras.tree.flatten(each) for each in (model.outputs, expected, found))
            for output, theirs, own in zip(*flat, strict=True):
                assert_close(own, np.asarray(theirs), is_probability(output), output.dtype)
                assert np.ptp(own[~np.isnan(own)] * 1.0) > 0.01, "the output hardly varies: this test could not fail"

    return check


def assert_close(found, expected, probability=False, declared=None):
    """Whether two results agree to rounding; whole numbers must be the same.

    Where Keras itself gives whole numbers but declares floating-point ones, either will do.
    """
    assert found.shape == expected.shape
    if expected.dtype.kind == "f":
        assert found.dtype == expected.dtype
    else:
        assert found.dtype.kind in expected.dtype.kind + "i" or found.dtype == declared
    if found.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
        return
    largest = 1 if probability else np.nanmax(np.abs(expected), initial=0)
    tolerance = (ON_PROBABILITIES if probability else RELATIVE)[found.dtype.name]
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * largest)


def is_probability(output):
    """Whether softmax or sigmoid gives this output of a Keras model."""
    from keras import activations, layers

    layer = output._keras_history.operation
    return isinstance(layer, layers.Softmax) or getattr(layer, "activation", None) in (
        activations.softmax,
        activations.sigmoid,
    )


def scramble(model, rng):
    """Random weights, but for what a layer learnt from data by `adapt`; a variance must be positive."""
    for weight in model.weights:
        if weight.path.endswith("moving_variance"):
            weight.assign(rng.uniform(0.5, 2, weight.shape))
        elif weight.trainable or weight.path.endswith("moving_mean"):
            weight.assign(rng.normal(scale=0.5, size=weight.shape))


def tensors(x):
    """An input as Keras takes it: texts as a tensor."""
    import tensorflow as tf

    if isinstance(x, dict):
        return {name: tensors(each) for name, each in x.items()}
    if isinstance(x, list) and not isinstance(x[0], str):
        return [tensors(each) for each in x]
    return tf.constant(x)
