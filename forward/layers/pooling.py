"""Pooling over images."""

from functools import reduce

import numpy as np

from .base import Layer, Mask, Shape, flag, one_of, pair
from .windows import cells, floating, output_length, pad


def max_pooling2d(
    x: np.ndarray,
    pool_size: tuple[int, int] = (2, 2),
    strides: tuple[int, int] | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """The largest value of each window, channel by channel.

    x (batch, height, width, channels) -> (batch, out_height, out_width, channels)
    `strides` are the pool's size unless given. Padded cells never win: they are -infinity.
    """
    strides = strides or pool_size
    x = pad(floating(x), pool_size, strides, padding, -np.inf)
    return reduce(np.maximum, cells(x, pool_size, strides))


def average_pooling2d(
    x: np.ndarray,
    pool_size: tuple[int, int] = (2, 2),
    strides: tuple[int, int] | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """The mean of each window, channel by channel.

    x (batch, height, width, channels) -> (batch, out_height, out_width, channels)
    `strides` are the pool's size unless given. Padded cells do not count: a window at the border is
    divided by the number of its real cells, as TensorFlow does.
    """
    strides, x = strides or pool_size, floating(x)
    total = reduce(np.add, cells(pad(x, pool_size, strides, padding), pool_size, strides))
    ones = np.ones((1, *x.shape[1:3], 1), x.dtype)
    return total / reduce(np.add, cells(pad(ones, pool_size, strides, padding), pool_size, strides))


def global_max_pooling2d(x: np.ndarray, keepdims: bool = False) -> np.ndarray:
    """The largest value of each channel: (batch, height, width, channels) -> (batch, channels)."""
    return x.max(axis=(1, 2), keepdims=keepdims)


def global_average_pooling2d(x: np.ndarray, keepdims: bool = False) -> np.ndarray:
    """The mean of each channel: (batch, height, width, channels) -> (batch, channels)."""
    return floating(x).mean(axis=(1, 2), keepdims=keepdims)


class Pooling2D(Layer):
    """What the two windowed poolings share; `pool` is the function that computes."""

    options = {"pool_size": pair, "strides": pair, "padding": one_of("valid", "same")}
    fixed = {"data_format": ("channels_last",)}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.expect_rank(input_shape, 3, "height, width, channels")
        sizes = zip(input_shape[:2], self.pool_size, self.strides, strict=True)
        return *(output_length(*each, self.padding) for each in sizes), input_shape[-1]

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return type(self).pool(x, self.pool_size, self.strides, self.padding), None


class MaxPooling2D(Pooling2D):
    """`max_pooling2d`."""

    pool = max_pooling2d


class AveragePooling2D(Pooling2D):
    """`average_pooling2d`."""

    pool = average_pooling2d


class GlobalPooling2D(Layer):
    """What the two global poolings share; `pool` is the function that computes."""

    options = {"keepdims": flag}
    fixed = {"data_format": ("channels_last",)}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.expect_rank(input_shape, 3, "height, width, channels")
        return (1, 1, input_shape[-1]) if self.keepdims else input_shape[-1:]

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return type(self).pool(x, self.keepdims), None


class GlobalMaxPooling2D(GlobalPooling2D):
    """`global_max_pooling2d`."""

    pool = global_max_pooling2d


class GlobalAveragePooling2D(GlobalPooling2D):
    """`global_average_pooling2d`."""

    pool = global_average_pooling2d
