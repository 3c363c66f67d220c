"""The same numbers in other places."""

import keras
import pytest
from keras import layers

import forward

from ..files import change_entry


def test_flatten(dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Flatten(), layers.Dense(6))


@pytest.mark.parametrize("target_shape", [(-1,), (24,), (4, 6), (-1, 2, 3), (3, -1, 4), (3, 2, 4)])
def test_reshape(target_shape, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Reshape(target_shape))


def test_a_shape_that_does_not_fit_is_told_with_the_layer(twins, tmp_path, rng):
    twins(keras.Input((3, 4)), layers.Reshape((2, 6), name="odd"))
    for target in ([2, 2], [24], [5, -1]):
        change_entry(
            tmp_path / "model.keras", "odd", lambda found, target=target: found["config"].update(target_shape=target)
        )
        with pytest.raises(ValueError, match=r"layer 'odd' \(Reshape\) cannot make .* of \('batch', 3, 4\)"):
            forward.load_model(tmp_path / "model.keras").predict(rng.normal(size=(2, 3, 4)))


@pytest.mark.parametrize("dims", [(2, 1, 3), (3, 1, 2), (2, 3, 1), (1, 3, 2)])
def test_permute(dims, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Permute(dims))


REARRANGING = {
    "Reshape": lambda: layers.Reshape((-1, 2)),
    "Permute": lambda: layers.Permute((2, 1)),
    "Flatten": lambda: layers.Flatten(),
    "Dropout": lambda: layers.Dropout(0.4),
    "Cropping1D": lambda: layers.Cropping1D(1),
    "UpSampling1D": lambda: layers.UpSampling1D(3),
}


@pytest.mark.parametrize("make", REARRANGING.values(), ids=REARRANGING)
def test_whole_numbers_stay_whole(make, assert_same, rng):
    """2**24 + 1 is no float32."""
    assert_same(rng.integers(2**24, 2**24 + 100, (5, 4, 3)), keras.Input((4, 3), dtype="int32"), make())
    reach_the_table = keras.Input((4, 3), dtype="int32"), make(), layers.Embedding(11, 5)
    assert_same(rng.integers(0, 11, (5, 4, 3)), *reach_the_table)


@pytest.mark.parametrize("padding", [1, (2, 1), ((0, 1), (3, 2))])
def test_zero_padding2d(padding, dtype, assert_same, rng):
    assert_same(rng.normal(size=(4, 5, 6, 3)), keras.Input((5, 6, 3)), layers.ZeroPadding2D(padding))


@pytest.mark.parametrize("padding", [1, (2, 0), (0, 3)])
def test_borders_of_steps(padding, dtype, assert_same, rng):
    assert_same(rng.normal(size=(4, 5, 3)), keras.Input((5, 3)), layers.ZeroPadding1D(padding))
    assert_same(rng.normal(size=(4, 5, 3)), keras.Input((5, 3)), layers.Cropping1D(padding))


@pytest.mark.parametrize("cropping", [1, (2, 1), ((0, 1), (3, 2))])
def test_cropping2d(cropping, dtype, assert_same, rng):
    assert_same(rng.normal(size=(4, 5, 6, 3)), keras.Input((5, 6, 3)), layers.Cropping2D(cropping))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [1, 2, (1, 3), (4, 2)])
def test_up_sampling2d(size, interpolation, assert_same, rng):
    layer = layers.UpSampling2D(size, interpolation=interpolation)
    assert_same(rng.normal(size=(4, 3, 1, 6)), keras.Input((3, 1, 6)), layer)


def test_no_lines_between_whole_numbers(twins, assert_same, rng):
    start = keras.Input((3, 1, 6), dtype="int32")
    assert_same(rng.integers(0, 99, (4, 3, 1, 6)), start, layers.UpSampling2D(2))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' .* between whole numbers is not supported"):
        twins(start, layers.UpSampling2D(2, interpolation="bilinear", name="odd"))


def test_repetition(dtype, assert_same, rng):
    assert_same(rng.normal(size=(4, 5, 3)), keras.Input((5, 3)), layers.UpSampling1D(4))
    assert_same(rng.normal(size=(4, 3)), keras.Input((3,)), layers.RepeatVector(5))
