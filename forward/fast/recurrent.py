"""Recurrent layers without the masked steps, and with one matrix product for the inputs of all others."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..activations import Activation, Array, sigmoid, tanh
from ..recurrent import first_states

Mask = Array | None
States = list[Array]  # the first one is the output: h, or h and c


def simple_rnn(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    mask: Mask = None, initial_state: States | None = None, return_sequences: bool = False,
    return_state: bool = False, go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`forward.simple_rnn`."""
    step = partial(simple_rnn_step, recurrent_kernel=recurrent_kernel, activation=activation)
    states = first_states(x, recurrent_kernel, 1, initial_state)
    switches = return_sequences, return_state, go_backwards, zero_output_for_mask
    return unroll(step, x, kernel, bias, states, mask, *switches)


def lstm(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, mask: Mask = None, initial_state: States | None = None,
    return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`forward.lstm`."""
    activations = {"activation": activation, "recurrent_activation": gate_activation(recurrent_activation)}
    step = partial(lstm_step, recurrent_kernel=recurrent_kernel, **activations)
    states = first_states(x, recurrent_kernel, 2, initial_state)
    switches = return_sequences, return_state, go_backwards, zero_output_for_mask
    return unroll(step, x, kernel, bias, states, mask, *switches)


def gru(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, reset_after: bool = True, mask: Mask = None,
    initial_state: States | None = None, return_sequences: bool = False, return_state: bool = False,
    go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`forward.gru`."""
    bias, recurrent_bias = bias if np.ndim(bias) == 2 else (bias, 0.0)
    activations = {"activation": activation, "recurrent_activation": gate_activation(recurrent_activation)}
    kernels = {"recurrent_kernel": recurrent_kernel, "recurrent_bias": recurrent_bias, "reset_after": reset_after}
    states = first_states(x, recurrent_kernel, 1, initial_state)
    switches = return_sequences, return_state, go_backwards, zero_output_for_mask
    return unroll(partial(gru_step, **kernels, **activations), x, kernel, bias, states, mask, *switches)


def simple_rnn_step(z: Array, states: States, recurrent_kernel: Array, activation: Activation) -> States:
    """`forward.simple_rnn_cell`, given z = x @ kernel + bias."""
    (h,) = states
    total = h @ recurrent_kernel
    total += z
    return [activation(total)]


def lstm_step(
    z: Array, states: States, recurrent_kernel: Array, activation: Activation, recurrent_activation: Activation
) -> States:
    """`forward.lstm_cell`, given z = x @ kernel + bias."""
    h, c = states
    total = h @ recurrent_kernel
    total += z
    z_i, z_f, z_c, z_o = gates(total, 4)
    c = recurrent_activation(z_f) * c
    c += recurrent_activation(z_i) * activation(z_c)
    return [recurrent_activation(z_o) * activation(c), c]


def gru_step(
    z: Array, states: States, recurrent_kernel: Array, recurrent_bias: Array | float, reset_after: bool,
    activation: Activation, recurrent_activation: Activation,
) -> States:  # fmt: skip
    """`forward.gru_cell`, given z = x @ kernel + bias."""
    (h,) = states
    z_u, z_r, z_c = gates(z, 3)
    g_u, g_r, g_c = gates(h @ recurrent_kernel + np.asarray(recurrent_bias, z.dtype), 3)
    u, r = recurrent_activation(z_u + g_u), recurrent_activation(z_r + g_r)
    c = activation(z_c + (r * g_c if reset_after else (r * h) @ gates(recurrent_kernel, 3)[2]))
    return [u * h + (1 - u) * c]


def gates(z: Array, n: int) -> list[Array]:
    """The n parts of z that lie side by side."""
    units = z.shape[-1] // n
    return [z[:, start : start + units] for start in range(0, n * units, units)]


def gate_activation(function: Activation) -> Activation:
    """The same function, or what takes its place in a gate."""
    return gate_sigmoid if function is sigmoid else function


def gate_sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x) in four passes over one array.

    Where x < -80, it is that of -80, 2e-35, so that nothing overflows: a gate does not need smaller results.
    0.5 + 0.5 * tanh(x / 2) would round more, to over 1e-6 of Keras in a probability.
    """
    y = np.maximum(x, -80)
    np.negative(y, out=y)
    np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def unroll(
    step: Callable[[Array, States], States], x: Array, kernel: Array, bias: Array | float, states: States, mask: Mask,
    return_sequences: bool, return_state: bool, go_backwards: bool, zero_output_for_mask: bool,
) -> Any:  # fmt: skip
    """`forward.recurrent.unroll` of a `step` that takes z = x @ kernel + bias, kernel (features, gates * units).

    Masked steps are not computed, as `pack` leaves them out, and z is one matrix product for all that are. Whole
    numbers x (batch, time) stand for one-hot features, whose product with the kernel is one of its rows.
    """
    batch, time = x.shape[:2]
    mask = np.ones((batch, time), bool) if mask is None else mask
    if mask.shape != (batch, time):
        raise ValueError(f"a mask of shape {mask.shape} does not fit {batch} sequences of {time} steps")
    x, mask = (x[:, ::-1], mask[:, ::-1]) if go_backwards else (x, mask)
    order, steps, widths = pack(mask)
    x = x[order[steps[0]], steps[1]]
    z = kernel[x] if x.ndim == 1 else x @ kernel
    z += bias
    states = [state[order].astype(z.dtype, copy=False) for state in states]
    outputs = np.empty((len(z) + 1 if return_sequences else 0, states[0].shape[1]), z.dtype)
    start = 0
    for width in widths:
        new = step(z[start : start + width], [state[:width] for state in states])
        for state, after in zip(states, new, strict=True):
            state[:width] = after
        if return_sequences:
            outputs[start : start + width] = new[0]
        start += width
    back = np.argsort(order)
    states = [state[back] for state in states]
    silent = ~mask if zero_output_for_mask else np.cumsum(mask, axis=1) == 0
    last = silent[:, -1:] if time else True
    y = unpack(outputs, mask, silent, back, widths) if return_sequences else np.where(last, 0, states[0])
    return [y, *states] if return_state else y


def pack(mask: Array) -> tuple[Array, tuple[Array, Array], list[int]]:
    """The real steps of a batch without the masked ones, those that are computed together side by side.

    mask (batch, time) -> `order`, the rows by falling number of real steps; `steps`, the place in `order`
    and the time of each real step, all first ones, then all second ones, ...; and how many of each there are:
    always the first so many rows of `order`.
    """
    order = np.argsort(-mask.sum(axis=1), kind="stable")
    rows, times = np.nonzero(mask[order])
    numbers = np.cumsum(mask[order], axis=1)[rows, times]
    by_number = np.argsort(numbers, kind="stable")
    return order, (rows[by_number], times[by_number]), np.bincount(numbers)[1:].tolist()


def unpack(outputs: Array, mask: Array, silent: Array, back: Array, widths: list[int]) -> Array:
    """The outputs of packed steps as sequences: at a masked step the previous one, and zero where `silent`.

    outputs (steps + 1, units), of which the last is free; `back`, the place of each row in `order` -> y (batch,
    time, units)
    """
    outputs[-1] = 0
    starts = np.cumsum([0, 0, *widths[:-1]])  # of the steps of each number, which are counted from 1
    places = starts[np.cumsum(mask, axis=1)] + back[:, np.newaxis]
    return outputs[np.where(silent, -1, places)]
