"""The recurrent layers, and the one that runs two of them in both directions."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from ..recurrent import gru, lstm, simple_rnn
from .activations import activation
from .archive import SavedLayer
from .layer import Layer, Mask, Shapes, listed, shape_text
from .limits import STEPS_OF_A_CALL
from .settings import count, flag, one_of
from .wrappers import Wrapper

States = list[Array] | None


class Recurrent(Layer, abstract=True):
    """What the recurrent layers share. A mask goes on to the next layer only with the whole sequence."""

    sizes = {"units": count, "use_bias": flag}
    settings = {"activation": activation, "return_sequences": flag, "return_state": flag, "go_backwards": flag}
    settings |= {"zero_output_for_mask": flag, "unroll": flag}
    fixed = {"stateful": False}
    defaults = {"unroll": False}
    no_effect = frozenset({"dropout", "recurrent_dropout", "implementation", "unit_forget_bias"})
    gates: ClassVar[int]  # blocks of units side by side in the kernels
    heeds_mask = takes_steps = True
    handed_over = frozenset({"mask", "initial_state"})
    weights_group = "cell/vars"
    bias = 0.0

    def check_input(self, x: Any) -> None:
        if isinstance(x, list) or x.ndim != 3:
            raise ModelFileError(f"{self} takes (batch, time, features), but gets {shape_text(x)}")

    def weight_shapes(self, x: Array) -> Shapes:
        width = self.gates * self.units
        kernels = {"kernel": (x.shape[-1], width), "recurrent_kernel": (self.units, width)}
        return kernels | {"bias": (width,) if self.use_bias else None}

    def run(self, x: Array, mask: Mask = None, initial_state: States = None) -> tuple[Any, Mask]:
        """For an empty batch run one step only: a file may declare millions.

        Unrolled, Keras reverses the steps of a sequence that is read backwards, but not the mask by which it zeroes its
        outputs; nobody can mean that, so it is refused.
        """
        switches = self.unroll and self.go_backwards and self.return_sequences and self.zero_output_for_mask
        if switches and mask is not None:
            raise UnsupportedLayerError(f"{self}: option unroll=True is not supported for a masked sequence backwards")
        if len(x):
            return super().run(x, mask, initial_state=initial_state)
        last = x.shape[1] - 1
        one = super().run(x[:, last:], None if mask is None else mask[:, last:], initial_state=initial_state)
        y, *states = listed(one[0])
        y = np.empty((0, x.shape[1], self.units), y.dtype) if self.return_sequences else y
        return [y, *states] if states else y, self.compute_mask(x, mask)

    def compute_mask(self, x: Array, mask: Mask) -> Mask:
        return mask if self.return_sequences else None

    def work(self, x: Array) -> int:
        return 1 + x.shape[1] // STEPS_OF_A_CALL

    def widest(self, x: Array, y: Any, plain: bool) -> int:
        return max(super().widest(x, y, plain), x.shape[1] * self.gates * self.units)


class SimpleRNN(Recurrent):
    """`simple_rnn`."""

    gates = 1

    def call(self, x: Array, mask: Mask = None, initial_state: States = None) -> Any:
        return simple_rnn(
            x, self.kernel, self.recurrent_kernel, self.bias, self.activation, mask, initial_state,
            self.return_sequences, self.return_state, self.go_backwards, self.zero_output_for_mask,
        )  # fmt: skip


class LSTM(Recurrent):
    """`lstm`."""

    settings = Recurrent.settings | {"recurrent_activation": activation}
    gates = 4

    def call(self, x: Array, mask: Mask = None, initial_state: States = None) -> Any:
        return lstm(
            x, self.kernel, self.recurrent_kernel, self.bias, self.activation, self.recurrent_activation,
            mask, initial_state, self.return_sequences, self.return_state, self.go_backwards, self.zero_output_for_mask,
        )  # fmt: skip


class GRU(Recurrent):
    """`gru`; with `reset_after` it has two biases, for x and for h."""

    settings = LSTM.settings | {"reset_after": flag}
    gates = 3

    def weight_shapes(self, x: Array) -> Shapes:
        shapes = super().weight_shapes(x)
        return shapes | {"bias": (2, *shapes["bias"])} if self.use_bias and self.reset_after else shapes

    def call(self, x: Array, mask: Mask = None, initial_state: States = None) -> Any:
        return gru(
            x, self.kernel, self.recurrent_kernel, self.bias, self.activation, self.recurrent_activation,
            self.reset_after, mask, initial_state, self.return_sequences, self.return_state, self.go_backwards,
            self.zero_output_for_mask,
        )  # fmt: skip


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

    settings = {"merge_mode": one_of(*MERGE)}
    inside = {"layer": "forward_layer", "backward_layer": "backward_layer"}
    no_effect = frozenset(inside)
    handed_over = Recurrent.handed_over
    takes_steps = True

    def prepare(self, saved: SavedLayer, x: Array) -> None:
        """Build the two, which must fit together; the setting of theirs that Keras overrules is overwritten."""
        super().prepare(saved, x)
        if other := [layer for layer in self.layers if not isinstance(layer, Recurrent)]:
            raise UnsupportedLayerError(f"{self}: {other[0].class_name} inside is not supported; only recurrent layers")
        one, other = self.layers
        if one.go_backwards == other.go_backwards:
            raise ModelFileError(f"{self}: both layers read in the same direction")
        if (one.return_sequences, one.return_state) != (other.return_sequences, other.return_state):
            raise ModelFileError(f"{self}: only one of the two layers returns its sequences or states")
        one.zero_output_for_mask = other.zero_output_for_mask = one.return_sequences

    def call(self, x: Array, mask: Mask = None, initial_state: States = None) -> Any:
        one, other = self.layers
        half = len(initial_state or ()) // 2
        parts = (initial_state[:half], initial_state[half:]) if half else (None, None)
        return self.merge(one(x, mask, initial_state=parts[0]), other(x, mask, initial_state=parts[1]))

    def merge(self, forward: Any, backward: Any) -> Any:
        """The result from those of the two layers."""
        (y, *states), (z, *more), one = listed(forward), listed(backward), self.layers[0]
        z = z[:, ::-1] if one.return_sequences else z  # the order of x; a layer that goes backwards gives its own
        merged = listed(self.join(y, z))
        return [*merged, *states, *more] if states or len(merged) > 1 else merged[0]

    def join(self, y: Array, z: Array) -> Any:
        """The outputs of the two layers as one, by `merge_mode`."""
        return MERGE[self.merge_mode](y, z)

    def compute_mask(self, x: Array, mask: Mask) -> Any:
        mask = self.layers[0].compute_mask(x, mask)
        return [mask, mask] if self.merge_mode is None else mask
