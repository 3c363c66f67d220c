"""Convolution over the axes between batch and channels: whole, in groups, channel by channel, separable, transposed.

Sizes are one number, or one for each of these axes. `out` in a shape: as many places as windows fit.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .activations import Array, Weight

Sizes = int | Sequence[int]


def conv(
    x: Array, kernel: Array, bias: Weight = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1, groups: int = 1,
) -> Array:  # fmt: skip
    """Slide a kernel over x. For images, with strides (s, t) and dilation_rate (d, e):

    y[b, i, j, f] = bias[f] + sum over m, n, c of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, f]

    x (batch, *axes, channels), kernel (*size, channels / groups, filters), bias (filters,) -> y (batch, *out, filters).
    `padding`: see `padding_sizes`. With `groups`, channels and filters are cut into as many parts, each of which sees
    only its own. Raises ValueError if the channels of x and kernel differ, or no window fits. Source: Keras' Conv1D
    and Conv2D, which are cross-correlations: the kernel is not turned round.
    """
    *size, channels, _ = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    windows = sliding_windows(pad(floating(x), size, strides, padding, dilation_rate), size, strides, dilation_rate)
    parts = zip(np.split(windows, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    return np.concatenate([np.tensordot(part, own, axes=len(size) + 1) for part, own in parts], axis=-1) + bias


def depthwise_conv(
    x: Array, kernel: Array, bias: Weight = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """Convolve every channel with kernels of its own.

    y[b, i, j, c * multiplier + q] = bias[...] + sum over m, n of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, q]

    x (batch, *axes, channels), kernel (*size, channels, multiplier), bias (channels * multiplier,), the others as in
    `conv` -> y (batch, *out, channels * multiplier). Source: Keras' DepthwiseConv1D and DepthwiseConv2D.
    """
    *size, channels, multiplier = kernel.shape
    windows = sliding_windows(pad(floating(x), size, strides, padding, dilation_rate), size, strides, dilation_rate)
    out, cells = windows.shape[: len(size) + 1], math.prod(size)
    windows, kernel = windows.reshape(*out, cells, channels), kernel.reshape(cells, channels, multiplier)
    return np.einsum("...kc,kcq->...cq", windows, kernel).reshape(*out, channels * multiplier) + bias


def separable_conv(
    x: Array, depthwise_kernel: Array, pointwise_kernel: Array, bias: Weight = 0.0, strides: Sizes = 1,
    padding: str = "valid", dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """`depthwise_conv` over space, then a `conv` with windows of one cell (Chollet 2017)."""
    y = depthwise_conv(x, depthwise_kernel, 0.0, strides, padding, dilation_rate)
    return conv(y, pointwise_kernel, bias)


def conv_transpose(
    x: Array, kernel: Array, bias: Weight = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1, output_padding: Sizes | None = None,
) -> Array:  # fmt: skip
    """Write the kernel, times x, at every `strides`-th place, and add up what overlaps. For sequences:

    y[b, i*s + m*d - front, f] = bias[f] + sum over all i, m that meet there, and c, of x[b, i, c] * kernel[m, f, c]

    x (batch, *axes, channels), kernel (*size, filters, channels), bias (filters,) -> y (batch, *out, filters); `front`
    and `out`: see `transposed_padding`. It is a `conv` of x with zeros between its places, with the kernel turned
    round. Raises ValueError for another padding than "valid" and "same". Source: Keras' Conv1DTranspose.
    """
    *size, _, channels = kernel.shape
    steps, spans = per_axis(strides, x), window_spans(x, size, dilation_rate)
    apart = np.zeros((len(x), *((n - 1) * s + 1 for n, s in zip(x.shape[1:-1], steps, strict=True)), channels), x.dtype)
    apart[:, *(slice(None, None, s) for s in steps)] = x
    more = [None] * len(size) if output_padding is None else per_axis(output_padding, x)
    sides = [transposed_padding(*each, padding) for each in zip(x.shape[1:-1], spans, steps, more, strict=True)]
    turned = np.flip(kernel, axis=tuple(range(len(size)))).swapaxes(-1, -2)
    return conv(np.pad(apart, [(0, 0), *sides, (0, 0)]), turned, bias, dilation_rate=dilation_rate)


def floating(x: Array) -> Array:
    """x as floating-point numbers: sums of small whole numbers would overflow, and they know no infinity."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def per_axis(sizes: Sizes, x: Array) -> list[int]:
    """One number for each axis between batch and channels; ValueError if there are more or fewer."""
    numbers = [sizes] * (x.ndim - 2) if isinstance(sizes, int) else [*sizes]
    if len(numbers) != x.ndim - 2:
        raise ValueError(f"expected {x.ndim - 2} sizes, got {numbers}")
    return numbers


