"""Convolution over one or more axes: whole, in groups, channel by channel, and separable."""

import math
from functools import partial
from typing import Any

import numpy as np

from ..activations import Array
from .base import Layer, Shapes, activation, bind, count, counts, flag, one_of
from .windows import cells, floating, per_axis

COLUMNS_BYTES = 8 * 2**20  # images are convolved a few at a time, so that their columns stay in the processor's cache


def conv(x: Array, kernel: Array, bias: Array | float = 0.0, groups: int = 1, **window: Any) -> Array:
    """Slide a kernel over the axes between batch and channels. For images:

    y[b, i, j, f] = bias[f] + sum over m, n, c of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, f]

    x (batch, height, width, channels), kernel (kernel_height, kernel_width, channels / groups, filters),
    bias (filters,) -> y (batch, out_height, out_width, filters). `window` may hold strides (s, t),
    dilation_rate (d, e), each one number or one for each axis, and padding: "valid" keeps to whole windows,
    "same" pads with zeros as TensorFlow does, "causal" only in front. With `groups`, channels and filters
    are cut into as many parts, each of which sees only its own. Raises ValueError if the channels of x and
    kernel differ. Source: Keras' Conv1D and Conv2D, which are cross-correlations: the kernel is not turned round.

    Each window becomes a row of one large matrix (im2col), so that all windows and filters are one
    matrix product: columns (windows, kernel_height * kernel_width * channels) @ kernel.
    """
    x, kernel = floating(x), floating(kernel)
    *size, channels, filters = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    if groups > 1:
        parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
        return np.concatenate([conv(*part, **window) for part in parts], axis=-1) + bias
    lengths = next(cells(x[:0], size, **window)).shape[1:-1]
    matrix = kernel.reshape(-1, filters)
    y = np.empty((len(x), *lengths, filters), np.result_type(x, kernel))
    at_once = max(1, COLUMNS_BYTES // max(1, math.prod(lengths) * len(matrix) * x.itemsize))
    columns = np.empty((min(at_once, len(x)), *lengths, len(matrix)), x.dtype)
    for start in range(0, len(x), at_once):
        samples = x[start : start + at_once]
        for number, view in enumerate(cells(samples, size, **window)):
            columns[: len(samples), ..., number * channels : (number + 1) * channels] = view
        rows = columns[: len(samples)].reshape(-1, len(matrix))
        np.matmul(rows, matrix, out=y[start : start + at_once].reshape(-1, filters))
    return np.add(y, bias, out=y)


def depthwise_conv(x: Array, kernel: Array, bias: Array | float = 0.0, **window: Any) -> Array:
    """Convolve every channel with kernels of its own.

    y[b, i, j, c * multiplier + q] = bias[...] + sum over m, n of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, q]

    x (batch, *axes, channels), kernel (*size, channels, multiplier), bias (channels * multiplier,), `window` as in
    `conv` -> y (batch, *output axes, channels * multiplier). No products are shared: it is a sum over kernel cells.
    """
    *size, channels, multiplier = kernel.shape
    pairs = zip(cells(floating(x), size, **window), kernel.reshape(-1, channels, multiplier), strict=True)
    y = sum(view[..., np.newaxis] * cell for view, cell in pairs)
    return y.reshape(*y.shape[:-2], channels * multiplier) + bias


def separable_conv(
    x: Array, depthwise_kernel: Array, pointwise_kernel: Array, bias: Array | float = 0.0, **window: Any
) -> Array:
    """`depthwise_conv` over space, then a `conv` with windows of one cell (Chollet 2017)."""
    return conv(depthwise_conv(x, depthwise_kernel, **window), pointwise_kernel, bias)


def conv_shapes(layer: Layer, x: Array) -> Shapes:
    """The weights of Conv1D and Conv2D."""
    kernel = (*per_axis(layer.kernel_size, x), x.shape[-1] // layer.groups, layer.filters)
    return {"kernel": kernel, "bias": (layer.filters,) if layer.use_bias else None}


def depthwise_shapes(layer: Layer, x: Array) -> Shapes:
    """The weights of DepthwiseConv1D and DepthwiseConv2D."""
    kernel = (*per_axis(layer.kernel_size, x), x.shape[-1], layer.depth_multiplier)
    return {"kernel": kernel, "bias": (math.prod(kernel[-2:]),) if layer.use_bias else None}


def separable_shapes(layer: Layer, x: Array) -> Shapes:
    """The weights of SeparableConv1D and SeparableConv2D."""
    depthwise = depthwise_shapes(layer, x)["kernel"]
    pointwise = (*per_axis(1, x), math.prod(depthwise[-2:]), layer.filters)
    bias = (layer.filters,) if layer.use_bias else None
    return {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise, "bias": bias}


shared = {"kernel_size": counts, "strides": counts, "padding": one_of("valid", "same", "causal"), "use_bias": flag}
shared |= {"dilation_rate": counts, "activation": activation}
channels_last = partial(bind, fixed={"data_format": "channels_last"}, through=(cells,))  # channels_first is refused
KINDS = {
    "Conv": channels_last(conv, weight_shapes=conv_shapes, options=shared | {"filters": count, "groups": count}),
    "DepthwiseConv": channels_last(
        depthwise_conv, weight_shapes=depthwise_shapes, options=shared | {"depth_multiplier": count}
    ),
    "SeparableConv": channels_last(
        separable_conv, weight_shapes=separable_shapes, options=shared | {"depth_multiplier": count, "filters": count}
    ),
}
LAYERS = {f"{kind}{rank}D": layer for kind, layer in KINDS.items() for rank in (1, 2)}
