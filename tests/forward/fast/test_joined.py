"""Several recurrent cells as one, for a single sample: their reference are the plain functions."""

import keras
import numpy as np
import pytest
from keras import layers

from forward import recurrent as plain
from forward.fast import joined, planning, recurrent
from forward.model.activations import ACTIVATIONS

TIME, FEATURES, UNITS = 6, 4, (3, 5, 2)
KINDS = {"simple_rnn": recurrent.SimpleRNNCell, "lstm": recurrent.LSTMCell, "gru": recurrent.GRUCell}
LAYERS = {"simple_rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def weights(rng, name, features, units):
    width = {"simple_rnn": 1, "lstm": 4, "gru": 3}[name] * units
    bias = (2, width) if name == "gru" else (width,)
    return [rng.normal(size=shape) for shape in ((features, width), (units, width), bias)]


def cell(name, own):
    return KINDS[name](*own, np.tanh, *([] if name == "simple_rnn" else [recurrent.sigmoid]))


@pytest.mark.parametrize("steps", [0, 1, 2, TIME])
@pytest.mark.parametrize("name", KINDS)
def test_a_stack(name, steps, rng):
    sizes = FEATURES, *UNITS
    own = [weights(rng, name, *pair) for pair in zip(sizes, UNITS, strict=False)]
    x = rng.normal(size=(steps, FEATURES))
    cells = [cell(name, each) for each in own]
    assert all(len(each.beside) for each in cells)  # those of the joined cell are others
    found = joined.Joined(cells, stacked=True).outputs([x])
    y = x[np.newaxis]
    for each, own_weights, units in zip(found, own, UNITS, strict=True):
        y = getattr(plain, name)(y, *own_weights, return_sequences=True)
        np.testing.assert_allclose(each, np.vstack([np.zeros((1, units)), y[0]]), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", KINDS)
def test_cells_side_by_side(name, rng):
    own = [weights(rng, name, FEATURES, units) for units in UNITS]
    xs = rng.normal(size=(3, TIME, FEATURES))
    found = joined.Joined([cell(name, each) for each in own], stacked=False).outputs([*xs])
    for each, x, own_weights in zip(found, xs, own, strict=True):
        expected = getattr(plain, name)(x[np.newaxis], *own_weights, return_sequences=True)[0]
        np.testing.assert_allclose(each[1:], expected, rtol=0, atol=1e-13)


def masked(rng, vocabulary):
    """Tokens that are padded in front, behind, in the middle, at random, everywhere and nowhere."""
    x = rng.integers(1, vocabulary, (6, TIME))
    x[0, :2] = x[1, 4:] = x[2, 2:4] = x[4] = 0
    x[3] *= rng.random(TIME) < 0.5
    return x


def check(theirs, ours, x, monkeypatch):
    """Each sample alone, as the plain functions and as Keras compute all; joined cells are used just then."""
    calls = []
    outputs = joined.Joined.outputs
    monkeypatch.setattr(joined.Joined, "outputs", lambda self, x: calls.append(len(x)) or outputs(self, x))
    expected = ours.forward(x)
    np.testing.assert_allclose(expected, theirs(x), rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.predict(x), expected, rtol=0, atol=1e-6)
    assert not calls
    assert np.ptp(expected) > 0.01
    for one, each in zip(x, expected, strict=True):
        np.testing.assert_allclose(ours.predict(one[np.newaxis]), each[np.newaxis], rtol=0, atol=1e-6)
    return len(calls) // len(x)


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_stacked_layers(name, mask_zero, sequences, twins, rng, monkeypatch):
    kind = LAYERS[name]
    one, two, last = (
        kind(units, return_sequences=on) for units, on in zip(UNITS, (True, True, sequences), strict=True)
    )
    between = [layers.Dropout(0.5) for _ in range(2)]
    stack = layers.Embedding(9, FEATURES, mask_zero=mask_zero), one, between[0], two, between[1], last
    theirs, ours = twins(keras.Input((TIME,), dtype="int32"), *stack)
    assert len(ours.plan) == 1
    assert check(theirs, ours, masked(rng, 9), monkeypatch) == 1


@pytest.mark.parametrize("name", LAYERS)
def test_stacked_layers_on_features(name, twins, rng, monkeypatch):
    stack = layers.Masking(), *(LAYERS[name](units, return_sequences=True) for units in UNITS)
    theirs, ours = twins(keras.Input((TIME, FEATURES)), *stack)
    x = rng.normal(size=(6, TIME, FEATURES)).astype("float32") * (masked(rng, 9) != 0)[..., np.newaxis]
    assert check(theirs, ours, x, monkeypatch) == 1


def test_zeros_where_the_last_layer_of_a_stack_is_masked(twins, rng, monkeypatch):
    for sequences in (True, False):
        last = layers.LSTM(3, return_sequences=sequences, zero_output_for_mask=True)
        stack = layers.Embedding(9, 4, mask_zero=True), layers.LSTM(5, return_sequences=True), last
        theirs, ours = twins(keras.Input((TIME,), dtype="int32"), *stack)
        assert check(theirs, ours, masked(rng, 9), monkeypatch) == 1


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_both_directions(name, mask_zero, merge_mode, twins, rng, monkeypatch):
    kind = LAYERS[name]
    both = [layers.Bidirectional(kind(5, return_sequences=on), merge_mode=merge_mode) for on in (True, False)]
    stack = layers.Embedding(9, FEATURES, mask_zero=mask_zero), layers.Dropout(0.5), both[0], both[1]
    theirs, ours = twins(keras.Input((TIME,), dtype="int32"), *stack)
    assert check(theirs, ours, masked(rng, 9), monkeypatch) == 2


def test_both_directions_the_other_way_round_and_apart(twin, rng):
    entrance = keras.Input((TIME,), dtype="int32")
    y = layers.Embedding(9, FEATURES, mask_zero=True)(entrance)
    inner = layers.LSTM(3, return_sequences=True, go_backwards=True)
    other = layers.LSTM(5, return_sequences=True)
    model = keras.Model(entrance, layers.Bidirectional(inner, backward_layer=other, merge_mode=None)(y))
    ours, x = twin(model), masked(rng, 9)
    for one in x[:, np.newaxis]:
        for found, expected in zip(ours.predict(one), ours.forward(one), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def pair(first=(), second=(), kind=layers.LSTM, other=None):
    return [kind(3, return_sequences=True, **dict(first)), (other or kind)(5, **dict(second))]


NOT_JOINED = {
    "another activation": lambda: pair(second={"activation": "relu"}),
    "another gate": lambda: pair(first={"recurrent_activation": "hard_sigmoid"}),
    "another kind": lambda: pair(other=layers.GRU),
    "another dtype": lambda: pair(second={"dtype": "float64"}),
    "backwards": lambda: pair(first={"go_backwards": True}),
    "the last one backwards": lambda: pair(second={"go_backwards": True}),
    "units that see each other": lambda: pair({"activation": "softmax"}, {"activation": "softmax"}),
    "gates that see each other": lambda: pair(*[{"recurrent_activation": "softmax"}] * 2),
    "numbers without end": lambda: pair({"activation": "relu"}, {"activation": "relu"}),
    "r before the product": lambda: pair(first={"reset_after": False}, second={"reset_after": False}, kind=layers.GRU),
}


@pytest.mark.parametrize("why", NOT_JOINED)
def test_not_joined(why, twins, rng, monkeypatch):
    theirs, ours = twins(
        keras.Input((TIME,), dtype="int32"), layers.Embedding(9, FEATURES, mask_zero=True), *NOT_JOINED[why]()
    )
    assert check(theirs, ours, masked(rng, 9), monkeypatch) == 0


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"glu"}))  # which halves the units: no cell can have it
def test_every_activation_in_both_directions(name, twins, rng):
    """A row of both directions' units is no row of one's."""
    both = layers.Bidirectional(layers.LSTM(4, activation=name, recurrent_activation="hard_sigmoid"))
    _, ours = twins(keras.Input((3, FEATURES)), both)
    x = rng.normal(size=(1, 3, FEATURES), scale=0.1).astype("float32")
    np.testing.assert_allclose(ours.predict(x), ours.forward(x), rtol=1e-5, atol=1e-6)


