"""Recurrent cells, each one time step, and the one loop that walks them over time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .activations import Activation, Array, Weight, sigmoid, tanh


def simple_rnn_cell(
    x: Array, h: Array, kernel: Array, recurrent_kernel: Array, bias: Weight = 0.0, activation: Activation = tanh
) -> Array:
    """One time step of a SimpleRNN (Elman 1990).

    h' = tanh(x @ kernel + h @ recurrent_kernel + bias), with `activation` for tanh

    x (batch, features), h (batch, units), kernel (features, units), recurrent_kernel (units, units), bias (units,)
    -> h' (batch, units)
    """
    return activation(x @ kernel + h @ recurrent_kernel + bias)


def lstm_cell(
    x: Array, h: Array, c: Array, kernel: Array, recurrent_kernel: Array, bias: Weight = 0.0,
    activation: Activation = tanh, recurrent_activation: Activation = sigmoid,
) -> tuple[Array, Array]:  # fmt: skip
    """One time step of an LSTM (Hochreiter and Schmidhuber 1997; gates in Keras' order i, f, c, o).

    z  = x @ kernel + h @ recurrent_kernel + bias, cut into z_i, z_f, z_c, z_o
    c' = sigmoid(z_f) * c + sigmoid(z_i) * tanh(z_c)
    h' = sigmoid(z_o) * tanh(c')

    with `recurrent_activation` for sigmoid and `activation` for tanh; x (batch, features), h and c (batch, units),
    kernel (features, 4 * units), recurrent_kernel (units, 4 * units), bias (4 * units,) -> h', c'
    """
    z = x @ kernel + h @ recurrent_kernel + bias
    z_i, z_f, z_c, z_o = np.split(z, 4, axis=-1)
    c = recurrent_activation(z_f) * c + recurrent_activation(z_i) * activation(z_c)
    return recurrent_activation(z_o) * activation(c), c


def gru_cell(
    x: Array, h: Array, kernel: Array, recurrent_kernel: Array, bias: Weight = 0.0,
    activation: Activation = tanh, recurrent_activation: Activation = sigmoid, reset_after: bool = True,
) -> Array:  # fmt: skip
    """One time step of a GRU (Cho et al. 2014; gates in Keras' order z, r, h; here u is the gate that Keras calls z).

    z = x @ kernel + bias, cut into z_u, z_r, z_c; g = h @ recurrent_kernel + recurrent_bias, cut into g_u, g_r, g_c
    u  = sigmoid(z_u + g_u), r = sigmoid(z_r + g_r)
    c  = tanh(z_c + r * g_c), or without reset_after tanh(z_c + (r * h) @ the last third of recurrent_kernel)
    h' = u * h + (1 - u) * c

    with `recurrent_activation` for sigmoid and `activation` for tanh; x (batch, features), h (batch, units), kernel
    (features, 3 * units), recurrent_kernel (units, 3 * units) -> h'. A bias (2, 3 * units) has a row for x and, as
    Keras keeps it with reset_after, one for h; a bias (3 * units,) is that for x alone.
    """
    bias, recurrent_bias = np.asarray(bias) if np.ndim(bias) == 2 else (bias, 0.0)
    z_u, z_r, z_c = np.split(x @ kernel + bias, 3, axis=-1)
    g_u, g_r, g_c = np.split(h @ recurrent_kernel + recurrent_bias, 3, axis=-1)
    u, r = recurrent_activation(z_u + g_u), recurrent_activation(z_r + g_r)
    c = activation(z_c + (r * g_c if reset_after else (r * h) @ np.split(recurrent_kernel, 3, axis=-1)[2]))
    return u * h + (1 - u) * c


def simple_rnn(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Weight = 0.0, activation: Activation = tanh,
    mask: Array | None = None, initial_state: list[Array] | None = None, return_sequences: bool = False,
    return_state: bool = False, go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`simple_rnn_cell` over time: weights as there; x, the switches and the result as in `unroll`."""
    step = partial(simple_rnn_cell, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, activation=activation)
    states = first_states(x, recurrent_kernel, 1, initial_state)
    return unroll(step, x, states, mask, return_sequences, return_state, go_backwards, zero_output_for_mask)


def lstm(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Weight = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, mask: Array | None = None, initial_state: list[Array] | None = None,
    return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`lstm_cell` over time: weights as there; x, the switches and the result as in `unroll`."""
    step = partial(
        lstm_cell, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, activation=activation,
        recurrent_activation=recurrent_activation,
    )  # fmt: skip
    states = first_states(x, recurrent_kernel, 2, initial_state)
    return unroll(step, x, states, mask, return_sequences, return_state, go_backwards, zero_output_for_mask)


def gru(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Weight = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, reset_after: bool = True, mask: Array | None = None,
    initial_state: list[Array] | None = None, return_sequences: bool = False, return_state: bool = False,
    go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`gru_cell` over time: weights as there; x, the switches and the result as in `unroll`."""
    step = partial(
        gru_cell, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias, activation=activation,
        recurrent_activation=recurrent_activation, reset_after=reset_after,
    )  # fmt: skip
    states = first_states(x, recurrent_kernel, 1, initial_state)
    return unroll(step, x, states, mask, return_sequences, return_state, go_backwards, zero_output_for_mask)


def first_states(x: Array, recurrent_kernel: Array, number: int, initial_state: list[Array] | None) -> list[Array]:
    """`initial_state`, or so many zeros (batch, units); ValueError for others."""
    shape = len(x), len(recurrent_kernel)
    dtype = np.result_type(x, recurrent_kernel, np.float32)  # of whole numbers, too, the states are none
    states = [each.astype(dtype) for each in initial_state or [np.zeros(shape)] * number]
    if [state.shape for state in states] != [shape] * number:
        raise ValueError(f"expected {number} initial states of {shape[1]} units, got {[s.shape[1:] for s in states]}")
    return states


def unroll(
    step: Callable[..., Any], x: Array, states: list[Array], mask: Array | None = None,
    return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """states = step(x[:, t], *states) for every t, the first of them being the output: x (batch, time, features).

    The result is the last output (batch, units); with `return_sequences` every output (batch, time, units); with
    `return_state` a list of that and the last states. Where `mask` (batch, time) is False the states stay as they
    were, and the output is the previous one (zero before the first real step) or, with `zero_output_for_mask`, zero.
    `go_backwards` reads time, and the mask, from the end; a returned sequence then stands in the order in which it
    was computed. Raises ValueError for a mask that does not fit. Source: Keras' `rnn`.
    """
    batch, time = x.shape[:2]
    mask = np.ones((batch, time), bool) if mask is None else mask
    if mask.shape != (batch, time):
        raise ValueError(f"a mask of shape {mask.shape} does not fit {batch} sequences of {time} steps")
    output = np.zeros_like(states[0])
    outputs = np.zeros((time, *output.shape), output.dtype)
    for n, t in enumerate(reversed(range(time)) if go_backwards else range(time)):
        real, new = mask[:, t, np.newaxis], step(x[:, t], *states)
        new = new if isinstance(new, tuple) else (new,)
        output = np.where(real, new[0], 0 if zero_output_for_mask else output)
        states = [np.where(real, after, before) for before, after in zip(states, new, strict=True)]
        outputs[n] = output
    y = outputs.swapaxes(0, 1) if return_sequences else output
    return [y, *states] if return_state else y
