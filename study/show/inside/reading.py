"""How a recurrent network reads: its states, its gates and its verdict after every word, by the plain functions.

`forward`'s cells give the states of a step. What they compute on the way there is computed here once more, and must
lead to the same states.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

import forward

States = dict[str, np.ndarray]  # of one step: its gates, its candidate, its states; the output is "h"
OVER_TIME = {"SimpleRNN": forward.simple_rnn, "LSTM": forward.lstm, "GRU": forward.gru}
NAMES = {  # of what a step computes, as a page calls it
    "i": "input gate i",
    "f": "forget gate f",
    "o": "output gate o",
    "u": "update gate u",
    "r": "reset gate r",
    "new": "candidate",
    "c": "memory c",
    "h": "state h",
}
GATES = ("i", "f", "o", "u", "r")  # which lie between 0 and 1, the others between -1 and 1, but for c


@dataclass(frozen=True)
class Reading:
    """One text as a network reads it.

    `words`: the text's words, as they are written. `known`: which of them the vocabulary has, (time,). `layers`: of
    each recurrent layer the gates and states after each word, (time, units) each. `probabilities` (time, classes): what
    the network would say if the text ended there.
    """

    words: list[str]
    known: np.ndarray
    layers: dict[str, States]
    probabilities: np.ndarray

    @property
    def last(self) -> States:
        """The gates and states of the layer that decides."""
        return [*self.layers.values()][-1]


def read(model: forward.Model, text: str) -> Reading:
    """A text through an embedding, recurrent layers in one direction and the last layer, word by word."""
    tokens = tokens_of(model, [text])
    tokens = tokens[:, : int((tokens != 0).sum())]
    x, layers = forward.embedding(tokens, model.weights["embedding/embeddings"])[0], {}
    for name, kind in recurrent(model).items():
        layers[name] = over_words(kind, x, *weights(model, name))
        x = layers[name]["h"]
    words = words_of(model, text)[: tokens.shape[1]]
    return Reading(words, tokens[0] != 1, layers, verdict(model, x))


def verdict(model: forward.Model, h: np.ndarray) -> np.ndarray:
    """What the last layer says of states: (..., units) -> (..., classes)."""
    return forward.softmax(forward.dense(h, model.weights["classes/kernel"], model.weights["classes/bias"]))


def tokens_of(model: forward.Model, texts: Sequence[str]) -> np.ndarray:
    """The numbers of the texts' words, 1 for one that is not in the vocabulary, 0 for padding: (texts, time)."""
    layer = model.by_name["words"]
    return forward.text_vectorization(texts, layer.vocabulary, layer.output_sequence_length)


def words_of(model: forward.Model, text: str) -> list[str]:
    """The words of a text as they are written, those left out of which the network sees nothing."""
    pieces = re.split(r"[ \t\n\v\f\r]+", text)
    return [each for each in pieces if forward.text_vectorization([each], model.by_name["words"].vocabulary).size]


def recurrent(model: forward.Model) -> dict[str, str]:
    """{layer: its kind}, of the recurrent layers in their order."""
    return {layer.name: layer.class_name for layer in model.layers if layer.class_name in OVER_TIME}


def weights(model: forward.Model, layer: str) -> list[np.ndarray]:
    """kernel, recurrent_kernel and bias of a recurrent layer."""
    return [model.weights[f"{layer}/{part}"] for part in ("kernel", "recurrent_kernel", "bias")]


def over_words(kind: str, x: np.ndarray, *weights: np.ndarray) -> States:
    """Every step of a layer: x (time, features) -> its gates and states, (time, units) each."""
    states, steps = {}, []
    for each in x:
        states = STEPS[kind](each[np.newaxis], states, *weights)
        steps.append(states)
    found = {name: np.concatenate([step[name] for step in steps]) for name in steps[0]}
    same(found["h"], OVER_TIME[kind](x[np.newaxis], *weights, return_sequences=True)[0])
    return found


def simple_rnn_step(x: np.ndarray, before: States, *weights: np.ndarray) -> States:
    """The state of a SimpleRNN, which has no gates."""
    return {"h": forward.simple_rnn_cell(x, _zeros(before, "h", weights), *weights)}


def lstm_step(x: np.ndarray, before: States, *weights: np.ndarray) -> States:
    """The gates i, f and o, the candidate, and the states c and h: the equations of `forward.lstm_cell`."""
    kernel, recurrent_kernel, bias = weights
    h, c = _zeros(before, "h", weights), _zeros(before, "c", weights)
    z_i, z_f, z_c, z_o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    i, f, o, new = forward.sigmoid(z_i), forward.sigmoid(z_f), forward.sigmoid(z_o), np.tanh(z_c)
    h, c = forward.lstm_cell(x, h, _zeros(before, "c", weights), *weights)
    same(c, f * _zeros(before, "c", weights) + i * new)
    same(h, o * np.tanh(c))
    return {"i": i, "f": f, "o": o, "new": new, "c": c, "h": h}


def gru_step(x: np.ndarray, before: States, *weights: np.ndarray) -> States:
    """The gates u and r, the candidate, and the state h: the equations of `forward.gru_cell`, with reset_after."""
    kernel, recurrent_kernel, (bias, recurrent_bias) = weights
    h = _zeros(before, "h", weights)
    z_u, z_r, z_c = np.split(x @ kernel + bias, 3, axis=-1)
    g_u, g_r, g_c = np.split(h @ recurrent_kernel + recurrent_bias, 3, axis=-1)
    u, r = forward.sigmoid(z_u + g_u), forward.sigmoid(z_r + g_r)
    new = np.tanh(z_c + r * g_c)
    after = forward.gru_cell(x, h, *weights)
    same(after, u * h + (1 - u) * new)
    return {"u": u, "r": r, "new": new, "h": after}


STEPS: dict[str, Callable[..., States]] = {"SimpleRNN": simple_rnn_step, "LSTM": lstm_step, "GRU": gru_step}


def _zeros(before: States, name: str, weights: Sequence[np.ndarray]) -> np.ndarray:
    """A state of the step before; in front of the first word it is zero."""
    return before.get(name, np.zeros((1, len(weights[1])), weights[1].dtype))


def same(ours: np.ndarray, plain: np.ndarray) -> None:
    """Raise AssertionError unless what is shown is what the plain functions give."""
    np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-5)
