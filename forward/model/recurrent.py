"""Recurrent layers: one cell per kind, one loop over time for all of them, and the wrappers around layers."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..activations import Activation, Array, sigmoid, tanh
from ..errors import ModelFileError, UnsupportedLayerError
from .activation import activation
from .archive import SavedLayer
from .layer import Layer, Mask, Shapes, count, flag, listed, one_of, shape_text

States = tuple[Array, ...]  # the first one is the output: h, or h and c


def simple_rnn_cell(z: Array, states: States, recurrent_kernel: Array, activation: Activation = tanh) -> States:
    """One time step of a SimpleRNN (Elman 1990): h' = activation(z + h @ recurrent_kernel).

    z = x @ kernel + bias (batch, units), h (batch, units), recurrent_kernel (units, units) -> h' (batch, units)
    """
    (h,) = states
    total = h @ recurrent_kernel
    total += z
    return (activation(total),)


def lstm_cell(
    z: Array, states: States, recurrent_kernel: Array, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid,
) -> States:  # fmt: skip
    """One time step of an LSTM (Hochreiter and Schmidhuber 1997; gates in Keras' order i, f, c, o).

    z  = x @ kernel + bias + h @ recurrent_kernel, cut into z_i, z_f, z_c, z_o
    c' = sigmoid(z_f) * c + sigmoid(z_i) * tanh(z_c)
    h' = sigmoid(z_o) * tanh(c')

    with `recurrent_activation` for sigmoid and `activation` for tanh; z comes as x @ kernel + bias
    (batch, 4 * units), h and c are (batch, units), recurrent_kernel (units, 4 * units) -> h', c'
    """
    h, c = states
    total = h @ recurrent_kernel
    total += z
    z_i, z_f, z_c, z_o = gates(total, 4)
    c = recurrent_activation(z_f) * c
    c += recurrent_activation(z_i) * activation(z_c)
    return recurrent_activation(z_o) * activation(c), c


def gru_cell(
    z: Array, states: States, recurrent_kernel: Array, recurrent_bias: Array | float = 0.0,
    activation: Activation = tanh, recurrent_activation: Activation = sigmoid, reset_after: bool = True,
) -> States:  # fmt: skip
    """One time step of a GRU (Cho et al. 2014; gates in Keras' order z, r, h; here u is the gate that Keras calls z).

    u  = sigmoid(z_u + h_u), r = sigmoid(z_r + h_r)       z = x @ kernel + bias, cut into z_u, z_r, z_c
    c  = tanh(z_c + r * h_c)                              h @ recurrent_kernel + recurrent_bias, cut likewise
         tanh(z_c + (r * h) @ recurrent_kernel_c)         without reset_after
    h' = u * h + (1 - u) * c

    with `recurrent_activation` for sigmoid and `activation` for tanh; z (batch, 3 * units), h (batch, units),
    recurrent_kernel (units, 3 * units) -> h'
    """
    (h,) = states
    z_u, z_r, z_c = gates(z, 3)
    h_u, h_r, h_c = gates(h @ recurrent_kernel + np.asarray(recurrent_bias, z.dtype), 3)
    u, r = recurrent_activation(z_u + h_u), recurrent_activation(z_r + h_r)
    c = activation(z_c + (r * h_c if reset_after else (r * h) @ recurrent_kernel[:, -h.shape[-1] :]))
    return (u * h + (1 - u) * c,)


def gate_sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), three times as fast as `sigmoid`, which saves a quarter of the LSTM's time.

    Where x < -80, it is that of -80, 2e-35, so that nothing overflows: a gate does not need smaller results.
    0.5 + 0.5 * tanh(x / 2) would save a tenth more, but rounds more, to over 1e-6 of Keras in a probability.
    """
    y = np.maximum(x, -80)
    np.negative(y, out=y)
    np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def gates(z: Array, n: int) -> list[Array]:
    """The n parts of z that lie side by side."""
    units = z.shape[-1] // n
    return [z[:, start : start + units] for start in range(0, n * units, units)]


def simple_rnn(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    mask: Mask = None, initial_state: list[Array] | None = None, return_sequences: bool = False,
    return_state: bool = False, go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`simple_rnn_cell` over time: kernel (features, units); x, the switches and the result: see `unroll`."""
    step = partial(simple_rnn_cell, recurrent_kernel=recurrent_kernel, activation=activation)
    switches = return_sequences, return_state, go_backwards, zero_output_for_mask
    return unroll(step, x, kernel, bias, len(recurrent_kernel), 1, mask, initial_state, *switches)


def lstm(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, mask: Mask = None, initial_state: list[Array] | None = None,
    return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`lstm_cell` over time: kernel (features, 4 * units); x, the switches and the result: see `unroll`."""
    gates = {"activation": activation, "recurrent_activation": recurrent_activation}
    step = partial(lstm_cell, recurrent_kernel=recurrent_kernel, **gates)
    switches = return_sequences, return_state, go_backwards, zero_output_for_mask
    return unroll(step, x, kernel, bias, len(recurrent_kernel), 2, mask, initial_state, *switches)


def gru(
    x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid, reset_after: bool = True, mask: Mask = None,
    initial_state: list[Array] | None = None, return_sequences: bool = False, return_state: bool = False,
    go_backwards: bool = False, zero_output_for_mask: bool = False,
) -> Any:  # fmt: skip
    """`gru_cell` over time: kernel (features, 3 * units); x, the switches and the result: see `unroll`.

    A bias of two rows (2, 3 * units) has one for x and one for h, as Keras keeps it with reset_after.
    """
    bias, recurrent_bias = bias if np.ndim(bias) == 2 else (bias, 0.0)
    gates = {"activation": activation, "recurrent_activation": recurrent_activation, "reset_after": reset_after}
    step = partial(gru_cell, recurrent_kernel=recurrent_kernel, recurrent_bias=recurrent_bias, **gates)
    switches = return_sequences, return_state, go_backwards, zero_output_for_mask
    return unroll(step, x, kernel, bias, len(recurrent_kernel), 1, mask, initial_state, *switches)


def unroll(
    step: Callable[[Array, States], States], x: Array, kernel: Array, bias: Array | float, units: int, n_states: int,
    mask: Mask, initial_state: list[Array] | None, return_sequences: bool, return_state: bool, go_backwards: bool,
    zero_output_for_mask: bool,
) -> Any:  # fmt: skip
    """Walk a cell over time as Keras does: x (batch, time, features), kernel (features, gates * units).

    `step` takes z = x @ kernel + bias of one time step and the `n_states` states to the new states, the first of
    which is the output.
    Whole numbers x (batch, time) stand for one-hot features, whose product with the kernel is one of its rows.
    The result is the last output (batch, units); with `return_sequences` every output (batch, time,
    units); with `return_state` a list of that and the last states. The states begin as
    `initial_state`, or zero. Where `mask` (batch, time) is False they stay as they were, and the output
    is the previous one (zero before the first real step) or, with `zero_output_for_mask`, zero.
    `go_backwards` reads time, and the mask, from the end; a returned sequence then stands in the order
    in which it was computed.

    Masked steps are not computed, as `pack` leaves them out, and z = x @ kernel + bias is one matrix
    product for all that are. On sentences padded to three times their length that saves two thirds of the time.
    """
    batch, time = x.shape[:2]
    given = initial_state or [np.zeros((batch, units), kernel.dtype)] * n_states
    if [state.shape for state in given] != [(batch, units)] * n_states:
        raise ValueError(f"expected {n_states} initial states of {units} units, got {[s.shape[1:] for s in given]}")
    mask = np.ones((batch, time), bool) if mask is None else mask
    if mask.shape != (batch, time):
        raise ValueError(f"a mask of shape {mask.shape} does not fit {batch} sequences of {time} steps")
    x, mask = (x[:, ::-1], mask[:, ::-1]) if go_backwards else (x, mask)
    order, steps, widths = pack(mask)
    x = x[order[steps[0]], steps[1]]
    z = kernel[x] if x.ndim == 1 else x @ kernel
    z += bias
    states = [state[order].astype(z.dtype, copy=False) for state in given]
    outputs = np.empty((len(z) + 1 if return_sequences else 0, units), z.dtype)
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


class Recurrent(Layer):
    """What the recurrent layers share. A mask goes on to the next layer only with the whole sequence."""

    heeds_mask = True
    weights_group = "cell/vars"
    gates: ClassVar[int]  # blocks of units side by side in the kernels
    switches = "use_bias", "return_sequences", "return_state", "go_backwards", "zero_output_for_mask"
    apart = frozenset({"units", "use_bias"})
    fixed = {"stateful": False}
    no_effect = frozenset({"unroll", "dropout", "recurrent_dropout", "implementation", "unit_forget_bias"})

    def check_input(self, x: Any) -> None:
        if isinstance(x, list) or x.ndim != 3:
            raise ModelFileError(f"{self} takes (batch, time, features), but gets {shape_text(x)}")

    def weight_shapes(self, x: Array) -> Shapes:
        width = self.gates * self.units
        bias = (2, width) if getattr(self, "reset_after", False) else (width,)
        kernels = {"kernel": (x.shape[-1], width), "recurrent_kernel": (self.units, width)}
        return kernels | {"bias": bias if self.use_bias else None}

    def compute_mask(self, x: Array, mask: Mask) -> Any:
        return mask if self.return_sequences else None

    def widest(self, x: Any, y: Any) -> int:
        return max(super().widest(x, y), x.shape[1] * self.gates * self.units)


SHARED = {"units": count, "activation": activation, **dict.fromkeys(Recurrent.switches, flag)}


class SimpleRNN(Recurrent):
    """`simple_rnn`."""

    function, gates = simple_rnn, 1
    options = SHARED


def gate_activation(value: Any) -> Activation:
    """The function of that name, for a gate."""
    function = activation(value)
    return gate_sigmoid if function is sigmoid else function


class LSTM(Recurrent):
    """`lstm`."""

    function, gates = lstm, 4
    options = SHARED | {"recurrent_activation": gate_activation}


class GRU(Recurrent):
    """`gru`."""

    function, gates = gru, 3
    options = LSTM.options | {"reset_after": flag}


class Wrapper(Layer):
    """What the layers around other layers share: `inside` says under which setting each stands, and in which group."""

    inside: ClassVar[dict[str, str]]
    heeds_mask = passes_mask = True

    def take_weights(self, saved: SavedLayer, x: Any) -> dict[str, Array]:
        children = [saved.child(key, group) for key, group in self.inside.items()]
        if len(saved.weights) != sum(len(child.weights) for child in children):
            raise ModelFileError(f"{self}: the file has weights of no layer inside: {', '.join(sorted(saved.weights))}")
        self.layers = [self.build(child, self.inner(x)) for child in children]
        self.work = sum(layer.work for layer in self.layers)
        if other := [layer for layer in self.layers if layer.casts and layer.dtype != self.dtype]:
            raise UnsupportedLayerError(f"{self} computes in {self.dtype}, but {other[0]} inside in {other[0].dtype}")
        return {f"{layer.name}/{key}": weight for layer in self.layers for key, weight in layer.weights.items()}

    def inner(self, x: Any) -> Any:
        """What the layer inside gets."""
        return x

    def widest(self, x: Any, y: Any) -> int:
        return max(each.widest(x, y) for each in self.layers)


MERGE: dict[str | None, Callable[[Array, Array], Any]] = {
    "concat": lambda forward, backward: np.concatenate([forward, backward], axis=-1),
    "sum": np.add,
    "mul": np.multiply,
    "ave": lambda forward, backward: (forward + backward) / 2,
    None: lambda forward, backward: [forward, backward],
}


class Bidirectional(Wrapper):
    """Two recurrent layers, of which one goes backwards, and their outputs merged (Schuster and Paliwal 1997).

    With return_sequences the backward sequence is put back into the order of x before the two are
    merged, and Keras has both write zeros at masked steps, whatever their own setting says; so does
    this. States follow the merged output, those of `forward_layer` first.
    """

    options = {"merge_mode": one_of(*MERGE)}
    apart = frozenset(options)
    inside = {"layer": "forward_layer", "backward_layer": "backward_layer"}
    no_effect = frozenset(inside)

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        weights = super().take_weights(saved, x)
        if other := [layer for layer in self.layers if not isinstance(layer, Recurrent)]:
            raise UnsupportedLayerError(f"{self}: {other[0].class_name} inside is not supported; only recurrent layers")
        one, other = ({key: getattr(layer, key) for key in Recurrent.switches} for layer in self.layers)
        if one["go_backwards"] == other["go_backwards"]:
            raise ModelFileError(f"{self}: both layers read in the same direction")
        if any(one[key] != other[key] for key in ("return_sequences", "return_state")):
            raise ModelFileError(f"{self}: only one of the two layers returns its sequences or states")
        for layer in self.layers:
            layer.arguments["zero_output_for_mask"] = layer.return_sequences
        return weights

    def compute_mask(self, x: Array, mask: Mask) -> Any:
        mask = self.layers[0].compute_mask(x, mask)
        return [mask, mask] if self.merge_mode is None else mask

    def __call__(self, x: Array, mask: Mask = None, initial_state: list[Array] | None = None) -> Any:
        half = len(initial_state or ()) // 2
        parts = (initial_state[:half], initial_state[half:]) if half else (None, None)
        pairs = zip(self.layers, parts, strict=True)
        (y, *states), (z, *more) = (listed(layer(x, mask, initial_state=part)) for layer, part in pairs)
        merged = listed(MERGE[self.merge_mode](y, z[:, ::-1] if self.layers[0].return_sequences else z))
        return [*merged, *states, *more] if states or len(merged) > 1 else merged[0]


class TimeDistributed(Wrapper):
    """The layer inside, applied to every time step by itself: (batch, time, ...) -> (batch, time, ...)."""

    inside = {"layer": "layer"}
    no_effect = frozenset(inside)

    def widest(self, x: Any, y: Any) -> int:
        return max(Layer.widest(self, x, y), x.shape[1] * self.layers[0].widest(self.inner(x), self.inner(y)))

    def inner(self, x: Array) -> Array:
        return x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])

    def __call__(self, x: Array, mask: Mask = None) -> Array:
        deep = mask is not None and mask.ndim > 2  # a mask for what is inside each step; one of steps only passes
        y = self.layers[0](self.inner(x), self.inner(mask) if deep else None)
        return y.reshape(*x.shape[:2], *y.shape[1:])


LAYERS = {each.__name__: each for each in (Bidirectional, GRU, LSTM, SimpleRNN, TimeDistributed)}
