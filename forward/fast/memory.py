"""Arrays that stay in the processor's cache, and memory that stays with the process."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from ..activations import Array

BLOCK_BYTES = 8 * 2**20


def blocks(n: int, bytes_each: int) -> Iterator[slice]:
    """Slices of n samples, each of as many as BLOCK_BYTES hold, but of at least one."""
    at_once = max(1, BLOCK_BYTES // max(1, bytes_each))
    return (slice(start, start + at_once) for start in range(0, n, at_once))


def surround(x: Array, sides: list[tuple[int, int]], value: float = 0.0) -> Array:
    """`np.pad` of the axes between batch and channels by `sides`, in two steps instead of one for each axis."""
    lengths = (n + front + behind for n, (front, behind) in zip(x.shape[1:-1], sides, strict=True))
    y = np.full((len(x), *lengths, x.shape[-1]), value, x.dtype)
    y[:, *(slice(front, front + n) for n, (front, _) in zip(x.shape[1:-1], sides, strict=True))] = x
    return y


@cache
def keep_freed_memory() -> None:
    """Have the C library keep what is freed, up to 64 MiB, for the next array.

    By default glibc returns the memory of large arrays to the system each time and gets it again page by
    page. Once an array of nearly 32 MiB has been freed, it keeps twice as much (M_MMAP_THRESHOLD in
    mallopt(3)). Nothing is written to it, so it takes no memory. Elsewhere this has no effect.
    """
    np.empty(31 * 2**20, np.uint8)
