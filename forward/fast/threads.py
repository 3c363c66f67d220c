"""Pieces of work in several threads, each of which has its matrix products to itself."""

import contextvars
import ctypes
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from .memory import keep_freed_memory

try:
    import threadpoolctl
except ImportError:  # numpy's OpenBLAS is found without it
    threadpoolctl = None

Control = tuple[Callable[[], int], Callable[[int], Any]]  # asks a library for its number of threads, and sets it
# Of Python's threads one at a time is outside numpy. Another one that comes back may wait long, if the first goes in
# and out faster than a thread wakes: after so many seconds, where Python takes 5 ms, it is let in.
TURN = 5e-4
OPENBLAS = "scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"


def spread(work: Callable[[Any], Any], pieces: Sequence[Any], threads: int | None = None) -> list[Any]:
    """[work(piece) for piece in pieces], in `threads` threads, while BLAS has one for each matrix product.

    Threads inside a product wait for each other at every one, which only pays where products are large and
    nobody else wants the processor; a thread for a piece has the rest of the work to do as well. None means as
    many as BLAS would take: one for each core, or what OMP_NUM_THREADS or OPENBLAS_NUM_THREADS allow. Several
    callers may be inside at once, each with threads of its own.
    """
    keep_freed_memory()
    with BLAS as threads_of_blas:
        if len(pieces) < 2:
            return [work(piece) for piece in pieces]
        with ThreadPoolExecutor(min(threads or threads_of_blas, len(pieces))) as pool:
            contexts = [contextvars.copy_context() for _ in pieces]  # with numpy's errstate
            return list(pool.map(lambda context, piece: context.run(work, piece), contexts, pieces))


class SingleThreaded:
    """`with` it BLAS takes one thread for a matrix product, until the last one inside leaves; gives its own number.

    The number counts for the whole process: were it given back while another one is still inside, the products of
    that one would be computed in another way. So does how long Python's threads wait for each other: a `TURN`.
    """

    def __init__(self) -> None:
        self.lock, self.inside = threading.Lock(), 0
        self.controls: list[Control] | None = None  # looked for when they are first needed
        self.own: list[int] = []
        self.turn = TURN

    def __enter__(self) -> int:
        with self.lock:
            if not self.inside:
                self.controls = blas_controls() if self.controls is None else self.controls
                self.own = [ask() for ask, _ in self.controls]
                self.set([1] * len(self.own))
                self.turn = sys.getswitchinterval()
                sys.setswitchinterval(min(self.turn, TURN))
            self.inside += 1
            return max(self.own, default=1)

    def __exit__(self, *_: Any) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.set(self.own)
                sys.setswitchinterval(self.turn)

    def set(self, numbers: list[int]) -> None:
        """Give each library its number of threads."""
        for (_, put), number in zip(self.controls or [], numbers, strict=True):
            put(number)


BLAS = SingleThreaded()  # the only one of the process


def blas_controls() -> list[Control]:
    """How to set the threads of numpy's OpenBLAS, or of any other BLAS that threadpoolctl knows, if it is installed.

    An OpenBLAS is found through numpy's extension module, which it was linked to, or in the folder beside numpy into
    which the wheels for Windows put it. threadpoolctl would not do for it: from 3.8 on it ignores what another
    thread sets than the first one, but here the last one to leave is often another.
    """
    beside = Path(np.__file__).parent.with_name("numpy.libs").glob("*openblas*")
    for path in (np.linalg._umath_linalg.__file__, *map(str, beside)):
        library = ctypes.CDLL(path)
        for name in OPENBLAS:
            if hasattr(library, name.format("set")):
                return [(library[name.format("get")], library[name.format("set")])]
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers if threadpoolctl else []
    return [(each.get_num_threads, each.set_num_threads) for each in found]
