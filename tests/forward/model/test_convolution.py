import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.convolution import padding_sizes

from .. import naive
from ..files import change_entry

# Only what Keras itself computes on a CPU: no strides together with dilation, and channel by channel only with the
# same stride along both axes.
WINDOWS_1D = [
    {"strides": 1},
    {"strides": 2},
    {"strides": 3},
    {"strides": 4},  # longer than the kernel: some steps are in no window
    {"dilation_rate": 2},
    {"dilation_rate": 3},
]
WINDOWS_2D = [
    {"strides": 1},
    {"strides": 2},
    {"strides": 3},
    {"dilation_rate": 2},
    {"dilation_rate": (1, 3)},
    {"dilation_rate": (3, 2)},
]
SHAPE_1D, SHAPE_2D = (11, 4), (9, 11, 4)


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize("kernel_size", [1, 2, 3])
@pytest.mark.parametrize("window", WINDOWS_1D, ids=str)
def test_conv1d(window, kernel_size, padding, dtype, assert_same, rng):
    conv = layers.Conv1D(5, kernel_size, padding=padding, activation="tanh", **window)
    assert_same(rng.normal(size=(6, *SHAPE_1D)), keras.Input(SHAPE_1D), conv)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("kernel_size", [(1, 1), (2, 4), (3, 2), (5, 3)])
def test_conv2d(kernel_size, strides, padding, dtype, assert_same, rng):
    conv = layers.Conv2D(5, kernel_size, strides, padding, activation="relu")
    assert_same(rng.normal(size=(6, *SHAPE_2D)), keras.Input(SHAPE_2D), conv)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel_size", [(3, 2), (2, 4)])
@pytest.mark.parametrize("dilation_rate", [2, (1, 3), (3, 2)])
def test_conv2d_with_dilation(dilation_rate, kernel_size, padding, dtype, assert_same, rng):
    conv = layers.Conv2D(5, kernel_size, padding=padding, dilation_rate=dilation_rate)
    assert_same(rng.normal(size=(6, *SHAPE_2D)), keras.Input(SHAPE_2D), conv)


@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize("shape", [SHAPE_1D, SHAPE_2D])
def test_conv_in_groups(shape, groups, dtype, assert_same, rng):
    kind = layers.Conv1D if shape == SHAPE_1D else layers.Conv2D
    conv = kind(8, 3, groups=groups, strides=2, padding="same")
    assert_same(rng.normal(size=(6, *shape)), keras.Input(shape), conv)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("window", WINDOWS_1D, ids=str)
class TestChannelByChannel1D:
    def test_depthwise_conv1d(self, window, padding, dtype, assert_same, rng):
        conv = layers.DepthwiseConv1D(3, padding=padding, depth_multiplier=2, **window)
        assert_same(rng.normal(size=(6, *SHAPE_1D)), keras.Input(SHAPE_1D), conv)

    def test_separable_conv1d(self, window, padding, dtype, assert_same, rng):
        conv = layers.SeparableConv1D(5, 3, padding=padding, depth_multiplier=2, **window)
        assert_same(rng.normal(size=(6, *SHAPE_1D)), keras.Input(SHAPE_1D), conv)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("window", WINDOWS_2D, ids=str)
class TestChannelByChannel2D:
    def test_depthwise_conv2d(self, window, padding, dtype, assert_same, rng):
        conv = layers.DepthwiseConv2D((3, 2), padding=padding, depth_multiplier=2, **window)
        assert_same(rng.normal(size=(6, *SHAPE_2D)), keras.Input(SHAPE_2D), conv)

    def test_separable_conv2d(self, window, padding, dtype, assert_same, rng):
        conv = layers.SeparableConv2D(5, (3, 2), padding=padding, depth_multiplier=2, **window)
        assert_same(rng.normal(size=(6, *SHAPE_2D)), keras.Input(SHAPE_2D), conv)


KINDS = {  # every kind of convolution, of images where it is not said otherwise
    "Conv1D": lambda size, **options: layers.Conv1D(5, size, **options),
    "Conv2D": lambda size, **options: layers.Conv2D(5, size, **options),
    "DepthwiseConv1D": lambda size, **options: layers.DepthwiseConv1D(size, **options),
    "DepthwiseConv2D": lambda size, **options: layers.DepthwiseConv2D(size, **options),
    "SeparableConv1D": lambda size, **options: layers.SeparableConv1D(5, size, **options),
    "SeparableConv2D": lambda size, **options: layers.SeparableConv2D(5, size, **options),
}


@pytest.fixture(params=KINDS)
def assert_same_conv(request, assert_same, rng):
    """A function: length of the input and options of the layer -> the same output, for each kind of convolution."""

    def check(length, size, **options):
        shape = (length, 4) if request.param.endswith("1D") else (length, length + 1, 4)
        assert_same(rng.normal(size=(6, *shape)), keras.Input(shape), KINDS[request.param](size, **options))

    return check


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softmax"])
def test_activation_and_bias(activation, use_bias, assert_same_conv):
    assert_same_conv(6, 2, activation=activation, use_bias=use_bias)


@pytest.mark.parametrize("size", [2, 4])
def test_same_padding_of_even_kernels(size, dtype, assert_same_conv):
    """One more zero behind than in front."""
    assert_same_conv(7, size, padding="same")


