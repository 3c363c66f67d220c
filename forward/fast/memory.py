"""Arrays that stay in the processor's cache, and memory that stays with the process."""

from collections.abc import Iterator
from functools import cache

import numpy as np

BLOCK_BYTES = 8 * 2**20


def blocks(n: int, bytes_each: int) -> Iterator[slice]:
    """Slices of n samples, each of as many as BLOCK_BYTES hold, but of at least one."""
    at_once = max(1, BLOCK_BYTES // max(1, bytes_each))
    return (slice(start, start + at_once) for start in range(0, n, at_once))


@cache
def keep_freed_memory() -> None:
    """Have the C library keep what is freed, up to 64 MiB, for the next array.

    By default glibc returns the memory of large arrays to the system each time and gets it again page by
    page. Once an array of nearly 32 MiB has been freed, it keeps twice as much (M_MMAP_THRESHOLD in
    mallopt(3)). Nothing is written to it, so it takes no memory. Elsewhere this has no effect.
    """
    np.empty(31 * 2**20, np.uint8)
