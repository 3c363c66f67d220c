"""Progress: a bar on the terminal, plain lines where there is none, in a notebook a bar that leaves nothing behind.

A report's notebooks have none: nobody watches them, and what is written would stay in the page.
"""

from __future__ import annotations

import io
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from tqdm import tqdm

REFRESH = 1.0  # seconds between two looks at what is under way
RARELY = 60.0  # seconds between two plain lines, if nothing finishes
REPORT = "STUDY_REPORT"  # set in the surroundings of a notebook that a report runs


@contextmanager
def progress(total: int | None = None, note: Callable[[], str] | None = None, **settings: Any) -> Iterator[tqdm]:
    """A tqdm bar; `settings` are tqdm's own. `note()` is asked for what stands behind the numbers, again and again."""
    kind = _NotebookBar if in_notebook() else _Bar if sys.stderr.isatty() else _Lines
    settings = {"disable": in_report(), **settings}
    if note:  # which knows better than the bar how long it will take
        settings["bar_format"] = "{desc}: {percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
    with kind(total=total, dynamic_ncols=True, **settings) as bar, _fresh(bar, note):
        yield bar


@contextmanager
def _fresh(bar: tqdm, note: Callable[[], str] | None) -> Iterator[None]:
    """Refresh the bar from a thread, even while nothing finishes."""
    ended = threading.Event()

    def refresh() -> None:
        while not ended.wait(REFRESH):
            bar.refresh()

    thread = threading.Thread(target=refresh, daemon=True)
    if note:
        bar.note = note
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if note:
            thread.join()


def in_notebook() -> bool:
    """Whether this process is a Jupyter kernel."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ == "ZMQInteractiveShell"


def in_report() -> bool:
    """Whether this process is the kernel of a notebook that a report runs, which nobody watches."""
    return in_notebook() and REPORT in os.environ


@contextmanager
def running_a_report() -> Iterator[None]:
    """While this lasts, notebooks that are run are those of a report."""
    before = os.environ.get(REPORT)
    os.environ[REPORT] = "yes"
    try:
        yield
    finally:
        os.environ.pop(REPORT) if before is None else os.environ.update({REPORT: before})


class _Bar(tqdm):
    """A bar that asks what stands behind its numbers whenever it is drawn."""

    note: Callable[[], str] | None = None

    def display(self, *position: Any, **settings: Any) -> None:
        if self.note:
            self.set_postfix_str(self.note(), refresh=False)
        super().display(*position, **settings)


class _Lines(_Bar):
    """A line whenever something has finished, and one now and then while nothing does: for logs, which people read."""

    told = (0, math.inf)  # how much, and when

    def __init__(self, **settings: Any):
        super().__init__(**{"file": io.StringIO(), "mininterval": 0, "miniters": 1, **settings})
        self.told = (0, time.monotonic())

    def display(self, *_: Any, **__: Any) -> None:
        of_bytes, now = self.unit_scale, time.monotonic()
        news = self.n != self.told[0] and (not of_bytes or self.n >= self.total)
        if news or now - self.told[1] >= RARELY:
            self.told = (self.n, now)
            print(self, file=sys.stderr, flush=True)

    def __str__(self) -> str:
        count = self.format_sizeof if self.unit_scale else str
        unit = self.unit if self.unit_scale else f" {self.unit}s"
        note = self.note() if self.note else self.postfix
        took = self.format_interval(self.format_dict["elapsed"])
        return f"{self.desc}: {count(self.n)} of {count(self.total)}{unit}, {took}{f'; {note}' if note else ''}"


class _NotebookBar(_Bar):
    """A bar in the output of the cell, drawn anew in its own place and taken away at the end; what is beside it stays.

    Written to stderr, as tqdm does, every refresh would stay in the saved notebook.
    """

    handle: Any = None  # of the one output that is drawn anew

    def __init__(self, **settings: Any):
        super().__init__(**{"file": io.StringIO(), **settings})

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        if self.note:
            self.set_postfix_str(self.note(), refresh=False)
        self._show(html=_as_html(self.format_dict, self.postfix), text=str(self) if msg is None else msg)

    def _show(self, html: str, text: str) -> None:
        from IPython.display import display

        content = {"text/html": html, "text/plain": text}
        if self.handle:
            self.handle.update(content, raw=True)
        else:
            self.handle = display(content, raw=True, display_id=True)

    def close(self) -> None:
        if not self.disable:
            super().close()
            self._show(html="", text="")


def _as_html(numbers: dict[str, Any], note: str | None) -> str:
    """A bar as a page shows it: what is done, a bar, the count, the time since the start, and what stands behind it."""
    what, done, total = escape(str(numbers["prefix"])), numbers["n"], numbers["total"]
    took = tqdm.format_interval(numbers["elapsed"])
    many = f"{tqdm.format_sizeof(done)} of {tqdm.format_sizeof(total or done)}" if numbers["unit_scale"] else None
    behind = f"; {escape(note)}" if note else ""
    bar = f'<progress value="{done}" max="{total or 1}" aria-label="{what}" style="width: 16em"></progress>'
    return f"{what} {bar} {many or f'{done} of {total}'}, {took}{behind}"
