"""Which layers go which way in `predict`: faster ones, and pairs as one."""

import sys

import keras
import numpy as np
import pytest
from keras import layers

import forward.fast
from forward.fast import planning

FAST = forward.fast.__file__.removesuffix("__init__.py")


def joined(model):
    """How many pairs of calls have become one."""
    return len(model.calls) - len(model.plan)


def fast_rooms(work):
    """The rooms of forward/fast/ that compute something while `work` is done in this thread."""
    seen = set()
    sys.setprofile(lambda frame, event, _: seen.add(frame.f_code.co_filename) if event == "call" else None)
    try:
        work()
    finally:
        sys.setprofile(None)
    return {name.removeprefix(FAST).removesuffix(".py") for name in seen if name.startswith(FAST)}


@pytest.mark.parametrize("activation", ["linear", "relu", "relu6"])
def test_convolution_joined_to_its_pooling(activation, twins, rng):
    theirs, ours = twins(
        keras.Input((18, 14, 3)), layers.Conv2D(32, 3, padding="same", activation=activation), layers.MaxPooling2D(2),
        layers.Conv2D(40, 3, activation=activation), layers.MaxPooling2D((2, 1)),
    )  # fmt: skip
    assert joined(ours) == 2
    x = rng.normal(size=(21, 18, 14, 3)).astype("float32")
    expected = np.asarray(theirs(x))
    # The sums round by their own size, which relu6 hides.
    sums = keras.ops.conv(theirs.layers[1](theirs.layers[0](x)), theirs.layers[2].kernel)
    for found in (ours.predict(x), ours.predict(x, fast=False), ours.forward(x)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(sums).max())
    assert ours.activations(x)[ours.layers[0].name].shape == (21, 18, 14, 32)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, layers.MaxPooling2D(2, padding="same")),
        ({}, layers.MaxPooling2D(3, strides=2)),
        ({}, layers.MaxPooling2D((2, 5))),
        ({}, layers.MaxPooling2D(2, dtype="float64")),
        ({"activation": "silu"}, layers.MaxPooling2D(2)),
    ],
    ids=["same", "overlapping", "large", "another dtype", "an activation that falls"],
)
def test_not_joined(first, second, twins, rng):
    theirs, ours = twins(keras.Input((13, 11, 3)), layers.Conv2D(4, 2, **({"activation": "relu"} | first)), second)
    assert joined(ours) == 0
    x = rng.normal(size=(5, 13, 11, 3)).astype("float32")
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-5)


def test_what_is_needed_elsewhere_is_not_joined(twin, rng):
    x, tokens = keras.Input((6, 8, 3)), keras.Input((5,), dtype="int32")
    y, embedded = layers.Conv2D(4, 2, activation="relu")(x), layers.Embedding(7, 3)(tokens)
    images, words = rng.normal(size=(3, 6, 8, 3)).astype("float32"), rng.integers(0, 7, (3, 5))
    models = (
        (x, [layers.MaxPooling2D(2)(y), y], images),
        (x, [layers.MaxPooling2D(2)(y), layers.Flatten()(y)], images),
        (tokens, [layers.SimpleRNN(4)(embedded), embedded], words),
    )
    for entrance, ends, given in models:
        model = keras.Model(entrance, ends)
        ours = twin(model)
        assert joined(ours) == 0
        for found, expected in zip(ours.predict(given), model(given), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_call_with_states_is_not_joined(twin, rng):
    tokens, h = keras.Input((5,), dtype="int32"), keras.Input((4,))
    model = keras.Model([tokens, h], layers.GRU(4)(layers.Embedding(7, 3)(tokens), initial_state=[h]))
    ours = twin(model)
    assert joined(ours) == 0
    given = [rng.integers(0, 7, (3, 5)), rng.normal(size=(3, 4)).astype("float32")]
    np.testing.assert_allclose(ours.predict(given), model(given), rtol=0, atol=1e-6)


RECURRENT = {
    "SimpleRNN": lambda: layers.SimpleRNN(4, return_sequences=True),
    "LSTM backwards": lambda: layers.LSTM(4, go_backwards=True),
    "GRU": lambda: layers.GRU(4, return_sequences=True),
    "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
}


@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("recurrent", RECURRENT)
def test_embedding_joined_to_its_recurrent_layer(recurrent, mask_zero, twins, rng):
    stack = layers.Embedding(9, 6, mask_zero=mask_zero), RECURRENT[recurrent]()
    theirs, ours = twins(keras.Input((7,), dtype="int32"), *stack)
    assert joined(ours) == 1
    x = rng.integers(0, 9, (11, 7)) * rng.integers(0, 2, (11, 7))  # masked in front, behind and between
    x[3] = 0
    for found in (ours.predict(x), ours.predict(x, fast=False), ours.forward(x)):
        np.testing.assert_allclose(found, theirs(x), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="tokens from 0 to 9: the embedding has the rows 0 to 8"):
        ours.predict([[9, 0, 0, 0, 0, 0, 0]])


def test_layers_that_hand_on_what_they_get_stand_between(twins, rng):
    between = layers.Dropout(0.5), layers.GaussianNoise(0.1)
    stack = layers.Embedding(9, 6, mask_zero=True), *between, layers.GRU(4, return_sequences=True), layers.LSTM(3)
    theirs, ours = twins(keras.Input((7,), dtype="int32"), *stack)
    assert joined(ours) == 4
    x = rng.integers(0, 2, (11, 7)) * rng.integers(1, 9, (11, 7))
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-6)


