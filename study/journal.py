"""What is kept of a training under way: its state after an epoch, to go on from, and how far it is, to be told."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .datasets import digest
from .files import atomic_write

KINDS = ("variable", "best")
SHARE = 0.05  # of the time of a training, at most, goes into keeping its state


@dataclass(frozen=True)
class State:
    """A training after some epochs: all that the next one depends on, and what its record will say.

    `variables` are those of the model and of its optimizer, counters and random states among them; `best` are the
    weights of the epoch with the lowest validation loss so far.
    """

    history: dict[str, list[float]]
    seconds: float
    variables: list[np.ndarray]
    best: list[np.ndarray]

    @property
    def epochs(self) -> int:
        return len(self.history.get("loss", ()))

    @property
    def best_epoch(self) -> int:
        """The first of those with the lowest validation loss, counted from 1; 0 if there was none whose loss is one."""
        losses = np.nan_to_num(self.history.get("val_loss", []), nan=np.inf)
        return int(np.argmin(losses)) + 1 if np.isfinite(losses).any() else 0

    @property
    def diverged(self) -> bool:
        """Whether a loss of the last epoch is no number."""
        return any(not np.isfinite(self.history[name][-1]) for name in ("loss", "val_loss") if name in self.history)


@dataclass(frozen=True)
class Told:
    """How far a training is: what the bar and `make status` show. Losses are None before the end of an epoch."""

    epoch: int  # how many are done
    epochs: int  # of so many at most
    loss: float | None
    val_loss: float | None
    seconds: float  # spent on the epochs that are done
    process: int
    host: str
    time: float  # when it was told, in seconds since 1970


class Journal:
    """Keeps nothing and tells nobody: for a training that nobody waits for."""

    def last(self) -> State | None:
        """The state that was kept last, None if there is none."""
        return None

    def tell(self, state: State, epochs: int) -> None:
        """Say how far the training is, of so many epochs at most."""

    def keep(self, state: Callable[[], State]) -> None:
        """Keep the state, if it is time."""

    def finish(self) -> None:
        """The training is finished; whoever saves its model takes away what was kept beside that."""


class FileJournal(Journal):
    """Keeps a training's state and progress in files beside the model's.

    A state is kept under the fingerprint `mark` of its run, and with a checksum: of another run, or changed since, it
    is none. It is written after every epoch, or less often where that would take more than SHARE of the time.
    """

    def __init__(self, model: Path, mark: str):
        self.model, self.state = model, files_of(model)[0]
        self.mark = mark
        self._not_before = 0.0
        self._said = False

    def last(self) -> State | None:
        try:
            with np.load(self.state, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            if str(arrays.pop("digest")) != _digest(arrays) or str(arrays["mark"]) != self.mark:
                return None
            numbers = range(len(arrays))
            lists = ([arrays[f"{kind}_{n}"] for n in numbers if f"{kind}_{n}" in arrays] for kind in KINDS)
            return State(json.loads(str(arrays["history"])), float(arrays["seconds"]), *lists)
        except Exception:  # whatever a damaged file raises: the training begins anew
            return None

    def tell(self, state: State, epochs: int) -> None:
        with self._going_on_without():
            write(self.model, told_now(state, epochs))

    def keep(self, state: Callable[[], State]) -> None:
        start = time.perf_counter()
        if start < self._not_before:
            return
        arrays = _arrays(state(), self.mark)
        with self._going_on_without(), atomic_write(self.state) as part, part.open("wb") as file:
            np.savez(file, **arrays)
        end = time.perf_counter()
        self._not_before = end + (end - start) / SHARE

    @contextmanager
    def _going_on_without(self) -> Iterator[None]:
        """A disk that is full now may have room when the training ends; that its state is not kept is said once."""
        try:
            yield
        except OSError as error:
            if not self._said:
                print(f"{error}\nThe training goes on; its state could not be kept.", file=sys.stderr)
            self._said = True


def files_of(model: Path) -> tuple[Path, Path]:
    """Where a model's training keeps its state, and where its progress; both are gone when it is finished."""
    return model.with_suffix(".state.npz"), model.with_suffix(".progress.json")


def write(model: Path, told: Told) -> None:
    """Note beside a model how far its training is."""
    with atomic_write(files_of(model)[1], lasting=False) as part:
        part.write_text(json.dumps(asdict(told)), encoding="utf-8")


def told_of(model: Path) -> Told | None:
    """How far the training of a model is, None if it is not under way and was not interrupted."""
    try:
        return Told(**json.loads(files_of(model)[1].read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def told_now(state: State, epochs: int) -> Told:
    """What this process has to tell of a training."""
    losses = (state.history[name][-1] if state.epochs else None for name in ("loss", "val_loss"))
    return Told(state.epochs, epochs, *losses, state.seconds, os.getpid(), platform.node(), time.time())


def forget(model: Path) -> None:
    """Take away what was kept of a training that is finished."""
    for each in files_of(model):
        each.unlink(missing_ok=True)


def _arrays(state: State, mark: str) -> dict[str, Any]:
    lists = dict(zip(KINDS, (state.variables, state.best), strict=True))
    arrays = {f"{kind}_{number}": each for kind, some in lists.items() for number, each in enumerate(some)}
    arrays |= {"mark": mark, "history": json.dumps(state.history), "seconds": state.seconds}
    return arrays | {"digest": _digest(arrays)}


def _digest(arrays: dict[str, Any]) -> str:
    """The checksum of what a state's file holds, whatever the order."""
    return digest(*(np.asarray(arrays[name]) for name in sorted(arrays)))
