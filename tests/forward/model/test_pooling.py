import tracemalloc

import keras
import numpy as np
import pytest
from keras import layers

import forward

WINDOWED_1D = [layers.MaxPooling1D, layers.AveragePooling1D]
WINDOWED_2D = [layers.MaxPooling2D, layers.AveragePooling2D]
GLOBAL_1D = [layers.GlobalMaxPooling1D, layers.GlobalAveragePooling1D]
GLOBAL_2D = [layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D]
BELOW_ZERO = -3  # where a padded zero must not win a maximum


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [None, 1, 5])
@pytest.mark.parametrize("pool_size", [2, 3, 4])
@pytest.mark.parametrize("pooling", WINDOWED_1D)
def test_pooling1d(pooling, pool_size, strides, padding, dtype, assert_same, rng):
    x = rng.normal(BELOW_ZERO, size=(5, 11, 3))
    assert_same(x, keras.Input((11, 3)), pooling(pool_size, strides, padding))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [None, (1, 2), (3, 1)])
@pytest.mark.parametrize("pool_size", [(2, 2), (3, 2), (2, 4)])
@pytest.mark.parametrize("pooling", WINDOWED_2D)
def test_pooling2d(pooling, pool_size, strides, padding, dtype, assert_same, rng):
    x = rng.normal(BELOW_ZERO, size=(5, 9, 11, 3))
    assert_same(x, keras.Input((9, 11, 3)), pooling(pool_size, strides, padding))


@pytest.mark.parametrize("length", [5, 6, 7, 8])
@pytest.mark.parametrize("strides", [None, 1, 2])
@pytest.mark.parametrize("pooling", WINDOWED_1D + WINDOWED_2D)
def test_same_padding_of_pools_of_3_is_not_symmetric(pooling, strides, length, assert_same, rng):
    shape = (length, 4) if pooling in WINDOWED_1D else (length, length + 1, 4)
    x = rng.normal(BELOW_ZERO, size=(9, *shape))
    assert_same(x, keras.Input(shape), pooling(3, strides, "same"))


@pytest.mark.parametrize("pooling", [layers.AveragePooling1D, layers.AveragePooling2D])
def test_average_pooling_at_the_border(pooling, dtype, assert_same):
    """Every window of sixes has the mean 6, also where it sticks out; but the two channels must not be mixed."""
    shape = (4, 2) if pooling is layers.AveragePooling1D else (4, 5, 2)
    x = np.full((3, *shape), 6.0)
    x[..., 1] = 7
    assert_same(x, keras.Input(shape), pooling(3, 2, "same"))


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("pooling", GLOBAL_1D + GLOBAL_2D)
def test_global_pooling(pooling, keepdims, dtype, assert_same, rng):
    shape = (7, 3) if pooling in GLOBAL_1D else (5, 7, 3)
    assert_same(rng.normal(BELOW_ZERO, size=(4, *shape)), keras.Input(shape), pooling(keepdims=keepdims))


def masked_steps(rng):
    """Sequences with steps of zeros only in front, behind, in the middle and in a whole row."""
    x = rng.normal(BELOW_ZERO, size=(5, 7, 3))
    x[0, :2], x[1, 4:], x[2, [2, 4]], x[3] = 0, 0, 0, 0
    return x


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("pooling", GLOBAL_1D)
@pytest.mark.filterwarnings("ignore:Layer 'global_max")  # Keras says that it drops the mask
def test_global_pooling_with_a_mask(pooling, keepdims, dtype, assert_same, rng):
    """The average heeds the mask, and of no steps at all it is NaN; the maximum ignores the mask."""
    assert_same(masked_steps(rng), keras.Input((7, 3)), layers.Masking(), pooling(keepdims=keepdims))


def test_average_of_no_steps_is_nan(twins, rng):
    _, ours = twins(keras.Input((7, 3)), layers.Masking(), layers.GlobalAveragePooling1D())
    nan = np.isnan(ours.predict(masked_steps(rng)))
    assert nan.all(axis=1).tolist() == [False, False, False, True, False] == nan.any(axis=1).tolist()


def test_average_at_the_border_counts_real_cells_only():
    x = np.full((1, 3, 3, 1), 6.0)
    np.testing.assert_array_equal(forward.average_pool(x, (2, 2), (2, 2), "same"), np.full((1, 2, 2, 1), 6.0))


CHANNELS_FIRST = [*((each, [2]) for each in WINDOWED_1D + WINDOWED_2D), *((each, []) for each in GLOBAL_1D + GLOBAL_2D)]


@pytest.mark.parametrize(("pooling", "sizes"), CHANNELS_FIRST)
def test_refuses_channels_first(pooling, sizes, tmp_path):
    layer = pooling(*sizes, data_format="channels_first", name="odd")
    shape = (3, 8) if pooling.__name__.endswith("1D") else (3, 8, 8)
    keras.Sequential([keras.Input(shape), layer]).save(tmp_path / "model.keras")
    words = rf"layer 'odd' \({pooling.__name__}\): option data_format='channels_first' is not supported"
    with pytest.raises(forward.UnsupportedLayerError, match=words):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.filterwarnings("error")
def test_small_integers_do_not_overflow():
    x = np.full((1, 3, 3, 1), 201, np.uint8)
    x[0, 0, 0] = 200
    assert forward.average_pool(x).item() == 200.75
    assert forward.max_pool(x, (2, 2), (2, 2), "same").ravel().tolist() == [201] * 4
    assert forward.global_average_pool(x).item() == pytest.approx(201 - 1 / 9)


@pytest.mark.parametrize("keepdims", [True, False])
def test_masked_steps_do_not_count_in_the_mean(keepdims, assert_same, rng):
    """Those of an Embedding are not zero, as those of Masking are."""
    tokens = rng.integers(1, 9, (5, 6))
    tokens[0, :2], tokens[1, 3:], tokens[2, 1] = 0, 0, 0
    stack = layers.Embedding(9, 4, mask_zero=True), layers.GlobalAveragePooling1D(keepdims=keepdims)
    assert_same(tokens, keras.Input((6,), dtype="int32"), *stack)


@pytest.mark.parametrize("pooling", [layers.AveragePooling2D, layers.MaxPooling2D])
def test_a_large_image_takes_no_memory_while_the_model_is_built(pooling, tmp_path):
    keras.Sequential([keras.Input((9000, 9000, 1)), pooling(2, padding="same")]).save(tmp_path / "model.keras")
    tracemalloc.start()
    forward.load_model(tmp_path / "model.keras")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**20
