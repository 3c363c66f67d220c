import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.layers import convolution
from forward.layers.windows import padding_sizes

from . import naive


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("kernel_size", [(1, 1), (2, 4), (3, 2), (5, 3)])
def test_same_as_keras(kernel_size, strides, padding, dtype, assert_same, rng):
    x = rng.normal(size=(4, 9, 11, 3)).astype(dtype)
    conv = layers.Conv2D(5, kernel_size, strides, padding, activation="relu", dtype=dtype)
    assert_same(x, keras.Input((9, 11, 3), dtype=dtype), conv)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "sigmoid", "softmax"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_activation_and_bias(activation, use_bias, assert_same, rng):
    x = rng.normal(size=(4, 6, 7, 2)).astype("float32")
    assert_same(x, keras.Input((6, 7, 2)), layers.Conv2D(3, 2, activation=activation, use_bias=use_bias))


def test_image_of_any_size(assert_same, rng):
    x = rng.normal(size=(2, 7, 5, 3)).astype("float32")
    conv, pool = layers.Conv2D(4, 3, padding="same"), layers.AveragePooling2D(2)
    assert_same(x, keras.Input((None, None, 3)), conv, pool, layers.GlobalMaxPooling2D())


def test_small_integers_do_not_overflow():
    x = np.full((1, 2, 2, 1), 200, np.uint8)
    assert forward.conv(x, np.ones((2, 2, 1, 1), np.uint8)).item() == 800


@pytest.mark.parametrize(("padding", "shape", "corner"), [("valid", (2, 3), (0, 0)), ("same", (3, 5), (1, 1))])
def test_same_as_the_definition(padding, shape, corner, rng):
    x, kernel, bias = rng.normal(size=(2, 6, 5, 3)), rng.normal(size=(4, 3, 3, 5)), rng.normal(size=5)
    found = forward.conv(x, kernel, bias, strides=(2, 1), padding=padding)
    np.testing.assert_allclose(found, naive.conv2d(x, kernel, bias, (2, 1), (shape, corner)), rtol=1e-11)


def test_images_a_few_at_a_time_change_nothing(rng, monkeypatch):
    x, kernel = rng.normal(size=(7, 6, 5, 3)), rng.normal(size=(2, 3, 3, 4))
    whole = forward.conv(x, kernel)
    monkeypatch.setattr(convolution, "COLUMNS_BYTES", 2 * 5 * 3 * 18 * 8 * 2)  # two images at a time
    np.testing.assert_allclose(forward.conv(x, kernel), whole, rtol=1e-13)


@pytest.mark.parametrize(
    ("length", "window", "stride", "expected"),
    [(5, 3, 1, (1, 1)), (6, 2, 1, (0, 1)), (6, 3, 2, (0, 1)), (7, 3, 2, (1, 1)), (5, 2, 3, (0, 0)), (4, 1, 2, (0, 0))],
)
def test_same_padding_puts_the_odd_zero_behind(length, window, stride, expected):
    assert padding_sizes(length, window, stride, "same") == expected


@pytest.mark.parametrize("compute", [forward.max_pool, forward.average_pool])
def test_a_window_must_fit(compute, rng):
    x = rng.normal(size=(1, 2, 5, 3))
    with pytest.raises(ValueError, match="a window of \\[3, 4\\] does not fit into \\[2, 5\\]"):
        compute(x, (3, 4), (2, 1))
    with pytest.raises(ValueError, match="a window of \\[3, 4\\] does not fit into \\[2, 5\\]"):
        forward.conv(x, rng.normal(size=(3, 4, 3, 2)), strides=(2, 1))
    assert compute(x, (3, 4), (2, 1), "same").shape == (1, 1, 5, 3)


def test_channels_must_fit(rng):
    with pytest.raises(ValueError, match=r"does not fit a kernel of shape \(3, 3, 2, 5\)"):
        forward.conv(rng.normal(size=(1, 4, 4, 3)), rng.normal(size=(3, 3, 2, 5)))


def test_padding_must_be_known(rng):
    with pytest.raises(ValueError, match="'valid', 'same' or 'causal', not 'full'"):
        forward.conv(rng.normal(size=(1, 4, 4, 3)), rng.normal(size=(3, 3, 3, 5)), padding="full")


@pytest.mark.parametrize(("option", "value"), [("data_format", "channels_first")])
def test_refuses(option, value, tmp_path):
    model = keras.Sequential([keras.Input((9, 9, 9)), layers.Conv2D(6, 3, name="odd", **{option: value})])
    model.save(tmp_path / "model.keras")
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \(Conv2D\): option {option}="):
        forward.load_model(tmp_path / "model.keras")
