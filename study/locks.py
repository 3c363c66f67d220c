"""One process at a time: locks that say who holds them, and that end with their process, whatever ends that."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .files import saying_what_to_do

POLL = 0.2  # seconds between two looks at a lock that another process holds


@contextmanager
def alone(path: Path, doing: str = "") -> Iterator[None]:
    """Wait until no other process is in such a block for this file, which stays when nobody is.

    Where there is something to wait for, a line says who is `doing` this, unless it never takes long.
    """
    from filelock import FileLock, Timeout

    with saying_what_to_do(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, poll_interval=POLL, on_acquired=_sign)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if doing:
                words = f"waiting for {holder(path)}, which is {doing} in {path.parent}"
                print(words, file=sys.stderr, flush=True)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def holder(path: Path) -> str:
    """Who holds a lock, or held it last."""
    try:
        return path.read_text(encoding="utf-8") or "another process"
    except (OSError, ValueError):
        return "another process"


def _sign(handle: int) -> None:
    """Write into a lock's file who holds it now."""
    words = f"process {os.getpid()} on {platform.node()} (since {time.strftime('%Y-%m-%d %H:%M:%S')})"
    with suppress(OSError):  # a full disk: the lock holds without
        os.ftruncate(handle, 0)
        os.pwrite(handle, words.encode(), 0)
