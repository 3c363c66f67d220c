"""Several networks of one variant as one: macro-F1 against their number, as table, figure and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pandas as pd

from .. import ensembles as study
from .. import full, store
from ..architectures import ARCHITECTURES
from ..datasets import Dataset
from ..evaluation import results
from ..evidence import Evidence
from ..findings import name_of
from ..runs import Place
from . import labels, style
from .either import own_or_full
from .sentences import say
from .style import BLUE, GREEN, ORANGE, Picture
from .tables import Table

LOOKS = [
    {"color": BLUE, "marker": "D", "linestyle": "-"},
    {"color": ORANGE, "marker": "s", "linestyle": "--"},
    {"color": GREEN, "marker": "^", "linestyle": ":"},
]


def parts(evidence: Evidence) -> Iterator[Any]:
    """What this profile's networks reach together, or, if it has one of each alone, those of `full`."""
    wanted = chosen(results(evidence.checks))
    mine = [each for each in evidence.checks if each.run.variant.name in wanted]
    rows = study.measured(mine, evidence.place)
    rows, of_full, missing = own_or_full(evidence, rows, "ensembles", "ensembles")
    yield from missing
    if rows.empty:
        return
    if of_full:
        rows = rows[rows["variant"].isin(chosen(full.of("results", [evidence.architecture])))]
    yield say("ensembles.lead", of_full=of_full, many=study.MANY)
    yield table(rows)
    yield picture(rows, evidence.data, evidence.place, of_full)
    yield reading(rows, evidence.sides[evidence.rival].mean.estimate, evidence.rival)


def chosen(results: pd.DataFrame) -> list[str]:
    """The variants that are shown: the baseline, and the best and the weakest on validation data."""
    if results.empty:
        return []
    weakest = str(results.groupby("variant", sort=False)["val_f1"].mean().idxmin())
    return list(dict.fromkeys(("baseline", store.best(results), weakest)))


def table(rows: pd.DataFrame) -> Table:
    """A row for each variant, a column for each number of members: mean, and lowest to highest."""
    lines = []
    for name, mine in rows.groupby("variant", sort=False):
        line = {"variant": name_of(mine["architecture"].iloc[0], name), "networks": str(mine["n_seeds"].iloc[0])}
        for row in mine.itertuples():
            reach = f" ({row.lowest:.3f} to {row.highest:.3f})" if row.subsets > 1 else ""
            column = "all together" if row.members == row.n_seeds else "alone" if row.members == 1 else str(row.members)
            line[column] = f"{row.mean:.3f}{reach}"
        lines.append(line)
    several = [str(each) for each in study.MEMBERS[1:] if any(str(each) in line for line in lines)]
    columns = ["variant", "networks", "alone", *several, "all together"]
    title = ARCHITECTURES[rows["architecture"].iloc[0]].title
    found = pd.DataFrame(lines, columns=columns, dtype=object).fillna("")
    return Table(found).captioned(say("captions.ensembles_table", title=title))


@style.styled
def picture(rows: pd.DataFrame, data: Dataset, place: Place, of_full: bool = False) -> Picture:
    """Macro-F1 against the number of members: the mean over subsets, and the lowest and highest of them."""
    architecture = rows["architecture"].iloc[0]
    figure, [[axes]] = style.figure(2.8, 1, 1)
    ends = []
    for number, (name, mine) in enumerate(rows.groupby("variant", sort=False)):
        # Where all subsets have the same score, rounding may put their mean just beyond it.
        reach = [(mine["mean"] - mine["lowest"]).clip(lower=0), (mine["highest"] - mine["mean"]).clip(lower=0)]
        places = mine["members"] * 1.04 ** (number - 1)  # side by side
        said, look = name_of(architecture, name), LOOKS[number]
        axes.errorbar(places, mine["mean"], reach, capsize=3, label=said, **look)
        ends.append((places.iloc[-1], mine["mean"].iloc[-1], style.in_lines(said, 22), look["color"]))
    axes.set_xscale("log")
    axes.set_xticks(sorted(rows["members"].unique()))
    axes.xaxis.set_major_formatter(mpl.ticker.ScalarFormatter())
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.set(xlabel="networks together", ylabel="test macro-F1")
    labels.at_ends(axes, ends)
    network = f"{ARCHITECTURES[architecture].title}{', full' if of_full else ''}"
    points = [
        (name_of(architecture, name), list(zip(mine["members"], mine["mean"], strict=True)))
        for name, mine in rows.groupby("variant", sort=False)
    ]
    about = {
        "alt": say("alts.ensembles", title=network, variants=points),
        "caption": say("captions.ensembles", title=network),
    }
    name = f"{architecture}-ensembles{'-full' if of_full else ''}"
    return style.save(figure, place, name, say("ensembles.title", title=network), data, **about)


def reading(rows: pd.DataFrame, rival_f1: float, rival: str) -> str:
    """What all together gain over one alone, and how far single ones lie apart, as Markdown."""
    said = []
    for name, mine in rows.groupby("variant", sort=False):
        alone, everyone = mine.iloc[0], mine.iloc[-1]
        words = {"name": name_of(everyone["architecture"], name), "apart": alone["highest"] - alone["lowest"]}
        said.append(everyone.to_dict() | words | {"highest_alone": alone["highest"], "alone": alone["mean"]})
    return say("ensembles.reading", variants=said, rival=rival, rival_f1=rival_f1)
