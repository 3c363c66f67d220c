import keras
import numpy as np
import pytest
from keras import layers

import forward

from .. import naive
from ..files import change_config, change_weights, layer

CELLS = [layers.SimpleRNN, layers.LSTM, layers.GRU]
STATES = {layers.SimpleRNN: 1, layers.LSTM: 2, layers.GRU: 1}
MERGE_MODES = ["concat", "sum", "mul", "ave", None]
TIME, FEATURES, UNITS = 5, 3, 4


def masked_tokens(rng):
    """Tokens from 1, with zeros in front, behind, in the middle, and in a whole row; a masked last step, too."""
    tokens = rng.integers(1, 11, (6, TIME))
    tokens[0, :2] = 0
    tokens[1, 3:] = 0
    tokens[2, 1:3] = 0
    tokens[3] = 0
    tokens[4, [0, 2, 4]] = 0
    return tokens


@pytest.fixture
def assert_same_masked(assert_same, rng):
    def check(*recurrent):
        embedding = layers.Embedding(11, FEATURES, mask_zero=True)
        assert_same(masked_tokens(rng), keras.Input((TIME,), dtype="int32"), embedding, *recurrent)

    return check


@pytest.fixture
def masked(rng):
    """Input, a sequence with a mask made of it, and tokens to put in."""
    x = keras.Input((TIME,), dtype="int32", name="tokens")
    return x, layers.Embedding(11, FEATURES, mask_zero=True)(x), masked_tokens(rng)


@pytest.fixture(params=["masked", "whole"])
def start(request, rng):
    """The same, once with a mask and once without."""
    x = keras.Input((TIME,), dtype="int32", name="tokens")
    return x, layers.Embedding(11, FEATURES, mask_zero=request.param == "masked")(x), masked_tokens(rng)


def states_of(cell, number=1):
    """Inputs for the states of so many cells."""
    return [keras.Input((UNITS,), name=f"state_{position}") for position in range(number * STATES[cell])]


@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("cell", CELLS)
class TestSwitches:
    def test_without_mask(self, cell, return_sequences, go_backwards, dtype, assert_same, rng):
        x = rng.normal(size=(6, TIME, FEATURES))
        layer = cell(UNITS, return_sequences=return_sequences, go_backwards=go_backwards)
        assert_same(x, keras.Input((TIME, FEATURES)), layer)

    @pytest.mark.parametrize("zero_output_for_mask", [True, False])
    def test_with_mask(self, cell, return_sequences, go_backwards, dtype, zero_output_for_mask, assert_same_masked):
        switches = {"return_sequences": return_sequences, "go_backwards": go_backwards}
        assert_same_masked(cell(UNITS, **switches, zero_output_for_mask=zero_output_for_mask))


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "linear"])
@pytest.mark.parametrize("cell", CELLS)
def test_activation_and_bias(cell, activation, use_bias, assert_same_masked):
    assert_same_masked(cell(UNITS, activation=activation, use_bias=use_bias))


@pytest.mark.parametrize("recurrent_activation", ["tanh", "hard_sigmoid", "softmax"])
@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU])
def test_recurrent_activation(cell, recurrent_activation, assert_same_masked):
    assert_same_masked(cell(UNITS, recurrent_activation=recurrent_activation))


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("reset_after", [True, False])
class TestGRU:
    def test_reset_after(self, reset_after, use_bias, dtype, assert_same_masked):
        assert_same_masked(layers.GRU(UNITS, reset_after=reset_after, use_bias=use_bias, return_sequences=True))

    def test_reset_after_in_both_directions(self, reset_after, use_bias, dtype, assert_same_masked):
        assert_same_masked(layers.Bidirectional(layers.GRU(UNITS, reset_after=reset_after, use_bias=use_bias)))


