"""What a notebook makes sure of before anything runs: its parameters, and that this code is its own."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from IPython import get_ipython

from .datasets import nusax
from .files import ROOT
from .names import SOURCES, find
from .profiles import BUDGETS, check_seeds
from .runs import Place

INJECTED = "# Parameters\n"  # how the cell begins that papermill puts in


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
    unknown = [name for name in _injected() if name not in values and not name.startswith("PAPERMILL_")]
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
    Place(profile, source == "sample", out_dir, **language).check_writable()


def _injected() -> list[str]:
    """The names that papermill's cell assigns, if there is one among the cells that ran."""
    shell = get_ipython()
    cells = [cell for cell in shell.user_ns.get("In", []) if cell.startswith(INJECTED)] if shell else []
    if not cells:
        return []
    return [target.id for node in ast.parse(cells[-1]).body if isinstance(node, ast.Assign) for target in node.targets]
