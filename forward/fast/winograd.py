"""Convolutions with fewer multiplications, for every kernel and tile in the tables."""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from ..activations import Array
from .memory import at_once, windows_along

# Of a kernel, by its size along an axis: how many places a tile gives there, and the size of the parts into which the
# kernel is cut. Two parts, each as long as what its tile gives, are two numbers of which each is a tile: their products
# with two tiles beside each other are found in the same way again, three instead of four.
TILES = {3: (4, 3), 5: (4, 5), 7: (4, 4)}
# For so many products, the points beside infinity that gave the least rounding error of all tried, fractions of small
# numbers from 1/4 to 4. The errors measured on random numbers in float32, root mean squares relative to the largest
# output (a plain product has 4e-8): kernels of 3 have 1.1e-7 (with 0, 1, -1, 2, -2, which most take, half as much
# again), of 5 5.9e-7, of 7 6.7e-7; whole ones of 7 would have 3.0e-6 for four places.
POINTS = {
    3: (0, -1),
    6: (0, 2 / 3, -2 / 3, 3 / 2, -3 / 2),
    7: (0, 1 / 2, -1 / 2, 9 / 8, -9 / 8, 3),
    8: (0, 1 / 2, -1 / 2, 1, -1, 2, -2),
}
# Of tiles and their products: so many stay in the processor's cache. As many as a kernel has, up to the second number,
# as it is read once for each block.
BLOCK_BYTES, LARGEST_BLOCK = 2**21, 2**23
Sizes = tuple[int, ...]
Tail = Callable[[Array, int], Array]  # what is done to outputs before they are stored, see `Convolution`


@cache
def matrices(size: int) -> tuple[Array, Array, Array]:
    """A, B, G so that A.T @ ((G @ g) * (B.T @ d)) are the dot products of a kernel g of that size along d."""
    out, part = TILES[size]
    a, b, g = polynomial(out, part)
    if part >= size:
        return a, b, g
    first, second, third = polynomial(2, 2)
    tiles = np.zeros((3, len(b), 2 * out + len(b)))  # beside each other, `out` places apart
    for number in range(3):
        tiles[number, :, number * out : number * out + len(b)] = b.T
    both = np.tensordot(second.T, tiles, 1).reshape(3 * len(b), -1)
    return np.kron(first, a), both.T, np.kron(third, g)[:, :size]


@cache
def rounded(size: int, dtype: np.dtype) -> list[Array]:
    """The same in that dtype."""
    return [each.astype(dtype) for each in matrices(size)]


def inputs(size: int) -> int:
    """How many places a tile takes along an axis where the kernel has that size."""
    return len(matrices(size)[1])


def outputs(size: int) -> int:
    """How many places a tile gives there."""
    return matrices(size)[0].shape[1]


def transform_kernel(kernel: Array) -> Array:
    """A kernel (height, width, channels, filters) as `winograd` takes it: (products of a tile, channels, filters)."""
    *size, channels, filters = kernel.shape
    both = np.kron(*(matrices(n)[2] for n in size))
    return (both @ kernel.reshape(math.prod(size), -1)).astype(kernel.dtype).reshape(-1, channels, filters)


def polynomial(outputs: int, size: int) -> tuple[Array, Array, Array]:
    """The same for a kernel of that size in one part (Winograd 1980).

    They come from polynomials: two are multiplied by their values at the points and at infinity.
    """
    points = POINTS[outputs + size - 1]

    def values(n: int) -> Array:
        return np.vstack([np.vander(points, n, increasing=True), np.eye(1, n, n - 1)])

    return values(outputs), np.linalg.inv(values(len(points) + 1)), values(size)