@pytest.mark.parametrize("zero_output_for_mask", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_a_leading_masked_step(cell, zero_output_for_mask, dtype, assert_same, rng):
    """Before the first real step the output is zero, and the states are those that it began with."""
    x = rng.normal(size=(6, TIME, FEATURES))
    x[:4, 0], x[2, 1] = 0, 0
    layer = cell(UNITS, return_sequences=True, zero_output_for_mask=zero_output_for_mask)
    assert_same(x, keras.Input((TIME, FEATURES)), layers.Masking(), layer)


@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("cell", CELLS)
class TestStates:
    def test_return_state(self, cell, return_sequences, go_backwards, masked, assert_same_model):
        x, sequence, tokens = masked
        layer = cell(UNITS, return_sequences=return_sequences, go_backwards=go_backwards, return_state=True)
        assert_same_model(keras.Model(x, layer(sequence)), tokens)

    def test_initial_state(self, cell, return_sequences, go_backwards, masked, assert_same_model, rng):
        """Keras heeds no mask of the input where it is handed states."""
        (x, sequence, tokens), states = masked, states_of(cell)
        layer = cell(UNITS, return_sequences=return_sequences, go_backwards=go_backwards, return_state=True)
        model = keras.Model([x, *states], layer(sequence, initial_state=states))
        assert_same_model(model, [tokens, *(rng.normal(size=(6, UNITS)) for _ in states)])


@pytest.mark.parametrize("cell", CELLS)
def test_encoder_and_decoder(cell, dtype, start, assert_same_model):
    """The decoder starts from the encoder's states, and hands the mask of its own input on."""
    x, sequence, tokens = start
    _, *states = cell(UNITS, return_state=True)(sequence)
    y = cell(UNITS, return_sequences=True)(layers.Dense(8)(sequence), initial_state=states)
    assert_same_model(keras.Model(x, layers.LSTM(2)(y)), tokens)


@pytest.mark.parametrize("cell", CELLS)
def test_initial_state_that_is_not_handed_over_by_name(cell, assert_same_model, rng):
    x, states = keras.Input((TIME, FEATURES)), states_of(cell)
    data = [rng.normal(size=(6, TIME, FEATURES)), *(rng.normal(size=(6, UNITS)) for _ in states)]
    assert_same_model(keras.Model([x, *states], cell(UNITS)(x, states)), data)


@pytest.mark.parametrize("cell", CELLS)
def test_initial_state_and_a_mask_by_name(cell, dtype, assert_same_model, rng):
    x, mask, states = keras.Input((TIME, FEATURES)), keras.Input((TIME,), dtype="bool"), states_of(cell)
    y = cell(UNITS, return_sequences=True)(x, mask=mask, initial_state=states)
    found = [
        rng.normal(size=(6, TIME, FEATURES)),
        masked_tokens(rng) > 0,
        *(rng.normal(size=(6, UNITS)) for _ in states),
    ]
    assert_same_model(keras.Model([x, mask, *states], layers.LSTM(2)(y)), found)


@pytest.mark.parametrize("merge_mode", MERGE_MODES)
@pytest.mark.parametrize("cell", CELLS)
class TestBidirectional:
    @pytest.mark.parametrize("return_sequences", [True, False])
    def test_with_mask(self, cell, merge_mode, return_sequences, masked, assert_same_model):
        """With return_sequences Keras has masked steps give zeros, whatever zero_output_for_mask says."""
        x, sequence, tokens = masked
        inner = cell(UNITS, return_sequences=return_sequences, zero_output_for_mask=not return_sequences)
        assert_same_model(keras.Model(x, layers.Bidirectional(inner, merge_mode=merge_mode)(sequence)), tokens)

    def test_without_mask(self, cell, merge_mode, dtype, assert_same_model, rng):
        x, inner = keras.Input((TIME, FEATURES)), cell(UNITS, return_sequences=True)
        model = keras.Model(x, layers.Bidirectional(inner, merge_mode=merge_mode)(x))
        assert_same_model(model, rng.normal(size=(6, TIME, FEATURES)))

    def test_return_state(self, cell, merge_mode, masked, assert_same_model):
        x, sequence, tokens = masked
        inner = cell(UNITS, return_sequences=True, return_state=True)
        assert_same_model(keras.Model(x, layers.Bidirectional(inner, merge_mode=merge_mode)(sequence)), tokens)

    def test_initial_state(self, cell, merge_mode, masked, assert_same_model, rng):
        (x, sequence, tokens), states = masked, states_of(cell, 2)
        outer = layers.Bidirectional(cell(UNITS, return_state=True), merge_mode=merge_mode)
        model = keras.Model([x, *states], outer(sequence, initial_state=states))
        assert_same_model(model, [tokens, *(rng.normal(size=(6, UNITS)) for _ in states)])


@pytest.mark.parametrize("cell", CELLS)
def test_both_directions_hand_on_the_mask(cell, dtype, masked, assert_same_model):
    """Each of the two unmerged sequences takes it along."""
    x, sequence, tokens = masked
    both = layers.Bidirectional(cell(UNITS, return_sequences=True), merge_mode=None)(sequence)
    merged = layers.Bidirectional(cell(UNITS, return_sequences=True))(sequence)
    assert_same_model(keras.Model(x, [layers.LSTM(2)(each) for each in [*both, merged]]), tokens)


def test_bidirectional_with_a_backward_layer_of_its_own(assert_same_masked):
    backward = layers.LSTM(8, go_backwards=True, activation="relu")
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
        layers.SimpleRNN(7, return_sequences=True),
        layers.LSTM(2),
        layers.Dense(3, activation="softmax"),
    )


