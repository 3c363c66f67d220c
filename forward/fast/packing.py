"""Sequences of different length side by side, without their masked steps."""

from functools import cached_property

import numpy as np

from ..activations import Array


class Steps:
    """The real steps of a batch in the order of computation: all first ones, then all second ones, ...

    mask (batch, time) -> `order`, the rows by falling number of real steps; `places` and `times`, of each real step the
    place in `order` and the time; `widths`, how many first ones there are, second ones, ...: they are those of the
    first so many rows of `order`.
    """

    def __init__(self, mask: Array):
        self.mask = mask
        if len(mask) == 1:
            self.order, (self.places, self.times) = np.zeros(1, int), mask.nonzero()
            self.widths = [1] * len(self.times)
            return
        self.order = np.argsort(-mask.sum(axis=1), kind="stable")
        places, times = np.nonzero(mask[self.order])
        numbers = np.cumsum(mask[self.order], axis=1)[places, times]
        by_number = np.argsort(numbers, kind="stable")
        self.places, self.times = places[by_number], times[by_number]
        self.widths = np.bincount(numbers)[1:].tolist()

    @cached_property
    def back(self) -> Array:
        """The place in `order` of each row."""
        return self.order.argsort()

    @cached_property
    def starts(self) -> Array:
        """Where the steps of each number begin, which are counted from 1."""
        return np.array([0, 0, *self.widths]).cumsum()

    @cached_property
    def opposite(self) -> Array:
        """Of each step that which is as far from the end of its sequence; the row behind the last step is its own."""
        ends = self.mask.sum(axis=1)[self.order][self.places]
        numbers = np.repeat(np.arange(len(self.widths)), self.widths)
        return np.append(self.starts[ends - numbers] + self.places, len(self.places))

    def pack(self, x: Array) -> Array:
        """The real steps of x (batch, time, ...)."""
        return x[self.order[self.places], self.times]

    def unpack(self, outputs: Array, zero_output_for_mask: bool) -> Array:
        """Outputs as sequences (batch, time, units): at a masked step the previous one, or with the switch zero.

        outputs (steps + 1, units), the last of which is zero
        """
        numbers = self.mask.cumsum(axis=1)
        places = self.starts[numbers] + self.back[:, np.newaxis]
        places[~self.mask if zero_output_for_mask else numbers == 0] = -1
        return outputs.take(places, axis=0)

    def last(self, h: Array, zero_output_for_mask: bool) -> Array:
        """The last outputs (batch, units) from those after the last real steps, in the order of x; as in `unpack`."""
        time = self.mask.shape[1]
        real = self.mask[:, -1:] if zero_output_for_mask and time else self.mask.any(axis=1, keepdims=True)
        return np.where(real, h, 0)


def steps_of(x: Array, mask: Array | None) -> Steps:
    """The real steps of x (batch, time, ...), without a mask all of them."""
    batch, time = x.shape[:2]
    if mask is not None and mask.shape != (batch, time):
        raise ValueError(f"a mask of shape {mask.shape} does not fit {batch} sequences of {time} steps")
    return Steps(np.ones((batch, time), bool) if mask is None else mask)
