"""The report: train, run the notebooks, render them as HTML and PDF, and write the index."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pandas as pd
import pypandoc
from nbconvert import HTMLExporter

from . import conclusions, data, findings, tables, training
from .files import ROOT, whole
from .runs import Place, jobs
from .variants import ARCHITECTURES, BUDGETS

TEMPLATES = Path(__file__).with_name("templates")
PLAIN = {"exclude_input_prompt": True, "exclude_output_prompt": True, "exclude_anchor_links": True}


class NotebookError(RuntimeError):
    """A notebook stopped with an error."""


def make(architectures: Sequence[str], profile: str, data_dir: str, source: str, out_dir: str = ".") -> Place:
    """The whole report of some architectures; returns where it lies.

    The choice between the real data and the sample is made once, before anything else.
    What an earlier run left of these pages is taken away before the notebooks run, so that a report
    that did not get finished never looks finished. Raises NotebookError if a notebook fails.
    """
    place = train(architectures, profile, data_dir, source, out_dir)
    for page in ("index.html", *(f"{each}.{kind}" for each in architectures for kind in ("ipynb", "html", "pdf"))):
        (place.reports / page).unlink(missing_ok=True)
    source = "sample" if place.is_sample else "real"
    parameters = {"profile": profile, "data_dir": str(data_dir), "source": source, "out_dir": str(out_dir)}
    for architecture in architectures:
        execute(ROOT / "notebooks" / f"{architecture}.ipynb", place.reports / f"{architecture}.ipynb", parameters)
    for architecture in ARCHITECTURES:  # the pages of an earlier run, too: they link to the new ones
        if (place.reports / f"{architecture}.ipynb").exists():
            render(place.reports / f"{architecture}.ipynb", place)
    index(place)
    return place


def train(architectures: Sequence[str], profile: str, data_dir: str, source: str, out_dir: str = ".") -> Place:
    """Train what is not there yet, all architectures in one pool of processes."""
    names = [ARCHITECTURES[architecture].dataset for architecture in architectures]
    source = data.choose_source(names, data_dir, source)
    place = Place(profile, source == "sample", out_dir)
    datasets = {name: data.load(name, data_dir, source) for name in dict.fromkeys(names)}
    batches = [(jobs(each, profile), datasets[name]) for each, name in zip(architectures, names, strict=True)]
    training.train_all(batches, place)
    return place


def execute(notebook: Path, target: Path, parameters: dict[str, Any]) -> None:
    """Run a notebook through papermill; `target` appears only if every cell succeeded.

    A notebook that failed stays beside it as <name>.failed.ipynb, to be looked at. Raises NotebookError,
    and ValueError for a parameter that the notebook does not have, which papermill would ignore.
    """
    import papermill

    known = papermill.inspect_notebook(str(notebook))
    if unknown := parameters.keys() - known.keys():
        raise ValueError(f"{notebook.name} has no parameter {', '.join(unknown)}; it has {', '.join(known)}")
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


def render(notebook: Path, place: Place) -> None:
    """<name>.ipynb -> <name>.html and <name>.pdf, each complete in itself."""
    content = nbformat.read(notebook, as_version=4)
    title = _title(content)
    notice = _notice(place, notebook.stem)
    body, _ = _WithMathML(template_name="basic", **PLAIN).from_notebook_node(content)
    with whole(notebook.with_suffix(".html")) as part:
        part.write_text(_page(title, body, place, notebook.stem), encoding="utf-8")
    body, _ = HTMLExporter(template_name="basic", **PLAIN).from_notebook_node(content)
    with whole(notebook.with_suffix(".pdf")) as part:
        _write_pdf(body, title, notice, part)


class _WithMathML(HTMLExporter):
    """Markdown by pandoc, which writes formulas as MathML: browsers show it without a script from elsewhere."""

    @jinja2.pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return pypandoc.convert_text(source, "html", "markdown-auto_identifiers", extra_args=["--mathml"])


def _write_pdf(body: str, title: str, notice: str, target: Path) -> None:
    """HTML -> pandoc -> typst -> PDF: neither a browser nor LaTeX is needed."""
    import typst

    with tempfile.TemporaryDirectory() as folder:
        header = Path(folder) / "header.typ"
        header.write_text(_fill("header.typ", title=title, notice=notice), encoding="utf-8")
        source = Path(folder) / "report.typ"
        options = ["--standalone", f"--include-in-header={header}", f"--extract-media={folder}/media"]
        pypandoc.convert_text(body, "typst", "html+tex_math_dollars", outputfile=str(source), extra_args=options)
        typst.compile(str(source), output=str(target), root="/")


def _title(notebook: nbformat.NotebookNode) -> str:
    """The first heading."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# (.+)$", cell.source, re.MULTILINE)):
            return found[1]
    return "Report"


def _notice(place: Place, architecture: str | None = None) -> str:
    """What every page of a sample report says: of one architecture, or of all."""
    if not place.is_sample:
        return ""
    names = [ARCHITECTURES[architecture].dataset] if architecture else data.REAL_TITLES
    return "sample data, not " + " or ".join(data.REAL_TITLES[name] for name in names)


