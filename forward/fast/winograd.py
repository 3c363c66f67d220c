"""Convolutions with fewer multiplications, for every kernel and tile in the tables."""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from ..activations import Array
from .memory import at_once, windows_along

# How many places a tile gives along an axis, by the kernel's size there; and for tiles of so many places the points,
# beside infinity, that gave the least rounding error of all tried, fractions of small numbers from 1/4 to 3. The errors
# measured on random numbers in float32, root mean squares relative to the largest output (a plain product has 4e-8):
# kernels of 3 have 1.1e-7 (with 0, 1, -1, 2, -2, which most take, half as much again), of 5 5.9e-7, of 7 6.7e-7. Tiles
# of ten places for 7 would have 3.0e-6, too much for probabilities that shall be right to 1e-6.
OUTPUTS = {3: 4, 5: 4, 7: 2}
POINTS = {6: (0, 2 / 3, -2 / 3, 3 / 2, -3 / 2), 8: (0, 1 / 2, -1 / 2, 1, -1, 2, -2)}
BLOCK_BYTES = 2**21  # of tiles and their products, which then stay in the processor's cache
Sizes = tuple[int, ...]
Tail = Callable[[Array, int], Array]  # what is done to outputs before they are stored, see `Convolution`


@cache
def winograd_matrices(size: int) -> tuple[Array, Array, Array]:
    """A, B, G so that A.T @ ((G @ g) * (B.T @ d)) are the dot products of g, of that size, along d (Winograd 1980).

    They come from polynomials: two are multiplied by their values at the points and at infinity.
    """
    outputs = OUTPUTS[size]
    points = POINTS[outputs + size - 1]

    def values(n: int) -> Array:
        return np.vstack([np.vander(points, n, increasing=True), np.eye(1, n, n - 1)])

    return values(outputs), np.linalg.inv(values(len(points) + 1)), values(size)


def transform_kernel(kernel: Array) -> Array:
    """A kernel (height, width, channels, filters) as `winograd` takes it: (places of a tile, channels, filters)."""
    *size, channels, filters = kernel.shape
    both = np.kron(*(winograd_matrices(n)[2] for n in size))
    return (both @ kernel.reshape(math.prod(size), -1)).astype(kernel.dtype).reshape(-1, channels, filters)


def winograd(
    x: Array, kernel: Array, size: tuple[int, int], tail: Tail | None = None, pool: tuple[int, int] = (1, 1)
) -> Array:
    """A `conv` of an x that is padded already, F(m x n, r x s) of Lavin and Gray (2016), and what `tail` does to it.

    x (height, width, batch, channels), whose outputs are whole tiles, and a kernel of that `size` from
    `transform_kernel` -> y (height, width, batch, filters), or for each pool one place. Tiles overlap by size - 1
    places. They are transformed along one axis, then along the other, so that each of their places needs one product of
    channels by filters, and the products are transformed back in the same way. As the batch stands behind the places,
    each transformation is a product of a small matrix with a view of x, in long runs: nothing is copied. An infinite or
    NaN value reaches its whole tile. Raises ValueError for sizes that are not in the tables, and where tiles are cut.
    """
    cut = [n - k + 1 for n, k in zip(x.shape, size, strict=False)]
    if not able(size, pool=pool) or any(n < 1 or n % outputs(k) for n, k in zip(cut, size, strict=True)):
        raise ValueError(f"no Winograd's way for x of shape {x.shape}, a kernel of {size} and a pool of {pool}")
    (m, n), (p, q), (batch, filters) = map(outputs, size), pool, (x.shape[2], kernel.shape[-1])
    rows, columns = cut[0] // m, cut[1] // n
    y = np.empty((rows, m // p, columns, n // q, batch, filters), x.dtype)
    for part, slabs in at_once(batch, rows, len(kernel) * columns * sum(kernel.shape[1:]) * x.itemsize, BLOCK_BYTES):
        some = np.ascontiguousarray(x[:, :, part])
        for slab in slabs:
            values = multiply(some[m * slab.start : m * slab.stop + size[0] - 1], kernel, size)
            values = values.reshape(m // p, p, n // q, q, -1, some.shape[2] * filters)
            values = values if tail is None else tail(values, some.shape[2])
            values = values.reshape(m // p, n // q, -1, columns, some.shape[2], filters)
            y[slab, :, :, :, part] = values.transpose(2, 0, 3, 1, 4, 5)
    return y.reshape(rows * m // p, columns * n // q, batch, filters)


def multiply(x: Array, kernel: Array, size: tuple[int, int]) -> Array:
    """The outputs of all tiles of x: (places of a tile's outputs, tiles * batch * filters)."""
    height, width, batch, channels = x.shape
    (a, b, _), (c, d, _) = ([each.astype(x.dtype) for each in winograd_matrices(n)] for n in size)
    (tall, m), (wide, n) = a.shape, c.shape
    tiles = b.T @ windows_along(x.reshape(height, -1), 0, tall, m)  # (rows, tall, width * batch * channels)
    view = windows_along(tiles.reshape(len(tiles), tall, width, -1), 2, wide, n)
    places = np.empty((tall, wide, len(tiles), view.shape[2], batch * channels), x.dtype)
    np.matmul(d.T, view, out=places.transpose(2, 0, 3, 1, 4))
    products = places.reshape(tall * wide, -1, channels) @ kernel
    return c.T @ (a.T @ products.reshape(tall, -1)).reshape(m, wide, -1)


def outputs(size: int) -> int:
    """How many places a tile gives along an axis where the kernel has that size."""
    return OUTPUTS[size]


def prepared_size(kernel: tuple[int, ...]) -> int:
    """How many numbers `transform_kernel` makes of a kernel of that shape."""
    return math.prod(OUTPUTS[n] + n - 1 for n in kernel[:-2]) * kernel[-2] * kernel[-1]


def able(size: Sizes, strides: Sizes = (1, 1), dilation: Sizes = (1, 1), pool: Sizes = (1, 1)) -> bool:
    """Whether `winograd` can compute it: no steps, sizes of the tables, and no tile that cuts a pool."""
    known = len(size) == 2 and {*strides, *dilation} == {1} and {*size} <= OUTPUTS.keys()
    return known and not any(OUTPUTS[n] % p for n, p in zip(size, pool, strict=True))


def pays(lengths: Sequence[int], kernel: Sizes) -> bool:
    """Whether the multiplications saved outweigh the transformations, for so many places and a kernel of that shape.

    To transform a place of a tile for a channel or a filter takes as long as 24 multiplications: measured, with either
    of OpenBLAS' kernels for AVX2 and AVX-512.
    """
    *size, channels, filters = kernel
    tiles = math.prod(-(-n // OUTPUTS[k]) * (OUTPUTS[k] + k - 1) for n, k in zip(lengths, size, strict=True))
    return tiles * (channels * filters + 24 * (channels + filters)) < math.prod((*lengths, *kernel))