def test_what_is_no_number_stays_in_its_direction(twins, rng):
    _, ours = twins(keras.Input((TIME, FEATURES)), layers.Bidirectional(layers.LSTM(4, return_sequences=True)))
    x = rng.normal(size=(2, TIME, FEATURES)).astype("float32")
    x[0, -1] = np.nan
    lost = np.isnan(ours.predict(x[:1])).sum(axis=-1)
    np.testing.assert_array_equal(lost, [[4] * (TIME - 1) + [8]])
    weights = ours.layers[-1].layers[0]
    weights.recurrent_kernel[0, 0] = np.inf
    assert joined.joined([planning.sooner(each) for each in ours.layers[-1].layers], stacked=False) is None


def test_a_limit(twins, rng, monkeypatch):
    for most, expected in ((4 * 8**2, 1), (4 * 8**2 - 1, 0)):
        monkeypatch.setattr(joined, "LARGEST", most)
        theirs, ours = twins(
            keras.Input((TIME,), dtype="int32"), layers.Embedding(9, FEATURES, mask_zero=True), *pair()
        )
        assert check(theirs, ours, masked(rng, 9), monkeypatch) == expected


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("asked", [True, False])
def test_states_that_are_given_or_asked_for(given, asked, twin, rng):
    """They go the other way."""
    inputs = [keras.Input((TIME, FEATURES)), *(keras.Input((5,)) for _ in range(4 * given))]
    both = layers.Bidirectional(layers.LSTM(5, return_sequences=True, return_state=asked))
    y = both(inputs[0], initial_state=inputs[1:] or None)
    y, *ends = y if asked else [y]
    states = [layers.Concatenate()(each) for each in (ends[::2], ends[1::2])] if asked else None
    z = layers.LSTM(10, return_sequences=True)(y, initial_state=states)
    ours = twin(keras.Model(inputs, [layers.LSTM(3)(z), *ends]))
    x = [rng.normal(size=(1, *each.shape[1:])).astype("float32") for each in inputs]
    x = x if given else x[0]
    pairs = [each if isinstance(each, list) else [each] for each in (ours.predict(x), ours.forward(x))]
    for found, expected in zip(*pairs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_no_steps_at_all(twins):
    for recurrent_layers in (pair(), [layers.Bidirectional(layers.GRU(5))]):
        words = layers.TextVectorization()
        words.adapt(["enak sekali"])
        stack = words, layers.Embedding(4, 3, mask_zero=True), *recurrent_layers
        _, ours = twins(keras.Input((), dtype="string"), *stack)
        np.testing.assert_array_equal(ours.predict([""]), ours.forward([""]))


def test_a_layer_that_rounds_stays_between(twins, rng):
    exact = {"dtype": "float64"}
    stack = layers.Embedding(9, FEATURES, **exact), layers.Dropout(0.5, dtype="float32"), *pair(exact, exact)
    _, ours = twins(keras.Input((TIME,), dtype="int32"), *stack)
    x = rng.integers(0, 9, (1, TIME))
    np.testing.assert_allclose(ours.predict(x), ours.forward(x), rtol=0, atol=1e-13)


def test_what_does_not_fit(twins):
    _, ours = twins(keras.Input((TIME,), dtype="int32"), layers.Embedding(9, FEATURES), *pair())
    with pytest.raises(ValueError, match="tokens from 0 to 9: the embedding has the rows 0 to 8"):
        ours.predict([[9, 0, 0, 0, 0, 0]])
