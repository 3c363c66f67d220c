"""Convolution over one or more axes: whole, in groups, channel by channel, and separable."""

import math

import numpy as np

from ..activations import Array
from .base import Layer, Sizes, activation, count, counts, flag, one_of
from .windows import cells, floating, per_axis

# Images are convolved a few at a time, so that their columns stay in the processor's cache.
COLUMNS_BYTES = 8 * 2**20


def conv(
    x: Array, kernel: Array, bias: Array | float = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """Slide a kernel over the axes between batch and channels. For images:

    y[b, i, j, f] = bias[f] + sum over m, n, c of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, f]

    x (batch, height, width, channels), kernel (kernel_height, kernel_width, channels / groups, filters),
    bias (filters,) -> y (batch, out_height, out_width, filters), with s, t = strides and d, e = dilation_rate.
    With `groups`, channels and filters are cut into as many parts, each of which sees only its own.
    `padding`: "valid" keeps to whole windows, "same" pads with zeros as TensorFlow does, "causal" only in front.
    Raises ValueError if the channels of x and kernel differ. Source: Keras' Conv1D and Conv2D, which despite
    their name are cross-correlations: the kernel is not turned round.

    Each window becomes a row of one large matrix (im2col), so that all windows and filters are one
    matrix product: columns (windows, kernel_height * kernel_width * channels) @ kernel.
    """
    x, kernel = floating(x), floating(kernel)
    *window, channels, filters = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    how = strides, padding, dilation_rate
    if groups > 1:
        parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
        return np.concatenate([conv(a, b, 0.0, *how) for a, b in parts], axis=-1) + bias
    lengths = next(cells(x[:0], window, *how)).shape[1:-1]
    matrix = kernel.reshape(-1, filters)
    y = np.empty((len(x), *lengths, filters), np.result_type(x, kernel))
    at_once = max(1, COLUMNS_BYTES // max(1, math.prod(lengths) * len(matrix) * x.itemsize))
    columns = np.empty((min(at_once, len(x)), *lengths, len(matrix)), x.dtype)
    for start in range(0, len(x), at_once):
        samples = x[start : start + at_once]
        for number, view in enumerate(cells(samples, window, *how)):
            columns[: len(samples), ..., number * channels : (number + 1) * channels] = view
        rows = columns[: len(samples)].reshape(-1, len(matrix))
        np.matmul(rows, matrix, out=y[start : start + at_once].reshape(-1, filters))
    return np.add(y, bias, out=y)


def depthwise_conv(
    x: Array, kernel: Array, bias: Array | float = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """Convolve every channel with kernels of its own.

    y[b, i, j, c * multiplier + q] = bias[...] + sum over m, n of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, q]

    x (batch, *axes, channels), kernel (*window, channels, multiplier), bias (channels * multiplier,)
    -> y (batch, *output axes, channels * multiplier). No products are shared, so it is a sum over kernel cells.
    """
    *window, channels, multiplier = kernel.shape
    views = cells(floating(x), window, strides, padding, dilation_rate)
    y = sum(view[..., np.newaxis] * cell for view, cell in zip(views, kernel.reshape(-1, channels, multiplier), strict=True))
    return y.reshape(*y.shape[:-2], channels * multiplier) + bias


def separable_conv(
    x: Array, depthwise_kernel: Array, pointwise_kernel: Array, bias: Array | float = 0.0, strides: Sizes = 1,
    padding: str = "valid", dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """`depthwise_conv` over space, then a `conv` with windows of one cell (Chollet 2017)."""
    y = depthwise_conv(x, depthwise_kernel, 0.0, strides, padding, dilation_rate)
    return conv(y, pointwise_kernel, bias)


class Convolution(Layer):
    """`conv`, then the activation; channels_first is refused."""

    function = conv
    options = {
        "kernel_size": counts, "strides": counts, "padding": one_of("valid", "same", "causal"), "dilation_rate": counts,
        "activation": activation, "use_bias": flag, "filters": count, "groups": count,
    }  # fmt: skip
    fixed = {"data_format": ("channels_last",)}

    def weight_shapes(self, x: Array) -> dict[str, tuple[int, ...] | None]:
        kernel = (*per_axis(self.kernel_size, x), x.shape[-1] // self.groups, self.filters)
        return {"kernel": kernel, "bias": (self.filters,) if self.use_bias else None}


class DepthwiseConvolution(Layer):
    """`depthwise_conv`, then the activation."""

    function = depthwise_conv
    options = {key: check for key, check in Convolution.options.items() if key not in ("filters", "groups")}
    options |= {"depth_multiplier": count}
    fixed = Convolution.fixed

    def weight_shapes(self, x: Array) -> dict[str, tuple[int, ...] | None]:
        kernel = (*per_axis(self.kernel_size, x), x.shape[-1], self.depth_multiplier)
        return {"kernel": kernel, "bias": (x.shape[-1] * self.depth_multiplier,) if self.use_bias else None}


class SeparableConvolution(DepthwiseConvolution):
    """`separable_conv`, then the activation."""

    function = separable_conv
    options = DepthwiseConvolution.options | {"filters": count}

    def weight_shapes(self, x: Array) -> dict[str, tuple[int, ...] | None]:
        depthwise = super().weight_shapes(x)["kernel"]
        pointwise = (*per_axis(1, x), x.shape[-1] * self.depth_multiplier, self.filters)
        bias = (self.filters,) if self.use_bias else None
        return {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise, "bias": bias}


LAYERS = {
    "Conv1D": Convolution,
    "Conv2D": Convolution,
    "DepthwiseConv1D": DepthwiseConvolution,
    "DepthwiseConv2D": DepthwiseConvolution,
    "SeparableConv1D": SeparableConvolution,
    "SeparableConv2D": SeparableConvolution,
}
