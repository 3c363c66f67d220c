"""The overview: what was found, in full and here, the best of each architecture, and links to the pages."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from .. import findings, full, store
from ..architectures import ARCHITECTURES
from ..datasets import TITLES
from ..files import atomic_write
from ..profiles import BUDGETS
from ..runs import Place
from . import cells, conclusions, costs, forest, front, pages, readings, readme, tables
from .markup import html, image, listed, table
from .sentences import say

TOLD = ("results", "baselines", "comparisons")  # the tables that a profile's answers are told from


def index(place: Place) -> Path:
    """reports/<profile>/index.html: in short, the best, costs, the check, speed; then the answers, in full and here."""
    results, baselines, comparisons = (_with_a_page(name, place) for name in ("results", "baselines", "comparisons"))
    comparisons = full.beside(comparisons, place)
    architectures = list(results["architecture"].unique())
    in_full = full.speaks_of(place) and len(full.of("results", architectures)) > 0
    main = [full.of(name, architectures) for name in TOLD] if in_full else [results, baselines, comparisons]
    title = say("overview.title", number=len(ARCHITECTURES))
    parts = [
        f"<h1>{title}</h1>",
        _what(architectures),
        _spent(results, place),
        _in_short(*main, place, in_full),
        _the_best(results, baselines, place),
        _costs(*main),
        _checked(results, baselines),
        *([_full(architectures, main)] if full.speaks_of(place) else []),
        _here(results, baselines, comparisons, place),
        _cells(results, place),
        _over_all(results, comparisons, place),
        _sources(results, place),
    ]
    path = place.reports / "index.html"
    with atomic_write(path) as part:
        part.write_text(pages.page(title, "".join(parts), place, "index"), encoding="utf-8")
    return path


def _with_a_page(name: str, place: Place) -> pd.DataFrame:
    """The rows of reports/<profile>/<name>.csv that a page speaks of: a notebook that failed has rows but no page."""
    rows = store.read(name, place)
    return rows[[(place.reports / f"{each}.ipynb").exists() for each in rows["architecture"]]]


def _what(architectures: list[str]) -> str:
    """What is studied on what data, as HTML."""
    of_data: dict[str, list[str]] = {}
    for name in architectures:
        of_data.setdefault(ARCHITECTURES[name].dataset, []).append(ARCHITECTURES[name].title)
    return html(say("overview.what", networks=[(titles, each, TITLES[each]) for each, titles in of_data.items()]))


def _spent(results: pd.DataFrame, place: Place) -> str:
    """What was run, as HTML."""
    return html(
        say(
            "overview.spent",
            profile=place.name,
            networks=len(results),
            train_samples=BUDGETS[place.profile].train_samples,
            architectures=[
                (
                    ARCHITECTURES[name].title,
                    mine["seed"].nunique(),
                    readings.epochs_allowed(name, place.profile),
                )
                for name, mine in results.groupby("architecture", sort=False)
            ],
            data=findings.data_of(results),
        )
    )


def _in_short(
    results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame, place: Place, in_full: bool
) -> str:
    """The summary, as HTML: plain sentences and the figure, of the results to go by: those of full where it has any."""
    name, title = ("forest-full", readme.title()) if in_full else ("forest", _title(place))
    picture = forest.save(comparisons, place.figures / f"{name}.png", title, with_forms=True)
    lead = say("front.lead", title=title, data=findings.data_of(results))
    said = html(lead) + listed(front.lines(results, baselines, comparisons))
    return f'<section class="summary"><h2>{say("front.title")}</h2>{said}{image(picture)}</section>'


def _costs(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """What wider and deeper networks cost, as HTML; nothing where there are none."""
    rows = costs.table(results, comparisons)
    caption = say("front.costs_caption", single=comparisons["n_seeds"].max() == 1)
    return html(say("front.costs_title")) + table(rows, "costs", caption) if len(rows) else ""


def _fewest(plain: pd.DataFrame, baselines: pd.DataFrame) -> int:
    """On how many test examples at least the plain functions were held against Keras; 0 if everywhere on all."""
    names = plain["architecture"]
    whole = names.map({name: costs.test_examples(baselines, name) for name in names.unique()})
    return int(plain["plain_examples"].min()) if (plain["plain_examples"] < whole).any() else 0


def _checked(results: pd.DataFrame, baselines: pd.DataFrame) -> str:
    """The check of numpy against Keras over all networks, and how long both take, as HTML."""
    worst = {"agreement": results["agreement"].min(), "largest": results["max_abs_diff"].max()}
    said = [say("overview.check", networks=len(results), **worst)]
    if len(plain := results[results["plain_examples"] > 0]):
        said.append(
            say(
                "overview.plain",
                networks=len(plain),
                examples=_fewest(plain, baselines),
                agreement=plain["plain_agreement"].min(),
                largest=plain["plain_max_abs_diff"].max(),
            )
        )
    parts = [
        html("\n\n".join(said)),
        table(costs.checks(results, baselines), "check", say("front.check_caption")),
    ]
    if len(speeds := costs.speed_table(results, baselines)):
        single = results.groupby("architecture")["seed"].nunique().max() == 1
        parts += [
            html(say("front.speed")),
            table(speeds, "speed", say("front.speed_caption", single=single)),
        ]
    return "".join(parts)


def _full(architectures: list[str], committed: list[pd.DataFrame]) -> str:
    """What the full profile found of these architectures, and what its committed tables lack, as HTML."""
    lacking = html(conclusions.lacking_in_full(architectures))
    if full.of("results", architectures).empty:
        return f"<h2>{readme.title()}</h2>{lacking}"
    lead = html(
        say("overview.full_lead", how_to_read=readme.how_to_read(committed[2]), data=findings.data_of(committed[0]))
    )
    return f"<h2>{readme.title()}</h2>{lead}{listed(readme.lines(*committed))}{lacking}"


def _here(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame, place: Place) -> str:
    """What this profile found: beside full's results what is different, else the answers in lines; as HTML."""
    title = _title(place)
    if full.speaks_of(place):
        picture = ""
        if len(full.of("results", list(results["architecture"].unique()))):  # else it stands on top
            picture = image(forest.save(comparisons, place.figures / "forest.png", title, with_forms=True))
        return f"<h2>{title}</h2>{html(conclusions.against_full(comparisons, place.profile))}{picture}"
    said = listed(readme.lines(results, baselines, comparisons))
    return f"<h2>{title}</h2>{html(readme.how_to_read(comparisons))}{said}"


