"""Normalization by learnt statistics, and by the sample's own."""

import numpy as np

from .activations import Array, Weight

Axes = int | tuple[int, ...] | None


def batch_normalization(
    x: Array, moving_mean: Array, moving_variance: Array, gamma: Weight = 1.0, beta: Weight = 0.0, axis: Axes = -1,
    epsilon: float = 1e-3,
) -> Array:  # fmt: skip
    """y = gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, along `axis`.

    x (batch, ...), the weights (x.shape[axis],) -> y like x; with x * scale + shift, as TensorFlow has it, for the same
    rounding. Source: Ioffe and Szegedy 2015, at inference.
    """
    scale = gamma / np.sqrt(moving_variance + epsilon)
    return x * along(scale, x, axis) + along(beta - moving_mean * scale, x, axis)


def layer_normalization(
    x: Array, gamma: Weight = 1.0, beta: Weight = 0.0, axis: Axes = -1, epsilon: float = 1e-3
) -> Array:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with each sample's own mean and variance.

    x (batch, ...) -> y like x. Both are taken over `axis`, rising if there are several; gamma and beta have the sizes
    of x along it. Source: Ba et al. 2016.
    """
    return standardize(x, axis, epsilon) * along(gamma, x, axis) + along(beta, x, axis)


def group_normalization(
    x: Array, gamma: Weight = 1.0, beta: Weight = 0.0, groups: int = 32, axis: int = -1, epsilon: float = 1e-3
) -> Array:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of each group of channels.

    `axis` of x holds the channels, cut into `groups` of equal size, or with -1 into one for each; gamma and beta are
    (channels,), y is like x. Raises ValueError if the groups are not equal. Source: Wu and He 2018.
    """
    position, channels = axis % x.ndim, x.shape[axis]
    groups = channels if groups == -1 else groups
    if channels % groups:
        raise ValueError(f"{channels} channels cannot be cut into {groups} equal groups")
    parts = x.reshape(*x.shape[:position], groups, channels // groups, *x.shape[position + 1 :])
    y = standardize(parts, tuple(n for n in range(1, parts.ndim) if n != position), epsilon).reshape(x.shape)
    return y * along(gamma, y, axis) + along(beta, y, axis)


def normalization(x: Array, mean: Array, variance: Array, axis: Axes = -1, invert: bool = False) -> Array:
    """y = (x - mean) / max(sqrt(variance), 1e-7) along `axis`, or with `invert` the way back (Keras' Normalization)."""
    mean, deviation = along(mean, x, axis), along(np.maximum(np.sqrt(variance), 1e-7), x, axis)
    return mean + x * deviation if invert else (x - mean) / deviation


def standardize(x: Array, axis: Axes, epsilon: float) -> Array:
    """(x - mean) / sqrt(variance + epsilon), both taken over `axis`."""
    centred = x - x.mean(axis=axis, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(axis=axis, keepdims=True) + epsilon)


def along(weight: Weight, x: Array, axis: Axes) -> Array:
    """A weight reshaped to broadcast against x: its sizes stand at `axis`, if it has fewer at the last of these."""
    weight, shape = np.asarray(weight, np.result_type(x, np.float32)), [1] * x.ndim
    for n, position in zip(weight.shape[::-1], positions(x, axis)[::-1], strict=False):
        shape[position] = n
    return weight.reshape(shape)


def positions(x: Array, axis: Axes) -> list[int]:
    """The axes counted from the front."""
    return [] if axis is None else [each % x.ndim for each in np.atleast_1d(axis).tolist()]
