"""A grid of notebooks: every cell trained, run and rendered in a folder of its own, and what they say together.

reports/<grid>/<cell>/ has weights/, figures/ and reports/ as the project has them; reports/<grid>/index.html is the
summary. Of sample data the folder is <grid>-sample. What is there, of the same runs, code and parameters, is not made
again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import across, conditions, datasets, report, training
from .architectures import ARCHITECTURES
from .datasets import Dataset
from .errors import GridError, NotebookError
from .files import ROOT, atomic_write, check_writable, folder, sha256
from .grid import Cell, read
from .locks import alone
from .pool import Failed, error_of, side_by_side
from .profiles import BUDGETS
from .runs import BY_HAND, PACKAGES, UNFINISHED, Job, Place, Run, code_digest, fingerprint, jobs, versions

SAMPLE = "-sample"  # behind the name of a folder of what sample data gave
HOME = "../../../index.html"  # the summary, as a cell's page links to it
# Code that only carries work about: no page shows what it computes.
CARRIERS = {"__main__", "batch", "across", "grid", "cluster", "files", "locks", "pool", "progress", "report"}
CARRIERS |= {"status", "stopping", "tune", "journal", "languages", "spread"}


@dataclass(frozen=True)
class Work:
    """A cell with its place and its data."""

    cell: Cell
    place: Place
    data: Dataset

    @property
    def notebook(self) -> Path:
        """Where the executed notebook lies."""
        return self.place.reports / f"{self.cell.architecture}.ipynb"


def make(path: Path, data_dir: str, source: str, out_dir: str = ".", scheduler: str = "") -> Path:
    """Everything of a grid; returns its summary. A cell that fails stops no other; NotebookError names them at the end.

    Whether the data are the real ones or the sample is decided once, for all cells.
    """
    from .show import languages

    grid = read(path)
    if path.stem.removesuffix(SAMPLE) in (*BUDGETS, BY_HAND, UNFINISHED, "tuning"):
        raise GridError(f"{path}: this name is taken by reports/{path.stem}/; give the file another")
    check_writable(folder(out_dir) / "reports" / path.stem)  # before data are downloaded
    is_sample = _is_sample(grid, data_dir, source)
    home = folder(out_dir) / "reports" / f"{path.stem}{SAMPLE * is_sample}"
    with alone(home / ".batch.lock", "making the batch"):
        (home / "index.html").unlink(missing_ok=True)
        works = _works(grid, home, data_dir, is_sample)
        trained, failures = _train(works, scheduler)
        failures |= _make_pages([each for each in works if each.cell in trained], trained, data_dir)
        finished = [each for each in works if each.cell not in failures]
        answers = [across.answers_of(each.cell, each.place, each.data) for each in finished]
        tables = across.write(answers, home, pool=across.can_be_pooled(grid))
        index = languages.index(home, {each.cell: each.notebook for each in works}, answers, tables, failures)
    if failures:
        said = "\n\n".join(f"{cell.name}: {failed.reason}" for cell, failed in failures.items())
        raise error_of(failures.values(), NotebookError, said)
    return index


def _is_sample(grid: Sequence[Cell], data_dir: str, source: str) -> bool:
    asked = dict.fromkeys((ARCHITECTURES[each.architecture].dataset, *each.options.items()) for each in grid)
    return any(datasets.choose_source([name], data_dir, source, **dict(rest)) == "sample" for name, *rest in asked)


def _works(grid: Sequence[Cell], home: Path, data_dir: str, is_sample: bool) -> list[Work]:
    found, source = [], "sample" if is_sample else "real"
    for cell in grid:
        data = datasets.load(ARCHITECTURES[cell.architecture].dataset, data_dir, source, **cell.options)
        found.append(Work(cell, cell.place(is_sample, home), data))
    return found


def _train(works: Sequence[Work], scheduler: str) -> tuple[dict[Cell, list[Run]], dict[Cell, Failed]]:
    """{cell: its runs} of those that are trained, and what the others failed for; all cells in one pool."""
    several = [_batches(each) for each in works]
    batches = [(*each, work.place) for work, some in zip(works, several, strict=True) for each in some]
    finished, failed = training.attempt(batches, scheduler)
    trained, failures, first = {}, {}, 0
    for work, some in zip(works, several, strict=True):
        numbers = range(first, first := first + sum(len(batch) for batch, _ in some))
        if mine := [failed[each] for each in numbers if each in failed]:
            failures[work.cell] = Failed(training.said_of(mine), any(each.of_disk for each in mine))
        else:
            trained[work.cell] = [finished[each] for each in numbers]
    return trained, failures


def _batches(work: Work) -> list[tuple[list[Job], Dataset]]:
    """All that a cell trains, with its data; what is under other conditions last."""
    cell = work.cell
    studied = jobs(cell.architecture, cell.profile, number=cell.seeds), work.data
    return [studied, *conditions.batches(cell.architecture, work.data, work.place)]


def _make_pages(works: Sequence[Work], trained: dict[Cell, list[Run]], data_dir: str) -> dict[Cell, Failed]:
    """Run and render the notebooks of cells that are not finished, side by side; what failed, in words."""
    code, todo = _code(), []
    for work in works:
        mark = _mark(work, trained[work.cell], code)
        if _mark_of(work.notebook) != mark or not work.notebook.with_suffix(".html").exists():
            todo.append((work.notebook, work.place, _parameters(work, data_dir), mark))
    done = side_by_side("running the notebooks", _make_page, todo, "page") if todo else ()
    by_notebook = {each.notebook: each.cell for each in works}
    return {by_notebook[todo[number][0]]: found for number, found in done if isinstance(found, Failed)}


def _make_page(target: Path, place: Place, parameters: dict[str, Any], mark: str) -> None:
    """Run a cell's notebook and render it; called in a worker. The mark, which makes it count, comes last.

    There is no PDF: who wants one has `make report`.
    """
    from .show import pages

    for old in (target, target.with_suffix(".html")):
        old.unlink(missing_ok=True)
    report.execute(ROOT / "notebooks" / target.name, target, parameters)
    pages.render(target, place, pdf=False, overview=HOME)
    executed = json.loads(target.read_text(encoding="utf-8"))
    executed["metadata"]["made_of"] = mark
    with atomic_write(target) as part:
        part.write_text(json.dumps(executed, indent=1, ensure_ascii=False), encoding="utf-8")


def _parameters(work: Work, data_dir: str) -> dict[str, Any]:
    """What is injected into a cell's notebook."""
    source = "sample" if work.place.is_sample else "real"
    where = {"data_dir": str(folder(data_dir)), "source": source, "out_dir": str(work.place.out_dir)}
    return {"profile": work.cell.profile, **where, "seeds": work.cell.seeds, **work.cell.options}


