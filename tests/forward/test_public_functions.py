"""The functions of `forward.__all__` by themselves: what each can be given reaches its result."""

import copy
import inspect
from contextlib import suppress

import numpy as np
import pytest

import forward
from forward.activations import relu, softmax

RNG = np.random.default_rng(21)
IMAGES, SEQUENCES, TOKENS = RNG.normal(size=(3, 9, 8, 4)), RNG.normal(size=(3, 5, 4)), RNG.integers(0, 7, (3, 5))
H, C, MASK = *RNG.normal(size=(2, 3, 6)), TOKENS > 2
VOCABULARY, TEXTS = {b"": 0, b"[UNK]": 1, b"enak": 2, b"enak sekali": 3, b"e": 4}, ["Enak sekali!", "enak", "x enak"]


def weights(*shape):
    return RNG.normal(size=shape)


WINDOW = {"strides": 2, "padding": "same", "dilation_rate": 2}
CELL = {"activation": relu, "recurrent_activation": softmax}
OVER_TIME = {
    "bias": weights(18), "mask": MASK, "return_sequences": True, "return_state": True, "go_backwards": True,
    "activation": relu,
}  # fmt: skip
# The arguments of a call, and what else each further parameter may be.
CALLS = {
    "add": ([[SEQUENCES, SEQUENCES[::-1]]], {}),
    "average": ([[SEQUENCES, SEQUENCES[::-1]]], {}),
    "average_pool": ([IMAGES], {"pool_size": 3, "strides": 1, "padding": "same"}),
    "batch_normalization": (
        [RNG.normal(size=(3, 4, 4)), weights(4), weights(4) ** 2],
        {"gamma": weights(4), "beta": weights(4), "axis": 1, "epsilon": 0.5},
    ),
    "conv": ([IMAGES, weights(3, 3, 4, 6)], WINDOW | {"bias": weights(6), "groups": 2}),
    "conv_transpose": ([IMAGES, weights(3, 3, 6, 4)], WINDOW | {"bias": weights(6), "output_padding": 1}),
    "count_vectorization": (
        [TEXTS, VOCABULARY, 5],
        {"standardize": "strip_punctuation", "split": "character", "ngrams": (1, 2)},
    ),
    "cropping": ([IMAGES, ((1, 2), (3, 0))], {}),
    "dense": ([SEQUENCES, weights(4, 6)], {"bias": weights(6)}),
    "depthwise_conv": ([IMAGES, weights(3, 3, 4, 2)], WINDOW | {"bias": weights(8)}),
    "dot": ([SEQUENCES, SEQUENCES + 1, 1], {"normalize": True}),
    "elu": ([SEQUENCES], {"alpha": 0.5}),
    "embedding": ([TOKENS, weights(7, 6)], {}),
    "flatten": ([IMAGES], {}),
    "global_average_pool": ([SEQUENCES], {"keepdims": True, "mask": MASK}),
    "global_max_pool": ([SEQUENCES], {"keepdims": True}),
    "group_normalization": (
        [RNG.normal(size=(3, 4, 4)), weights(4), weights(4), 2],
        {"axis": 1, "epsilon": 0.5},
    ),
    "gru": (
        [SEQUENCES, weights(4, 18), weights(6, 18)],
        OVER_TIME | {"recurrent_activation": softmax, "reset_after": False, "initial_state": [H]},
    ),
    "gru_cell": (
        [SEQUENCES[:, 0], H, weights(4, 18), weights(6, 18)],
        CELL | {"bias": weights(2, 18), "reset_after": False},
    ),
    "layer_normalization": (
        [RNG.normal(size=(3, 4, 4))],
        {"gamma": weights(4), "beta": weights(4), "axis": 1, "epsilon": 0.5},
    ),
    "leaky_relu": ([SEQUENCES], {"negative_slope": 0.5}),
    "lstm": (
        [SEQUENCES, weights(4, 24), weights(6, 24)],
        OVER_TIME | {"recurrent_activation": softmax, "initial_state": [H, C], "bias": weights(24)},
    ),
    "lstm_cell": ([SEQUENCES[:, 0], H, C, weights(4, 24), weights(6, 24)], CELL | {"bias": weights(24)}),
    "masking": ([np.round(SEQUENCES[..., :1])], {"mask_value": 1.0}),
    "max_pool": ([IMAGES], {"pool_size": 3, "strides": 1, "padding": "same"}),
    "maximum": ([[SEQUENCES, SEQUENCES[::-1]]], {}),
    "minimum": ([[SEQUENCES, SEQUENCES[::-1]]], {}),
    "multiply": ([[SEQUENCES, SEQUENCES[::-1]]], {}),
    "normalization": ([RNG.normal(size=(3, 4, 4)), weights(4), weights(4) ** 2], {"axis": 1, "invert": True}),
    "relu": ([SEQUENCES], {"negative_slope": 0.5, "max_value": 0.1, "threshold": 0.2}),
    "repeat_vector": ([H, 3], {}),
    "rescaling": ([SEQUENCES, 2.0], {"offset": weights(4)}),
    "separable_conv": ([IMAGES, weights(3, 3, 4, 2), weights(1, 1, 8, 6)], WINDOW | {"bias": weights(6)}),
    "sigmoid": ([SEQUENCES], {}),
    "simple_rnn": (
        [SEQUENCES, weights(4, 6), weights(6, 6)],
        OVER_TIME | {"initial_state": [H], "bias": weights(6)},
    ),
    "simple_rnn_cell": (
        [SEQUENCES[:, 0], H, weights(4, 6), weights(6, 6)],
        {"activation": relu, "bias": weights(6)},
    ),
    "softmax": ([SEQUENCES], {"axis": 1}),
    "subtract": ([[SEQUENCES, SEQUENCES[::-1]]], {}),
    "text_vectorization": (
        [TEXTS, VOCABULARY],
        {
            "output_sequence_length": 5,
            "standardize": "strip_punctuation",
            "split": "character",
            "ngrams": (1, 2),
        },
    ),
    "unroll": (
        [lambda x, h: x[:, :1] + 2 * h, SEQUENCES, [H]],
        {"mask": MASK, "return_sequences": True, "return_state": True, "go_backwards": True},
    ),
    "up_sampling": ([IMAGES, (2, 3)], {"interpolation": "bilinear"}),
    "zero_padding": ([IMAGES, ((1, 2), (3, 0))], {}),
}
NOT_HERE = {"Model", "ModelFileError", "UnsupportedLayerError", "load_model", "tanh"}  # classes, a file, numpy's own
TOGETHER = {"zero_output_for_mask"}  # means something only with a mask


