import keras
import numpy as np
import pytest
from keras import layers

import forward


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5)])
def test_dense_on_any_rank(shape, dtype, assert_same, rng):
    x = rng.normal(size=(4, *shape)).astype(dtype)
    assert_same(x, keras.Input(shape, dtype=dtype), layers.Dense(7, activation="tanh", dtype=dtype))


def test_dense_without_bias(assert_same, rng):
    x = rng.normal(size=(4, 5)).astype("float32")
    assert_same(x, keras.Input((5,)), layers.Dense(7, use_bias=False))


def test_flatten_dropout_and_activation(assert_same, rng):
    x = rng.normal(size=(4, 2, 3, 5)).astype("float32")
    assert_same(x, keras.Input((2, 3, 5)), layers.Flatten(), layers.Dropout(0.9), layers.Activation("softmax"))


@pytest.mark.parametrize("mask_zero", [True, False])
def test_embedding(mask_zero, assert_same, rng):
    tokens = rng.integers(0, 11, (4, 6))
    assert_same(tokens, keras.Input((6,), dtype="int32"), layers.Embedding(11, 3, mask_zero=mask_zero))


def test_a_large_token_does_not_become_another(twins):
    _, ours = twins(keras.Input((2,), dtype="int32"), layers.Embedding(11, 3))
    with pytest.raises(ValueError, match="the embedding has the rows 0 to 10"):
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


@pytest.mark.parametrize("through", [layers.Dropout(0.4), layers.Dense(4), layers.Activation("tanh")])
def test_mask_passes_through(through, assert_same, rng):
    tokens = rng.integers(1, 11, (5, 6))
    tokens[1:, 4:] = 0
    assert_same(
        tokens, keras.Input((6,), dtype="int32"), layers.Embedding(11, 3, mask_zero=True), through, layers.LSTM(2)
    )


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_input_is_cast_to_the_type_of_the_layer(dtype, assert_same, rng):
    x = rng.integers(0, 9, (4, 5)).astype(dtype)
    assert_same(x, keras.Input((5,), dtype=dtype), layers.Dense(7), layers.Dense(3, dtype="float64"))
    assert_same(x, keras.Input((5,), dtype=dtype), layers.Dense(7, dtype="float64"), layers.Dense(3))
