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

    y[b, i, j, f] = bias[f] + sum over m, n, c of padded[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, f]

    x (batch, *axes, channels), kernel (*size, channels / groups, filters), bias (filters,) -> y (batch, *out, filters);
    `padded` is x with the zeros of `forward.convolution.padding_sizes`. With `groups`, channels and filters are cut
    into as many parts, each of which sees only its own. Raises ValueError if the channels of x and kernel differ, or no
    window fits. Source: Keras' Conv1D and Conv2D, which are cross-correlations: the kernel is not turned round.
    """
    windows = windows_of(x, kernel, strides, padding, dilation_rate, groups)
    parts = zip(np.split(windows, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    return np.concatenate([np.tensordot(part, own, axes=kernel.ndim - 1) for part, own in parts], axis=-1) + bias


def depthwise_conv(
    x: Array, kernel: Array, bias: Weight = 0.0, strides: Sizes = 1, padding: str = "valid", dilation_rate: Sizes = 1
) -> Array:
    """Convolve every channel with kernels of its own.

    y[b, i, j, q'] = bias[q'] + sum over m, n of padded[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, q], with
    q' = c * multiplier + q

    x (batch, *axes, channels), kernel (*size, channels, multiplier), bias (channels * multiplier,) -> y (batch, *out,
    channels * multiplier); the others, and the errors, are those of `conv`. Source: Keras' DepthwiseConv2D.
    """
    *size, channels, multiplier = kernel.shape
    windows = windows_of(x, kernel, strides, padding, dilation_rate)
    out, cells = windows.shape[: len(size) + 1], math.prod(size)
    windows, kernel = windows.reshape(*out, cells, channels), kernel.reshape(cells, channels, multiplier)
    return np.einsum("...kc,kcq->...cq", windows, kernel).reshape(*out, channels * multiplier) + bias


def separable_conv(
    x: Array, depthwise_kernel: Array, pointwise_kernel: Array, bias: Weight = 0.0, strides: Sizes = 1,
    padding: str = "valid", dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """y = conv(depthwise_conv(x, depthwise_kernel, ...), pointwise_kernel, bias) (Chollet 2017).

    x (batch, *axes, channels), depthwise_kernel (*size, channels, multiplier), pointwise_kernel (1, .., channels *
    multiplier, filters), bias (filters,) -> y (batch, *out, filters). Raises as these do.
    """
    y = depthwise_conv(x, depthwise_kernel, 0.0, strides, padding, dilation_rate)
    return conv(y, pointwise_kernel, bias)


def conv_transpose(
    x: Array, kernel: Array, bias: Weight = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1, output_padding: Sizes | None = None,
) -> Array:  # fmt: skip
    """Write the kernel, times x, at every `strides`-th place, and add up what overlaps. For sequences:

    y[b, i*s + m*d - front, f] = bias[f] + sum over all i, m that meet there, and c, of x[b, i, c] * kernel[m, f, c]

    x (batch, *axes, channels), kernel (*size, filters, channels), bias (filters,) -> y (batch, *out, filters); `front`
    and `out`: see `forward.convolution.transposed_padding`. It is a `conv` of x with zeros between its places, with the
    kernel turned round. Raises ValueError for another padding than "valid" and "same". Source: Keras' Conv1DTranspose.
    """
    *size, _, channels = kernel.shape
    steps, spans = per_axis(strides, x), window_spans(x, size, dilation_rate)
    apart = np.zeros((len(x), *((n - 1) * s + 1 for n, s in zip(x.shape[1:-1], steps, strict=True)), channels), x.dtype)
    apart[:, *(slice(None, None, s) for s in steps)] = x
    extra = [None] * len(size) if output_padding is None else per_axis(output_padding, x)
    sides = [transposed_padding(*each, padding) for each in zip(x.shape[1:-1], spans, steps, extra, strict=True)]
    turned = np.flip(kernel, axis=tuple(range(len(size)))).swapaxes(-1, -2)
    return conv(np.pad(apart, [(0, 0), *sides, (0, 0)]), turned, bias, dilation_rate=dilation_rate)


def windows_of(x: Array, kernel: Array, strides: Sizes, padding: str, dilation_rate: Sizes, groups: int = 1) -> Array:
    """The windows of x that the kernel meets: (batch, *out, *size, channels); ValueError if the channels differ."""
    *size, channels, _ = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    return sliding_windows(pad(floating(x), size, strides, padding, dilation_rate), size, strides, dilation_rate)


def floating(x: Array) -> Array:
    """x as floating-point numbers: sums of small whole numbers would overflow, and they know no infinity."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def per_axis(sizes: Sizes, x: Array) -> list[int]:
    """One number for each axis between batch and channels; ValueError if there are more or fewer."""
    numbers = [int(sizes)] * (x.ndim - 2) if isinstance(sizes, int | np.integer) else [*sizes]
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


def transposed_padding(length: int, span: int, stride: int, extra: int | None, padding: str) -> tuple[int, int]:
    """The zeros in front and behind with which a transposed convolution is a plain one.

    It writes (length - 1) * stride + span places. Of these are left, with `extra` being its output_padding or None:

    "valid"   out = length * stride + max(span - stride, 0), or written + extra: zeros follow
    "same"    out = length * stride, or written - 2 * (span // 2) + extra: the first `front` ones fall off, half of
              what is too much, rounded down
    """
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    same, written = padding == "same", (length - 1) * stride + span
    if extra is None:
        out = length * stride if same else max(written, length * stride)
    else:
        out = written + extra - (2 * (span // 2) if same else 0)
    front = max(written - out, 0) // 2
    return span - 1 - front, out + front - written + span - 1