INSIDE = {  # what TimeDistributed holds, and the shape of a step
    "Dense": ((3,), lambda: layers.Dense(5, activation="tanh")),
    "Conv2D": ((7, 6, 3), lambda: layers.Conv2D(4, 2)),
    "Flatten": ((7, 6, 3), lambda: layers.Flatten()),
    "BatchNormalization": ((3,), lambda: layers.BatchNormalization()),
    "LSTM": ((6, 3), lambda: layers.LSTM(4)),
    "Sequential": ((3,), lambda: keras.Sequential([layers.Dense(5, activation="relu"), layers.Dense(2)])),
    "images through a Sequential": (
        (7, 6, 3),
        lambda: keras.Sequential([layers.Conv2D(4, 3), layers.MaxPooling2D(2), layers.Flatten()]),
    ),
    "TimeDistributed": ((6, 3), lambda: layers.TimeDistributed(layers.Dense(4))),
}


@pytest.mark.parametrize("length", [TIME, None])
@pytest.mark.parametrize(("shape", "make"), INSIDE.values(), ids=INSIDE)
def test_time_distributed(shape, make, length, dtype, assert_same, rng):
    assert_same(rng.normal(size=(8, TIME, *shape)), keras.Input((length, *shape)), layers.TimeDistributed(make()))


@pytest.mark.parametrize("make", [INSIDE["Dense"][1], INSIDE["Sequential"][1]], ids=["Dense", "Sequential"])
def test_time_distributed_with_mask(make, dtype, assert_same_masked):
    assert_same_masked(layers.TimeDistributed(make()), layers.LSTM(UNITS))


MASKED_INSIDE = {
    "LSTM": lambda: layers.LSTM(4),
    "LSTM with return_sequences": lambda: layers.LSTM(4, return_sequences=True),
    "Bidirectional": lambda: layers.Bidirectional(layers.GRU(4)),
    "GlobalAveragePooling1D": lambda: layers.GlobalAveragePooling1D(),
    "GlobalMaxPooling1D": lambda: layers.GlobalMaxPooling1D(),
    "Dense": lambda: layers.Dense(4),
    "Sequential": lambda: keras.Sequential([layers.Dense(8), layers.LSTM(4)]),
}


@pytest.mark.parametrize("make", MASKED_INSIDE.values(), ids=MASKED_INSIDE)
def test_time_distributed_hands_each_step_its_own_mask(make, assert_same, rng):
    """Texts of sentences of words, say: what stands inside sees which words of a sentence are real."""
    tokens = np.stack([masked_tokens(rng) for _ in range(4)], axis=1)
    embedding = layers.Embedding(11, FEATURES, mask_zero=True)
    assert_same(tokens, keras.Input((4, TIME), dtype="int32"), embedding, layers.TimeDistributed(make()))


def test_time_distributed_recurrent_network_of_images(dtype, assert_same, rng):
    parts = layers.Conv2D(4, 2, activation="relu"), layers.GlobalAveragePooling2D()
    steps = [layers.TimeDistributed(part) for part in parts]
    assert_same(rng.normal(size=(8, TIME, 7, 6, 3)), keras.Input((TIME, 7, 6, 3)), *steps, layers.LSTM(2))


def test_lstm_is_its_definition(rng):
    x = rng.normal(size=(2, TIME, FEATURES))
    weights = [rng.normal(size=size) for size in ((FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), 4 * UNITS)]
    np.testing.assert_allclose(forward.lstm(x, *weights), naive.lstm(x, *weights), rtol=1e-11)


def test_lstm_is_its_cell_step_by_step(rng):
    x = rng.normal(size=(2, TIME, FEATURES))
    weights = [rng.normal(size=size) for size in ((FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), 4 * UNITS)]
    h = c = np.zeros((2, UNITS))
    for t in range(TIME):
        h, c = forward.lstm_cell(x[:, t], h, c, *weights)
        np.testing.assert_allclose(forward.lstm(x, *weights, return_sequences=True)[:, t], h, rtol=1e-11)


def test_simple_rnn_is_its_cell_step_by_step(rng):
    x = rng.normal(size=(2, TIME, FEATURES))
    weights = [rng.normal(size=size) for size in ((FEATURES, UNITS), (UNITS, UNITS), UNITS)]
    h = np.zeros((2, UNITS))
    for t in range(TIME):
        expected = np.tanh(x[:, t] @ weights[0] + h @ weights[1] + weights[2])
        h = forward.simple_rnn_cell(x[:, t], h, *weights)
        np.testing.assert_allclose(h, expected, rtol=1e-12)
        np.testing.assert_allclose(forward.simple_rnn(x, *weights, return_sequences=True)[:, t], h, rtol=1e-11)


