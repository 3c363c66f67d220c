import numpy as np
import pytest

import forward
from forward.activations import ACTIVATIONS


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_same_as_keras(name, rng):
    import keras

    x = rng.normal(scale=3, size=(5, 8))
    np.testing.assert_allclose(ACTIVATIONS[name](x), keras.activations.get(name)(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_keeps_float32(name, rng):
    assert ACTIVATIONS[name](rng.normal(size=(3, 4)).astype(np.float32)).dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_sigmoid_does_not_overflow():
    x = np.array([-1e4, -100, 0, 100, 1e4], np.float32)
    np.testing.assert_allclose(forward.sigmoid(x), [0, 3.7835e-44, 0.5, 1, 1], rtol=1e-2)


@pytest.mark.filterwarnings("error")
def test_softmax_does_not_overflow():
    x = np.array([[1e4, 1e4, 0], [-1e4, 0, -1e4]], np.float32)
    np.testing.assert_array_equal(forward.softmax(x), [[0.5, 0.5, 0], [0, 1, 0]])


def test_softmax_takes_an_axis(rng):
    x = rng.normal(size=(3, 4, 5))
    np.testing.assert_allclose(forward.softmax(x, axis=1).sum(axis=1), np.ones((3, 5)), rtol=1e-12)
