"""The same numbers in other places: other axes, borders, repetitions. The batch axis stays as it is."""

import math

import numpy as np

from .activations import Array
from .convolution import Sizes, floating, per_axis

Pairs = tuple[tuple[int, int], ...]  # (in front, behind) for each axis between batch and channels


def flatten(x: Array) -> Array:
    """All axes but the batch as one: (batch, ...) -> (batch, features)."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def repeat_vector(x: Array, n: int) -> Array:
    """y[b, t] = x[b] for t in 0 .. n - 1: x (batch, features) -> y (batch, n, features)."""
    return np.repeat(x[:, np.newaxis], n, axis=1)


def zero_padding(x: Array, padding: Pairs) -> Array:
    """Zeros around the axes of x (batch, *axes, channels), (in front, behind) for each."""
    return np.pad(x, [(0, 0), *padding, (0, 0)])


def cropping(x: Array, cropping: Pairs) -> Array:
    """The axes of x (batch, *axes, channels) without (so many in front, so many behind); ValueError if none is left."""
    sizes = [*zip(x.shape[1:-1], cropping, strict=True)]
    if any(front + behind >= n for n, (front, behind) in sizes):
        raise ValueError(f"cropping {cropping} leaves nothing of {list(x.shape[1:-1])}")
    return x[:, *(slice(front, n - behind) for n, (front, behind) in sizes)]


def up_sampling(x: Array, size: Sizes, interpolation: str = "nearest") -> Array:
    """The axes between batch and channels `size` times as long: "nearest" repeats each place, "bilinear" draws straight
    lines between the places' middles, and beyond the outermost ones goes on with their values:

    y[j] = (1 - w) * x[i] + w * x[i + 1], with i + w = (j + 1/2) / size - 1/2, kept from 0 to n - 1, and i whole

    x (batch, *axes, channels) -> y (batch, *axes * size, channels). Raises ValueError for other ones. Source: Keras.
    """
    if interpolation not in ("nearest", "bilinear"):
        raise ValueError(f"interpolation must be 'nearest' or 'bilinear', not {interpolation!r}")
    for axis, (n, times) in enumerate(zip(x.shape[1:-1], per_axis(size, x), strict=True), start=1):
        if interpolation == "nearest":
            x = np.repeat(x, times, axis=axis)
        else:
            x = floating(x)
            place = np.clip((np.arange(n * times) + 0.5) / times - 0.5, 0, n - 1)
            i = place.astype(int)
            w = (place - i).astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1 - axis))
            x = (1 - w) * x.take(i, axis) + w * x.take(np.minimum(i + 1, n - 1), axis)
    return x
