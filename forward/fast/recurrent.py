"""Recurrent layers without the masked steps, with the gates one behind the other in memory."""

from collections.abc import Callable
from copy import copy
from functools import cached_property, partial
from itertools import groupby, repeat
from typing import Any, ClassVar

import numpy as np

from ..activations import Activation, Array, sigmoid, tanh
from ..recurrent import first_states
from .packing import Steps, steps_of

Mask = Array | None
States = list[Array]  # the first one is the output: h, or h and c
Step = Callable[[Array, Array, Array], None]
ONE = np.ones((), np.float32)  # an array: numpy takes longer for a number
ROWS = 1024  # of inputs, whose products with the kernel are made at once: so they stay in the processor's cache


class Cell:
    """One step of a recurrent layer, in place, with weights that are laid out for it once.

    The gates lie one behind the other, (gates, batch, units), so that what is done to several of them is done in one
    run: first those of the recurrent activation, then the candidate. A `forward.sigmoid` there has its sign in the
    weights, and is not computed: what goes through a gate is divided by a `divisor`.
    """

    order: ClassVar[tuple[int, ...]]  # of Keras' gates
    states: ClassVar[int] = 1

    def __init__(
        self, kernel: Array, recurrent_kernel: Array, bias: Array | float, activation: Activation,
        recurrent_activation: Activation = sigmoid,
    ):  # fmt: skip
        self.turned = recurrent_activation is sigmoid
        self.activation, self.gate = map(in_place, (activation, divisor if self.turned else recurrent_activation))
        self.through = np.divide if self.turned else np.multiply
        bias = np.zeros(kernel.shape[-1], kernel.dtype) + bias
        self.kernel, self.recurrent_kernel, self.bias = map(self.lay_out, (kernel, recurrent_kernel, bias[np.newaxis]))

    def lay_out(self, weight: Array) -> Array:
        """(..., gates * units) -> (gates, ..., units)."""
        parts, turned = np.split(weight, len(self.order), axis=-1), len(self.order) - 1 if self.turned else 0
        return np.stack([-parts[gate] if place < turned else parts[gate] for place, gate in enumerate(self.order)])

    def inputs(self, x: Array) -> Array:
        """z = x @ kernel + bias (gates, steps, units).

        x (steps, features), or with `on_tokens` (steps,)
        """
        if x.ndim == 1:
            return self.kernel.take(x, axis=1)
        z = x @ self.kernel
        z += self.bias
        return z

    def on_tokens(self, embeddings: Array) -> Any:
        """The cell for x of rows of the embeddings, given by their numbers: its kernel has the z of each."""
        other = copy(self)
        other.kernel = embeddings @ self.kernel
        other.kernel += self.bias
        return other

    def product(self, h: Array) -> tuple[Array, Callable[[Array], Any]]:
        """An array (gates, batch, units), and a function that fills it with h @ recurrent_kernel: h (batch, units)."""
        total = np.empty((len(self.recurrent_kernel), *h.shape), h.dtype)
        if len(h) > 1:
            return total, lambda h: np.matmul(h, self.recurrent_kernel, total)
        return total, partial(np.dot, b=self.beside, out=total.reshape(1, -1))

    def columns(self) -> tuple[Array, Array]:
        """The recurrent kernel and the kernel, so that a state and an input that come in one row have one product."""
        return self.recurrent_kernel, self.kernel

    @cached_property
    def beside(self) -> Array:
        """The recurrent kernel with its gates beside each other, as one sample has them: one product is enough."""
        return np.concatenate(self.recurrent_kernel, axis=-1)

    def widened(self, recurrent_kernel: Array) -> Any:
        """The cell with another recurrent kernel, of more units."""
        other = copy(self)
        vars(other).pop("beside", None)
        other.recurrent_kernel = recurrent_kernel
        return other

    def bind(self, h: Array, *others: Array) -> Step:
        """A function step(z, h, new) that fills `new`, which may be h, with the next h, and changes other states.

        All arrays that it needs are made here: with one sample a call of numpy costs more than what it computes.
        """
        raise NotImplementedError


class SimpleRNNCell(Cell):
    """`forward.simple_rnn_cell`."""

    order = (0,)

    def bind(self, h: Array, *others: Array) -> Step:
        (total, product), activation, add = self.product(h), self.activation, np.add
        only = total[0]

        def step(z: Array, h: Array, new: Array) -> None:
            product(h)
            add(total, z, total)
            activation(only, new)

        return step


class LSTMCell(Cell):
    """`forward.lstm_cell`."""

    order, states = (0, 1, 3, 2), 2

    def bind(self, h: Array, *others: Array) -> Step:
        (c,), (total, product) = others, self.product(h)
        gate, through, activation, add = self.gate, self.through, self.activation, np.add
        gates, (i, f, o, candidate) = total[:3], total

        def step(z: Array, h: Array, new: Array) -> None:
            product(h)
            add(total, z, total)
            gate(gates, gates)
            activation(candidate, candidate)
            through(c, f, c)
            through(candidate, i, candidate)
            add(c, candidate, c)
            activation(c, candidate)
            through(candidate, o, new)

        return step


