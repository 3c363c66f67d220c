import keras
import numpy as np
import pytest
from keras import layers

import forward

from . import naive
from .files import change_config, change_weights, layer

CELLS = [layers.SimpleRNN, layers.LSTM, layers.GRU]
TIME, FEATURES, UNITS = 7, 3, 4


def masked_tokens(rng):
    """Tokens from 1, with zeros in front, behind, in the middle, and in a whole row; a masked last step, too."""
    tokens = rng.integers(1, 11, (6, TIME))
    tokens[0, :2] = 0
    tokens[1, 4:] = 0
    tokens[2, 2:5] = 0
    tokens[3] = 0
    tokens[4, [0, 3, 6]] = 0
    return tokens


@pytest.fixture
def assert_same_masked(assert_same, rng):
    def check(*recurrent, dtype="float32"):
        embedding = layers.Embedding(11, FEATURES, mask_zero=True, dtype=dtype)
        assert_same(masked_tokens(rng), keras.Input((TIME,), dtype="int32"), embedding, *recurrent)

    return check


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("cell", CELLS)
class TestSwitches:
    def test_without_mask(self, cell, return_sequences, go_backwards, dtype, assert_same, rng):
        x = rng.normal(size=(5, TIME, FEATURES)).astype(dtype)
        layer = cell(UNITS, return_sequences=return_sequences, go_backwards=go_backwards, dtype=dtype)
        assert_same(x, keras.Input((TIME, FEATURES), dtype=dtype), layer)

    @pytest.mark.parametrize("zero_output_for_mask", [True, False])
    def test_with_mask(self, cell, return_sequences, go_backwards, dtype, zero_output_for_mask, assert_same_masked):
        switches = {"return_sequences": return_sequences, "go_backwards": go_backwards}
        assert_same_masked(cell(UNITS, **switches, zero_output_for_mask=zero_output_for_mask, dtype=dtype), dtype=dtype)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "linear"])
@pytest.mark.parametrize("cell", CELLS)
def test_activation_and_bias(cell, activation, use_bias, assert_same_masked):
    assert_same_masked(cell(UNITS, activation=activation, use_bias=use_bias))


def test_recurrent_activation(assert_same_masked):
    assert_same_masked(layers.LSTM(UNITS, recurrent_activation="tanh"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("cell", CELLS)
class TestBidirectional:
    def test_with_mask(self, cell, merge_mode, return_sequences, dtype, assert_same_masked):
        inner = cell(UNITS, return_sequences=return_sequences, dtype=dtype)
        assert_same_masked(layers.Bidirectional(inner, merge_mode=merge_mode, dtype=dtype), dtype=dtype)

    def test_without_mask(self, cell, merge_mode, return_sequences, dtype, assert_same, rng):
        x = rng.normal(size=(5, TIME, FEATURES)).astype(dtype)
        inner = cell(UNITS, return_sequences=return_sequences, dtype=dtype)
        outer = layers.Bidirectional(inner, merge_mode=merge_mode, dtype=dtype)
        assert_same(x, keras.Input((TIME, FEATURES), dtype=dtype), outer)


def test_bidirectional_with_a_backward_layer_of_its_own(assert_same_masked):
    backward = layers.LSTM(5, go_backwards=True, activation="relu")
    assert_same_masked(layers.Bidirectional(layers.LSTM(UNITS), backward_layer=backward))


def test_bidirectional_that_reads_backwards_first(assert_same_masked):
    assert_same_masked(
        layers.Bidirectional(
            layers.SimpleRNN(UNITS, go_backwards=True, return_sequences=True),
            backward_layer=layers.SimpleRNN(UNITS, return_sequences=True),
        )
    )


def test_stack_hands_the_mask_on(assert_same_masked):
    assert_same_masked(
        layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True)),
        layers.SimpleRNN(5, return_sequences=True),
        layers.LSTM(2),
        layers.Dense(3, activation="softmax"),
    )


