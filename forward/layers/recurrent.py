"""Recurrent layers: one cell per kind, one loop over time for all of them, and both directions at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..activations import ACTIVATIONS, Activation, sigmoid, tanh
from ..errors import ModelFileError, UnsupportedLayerError
from .base import Layer, Mask, Shape, activation, count, flag, one_of

if TYPE_CHECKING:
    from ..keras_file import SavedLayer

States = tuple[np.ndarray, ...]  # the first one is the output: h, or h and c
Step = Callable[[np.ndarray, States], States]  # what came of x at one time step, states -> new states

MERGE = {
    "concat": lambda forward, backward: np.concatenate([forward, backward], axis=-1),
    "sum": np.add,
    "mul": np.multiply,
    "ave": lambda forward, backward: (forward + backward) / 2,
}


def simple_rnn_cell(
    x: np.ndarray,
    h: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | float = 0.0,
    activation: Activation = tanh,
) -> np.ndarray:
    """One time step of a SimpleRNN (Elman 1990): h' = activation(x @ kernel + h @ recurrent_kernel + bias).

    x (batch, features), h (batch, units), kernel (features, units), recurrent_kernel (units, units),
    bias (units,) -> h' (batch, units)
    """
    return activation(x @ kernel + h @ recurrent_kernel + bias)


def lstm_cell(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | float = 0.0,
    activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid,
) -> tuple[np.ndarray, np.ndarray]:
    """One time step of an LSTM (Hochreiter and Schmidhuber 1997; gates in Keras' order i, f, c, o).

    z = x @ kernel + h @ recurrent_kernel + bias
    h', c' = lstm_gates(z, c)

    x (batch, features), h and c (batch, units), kernel (features, 4 * units),
    recurrent_kernel (units, 4 * units), bias (4 * units,) -> h', c' (batch, units)
    """
    z = x @ kernel + h @ recurrent_kernel + bias
    return lstm_gates(z, c, activation, recurrent_activation)


def lstm_gates(
    z: np.ndarray, c: np.ndarray, activation: Activation = tanh, recurrent_activation: Activation = sigmoid
) -> tuple[np.ndarray, np.ndarray]:
    """What an LSTM makes of z (batch, 4 * units), which is cut into z_i, z_f, z_c, z_o, and of c (batch, units).

    c' = sigmoid(z_f) * c + sigmoid(z_i) * tanh(z_c)
    h' = sigmoid(z_o) * tanh(c')
    with `recurrent_activation` for sigmoid and `activation` for tanh -> h', c' (batch, units)
    """
    z_i, z_f, z_c, z_o = np.split(z, 4, axis=-1)
    c = recurrent_activation(z_f) * c + recurrent_activation(z_i) * activation(z_c)
    return recurrent_activation(z_o) * activation(c), c


def simple_rnn(
    x: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | float = 0.0,
    mask: Mask = None,
    activation: Activation = tanh,
    *,
    return_sequences: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray:
    """`simple_rnn_cell` over all time steps; the initial state is zero.

    x (batch, time, features) -> the last h (batch, units), or with return_sequences every h
    (batch, time, units). `mask` (batch, time) and the switches: see `unroll`.
    """

    def step(z: np.ndarray, states: States) -> States:
        return (activation(z + states[0] @ recurrent_kernel),)

    z = x @ kernel + bias  # all time steps in one product
    return unroll(step, z, len(recurrent_kernel), 1, mask, return_sequences, go_backwards, zero_output_for_mask)


def lstm(
    x: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | float = 0.0,
    mask: Mask = None,
    activation: Activation = tanh,
    recurrent_activation: Activation = sigmoid,
    *,
    return_sequences: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray:
    """`lstm_cell` over all time steps; the initial states are zero.

    x (batch, time, features) -> the last h (batch, units), or with return_sequences every h
    (batch, time, units). `mask` (batch, time) and the switches: see `unroll`.
    """

    def step(z: np.ndarray, states: States) -> States:
        h, c = states
        return lstm_gates(z + h @ recurrent_kernel, c, activation, recurrent_activation)

    z = x @ kernel + bias  # all time steps in one product
    return unroll(step, z, len(recurrent_kernel), 2, mask, return_sequences, go_backwards, zero_output_for_mask)


def unroll(
    step: Step,
    z: np.ndarray,
    units: int,
    n_states: int,
    mask: Mask,
    return_sequences: bool,
    go_backwards: bool,
    zero_output_for_mask: bool,
) -> np.ndarray:
    """Walk a cell over time as Keras does: z (batch, time, ...) -> (batch, units) or (batch, time, units).

    Where `mask` is False the states stay as they were, and the output is the previous one (zero
    before the first real step) or, with `zero_output_for_mask`, zero. `go_backwards` reads time, and
    the mask, from the end; a returned sequence then stands in the order in which it was computed.
    """
    batch, time = z.shape[:2]
    output = np.zeros((batch, units), z.dtype)
    states = (output,) * n_states
    sequence = np.empty((batch, time if return_sequences else 0, units), z.dtype)
    for position, t in enumerate(reversed(range(time)) if go_backwards else range(time)):
        new = step(z[:, t], states)
        if mask is None:
            output, states = new[0], new
        else:
            real = mask[:, t, np.newaxis]
            output = np.where(real, new[0], 0 if zero_output_for_mask else output)
            states = tuple(np.where(real, after, before) for after, before in zip(new, states, strict=True))
        if return_sequences:
            sequence[:, position] = output
    return sequence if return_sequences else output


def bidirectional(
    forward: Callable[[np.ndarray, Mask], np.ndarray],
    backward: Callable[[np.ndarray, Mask], np.ndarray],
    x: np.ndarray,
    mask: Mask = None,
    merge_mode: str = "concat",
    return_sequences: bool = False,
) -> np.ndarray:
    """Read x in both directions and merge: concat, sum, mul or ave of the two outputs.

    `forward` and `backward` are called with x (batch, time, features) and mask (batch, time). One of
    them goes backwards; with return_sequences the sequence of `backward` is put back into the order
    of x before the two are merged. Raises ValueError for another merge_mode. Source: Schuster and
    Paliwal 1997, Keras' Bidirectional.
    -> (batch, 2 * units) with concat, else (batch, units); with return_sequences a time axis between.
    """
    if merge_mode not in MERGE:
        raise ValueError(f"merge_mode must be one of {', '.join(MERGE)}, not {merge_mode!r}")
    y, y_reversed = forward(x, mask), backward(x, mask)
    if return_sequences:
        y_reversed = y_reversed[:, ::-1]
    return MERGE[merge_mode](y, y_reversed)


class Recurrent(Layer):
    """What the recurrent layers share: settings, weights, shapes, and where a mask ends.

    A mask goes on to the next layer only with the whole sequence.
    """

    weights_group = "cell/vars"
    gates: int  # blocks of units side by side in the kernels
    options = {
        "units": count,
        "activation": activation,
        "use_bias": flag,
        "return_sequences": flag,
        "go_backwards": flag,
        "zero_output_for_mask": flag,
    }
    fixed = {"return_state": (False,), "stateful": (False,)}
    no_effect = frozenset({"unroll", "dropout", "recurrent_dropout"})

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        self.expect_rank(input_shape, 2, "time, features")
        width = self.gates * self.units
        kernels = {"kernel": (input_shape[-1], width), "recurrent_kernel": (self.units, width)}
        return kernels | ({"bias": (width,)} if self.use_bias else {})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.units) if self.return_sequences else (self.units,)

    def switches(self) -> dict[str, bool]:
        """The settings that `unroll` takes."""
        return {key: self.settings[key] for key in ("return_sequences", "go_backwards", "zero_output_for_mask")}

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return self.compute(x, mask), mask if self.return_sequences else None

    def compute(self, x: np.ndarray, mask: Mask) -> np.ndarray:
        """The layer's output without the mask."""
        raise TypeError(f"{type(self).__name__} does not compute anything")