class GRUCell(Cell):
    """`forward.gru_cell`; a bias (2, gates * units) has its second row for h."""

    order = (0, 1, 2)

    def __init__(
        self, kernel: Array, recurrent_kernel: Array, bias: Array | float, activation: Activation,
        recurrent_activation: Activation = sigmoid, reset_after: bool = True,
    ):  # fmt: skip
        bias, other = bias if np.ndim(bias) == 2 else (bias, 0.0)
        other = np.zeros(kernel.shape[-1], kernel.dtype) + other
        self.reset_after, self.bounded, units = reset_after, activation in (tanh, sigmoid), len(recurrent_kernel)
        self.of_candidate = other[2 * units :]
        other = np.where(np.arange(3 * units) < 2 * units, other, 0)  # which is added to z at once
        super().__init__(kernel, recurrent_kernel, bias + other, activation, recurrent_activation)

    def inputs(self, x: Array) -> Array:
        """z (4, steps, units): of u, of r, of the candidate the recurrent bias, which r scales, and last its input."""
        z = np.empty((4, len(x), self.kernel.shape[-1]), np.result_type(self.kernel, *([] if x.ndim == 1 else [x])))
        for place, kernel, bias in zip((0, 1, 3), self.kernel, self.bias, strict=True):
            if x.ndim == 1:
                kernel.take(x, axis=0, out=z[place], mode="clip")  # by its own mode numpy fills a copy of z
            else:
                np.add(x @ kernel, bias, out=z[place])
        z[2] = self.of_candidate
        return z

    def columns(self) -> tuple[Array, Array]:
        (u, r, candidate), none = self.kernel, np.zeros_like(self.recurrent_kernel[:1])
        return np.concatenate([self.recurrent_kernel, none]), np.stack([u, r, np.zeros_like(u), candidate])

    def bind(self, h: Array, *others: Array) -> Step:
        (total, product), last = self.product(h), self.recurrent_kernel[2]
        gate, through, activation, add = self.gate, self.through, self.activation, np.add
        # joined, the kernel has a fourth part: what the cell below gives this candidate
        gates, (u, r, candidate, *fed) = total[:2], total

        def step(z: Array, h: Array, new: Array) -> None:
            product(h)
            add(total, z if fed else z[:3], total)
            gate(gates, gates)
            if self.reset_after:
                through(candidate, r, candidate)
            else:
                np.matmul(through(h, r, r), last, candidate)
            add(candidate, fed[0] if fed else z[3], candidate)
            activation(candidate, candidate)
            if self.bounded:
                np.subtract(h, candidate, r)
                through(r, u, u)
                add(u, candidate, new)
            else:  # beside a large candidate h would lose its digits
                through(ONE, u, u)
                np.multiply(h, u, r)
                np.subtract(ONE, u, u)
                np.multiply(candidate, u, u)
                add(r, u, new)

        return step


def divisor(x: Array, out: Array | None = None) -> Array:
    """1 + e^x: `forward.sigmoid` of -x is its inverse.

    0.5 - 0.5 * tanh(x / 2) for that would take half the time, but rounds more, to over 1e-6 of Keras in a probability.
    """
    out = np.exp(x, out)
    return np.add(out, ONE, out)


def in_place(function: Any) -> Any:
    """The function of an array, as one of (x, out)."""
    takes_out = function is divisor or isinstance(function, np.ufunc)
    return function if takes_out else lambda x, out: np.copyto(out, function(x))


def unroll(
    cell: Cell, x: Array, mask: Mask, initial_state: States | None, return_sequences: bool, return_state: bool,
    go_backwards: bool, zero_output_for_mask: bool,
) -> Any:  # fmt: skip
    """`forward.recurrent.unroll` of a cell. Masked steps are not computed: `pack` leaves them out."""
    states = first_states(x, cell.recurrent_kernel[0], cell.states, initial_state)
    if go_backwards:
        x, mask = x[:, ::-1], None if mask is None else mask[:, ::-1]
    steps = steps_of(x, mask)
    outputs, states = walk(cell, steps.pack(x), steps, [state[steps.order] for state in states], return_sequences)
    states = [state[steps.back] for state in states]
    end, y = (steps.unpack, outputs) if return_sequences else (steps.last, states[0])
    y = end(y, zero_output_for_mask)
    return [y, *states] if return_state else y


def walk(cell: Cell, x: Array, steps: Steps, states: States, return_sequences: bool) -> tuple[Array, States]:
    """Step by step through packed inputs: the outputs (steps + 1, units), if they are asked for, and the last states.

    The last output is zero. The states come and go in the order of `steps`.
    """
    dtype = cell.kernel.dtype if x.ndim == 1 else np.result_type(x, cell.kernel)
    states = [state.astype(dtype) for state in states]
    outputs = np.empty((len(x) + 1 if return_sequences else 0, states[0].shape[1]), dtype)
    outputs[-1:] = 0
    with np.errstate(over="ignore"):  # e^x of a gate that is shut, 1 / infinity
        fill(cell, x, steps.widths, states, outputs)
    return outputs, states


def fill(cell: Cell, x: Array, widths: list[int], states: States, outputs: Array) -> None:
    """`walk` in place: `states` change, `outputs` fill unless they are empty."""
    start = begin = end = 0
    for width, same in groupby(widths):
        left, now = len([*same]), [state[:width] for state in states]
        h, step = now[0], cell.bind(*now)
        while left:
            if start + width > end:
                begin, end = start, min(len(x), start + max(width, ROWS))
                z = cell.inputs(x[begin:end])
            number = min(left, (end - start) // width)
            rows, left = number * width, left - number
            parts = z[:, start - begin : start - begin + rows].reshape(len(z), number, width, -1).swapaxes(0, 1)
            places = outputs[start : start + rows].reshape(number, width, -1) if len(outputs) else repeat(h)
            for part, new in zip(parts, places, strict=False):
                step(part, h, new)
                h = new
            start += rows
        if h is not now[0]:
            now[0][...] = h
