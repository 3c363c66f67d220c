"""The layers that normalize, by learnt statistics or by the sample's own."""

from dataclasses import replace

import numpy as np

from ..activations import Array
from ..convolution import floating
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
    """One axis or several, which Keras sorts before negative ones are counted from the front."""
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


class Learning(Normalizing, abstract=True):
    """What those share that learn a scale gamma and an offset beta."""

    sizes = {"center": flag, "scale": flag}
    gamma, beta = 1.0, 0.0

    def weight_shapes(self, x: Array) -> Shapes:
        return self.learnt(self.along_axis(x))

    def learnt(self, shape: tuple[int, ...]) -> Shapes:
        """The two, unless the settings rule them out."""
        return {"gamma": shape if self.scale else None, "beta": shape if self.center else None}


class BatchNormalization(Learning):
    """`batch_normalization` with the statistics that training left."""

    settings = {"axis": sorted_axes, "epsilon": number}
    fixed = {"renorm": False}
    no_effect = frozenset({"momentum", "synchronized", "renorm_clipping", "renorm_momentum"})

    def weight_shapes(self, x: Array) -> Shapes:
        shape = self.along_axis(x)
        return self.learnt(shape) | {"moving_mean": shape, "moving_variance": shape}

    def call(self, x: Array) -> Array:
        statistics = self.moving_mean, self.moving_variance
        return batch_normalization(x, *statistics, self.gamma, self.beta, self.axis, self.epsilon)


class LayerNormalization(Learning):
    """`layer_normalization`; of whole numbers Keras cuts off what follows the point."""

    settings = {"axis": sorted_axes, "epsilon": number}
    fixed = {"rms_scaling": False}
    casts = "f"

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if x.dtype.kind == "b":
            raise UnsupportedLayerError(f"{self} on bool numbers is not supported; keras.ops.cast them first")

    def call(self, x: Array) -> Array:
        y = layer_normalization(floating(x), self.gamma, self.beta, self.axis, self.epsilon)
        return y.astype(x.dtype, copy=False).astype(self.dtype, copy=False)


class GroupNormalization(Learning):
    """`group_normalization`."""

    settings = {"groups": groups, "axis": axis, "epsilon": number}

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if x.dtype.kind != "f":  # Keras cuts off what follows the point
            raise UnsupportedLayerError(f"{self} on whole numbers is not supported; keras.ops.cast them first")

    def call(self, x: Array) -> Array:
        return group_normalization(x, self.gamma, self.beta, self.groups, self.axis, self.epsilon)


class Normalization(Normalizing):
    """`normalization` with statistics that were given, or adapted and kept as weights."""

    settings = {"axis": optional(axes), "invert": flag}
    no_effect = frozenset({"mean", "variance"})  # read by take_weights

    def prepare(self, saved: SavedLayer, x: Array) -> None:
        """Sort the axes, which Keras does here only when they are counted from the front."""
        self.axis = tuple(sorted(positions(x, self.axis)))

    def take_weights(self, saved: SavedLayer, x: Array) -> dict[str, Array]:
        """Those of the file, or else those of the configuration."""
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
