"""Convolutions with fewer multiplications, for every kernel and tile in the tables."""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from ..activations import Array
from .memory import at_once, windows_along

OUTPUTS = {3: 4, 5: 8, 7: 8}  # by the size of a kernel along an axis: how many places a tile gives there
# By how many places a tile takes: the points p and the pairs (b, c) that stand for the polynomials x - p and
# x² + bx + c, which with infinity gave the least rounding error of all tried, the points fractions of small numbers
# from 1/2 to 2. The errors measured on random numbers in float32, root mean squares relative to the largest output (a
# plain product has 0.5e-7): kernels of 3 have 1.4e-7, of 5 1.0e-7, of 7 1.3e-7. By points alone, four places at a time,
# kernels of 5 had 6e-7: trained networks then part from Keras further than their check allows.
FACTORS: dict[int, tuple[tuple[float, ...], tuple[tuple[int, int], ...]]] = {
    6: ((0, 2 / 3, -2 / 3, 3 / 2, -3 / 2), ()),
    12: ((0, 3 / 4, -3 / 4, 4 / 3, -4 / 3), ((0, 1), (1, 1), (-1, 1))),
    14: ((0, 2 / 3, -2 / 3, 1, -1, 3 / 2, -3 / 2), ((0, 1), (1, 1), (-1, 1))),
}
# Of tiles and their products: so many stay in the processor's cache. As many as a kernel has, up to the second number,
# as it is read once for each block.
BLOCK_BYTES, LARGEST_BLOCK = 2**21, 2**23
Lengths = tuple[int, ...]
OnOutputs = Callable[[Array, int], Array]  # what is done to outputs before they are stored, see `Convolution`


@cache
def matrices(size: int) -> tuple[Array, Array, Array]:
    """A, B, G so that A.T @ ((G @ g) * (B.T @ d)) are the dot products of a kernel g of that size along d.

    They come from polynomials (Winograd 1980). Two are multiplied by their remainders modulo some factors: modulo x - p
    these are their values at p; modulo x² + bx + c they are r0 + r1 x and s0 + s1 x, and r0 s0, r1 s1 and
    (r0 + r1)(s0 + s1) give the product's. Factors of degree two whose roots lie on the unit circle take a product more,
    and spare points that are far from it, where powers are large or small (Barabasz and Gregg 2019).
    """
    points, pairs = FACTORS[OUTPUTS[size] + size - 1]
    linear = np.eye(len(points) + 1)
    split = diagonal(linear, *(np.array([[1, 0], [0, 1], [1, 1]]) for _ in pairs))
    join = diagonal(linear, *(np.array([[1, -c, 0], [-1, -1 - b, 1]]) for b, c in pairs))

    def remainders(n: int) -> Array:
        rows = [np.vander(points, n, increasing=True), np.eye(1, n, n - 1)]
        for b, c in pairs:
            times_x = np.array([[0, -c], [1, -b]])
            rows.append(np.stack([np.linalg.matrix_power(times_x, power)[:, 0] for power in range(n)], axis=1))
        return np.vstack(rows)

    inverse = np.linalg.inv(remainders(len(join)))
    return split @ remainders(OUTPUTS[size]), inverse @ join, split @ remainders(size)


def diagonal(*blocks: Array) -> Array:
    """A matrix with these along its diagonal, and zeros."""
    whole = np.zeros(np.sum([each.shape for each in blocks], axis=0))
    row = column = 0
    for each in blocks:
        height, width = each.shape
        whole[row : row + height, column : column + width] = each
        row, column = row + height, column + width
    return whole


@cache
def rounded(size: int, dtype: np.dtype) -> list[Array]:
    """The same in that dtype."""
    return [each.astype(dtype) for each in matrices(size)]


def inputs(size: int) -> int:
    """How many places a tile takes along an axis where the kernel has that size."""
    return len(matrices(size)[1])


def outputs(size: int) -> int:
    """How many places a tile gives there."""
    return OUTPUTS[size]


def transform_kernel(kernel: Array) -> Array:
    """A kernel (height, width, channels, filters) as `winograd` takes it: (products of a tile, channels, filters)."""
    *size, channels, filters = kernel.shape
    both = np.kron(*(matrices(n)[2] for n in size))
    return (both @ kernel.reshape(math.prod(size), -1)).astype(kernel.dtype).reshape(-1, channels, filters)


def winograd(
    x: Array, kernel: Array, size: tuple[int, int], tail: OnOutputs | None = None, pool: tuple[int, int] = (1, 1)
) -> Array:
    """A `conv` of an x that is padded already, F(m x n, r x s) of Lavin and Gray (2016), and what `tail` does to it.

    x (height, width, batch, channels), which is whole tiles, and a kernel of that `size` from `transform_kernel` -> y
    (height, width, batch, filters), or for each pool one place. Tiles overlap. They are transformed along one axis,
    then along the other, so that each number that they become needs one product of channels by filters, and the
    products are transformed back in the same way. As the batch stands behind the places, each transformation is a
    product of a small matrix with a view of x, in long runs: nothing is copied but a part of a divided batch. An
    infinite or NaN value reaches all of the tiles that take it, there as NaN. Raises ValueError for sizes that are not
    in the table, and where tiles are cut.
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


def prepared_size(kernel: Lengths) -> int:
    """How many numbers `transform_kernel` makes of a kernel of that shape."""
    return math.prod(len(matrices(n)[2]) for n in kernel[:-2]) * kernel[-2] * kernel[-1]


def able(size: Lengths, strides: Lengths = (1, 1), dilation: Lengths = (1, 1), pool: Lengths = (1, 1)) -> bool:
    """Whether `winograd` can compute it: no steps, sizes of the tables, and no tile that cuts a pool."""
    known = len(size) == 2 and {*strides, *dilation} == {1} and {*size} <= OUTPUTS.keys()
    return known and not any(outputs(n) % p for n, p in zip(size, pool, strict=True))


def pays(lengths: Sequence[int], kernel: Lengths) -> bool:
    """Whether the multiplications saved outweigh the transformations, for so many places and a kernel of that shape.

    To transform a place of a tile for a channel or a filter takes as long as 24 multiplications: measured with tiles
    of 6 and 8 places, by either of OpenBLAS' kernels for AVX2 and AVX-512.
    """
    *size, channels, filters = kernel
    tiles = math.prod(-(-n // outputs(k)) for n, k in zip(lengths, size, strict=True))
    places = math.prod(len(matrices(k)[2]) for k in size)
    return tiles * places * (channels * filters + 24 * (channels + filters)) < math.prod((*lengths, *kernel))
