import keras
import numpy as np
import pytest
from keras import layers

import forward

WINDOWED = [layers.MaxPooling2D, layers.AveragePooling2D]
GLOBAL = [layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [None, (1, 2), (3, 1)])
@pytest.mark.parametrize("pool_size", [(2, 2), (3, 2), (2, 4)])
@pytest.mark.parametrize("pooling", WINDOWED)
def test_same_as_keras(pooling, pool_size, strides, padding, dtype, assert_same, rng):
    x = rng.normal(loc=-3, size=(4, 9, 11, 3)).astype(dtype)  # below zero: a padded zero must not win a maximum
    assert_same(x, keras.Input((9, 11, 3), dtype=dtype), pooling(pool_size, strides, padding, dtype=dtype))


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("pooling", GLOBAL)
def test_global_same_as_keras(pooling, keepdims, assert_same, rng):
    x = rng.normal(size=(4, 5, 7, 3)).astype("float32")
    assert_same(x, keras.Input((5, 7, 3)), pooling(keepdims=keepdims))


def test_average_at_the_border_counts_real_cells_only():
    x = np.full((1, 3, 3, 1), 6.0)
    np.testing.assert_array_equal(forward.average_pool(x, (2, 2), (2, 2), "same"), np.full((1, 2, 2, 1), 6.0))


@pytest.mark.parametrize(("pooling", "sizes"), [*((each, [2]) for each in WINDOWED), *((each, []) for each in GLOBAL)])
def test_refuses_channels_first(pooling, sizes, tmp_path):
    layer = pooling(*sizes, data_format="channels_first", name="odd")
    keras.Sequential([keras.Input((3, 8, 8)), layer]).save(tmp_path / "model.keras")
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' .*data_format='channels_first'"):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.filterwarnings("error")
def test_small_integers_do_not_overflow():
    x = np.full((1, 3, 3, 1), 201, np.uint8)
    x[0, 0, 0] = 200
    assert forward.average_pool(x).item() == 200.75
    assert forward.max_pool(x, (2, 2), (2, 2), "same").ravel().tolist() == [201] * 4
    assert forward.global_average_pool(x).item() == pytest.approx(201 - 1 / 9)
