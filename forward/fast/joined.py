"""Several recurrent cells as one, for a single sample: there a call of numpy costs more than what it computes."""

from itertools import pairwise
from typing import Any

import numpy as np

from ..activations import Array
from .recurrent import Cell

LARGEST = 3 * 2**16  # numbers of the joined kernel: in a larger one its zeros take longer than the calls that it saves
# Activations by which no unit sees another, nor an infinity comes up: times a zero of the joined kernel it is no number
BOUNDED = "tanh", "sigmoid", "hard_sigmoid", "hard_tanh"


class Joined:
    """Cells of one kind that go side by side, their states in one row, their kernels in one with zeros between.

    Those of a stack go one step behind each other (a wavefront): while the first cell works on word t, the second
    takes what the first made of word t - 1, by its own kernel beside the recurrent one of the first. Others have
    nothing of each other, as the two directions of a bidirectional layer.
    """

    def __init__(self, cells: list[Cell], stacked: bool):
        self.cells, self.lag = cells, int(stacked)
        ends = np.cumsum([0, *(cell.recurrent_kernel.shape[-1] for cell in cells)]).tolist()
        self.own = [slice(*pair) for pair in pairwise(ends)]
        columns = [cell.columns() for cell in cells]
        both = np.zeros((len(columns[0][0]), ends[-1], ends[-1]), columns[0][0].dtype)
        for number, (own, (recurrent_kernel, kernel)) in enumerate(zip(self.own, columns, strict=True)):
            both[:, own, own] = recurrent_kernel
            if stacked and number:
                both[:, self.own[number - 1], own] = kernel
        self.cell = cells[0].widened(both)
        if stacked:  # what the cells behind the first add, whose inputs come by the kernel
            nothing = [np.zeros((1, cell.kernel.shape[1]), cell.kernel.dtype) for cell in cells]
            behind = [cell.inputs(x)[:, 0] for cell, x in zip(cells, nothing, strict=True)][1:]
            self.biases = np.concatenate(behind, axis=-1)

    def outputs(self, x: list[Array]) -> list[Array]:
        """The outputs of each cell (1 + steps, units), the first of which are zeros, before any step.

        x has the inputs of the cells (steps, ...), for a stack those of the first alone.
        """
        steps, delay = len(x[0]), self.lag * (len(self.cells) - 1)
        z = self.inputs(x, steps, delay)
        hs = np.zeros((1 + len(z), *z.shape[2:]), z.dtype)
        h, *others = hs[0], *(np.zeros_like(hs[0]) for _ in range(self.cell.states - 1))
        step = self.cell.bind(h, *others)
        with np.errstate(over="ignore"):  # as in `unroll`
            for number, (part, new) in enumerate(zip(z, hs[1:], strict=True), 1):
                step(part, h, new)
                h = new
                if number <= delay:  # those behind have not begun
                    for state in (h, *others):
                        state[:, self.own[number].start :] = 0
        starts = [self.lag * number for number in range(len(self.cells))]
        return [hs[start : start + steps + 1, 0, own] for start, own in zip(starts, self.own, strict=True)]

    def inputs(self, x: list[Array], steps: int, delay: int) -> Array:
        """z (steps + delay, gates, 1, units) as one piece of memory for each step."""
        parts = [cell.inputs(each) for cell, each in zip(self.cells, x, strict=False)]
        z = np.zeros((steps + delay, len(parts[0]), 1, self.own[-1].stop), parts[0].dtype)
        for own, part in zip(self.own, parts, strict=False):
            z[:steps, :, 0, own] = part.swapaxes(0, 1)
        if self.lag:
            z[:, :, 0, self.own[1].start :] = self.biases
        return z


def joined(layers: list[Any], stacked: bool) -> Joined | None:
    """Recurrent layers with cells that can be joined, or None."""
    cells, first = [layer.cell for layer in layers], layers[0]
    alike = ("class_name", "dtype", "activation", "recurrent_activation", "reset_after")
    same = all(getattr(layer, name, True) == getattr(first, name, True) for layer in layers for name in alike)
    named = [first.config[name] for name in ("activation", "recurrent_activation") if name in first.config]
    bounded = all(name in BOUNDED for name in named)
    units = sum(layer.units for layer in layers)
    size = len(cells[0].recurrent_kernel) * units**2
    able = same and bounded and getattr(first, "reset_after", True) and not any(each.return_state for each in layers)
    sound = all(np.isfinite(weight).all() for cell in cells for weight in (cell.kernel, cell.recurrent_kernel))
    return Joined(cells, stacked) if able and sound and size <= LARGEST else None


def fits(x: Array, mask: Array | None) -> bool:
    """Whether it is a single sample of some steps, all of them numbers, with a mask that is right or none."""
    right = mask is None or mask.shape == x.shape[:2]
    return len(x) == 1 and x.shape[1] > 0 and right and (x.dtype.kind != "f" or bool(np.isfinite(x).all()))


def in_stack(joint: Joined, layers: list[Any], x: Array, mask: Array | None) -> Array:
    """What the layers of a stack make of a single sample."""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    return result(layers[-1], joint.outputs([x[0, mask[0]]])[-1], mask)


def in_both_directions(joint: Joined, layer: Any, x: Array, mask: Array | None) -> Any:
    """What a bidirectional layer makes of a single sample."""
    mask = np.ones(x.shape[:2], bool) if mask is None else mask
    ways = [-1 if each.go_backwards else 1 for each in layer.layers]
    real = x[0, mask[0]]
    outputs = joint.outputs([real[::way] for way in ways])
    return layer.merge(*(result(*each, mask[:, ::way]) for way, *each in zip(ways, layer.layers, outputs, strict=True)))


def result(layer: Any, outputs: Array, mask: Array) -> Array:
    """The result of a recurrent layer from its outputs as `Joined.outputs` gives them; mask (1, time)."""
    numbers = mask[0].cumsum()
    if layer.zero_output_for_mask:
        numbers *= mask[0]
    return outputs[numbers][np.newaxis] if layer.return_sequences else outputs[numbers[-1:]]
