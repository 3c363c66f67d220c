"""The plain core by itself: each function beside the Keras layer that it explains, in float64, over all settings."""

import importlib
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from keras import layers

import forward
from forward.convolution import sliding_windows
from forward.model.activations import ACTIVATIONS

SEQUENCES, IMAGES = (2, 13, 6), (3, 11, 12, 6)
SHAPES = {1: SEQUENCES, 2: IMAGES}


def assert_like_keras(layer, function, x, *arguments, **named):
    """`function` with the layer's weights, drawn at random, gives what the layer gives, up to rounding."""
    rng = np.random.default_rng(8)
    shape = [each.shape for each in x] if isinstance(x, list) else x.shape
    layer.build(shape)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    mask = {"mask": named["mask"]} if named.get("mask") is not None else {}
    expected = layer(x, **mask)
    rounding = 1e-12 if layer.compute_dtype == "float64" else 1e-5
    found = function(*(x if isinstance(x, list) else [x]), *layer.get_weights(), *arguments, **named)
    for one, other in zip(
        *(each if isinstance(each, list | tuple) else [each] for each in (found, expected)), strict=True
    ):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=rounding, atol=rounding)


def numbers(shape):
    return np.random.default_rng(9).normal(size=shape)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same"])
class TestWindows:
    @pytest.mark.parametrize("groups", [1, 3])
    def test_conv(self, rank, padding, groups):
        x, kind = numbers(SHAPES[rank]), [layers.Conv1D, layers.Conv2D][rank - 1]
        for size, (strides, dilation) in product((1, 2, 3, 4), ((1, 1), (2, 1), (3, 1), (1, 2))):
            layer = kind(9, size, strides, padding, dilation_rate=dilation, groups=groups, dtype="float64")
            assert_like_keras(layer, forward.conv, x, strides, padding, dilation, groups)

    def test_depthwise_and_separable_conv(self, rank, padding):
        x = numbers(SHAPES[rank])
        depthwise = [layers.DepthwiseConv1D, layers.DepthwiseConv2D][rank - 1]
        separable = [layers.SeparableConv1D, layers.SeparableConv2D][rank - 1]
        for size, (strides, dilation) in product((2, 3), ((1, 1), (2, 1), (1, 2))):
            how = {"strides": strides, "padding": padding, "dilation_rate": dilation, "dtype": "float64"}
            layer = depthwise(size, depth_multiplier=2, **how)
            assert_like_keras(layer, forward.depthwise_conv, x, strides, padding, dilation)
            layer = separable(5, size, depth_multiplier=2, **how)
            assert_like_keras(layer, forward.separable_conv, x, strides, padding, dilation)

    def test_conv_transpose(self, rank, padding):
        x, kind = numbers(SHAPES[rank]), [layers.Conv1DTranspose, layers.Conv2DTranspose][rank - 1]
        for size, (strides, dilation) in product((1, 2, 3, 4), ((1, 1), (2, 1), (3, 1), (1, 2))):
            for more in [None, *range(strides)]:
                if more == 0 and padding == "same" and size % 2 == 0 and dilation == 1:
                    continue  # TensorFlow refuses it
                dtype = "float64" if dilation == 1 else "float32"  # as it refuses the others in float64
                layer = kind(5, size, strides, padding, output_padding=more, dilation_rate=dilation, dtype=dtype)
                assert_like_keras(layer, forward.conv_transpose, x, strides, padding, dilation, more)

    @pytest.mark.parametrize("kind", ["max", "average"])
    def test_pools(self, rank, padding, kind):
        x, name = numbers(SHAPES[rank]) - 3, f"{kind.title()}Pooling{rank}D"
        for size, strides in product((1, 2, 3), (None, 1, 2, 4)):
            layer = getattr(layers, name)(size, strides, padding, dtype="float64")
            assert_like_keras(layer, getattr(forward, f"{kind}_pool"), x, size, strides, padding)


def test_causal_conv():
    layer = layers.Conv1D(5, 3, padding="causal", dilation_rate=2, dtype="float64")
    assert_like_keras(layer, forward.conv, numbers(SEQUENCES), 1, "causal", 2)


