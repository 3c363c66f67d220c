"""Pooling over the axes between batch and channels, in windows or over all of them."""

import numpy as np

from .activations import Array
from .convolution import Sizes, floating, pad, sliding_windows


def max_pool(x: Array, pool_size: Sizes = 2, strides: Sizes | None = None, padding: str = "valid") -> Array:
    """y[b, i, j, c] = max over m, n of padded[b, i*s + m, j*t + n, c], with the strides (s, t).

    x (batch, *axes, channels) -> y (batch, *out, channels); `padded` is x with -infinity where
    `forward.convolution.padding_sizes` adds cells: these never win. `pool_size` and `strides`, the pool's size unless
    given, are numbers, or one for each axis. Raises ValueError if no window fits. Source: Keras' MaxPooling1D, 2D.
    """
    return pools(floating(x), pool_size, strides, padding, -np.inf).max(axis=cell_axes(x))


def average_pool(x: Array, pool_size: Sizes = 2, strides: Sizes | None = None, padding: str = "valid") -> Array:
    """y[b, i, j, c] = sum over m, n of padded[b, i*s + m, j*t + n, c] / how many of these are cells of x.

    So does TensorFlow divide at the border. Shapes, settings and errors are those of `max_pool`.
    """
    x = floating(x)
    parts = (pools(each, pool_size, strides, padding, 0) for each in (x, np.ones_like(x[:1, ..., :1])))
    total, number = (part.sum(axis=cell_axes(x)) for part in parts)
    return total / number


def pools(x: Array, pool_size: Sizes, strides: Sizes | None, padding: str, value: float) -> Array:
    """Every window of x, padded with `value`: (batch, *out, *pool_size, channels)."""
    strides = pool_size if strides is None else strides
    return sliding_windows(pad(x, pool_size, strides, padding, value=value), pool_size, strides)


def cell_axes(x: Array) -> tuple[int, ...]:
    """Where the cells of a window lie in `pools` of x."""
    return tuple(range(x.ndim - 1, 2 * x.ndim - 3))


def global_max_pool(x: Array, keepdims: bool = False) -> Array:
    """The largest value of each channel: (batch, *axes, channels) -> (batch, channels), or with 1 for each axis."""
    return x.max(axis=tuple(range(1, x.ndim - 1)), keepdims=keepdims)


def global_average_pool(x: Array, keepdims: bool = False, mask: Array | None = None) -> Array:
    """The mean of each channel: (batch, *axes, channels) -> (batch, channels).

    With `mask` (batch, steps) only the steps of a sequence count where it is True; a row without any
    gives NaN (Keras' rule). Raises ValueError for a mask that does not fit.
    """
    if mask is not None and mask.shape != x.shape[:-1]:
        raise ValueError(f"a mask of shape {mask.shape} does not fit an x of shape {x.shape}")
    where = (np.ones(x.shape[:-1], bool) if mask is None else mask)[..., np.newaxis]
    axis, x = tuple(range(1, x.ndim - 1)), floating(x)
    with np.errstate(invalid="ignore"):
        total = x.sum(axis=axis, keepdims=keepdims, where=where)
        return total / where.sum(axis=axis, keepdims=keepdims).astype(x.dtype)
