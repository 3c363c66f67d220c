"""A convolution and what stands around it as one step: its reference is Keras, and which layers become one."""

from unittest.mock import Mock

import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.fast import images

from ...conftest import scramble
from .test_planning import joined


def normalization(dice):
    """A Normalization of three channels."""
    return layers.Normalization(mean=dice.normal(size=3), variance=dice.uniform(0.5, 2, 3))


def conv(filters, size=3, **options):
    return layers.Conv2D(filters, size, padding="same", **options)


# name -> the layers, and how many of them are one step: the first ones
STEPS = {
    "standardized": (lambda dice: [normalization(dice), layers.RandomFlip(), conv(5, activation="relu")], 3),
    "normalized": (lambda _: [conv(5, use_bias=False), layers.BatchNormalization(), layers.Activation("relu")], 3),
    "normalized after relu": (lambda _: [conv(5, activation="relu"), layers.BatchNormalization()], 2),
    "normalized twice": (lambda _: [conv(5), layers.BatchNormalization(), layers.BatchNormalization(axis=3)], 3),
    "normalized, pooled": (
        lambda _: [conv(5), layers.BatchNormalization(), layers.Activation("relu6"), layers.MaxPooling2D(2)],
        4,
    ),
    "pooled, normalized": (
        lambda _: [conv(5), layers.MaxPooling2D((2, 4)), layers.BatchNormalization(), layers.Activation("relu")],
        4,
    ),
    "relu, normalized, pooled": (
        lambda _: [conv(5, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(2)],
        3,
    ),
    "average": (lambda _: [conv(5, activation="relu"), layers.AveragePooling2D(2), layers.Dropout(0.5)], 3),
    "average, normalized": (lambda _: [conv(5), layers.AveragePooling2D((1, 2)), layers.BatchNormalization()], 3),
    "another activation": (lambda _: [conv(5, activation="silu"), layers.Dropout(0.5)], 2),
    "one that mixes channels": (lambda _: [conv(6, activation="softmax")], 1),
    "two pools": (lambda _: [conv(5), layers.MaxPooling2D(2), layers.Dropout(0.5), layers.MaxPooling2D((2, 1))], 4),
    "two averages": (
        lambda _: [conv(5, activation="relu"), layers.AveragePooling2D((1, 2)), layers.AveragePooling2D(2)],
        3,
    ),
    "two pools that leave something over, normalized": (
        lambda _: [
            layers.Conv2D(5, 3),
            layers.MaxPooling2D((2, 1)),
            layers.MaxPooling2D((2, 4)),
            layers.BatchNormalization(),
        ],
        4,
    ),
    "two kinds of pools": (lambda _: [conv(5), layers.MaxPooling2D(2), layers.AveragePooling2D(2)], 2),
    "two large pools": (lambda _: [conv(5), layers.MaxPooling2D((4, 2)), layers.MaxPooling2D((2, 1))], 2),
    "pools apart": (lambda _: [conv(5), layers.MaxPooling2D(2), layers.Activation("relu"), layers.MaxPooling2D(2)], 3),
    "a pool that tiles would cut": (lambda _: [conv(5, activation="relu"), layers.MaxPooling2D(3)], 1),
    "a pool that no tile cuts": (lambda _: [conv(5, 2, activation="relu"), layers.MaxPooling2D(3)], 2),
    "another activation behind": (lambda _: [conv(5), layers.Activation("silu")], 1),
    "normalized along another axis": (lambda _: [conv(5), layers.BatchNormalization(axis=1)], 1),
    "inverted": (lambda _: [layers.Normalization(mean=2.0, variance=3.0, invert=True), conv(5)], 0),
    "groups": (lambda _: [conv(6, groups=3), layers.BatchNormalization()], 0),
    "another dtype": (lambda _: [conv(5), layers.BatchNormalization(dtype="float64")], 1),
    "dense": (lambda _: [layers.Dense(5)], 0),
}


@pytest.mark.parametrize(("size", "samples"), [((28, 26), 1), ((28, 26), 3), ((300, 320), 3), ((30, 22), 1)])
def test_what_is_standardized_on_the_way_stays_with_its_owner(size, samples, twins, rng):
    """A single channel that needs no padding is laid out as it is: no number of it may change."""
    standard = layers.Normalization(mean=rng.normal(size=1), variance=[2.5])
    _, ours = twins(keras.Input((*size, 1)), standard, layers.Conv2D(8, 3))
    x = rng.normal(size=(samples, *size, 1)).astype("float32")
    before, expected = x.copy(), ours.forward(x)
    x.flags.writeable = False
    for _ in range(2):
        np.testing.assert_allclose(ours.predict(x), expected, rtol=0, atol=2e-5)
    np.testing.assert_array_equal(x, before)


def test_whole_numbers_are_cast_where_nothing_in_front_does(twins, rng):
    _, ours = twins(keras.Input((6, 5, 3), dtype="int32"), layers.Dropout(0.5), conv(4))
    x = rng.integers(0, 9, (2, 6, 5, 3))
    assert ours.predict(x).dtype == np.float32
    np.testing.assert_allclose(ours.predict(x), ours.forward(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("winograd", [True, False])
@pytest.mark.parametrize("name", STEPS)
def test_steps(name, winograd, twins, rng, monkeypatch):
    monkeypatch.setattr("forward.fast.convolution.pays", lambda *_: winograd)
    make, number = STEPS[name]
    theirs, ours = twins(keras.Input((12, 8, 3)), *make(rng))
    assert images.reach(ours.layers) == number
    assert joined(ours) == max(0, number - 1)
    x = rng.normal(size=(7, 12, 8, 3)).astype("float32")
    expected = np.asarray(theirs(x, training=False))
    for found in (ours.predict(x), ours.predict(x[::-1])[::-1], ours.predict(x, fast=False)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6 * np.abs(expected).max())


def test_sequences(twins, rng):
    stack = layers.Conv1D(5, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling1D(3)
    theirs, ours = twins(keras.Input((17, 4)), *stack)
    assert joined(ours) == 2
    x = rng.normal(size=(6, 17, 4)).astype("float32")
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("signs", [[1, 1, 1], [1, -1, 1]])
@pytest.mark.parametrize("activation", ["linear", "relu"])
@pytest.mark.parametrize("order", [[0, 1, 2], [0, 2, 1]])
def test_a_scale_below_zero_turns_the_order(order, activation, signs, rng, tmp_path):
    """The largest value then becomes the smallest: the pool must come in its place."""
    stack = conv(3, activation=activation), layers.BatchNormalization(), layers.MaxPooling2D(2)
    model = keras.Sequential([keras.Input((8, 8, 3)), *(stack[number] for number in order)])
    scramble(model, rng)
    stack[1].gamma.assign(np.abs(stack[1].gamma) * signs)
    model.save(tmp_path / "model.keras")
    ours, x = forward.load_model(tmp_path / "model.keras"), rng.normal(size=(4, 8, 8, 3)).astype("float32")
    assert joined(ours) == 2
    np.testing.assert_allclose(ours.predict(x), model(x), rtol=0, atol=1e-5)


def test_tables_have_a_limit(twins, monkeypatch, rng):
    """Where there is no room for the transformed kernels, they are transformed at each call."""
    monkeypatch.setattr("forward.fast.convolution.pays", lambda *_: True)
    stack = keras.Input((12, 8, 3)), conv(5), conv(6, 5)
    x = rng.normal(size=(4, 12, 8, 3)).astype("float32")
    sizes = 36 * 3 * 5, 15**2 * 5 * 6
    for most, tables in ((sum(sizes), sizes), (sum(sizes) - 1, (sizes[0], 0)), (sizes[0] - 1, (0, 0))):
        monkeypatch.setattr("forward.fast.planning.LARGEST_TABLES", most)
        theirs, ours = twins(*stack)
        assert tuple(call.layer.table for call in ours.plan) == tables
        expected = np.asarray(theirs(x, training=False))
        np.testing.assert_allclose(ours.predict(x), expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_images_of_one_size_after_those_of_another(twins, rng):
    """What a convolution keeps of the last size serves no other one."""
    _, ours = twins(keras.Input((None, None, 32)), conv(40, activation="relu"), layers.MaxPooling2D(2), conv(3, 5))
    for height, width in ((12, 20), (12, 9), (5, 20), (12, 20), (4, 4)):
        x = rng.normal(size=(1, height, width, 32)).astype("float32")
        expected = ours.forward(x)
        np.testing.assert_allclose(ours.predict(x), expected, rtol=0, atol=2e-6 * np.abs(expected).max())
    with pytest.raises(ValueError, match=r"a window of \[2, 2\] does not fit into \[1, 6\]"):
        ours.predict(np.zeros((1, 1, 6, 32)))


def test_pools_that_are_too_large_together_whatever_64_bits_make_of_them():
    convolution = Mock(kernel=np.ones((3, 3, 2, 5)), strides=(1, 1), dilation_rate=(1, 1))
    pools = [Mock(class_name="MaxPooling2D", pool_size=(n, 1), strides=(n, 1), padding="valid") for n in (4, 2**62)]
    assert images.pools_on_the_way(pools[:1], convolution)
    assert not images.pools_on_the_way(pools, convolution)
