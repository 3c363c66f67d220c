"""Calls side by side, in a process for each core, or wherever joblib's configuration sends them."""

from __future__ import annotations

import os
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import joblib

from .errors import ClusterError, DataError, NotebookError, PageError, TrainingError
from .progress import progress
from .stopping import deaf_children, end_with

TOGETHER = 2  # so often a call may be under way when a process is lost; then it goes on alone, and that once
TOLD = (DataError, NotebookError, OSError, PageError, TrainingError)  # their words are enough


@dataclass(frozen=True)
class Failed:
    """What comes in place of a call's result if it raised an error, or if its process did not come back."""

    reason: str
    of_disk: bool = False  # or of a folder, a permission


def error_of(failed: Iterable[Failed], kind: type[Exception], words: str) -> Exception:
    """One error for all that failed, of this kind; OSError if a disk or a folder was the reason for one of them."""
    return (OSError if any(each.of_disk for each in failed) else kind)(words)


def side_by_side(
    what: str,
    function: Callable[..., Any],
    calls: Sequence[tuple],
    unit: str,
    begun: Callable[[int, float], bool] | None = None,
    note: Callable[[], str] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Call a function with each of these arguments; (a call's number, its result or Failed) comes as it is ready.

    No call that fails stops another. When a process is lost, those that were under way are tried again side by side;
    after TOGETHER losses they go one at a time, so that the one that kills its process is found. `begun(number, since)`
    says whether a call was under way since that time, in seconds since 1970; None: all that have not finished were.
    `note()` is what the bar says beside its number.
    """
    waiting, lost = set(range(len(calls))), Counter()
    with progress(total=len(calls), desc=what, unit=unit, note=note) as bar:
        while waiting:
            group = [each for each in range(len(calls)) if each in waiting and lost[each] < TOGETHER]
            alone = not group
            group = group or [min(waiting)]
            since = time.time()
            try:
                for number, found in _called(function, [(each, calls[each]) for each in group]):
                    waiting.remove(number)
                    bar.update()
                    yield number, found
            except _losses() as error:
                left = [each for each in group if each in waiting]
                if alone:
                    waiting -= {*left}
                    bar.update()
                    yield left[0], Failed(_killed(error))
                lost.update([each for each in left if begun and begun(each, since)] or left)


def _called(function: Callable[..., Any], calls: Sequence[tuple[int, tuple]]) -> Iterator[tuple[int, Any]]:
    """The one place where work leaves this process; raises what joblib's backend has for a lost process."""
    here = isinstance(joblib.parallel.get_active_backend()[0], joblib.parallel.LokyBackend)
    pool = joblib.Parallel(
        # At least two: joblib would run a single job here, where TensorFlow may have its threads already.
        n_jobs=max(2, min(len(calls), joblib.cpu_count())) if here else -1,
        pre_dispatch="2 * n_jobs" if here else "all",  # for workers, too, that join a cluster later
        batch_size=1,
        return_as="generator_unordered",
        **({"initializer": end_with, "initargs": (os.getpid(),)} if here else {}),
    )
    with deaf_children():
        results = pool(joblib.delayed(_call)(function, *each) for each in calls)
    yield from results


def _call(function: Callable[..., Any], number: int, arguments: tuple) -> tuple[int, Any]:
    """What a worker does: an error comes back as words, so that it stops no other call."""
    try:
        return number, function(*arguments)
    except ClusterError:  # the same would happen to other calls
        raise
    except TOLD as error:
        return number, Failed(str(error), isinstance(error, OSError))
    except Exception:  # a fault of ours, or of a library's: where it happened must be told
        return number, Failed(traceback.format_exc().strip())


def _losses() -> tuple[type[Exception], ...]:
    """What is raised when a process is lost: by this machine's pool, and by a cluster's if there is one."""
    cluster = sys.modules.get("distributed")
    return (BrokenProcessPool, cluster.KilledWorker) if cluster else (BrokenProcessPool,)


def _killed(error: Exception) -> str:
    """What a lost process died of, as far as it is known."""
    codes = re.search(r"exit codes of the workers are \{(.+)\}", str(error))
    return f"its process was killed{f' ({codes[1]})' if codes else ''}, most likely by the system for lack of memory"
