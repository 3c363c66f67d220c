"""Recurrent layers: one cell per kind, one loop over time for all of them, and the wrappers around layers."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..activations import Activation, Array, sigmoid, tanh
from ..errors import ModelFileError, UnsupportedLayerError
from ..keras_file import SavedLayer
from .base import Layer, Mask, Shapes, activation, count, flag, listed, one_of, shape_text

States = tuple[Array, ...]  # the first one is the output: h, or h and c
Cell = Callable[..., States]  # z = x @ kernel + bias of one time step, states, recurrent_kernel, ... -> new states


def simple_rnn_cell(z: Array, states: States, recurrent_kernel: Array, activation: Activation = tanh) -> States:
    """One time step of a SimpleRNN (Elman 1990): h' = activation(z + h @ recurrent_kernel).

    z = x @ kernel + bias (batch, units), h (batch, units), recurrent_kernel (units, units) -> h' (batch, units)
    """
    (h,) = states
    return (activation(z + h @ recurrent_kernel),)


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
    z_i, z_f, z_c, z_o = np.split(z + h @ recurrent_kernel, 4, axis=-1)
    c = recurrent_activation(z_f) * c + recurrent_activation(z_i) * activation(z_c)
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
    z_u, z_r, z_c = np.split(z, 3, axis=-1)
    h_u, h_r, h_c = np.split(h @ recurrent_kernel + np.asarray(recurrent_bias, z.dtype), 3, axis=-1)
    u, r = recurrent_activation(z_u + h_u), recurrent_activation(z_r + h_r)
    c = activation(z_c + (r * h_c if reset_after else (r * h) @ recurrent_kernel[:, -h.shape[-1] :]))
    return (u * h + (1 - u) * c,)


def simple_rnn(x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, **how: Any) -> Any:
    """`simple_rnn_cell` over time: kernel (features, units); x, `how` and the result: see `unroll`."""
    return unroll(simple_rnn_cell, x @ kernel + bias, recurrent_kernel, **how)


def lstm(x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, **how: Any) -> Any:
    """`lstm_cell` over time: kernel (features, 4 * units); x, `how` and the result: see `unroll`."""
    return unroll(lstm_cell, x @ kernel + bias, recurrent_kernel, n_states=2, **how)


def gru(x: Array, kernel: Array, recurrent_kernel: Array, bias: Array | float = 0.0, **how: Any) -> Any:
    """`gru_cell` over time: kernel (features, 3 * units); x, `how` and the result: see `unroll`.

    A bias of two rows (2, 3 * units) has one for x and one for h, as Keras keeps it with reset_after.
    """
    bias, recurrent_bias = bias if np.ndim(bias) == 2 else (bias, 0.0)
    return unroll(gru_cell, x @ kernel + bias, recurrent_kernel, recurrent_bias=recurrent_bias, **how)


def unroll(
    cell: Cell, z: Array, recurrent_kernel: Array, n_states: int = 1, mask: Mask = None,
    initial_state: list[Array] | None = None, return_sequences: bool = False, return_state: bool = False,
    go_backwards: bool = False, zero_output_for_mask: bool = False, **cell_options: Any,
) -> Any:  # fmt: skip
    """Walk a cell over time as Keras does: x (batch, time, features), as z = x @ kernel + bias for all steps at once.

    The result is the last output (batch, units); with `return_sequences` every output (batch, time,
    units); with `return_state` a list of that and the last states. The states begin as
    `initial_state`, or zero. Where `mask` (batch, time) is False they stay as they were, and the output
    is the previous one (zero before the first real step) or, with `zero_output_for_mask`, zero.
    `go_backwards` reads time, and the mask, from the end; a returned sequence then stands in the order
    in which it was computed.
    """
    (batch, time), units = z.shape[:2], len(recurrent_kernel)
    output = np.zeros((batch, units), z.dtype)
    states = tuple(initial_state or [output] * n_states)
    if [state.shape for state in states] != [output.shape] * n_states:
        raise ValueError(f"expected {n_states} initial states of {units} units, got {[s.shape[1:] for s in states]}")
    sequence = np.empty((batch, time if return_sequences else 0, units), z.dtype)
    for position in range(time if batch else 0):
        t = time - 1 - position if go_backwards else position
        new = cell(z[:, t], states, recurrent_kernel, **cell_options)
        if mask is None:
            output, states = new[0], new
        else:
            real = mask[:, t, np.newaxis]
            output = np.where(real, new[0], 0 if zero_output_for_mask else output)
            states = tuple(np.where(real, after, before) for after, before in zip(new, states, strict=True))
        if return_sequences:
            sequence[:, position] = output
    y = sequence if return_sequences else output
    return [y, *states] if return_state else y


class Recurrent(Layer):
    """What the recurrent layers share. A mask goes on to the next layer only with the whole sequence."""

    heeds_mask = True
    weights_group = "cell/vars"
    gates: ClassVar[int]  # blocks of units side by side in the kernels
    switches = "use_bias", "return_sequences", "return_state", "go_backwards", "zero_output_for_mask"
    options = {"units": count, "activation": activation, **dict.fromkeys(switches, flag)}
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


class SimpleRNN(Recurrent):
    """`simple_rnn`."""

    function, through, gates = simple_rnn, (simple_rnn_cell, unroll), 1


class LSTM(Recurrent):
    """`lstm`."""

    function, through, gates = lstm, (lstm_cell, unroll), 4
    options = Recurrent.options | {"recurrent_activation": activation}


class GRU(Recurrent):
    """`gru`."""

    function, through, gates = gru, (gru_cell, unroll), 3
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

    def inner(self, x: Array) -> Array:
        return x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])

    def __call__(self, x: Array, mask: Mask = None, **states: Any) -> Array:
        deep = mask is not None and mask.ndim > 2  # a mask for what is inside each step; one of steps only passes
        y = self.layers[0](self.inner(x), self.inner(mask) if deep else None)
        return y.reshape(*x.shape[:2], *y.shape[1:])


LAYERS = {each.__name__: each for each in (Bidirectional, GRU, LSTM, SimpleRNN, TimeDistributed)}
