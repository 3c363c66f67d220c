"""Packed steps, and one product for all of them: their reference are the plain functions."""

from functools import partial
from itertools import product

import numpy as np
import pytest

from forward import recurrent as plain
from forward.activations import sigmoid
from forward.fast import packing, recurrent
from forward.model.activations import ACTIVATIONS

BATCH, TIME, FEATURES, UNITS = 7, 6, 4, 3
KINDS = {"simple_rnn": (1, 1), "lstm": (4, 2), "gru": (3, 1)}  # gates, states
CELLS = {"simple_rnn": recurrent.SimpleRNNCell, "lstm": recurrent.LSTMCell, "gru": recurrent.GRUCell}
SWITCHES = "return_sequences", "return_state", "go_backwards", "zero_output_for_mask"


def fast_way(
    name, x, kernel, recurrent_kernel, bias=0.0, activation=np.tanh, recurrent_activation=sigmoid, reset_after=True,
    mask=None, initial_state=None, **switches,
):  # fmt: skip
    """What `forward.<name>` computes, by the cell of `forward/fast/`."""
    options = [] if name == "simple_rnn" else [recurrent_activation] + [reset_after] * (name == "gru")
    cell = CELLS[name](kernel, recurrent_kernel, bias, activation, *options)
    return recurrent.unroll(cell, x, mask, initial_state, *(switches.get(each, False) for each in SWITCHES))


def weights(rng, name, features=FEATURES):
    width = KINDS[name][0] * UNITS
    bias = (2, width) if name == "gru" else (width,)
    return [rng.normal(size=shape) for shape in ((features, width), (UNITS, width), bias)]


def masks(rng):
    """Masked in front, behind, in the middle, at random, everywhere and nowhere."""
    mask = np.ones((BATCH, TIME), bool)
    mask[0, :2] = mask[1, 4:] = mask[2, 2:4] = mask[4] = False
    mask[3] = rng.random(TIME) < 0.5
    mask[5, ::2] = False
    return mask


def assert_same(found, expected):
    found, expected = (each if isinstance(each, list) else [each] for each in (found, expected))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("gate", [sigmoid, ACTIVATIONS["hard_sigmoid"]])
def test_a_state_survives_a_candidate_that_has_no_bound(gate, reset_after, rng):
    """The update gate is shut for a second input that makes the candidate large."""
    kernel, recurrent_kernel, bias = (each.astype("float32") for each in weights(rng, "gru", features=1))
    kernel[0, :UNITS], kernel[0, 2 * UNITS :] = 30, [1, 2, 3]
    x = np.array([[[0.01], [1e5]], [[-0.2], [3e4]]], "float32")
    options = {"activation": ACTIVATIONS["relu"], "recurrent_activation": gate, "reset_after": reset_after}
    bias = bias if reset_after else bias[0]
    found, expected = (of(x, kernel, recurrent_kernel, bias, **options) for of in (partial(fast_way, "gru"), plain.gru))
    assert np.abs(expected).min() < 10
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_every_switch(name, masked, rng):
    fast, slow = partial(fast_way, name), getattr(plain, name)
    x, own = rng.normal(size=(BATCH, TIME, FEATURES)), weights(rng, name)
    states = [rng.normal(size=(BATCH, UNITS)) for _ in range(KINDS[name][1])]
    for values, initial_state in product(product([True, False], repeat=4), [None, states]):
        options = dict(zip(SWITCHES, values, strict=True)) | {"mask": masks(rng) if masked else None}
        before = [np.copy(each) for each in (x, *own, *states)]
        assert_same(
            fast(x, *own, initial_state=initial_state, **options),
            slow(x, *own, initial_state=initial_state, **options),
        )
        for was, each in zip(before, (x, *own, *states), strict=True):
            np.testing.assert_array_equal(each, was)  # nothing that was given has changed


@pytest.mark.parametrize("name", KINDS)
def test_activations_and_biases(name, rng):
    fast, slow = partial(fast_way, name), getattr(plain, name)
    x, (kernel, recurrent_kernel, bias) = rng.normal(size=(BATCH, TIME, FEATURES)), weights(rng, name)
    gates = {} if name == "simple_rnn" else {"recurrent_activation": ACTIVATIONS["hard_sigmoid"]}
    gates |= {"reset_after": False} if name == "gru" else {}
    for own_bias in (0.0, bias[0] if name == "gru" else bias):
        options = {"bias": own_bias, "activation": ACTIVATIONS["softsign"], "mask": masks(rng), **gates}
        assert_same(fast(x, kernel, recurrent_kernel, **options), slow(x, kernel, recurrent_kernel, **options))


