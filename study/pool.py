"""Calls side by side, in a process for each core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import joblib

from .progress import progress


def side_by_side(
    what: str, function: Callable[..., Any], calls: Sequence[tuple], stopped: type[Exception], unit: str
) -> Iterator[Any]:
    """Call a function with each of these arguments; what it returns comes as it is ready, in any order.

    Raises `stopped` if a process does not come back.
    """
    # At least two: joblib would run a single job here, where TensorFlow may have its threads already.
    pool = joblib.Parallel(n_jobs=max(2, min(len(calls), joblib.cpu_count())), return_as="generator_unordered")
    with progress(total=len(calls), desc=what, unit=unit) as bar:
        try:
            for found in pool(joblib.delayed(function)(*each) for each in calls):
                bar.update()
                yield found
        except BrokenProcessPool as error:
            raise stopped(
                f"{what}: a process was stopped from outside, most likely for lack of memory; "
                "what had finished is kept: start again"
            ) from error
