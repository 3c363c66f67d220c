"""The report: train, run the notebooks, render them as HTML and PDF, and write the overview."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import data, training
from .errors import NotebookError
from .files import ROOT, whole
from .runs import Place, jobs
from .variants import ARCHITECTURES


def make(architectures: Sequence[str], profile: str, data_dir: str, source: str, out_dir: str = ".") -> Place:
    """The whole report of some architectures; returns where it lies.

    The choice between the real data and the sample is made once, before anything else.
    What an earlier run left of these pages is taken away before the notebooks run, so that a report
    that did not get finished never looks finished. A notebook that fails, or a page that cannot be made of it,
    keeps no other from being made; at the end NotebookError says what failed.
    """
    from . import overview, pages  # they load nbconvert and pandoc, which `train` does without

    place = train(architectures, profile, data_dir, source, out_dir)
    for page in ("index.html", *(f"{each}.{kind}" for each in architectures for kind in ("ipynb", "html", "pdf"))):
        (place.reports / page).unlink(missing_ok=True)
    source = "sample" if place.is_sample else "real"
    parameters = {"profile": profile, "data_dir": str(data_dir), "source": source, "out_dir": str(out_dir)}
    failures = []
    for architecture in architectures:
        try:
            execute(ROOT / "notebooks" / f"{architecture}.ipynb", place.reports / f"{architecture}.ipynb", parameters)
        except NotebookError as error:
            failures.append(str(error))
    # The pages of an earlier run, too: they link to the new ones.
    executed = [path for name in ARCHITECTURES if (path := place.reports / f"{name}.ipynb").exists()]
    for notebook in executed:
        try:
            pages.render(notebook, place)
        except pages.PageError as error:
            failures.append(str(error))
    if executed:
        overview.index(place)
    if failures:
        raise NotebookError("\n\n".join(failures))
    return place


def train(architectures: Sequence[str], profile: str, data_dir: str, source: str, out_dir: str = ".") -> Place:
    """Train what is not there yet, all architectures in one pool of processes.

    Whether the results can be written is asked before the data is loaded, or downloaded.
    """
    Place(profile, source == "sample", out_dir).check_writable()
    names = [ARCHITECTURES[architecture].dataset for architecture in architectures]
    source = data.choose_source(names, data_dir, source)
    place = Place(profile, source == "sample", out_dir)
    datasets = {name: data.load(name, data_dir, source) for name in dict.fromkeys(names)}
    batches = [(jobs(each, profile), datasets[name]) for each, name in zip(architectures, names, strict=True)]
    training.train_all(batches, place)
    return place


def execute(notebook: Path, target: Path, parameters: dict[str, Any]) -> None:
    """Run a notebook through papermill; `target` appears only if every cell succeeded.

    A notebook that failed stays beside it as <name>.failed.ipynb, to be looked at. Raises NotebookError.
    """
    import papermill

    failed = target.with_suffix(".failed.ipynb")
    print(f"notebook {notebook.name}", file=sys.stderr, flush=True)
    try:
        with whole(target) as part:
            try:
                papermill.execute_notebook(
                    str(notebook), str(part), parameters, kernel_name="python3", extra_arguments=["--log-level=ERROR"]
                )
            except Exception:  # a cell's error, or a kernel that died
                os.replace(part, failed)
                raise
    except Exception as error:
        raise NotebookError(f"{notebook.name} failed:\n{error}\nLook at {failed}") from error
    failed.unlink(missing_ok=True)
