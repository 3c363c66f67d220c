import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.activations import ACTIVATIONS

NOT_OF_X_ALONE = {"threshold"}


def test_every_activation_of_keras_that_takes_only_x():
    from keras.src.activations import ALL_OBJECTS_DICT

    assert set(ACTIVATIONS) == set(ALL_OBJECTS_DICT) - NOT_OF_X_ALONE


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_same_as_keras(name, rng):
    x = rng.normal(scale=3, size=(5, 8))
    np.testing.assert_allclose(ACTIVATIONS[name](x), keras.activations.get(name)(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_keeps_float32(name, rng):
    assert ACTIVATIONS[name](rng.normal(size=(3, 4)).astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_layer(name, dtype, assert_same, rng):
    x = rng.normal(scale=2, size=(5, 3, 8))
    assert_same(x, keras.Input((3, 8)), layers.Activation(name))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_of_a_layer(name, dtype, assert_same, rng):
    x = rng.normal(size=(5, 3))
    assert_same(x, keras.Input((3,)), layers.Dense(8, activation=name))


def test_glu_halves_the_last_axis(assert_same, twins, rng):
    gate = layers.Activation("glu")
    _, ours = twins(keras.Input((3, 8)), gate)
    assert ours.output_shape == (3, 4)
    assert_same(rng.normal(size=(5, 3, 8)), keras.Input((3, 8)), gate, layers.Flatten())


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exponential"])
@pytest.mark.filterwarnings("error")
def test_does_not_overflow(name):
    x = np.array([[-1e4, -100, -1, 0], [100, 1e4, 1, 0]], np.float32)
    np.testing.assert_allclose(ACTIVATIONS[name](x), keras.activations.get(name)(x), rtol=1e-5, atol=1e-30)


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
