"""Normalization by learnt statistics, and by the sample's own."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from .archive import SavedLayer
from .layer import Layer, Mask, Shapes, axes, flag, number, optional

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

    Both are taken over `axis`; gamma and beta have the sizes of x along it. The y of whole numbers are
    whole, too, as Keras cuts them off. Source: Ba et al. 2016.
    """
    centred = x - x.mean(axis=axis, keepdims=True)
    y = centred / np.sqrt(np.square(centred).mean(axis=axis, keepdims=True) + epsilon)
    return (y * along(gamma, y, axis) + along(beta, y, axis)).astype(x.dtype, copy=False)


def normalization(x: Array, mean: Array, variance: Array, axis: Axes = -1, invert: bool = False) -> Array:
    """y = (x - mean) / max(sqrt(variance), 1e-7) along `axis`, or with `invert` the way back (Keras' Normalization)."""
    mean, deviation = (along(each, x, axis) for each in (mean, np.maximum(np.sqrt(variance), 1e-7)))
    return mean + x * deviation if invert else (x - mean) / deviation


def along(weight: Any, x: Array, axis: Axes) -> Array:
    """A weight shaped so that it broadcasts against x; one with fewer axes than `axis` lies along the last of them."""
    weight, shape = np.asarray(weight, x.dtype), [1] * x.ndim
    for n, position in zip(weight.shape[::-1], positions(x, axis)[::-1], strict=False):
        shape[position] = n
    return weight.reshape(shape)


def positions(x: Array, axis: Axes) -> list[int]:
    """The axes counted from the front."""
    return [] if axis is None else [each % x.ndim for each in np.atleast_1d(axis).tolist()]


class BatchNormalization(Layer):
    """`batch_normalization` with the statistics that training left."""

    function = batch_normalization
    passes_mask = True
    options = {"axis": axes, "epsilon": number, "center": flag, "scale": flag}
    apart = frozenset({"center", "scale"})
    fixed = {"renorm": False}
    no_effect = frozenset({"momentum", "synchronized", "renorm_clipping", "renorm_momentum"})

    def sizes(self, x: Array) -> tuple[int, ...]:
        """The sizes of x along `axis`, which Keras sorts as it was given; axis 0 is the batch and has none."""
        self.axis = tuple(sorted(np.atleast_1d(self.axis).tolist()))
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
    casts = "f"

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if x.dtype.kind == "b":
            raise UnsupportedLayerError(f"{self} on bool numbers is not supported; keras.ops.cast them first")

    fixed = {"rms_scaling": False}

    def __call__(self, x: Array, mask: Mask = None) -> Array:
        return super().__call__(x).astype(self.dtype, copy=False)

    def weight_shapes(self, x: Array) -> Shapes:
        return {key: shape for key, shape in super().weight_shapes(x).items() if key in ("gamma", "beta")}


class Normalization(BatchNormalization):
    """`normalization` with statistics that were given, or adapted and kept as weights."""

    function = normalization
    options = {"axis": optional(axes), "invert": flag}
    no_effect = frozenset({"mean", "variance"})  # read by take_weights

    def weight_shapes(self, x: Array) -> Shapes:
        self.axis = positions(x, self.axis)  # Keras sorts them only after this
        shape = self.sizes(x)
        return {"mean": shape, "variance": shape}

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        if saved.config.get("mean") is None:  # vars/2 counts the samples that the statistics were taken from
            own = {key: array for key, array in saved.weights.items() if key != "vars/2"}
            return super().take_weights(replace(saved, weights=own), x)
        self.weight_shapes(x)
        constants = {key: np.asarray(saved.config.get(key), np.float32) for key in ("mean", "variance")}
        given = {key: constant.astype(self.dtype) for key, constant in constants.items()}  # Keras rounds them
        np.broadcast_to(along(given["mean"], x, self.axis), x.shape)  # or a ValueError
        return given


LAYERS = {each.__name__: each for each in (BatchNormalization, LayerNormalization, Normalization)}