def winograd(
    x: Array, kernel: Array, size: tuple[int, int], tail: Tail | None = None, pool: tuple[int, int] = (1, 1)
) -> Array:
    """A `conv` of an x that is padded already, F(m x n, r x s) of Lavin and Gray (2016), and what `tail` does to it.

    x (height, width, batch, channels), which is whole tiles, and a kernel of that `size` from `transform_kernel` -> y
    (height, width, batch, filters), or for each pool one place. Tiles overlap. They are transformed along one axis,
    then along the other, so that each number that they become needs one product of channels by filters, and the
    products are transformed back in the same way. As the batch stands behind the places, each transformation is a
    product of a small matrix with a view of x, in long runs: nothing is copied. An infinite or NaN value reaches its
    whole tile. Raises ValueError for sizes that are not in the table, and where tiles are cut.
    """
    if not able(size, pool=pool) or any((n - inputs(k)) % outputs(k) for n, k in zip(x.shape, size, strict=False)):
        raise ValueError(f"no Winograd's way for x of shape {x.shape}, a kernel of {size} and a pool of {pool}")
    (m, n), (p, q), (batch, filters) = map(outputs, size), pool, (x.shape[2], kernel.shape[-1])
    rows, columns = ((had - inputs(k)) // outputs(k) + 1 for had, k in zip(x.shape, size, strict=False))
    y = np.empty((rows, m // p, columns, n // q, batch, filters), x.dtype)
    row_bytes = columns * len(kernel) * sum(kernel.shape[1:]) * x.itemsize
    for part, slabs in at_once(batch, rows, row_bytes, max(BLOCK_BYTES, min(kernel.nbytes, LARGEST_BLOCK))):
        some = np.ascontiguousarray(x[:, :, part])
        for slab in slabs:
            values = multiply(some[m * slab.start : m * slab.stop + inputs(size[0]) - m], kernel, size)
            values = values.reshape(m // p, p, n // q, q, -1, some.shape[2] * filters)
            values = values if tail is None else tail(values, some.shape[2])
            values = values.reshape(m // p, n // q, -1, columns, some.shape[2], filters)
            y[slab, :, :, :, part] = values.transpose(2, 0, 3, 1, 4, 5)
    return y.reshape(rows * m // p, columns * n // q, batch, filters)


def multiply(x: Array, kernel: Array, size: tuple[int, int]) -> Array:
    """The outputs of all tiles of x: (places of a tile's outputs, tiles * batch * filters)."""
    height, width, batch, channels = x.shape
    (a, b, _), (c, d, _) = (rounded(n, x.dtype) for n in size)
    (tall, m), (wide, n) = a.shape, c.shape
    tiles = b.T @ windows_along(x.reshape(height, -1), 0, len(b), m)  # (rows, tall, width * batch * channels)
    view = windows_along(tiles.reshape(len(tiles), tall, width, -1), 2, len(d), n)
    places = np.empty((tall, wide, len(tiles), view.shape[2], batch * channels), x.dtype)
    np.matmul(d.T, view, out=places.transpose(2, 0, 3, 1, 4))
    products = places.reshape(tall * wide, -1, channels) @ kernel
    return c.T @ (a.T @ products.reshape(tall, -1)).reshape(m, wide, -1)


def prepared_size(kernel: Sizes) -> int:
    """How many numbers `transform_kernel` makes of a kernel of that shape."""
    return math.prod(len(matrices(n)[2]) for n in kernel[:-2]) * kernel[-2] * kernel[-1]


def able(size: Sizes, strides: Sizes = (1, 1), dilation: Sizes = (1, 1), pool: Sizes = (1, 1)) -> bool:
    """Whether `winograd` can compute it: no steps, sizes of the tables, and no tile that cuts a pool."""
    known = len(size) == 2 and {*strides, *dilation} == {1} and {*size} <= TILES.keys()
    return known and not any(outputs(n) % p for n, p in zip(size, pool, strict=True))


def pays(lengths: Sequence[int], kernel: Sizes) -> bool:
    """Whether the multiplications saved outweigh the transformations, for so many places and a kernel of that shape.

    To transform a place of a tile for a channel or a filter takes as long as 24 multiplications: measured, with either
    of OpenBLAS' kernels for AVX2 and AVX-512.
    """
    *size, channels, filters = kernel
    tiles = math.prod(-(-n // outputs(k)) for n, k in zip(lengths, size, strict=True))
    places = math.prod(len(matrices(k)[2]) for k in size)
    return tiles * places * (channels * filters + 24 * (channels + filters)) < math.prod((*lengths, *kernel))
