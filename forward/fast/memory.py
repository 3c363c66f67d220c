"""Arrays that stay in the processor's cache, and memory that stays with the process."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from ..activations import Array


def blocks(n: int, most: int) -> list[slice]:
    """Slices of n, each of as many as `most`, but of at least one."""
    most = max(1, most)
    return [slice(start, min(n, start + most)) for start in range(0, n, most)]


def at_once(batch: int, rows: int, row_bytes: int, most: int) -> Iterator[tuple[slice, list[slice]]]:
    """Slices of a batch, each with slices of the rows, so that a slab of both takes at most `most` bytes.

    A row of one sample takes `row_bytes`. The samples are divided only where one row of all of them is too much.
    """
    for part in blocks(batch, most // max(1, row_bytes)):
        yield part, blocks(rows, most // max(1, row_bytes * (part.stop - part.start)))


def surround(x: Array, sides: list[tuple[int, int]]) -> Array:
    """x with so many zeros before and behind it along its first axes, in one piece of memory."""
    if not any(map(any, sides)):
        return np.ascontiguousarray(x)
    lengths = [n + front + behind for n, (front, behind) in zip(x.shape, sides, strict=False)]
    y = np.zeros((*lengths, *x.shape[len(sides) :]), x.dtype)
    y[tuple(slice(front, front + n) for n, (front, _) in zip(x.shape, sides, strict=False))] = x
    return y


def windows_along(x: Array, axis: int, size: int, step: int) -> Array:
    """Every `step`-th window along an axis, as a view, with the window's places behind the axis; x in one piece."""
    number = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], number, size, *x.shape[axis + 1 :])
    strides = (*x.strides[:axis], step * x.strides[axis], *x.strides[axis:])
    return np.ndarray(shape, x.dtype, x, 0, strides)  # `as_strided` takes longer


@cache
def keep_freed_memory() -> None:
    """Have the C library keep what is freed, up to 64 MiB, for the next array.

    By default glibc returns the memory of large arrays to the system each time and gets it again page by
    page. Once an array of nearly 32 MiB has been freed, it keeps twice as much (M_MMAP_THRESHOLD in
    mallopt(3)). Nothing is written to it, so it takes no memory. Elsewhere this has no effect.
    """
    np.empty(31 * 2**20, np.uint8)