@pytest.mark.parametrize("length", [5, 6, 7, 8])
@pytest.mark.parametrize("strides", [2, 3])
def test_same_padding_depends_on_the_length_if_strides_are_over_1(strides, length, assert_same_conv):
    """Length 6 with strides of 2 is padded with one zero behind, length 7 with one on each side."""
    assert_same_conv(length, 3, strides=strides, padding="same")


def test_window_as_large_as_the_input(dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 4, 6, 3)), keras.Input((4, 6, 3)), layers.Conv2D(7, (4, 6)))
    assert_same(rng.normal(size=(5, 4, 6, 3)), keras.Input((4, 6, 3)), layers.Conv2D(7, (9, 8), padding="same"))


def test_sequence_of_any_length(assert_same, rng):
    conv = layers.Conv1D(5, 3, padding="causal", dilation_rate=2)
    assert_same(rng.normal(size=(6, 9, 4)), keras.Input((None, 4)), conv, layers.GlobalAveragePooling1D())


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


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_channels_first(kind, tmp_path):
    shape = (9, 9) if kind.endswith("1D") else (9, 9, 9)
    layer = KINDS[kind](3, data_format="channels_first", name="odd")
    keras.Sequential([keras.Input(shape), layer]).save(tmp_path / "model.keras")
    words = rf"layer 'odd' \({kind}\): option data_format='channels_first' is not supported"
    with pytest.raises(forward.UnsupportedLayerError, match=words):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("kind", [layers.Conv3D, layers.Conv3DTranspose])
def test_refuses_other_convolutions(kind, twins):
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \({kind.__name__}\) is not supported"):
        twins(keras.Input((5, 6, 7, 3)), kind(4, 2, name="odd"))


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "Conv1D"])
def test_refuses_to_pad_as_keras_would_not(kind, twins, tmp_path):
    twins(keras.Input(SHAPE_1D if kind.endswith("1D") else SHAPE_2D), KINDS[kind](2, name="odd"))
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(padding="causal"))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' .* option padding='causal' is not supported"):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("window", [
    {"strides": 2}, {"strides": 3, "output_padding": 2}, {"strides": (3, 2), "output_padding": (1, 0)},
    {"dilation_rate": 2, "use_bias": False},
], ids=str)  # fmt: skip
def test_transposed(window, padding, assert_same, rng):
    along = {key: value if np.isscalar(value) else value[0] for key, value in window.items()}
    of_steps = layers.Conv1DTranspose(5, 3, padding=padding, activation="tanh", **along)
    assert_same(rng.normal(size=(6, *SHAPE_1D)), keras.Input(SHAPE_1D), of_steps)
    of_images = layers.Conv2DTranspose(5, (3, 5), padding=padding, activation="tanh", **window)
    assert_same(rng.normal(size=(6, *SHAPE_2D)), keras.Input(SHAPE_2D), of_images)


@pytest.mark.parametrize("kind", ["Conv1DTranspose", "Conv2DTranspose"])
def test_transposed_as_earlier_keras_saved_it(kind, twins, tmp_path, rng):
    """Without output_padding in its configuration."""
    shape = SHAPE_1D if "1D" in kind else SHAPE_2D
    theirs, _ = twins(keras.Input(shape), getattr(layers, kind)(5, 3, strides=2, name="odd"))
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].pop("output_padding"))
    x = rng.normal(size=(2, *shape)).astype("float32")
    np.testing.assert_allclose(forward.load_model(tmp_path / "model.keras").predict(x), theirs(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [SHAPE_1D, SHAPE_2D], ids=["1D", "2D"])
def test_one_number_for_all_axes(shape, twins, tmp_path, rng):
    """Keras takes it, too, but writes one for each."""
    rank = len(shape) - 1
    stack = getattr(layers, f"Conv{rank}D")(5, 2, name="odd"), getattr(layers, f"MaxPooling{rank}D")(2, name="pool")
    theirs, _ = twins(keras.Input(shape), *stack)
    changes = {"odd": {"strides": 1, "dilation_rate": 1, "kernel_size": 2}, "pool": {"pool_size": 2, "strides": 2}}
    for name, values in changes.items():
        change_entry(tmp_path / "model.keras", name, lambda found, values=values: found["config"].update(values))
    x = rng.normal(size=(2, *shape)).astype("float32")
    np.testing.assert_allclose(forward.load_model(tmp_path / "model.keras").predict(x), theirs(x), rtol=0, atol=1e-5)


def test_padding_counts_and_has_an_end(twins, tmp_path):
    _, ours = twins(keras.Input((4, 1)), layers.Conv1D(1, 2, padding="causal", dilation_rate=1000, name="odd"))
    assert ours.ledger.widest[False] >= 1004
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(dilation_rate=[2**24]))
    assert forward.load_model(tmp_path / "model.keras").ledger.widest[False] > 2**24
    twins(keras.Input((4, 64)), layers.Conv1D(1, 3, padding="causal", dilation_rate=1000, name="odd"))
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(dilation_rate=[2**24]))
    with pytest.raises(forward.ModelFileError, match=r"layer 'odd' .* would pad its input of shape \('batch', 4, 64\)"):
        forward.load_model(tmp_path / "model.keras")


def test_more_padding_than_a_stride(twins, tmp_path):
    twins(keras.Input(SHAPE_1D), layers.Conv1DTranspose(5, 3, strides=2, output_padding=1, name="odd"))
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(output_padding=[2]))
    with pytest.raises(forward.ModelFileError, match=r"layer 'odd' .*: output_padding=\(2,\) must be under strides"):
        forward.load_model(tmp_path / "model.keras")
