"""The poolings of sequences (batch, steps, channels) and of images (batch, height, width, channels)."""

from functools import partial

from ..activations import Array
from ..convolution import per_axis
from ..pooling import average_pool, global_average_pool, global_max_pool, max_pool
from .archive import SavedLayer
from .layer import Layer, Mask
from .limits import LARGEST_POOL, WORK_OF_POOLING
from .settings import counts, flag, one_of


class Pooling(Layer, abstract=True):
    """What the poolings in windows share."""

    settings = {"pool_size": partial(counts, most=LARGEST_POOL), "strides": counts, "padding": one_of("valid", "same")}
    fixed = {"data_format": "channels_last"}  # channels_first is refused

    def prepare(self, saved: SavedLayer, x: Array) -> None:
        """A number for each axis, where the file has one for all."""
        super().prepare(saved, x)
        vars(self).update({name: (*per_axis(vars(self)[name], x),) for name in ("pool_size", "strides")})

    def work(self, x: Array) -> int:
        return WORK_OF_POOLING


class MaxPooling2D(Pooling):
    """`max_pool` over height and width."""

    rank = 4

    def call(self, x: Array) -> Array:
        return max_pool(x, self.pool_size, self.strides, self.padding)


class MaxPooling1D(MaxPooling2D):
    """`max_pool` over the steps."""

    rank = 3


class AveragePooling2D(Pooling):
    """`average_pool` over height and width."""

    rank = 4

    def call(self, x: Array) -> Array:
        return average_pool(x, self.pool_size, self.strides, self.padding)


class AveragePooling1D(AveragePooling2D):
    """`average_pool` over the steps."""

    rank = 3


class GlobalPooling(Layer, abstract=True):
    """What the poolings of everything share."""

    settings = {"keepdims": flag}
    fixed = {"data_format": "channels_last"}


class GlobalMaxPooling2D(GlobalPooling):
    """`global_max_pool` over height and width."""

    rank = 4

    def call(self, x: Array) -> Array:
        return global_max_pool(x, self.keepdims)


class GlobalMaxPooling1D(GlobalMaxPooling2D):
    """`global_max_pool` over the steps."""

    rank = 3


class GlobalAveragePooling2D(GlobalPooling):
    """`global_average_pool` over height and width."""

    rank = 4

    def call(self, x: Array) -> Array:
        return global_average_pool(x, self.keepdims)


class GlobalAveragePooling1D(GlobalPooling):
    """`global_average_pool` over the steps; Keras heeds a mask of steps, but none of images."""

    rank = 3
    heeds_mask = True

    def call(self, x: Array, mask: Mask = None) -> Array:
        return global_average_pool(x, self.keepdims, mask)
