"""The same numbers in other places."""

import keras
import pytest
from keras import layers


def test_flatten(dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Flatten(), layers.Dense(6))


@pytest.mark.parametrize("target_shape", [(-1,), (24,), (4, 6), (-1, 2, 3), (3, -1, 4), (3, 2, 4)])
def test_reshape(target_shape, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Reshape(target_shape))


@pytest.mark.parametrize("dims", [(2, 1, 3), (3, 1, 2), (2, 3, 1), (1, 3, 2)])
def test_permute(dims, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Permute(dims))


REARRANGING = {
    "Reshape": lambda: layers.Reshape((-1, 2)),
    "Permute": lambda: layers.Permute((2, 1)),
    "Flatten": lambda: layers.Flatten(),
    "Dropout": lambda: layers.Dropout(0.4),
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
