"""Pooling axis by axis: in as many steps as a window is long, not as it is large."""

from collections.abc import Callable
from functools import reduce

import numpy as np

from ..activations import Array
from ..convolution import Sizes, floating, pad, per_axis, sliding_windows


def max_pool(x: Array, pool_size: Sizes = 2, strides: Sizes | None = None, padding: str = "valid") -> Array:
    """`forward.max_pool`."""
    return slide(np.maximum, floating(x), pool_size, strides, padding, -np.inf)


def average_pool(x: Array, pool_size: Sizes = 2, strides: Sizes | None = None, padding: str = "valid") -> Array:
    """`forward.average_pool`."""
    x = floating(x)
    total, number = (slide(np.add, each, pool_size, strides, padding, 0) for each in (x, np.ones_like(x[:1, ..., :1])))
    return total / number


def slide(
    function: Callable[[Array, Array], Array], x: Array, pool_size: Sizes, strides: Sizes | None, padding: str,
    value: float,
) -> Array:  # fmt: skip
    """Reduce each window of x, padded with `value`, to one number for each channel."""
    sizes, steps = per_axis(pool_size, x), per_axis(pool_size if strides is None else strides, x)
    x = pad(x, sizes, steps, padding, value=value)
    for axis in range(len(sizes)):
        along = np.arange(len(sizes)) == axis
        size, step = (np.where(along, each, 1).tolist() for each in (sizes, steps))
        view = sliding_windows(x, size, step)
        x = reduce(function, (view[(..., *cell, slice(None))] for cell in np.ndindex(*size)))
    return x


def largest(y: Array) -> Array:
    """The largest value of each pool, of outputs as the tail of a `Convolution` takes them."""
    return over_pools(np.maximum, y)


def mean(y: Array) -> Array:
    """The mean of each pool, of such outputs."""
    total = over_pools(np.add, y)
    return np.multiply(total, 1 / (y.shape[1] * y.shape[3]), out=total)


def over_pools(function: Callable[[Array, Array], Array], y: Array) -> Array:
    """y (rows, p, columns, q, ...), with each p and q reduced to 1."""
    y = reduce(function, (y[:, place : place + 1] for place in range(y.shape[1])))
    return reduce(function, (y[:, :, :, place : place + 1] for place in range(y.shape[3])))