def _title(place: Place) -> str:
    return say("overview.here", profile=place.profile, notice=pages.notice_of(place))


def _cells(results: pd.DataFrame, place: Place) -> str:
    """One kind of cell against another, in full and here, and which of them are missing, as HTML."""
    sources = [(full.table("cells"), full.table("results"), "cells-full", True)] if full.speaks_of(place) else []
    here = store.read_if_there("cells", place)
    sources.append((pd.DataFrame({"architecture": []}) if here is None else here, results, "cells", False))
    parts = [html(say("cells.heading"))]
    for rows, scores, name, of_full in sources:
        if len(rows):
            title = say("cells.title", title=readme.title() if of_full else _title(place))
            picture = cells.picture(rows, scores, place.figures / f"{name}.png", title, of_full)
            shown = cells.table(rows, scores, of_full)
            shown = table(shown, name, shown.caption)
            parts += [
                html(cells.lead(rows, of_full)),
                image(picture),
                shown,
                html(cells.order(rows, scores)),
            ]
            parts.append(html(cells.verdicts(rows)))
        parts.append(html(cells.missing(rows, of_full)))
    return "".join(parts)


def _the_best(results: pd.DataFrame, baselines: pd.DataFrame, place: Place) -> str:
    """The best of each architecture, what was decided after its test scores were seen, as HTML."""
    by_name = {name: frame for name in ARCHITECTURES if len(frame := results[results["architecture"] == name])}
    rivals = baselines.loc[baselines.groupby("architecture")["val_f1"].idxmax()].set_index("architecture")
    rows = [_best(frame, name, rivals.loc[name], place) for name, frame in by_name.items()]
    caption = say("front.best_caption", with_full=full.speaks_of(place))
    shown = table(pd.DataFrame(rows), "best", caption, as_text=False)
    families = [ARCHITECTURES[name] for name in by_name]
    after = [(each.title, each.decided_after_test) for each in families if each.decided_after_test]
    told = html(say("overview.decided", after=after)) if after and not place.is_sample else ""
    return html(say("overview.best", with_full=full.speaks_of(place))) + shown + told