@pytest.mark.parametrize("name", KINDS)
def test_single_precision(name, rng):
    x, *own = (each.astype("float32") for each in (rng.normal(size=(BATCH, TIME, FEATURES)), *weights(rng, name)))
    mask = masks(rng)
    found, expected = fast_way(name, x, *own, mask=mask), getattr(plain, name)(x, *own, mask=mask)
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_tokens_stand_for_rows_of_the_embeddings(name, rng):
    tokens, embeddings, own = rng.integers(0, 5, (BATCH, TIME)), rng.normal(size=(5, FEATURES)), weights(rng, name)
    cell = CELLS[name](*own, np.tanh, *([] if name == "simple_rnn" else [sigmoid])).on_tokens(embeddings)
    mask = masks(rng)
    for backwards in (True, False):
        found = recurrent.unroll(cell, tokens, mask, None, True, False, backwards, False)
        options = {"mask": mask, "return_sequences": True, "go_backwards": backwards}
        assert_same(found, getattr(plain, name)(embeddings[tokens], *own, **options))


def test_pack(rng):
    mask = rng.integers(0, 2, (9, 6)).astype(bool)
    mask[4] = False
    steps = packing.Steps(mask)
    order, places, times, widths = steps.order, steps.places, steps.times, steps.widths
    counts = mask.sum(axis=1)
    assert sorted(order) == list(range(9)) and (np.diff(counts[order]) <= 0).all()
    expected = [
        (order.tolist().index(row), np.nonzero(mask[row])[0][number])
        for number, row in product(range(counts.max()), order)
        if number < counts[row]
    ]
    assert list(zip(places, times, strict=True)) == expected
    assert widths == [int((counts > number).sum()) for number in range(counts.max())]


def test_masked_steps_are_not_computed(rng):
    """They could not be: their numbers would spoil everything."""
    x, own, mask = rng.normal(size=(BATCH, TIME, FEATURES)), weights(rng, "lstm"), masks(rng)
    spoilt = np.where(mask[..., np.newaxis], x, np.nan)
    found = fast_way("lstm", spoilt, *own, mask=mask, return_sequences=True)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, fast_way("lstm", x, *own, mask=mask, return_sequences=True))


def test_no_steps_and_no_samples(rng):
    own = weights(rng, "lstm")
    for shape in ((3, 0, FEATURES), (0, TIME, FEATURES)):
        x, sequences = np.empty(shape), (*shape[:2], UNITS)
        np.testing.assert_array_equal(fast_way("lstm", x, *own), np.zeros((shape[0], UNITS)))
        assert fast_way("lstm", x, *own, return_sequences=True).shape == sequences


def test_states_of_another_type(rng):
    x, own = rng.normal(size=(BATCH, TIME, FEATURES)), weights(rng, "lstm")
    states = [rng.integers(-1, 2, (BATCH, UNITS)) for _ in range(2)]
    assert_same(
        fast_way("lstm", x, *own, initial_state=states),
        plain.lstm(x, *own, initial_state=[each.astype(float) for each in states]),
    )


def test_what_does_not_fit(rng):
    x, own = rng.normal(size=(3, 5, FEATURES)), weights(rng, "lstm")
    for shape in ((3, 4), (3, 6), (3, 1), (2, 5)):
        with pytest.raises(ValueError, match=r"a mask of shape .* does not fit 3 sequences of 5 steps"):
            fast_way("lstm", x, *own, mask=np.ones(shape, bool))
    with pytest.raises(ValueError, match="expected 2 initial states of 3 units"):
        fast_way("lstm", x, *own, initial_state=[np.zeros((3, UNITS))])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-7), ("float64", 3e-16)])
def test_divisor(dtype, tolerance):
    x = np.linspace(-1000, 1000, 4001, dtype=dtype)
    with np.errstate(over="ignore"):
        found = 1 / recurrent.divisor(-x)
    np.testing.assert_allclose(found, sigmoid(x), rtol=0, atol=tolerance)


def test_gates_that_are_shut_are_no_error(rng):
    x, own = 1e4 * rng.normal(size=(BATCH, TIME, FEATURES)).astype("float32"), weights(rng, "lstm")
    own = [each.astype("float32") for each in own]
    with np.errstate(all="raise", under="ignore"):
        found = fast_way("lstm", x, *own)
    np.testing.assert_allclose(found, plain.lstm(x, *own), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_some_inputs_at_a_time(name, rng, monkeypatch):
    x, own, mask = rng.normal(size=(BATCH, TIME, FEATURES)), weights(rng, name), masks(rng)
    expected = getattr(plain, name)(x, *own, mask=mask, return_sequences=True)
    rows = []
    cell = recurrent.GRUCell if name == "gru" else recurrent.Cell
    inputs = cell.inputs
    monkeypatch.setattr(cell, "inputs", lambda self, x: rows.append(len(x)) or inputs(self, x))
    for most in (1, 10, 10**6):
        rows.clear()
        monkeypatch.setattr(recurrent, "ROWS", most)
        assert_same(fast_way(name, x, *own, mask=mask, return_sequences=True), expected)
        assert len(rows) == {1: mask.sum(axis=1).max(), 10**6: 1}.get(most, len(rows)) and max(rows) <= max(most, BATCH)
