"""How processes end: a stop ends all that was started, and no process outlives the one that started it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSE = 0.5  # seconds between two looks at the parent


def watch(parent: int, gone: Callable[[], None]) -> None:
    """Call `gone`, from a thread, as soon as the parent of this process is not that one any more."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(PAUSE)
        gone()

    threading.Thread(target=look, name="watch", daemon=True).start()


def end_with(parent: int) -> None:
    """End this process soon after its parent, whatever ended that; a worker begins with this."""
    watch(parent, lambda: os._exit(1))


@contextmanager
def deaf_children() -> Iterator[None]:
    """What is started in this block does not hear a terminal's Ctrl-C: it is ended by whoever started it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
