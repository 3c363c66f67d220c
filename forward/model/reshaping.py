"""The layers that put the same numbers into other places."""

import math

import numpy as np

from ..activations import Array
from ..convolution import per_axis
from ..errors import UnsupportedLayerError
from ..reshaping import cropping, flatten, repeat_vector, up_sampling, zero_padding
from .layer import Layer, shape_text
from .settings import count, counts, one_of, pair, pairs, target_shape


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
        numbers, known = math.prod(x.shape[1:]), math.prod(n for n in self.target_shape if n != -1)
        sizes = [numbers // known if n == -1 else n for n in self.target_shape]
        if len(x) and math.prod(sizes) != numbers:  # an empty batch may stand in for other lengths
            raise ValueError(f"{self} cannot make {self.target_shape} of {shape_text(x)}")
        return x.reshape(len(x), *sizes)


class RepeatVector(Layer):
    """`repeat_vector`."""

    settings = {"n": count}
    rank = 2
    casts = "f"

    def call(self, x: Array) -> Array:
        return repeat_vector(x, self.n)


class Cropping1D(Layer):
    """`cropping` of the steps."""

    settings = {"cropping": pair}
    rank = 3
    casts = "f"

    def call(self, x: Array) -> Array:
        return cropping(x, (self.cropping,))


class Cropping2D(Layer):
    """`cropping` of height and width."""

    settings = {"cropping": pairs}
    fixed = {"data_format": "channels_last"}
    rank = 4
    casts = "f"

    def call(self, x: Array) -> Array:
        return cropping(x, self.cropping)


class ZeroPadding1D(Layer):
    """`zero_padding` of the steps."""

    settings = {"padding": pair}
    fixed = {"data_format": "channels_last"}
    rank = 3

    def call(self, x: Array) -> Array:
        return zero_padding(x, (self.padding,))


class ZeroPadding2D(Layer):
    """`zero_padding` of height and width."""

    settings = {"padding": pairs}
    fixed = {"data_format": "channels_last"}
    rank = 4

    def call(self, x: Array) -> Array:
        return zero_padding(x, self.padding)


class UpSampling1D(Layer):
    """`up_sampling` of the steps."""

    settings = {"size": count}
    rank = 3
    casts = "f"

    def call(self, x: Array) -> Array:
        return up_sampling(x, self.size)


class UpSampling2D(Layer):
    """`up_sampling` of height and width."""

    settings = {"size": counts, "interpolation": one_of("nearest", "bilinear")}
    fixed = {"data_format": "channels_last"}
    rank = 4
    casts = "f"

    def call(self, x: Array) -> Array:
        if self.interpolation == "bilinear" and x.dtype.kind != "f":  # Keras rounds what lies between them
            raise UnsupportedLayerError(f"{self} between whole numbers is not supported; keras.ops.cast them first")
        if not len(x):  # a file may ask for more weights between places than there is memory
            height, width = (n * times for n, times in zip(x.shape[1:3], per_axis(self.size, x), strict=True))
            return np.empty((0, height, width, x.shape[3]), x.dtype)
        return up_sampling(x, self.size, self.interpolation)
