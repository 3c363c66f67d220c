"""What all tests share: random numbers with a fixed seed, and a Keras model beside its numpy twin."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


@pytest.fixture
def twins(tmp_path, rng):
    """A function: Keras layers -> (Keras model, the same model loaded by forward), with random weights."""
    import keras

    import forward

    def make(*layers):
        model = keras.Sequential(layers)
        for weight in model.weights:
            weight.assign(rng.normal(scale=0.5, size=weight.shape))
        path = tmp_path / "model.keras"
        model.save(path)
        return model, forward.load_model(path)

    return make


@pytest.fixture
def assert_same(twins):
    """A function: Keras layers and an input -> both models give the same output, to rounding."""

    def check(x, *layers):
        theirs, ours = twins(*layers)
        expected = np.asarray(theirs(x))
        found = ours.predict(x, batch_size=3)  # smaller than the batch: mini-batches must not matter
        tolerance = 1e-12 if expected.dtype == np.float64 else 1e-5
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        assert np.ptp(expected) > 0.01, "the output hardly varies: this test could not fail"

    return check