def test_the_mask_goes_on_from_a_pair(twins, rng):
    stack = layers.Embedding(9, 6, mask_zero=True), layers.GRU(4, return_sequences=True), layers.LSTM(3)
    theirs, ours = twins(keras.Input((7,), dtype="int32"), *stack)
    x = rng.integers(0, 2, (11, 7)) * rng.integers(1, 9, (11, 7))
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-6)


def test_tables_have_a_limit(twins, monkeypatch, rng):
    stack = keras.Input((5,), dtype="int32"), layers.Embedding(9, 2), layers.Bidirectional(layers.GRU(4))
    x = rng.integers(0, 9, (3, 5))
    for most, expected in ((9 * 24, 1), (9 * 24 - 1, 0)):
        monkeypatch.setattr(planning, "LARGEST_TABLES", most)
        theirs, ours = twins(*stack)
        assert joined(ours) == expected
        np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-6)


def test_a_pair_of_layers_has_one_table(twin, monkeypatch):
    tokens, embedded, recurrent = keras.Input((5,), dtype="int32"), layers.Embedding(9, 2), layers.GRU(5)
    y = tokens
    for _ in range(3):
        y = recurrent(embedded(y))
    monkeypatch.setattr(planning, "LARGEST_TABLES", 9 * 15)  # for a single one
    ours = twin(keras.Model(tokens, y))
    assert joined(ours) == 3
    assert len({id(call.layer) for call in ours.plan}) == 1


def test_the_tables_of_a_model_share_the_limit(twin, monkeypatch):
    y = tokens = keras.Input((5,), dtype="int32")
    for _ in range(2):
        y = layers.GRU(5)(layers.Embedding(9, 2)(y))
    for most, expected in ((2 * 9 * 15, 2), (2 * 9 * 15 - 1, 1)):
        monkeypatch.setattr(planning, "LARGEST_TABLES", most)
        assert joined(twin(keras.Model(tokens, y))) == expected


def test_a_convolution_inside_another_layer_has_a_limit(twins, rng, monkeypatch):
    stack = keras.Input((2, 18, 14, 32)), layers.TimeDistributed(layers.Conv2D(40, 3))
    x = rng.normal(size=(3, 2, 18, 14, 32)).astype("float32")
    for most, there in ((36 * 32 * 40, True), (36 * 32 * 40 - 1, False)):
        monkeypatch.setattr(planning, "LARGEST_TABLES", most)
        theirs, ours = twins(*stack)
        [step] = ours.plan[-1].layer.layers
        assert (step.table > 0) == (step.compute.prepared is not None) == there
        expected = np.array(theirs(x))
        np.testing.assert_allclose(ours.predict(x), expected, rtol=0, atol=3e-6 * np.abs(expected).max())


def test_a_table_far_larger_than_its_weights_is_not_made(twins):
    _, ours = twins(keras.Input((5,), dtype="int32"), layers.Embedding(1000, 1), layers.SimpleRNN(5))
    assert joined(ours) == 0


def image_layers():
    return [layers.Conv2D(4, 2, activation="relu"), layers.MaxPooling2D(2), layers.AveragePooling2D(2)]


INSIDE = {
    "images": ((9, 11, 3), image_layers, {"planning", "convolution", "pooling", "threads", "memory"}),
    "Winograd": ((18, 14, 32), lambda: [layers.Conv2D(40, 3)], {"convolution", "winograd"}),
    "a pooling alone": ((9, 11, 3), lambda: [layers.MaxPooling2D(2)], {"pooling"}),
    "both directions": ((5, 3), lambda: [layers.Bidirectional(layers.LSTM(4))], {"recurrent"}),
    "each step": ((4, 8, 6, 3), lambda: [layers.TimeDistributed(layers.Conv2D(2, 3))], {"convolution"}),
    "a model": ((5, 3), lambda: [keras.Sequential([layers.SimpleRNN(4)])], {"recurrent"}),
    "each step of a model": (
        (4, 8, 6, 3),
        lambda: [layers.TimeDistributed(keras.Sequential(image_layers()))],
        {"convolution", "pooling"},
    ),
}


@pytest.mark.parametrize("kind", INSIDE)
def test_only_predict_goes_other_ways(kind, twins, rng):
    """And it does so in what stands inside other layers, which stay as they were."""
    shape, make, rooms = INSIDE[kind]
    theirs, ours = twins(keras.Input(shape), *make(), layers.Flatten())
    x = rng.normal(size=(6, *shape)).astype("float32")
    outputs = []
    assert fast_rooms(lambda: outputs.append(ours.predict(x, threads=1))) >= rooms
    assert not fast_rooms(lambda: outputs.append(ours.predict(x, fast=False)))
    assert not fast_rooms(lambda: outputs.append(ours.forward(x)))
    assert not fast_rooms(lambda: outputs.append([*ours.activations(x).values()][-1]))
    expected = np.asarray(theirs(x))
    for found in outputs:
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * max(1, np.abs(expected).max()))


def test_no_steps_at_all(twins):
    words = layers.TextVectorization()
    words.adapt(["enak sekali"])
    _, ours = twins(keras.Input((), dtype="string"), words, layers.Embedding(4, 3, mask_zero=True), layers.LSTM(2))
    for fast in (True, False):
        np.testing.assert_array_equal(ours.predict(["", ""], fast=fast), np.zeros((2, 2)))
