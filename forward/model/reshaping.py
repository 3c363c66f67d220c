"""The layers that put the same numbers into other places."""

import math

from ..activations import Array
from ..reshaping import flatten, zero_padding
from .layer import Layer
from .settings import counts, pairs, target_shape


class Flatten(Layer):
    """`flatten`."""

    fixed = {"data_format": "channels_last"}
    casts = "f"  # whole numbers stay whole

    def call(self, x: Array) -> Array:
        return flatten(x)


class Permute(Layer):
    """The axes behind the batch, counted from 1, in the order `dims`."""

    settings = {"dims": counts}
    casts = "f"

    def call(self, x: Array) -> Array:
        return x.transpose(0, *self.dims)


class Reshape(Layer):
    """The same numbers in the same order, in other axes; one of `target_shape` may be -1, for what is left."""

    settings = {"target_shape": target_shape}
    casts = "f"

    def call(self, x: Array) -> Array:
        rest = math.prod(x.shape[1:]) // math.prod(n for n in self.target_shape if n != -1)
        return x.reshape(len(x), *(rest if n == -1 else n for n in self.target_shape))


class ZeroPadding2D(Layer):
    """`zero_padding` of height and width."""

    settings = {"padding": pairs}
    fixed = {"data_format": "channels_last"}
    rank = 4

    def call(self, x: Array) -> Array:
        return zero_padding(x, self.padding)
