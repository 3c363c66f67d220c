"""How processes end: a stop ends all that was started, and no process outlives the one that started it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Any

import psutil

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 0.5  # seconds between two looks at the parent
GRACE = 0.5  # between asking a process to end and ending it
LONGEST = 1.5  # that a stop may take to tidy up
TRACKERS = ("joblib.externals.loky.backend.resource_tracker", "multiprocessing.resource_tracker")
PARENT = "STUDY_PARENT"  # the process that the command line is to end with, as the Makefile names it


class Stopped(KeyboardInterrupt):
    """By a name of its own: once KeyboardInterrupt itself has come out of an `exec`, Python ends with SIGINT's code."""


def _finished() -> str:
    return "what had finished is kept"


@dataclass
class LastWords:
    """What is said when all is stopped: what is `kept`, and the command that goes on."""

    kept: Callable[[], str] = _finished
    go_on: str = "the same command"
    signal: int = 0  # that stops this process, 0 while there was none
    are_said: bool = False
    by_make: bool = False  # whether make has started this process

    def begin(self, go_on: str) -> None:
        self.kept, self.go_on, self.are_said = _finished, go_on, False

    def say(self) -> int:
        """Say it once; the exit code of whoever was stopped."""
        if not self.are_said:
            self.are_said = True
            with suppress(OSError):  # the terminal may be gone
                print(f"stopped: {self.kept()}; go on with: {self.go_on}", file=sys.stderr, flush=True)
        return 128 + (self.signal or signal.SIGINT)


last_words = LastWords()


def listen() -> None:
    """Let Ctrl-C, SIGTERM, a lost terminal and the end of the make that began this stop it and all that it started."""
    for number in STOPS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it, or a shell for what runs behind it
            signal.signal(number, _stop)
    if parent := os.environ.pop(PARENT, ""):
        last_words.by_make = True
        watch(int(parent), lambda: os.kill(os.getpid(), signal.SIGTERM))


def _stop(number: int, _: Any) -> None:
    """End the processes first: whatever the interrupt then meets, there is nothing left to wait for."""
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    last_words.signal = number
    guard = threading.Timer(LONGEST, _leave)
    guard.daemon = True
    guard.start()
    end_descendants()
    raise Stopped


def _leave() -> None:
    """Where the interrupt did not come through."""
    end_descendants()
    os._exit(last_words.say())


def end_descendants() -> None:
    """End the processes that this one has started, and those that they have: ask them to, then do it.

    joblib's trackers stay: they clear away what the others shared, and end with them.
    """
    for _ in range(3):  # one of them may just be starting another
        children = []
        for each in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "resource_tracker" not in " ".join(each.cmdline()) and each.status() != psutil.STATUS_ZOMBIE:
                    children.append(each)
        if not children:
            return
        for each in children:
            with suppress(psutil.Error):
                each.terminate()
        for each in psutil.wait_procs(children, GRACE)[1]:
            with suppress(psutil.Error):
                each.kill()
        psutil.wait_procs(children, GRACE)


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
def _quiet_trackers() -> Iterator[None]:
    """The trackers started in this block do not warn of what they clear away: after a stop that is their work."""
    before = os.environ.get("PYTHONWARNINGS")
    added = [f"ignore::UserWarning:{each}" for each in TRACKERS]
    os.environ["PYTHONWARNINGS"] = ",".join([*filter(None, [before]), *added])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


@contextmanager
def deaf_children() -> Iterator[None]:
    """What is started in this block does not hear a terminal's Ctrl-C: it is ended by whoever started it.

    The trackers of joblib and Python come first: starting one unblocks the signal.
    """
    from joblib.externals.loky.backend.resource_tracker import ensure_running

    with _quiet_trackers():
        ensure_running()
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
