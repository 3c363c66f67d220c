"""Normalization by learnt statistics, and by the sample's own."""

from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from ..keras_file import SavedLayer, brief
from .base import Layer, Shapes, axes, flag, number, optional

Axes = int | tuple[int, ...] | None


def batch_normalization(
    x: Array, moving_mean: Array, moving_variance: Array, gamma: Any = 1.0, beta: Any = 0.0, axis: Axes = -1,
    epsilon: float = 1e-3,
) -> Array:  # fmt: skip
    """y = gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, along `axis`.

    x (batch, ...), the weights (x.shape[axis],) -> y like x. Source: Ioffe and Szegedy 2015, at inference.
    """
    scale = gamma / np.sqrt(moving_variance + epsilon)
    return x * along(scale, x, axis) + along(beta - moving_mean * scale, x, axis)


def layer_normalization(x: Array, gamma: Any = 1.0, beta: Any = 0.0, axis: Axes = -1, epsilon: float = 1e-3) -> Array:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with each sample's own mean and variance.

    Both are taken over `axis`; gamma and beta have the sizes of x along it. Source: Ba et al. 2016.
    """
    centred = x - x.mean(axis=axis, keepdims=True)
    y = centred / np.sqrt(np.square(centred).mean(axis=axis, keepdims=True) + epsilon)
    return y * along(gamma, x, axis) + along(beta, x, axis)


def normalization(x: Array, mean: Array, variance: Array, axis: Axes = -1, invert: bool = False) -> Array:
    """y = (x - mean) / max(sqrt(variance), 1e-7) along `axis`, or with `invert` the way back (Keras' Normalization)."""
    mean, deviation = (along(each, x, axis) for each in (mean, np.maximum(np.sqrt(variance), 1e-7)))
    return mean + x * deviation if invert else (x - mean) / deviation


def along(weight: Any, x: Array, axis: Axes) -> Array:
    """A weight shaped so that its axes lie along those of x; one with fewer lies along the last of them."""
    weight, shape = np.asarray(weight, x.dtype), [1] * x.ndim
    for n, position in zip(weight.shape[::-1], positions(x, axis)[::-1], strict=False):
        shape[position] = n
    return weight.reshape(shape)


def positions(x: Array, axis: Axes) -> list[int]:
    """The axes in rising order, counted from the front."""
    return sorted(each % x.ndim for each in ([] if axis is None else np.atleast_1d(axis).tolist()))


class BatchNormalization(Layer):
    """`batch_normalization` with the statistics that training left."""

    function = batch_normalization
    passes_mask = True
    options = {"axis": axes, "epsilon": number, "center": flag, "scale": flag}
    fixed = {"renorm": False}
    no_effect = frozenset({"momentum", "synchronized", "renorm_clipping", "renorm_momentum"})

    def sizes(self, x: Array) -> tuple[int, ...]:
        """The sizes of x along `axis`; axis 0 is the batch and has none."""
        found = positions(x, self.axis)
        if 0 in found or len(set(found)) < np.size(self.axis):
            raise ModelFileError(f"{self}: axis={self.axis} does not fit an input with {x.ndim} axes")
        return tuple(x.shape[position] for position in found)

    def weight_shapes(self, x: Array) -> Shapes:
        shape = self.sizes(x)
        learnt = {"gamma": shape if self.scale else None, "beta": shape if self.center else None}
        return learnt | {"moving_mean": shape, "moving_variance": shape}


class LayerNormalization(BatchNormalization):
    """`layer_normalization`."""

    function = layer_normalization
    fixed = {"rms_scaling": False}

    def weight_shapes(self, x: Array) -> Shapes:
        return {key: shape for key, shape in super().weight_shapes(x).items() if key in ("gamma", "beta")}


class Normalization(BatchNormalization):
    """`normalization` with statistics that were given, or adapted and kept as weights."""

    function = normalization
    options = {"axis": optional(axes), "invert": flag}
    no_effect = frozenset({"mean", "variance"})  # read by take_weights

    def weight_shapes(self, x: Array) -> Shapes:
        shape = () if self.axis is None else self.sizes(x)
        return {"mean": shape, "variance": shape, "count": ()}

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        if saved.config.get("mean") is None:
            return super().take_weights(saved, x)
        given = {key: saved.config.get(key) for key in ("mean", "variance")}
        try:
            found = {key: np.asarray(value, self.dtype) for key, value in given.items()}
            np.broadcast_to(along(found["mean"], x, self.axis), x.shape)
        except (TypeError, ValueError) as error:
            raise ModelFileError(f"{self}: mean or variance do not fit: {brief(given)}") from error
        return found

    def take_weight(self, name: str, array: Array, shape: tuple[int, ...]) -> Array:
        if name == "count" and array.dtype.kind in "iu" and array.shape == ():
            return array  # of no use after training
        return super().take_weight(name, array, shape)


LAYERS = {each.__name__: each for each in (BatchNormalization, LayerNormalization, Normalization)}