def window_spans(x: Array, size: Sizes, dilation_rate: Sizes = 1) -> list[int]:
    """How far a window reaches along each axis, whose cells are `dilation_rate` apart."""
    return [(n - 1) * d + 1 for n, d in zip(per_axis(size, x), per_axis(dilation_rate, x), strict=True)]


def sliding_windows(x: Array, size: Sizes, strides: Sizes = 1, dilation_rate: Sizes = 1) -> Array:
    """Every window of x, as a view: x (batch, *axes, channels) -> (batch, *out, *size, channels).

    The cells of a window are `dilation_rate` apart, the windows `strides`. Raises ValueError if no window fits.
    """
    spans = window_spans(x, size, dilation_rate)
    if any(span > n for span, n in zip(spans, x.shape[1:-1], strict=True)):
        raise ValueError(f"a window of {per_axis(size, x)} does not fit into {list(x.shape[1:-1])}")
    windows = sliding_window_view(x, spans, axis=tuple(range(1, x.ndim - 1)))
    steps, cells = ([slice(None, None, n) for n in per_axis(each, x)] for each in (strides, dilation_rate))
    return np.moveaxis(windows[:, *steps, :, *cells], x.ndim - 1, -1)


def pad(
    x: Array, size: Sizes, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1, value: float = 0.0
) -> Array:
    """x (batch, *axes, channels) with what `padding` adds to the axes: see `padding_sizes`."""
    spans, steps = window_spans(x, size, dilation_rate), per_axis(strides, x)
    sides = [padding_sizes(*each, padding) for each in zip(x.shape[1:-1], spans, steps, strict=True)]
    return np.pad(x, [(0, 0), *sides, (0, 0)], constant_values=value)


def padding_sizes(length: int, span: int, stride: int, padding: str) -> tuple[int, int]:
    """What `padding` adds in front and behind.

    "valid"   nothing
    "causal"  span - 1 in front, so that no output sees what comes after it
    "same"    so that ceil(length / stride) windows fit, as TensorFlow places them:
              total = max(span - stride, 0)            if length % stride == 0
                      max(span - length % stride, 0)   otherwise
              of which half, rounded down, goes in front and the rest behind
    """
    if padding == "same":
        total = max(span - (length % stride or stride), 0)
        return total // 2, total - total // 2
    if padding not in ("valid", "causal"):
        raise ValueError(f"padding must be 'valid', 'same' or 'causal', not {padding!r}")
    return (span - 1 if padding == "causal" else 0), 0


def transposed_padding(length: int, span: int, stride: int, more: int | None, padding: str) -> tuple[int, int]:
    """The zeros in front and behind with which a transposed convolution is a plain one. It makes

    "valid"   out = length * stride + max(span - stride, 0), or with `more` (length - 1) * stride + span + more
    "same"    out = length * stride, or with `more` (length - 1) * stride + span - 2 * (span // 2) + more,
              without the first half, rounded down, of what reaches beyond: `front`
    """
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    same, written = padding == "same", (length - 1) * stride + span
    if more is None:
        out = length * stride if same else max(written, length * stride)
    else:
        out = written + more - (2 * (span // 2) if same else 0)
    front = max(written - out, 0) // 2
    return span - 1 - front, out + front - written + span - 1
