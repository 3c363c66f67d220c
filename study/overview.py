"""The overview: what was run, the best of each architecture, what all comparisons say, and links to the pages."""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path

import pandas as pd
import pypandoc

from . import conclusions, findings, pages, tables
from .files import whole
from .runs import Place
from .variants import ARCHITECTURES, BUDGETS


def index(place: Place) -> Path:
    """reports/<profile>/index.html: what was run, the best of each architecture, what all of them say, and links."""
    results, baselines, comparisons = (_with_a_page(name, place) for name in ("results", "baselines", "comparisons"))
    body = _overview(results, baselines, place) + _over_all(comparisons) + _sources(results)
    path = place.reports / "index.html"
    with whole(path) as part:
        part.write_text(pages.page("Three small networks, forward by hand", body, place, "index"), encoding="utf-8")
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
