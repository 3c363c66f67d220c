"""Windows that slide over the axes between batch and channels: padding, and the slices that all of them share."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..activations import Array
from .layer import Sizes


def per_axis(value: Sizes, x: Array) -> list[int]:
    """One number for each axis between batch and channels."""
    values = [value] * (x.ndim - 2) if isinstance(value, int) else list(value)
    if len(values) != x.ndim - 2:
        raise ValueError(f"expected {x.ndim - 2} sizes, got {values}")
    return values


def padding_sizes(length: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """What `padding` adds in front and behind; `window` is the whole span of a dilated one.

    "valid"   nothing
    "causal"  window - 1 in front, so that no output sees what comes after it
    "same"    so that ceil(length / stride) windows fit, as TensorFlow places them:
              total = max(window - stride, 0)            if length % stride == 0
                      max(window - length % stride, 0)   otherwise
              of which half, rounded down, goes in front and the rest behind
    """
    if padding == "same":
        total = max(window - (length % stride or stride), 0)
        return total // 2, total - total // 2
    if padding not in ("valid", "causal"):
        raise ValueError(f"padding must be 'valid', 'same' or 'causal', not {padding!r}")
    return (window - 1 if padding == "causal" else 0), 0


def pad(
    x: Array, window: Sizes, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1, value: float = 0
) -> Array:
    """x (batch, *axes, channels) with what `padding` adds to the axes; a size is one number or one for each axis."""
    if padding == "valid":
        return x
    spans, lengths = window_spans(x, window, dilation_rate), x.shape[1:-1]
    sizes = [padding_sizes(*each, padding) for each in zip(lengths, spans, per_axis(strides, x), strict=True)]
    y = np.full((len(x), *(n + sum(size) for n, size in zip(lengths, sizes, strict=True)), x.shape[-1]), value, x.dtype)
    y[:, *(slice(front, front + n) for n, (front, _) in zip(lengths, sizes, strict=True))] = x
    return y


def window_spans(x: Array, window: Sizes, dilation_rate: Sizes = 1) -> list[int]:
    """How far a dilated window reaches along each axis."""
    return [(n - 1) * d + 1 for n, d in zip(per_axis(window, x), per_axis(dilation_rate, x), strict=True)]


def output_lengths(x: Array, window: Sizes, strides: Sizes = 1, dilation_rate: Sizes = 1) -> list[int]:
    """How many windows fit along each axis of an x that is padded already; ValueError if not a single one does."""
    spans = window_spans(x, window, dilation_rate)
    lengths = [(n - span) // s + 1 for n, span, s in zip(x.shape[1:-1], spans, per_axis(strides, x), strict=True)]
    if min(lengths) < 1:
        raise ValueError(f"a window of {per_axis(window, x)} does not fit into {list(x.shape[1:-1])}")
    return lengths


def windows(x: Array, window: Sizes, strides: Sizes = 1, dilation_rate: Sizes = 1) -> Array:
    """Every window of x, as a view: x (batch, *axes, channels) -> (batch, *output axes, *window, channels).

    The cells of a window are `dilation_rate` apart, the windows `strides`. Raises ValueError if not a
    single window fits.
    """
    batch, *lengths, channel = x.strides
    steps, dilation = per_axis(strides, x), per_axis(dilation_rate, x)
    shape = len(x), *output_lengths(x, window, strides, dilation_rate), *per_axis(window, x), x.shape[-1]
    between_windows = (n * step for n, step in zip(lengths, steps, strict=True))
    between_cells = (n * step for n, step in zip(lengths, dilation, strict=True))
    return as_strided(x, shape, (batch, *between_windows, *between_cells, channel), writeable=False)


def cells(
    x: Array, window: Sizes, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1, value: float = 0
) -> Iterator[Array]:
    """For each cell of the window, row by row, the view of x that this cell sees in all windows at once.

    x (batch, *axes, channels), padded with `value` -> views (batch, *output axes, channels).
    """
    x = pad(x, window, strides, padding, dilation_rate, value)
    steps, dilation = per_axis(strides, x), per_axis(dilation_rate, x)
    stops = [(n - 1) * s + 1 for n, s in zip(output_lengths(x, window, strides, dilation_rate), steps, strict=True)]
    for cell in product(*map(range, per_axis(window, x))):
        starts = [position * d for position, d in zip(cell, dilation, strict=True)]
        yield x[:, *(slice(a, a + n, s) for a, n, s in zip(starts, stops, steps, strict=True))]


def floating(x: Array) -> Array:
    """x as floating-point numbers: sums of integers would overflow, and averages would lose their fraction."""
    return x.astype(np.result_type(x, np.float32), copy=False)
