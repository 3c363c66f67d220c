"""What a notebook makes sure of before anything runs: its parameters, and that this code is its own."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from IPython import get_ipython

from . import progress
from .datasets import Dataset, nusax
from .files import ROOT
from .names import SOURCES, find
from .profiles import BUDGETS, check_seeds
from .runs import Place

INJECTED = "# Parameters\n"  # how the cell begins that papermill puts in
OWN = {"data_dir", "out_dir"}  # what the parameters cell assigns, whatever else was changed in it


def place(profile: str, data: Dataset, out_dir: str | Path, language: str = "") -> Place:
    """Where a notebook keeps its files: networks always beside those of the reports, which it finds again.

    Tables and figures are a report's own where a report runs the notebook. By hand they go to reports/by-hand/ and
    figures/by-hand/, so that a report's pages, tables and figures stay those of one run.
    """
    return Place(profile, data.is_sample, out_dir, language, by_hand=not progress.in_report())


def _in_short(check: Callable[..., None]) -> Callable[..., None]:
    """A function whose errors a notebook shows as one line, without the code that they went through."""

    @wraps(check)
    def checked(*given: Any, **named: Any) -> None:
        try:
            check(*given, **named)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            error._render_traceback_ = lambda: [said]  # what IPython asks for
            raise

    return checked


@_in_short
def check(
    profile: str, data_dir: str | Path, source: str, out_dir: str | Path, seeds: int | None = None, **language: str
) -> None:
    """Refuse unknown parameters, which papermill only notes, wrong values, and the code of another checkout.

    A notebook on texts also gives its `language`. Raises ValueError for a parameter or a value that is not known,
    TypeError for a value that is no text, RuntimeError if the notebook lies in another copy of the project than this
    code, and OSError if `out_dir` cannot be written to.
    """
    texts = {"profile": profile, "data_dir": data_dir, "source": source, "out_dir": out_dir, **language}
    values = [*texts, "seeds"]
    unknown = [name for name in _assigned() if name not in values and not name.startswith("PAPERMILL_")]
    if unknown:
        raise ValueError(f"unknown parameter {', '.join(unknown)}; the parameters are {', '.join(values)}")
    check_seeds(seeds, "the parameter seeds")
    for name, value in texts.items():
        if not isinstance(value, str | os.PathLike) or value == "":
            raise TypeError(f"the parameter {name} is {value!r}, expected a text")
    find(BUDGETS, profile, "the parameter profile:")
    find(dict.fromkeys(SOURCES), source, "the parameter source:")
    for name, value in language.items():
        find(dict.fromkeys(nusax.OPTIONS[name]), value, f"the parameter {name}:")
    here = next((each for each in (Path.cwd(), *Path.cwd().parents) if (each / "study" / "notebook.py").exists()), ROOT)
    if here != ROOT:
        raise RuntimeError(
            f"this notebook runs in {here}, but the code that it imports lies in {ROOT}: "
            f"run `make setup` in {here}, and open it with `make notebook` there"
        )
    Place(profile, source == "sample", out_dir, **language, by_hand=not progress.in_report()).check_writable()


def _assigned() -> list[str]:
    """The names that the parameters cell assigns, as it ran last, and those of papermill's, if there is one."""
    shell = get_ipython()
    ran = shell.user_ns.get("In", []) if shell else []
    found: dict[bool, list[str]] = {}  # whether by papermill: names
    for cell in ran:
        names = list(_names(cell))
        if cell.startswith(INJECTED) or {*names} >= OWN:
            found[cell.startswith(INJECTED)] = names
    return list(dict.fromkeys(name for names in found.values() for name in names))


def _names(cell: str) -> Iterator[str]:
    """What a cell assigns at its top level; nothing if it is not Python alone."""
    try:
        nodes = ast.parse(cell).body
    except SyntaxError:  # %magic
        return
    for node in nodes:
        for target in node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]:
            if isinstance(target, ast.Name):
                yield target.id
