"""The overview: what was found, in full and here, the best of each architecture, and links to the pages."""

from __future__ import annotations

import base64
from datetime import datetime
from html import escape
from pathlib import Path

import pandas as pd
import pypandoc

from .. import findings, full
from ..architectures import ARCHITECTURES
from ..evaluation import best
from ..files import atomic_write
from ..profiles import BUDGETS, seeds
from ..runs import Place
from . import conclusions, forest, pages, readings, readme, tables
from .style import Picture
from .words import percent

TITLE = "Three small networks, forward by hand"


def index(place: Place) -> Path:
    """reports/<profile>/index.html: what full found, what this profile found, the best, what it means, and links."""
    results, baselines, comparisons = (_with_a_page(name, place) for name in ("results", "baselines", "comparisons"))
    comparisons = full.beside(comparisons, place)
    parts = [f"<h1>{TITLE}</h1>", _spent(results, place)]
    if full.speaks_of(place):
        parts.append(_full(list(results["architecture"].unique()), place))
    parts += [
        _here(results, baselines, comparisons, place),
        _the_best(results, baselines, place),
        _over_all(results, comparisons, place),
        _sources(results),
    ]
    path = place.reports / "index.html"
    with atomic_write(path) as part:
        part.write_text(pages.page(TITLE, "".join(parts), place, "index"), encoding="utf-8")
    return path


def _with_a_page(name: str, place: Place) -> pd.DataFrame:
    """The rows of reports/<profile>/<name>.csv that a page speaks of: a notebook that failed has rows but no page."""
    table = pd.read_csv(place.reports / f"{name}.csv")
    return table[[(place.reports / f"{each}.ipynb").exists() for each in table["architecture"]]]


def _spent(results: pd.DataFrame, place: Place) -> str:
    """What was run, as HTML."""
    budget = BUDGETS[place.profile]
    how_many = {name: len(seeds(name, place.profile)) for name in results["architecture"].unique()}
    spent = "; ".join(
        f"{ARCHITECTURES[name].title}: {number} seed{'s' * (number > 1)}, "
        f"{readings.epochs_allowed(name, place.profile)}"
        for name, number in how_many.items()
    )
    samples = f"at most {budget.train_samples:,}" if budget.train_samples else "all"
    return f"""
<p>Profile <b>{place.name}</b>: {len(results)} networks, each trained on {samples} training samples. Seeds of each
variant, and epochs at most: {spent}. Data: {escape(findings.data_of(results))}. Settings and versions stand on each
page. This one was written on {datetime.now():%Y-%m-%d %H:%M}.</p>
"""


def _full(architectures: list[str], place: Place) -> str:
    """What the full profile found of these architectures, from its committed tables, as HTML."""
    committed = [full.of(name, architectures) for name in ("results", "baselines", "comparisons")]
    picture = forest.save(committed[-1], place.figures / "forest-full.png", readme.title())
    lead = (
        "All the data, several seeds, as many epochs as were chosen: these are the results to go by, kept in "
        f"`reports/full/`. {readme.how_to_read()} Data: {findings.data_of(committed[0])}."
    )
    lacking = _html(conclusions.lacking_in_full(architectures))
    return f"<h2>{readme.title()}</h2>{_html(lead)}{_image(picture)}{_list(readme.lines(*committed))}{lacking}"


def _here(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame, place: Place) -> str:
    """What this profile found: beside full's results what is different, else the answers in lines; as HTML."""
    notice = pages.notice_of(place)
    title = f"What the profile {place.profile} found" + (f" ({notice})" if notice else "")
    picture = _image(forest.save(comparisons, place.figures / "forest.png", title))
    if full.speaks_of(place):
        return f"<h2>{title}</h2>{_html(conclusions.against_full(comparisons, place.profile))}{picture}"
    said = _list(readme.lines(results, baselines, comparisons))
    return f"<h2>{title}</h2>{_html(readme.how_to_read())}{picture}{said}"


