"""3x3 convolutions with fewer multiplications."""

import numpy as np

from ..activations import Array
from ..convolution import Sizes, per_axis, sliding_windows
from .memory import blocks, surround


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
    """A 3x3 `conv` of an x that is padded already, F(4x4, 3x3) of Lavin and Gray (2016), and `max_pool` of it.

    Tiles of 6x6 places, which overlap by two, are transformed so that each of their 36 places needs one product of
    channels by filters, and the products transformed back to 4x4 outputs: 36 multiplications instead of 16 * 9. The
    transformations are matrix products, too, so that this is three in a row. On random numbers the rounding error is
    up to four times that of `im2col`, 2e-6 of the largest output in float32. An infinite or NaN value reaches its
    whole tile. Raises ValueError for another size of kernel, and for a `pool` that is not of 1, 2 or 4 places along
    each axis.
    """
    n, height, width, channels = x.shape
    if kernel.shape[:3] != (3, 3, channels) or not {*per_axis(pool, x)} <= {1, 2, 4}:
        raise ValueError(f"no Winograd's way for {channels} channels, a kernel {kernel.shape} and a pool of {pool}")
    filters, rows, columns = kernel.shape[-1], -(-(height - 2) // 4), -(-(width - 2) // 4)
    if (height - 2) % 4 or (width - 2) % 4:
        x = surround(x, [(0, 4 * rows + 2 - height), (0, 4 * columns + 2 - width)])
    tiles, kernels, outputs = (each.astype(x.dtype) for each in (TILES, KERNELS, OUTPUTS))
    kernels = (kernels @ kernel.reshape(9, -1)).reshape(36, channels, filters)
    (p, q), view = per_axis(pool, x), sliding_windows(x, 6, strides=4)
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
