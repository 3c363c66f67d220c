"""Pieces of work in several threads, each of which has the matrix products to itself."""

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

try:
    import threadpoolctl
except ImportError:  # numpy's own threads are then all there is
    threadpoolctl = None

# How many threads BLAS takes counts for the whole process: two that change it would undo each other's change.
LOCK = threading.Lock()


def spread(work: Callable[[Any], Any], pieces: Sequence[Any], threads: int | None = None) -> list[Any]:
    """[work(piece) for piece in pieces], in `threads` threads.

    That is faster than one piece after the other with the threads inside each matrix product, as the
    rest of the work, copies and activations, is spread as well: 1.5 times for the CNN on two cores.
    None means as many as BLAS takes: one for each core, or what OMP_NUM_THREADS or
    OPENBLAS_NUM_THREADS allow. Raises ValueError for a number of threads that cannot be had.
    """
    keep_freed_memory()
    if threads is None and (len(pieces) < 2 or threadpoolctl is None):
        return [work(piece) for piece in pieces]
    if threadpoolctl is None:
        raise ValueError(f"threads={threads} needs threadpoolctl: pip install threadpoolctl")
    with LOCK:
        blas = threadpoolctl.ThreadpoolController().select(user_api="blas")
        threads = threads or max((each.num_threads for each in blas.lib_controllers), default=1)
        workers = max(1, min(threads, len(pieces)))
        with blas.limit(limits=threads // workers), ThreadPoolExecutor(workers) as pool:
            contexts = [contextvars.copy_context() for _ in pieces]  # with numpy's errstate
            return list(pool.map(lambda context, piece: context.run(work, piece), contexts, pieces))


@cache
def keep_freed_memory() -> None:
    """Have the C library keep what is freed, up to 64 MiB, for the next array.

    By default glibc returns the memory of large arrays to the system each time and gets it again page by
    page, a quarter of the CNN's time. Once an array of nearly 32 MiB has been freed, it keeps twice as much
    (M_MMAP_THRESHOLD in mallopt(3)). Nothing is written to it, so it takes no memory. Elsewhere this has no effect.
    """
    np.empty(31 * 2**20, np.uint8)