@pytest.mark.parametrize("padding", ["causal", "Valid"])
def test_padding_that_there_is_not(padding):
    x, kernel = numbers(SEQUENCES), numbers((3, 5, 6))
    with pytest.raises(ValueError, match="padding must be 'valid' or 'same'"):
        forward.conv_transpose(x, kernel, padding=padding)


def test_windows_are_views_and_must_fit():
    x = numbers(IMAGES)
    windows = sliding_windows(x, (3, 2), (2, 1), (1, 3))
    assert windows.shape == (3, 5, 9, 3, 2, 6)
    assert np.shares_memory(windows, x)
    np.testing.assert_array_equal(windows[1, 4, 5, 2, 1], x[1, 10, 8])
    with pytest.raises(ValueError, match=r"\[12, 3\] does not fit into \[11, 12\]"):
        sliding_windows(x, (12, 3))


@pytest.mark.parametrize("groups, axis", [(1, -1), (2, -1), (6, -1), (-1, -1), (11, 1), (4, 2), (3, -2)])
def test_group_normalization(groups, axis):
    layer = layers.GroupNormalization(groups, axis, epsilon=0.1, dtype="float64")
    assert_like_keras(layer, forward.group_normalization, numbers(IMAGES), groups=groups, axis=axis, epsilon=0.1)


def test_groups_of_unequal_size():
    with pytest.raises(ValueError, match="6 channels cannot be cut into 4 equal groups"):
        forward.group_normalization(numbers(IMAGES), groups=4)


def test_layer_normalization():
    layer = layers.LayerNormalization(axis=(1, 3), epsilon=0.1, dtype="float64")
    assert_like_keras(layer, forward.layer_normalization, numbers(IMAGES), axis=(1, 3), epsilon=0.1)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [(2, 3), (1, 4), (5, 2)])
def test_up_sampling(size, interpolation):
    x, layer = numbers(IMAGES), layers.UpSampling2D(size, interpolation=interpolation, dtype="float64")
    # TensorFlow interpolates in float32
    rounding = 1e-5 if interpolation == "bilinear" else 0
    np.testing.assert_allclose(forward.up_sampling(x, size, interpolation), layer(x), rtol=0, atol=rounding)


def test_interpolation_that_there_is_not():
    with pytest.raises(ValueError, match="'nearest' or 'bilinear', not 'bicubic'"):
        forward.up_sampling(numbers(IMAGES), (2, 2), "bicubic")


def test_borders_and_repetition():
    sides = ((1, 2), (3, 0))
    assert_like_keras(layers.ZeroPadding2D(sides, dtype="float64"), forward.zero_padding, numbers(IMAGES), sides)
    assert_like_keras(layers.Cropping2D(sides, dtype="float64"), forward.cropping, numbers(IMAGES), sides)
    assert_like_keras(layers.RepeatVector(4, dtype="float64"), forward.repeat_vector, numbers((3, 5)), 4)
    with pytest.raises(ValueError, match=r"leaves nothing of \[11, 12\]"):
        forward.cropping(numbers(IMAGES), ((5, 6), (0, 0)))


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("x, y, axes", [
    ((2, 5), (2, 5), 1), ((2, 5), (2, 5), -1), ((2, 4, 5), (2, 5), (2, 1)), ((2, 5), (2, 3, 5), (1, 2)),
    ((2, 4, 5), (2, 3, 5), 2), ((2, 4, 5), (2, 4, 3), 1), ((2, 4, 5), (2, 5, 3), (-1, -2)),
    ((2, 4, 5, 7), (2, 3, 7, 5), (2, 3)),
])  # fmt: skip
def test_dot(x, y, axes, normalize):
    x, y = numbers(x), numbers(y) + 1
    assert_like_keras(layers.Dot(axes, normalize, dtype="float64"), forward.dot, [x, y], axes, normalize)


