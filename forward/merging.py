"""Several inputs into one: place by place, end to end, or as dot products."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from .activations import Array


def add(inputs: Sequence[Array]) -> Array:
    """The sum of the inputs, place by place."""
    return reduce(np.add, inputs)


def subtract(inputs: Sequence[Array]) -> Array:
    """The first of two inputs minus the second."""
    first, second = inputs
    return first - second


def average(inputs: Sequence[Array]) -> Array:
    """The mean of the inputs, place by place."""
    return reduce(np.add, inputs) / len(inputs)


def multiply(inputs: Sequence[Array]) -> Array:
    """The product of the inputs, place by place."""
    return reduce(np.multiply, inputs)


def maximum(inputs: Sequence[Array]) -> Array:
    """The largest of the inputs, place by place."""
    return reduce(np.maximum, inputs)


def minimum(inputs: Sequence[Array]) -> Array:
    """The smallest of the inputs, place by place."""
    return reduce(np.minimum, inputs)


def dot(x: Array, y: Array, axes: int | tuple[int, int], normalize: bool = False) -> Array:
    """The sums of products along one axis of x and one of y, sample by sample. For matrices, with the axes (2, 1):

    result[b, i, j] = sum over k of x[b, i, k] * y[b, k, j]

    The result has the other axes of x, then those of y; (batch, 1) if there are none. `normalize` divides each vector
    by its length before, at least 1e-7, which makes the cosine. Raises ValueError for axes of different sizes.
    Source: Keras' Dot.
    """
    first, second = (axes, axes) if isinstance(axes, int) else axes
    if x.shape[first] != y.shape[second]:
        raise ValueError(f"axis {first} of {x.shape} and axis {second} of {y.shape} differ in size")
    if normalize:
        x, y = (v / np.maximum(np.linalg.norm(v, axis=n, keepdims=True), 1e-7) for v, n in ((x, first), (y, second)))
    of_x, of_y = [*range(x.ndim)], [0, *range(x.ndim, x.ndim + y.ndim - 1)]  # names of the axes, as in einsum
    of_y[second] = of_x[first]
    result = np.einsum(x, of_x, y, of_y, [n for n in dict.fromkeys(of_x + of_y) if n != of_x[first]])
    return result if result.ndim > 1 else result[:, np.newaxis]
