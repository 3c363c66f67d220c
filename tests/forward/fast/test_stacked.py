"""Recurrent layers on top of each other, whose steps are packed once, as the plain functions and Keras compute them."""

import keras
import numpy as np
import pytest
from keras import layers

from forward.fast import packing

TIME, FEATURES = 6, 4


def both(kind, units, **options):
    return layers.Bidirectional(kind(units, return_sequences=options.pop("return_sequences", True)), **options)


def one(kind, units, **options):
    return kind(units, **{"return_sequences": True} | options)


STACKS = {
    "of one kind": lambda **last: [one(layers.LSTM, 5), one(layers.LSTM, 3, **last)],
    "of several kinds": lambda **last: [one(layers.GRU, 5), one(layers.SimpleRNN, 2), one(layers.LSTM, 3, **last)],
    "one way, then both": lambda **last: [one(layers.GRU, 5), both(layers.LSTM, 3, merge_mode="mul", **last)],
    "both ways, then one": lambda **last: [both(layers.SimpleRNN, 5, merge_mode="sum"), one(layers.GRU, 3, **last)],
    "both ways": lambda **last: [both(layers.LSTM, 5), both(layers.GRU, 3, merge_mode="ave", **last)],
}


def masks(rng):
    """Masked in front, behind, in the middle, at random, everywhere and nowhere."""
    mask = np.ones((7, TIME), bool)
    mask[0, :2] = mask[1, 4:] = mask[2, 2:4] = mask[4] = False
    mask[3] = rng.random(TIME) < 0.5
    return mask


def check(theirs, ours, x, monkeypatch):
    """As Keras and the plain functions; how often steps are packed."""
    packed = []
    pack = packing.Steps.pack
    monkeypatch.setattr(packing.Steps, "pack", lambda self, x: packed.append(len(x)) or pack(self, x))
    found, plain = ours.predict(x), ours.forward(x)
    for expected in (plain, theirs(x)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert found.dtype == plain.dtype
    assert np.ptp(found, axis=0).max() > 0.01
    return len(packed)


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("stack", STACKS)
def test_on_tokens(stack, mask_zero, sequences, twins, rng, monkeypatch):
    embedding = layers.Embedding(9, FEATURES, mask_zero=mask_zero)
    stacked = STACKS[stack](return_sequences=sequences)
    theirs, ours = twins(keras.Input((TIME,), dtype="int32"), embedding, layers.Dropout(0.5), *stacked)
    assert len(ours.plan) == 1
    assert check(theirs, ours, rng.integers(1, 9, (7, TIME)) * masks(rng), monkeypatch) == 1


@pytest.mark.parametrize("stack", STACKS)
def test_on_features(stack, twins, rng, monkeypatch):
    theirs, ours = twins(keras.Input((TIME, FEATURES)), layers.Masking(), *STACKS[stack]())
    x = (rng.normal(size=(7, TIME, FEATURES)) * masks(rng)[..., np.newaxis]).astype("float32")
    assert check(theirs, ours, x, monkeypatch) == 1
    assert ours.predict(x[:0]).shape == (0, *ours.output_shape)


@pytest.mark.parametrize("sequences", [True, False])
def test_zeros_where_the_last_layer_is_masked(sequences, twins, rng, monkeypatch):
    stack = one(layers.LSTM, 5), one(layers.GRU, 3, return_sequences=sequences, zero_output_for_mask=True)
    theirs, ours = twins(keras.Input((TIME,), dtype="int32"), layers.Embedding(9, 2, mask_zero=True), *stack)
    assert check(theirs, ours, rng.integers(1, 9, (7, TIME)) * masks(rng), monkeypatch) == 1


APART = {
    "backwards": lambda: [one(layers.LSTM, 5, go_backwards=True), one(layers.LSTM, 3)],
    "the last one backwards": lambda: [one(layers.LSTM, 5), one(layers.LSTM, 3, go_backwards=True)],
    "both ways, backwards first": lambda: [
        layers.Bidirectional(
            one(layers.LSTM, 5, go_backwards=True), backward_layer=one(layers.LSTM, 5), merge_mode="concat"
        ),
        one(layers.LSTM, 3),
    ],
    "another dtype": lambda: [one(layers.LSTM, 5), one(layers.LSTM, 3, dtype="float64")],
}


@pytest.mark.parametrize("why", APART)
def test_packed_by_each(why, twins, rng, monkeypatch):
    embedding = layers.Embedding(9, FEATURES, mask_zero=True)
    theirs, ours = twins(keras.Input((TIME,), dtype="int32"), embedding, *APART[why]())
    assert check(theirs, ours, rng.integers(1, 9, (7, TIME)) * masks(rng), monkeypatch) > 1


def test_opposite_steps(rng):
    mask = masks(rng)
    steps = packing.Steps(mask)
    x = np.arange(mask.size).reshape(mask.shape)
    turned = np.zeros_like(x)
    for row, real in enumerate(mask):
        turned[row, real] = x[row, real][::-1]
    np.testing.assert_array_equal(steps.pack(x)[steps.opposite[:-1]], steps.pack(turned))
    assert steps.opposite[-1] == mask.sum()


@pytest.mark.parametrize("stack", STACKS)
def test_no_steps_at_all(stack, twins):
    embedding = layers.Embedding(9, FEATURES, mask_zero=True)
    _, ours = twins(keras.Input((TIME,), dtype="int32"), embedding, *STACKS[stack]())
    masked = np.zeros((2, TIME), int)
    np.testing.assert_array_equal(ours.predict(masked), ours.forward(masked))