class SimpleRNN(Recurrent):
    """`simple_rnn`."""

    gates = 1

    def compute(self, x: np.ndarray, mask: Mask) -> np.ndarray:
        return simple_rnn(x, **self.weights, mask=mask, activation=ACTIVATIONS[self.activation], **self.switches())


class LSTM(Recurrent):
    """`lstm`."""

    gates = 4
    options = Recurrent.options | {"recurrent_activation": activation}
    no_effect = Recurrent.no_effect | {"unit_forget_bias"}  # it only sets the bias that training starts from

    def compute(self, x: np.ndarray, mask: Mask) -> np.ndarray:
        functions = {key: ACTIVATIONS[self.settings[key]] for key in ("activation", "recurrent_activation")}
        return lstm(x, **self.weights, mask=mask, **functions, **self.switches())


CELLS = {"SimpleRNN": SimpleRNN, "LSTM": LSTM}


class Bidirectional(Layer):
    """`bidirectional` over two recurrent layers, one of which goes backwards.

    When they return sequences, Keras has both of them write zeros at masked steps, whatever their
    own setting says; this does the same.
    """

    options = {"merge_mode": one_of(*MERGE)}
    no_effect = frozenset({"layer", "backward_layer"})  # read by take_weights

    def take_weights(self, saved: SavedLayer, input_shape: Shape) -> dict[str, np.ndarray]:
        self.forward = self._direction(saved.child("layer", "forward_layer"), input_shape)
        self.backward = self._direction(saved.child("backward_layer", "backward_layer"), input_shape)
        if self.forward.go_backwards == self.backward.go_backwards:
            raise ModelFileError(f"{self}: both layers read in the same direction")
        if self.forward.return_sequences != self.backward.return_sequences:
            raise ModelFileError(f"{self}: only one of the two layers returns sequences")
        directions = {"forward": self.forward, "backward": self.backward}
        if len(saved.weights) != sum(len(layer.weights) for layer in directions.values()):
            raise ModelFileError(
                f"{self}: the file has weights of neither direction: {', '.join(sorted(saved.weights))}"
            )
        return {f"{key}_{name}": array for key, layer in directions.items() for name, array in layer.weights.items()}

    def _direction(self, saved: SavedLayer, input_shape: Shape) -> Recurrent:
        if saved.class_name not in CELLS:
            raise UnsupportedLayerError(
                f"{self}: {saved.class_name} inside is not supported; supported: {', '.join(CELLS)}"
            )
        config = saved.config | {"zero_output_for_mask": saved.config.get("return_sequences")}
        layer = CELLS[saved.class_name](replace(saved, config=config), input_shape)
        if layer.dtype != self.dtype:
            raise UnsupportedLayerError(f"{self} computes in {self.dtype}, but {layer} inside in {layer.dtype}")
        return layer

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        *time, units = self.forward.output_shape
        if self.merge_mode == "concat":
            return *time, units + self.backward.units
        if units != self.backward.units:
            raise ModelFileError(
                f"{self}: {units} and {self.backward.units} units cannot be merged by {self.merge_mode}"
            )
        return self.forward.output_shape

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return_sequences = self.forward.return_sequences
        y = bidirectional(self.forward.compute, self.backward.compute, x, mask, self.merge_mode, return_sequences)
        return y, mask if return_sequences else None