def _the_best(results: pd.DataFrame, baselines: pd.DataFrame, place: Place) -> str:
    """The best of each architecture, what was decided after its test scores were seen, as HTML."""
    by_name = {name: frame for name in ARCHITECTURES if len(frame := results[results["architecture"] == name])}
    rivals = baselines.loc[baselines.groupby("architecture")["val_f1"].idxmax()].set_index("architecture")
    rows = [_best(frame, name, rivals.loc[name], place) for name, frame in by_name.items()]
    beside = (
        " In brackets: the mean that the profile <code>full</code> has of the same variant."
        if full.speaks_of(place)
        else ""
    )
    after = {name: words for name in by_name if (words := ARCHITECTURES[name].decided_after_test)}
    decided = [f"**{ARCHITECTURES[name].title}**: {words}." for name, words in after.items()]
    told = f"<p>Decided after a test score had been seen:</p>{_list(decided)}" if after and not place.is_sample else ""
    return f"""
<h2>The best of each architecture</h2>
<p>Mean macro-F1: the variant that is best on the validation data, what it reaches on the test data, and the test
macro-F1 of the method without a network that is best on the validation data.{beside} <i>Dead</i> variants predict one
class for everything.</p>
{pd.DataFrame(rows).to_html(escape=False, border=0, index=False)}
{told}"""


def _best(results: pd.DataFrame, name: str, rival: pd.Series, place: Place) -> dict[str, str]:
    """One row of the overview: the variant that is best on the validation data, and its rival."""
    variant = best(results)
    scores = ["val_f1", "test_f1_keras"]
    mean = results[results["variant"] == variant][[*scores, "params"]].mean()
    beside = dict.fromkeys(scores, "")
    if full.speaks_of(place):
        theirs = full.of("results", [name])
        found = theirs[theirs["variant"] == variant]
        beside = {score: f" (full: {found[score].mean():.3f})" if len(found) else "" for score in scores}
    pdf = f'<a href="{name}.pdf">PDF</a>, ' if (place.reports / f"{name}.pdf").exists() else ""
    dead = [findings.name_of(name, each) for each in results.loc[results["dead"], "variant"].unique()]
    return {
        "network": f'<a href="{name}.html">{ARCHITECTURES[name].title}</a>',
        "best variant": findings.name_of(name, variant),
        "parameters": f"{mean['params']:,.0f}",
        "validation": f"{mean['val_f1']:.3f}{beside['val_f1']}",
        "test": f"{mean['test_f1_keras']:.3f}{beside['test_f1_keras']}",
        "without a network": f"{rival['test_f1']:.3f} ({rival['name']})",
        "read": f'{pdf}<a href="{name}.ipynb">notebook</a>',
        "dead": f"<b>{', '.join(dead)}</b>" if dead else "none",
    }


def _over_all(results: pd.DataFrame, comparisons: pd.DataFrame, place: Place) -> str:
    """What mattered, what did not, what is open, and how the earlier report's findings stand, as HTML."""
    published = findings.earlier(comparisons, place)
    ours = "" if published["from_full"].any() else f" Ours come from {findings.data_of(results)}."
    beside = (
        " Behind each stands what the profile `full` found of the same comparison." if full.speaks_of(place) else ""
    )
    parts = [
        "## What mattered, and what did not",
        conclusions.limits(comparisons),
        "Every comparison of all pages by its verdict, with its difference in test macro-F1, the largest first."
        f"{beside} In groups that go beyond the baseline each step is compared with the one before.",
        conclusions.overall(comparisons),
        "## Against the methods without a network",
        conclusions.beside_baselines(comparisons, with_full=full.speaks_of(place)),
        "## Beside the earlier report",
        readings.earlier(published) + ours,
    ]
    table = "" if published.empty else tables.earlier_table(published, several=True).to_html(border=0, index=False)
    return _html("\n\n".join(parts)) + table


def _sources(results: pd.DataFrame) -> str:
    """The check of numpy against Keras over all networks, and the data, as HTML."""
    agreement, largest = results["agreement"].min(), results["max_abs_diff"].max()
    sources = "".join(f"<li><code>{escape(each)}</code></li>" for each in results["data_source"].unique())
    names = ("results", "history", "baselines", "comparisons", "predictions")
    links = ", ".join(f'<a href="{name}.csv">{name}.csv</a>' for name in names)
    return f"""
<h2>Does numpy give what Keras gives?</h2>
<p>Over all {len(results)} networks the smallest agreement on the test split is {percent(agreement)} and the largest
difference of a probability {largest:.1e}.</p>
<h2>Data and results</h2>
<ul>{sources}<li>{links}</li></ul>
"""


def _html(markdown: str) -> str:
    return pypandoc.convert_text(markdown, "html", "markdown-auto_identifiers")


def _list(lines: list[str]) -> str:
    return _html("\n".join(f"- {line}" for line in lines))


def _image(picture: Picture) -> str:
    """A figure inside the page, with its text for those who cannot see it."""
    data = base64.b64encode(picture.path.read_bytes()).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{escape(picture.alt)}">'
