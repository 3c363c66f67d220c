"""Recurrent layers without the masked steps, with the gates one behind the other in memory."""

from typing import Any, ClassVar

import numpy as np

from ..activations import Activation, Array, sigmoid, tanh
from ..recurrent import first_states

Mask = Array | None
States = list[Array]  # the first one is the output: h, or h and c
ROWS = 1024  # of inputs, whose products with the kernel are made at once: so they stay in the processor's cache


def simple_rnn(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    mask: Mask = None, initial_state: States | None = None, return_sequences: bool = False,
    return_state: bool = False, go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`forward.simple_rnn`."""
    cell = SimpleRNNCell(kernel, recurrent_kernel, bias, activation)
    return unroll(cell, x, mask, initial_state, return_sequences, return_state, go_backwards, zero_output_for_mask)


def lstm(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, mask: Mask = None, initial_state: States | None = None,
    return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`forward.lstm`."""
    cell = LSTMCell(kernel, recurrent_kernel, bias, activation, recurrent_activation)
    return unroll(cell, x, mask, initial_state, return_sequences, return_state, go_backwards, zero_output_for_mask)


def gru(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, reset_after: bool = True, mask: Mask = None,
    initial_state: States | None = None, return_sequences: bool = False, return_state: bool = False,
    go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`forward.gru`."""
    cell = GRUCell(kernel, recurrent_kernel, bias, activation, recurrent_activation, reset_after)
    return unroll(cell, x, mask, initial_state, return_sequences, return_state, go_backwards, zero_output_for_mask)


class Cell:
    """One step of a recurrent layer, in place, with weights that are laid out for it once.

    The gates lie one behind the other, (gates, batch, units), so that what is done to several of them is done in one
    run: first those of the recurrent activation, then the candidate. A `forward.sigmoid` there has its sign in the
    weights, and so takes three passes over one array: see `inverse`.
    """

    order: ClassVar[tuple[int, ...]]  # of Keras' gates
    states: ClassVar[int] = 1

    def __init__(
        self, kernel: Array, recurrent_kernel: Array, bias: Array | float, activation: Activation,
        recurrent_activation: Activation = sigmoid,
    ):  # fmt: skip
        self.activation, self.gate = activation, inverse if recurrent_activation is sigmoid else recurrent_activation
        bias = np.zeros(kernel.shape[-1], kernel.dtype) + bias
        self.kernel, self.recurrent_kernel, self.bias = map(self.lay_out, (kernel, recurrent_kernel, bias[np.newaxis]))

    def lay_out(self, weight: Array) -> Array:
        """(..., gates * units) -> (gates, ..., units)."""
        parts, turned = np.split(weight, len(self.order), axis=-1), len(self.order) - 1 if self.gate is inverse else 0
        return np.stack([-parts[gate] if place < turned else parts[gate] for place, gate in enumerate(self.order)])

    def inputs(self, x: Array) -> Array:
        """z = x @ kernel + bias (gates, steps, units).

        x (steps, features), or whole numbers (steps,), which stand for one-hot features: their product with the kernel
        is one of its rows.
        """
        z = self.kernel[:, x] if x.ndim == 1 else x @ self.kernel
        z += self.bias
        return z

    def step(self, z: Array, states: States) -> None:
        """The states after one more step, in the place of those before it."""
        raise NotImplementedError


class SimpleRNNCell(Cell):
    """`forward.simple_rnn_cell`."""

    order = (0,)

    def step(self, z: Array, states: States) -> None:
        (h,) = states
        total = h @ self.recurrent_kernel[0]
        total += z[0]
        h[...] = self.activation(total)


class LSTMCell(Cell):
    """`forward.lstm_cell`."""

    order, states = (0, 1, 3, 2), 2

    def step(self, z: Array, states: States) -> None:
        h, c = states
        total = h @ self.recurrent_kernel
        total += z
        i, f, o = self.gate(total[:3])
        new = self.activation(total[3])
        c *= f
        c += i * new
        np.multiply(o, self.activation(c), out=h)


class GRUCell(Cell):
    """`forward.gru_cell`; a bias (2, gates * units) has its second row for h."""

    order = (0, 1, 2)

    def __init__(
        self, kernel: Array, recurrent_kernel: Array, bias: Array | float, activation: Activation,
        recurrent_activation: Activation = sigmoid, reset_after: bool = True,
    ):  # fmt: skip
        bias, other = bias if np.ndim(bias) == 2 else (bias, 0.0)
        other = np.zeros(kernel.shape[-1], kernel.dtype) + other
        self.reset_after, units = reset_after, len(recurrent_kernel)
        self.of_candidate = other[2 * units :]
        other = np.where(np.arange(3 * units) < 2 * units, other, 0)  # which is added to z at once
        super().__init__(kernel, recurrent_kernel, bias + other, activation, recurrent_activation)

    def step(self, z: Array, states: States) -> None:
        (h,) = states
        total = h @ self.recurrent_kernel
        total[:2] += z[:2]
        u, r = self.gate(total[:2])
        if self.reset_after:
            total[2] += self.of_candidate
        new = r * total[2] if self.reset_after else (r * h) @ self.recurrent_kernel[2]
        new += z[2]
        new = self.activation(new)
        h *= u
        h += (1 - u) * new


def inverse(x: Array) -> Array:
    """1 / (1 + e^x), in place: `forward.sigmoid` of -x.

    0.5 - 0.5 * tanh(x / 2) would take half the time, but rounds more, to over 1e-6 of Keras in a probability.
    """
    np.exp(x, out=x)
    x += 1
    return np.reciprocal(x, out=x)


def unroll(
    cell: Cell, x: Array, mask: Mask, initial_state: States | None, return_sequences: bool, return_state: bool,
    go_backwards: bool, zero_output_for_mask: bool,
) -> Any:  # fmt: skip
    """`forward.recurrent.unroll` of a cell. Masked steps are not computed: `pack` leaves them out."""
    batch, time = x.shape[:2]
    states = first_states(x, cell.recurrent_kernel[0], cell.states, initial_state)
    mask = np.ones((batch, time), bool) if mask is None else mask
    if mask.shape != (batch, time):
        raise ValueError(f"a mask of shape {mask.shape} does not fit {batch} sequences of {time} steps")
    x, mask = (x[:, ::-1], mask[:, ::-1]) if go_backwards else (x, mask)
    order, steps, widths = pack(mask)
    x = x[order[steps[0]], steps[1]]
    dtype = cell.kernel.dtype if x.ndim == 1 else np.result_type(x, cell.kernel)
    states = [state[order].astype(dtype, copy=False) for state in states]
    outputs = np.empty((len(x) + 1 if return_sequences else 0, states[0].shape[1]), dtype)
    with np.errstate(over="ignore"):  # e^x of a gate that is shut, 1 / infinity
        walk(cell, x, states, widths, outputs)
    back = np.argsort(order)
    states = [state[back] for state in states]
    silent = ~mask if zero_output_for_mask else np.cumsum(mask, axis=1) == 0
    last = silent[:, -1:] if time else True
    y = unpack(outputs, mask, silent, back, widths) if return_sequences else np.where(last, 0, states[0])
    return [y, *states] if return_state else y


def walk(cell: Cell, x: Array, states: States, widths: list[int], outputs: Array) -> None:
    """Step by step through inputs as `pack` lays them: `states` change, `outputs` fill unless they are empty."""
    start = begin = end = 0
    for width in widths:
        if start + width > end:
            begin, end = start, start + max(width, ROWS)
            z = cell.inputs(x[begin:end])
        cell.step(z[:, start - begin : start - begin + width], [state[:width] for state in states])
        if len(outputs):
            outputs[start : start + width] = states[0][:width]
        start += width


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
