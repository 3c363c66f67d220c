"""The layers that normalize, by learnt statistics or by the sample's own."""

from dataclasses import replace

import numpy as np

from ..activations import Array
from ..errors import ModelFileError, UnsupportedLayerError
from ..normalization import (
    along,
    batch_normalization,
    group_normalization,
    layer_normalization,
    normalization,
    positions,
)
from .archive import SavedLayer
from .layer import Layer, Shapes
from .settings import axes, axis, count, flag, number, optional


def sorted_axes(value: object) -> tuple[int, ...]:
    """One axis or several, which Keras sorts as they were given."""
    return tuple(sorted(np.atleast_1d(axes(value)).tolist()))


def groups(value: object) -> int:
    """So many groups of channels; -1 for one channel each."""
    return -1 if value == -1 else count(value)


class Normalizing(Layer, abstract=True):
    """What they share."""

    passes_mask = True

    def along_axis(self, x: Array) -> tuple[int, ...]:
        """The sizes of x along `axis`; axis 0 is the batch and has none."""
        found = positions(x, self.axis)
        if 0 in found or len(set(found)) < np.size(self.axis):
            raise ModelFileError(f"{self}: axis={self.axis} does not fit an input with {x.ndim} axes")
        return tuple(x.shape[position] for position in found)


class BatchNormalization(Normalizing):
    """`batch_normalization` with the statistics that training left."""

    sizes = {"center": flag, "scale": flag}
    settings = {"axis": sorted_axes, "epsilon": number}
    fixed = {"renorm": False}
    no_effect = frozenset({"momentum", "synchronized", "renorm_clipping", "renorm_momentum"})
    gamma, beta = 1.0, 0.0

    def weight_shapes(self, x: Array) -> Shapes:
        shape = self.along_axis(x)
        learnt = {"gamma": shape if self.scale else None, "beta": shape if self.center else None}
        return learnt | {"moving_mean": shape, "moving_variance": shape}

    def call(self, x: Array) -> Array:
        statistics = self.moving_mean, self.moving_variance
        return batch_normalization(x, *statistics, self.gamma, self.beta, self.axis, self.epsilon)


class LayerNormalization(Normalizing):
    """`layer_normalization`; of whole numbers Keras cuts off what follows the point."""

    sizes = {"center": flag, "scale": flag}
    settings = {"axis": sorted_axes, "epsilon": number}
    fixed = {"rms_scaling": False}
    casts = "f"
    gamma, beta = 1.0, 0.0

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if x.dtype.kind == "b":
            raise UnsupportedLayerError(f"{self} on bool numbers is not supported; keras.ops.cast them first")

    def weight_shapes(self, x: Array) -> Shapes:
        shape = self.along_axis(x)
        return {"gamma": shape if self.scale else None, "beta": shape if self.center else None}

    def call(self, x: Array) -> Array:
        floating = x.astype(np.result_type(x, np.float32), copy=False)
        y = layer_normalization(floating, self.gamma, self.beta, self.axis, self.epsilon)
        return y.astype(x.dtype, copy=False).astype(self.dtype, copy=False)


class GroupNormalization(Normalizing):
    """`group_normalization`."""

    sizes = {"center": flag, "scale": flag}
    settings = {"groups": groups, "axis": axis, "epsilon": number}
    gamma, beta = 1.0, 0.0

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if x.dtype.kind != "f":  # Keras cuts off what follows the point
            raise UnsupportedLayerError(f"{self} on whole numbers is not supported; keras.ops.cast them first")

    def weight_shapes(self, x: Array) -> Shapes:
        shape = self.along_axis(x)
        return {"gamma": shape if self.scale else None, "beta": shape if self.center else None}

    def call(self, x: Array) -> Array:
        return group_normalization(x, self.gamma, self.beta, self.groups, self.axis, self.epsilon)


class Normalization(Normalizing):
    """`normalization` with statistics that were given, or adapted and kept as weights."""

    settings = {"axis": optional(axes), "invert": flag}
    no_effect = frozenset({"mean", "variance"})  # read by take_weights

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        self.axis = tuple(sorted(positions(x, self.axis)))  # Keras sorts them only when they are counted from the front
        if saved.config.get("mean") is None:  # vars/2 counts the samples that the statistics were taken from
            own = {key: array for key, array in saved.weights.items() if key != "vars/2"}
            return super().take_weights(replace(saved, weights=own), x)
        self.along_axis(x)
        given = {key: np.asarray(saved.config.get(key), np.float32) for key in ("mean", "variance")}
        self.mean, self.variance = (each.astype(self.dtype) for each in given.values())  # Keras rounds them
        np.broadcast_to(along(self.mean, x, self.axis), x.shape)  # or a ValueError
        return {"mean": self.mean, "variance": self.variance}

    def weight_shapes(self, x: Array) -> Shapes:
        shape = self.along_axis(x)
        return {"mean": shape, "variance": shape}

    def call(self, x: Array) -> Array:
        return normalization(x, self.mean, self.variance, self.axis, self.invert)