def _page(title: str, body: str, place: Place, current: str) -> str:
    """One HTML page, with its style inside and links to its neighbours."""
    from pygments.formatters import HtmlFormatter

    links = [{"href": "index.html", "text": "Overview", "current": current == "index"}]
    links += [
        {"href": f"{name}.html", "text": family.title, "current": current == name}
        for name, family in ARCHITECTURES.items()
        if (place.reports / f"{name}.ipynb").exists()
    ]
    if current != "index":
        links.append({"href": f"{current}.pdf", "text": "This page as PDF", "current": False})
    return _fill(
        "page.html",
        title=title,
        body=body,
        notice=_notice(place, current if current in ARCHITECTURES else None),
        links=links,
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        code_css=HtmlFormatter(style="friendly").get_style_defs(".highlight"),
    )


def _fill(template: str, **values: Any) -> str:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES)).get_template(template).render(**values)


def index(place: Place) -> Path:
    """reports/<profile>/index.html: what was run, the best of each architecture, what all of them say, and links."""
    results, baselines, comparisons = (_with_a_page(name, place) for name in ("results", "baselines", "comparisons"))
    body = _overview(results, baselines, place) + _over_all(comparisons) + _sources(results)
    path = place.reports / "index.html"
    with whole(path) as part:
        part.write_text(_page("Three small networks, forward by hand", body, place, "index"), encoding="utf-8")
    return path


def _with_a_page(name: str, place: Place) -> pd.DataFrame:
    """The rows of reports/<profile>/<name>.csv that a page speaks of: a notebook that failed has rows but no page."""
    table = pd.read_csv(place.reports / f"{name}.csv")
    return table[[(place.reports / f"{each}.ipynb").exists() for each in table["architecture"]]]


def _overview(results: pd.DataFrame, baselines: pd.DataFrame, place: Place) -> str:
    """What was run, and the best of each architecture, as HTML."""
    by_name = {name: frame for name in ARCHITECTURES if len(frame := results[results["architecture"] == name])}
    rivals = baselines.loc[baselines.groupby("architecture")["val_f1"].idxmax()].set_index("architecture")
    rows = [_best(frame, name, rivals.loc[name]) for name, frame in by_name.items()]
    best = pd.DataFrame(rows).to_html(escape=False, border=0, index=False)
    budget = BUDGETS[place.profile]
    seeds = {name: len(budget.seeds[name]) for name in by_name}
    spent = "; ".join(
        f"{ARCHITECTURES[name].title}: {number} seed{'s' * (number > 1)}, "
        f"{conclusions.epochs_allowed(name, place.profile)}"
        for name, number in seeds.items()
    )
    samples = f"at most {budget.train_samples:,}" if budget.train_samples else "all"
    return f"""
<h1>Three small networks, forward by hand</h1>
<p>Profile <b>{place.name}</b>: {len(results)} networks, each trained on {samples} training samples, for each variant so
many seeds, and for at most so many epochs: {spent}. Settings and versions stand on each page. This one was written on
{datetime.now():%Y-%m-%d %H:%M}.</p>
<h2>The best of each architecture</h2>
<p>Mean macro-F1: the variant that is best on the validation data, what it reaches on the test data, and the test
macro-F1 of the method without a network that is best on the validation data. <i>Dead</i> variants predict one class for
everything.</p>
{best}
"""


def _over_all(comparisons: pd.DataFrame) -> str:
    """What mattered, what did not, what is open, and how the earlier report's findings stand, as HTML."""
    published = findings.beside_published(comparisons)
    parts = [
        "## What mattered, and what did not",
        conclusions.limits(comparisons),
        "Every comparison of all pages by its verdict, with its difference in test macro-F1, the largest first:",
        conclusions.overall(comparisons),
        "## Against the methods without a network",
        conclusions.against_baselines(comparisons),
        "## Beside the earlier report",
        conclusions.beside_published(published),
    ]
    text = pypandoc.convert_text("\n\n".join(parts), "html", "markdown-auto_identifiers")
    return text + tables.published_table(published, several=True).to_html(border=0, index=False)


def _sources(results: pd.DataFrame) -> str:
    """The check of numpy against Keras over all networks, and the data, as HTML."""
    agreement, largest = results["agreement"].min(), results["max_abs_diff"].max()
    sources = "".join(f"<li><code>{escape(each)}</code></li>" for each in results["data_source"].unique())
    names = ("results", "history", "baselines", "comparisons", "predictions")
    links = ", ".join(f'<a href="{name}.csv">{name}.csv</a>' for name in names)
    return f"""
<h2>Does numpy give what Keras gives?</h2>
<p>Over all {len(results)} networks the smallest agreement on the test split is {agreement:.2%} and the largest
difference of a probability {largest:.1e}.</p>
<h2>Data and results</h2>
<ul>{sources}<li>{links}</li></ul>
"""


def _best(results: pd.DataFrame, name: str, rival: pd.Series) -> dict[str, str]:
    """One row of the overview: the variant with the best mean macro-F1 on the validation data, and its rival."""
    means = results.groupby("variant", sort=False)[["val_f1", "test_f1_keras", "params"]].mean()
    best = means["val_f1"].idxmax()
    dead = sorted(results.loc[results["dead"], "variant"].unique())
    return {
        "network": f'<a href="{name}.html">{ARCHITECTURES[name].title}</a>',
        "best variant": best,
        "parameters": f"{means.loc[best, 'params']:,.0f}",
        "validation": f"{means.loc[best, 'val_f1']:.4f}",
        "test": f"{means.loc[best, 'test_f1_keras']:.4f}",
        "without a network": f"{rival['test_f1']:.4f} ({rival['name']})",
        "read": f'<a href="{name}.pdf">PDF</a>, <a href="{name}.ipynb">notebook</a>',
        "dead": f"<b>{', '.join(dead)}</b>" if dead else "none",
    }