def flat(result):
    parts = result if isinstance(result, list | tuple) else [result]
    return [(part.shape, np.round(part, 9).tolist()) for part in parts]


def test_every_function_is_in_the_table_with_all_its_parameters():
    assert set(CALLS) | NOT_HERE == set(forward.__all__)
    for name, (arguments, others) in CALLS.items():
        parameters = inspect.signature(getattr(forward, name)).parameters
        assert {*list(parameters)[len(arguments) :]} - TOGETHER == set(others), name


@pytest.mark.parametrize(("name", "parameter"), [(n, p) for n, (_, others) in CALLS.items() for p in others])
def test_heeds_what_it_takes(name, parameter):
    (arguments, others), function = CALLS[name], getattr(forward, name)
    given = [arguments[0], arguments[1][:, :, :2]] if parameter == "groups" else arguments
    try:
        before = flat(function(*given))
    except ValueError:
        assert parameter == "groups"
        before = None
    assert flat(function(*given, **{parameter: others[parameter]})) != before


@pytest.mark.parametrize("name", CALLS)
def test_leaves_what_it_is_given_alone(name):
    arguments, others = CALLS[name]
    given, before = [*arguments, *others.values()], copy.deepcopy([*arguments, *others.values()])
    with suppress(ValueError):
        getattr(forward, name)(*arguments, **others)
    for after, was in zip(given, before, strict=True):
        assert np.array_equal(after, was) if isinstance(was, np.ndarray) else repr(after) == repr(was)


@pytest.mark.parametrize("name", ["gru", "lstm", "simple_rnn", "unroll"])
def test_heeds_what_needs_a_mask(name):
    arguments, function = CALLS[name][0], getattr(forward, name)
    masked = flat(function(*arguments, mask=MASK, return_sequences=True))
    assert flat(function(*arguments, mask=MASK, return_sequences=True, zero_output_for_mask=True)) != masked