def _code() -> dict[str, str]:
    """All that makes a page of results, those apart: code, templates, the committed tables, package versions."""
    files = [each for room in ("study", "forward") for each in sorted((ROOT / room).rglob("*.py"))]
    texts = sorted((ROOT / "study" / "show" / "templates").iterdir())
    texts += [each for place in ("full", "tuning") for each in sorted((ROOT / "reports" / place).glob("*.csv"))]
    packages = versions(*PACKAGES, "pandas", "matplotlib", "scipy")
    return {
        "code": code_digest(*(each for each in files if each.stem not in CARRIERS)),
        "texts": sha256(*texts),
    } | packages


def _mark(work: Work, runs: Sequence[Run], code: dict[str, str]) -> str:
    """The fingerprint of what a cell's page is made of; where it lies does not count."""
    return fingerprint(
        {
            "profile": work.cell.profile,
            "seeds": work.cell.seeds,
            # Of a network that the tables list alone, what trained it stands for its file.
            "models": [each.record.get("model_sha256") or each.record["fingerprint"] for each in runs],
            "data": work.data.source,
            "notebook": sha256(ROOT / "notebooks" / work.notebook.name),
            **code,
        }
    )


def _mark_of(notebook: Path) -> str:
    """The mark that an executed notebook carries; empty if there is none, or no notebook."""
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))["metadata"].get("made_of", "")
    except (OSError, ValueError, KeyError, AttributeError):
        return ""
