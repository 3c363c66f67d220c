"""The convolutions of sequences (batch, steps, channels) and of images (batch, height, width, channels)."""

import math
from functools import partial

import numpy as np

from ..activations import Array
from ..convolution import conv, conv_transpose, depthwise_conv, per_axis, separable_conv
from ..errors import ModelFileError
from .activations import activation
from .archive import SavedLayer
from .layer import Layer, Shapes, shape_text
from .limits import LARGEST_OUTPUT
from .settings import count, counts, flag, one_of, optional


class Convolution(Layer, abstract=True):
    """What all convolutions share."""

    sizes = {"kernel_size": counts, "use_bias": flag}
    settings = {"strides": counts, "padding": one_of("valid", "same"), "dilation_rate": counts}
    settings |= {"activation": activation}
    fixed = {"data_format": "channels_last"}  # channels_first is refused
    bias = 0.0

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if self.padded(x) > LARGEST_OUTPUT:
            raise ModelFileError(f"{self} would pad its input of shape {shape_text(x)} to {self.padded(x):,} numbers")

    def prepare(self, saved: SavedLayer, x: Array) -> None:
        """A number for each axis, where the file has one for all."""
        super().prepare(saved, x)
        vars(self).update({name: (*per_axis(vars(self)[name], x),) for name in ("strides", "dilation_rate")})

    def padded(self, x: Array) -> int:
        """How many numbers a sample of x has at most with its padding."""
        sizes = per_axis(self.kernel_size, x), per_axis(self.dilation_rate, x)
        return math.prod(n + d * (k - 1) for n, k, d in zip(x.shape[1:-1], *sizes, strict=True)) * x.shape[-1]

    def widest(self, x: Array, y: Array, plain: bool) -> int:
        windows = math.prod(y.shape[1:-1]) * math.prod(per_axis(self.kernel_size, x)) * x.shape[-1]
        return max(super().widest(x, y, plain), self.padded(x), windows if plain else 0)


class Conv2D(Convolution):
    """`conv` over height and width."""

    sizes = Convolution.sizes | {"filters": count}
    settings = Convolution.settings | {"groups": count}
    rank = 4

    def weight_shapes(self, x: Array) -> Shapes:
        kernel = (*per_axis(self.kernel_size, x), x.shape[-1] // self.groups, self.filters)
        return {"kernel": kernel, "bias": (self.filters,) if self.use_bias else None}

    def call(self, x: Array) -> Array:
        window = self.strides, self.padding, self.dilation_rate
        return self.activation(conv(x, self.kernel, self.bias, *window, self.groups))


class Conv1D(Conv2D):
    """`conv` over the steps."""

    settings = Conv2D.settings | {"padding": one_of("valid", "same", "causal")}
    rank = 3


class DepthwiseConv2D(Convolution):
    """`depthwise_conv` over height and width."""

    sizes = Convolution.sizes | {"depth_multiplier": count}
    rank = 4

    def weight_shapes(self, x: Array) -> Shapes:
        kernel = (*per_axis(self.kernel_size, x), x.shape[-1], self.depth_multiplier)
        return {"kernel": kernel, "bias": (math.prod(kernel[-2:]),) if self.use_bias else None}

    def call(self, x: Array) -> Array:
        window = self.strides, self.padding, self.dilation_rate
        return self.activation(depthwise_conv(x, self.kernel, self.bias, *window))


class DepthwiseConv1D(DepthwiseConv2D):
    """`depthwise_conv` over the steps."""

    rank = 3


class SeparableConv2D(Convolution):
    """`separable_conv` over height and width."""

    sizes = Convolution.sizes | {"depth_multiplier": count, "filters": count}
    rank = 4

    def weight_shapes(self, x: Array) -> Shapes:
        depthwise = (*per_axis(self.kernel_size, x), x.shape[-1], self.depth_multiplier)
        pointwise = (*per_axis(1, x), math.prod(depthwise[-2:]), self.filters)
        bias = (self.filters,) if self.use_bias else None
        return {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise, "bias": bias}

    def call(self, x: Array) -> Array:
        window = self.strides, self.padding, self.dilation_rate
        return self.activation(separable_conv(x, self.depthwise_kernel, self.pointwise_kernel, self.bias, *window))


class SeparableConv1D(SeparableConv2D):
    """`separable_conv` over the steps."""

    rank = 3


class Conv2DTranspose(Convolution):
    """`conv_transpose` over height and width."""

    sizes = Convolution.sizes | {"filters": count}
    settings = Convolution.settings | {"output_padding": optional(partial(counts, least=0))}
    defaults = {"output_padding": None}  # Keras 3 did not save it until keras-team/keras#23014
    rank = 4

    def check_input(self, x: Array) -> None:
        super().check_input(x)
        if self.output_padding and np.any(np.greater_equal(self.output_padding, self.strides)):  # Keras' rule
            raise ModelFileError(f"{self}: output_padding={self.output_padding} must be under strides={self.strides}")

    def weight_shapes(self, x: Array) -> Shapes:
        kernel = (*per_axis(self.kernel_size, x), self.filters, x.shape[-1])
        return {"kernel": kernel, "bias": (self.filters,) if self.use_bias else None}

    def call(self, x: Array) -> Array:
        window = self.strides, self.padding, self.dilation_rate, self.output_padding
        return self.activation(conv_transpose(x, self.kernel, self.bias, *window))


class Conv1DTranspose(Conv2DTranspose):
    """`conv_transpose` over the steps."""

    rank = 3
