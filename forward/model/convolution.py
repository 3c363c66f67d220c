"""Convolution over one or more axes: whole, in groups, channel by channel, and separable."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from ..activations import Array
from .activation import activation
from .layer import Layer, Shapes, Sizes, bind, count, counts, flag, one_of
from .windows import cells, floating, output_lengths, pad, per_axis, windows

BLOCK_BYTES = 8 * 2**20  # samples are convolved a few at a time, so that what is made of them stays in the cache


def conv(
    x: Array, kernel: Array, bias: Array | float = 0.0, groups: int = 1, pool: Sizes = 1, strides: Sizes = 1,
    padding: str = "valid", dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """Slide a kernel over the axes between batch and channels. For images:

    y[b, i, j, f] = bias[f] + sum over m, n, c of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, f]

    x (batch, height, width, channels), kernel (kernel_height, kernel_width, channels / groups, filters),
    bias (filters,) -> y (batch, out_height, out_width, filters). `strides` (s, t) and `dilation_rate` (d, e)
    are one number, or one for each axis. The `padding` "valid" keeps to whole windows, "same" pads with
    zeros as TensorFlow does, "causal" only in front. With `groups`, channels and filters are cut into as
    many parts, each of which sees only its own. `pool` gives `max_pool(y, pool)` instead of y, without
    making y. Raises ValueError if the channels of x and kernel differ. Source: Keras' Conv1D and Conv2D,
    which are cross-correlations: the kernel is not turned round.

    It is computed as one matrix product of all windows (`im2col`) or, where that pays, by `winograd`, in
    which an infinite or NaN value reaches a few places more.
    """
    x, kernel = (each.astype(np.result_type(x, kernel, np.float32), copy=False) for each in (x, kernel))
    *size, channels, _ = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels * groups:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape} and {groups} groups")
    if groups > 1:
        parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
        y = np.concatenate([conv(*part, 0.0, 1, pool, strides, padding, dilation_rate) for part in parts], axis=-1)
    else:
        x = pad(x, size, strides, padding, dilation_rate)
        pays = winograd_pays(x, kernel, pool, strides, dilation_rate)
        y = winograd(x, kernel, pool) if pays else im2col(x, kernel, pool, strides, dilation_rate)
    return np.add(y, bias, out=y) if np.any(bias) else y


def im2col(x: Array, kernel: Array, pool: Sizes = 1, strides: Sizes = 1, dilation_rate: Sizes = 1) -> Array:
    """A convolution of an x that is padded already, as one matrix product, and the largest value of each pool.

    Each window becomes a row of one large matrix: columns (windows, kernel_height * kernel_width *
    channels) @ kernel. The rows are copied out of a view of all windows, in runs as long as a kernel row:
    three times as fast as cell by cell, which saves a sixth of the CNN's time. The first places of all pools are
    computed together, then the second ones, ..., so that the maximum is one of whole arrays.
    """
    *size, _, filters = kernel.shape
    view, matrix, pool = windows(x, size, strides, dilation_rate), kernel.reshape(-1, filters), per_axis(pool, x)
    lengths = output_lengths(view[(..., *[0] * len(size), slice(None))], pool, pool)
    y = np.empty((len(x), *lengths, filters), x.dtype)
    for part in blocks(len(x), math.prod(lengths) * len(matrix) * x.itemsize):
        for number, place in enumerate(product(*map(range, pool))):
            chosen = (slice(first, first + n * step, step) for first, n, step in zip(place, lengths, pool, strict=True))
            columns, out = view[part, *chosen].reshape(-1, len(matrix)), y[part].reshape(-1, filters)
            np.maximum(out, columns @ matrix, out=out) if number else np.matmul(columns, matrix, out=out)
    return y


def winograd_matrices(points: tuple[float, ...], outputs: int) -> tuple[Array, Array, Array]:
    """A, B, G so that A.T @ ((G @ g) * (B.T @ d)) are the `outputs` dot products of g along d (Winograd 1980).

    They come from polynomials: two are multiplied by their values at the points and at infinity.
    """

    def values(n: int) -> Array:
        return np.vstack([np.vander(points, n, increasing=True), np.eye(1, n, n - 1)])

    window = len(points) + 1
    return values(outputs), np.linalg.inv(values(window)), values(window - outputs + 1)


# With the points 0, +-1 and +-2, which most use, the rounding error is half as large again.
A, B, G = winograd_matrices((0, 3 / 4, -3 / 4, 3 / 2, -3 / 2), outputs=4)
TILES, KERNELS, OUTPUTS = np.kron(B, B).T, np.kron(G, G), np.kron(A, A).T  # the same for both axes of an image


def winograd(x: Array, kernel: Array, pool: Sizes = 1) -> Array:
    """A 3x3 convolution of an x that is padded already, F(4x4, 3x3) of Lavin and Gray (2016), pooled like `im2col`.

    Tiles of 6x6 places, which overlap by two, are transformed so that each of their 36 places needs one
    product of channels by filters, and the products transformed back to 4x4 outputs: 36 multiplications
    instead of 16 * 9. The transformations are matrix products, too, so that this is three in a row. It
    saves a fifth of the CNN's time. On random numbers the rounding error is up to four times that of `im2col`, 2e-6 of
    the largest output in float32. An infinite or NaN value reaches its whole tile. Raises ValueError for another
    size of kernel, and for a `pool` that is not of 1, 2 or 4 places along each axis.
    """
    n, height, width, channels = x.shape
    if kernel.shape[:3] != (3, 3, channels) or not {*per_axis(pool, x)} <= {1, 2, 4}:
        raise ValueError(f"no Winograd's way for {channels} channels, a kernel {kernel.shape} and a pool of {pool}")
    filters, rows, columns = kernel.shape[-1], -(-(height - 2) // 4), -(-(width - 2) // 4)
    if (height - 2) % 4 or (width - 2) % 4:
        x = np.pad(x, ((0, 0), (0, 4 * rows + 2 - height), (0, 4 * columns + 2 - width), (0, 0)))
    tiles, kernels, outputs = (each.astype(x.dtype) for each in (TILES, KERNELS, OUTPUTS))
    kernels = (kernels @ kernel.reshape(9, -1)).reshape(36, channels, filters)
    (p, q), view = per_axis(pool, x), windows(x, 6, strides=4)
    y = np.empty((n, rows, 4 // p, columns, 4 // q, filters), x.dtype)
    for part in blocks(n, rows * columns * 36 * (channels + filters) * x.itemsize):
        places = view[part].transpose(3, 4, 0, 1, 2, 5).reshape(36, -1)
        products = (tiles @ places).reshape(36, -1, channels) @ kernels
        values = (outputs @ products.reshape(36, -1)).reshape(4 // p, p, 4 // q, q, -1)
        values = values.max(axis=(1, 3)) if p * q > 1 else values
        y[part] = values.reshape(4 // p, 4 // q, -1, rows, columns, filters).transpose(2, 3, 0, 4, 1, 5)
    y = y.reshape(n, 4 * rows // p, 4 * columns // q, filters)
    return y[:, : (height - 2) // p, : (width - 2) // q]


def winograd_pays(x: Array, kernel: Array, pool: Sizes = 1, strides: Sizes = 1, dilation_rate: Sizes = 1) -> bool:
    """Whether `winograd` can compute it, with so few multiplications that its copying pays."""
    steps = {*per_axis(strides, x), *per_axis(dilation_rate, x)}
    if kernel.shape[:-2] != (3, 3) or steps != {1} or not {*per_axis(pool, x)} <= {1, 2, 4}:
        return False
    (n, height, width, channels), filters, (p, q) = x.shape, kernel.shape[-1], per_axis(pool, x)
    if height - 2 < p or width - 2 < q:
        return False
    tiles = n * -(-(height - 2) // 4) * -(-(width - 2) // 4)
    products = 36 * channels * filters * (tiles + 9) + 36 * tiles * (36 * channels + 16 * filters)
    return 1.6 * products < n * (height - 2) * (width - 2) * 9 * channels * filters


def blocks(n: int, bytes_each: int) -> Iterator[slice]:
    """Slices of n samples, each of as many as BLOCK_BYTES hold, but of at least one."""
    at_once = max(1, BLOCK_BYTES // max(1, bytes_each))
    return (slice(start, start + at_once) for start in range(0, n, at_once))


def depthwise_conv(
    x: Array, kernel: Array, bias: Array | float = 0.0, strides: Sizes = 1, padding: str = "valid",
    dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """Convolve every channel with kernels of its own.

    y[b, i, j, c * multiplier + q] = bias[...] + sum over m, n of x[b, i*s + m*d, j*t + n*e, c] * kernel[m, n, c, q]

    x (batch, *axes, channels), kernel (*size, channels, multiplier), bias (channels * multiplier,), the others as in
    `conv` -> y (batch, *output axes, channels * multiplier). No products are shared: it is a sum over kernel cells.
    """
    *size, channels, multiplier = kernel.shape
    views = cells(floating(x), size, strides, padding, dilation_rate)
    pairs = zip(views, kernel.reshape(-1, channels, multiplier), strict=True)
    y = sum(view[..., np.newaxis] * cell for view, cell in pairs)
    return y.reshape(*y.shape[:-2], channels * multiplier) + bias


def separable_conv(
    x: Array, depthwise_kernel: Array, pointwise_kernel: Array, bias: Array | float = 0.0, strides: Sizes = 1,
    padding: str = "valid", dilation_rate: Sizes = 1,
) -> Array:  # fmt: skip
    """`depthwise_conv` over space, then a `conv` with windows of one cell (Chollet 2017)."""
    y = depthwise_conv(x, depthwise_kernel, 0.0, strides, padding, dilation_rate)
    return conv(y, pointwise_kernel, bias)


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
of_weights = frozenset({"kernel_size", "use_bias", "filters", "depth_multiplier"})  # they say what shape these have
channels_last = partial(bind, fixed={"data_format": "channels_last"}, apart=of_weights)  # channels_first is refused
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
