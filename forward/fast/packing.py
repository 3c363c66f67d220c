"""Sequences of different length side by side, without their masked steps."""

import numpy as np

from ..activations import Array


def pack(mask: Array) -> tuple[Array, tuple[Array, Array], list[int]]:
    """The real steps of a batch without the masked ones, those that are computed together side by side.

    mask (batch, time) -> `order`, the rows by falling number of real steps; `steps`, the place in `order`
    and the time of each real step, all first ones, then all second ones, ...; and how many of each there are:
    always the first so many rows of `order`.
    """
    if len(mask) == 1:
        rows, times = mask.nonzero()
        return np.zeros(1, int), (rows, times), [1] * len(times)
    order = np.argsort(-mask.sum(axis=1), kind="stable")
    rows, times = np.nonzero(mask[order])
    numbers = np.cumsum(mask[order], axis=1)[rows, times]
    by_number = np.argsort(numbers, kind="stable")
    return order, (rows[by_number], times[by_number]), np.bincount(numbers)[1:].tolist()


def unpack(outputs: Array, mask: Array, zero_output_for_mask: bool, back: Array, widths: list[int]) -> Array:
    """The outputs of packed steps as sequences: at a masked step the previous one, or with the switch zero.

    outputs (steps + 1, units), of which the last is free; `back`, the place of each row in `order` -> y (batch,
    time, units)
    """
    outputs[-1] = 0
    starts = np.array([0, 0, *widths[:-1]]).cumsum()  # of the steps of each number, which are counted from 1
    numbers = mask.cumsum(axis=1)
    places = starts[numbers] + back[:, np.newaxis]
    places[~mask if zero_output_for_mask else numbers == 0] = -1
    return outputs[places]