def _best(results: pd.DataFrame, name: str, rival: pd.Series, place: Place) -> dict[str, str]:
    """One row of the overview: the variant that is best on the validation data, and its rival."""
    variant = store.best(results)
    scores = ["val_f1", "test_f1_keras"]
    mean = results[results["variant"] == variant][[*scores, "params"]].mean()
    beside = dict.fromkeys(scores, "")
    if full.speaks_of(place):
        theirs = full.of("results", [name])
        found = theirs[theirs["variant"] == variant]
        beside = {score: f" (full: {found[score].mean():.3f})" if len(found) else "" for score in scores}
    pdf = f'<a href="{name}.pdf">PDF</a>, ' if (place.reports / f"{name}.pdf").exists() else ""
    dead = [
        f"{findings.name_of(name, each)} ({mine[mark].eq(True).sum()} of {len(mine)}{says})"
        for mark, says in (("dead", ""), ("diverged", " diverged"))
        for each, mine in results.groupby("variant", sort=False)
        if mark in mine and mine[mark].eq(True).any()  # older tables do not say of each
    ]
    return {
        "network": f'<a href="{name}.html">{ARCHITECTURES[name].title}</a>',
        "best variant": findings.name_of(name, variant),
        "parameters": f"{mean['params']:,.0f}",
        "validation": f"{mean['val_f1']:.3f}{beside['val_f1']}",
        "test": f"{mean['test_f1_keras']:.3f}{beside['test_f1_keras']}",
        "without a network": f"{rival['test_f1']:.3f} ({rival['name']})",
        "read": f'{pdf}<a href="{name}.ipynb">notebook</a>',
        "dead": f"<b>{'; '.join(dead)}</b>" if dead else "none",
    }


def _over_all(results: pd.DataFrame, comparisons: pd.DataFrame, place: Place) -> str:
    """What mattered, what did not, what is open, and how the earlier report's findings stand, as HTML."""
    earlier, with_full = findings.earlier(comparisons, place), full.speaks_of(place)
    names = list(results["architecture"].unique())
    told = readings.earlier(earlier) if readings.earlier_report(names) else say("earlier.nothing")
    said = say(
        "overview.over_all",
        limits=conclusions.limits(comparisons),
        with_full=with_full,
        overall=conclusions.overall(comparisons),
        baselines=conclusions.beside_baselines(comparisons, with_full=with_full),
        earlier=f"{readings.earlier_report(names)}\n\n{told}",
        data="" if earlier["from_full"].any() else findings.data_of(results),
    )
    if earlier.empty:
        return html(said)
    return html(said) + table(tables.earlier_table(earlier, several=True), "earlier", say("front.earlier_caption"))


def _sources(results: pd.DataFrame, place: Place) -> str:
    """The data, and the tables that all of it is made of, as HTML."""
    sources = "".join(f"<li><code>{escape(each)}</code></li>" for each in results["data_source"].unique())
    names = [name for name in (*store.TABLES, *store.NOT_ALWAYS) if (place.reports / f"{name}.csv").exists()]
    links = ", ".join(f'<a href="{name}.csv">{name}.csv</a>' for name in names)
    return html(say("overview.sources")) + f"<ul>{sources}<li>{links}</li></ul>"