@pytest.mark.parametrize("cell", CELLS)
def test_refuses_stateful(cell, twins):
    words = rf"layer 'odd' \({cell.__name__}\): option stateful=True is not supported"
    with pytest.raises(forward.UnsupportedLayerError, match=words):
        twins(keras.Input(batch_shape=(2, TIME, FEATURES)), cell(UNITS, stateful=True, name="odd"))


def test_refuses_other_cells_inside_bidirectional(twins):
    outer = layers.Bidirectional(layers.RNN(layers.LSTMCell(UNITS)), name="odd")
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'forward_rnn' \(RNN\) is not supported"):
        twins(keras.Input((TIME, FEATURES)), outer)


@pytest.mark.parametrize("wrap", [layers.Bidirectional, layers.TimeDistributed])
def test_refuses_stateful_inside(wrap, twins):
    shape = (2, TIME, FEATURES) if wrap is layers.Bidirectional else (2, 5, TIME, FEATURES)
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer '.*lstm.*' \(LSTM\): option stateful=True"):
        twins(keras.Input(batch_shape=shape), wrap(layers.LSTM(UNITS, stateful=True)))


def test_refuses_layers_inside_that_it_does_not_know(twins):
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' \(UnitNormalization\) is not supported"):
        twins(keras.Input((TIME, FEATURES)), layers.TimeDistributed(layers.UnitNormalization(name="odd")))


def test_bidirectional_zeroes_masked_steps_whatever_the_file_says(twins, tmp_path, rng):
    """Keras sets zero_output_for_mask when it builds the layer, so a file that says otherwise must not matter."""
    inner = layers.SimpleRNN(UNITS, return_sequences=True)
    stack = layers.Embedding(11, FEATURES, mask_zero=True), layers.Bidirectional(inner)
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


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("mask_zero", [True, False])
def test_unrolled(mask_zero, sequences, assert_same, rng):
    """Keras then takes another way; with a mask, and both directions' sequences, one that is refused."""
    inner = layers.SimpleRNN(UNITS, return_sequences=sequences, unroll=True, name="odd")
    stack = layers.Embedding(11, FEATURES, mask_zero=mask_zero), layers.Bidirectional(inner)
    tokens = masked_tokens(rng)
    if mask_zero and sequences:
        words = r"layer 'backward_odd' \(SimpleRNN\): option unroll=True is not supported for a masked sequence"
        with pytest.raises(forward.UnsupportedLayerError, match=words):
            assert_same(tokens, keras.Input((TIME,), dtype="int32"), *stack)
    else:
        assert_same(tokens, keras.Input((TIME,), dtype="int32"), *stack)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sequences", [True, False])
def test_whole_numbers_make_no_whole_states(cell, sequences):
    """As toy weights of a lesson may be."""
    name = {layers.SimpleRNN: "simple_rnn", layers.LSTM: "lstm", layers.GRU: "gru"}[cell]
    gates, compute = {"simple_rnn": 1, "lstm": 4, "gru": 3}[name], getattr(forward, name)
    x, kernel, recurrent_kernel = np.array([[[1], [2], [0]]]), np.ones((1, gates), int), np.ones((1, gates), int)
    exact = compute(*(each.astype(float) for each in (x, kernel, recurrent_kernel)), return_sequences=sequences)
    found = compute(x, kernel, recurrent_kernel, return_sequences=sequences)
    assert found.dtype.kind == "f" and 0 < found.min() < 1
    np.testing.assert_allclose(found, exact, rtol=1e-6)
    states = [np.ones((1, 1), int)] * STATES[cell]
    given = compute(x, kernel, recurrent_kernel, initial_state=states, return_sequences=sequences)
    assert given.dtype.kind == "f" and np.all(np.trunc(given) != given)


def test_bidirectional_refuses_weights_of_neither_direction(twins, tmp_path):
    twins(keras.Input((TIME, FEATURES)), layers.Bidirectional(layers.LSTM(UNITS), name="odd"))
    change_weights(
        tmp_path / "model.keras", lambda file: file.create_dataset("layers/bidirectional/vars/0", data=np.zeros(3))
    )
    words = r"layer 'odd' \(Bidirectional\): the file has weights of no layer inside"
    with pytest.raises(forward.ModelFileError, match=words):
        forward.load_model(tmp_path / "model.keras")
