"""Windows that slide over the axes between batch and channels: padding, and the slices that all of them share."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from ..activations import Array
from .base import Sizes


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


def cells(
    x: Array, window: Sizes, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1, value: float = 0
) -> Iterator[Array]:
    """For each cell of the window, row by row, the view of x that this cell sees in all windows at once.

    x (batch, *axes, channels), padded with `value` -> views (batch, *output axes, channels). The cells are
    `dilation_rate` apart, the windows `strides`. Raises ValueError if not a single window fits.
    """
    window, strides, dilation = (per_axis(each, x) for each in (window, strides, dilation_rate))
    spans = [(n - 1) * d + 1 for n, d in zip(window, dilation, strict=True)]
    sizes = [padding_sizes(*each, padding) for each in zip(x.shape[1:-1], spans, strides, strict=True)]
    x = np.pad(x, [(0, 0), *sizes, (0, 0)], constant_values=value) if np.any(sizes) else x
    outputs = [(n - span) // step + 1 for n, span, step in zip(x.shape[1:-1], spans, strides, strict=True)]
    if min(outputs) < 1:
        raise ValueError(f"a window of {window} does not fit into {list(x.shape[1:-1])}")
    for cell in product(*map(range, window)):
        starts = [position * step for position, step in zip(cell, dilation, strict=True)]
        yield x[:, *(slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, outputs, strides, strict=True))]


def floating(x: Array) -> Array:
    """x as floating-point numbers: sums of integers would overflow, and averages would lose their fraction."""
    return x.astype(np.result_type(x, np.float32), copy=False)
