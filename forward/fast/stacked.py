"""Recurrent layers on top of each other, and both directions of one: their steps are packed once for all of them."""

from typing import Any

import numpy as np

from ..activations import Array
from .packing import Steps, steps_of
from .recurrent import walk


def in_a_row(layers: list[Any], x: Array, mask: Array | None) -> Array:
    """What recurrent layers on top of each other make of x, which is packed once for all of them."""
    steps = steps_of(x, mask)
    y = steps.pack(x)
    for number, layer in enumerate(layers):
        y = outputs_of(layer, y[:-1] if number else y, steps)
    last = directions(layers[-1])[0]
    if last.return_sequences:
        return steps.unpack(y, last.zero_output_for_mask)
    return steps.last(y[steps.back], last.zero_output_for_mask)


def outputs_of(layer: Any, x: Array, steps: Steps) -> Array:
    """The outputs of a layer, or the last one, both as `walk` gives them, of packed steps that begin with zeros."""
    if layer.class_name == "Bidirectional":
        one, other = layer.layers
        z = outputs_of(other, x.take(steps.opposite[:-1], axis=0), steps)
        z = z.take(steps.opposite, axis=0) if other.return_sequences else z
        return layer.join(outputs_of(one, x, steps), z)
    zeros = np.zeros((len(steps.order), layer.units), layer.dtype)
    outputs, states = walk(layer.cell, x, steps, [zeros] * layer.cell.states, layer.return_sequences)
    return outputs if layer.return_sequences else states[0]


def directions(layer: Any) -> list[Any]:
    """The two layers of a bidirectional one; another one alone."""
    return layer.layers if layer.class_name == "Bidirectional" else [layer]