def test_lstm_is_its_definition(rng):
    x = rng.normal(size=(2, TIME, FEATURES))
    weights = [rng.normal(size=size) for size in ((FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), 4 * UNITS)]
    np.testing.assert_allclose(forward.lstm(x, *weights), naive.lstm(x, *weights), rtol=1e-11)


def test_lstm_is_its_cell_step_by_step(rng):
    x = rng.normal(size=(2, TIME, FEATURES))
    weights = [rng.normal(size=size) for size in ((FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), 4 * UNITS)]
    h = c = np.zeros((2, UNITS))
    for t in range(TIME):
        h, c = forward.lstm_cell(x[:, t] @ weights[0] + weights[2], (h, c), weights[1])
        np.testing.assert_allclose(forward.lstm(x, *weights, return_sequences=True)[:, t], h, rtol=1e-11)


def test_simple_rnn_is_its_cell_step_by_step(rng):
    x = rng.normal(size=(2, TIME, FEATURES))
    weights = [rng.normal(size=size) for size in ((FEATURES, UNITS), (UNITS, UNITS), UNITS)]
    h = np.zeros((2, UNITS))
    for t in range(TIME):
        expected = np.tanh(x[:, t] @ weights[0] + h @ weights[1] + weights[2])
        (h,) = forward.simple_rnn_cell(x[:, t] @ weights[0] + weights[2], (h,), weights[1])
        np.testing.assert_allclose(h, expected, rtol=1e-12)
        np.testing.assert_allclose(forward.simple_rnn(x, *weights, return_sequences=True)[:, t], h, rtol=1e-11)


@pytest.mark.parametrize(("option", "value"), [("stateful", True)])
def test_refuses(option, value, tmp_path):
    recurrent = layers.LSTM(UNITS, name="odd", **{option: value})
    keras.Sequential([keras.Input(batch_shape=(2, TIME, FEATURES)), recurrent]).save(tmp_path / "model.keras")
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \(LSTM\): option {option}="):
        forward.load_model(tmp_path / "model.keras")


def test_refuses_other_cells_inside_bidirectional(tmp_path):
    keras.Sequential([keras.Input((TIME, FEATURES)), layers.Bidirectional(layers.RNN(layers.LSTMCell(UNITS)), name="odd")]).save(
        tmp_path / "model.keras"
    )
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' \(Bidirectional\): RNN inside"):
        forward.load_model(tmp_path / "model.keras")


def test_bidirectional_zeroes_masked_steps_whatever_the_file_says(twins, tmp_path, rng):
    """Keras sets zero_output_for_mask when it builds the layer, so a file that says otherwise must not matter."""
    inner = layers.SimpleRNN(UNITS, return_sequences=True)
    stack = layers.Embedding(11, FEATURES, mask_zero=True), layers.Bidirectional(inner), layers.LSTM(2)
    theirs, _ = twins(keras.Input((TIME,), dtype="int32"), *stack)

    def change(config):
        for key in ("layer", "backward_layer"):
            assert layer(config, 2)["config"][key]["config"]["zero_output_for_mask"]
            layer(config, 2)["config"][key]["config"]["zero_output_for_mask"] = False

    change_config(tmp_path / "model.keras", change)
    tokens = masked_tokens(rng)
    expected = np.asarray(theirs(tokens))
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "model.keras")(tokens), expected, atol=1e-6)
    np.testing.assert_allclose(forward.load_model(tmp_path / "model.keras").predict(tokens), expected, atol=1e-6)


def test_bidirectional_refuses_weights_of_neither_direction(twins, tmp_path):
    twins(keras.Input((TIME, FEATURES)), layers.Bidirectional(layers.LSTM(UNITS), name="odd"))
    change_weights(
        tmp_path / "model.keras", lambda file: file.create_dataset("layers/bidirectional/vars/0", data=np.zeros(3))
    )
    with pytest.raises(forward.ModelFileError, match=r"layer 'odd' \(Bidirectional\): the file has weights of no layer inside"):
        forward.load_model(tmp_path / "model.keras")