def test_dot_of_a_zero_vector_and_of_other_sizes():
    x = np.stack([np.zeros(5), np.ones(5)])
    np.testing.assert_allclose(forward.dot(x, x, 1, normalize=True), [[0], [1]])
    with pytest.raises(ValueError, match="differ in size"):
        forward.dot(numbers((2, 5)), numbers((2, 4)), 1)


def masks():
    """In front, in the middle, behind, a whole row; and none."""
    mask = np.ones((6, 5), bool)
    mask[0, :2] = mask[1, 2] = mask[2, 3:] = mask[3] = mask[4, [0, 2, 4]] = False
    return [None, mask]


@pytest.mark.parametrize("mask", masks(), ids=["whole", "masked"])
@pytest.mark.parametrize("switches", [*product((False, True), repeat=4)])
@pytest.mark.parametrize("kind, function, more", [
    (layers.SimpleRNN, forward.simple_rnn, {}),
    (layers.LSTM, forward.lstm, {}),
    (layers.GRU, forward.gru, {"reset_after": True}),
    (layers.GRU, forward.gru, {"reset_after": False}),
])  # fmt: skip
def test_over_time(kind, function, more, switches, mask):
    names = "return_sequences", "return_state", "go_backwards", "zero_output_for_mask"
    switches = dict(zip(names, switches, strict=True))
    layer = kind(4, dtype="float64", **more, **switches)
    assert_like_keras(layer, function, numbers((6, 5, 3)), **more, mask=mask, **switches)


@pytest.mark.parametrize("kind, function, more", [
    (layers.SimpleRNNCell, forward.simple_rnn_cell, {"activation": "relu"}),
    (layers.LSTMCell, forward.lstm_cell, {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    (layers.GRUCell, forward.gru_cell, {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
])  # fmt: skip
def test_one_step(kind, function, more):
    cell = kind(4, dtype="float64", **more)
    states = [numbers((2, 4)), numbers((2, 4)) + 1][: np.size(cell.state_size)]
    cell.build((2, 3))
    cell.set_weights([np.random.default_rng(3).normal(size=each.shape) for each in cell.weights])
    expected, _ = cell(numbers((2, 3)), states)
    how = {key: ACTIVATIONS[name] for key, name in more.items()}
    found = function(numbers((2, 3)), *states, *cell.get_weights(), **how)
    np.testing.assert_allclose(found[0] if len(states) > 1 else found, expected, rtol=1e-12)
    if len(states) > 1:
        np.testing.assert_allclose(found[1], cell(numbers((2, 3)), states)[1][1], rtol=1e-12)


def test_lists_for_arrays():
    """Two biases in a list are a row for x and a row for h, whatever the batch; a size may be a number of numpy's."""
    x, h, kernels, bias = numbers((2, 3)), numbers((2, 4)), [numbers((3, 12)), numbers((4, 12))], numbers((2, 12))
    np.testing.assert_array_equal(
        forward.gru_cell(x, h, *kernels, bias.tolist()), forward.gru_cell(x, h, *kernels, bias)
    )
    np.testing.assert_array_equal(forward.max_pool(x := numbers(IMAGES), np.int64(3)), forward.max_pool(x, (3, 3)))


def test_states_and_masks_that_do_not_fit():
    x, weights = numbers((6, 5, 3)), [numbers((3, 16)), numbers((4, 16))]
    with pytest.raises(ValueError, match="expected 2 initial states of 4 units"):
        forward.lstm(x, *weights, initial_state=[numbers((6, 4))])
    with pytest.raises(ValueError, match=r"a mask of shape \(5, 6\) does not fit 6 sequences of 5 steps"):
        forward.lstm(x, *weights, mask=np.ones((5, 6), bool))


def test_nothing_but_numpy_and_itself():
    """The plain core imports no other room of the package."""
    rooms = {path.stem for path in Path(forward.__file__).parent.glob("[!_]*.py")} - {"errors"}
    for name in rooms:
        parts = vars(importlib.import_module(f"forward.{name}")).values()
        origins = {getattr(part, "__module__", None) or "" for part in parts}
        assert {each for each in origins if each.startswith("forward")} <= {f"forward.{each}" for each in rooms}