@pytest.mark.parametrize("name", CALLS)
def test_refuses_an_unknown_keyword(name):
    with pytest.raises(TypeError, match="unknown"):
        getattr(forward, name)(*CALLS[name][0], unknown=1)


WRONG = {
    "conv padding": (
        ValueError,
        "must be 'valid', 'same' or",
        lambda: forward.conv(IMAGES, weights(3, 3, 4, 6), padding="full"),
    ),
    "conv channels": (ValueError, "does not fit a kernel", lambda: forward.conv(IMAGES, weights(3, 3, 3, 6))),
    "channel by channel": (
        ValueError,
        "does not fit a kernel",
        lambda: forward.depthwise_conv(IMAGES, weights(3, 3, 3, 2)),
    ),
    "sizes": (ValueError, "expected 2 sizes", lambda: forward.max_pool(IMAGES, (2, 2, 2))),
    "window": (ValueError, "does not fit into", lambda: forward.max_pool(IMAGES, 10)),
    "mask of sequences": (
        ValueError,
        "does not fit 3 sequences of 5 steps",
        lambda: forward.lstm(*CALLS["lstm"][0], mask=MASK[:, 1:]),
    ),
    "mask of steps": (
        ValueError,
        "a mask of shape .* does not fit an x",
        lambda: forward.global_average_pool(IMAGES, mask=MASK),
    ),
    "initial states": (
        ValueError,
        "expected 2 initial states",
        lambda: forward.lstm(*CALLS["lstm"][0], initial_state=[H]),
    ),
    "standardize": (
        ValueError,
        "standardize='upper'",
        lambda: forward.text_vectorization(TEXTS, VOCABULARY, standardize="upper"),
    ),
    "split": (
        ValueError,
        "split='sentence'",
        lambda: forward.count_vectorization(TEXTS, VOCABULARY, 5, split="sentence"),
    ),
    "fractions": (ValueError, "whole token numbers", lambda: forward.embedding(TOKENS + 0.5, weights(7, 6))),
    "tokens": (ValueError, "the embedding has the rows 0 to 6", lambda: forward.embedding(TOKENS + 7, weights(7, 6))),
}


@pytest.mark.parametrize(("error", "words", "call"), WRONG.values(), ids=WRONG)
def test_refuses_what_it_cannot_heed(error, words, call):
    with pytest.raises(error, match=words):
        call()


# --- defaults


def test_lstm_with_a_mask_alone():
    """sigmoid and tanh, zero states, the last output, no zeros at masked steps: each step by `lstm_cell`."""
    x, kernel, recurrent_kernel = CALLS["lstm"][0]
    h, c = np.zeros((2, 3, 6))
    for t in range(5):
        total = x[:, t] @ kernel + h @ recurrent_kernel
        i, f, o = (1 / (1 + np.exp(-total[:, n * 6 : n * 6 + 6])) for n in (0, 1, 3))
        new = f * c + i * np.tanh(total[:, 12:18])
        c, h = (np.where(MASK[:, t : t + 1], a, b) for a, b in ((new, c), (o * np.tanh(new), h)))
    np.testing.assert_allclose(forward.lstm(x, kernel, recurrent_kernel, mask=MASK), h, rtol=1e-12)


def test_normalization_without_axis_is_along_the_last_one():
    x, mean, variance = RNG.normal(size=(3, 4, 4)), weights(4), weights(4) ** 2
    expected = (x - mean) / np.sqrt(variance + 1e-3)
    np.testing.assert_allclose(forward.batch_normalization(x, mean, variance), expected, rtol=1e-9)
    centred = x - x.mean(axis=2, keepdims=True)
    expected = centred / np.sqrt((centred**2).mean(axis=2, keepdims=True) + 1e-3)
    np.testing.assert_allclose(forward.layer_normalization(x), expected, rtol=1e-12)


def test_texts_are_lowered_and_stripped_unless_told_otherwise():
    assert forward.count_vectorization(["ENAK! enak", "Lain"], VOCABULARY, 5).tolist() == [
        [0, 0, 2, 0, 0],
        [1] + [0] * 4,
    ]
    assert forward.text_vectorization(["ENAK! enak", "Lain"], VOCABULARY).tolist() == [[2, 2], [1, 0]]
