"""Dense and embedding layers, and the ones that mask or scale."""

import keras
import numpy as np
import pytest
from keras import layers

import forward

from ..files import change_config, layer

RESCALING = [(0.3, 0.0), (-2, 1.5), ([0.1, 2.0, 3.0], [1.0, -1.0, 0.3]), ([1, 2, 3], 4)]


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5)])
def test_dense_on_any_rank(shape, use_bias, dtype, assert_same, rng):
    x = rng.normal(size=(4, *shape))
    assert_same(x, keras.Input(shape), layers.Dense(7, activation="tanh", use_bias=use_bias))


def test_flatten_dropout_and_activation(assert_same, rng):
    x = rng.normal(size=(4, 2, 3, 5)).astype("float32")
    assert_same(x, keras.Input((2, 3, 5)), layers.Flatten(), layers.Dropout(0.9), layers.Activation("softmax"))


@pytest.mark.parametrize(("scale", "offset"), RESCALING)
@pytest.mark.parametrize("kind", ["uint8", None])
def test_rescaling(scale, offset, kind, dtype, assert_same, rng):
    x = rng.integers(0, 256, (5, 4, 2, 3))
    assert_same(x.astype(kind or dtype), keras.Input((4, 2, 3), dtype=kind), layers.Rescaling(scale, offset))


def test_rescaling_by_arrays(dtype, assert_same, rng):
    scale, offset = np.array([0.1, 2, 3]), np.array([1, -1, 0.3])
    assert_same(rng.normal(size=(5, 4, 3)), keras.Input((4, 3)), layers.Rescaling(scale, offset))


@pytest.mark.parametrize("mask_value", [0.0, 0.5])
def test_masking_zeroes_whole_steps_only(mask_value, dtype, assert_same, rng):
    x = rng.normal(size=(5, 4, 3))
    x[0, 1], x[1, :2], x[2, 2, 1], x[3] = mask_value, mask_value, mask_value, mask_value
    assert_same(x, keras.Input((4, 3)), layers.Masking(mask_value))
    assert_same(x, keras.Input((4, 3)), layers.Masking(mask_value), layers.LSTM(6))


@pytest.mark.parametrize("mask_zero", [True, False])
def test_embedding(mask_zero, dtype, assert_same, rng):
    tokens = rng.integers(0, 11, (4, 6))
    assert_same(tokens, keras.Input((6,), dtype="int32"), layers.Embedding(11, 3, mask_zero=mask_zero))


def test_embedding_of_tokens_in_several_axes(assert_same, rng):
    assert_same(rng.integers(0, 11, (4, 2, 6)), keras.Input((2, 6), dtype="int32"), layers.Embedding(11, 3))


def test_a_large_token_does_not_become_another(twins):
    _, ours = twins(keras.Input((2,), dtype="int32"), layers.Embedding(11, 3))
    with pytest.raises(ValueError, match=r"takes int32 values .* but got values from 1 to 4294967297"):
        ours.predict([[1, 2**32 + 1]])


@pytest.mark.parametrize("tokens", [[[0, 11]], [[-1, 2]]])
def test_embedding_refuses_tokens_out_of_range(tokens, rng):
    with pytest.raises(ValueError, match="the embedding has the rows 0 to 10"):
        forward.embedding(np.array(tokens), rng.normal(size=(11, 3)))


def test_whole_numbers_are_wanted_for_an_integer_input(twins):
    theirs, ours = twins(keras.Input((2,), dtype="int32"), layers.Dense(3))
    np.testing.assert_allclose(ours.predict([[1.0, 2.0]]), theirs(np.array([[1, 2]])), rtol=1e-6)
    with pytest.raises(ValueError, match=r"takes int32 values .* but got fractions"):
        ours.predict([[0.9, 1.9]])


def test_embedding_refuses_fractions(twins):
    _, ours = twins(keras.Input((2,)), layers.Embedding(11, 3, name="words"))
    with pytest.raises(ValueError, match="an embedding takes whole token numbers"):
        ours.predict([[0.5, 2]])


@pytest.mark.parametrize("kind", ["float64", "int32"])
def test_input_is_cast_to_the_type_of_the_layer(kind, assert_same, rng):
    x = rng.integers(0, 9, (4, 5)).astype(kind)
    assert_same(x, keras.Input((5,), dtype=kind), layers.Dense(7), layers.Dense(3, dtype="float64"))
    assert_same(x, keras.Input((5,), dtype=kind), layers.Dense(7, dtype="float64"), layers.Dense(3))


REFUSED = {  # what a layer of this package has, and would have to do
    "Flatten data_format='channels_first'": lambda: layers.Flatten(data_format="channels_first", name="odd"),
    "ZeroPadding2D data_format='channels_first'": lambda: layers.ZeroPadding2D(
        data_format="channels_first", name="odd"
    ),
    "Cropping2D data_format='channels_first'": lambda: layers.Cropping2D(0, data_format="channels_first", name="odd"),
    "UpSampling2D data_format='channels_first'": lambda: layers.UpSampling2D(2, "channels_first", name="odd"),
    "UpSampling2D interpolation='bicubic'": lambda: layers.UpSampling2D(interpolation="bicubic", name="odd"),
    "Dense lora_": lambda: layers.Dense(6, lora_rank=2, name="odd"),
    "Embedding lora_": lambda: layers.Embedding(6, 5, lora_rank=2, name="odd"),
}


@pytest.mark.parametrize(("text", "make"), REFUSED.items(), ids=REFUSED)
def test_refuses(text, make, twins):
    kind, option = text.split()
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \({kind}\): option {option}.* is not"):
        twins(keras.Input((4, 3, 5)), make())


@pytest.mark.filterwarnings("ignore:Layer InputLayer")  # which Keras cannot quantize
def test_an_embedding_that_began_with_given_vectors(assert_same, rng):
    """The matrix is in the configuration; what counts are the weights."""
    vectors = keras.initializers.Constant(rng.normal(size=(7, 3)))
    made = layers.Embedding(7, 3, embeddings_initializer=vectors), layers.Dense(4, bias_initializer="ones")
    assert_same(rng.integers(0, 7, (6, 5)), keras.Input((5,), dtype="int32"), *made)


def test_refuses_a_quantized_layer(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="odd")])
    model.quantize("int8")
    model.save(tmp_path / "model.keras")
    with pytest.raises(
        forward.UnsupportedLayerError, match=r"layer 'odd' \(Dense\): option (quantization_config|dtype)="
    ):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize(("option", "value"), [("quantization_config", {"mode": "int8"}), ("temperature", 2)])
def test_refuses_an_option_that_it_does_not_know(option, value, twins, tmp_path):
    twins(keras.Input((3,)), layers.Dense(4, name="odd"))
    change_config(tmp_path / "model.keras", lambda config: layer(config, 1)["config"].update({option: value}))
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \(Dense\): option {option}="):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("kind", [layers.UnitNormalization, layers.RandomCrop, layers.CenterCrop])
def test_refuses_a_layer_that_it_does_not_know(kind, twins):
    sizes = {"height": 2, "width": 2} if kind is not layers.UnitNormalization else {}
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \({kind.__name__}\) is not supported"):
        twins(keras.Input((4, 6, 3)), kind(name="odd", **sizes))
