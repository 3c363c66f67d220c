"""Pooling over one or more axes, in windows or over all of them."""

from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from ..activations import Array
from .layer import Mask, Sizes, bind, counts, flag, one_of
from .windows import cells, floating, per_axis


def max_pool(x: Array, pool_size: Sizes = 2, strides: Sizes | None = None, padding: str = "valid") -> Array:
    """The largest value of each window, channel by channel.

    x (batch, *axes, channels) -> (batch, *output axes, channels); `pool_size` and `strides` are one number,
    or one for each axis. `strides` are the pool's size unless given. Padded cells never win: they are -infinity.
    """
    return slide(np.maximum, floating(x), pool_size, strides, padding, -np.inf)


def average_pool(x: Array, pool_size: Sizes = 2, strides: Sizes | None = None, padding: str = "valid") -> Array:
    """The mean of each window, channel by channel; shapes and settings as in `max_pool`.

    Padded cells do not count: a window at the border is divided by the number of its real cells, as TensorFlow does.
    """
    x = floating(x)
    total, number = (slide(np.add, each, pool_size, strides, padding) for each in (x, np.ones_like(x[:1, ..., :1])))
    return total / number


def slide(
    function: Callable[[Array, Array], Array],
    x: Array,
    window: Sizes,
    strides: Sizes | None,
    padding: str,
    value: float = 0.0,
) -> Array:
    """Reduce each window to one number, axis by axis: in as many steps as it is long, not as it is large."""
    sizes, steps = per_axis(window, x), per_axis(window if strides is None else strides, x)
    for axis, (size, step) in enumerate(zip(sizes, steps, strict=True)):
        along = np.arange(len(sizes)) == axis
        window, strides = (np.where(along, each, 1).tolist() for each in (size, step))
        x = reduce(function, cells(x, window, strides, padding, value=value))
    return x


def global_max_pool(x: Array, keepdims: bool = False) -> Array:
    """The largest value of each channel: (batch, *axes, channels) -> (batch, channels)."""
    return x.max(axis=tuple(range(1, x.ndim - 1)), keepdims=keepdims)


def global_average_pool(x: Array, keepdims: bool = False, mask: Mask = None) -> Array:
    """The mean of each channel: (batch, *axes, channels) -> (batch, channels).

    With `mask` (batch, steps) only the steps of a sequence count where it is True; a row without any
    gives NaN (Keras' rule). Raises ValueError for a mask that does not fit.
    """
    if mask is not None and mask.shape != x.shape[:-1]:
        raise ValueError(f"a mask of shape {mask.shape} does not fit an x of shape {x.shape}")
    where = True if mask is None else mask[..., np.newaxis]
    axis, x = tuple(range(1, x.ndim - 1)), floating(x)
    with np.errstate(invalid="ignore"):
        n = np.broadcast_to(where, x.shape).sum(axis=axis, keepdims=keepdims)
        return x.sum(axis=axis, keepdims=keepdims, where=where) / n.astype(x.dtype)


channels_last = partial(bind, fixed={"data_format": "channels_last"})  # channels_first is refused
# Every place of a pool is one step of a loop, so its size has a limit.
window = {"pool_size": partial(counts, most=2**10), "strides": counts, "padding": one_of("valid", "same")}
KINDS = {
    "MaxPooling": channels_last(max_pool, options=window, work=100),
    "AveragePooling": channels_last(average_pool, options=window, work=100),
    "GlobalMaxPooling": channels_last(global_max_pool, options={"keepdims": flag}),
    "GlobalAveragePooling": channels_last(global_average_pool, options={"keepdims": flag}),
}
LAYERS = {f"{kind}{rank}D": layer for kind, layer in KINDS.items() for rank in (1, 2)}
# Keras heeds a mask of steps, but none of images.
LAYERS["GlobalAveragePooling1D"] = channels_last(global_average_pool, options={"keepdims": flag}, heeds_mask=True)
