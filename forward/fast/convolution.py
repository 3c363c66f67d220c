"""Convolutions as few large matrix products, with the max pooling that follows on the way."""

import math
from itertools import product

import numpy as np

from ..activations import Array
from ..convolution import Sizes, padding_sizes, per_axis, sliding_windows, window_spans
from .memory import blocks, surround
from .winograd import winograd, winograd_pays


def conv(
    x: Array, kernel: Array, bias: Array | float = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1, groups: int = 1, pool: Sizes = 1,
) -> Array:  # fmt: skip
    """`forward.conv`, and then `max_pool(y, pool)`, without making y.

    It goes Winograd's way where that pays, else `im2col`'s. Adding the bias does not change which value of a pool is
    the largest, so it comes last, when fewer values are left.
    """
    x, kernel = (each.astype(np.result_type(x, kernel, np.float32), copy=False) for each in (x, kernel))
    *size, channels, _ = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    if groups > 1:
        parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
        each = [conv(part, own, 0.0, strides, padding, dilation_rate, pool=pool) for part, own in parts]
        y = np.concatenate(each, axis=-1)
    else:
        x = pad(x, size, strides, padding, dilation_rate)
        pays = winograd_pays(x, kernel, pool, strides, dilation_rate)
        y = winograd(x, kernel, pool) if pays else im2col(x, kernel, pool, strides, dilation_rate)
    return np.add(y, bias, out=y) if np.any(bias) else y


def pad(
    x: Array, size: Sizes, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1, value: float = 0.0
) -> Array:
    """`forward.convolution.pad`."""
    if padding == "valid":
        return x
    spans, steps = window_spans(x, size, dilation_rate), per_axis(strides, x)
    sides = [padding_sizes(*each, padding) for each in zip(x.shape[1:-1], spans, steps, strict=True)]
    return surround(x, sides, value)


def im2col(x: Array, kernel: Array, pool: Sizes = 1, strides: Sizes = 1, dilation_rate: Sizes = 1) -> Array:
    """A `conv` of an x that is padded already, as one matrix product, and `max_pool` of it.

    Each window becomes a row of one large matrix: columns (windows, kernel_height * kernel_width * channels) @ kernel,
    some samples at a time. The rows are copied out of a view of all windows, in runs as long as a kernel row. The first
    places of all pools are computed together, then the second ones, ..., so that the maximum is one of whole arrays.
    Raises ValueError if no window or no pool fits.
    """
    *size, _, filters = kernel.shape
    view, matrix = sliding_windows(x, size, strides, dilation_rate), kernel.reshape(-1, filters)
    pool, places = per_axis(pool, x), view.shape[1 : x.ndim - 1]
    lengths = [n // step for n, step in zip(places, pool, strict=True)]
    if not all(lengths):
        raise ValueError(f"a window of {pool} does not fit into {list(places)}")
    y = np.empty((len(x), *lengths, filters), x.dtype)
    for part in blocks(len(x), math.prod(lengths) * len(matrix) * x.itemsize):
        for number, place in enumerate(product(*map(range, pool))):
            chosen = (slice(first, first + n * step, step) for first, n, step in zip(place, lengths, pool, strict=True))
            columns, out = view[part, *chosen].reshape(-1, len(matrix)), y[part].reshape(-1, filters)
            np.maximum(out, columns @ matrix, out=out) if number else np.matmul(columns, matrix, out=out)
    return y
