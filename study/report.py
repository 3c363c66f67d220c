"""The report: train, run the notebooks, render them as HTML and PDF, and write the overview."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import cells, conditions, datasets, store, training
from .architectures import ARCHITECTURES
from .errors import NotebookError
from .files import ROOT, WHAT_TO_DO, atomic_write
from .pool import Failed, error_of, side_by_side
from .progress import running_a_report
from .runs import Place, jobs


def make(
    architectures: Sequence[str], profile: str, data_dir: str, source: str, out_dir: str = ".", scheduler: str = ""
) -> Place:
    """The whole report of some architectures; returns where it lies.

    The choice between the real data and the sample is made once, before anything else; then two reports of one place
    are made one after the other.
    What an earlier run left of these pages is taken away before the notebooks run, so that a report
    that did not get finished never looks finished. A notebook that fails, or a page that cannot be made of it,
    keeps no other from being made; at the end NotebookError says what failed.
    """
    place = _place(architectures, profile, data_dir, source, out_dir)
    source = "sample" if place.is_sample else "real"
    with place.alone("report", "making the report"):
        train(architectures, profile, data_dir, source, out_dir, check=True, scheduler=scheduler)
        _make_pages(architectures, place, data_dir, out_dir)
    return place


def _make_pages(architectures: Sequence[str], place: Place, data_dir: str, out_dir: str) -> None:
    from .show import book, overview, pages  # they load nbconvert and pandoc, which `train` does without

    place.sweep()
    of_each = (f"{each}.{kind}" for each in architectures for kind in ("ipynb", "html", "pdf"))
    for page in ("index.html", book.NAME, *of_each):
        (place.reports / page).unlink(missing_ok=True)
    source = "sample" if place.is_sample else "real"
    parameters = {"profile": place.profile, "data_dir": str(data_dir), "source": source, "out_dir": str(out_dir)}
    failures = _failures(
        "running the notebooks",
        execute,
        [
            (ROOT / "notebooks" / f"{architecture}.ipynb", place.reports / f"{architecture}.ipynb", parameters)
            for architecture in architectures
        ],
    )
    # The pages of an earlier run, too: they link to the new ones.
    executed = [path for name in ARCHITECTURES if (path := place.reports / f"{name}.ipynb").exists()]
    failures += _failures("rendering the pages", pages.render, [(notebook, place) for notebook in executed])
    if executed:
        _compare_cells(place, data_dir, source)
        overview.index(place)
        failures += _failures("putting all pages into one PDF", book.write, [(place,)])
    if failures:
        raise error_of(failures, NotebookError, "\n\n".join(sorted(each.reason for each in failures)))


def _compare_cells(place: Place, data_dir: str, source: str) -> None:
    """Compare one kind of cell with another, over all architectures that are there; of one there is nothing to do."""
    there = {*store.read("results", place)["architecture"]} & {*cells.all_of_them()}
    for name in {ARCHITECTURES[each].dataset for each in there} if len(there) > 1 else ():
        cells.save(place, datasets.load(name, data_dir, source))


def _failures(what: str, function: Callable[..., None], calls: list[tuple]) -> list[Failed]:
    """Call a function with each of these arguments, a notebook first, side by side; what failed, in words."""
    failed = [(each, found) for each, found in side_by_side(what, function, calls, "page") if isinstance(found, Failed)]
    names = {number: calls[number][0].name for number, _ in failed}
    return [
        found if names[each] in found.reason else replace(found, reason=f"{names[each]} failed: {found.reason}")
        for each, found in failed
    ]


def train(
    architectures: Sequence[str],
    profile: str,
    data_dir: str,
    source: str,
    out_dir: str = ".",
    check: bool = False,
    scheduler: str = "",
) -> Place:
    """Train what is not there yet, all architectures in one pool of processes, or on the cluster of a scheduler.

    `check`: then predict with Keras and with numpy, while nothing else runs that would change their times; the
    notebooks find what is kept.
    """
    place = _place(architectures, profile, data_dir, source, out_dir)
    source = "sample" if place.is_sample else "real"
    names = [ARCHITECTURES[architecture].dataset for architecture in architectures]
    loaded = {name: datasets.load(name, data_dir, source) for name in dict.fromkeys(names)}
    pairs = list(zip(architectures, (loaded[name] for name in names), strict=True))
    batches = [(jobs(each, profile), dataset) for each, dataset in pairs]
    others = [batch for each, dataset in pairs for batch in conditions.batches(each, dataset, place)]
    runs = training.train_all([*batches, *others], place, scheduler)
    if check:
        from . import evaluation

        studied = [run for run in runs if not run.variant.condition]
        for architecture, dataset in pairs:
            found = evaluation.check([run for run in studied if run.variant.architecture == architecture], dataset)
            for line in evaluation.unlike_their_rows(found, place):
                print(f"{line}; the tables get this network", flush=True)
    return place


def _place(architectures: Sequence[str], profile: str, data_dir: str, source: str, out_dir: str) -> Place:
    """Where the results go, on the data that there is.

    Whether they can be written is asked before the data is loaded, or downloaded.
    """
    Place(profile, source == "sample", out_dir).check_writable()
    names = [ARCHITECTURES[architecture].dataset for architecture in architectures]
    return Place(profile, datasets.choose_source(names, data_dir, source) == "sample", out_dir)


def _without_paths(executed: Path, notebook: Path) -> None:
    """Leave the name of the notebook alone of where papermill says that it ran: the page goes elsewhere."""
    import nbformat

    page = nbformat.read(executed, nbformat.NO_CONVERT)
    page.metadata["papermill"] |= {"input_path": notebook.name, "output_path": notebook.name}
    nbformat.write(page, executed)


def execute(notebook: Path, target: Path, parameters: dict[str, Any]) -> None:
    """Run a notebook through papermill; `target` appears only if every cell succeeded.

    A notebook that failed stays beside it as <name>.failed.ipynb, to be looked at. Raises NotebookError, or OSError
    if the page cannot be written.
    """
    import papermill

    failed = target.with_suffix(".failed.ipynb")
    try:
        with atomic_write(target) as part:
            try:
                with running_a_report():
                    papermill.execute_notebook(
                        str(notebook),
                        str(part),
                        parameters,
                        kernel_name="python3",
                        extra_arguments=["--log-level=ERROR"],
                        progress_bar=False,
                    )
                    _without_paths(part, notebook)
            except Exception:  # a cell's error, or a kernel that died
                if part.exists():
                    os.replace(part, failed)
                raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in WHAT_TO_DO:  # it says so, and names the page
            failed.unlink(missing_ok=True)
            raise
        look = f"\nLook at {failed}" if failed.exists() else ""
        raise NotebookError(f"{notebook.name} failed:\n{error}{look}") from error
    failed.unlink(missing_ok=True)
