"""Convolutions with few multiplications and long runs of memory, and what follows them on the way."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..activations import Array, Weight
from ..convolution import Sizes, padding_sizes, per_axis
from .memory import at_once, surround
from .winograd import OnOutputs, able, inputs, outputs, pays, transform_kernel, winograd

COLUMN_BYTES = 2**20  # of windows as columns and of their products, which then stay in the core's own cache


def conv(
    x: Array, kernel: Array, bias: Weight = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """`forward.conv`."""
    x, kernel = (each.astype(np.result_type(x, kernel, np.float32), copy=False) for each in (x, kernel))
    channels = kernel.shape[-2]
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    found = [Convolution(own, strides, padding, dilation_rate, prepare=False)(part) for part, own in parts]
    y = found[0] if groups == 1 else np.concatenate(found, axis=-1)
    return np.add(y, bias, out=y) if np.any(bias) else y


class Convolution:
    """A `forward.conv` whose kernel is prepared once, with what comes before it and after it.

    `before` are mean and deviation of each channel, by which x is standardized: (x - mean) / deviation. `tail` is what
    is done to the outputs, a slab at a time and before they are stored: it takes them as (rows / p, p, columns / q, q,
    tiles, batch * filters), and the size of the batch, and leaves 1 of each p and q, those of `pool`. Without
    `prepare` the kernel is transformed anew at each call.

    Arrays come and go as (batch, *axes, channels). What goes lies in memory as (*axes, batch, channels), and what comes
    so is not laid out anew: then all that is copied are runs of batch * channels numbers.
    """

    def __init__(
        self, kernel: Array, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1, pool: Sizes = 1,
        tail: OnOutputs | None = None, before: tuple[Array, Array] | None = None, prepare: bool = True,
    ):  # fmt: skip
        like = np.empty((1, *kernel.shape[:-2], 1))
        sizes = [kernel.shape[:-2], *(per_axis(each, like) for each in (strides, dilation_rate, pool))]
        self.axes = kernel.ndim - 2  # a sequence is an image one place wide
        self.size, self.strides, self.dilation, self.pool = ((*each, 1)[:2] for each in sizes)
        self.padding, self.tail, self.before = padding, tail, before
        self.kernel = kernel.reshape(*self.size, *kernel.shape[-2:])
        self.able = able(self.size, self.strides, self.dilation, self.pool)
        self.prepared = transform_kernel(self.kernel) if self.able and prepare else None
        self.last: tuple[Any, ...] = (None,)  # the height and width that came last, and what `measure` says of it

    def __call__(self, x: Array) -> Array:
        """x (batch, *axes, channels) -> (batch, *out, filters); ValueError if no window or no pool fits."""
        if self.axes == 2:
            return self.compute(x.transpose(1, 2, 0, 3)).transpose(2, 0, 1, 3)
        return self.compute(x.transpose(1, 0, 2)[:, np.newaxis])[:, 0].transpose(1, 0, 2)

    def compute(self, x: Array) -> Array:
        """x (height, width, batch, channels) -> y (height, width, batch, filters)."""
        last = self.last  # another thread may put another one there
        if last[0] != x.shape[:2]:
            self.last = last = x.shape[:2], *self.measure(x.shape[:2])
        _, sides, lengths, tiled = last
        if not tiled:
            return self.im2col(self.lay_out(x, sides, (3, 0, 1, 2)), lengths)
        kernel = transform_kernel(self.kernel) if self.prepared is None else self.prepared
        y = winograd(self.lay_out(x, sides), kernel, self.size, self.tail, self.pool)
        return y[: lengths[0] // self.pool[0], : lengths[1] // self.pool[1]]

    def measure(self, shape: Sizes) -> tuple[list[tuple[int, int]], list[int], bool]:
        """For an x of that height and width its padding, how many windows fit, and whether `winograd` computes it."""
        spans = [(n - 1) * d + 1 for n, d in zip(self.size, self.dilation, strict=True)]
        padding = [self.padding, "valid" if self.axes == 1 else self.padding]
        sides = [padding_sizes(*each) for each in zip(shape, spans, self.strides, padding, strict=True)]
        had = [n + sum(each) for n, each in zip(shape, sides, strict=True)]
        lengths = [(n - span) // step + 1 for n, span, step in zip(had, spans, self.strides, strict=True)]
        for window, room in ((spans, had), (self.pool, lengths)):
            if any(size > n for size, n in zip(window, room, strict=True)):
                raise ValueError(f"a window of {[*window][: self.axes]} does not fit into {room[: self.axes]}")
        tiled = self.able and pays(lengths, self.kernel.shape)
        if tiled:
            more = [
                -n % outputs(k) + inputs(k) - outputs(k) + 1 - k for n, k in zip(lengths, self.size, strict=True)
            ]  # to whole tiles
            sides = [(front, behind + n) for (front, behind), n in zip(sides, more, strict=True)]
        return sides, lengths, tiled

    def lay_out(self, x: Array, sides: list[tuple[int, int]], order: tuple[int, ...] = (0, 1, 2, 3)) -> Array:
        """x with its padding, standardized, its axes in that order in memory."""
        y = surround(x.transpose(order), [(*sides, (0, 0), (0, 0))[axis] for axis in order])
        if self.before is None:
            return y
        if np.may_share_memory(y, x):  # where there was nothing to pad and to move
            y = y.copy()
        inside = y.transpose(np.argsort(order))
        inside = inside[tuple(slice(front, front + n) for n, (front, _) in zip(x.shape, sides, strict=False))]
        mean, deviation = self.before
        inside -= mean
        inside /= deviation
        return y

    def im2col(self, x: Array, lengths: list[int]) -> Array:
        """The convolution of an x (channels, height, width, batch) that is padded already, as matrix products.

        Each window becomes a column (height * width * channels of the kernel), some rows of an image at a time: the
        columns are copied out of a view of all windows, in runs as long as a row of all images.
        """
        (p, q), (s, t), (d, e), (r, c) = self.pool, self.strides, self.dilation, self.size
        rows, columns, filters = lengths[0] // p, lengths[1] // q, self.kernel.shape[-1]
        matrix, (deep, up, across, beside) = self.kernel.reshape(-1, filters), x.strides
        shape, steps = (r, c, len(x), *lengths, x.shape[-1]), (d * up, e * across, deep, s * up, t * across, beside)
        view = as_strided(x, shape, steps, writeable=False)
        y = np.empty((rows, columns, x.shape[-1], filters), x.dtype)
        for part, slabs in at_once(x.shape[-1], rows, p * lengths[1] * sum(matrix.shape) * x.itemsize, COLUMN_BYTES):
            for slab in slabs:
                windows = view[:, :, :, p * slab.start : p * slab.stop, : q * columns, part]
                values = windows.reshape(len(matrix), -1).T @ matrix
                n = windows.shape[-1]
                values = values.reshape(-1, p, columns, q, 1, n * filters)
                values = values if self.tail is None else self.tail(values, n)
                y[slab, :, part] = values.reshape(-1, columns, n, filters)
        return y
