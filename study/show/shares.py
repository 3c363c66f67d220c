"""Macro-F1 of a network and its rival against the share of the training data, from shares.csv."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pandas as pd

from .. import shares as study
from ..architectures import ARCHITECTURES, variants
from ..datasets import Dataset
from ..evidence import Evidence
from ..findings import name_of
from ..runs import Job, Place
from . import labels, style
from .either import own_or_full
from .sentences import say
from .style import BLUE, ORANGE, Picture
from .tables import Table
from .words import percent, signed

LOOKS = [{"color": BLUE, "marker": "D", "linestyle": "-"}, {"color": ORANGE, "marker": "s", "linestyle": "--"}]


def parts(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """What is shown of these rows, or, where a smaller profile has none, of those that `full` has committed."""
    rows, of_full, missing = own_or_full(evidence, rows, study.TABLE, "shares")
    yield from missing
    if rows.empty:
        return
    names = _networks(rows)
    yield say(
        "shares.lead",
        of_full=of_full,
        networks=[name_of(evidence.architecture, each) for each in names],
        others=not of_full and evidence.best not in names,
        rival=_rival(rows),
        items=_items(evidence.data),
        steps=_steps(evidence.architecture, names[0], rows["samples"], "full" if of_full else evidence.place.profile),
    )
    yield table(rows)
    yield picture(rows, evidence.data, evidence.place, of_full)
    yield reading(rows)


def _rival(rows: pd.DataFrame) -> str:
    return str(rows.loc[rows["against"] != "", "against"].iloc[0])


def _steps(architecture: str, name: str, samples: pd.Series, profile: str) -> list[tuple[int, int]]:
    """(number of examples, how often a network's weights are changed on them), of the fewest and of the most."""
    [network] = [each for each in variants(architecture) if each.name == name]
    job = Job(network, 0, profile)
    return [
        (number, job.epochs * math.ceil(number / job.training["batch_size"]))
        for number in (samples.min(), samples.max())
    ]


def _items(data: Dataset) -> str:
    return "texts" if data.x_train.ndim == 1 else "images"


def _networks(rows: pd.DataFrame) -> list[str]:
    """The networks of these rows; the rival is none."""
    return list(rows.loc[rows["against"] != "", "method"].unique())


def table(rows: pd.DataFrame) -> Table:
    """A row for each share: macro-F1 of each network and of the rival, and the differences."""
    architecture, lines = rows["architecture"].iloc[0], []
    for (share, samples), mine in rows.groupby(["share", "samples"]):
        line = {"of the training data": percent(share), "examples": f"{samples:,}"}
        for row in mine.drop_duplicates(["method", "against"]).itertuples():
            name, number = name_of(architecture, row.method), signed if row.against else "{:.3f}".format
            column = f"{name} less {row.against}" if row.against else name
            line[column] = f"{number(row.effect)} ({number(row.low)} to {number(row.high)})"
        lines.append(line)
    caption = say("captions.shares_table", title=ARCHITECTURES[architecture].title)
    return Table(pd.DataFrame(lines, dtype=object).fillna("")).captioned(caption)


@style.styled
def picture(rows: pd.DataFrame, data: Dataset, place: Place, of_full: bool = False) -> Picture:
    """The mean macro-F1 of the network and of its rival with 95 % intervals, against the number of examples."""
    architecture, alone = rows["architecture"].iloc[0], rows[rows["against"] == ""]
    figure, [[axes]] = style.figure(2.8, 1, 1)
    ends, points = [], []
    for number, name in enumerate([*_networks(rows), _rival(rows)]):
        mine = alone[alone["method"] == name].drop_duplicates("share").sort_values("share")
        reach = [mine["effect"] - mine["low"], mine["high"] - mine["effect"]]
        look, said = LOOKS[1] if name == _rival(rows) else LOOKS[0], name_of(architecture, name)
        places = mine["samples"] * (0.985, 1.015)[number % 2]  # side by side
        axes.errorbar(places, mine["effect"], reach, capsize=3, label=said, **look)
        ends.append((places.iloc[-1], mine["effect"].iloc[-1], style.in_lines(said, 22), look["color"]))
        points.append((said, list(zip(mine["samples"], mine["effect"], strict=True))))
    axes.set_xscale("log")
    there = alone.drop_duplicates("share").sort_values("share")
    axes.set_xticks(there["samples"], [f"{row.samples:,}\n{percent(row.share)}" for row in there.itertuples()])
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.set(xlabel=f"training {_items(data)}", ylabel="test macro-F1")
    labels.at_ends(axes, ends, aside=10)
    network = f"{ARCHITECTURES[architecture].title}{', full' if of_full else ''}"
    about = {
        "alt": say("alts.shares", title=network, networks=points),
        "caption": say("captions.shares", title=network, items=_items(data)),
    }
    name = f"{architecture}-shares{'-full' if of_full else ''}"
    return style.save(figure, place, name, say("shares.title", title=network), data, **about)


def reading(rows: pd.DataFrame) -> str:
    """What more data brings each, and where the network is ahead of its rival, as Markdown."""
    architecture, alone, said = rows["architecture"].iloc[0], rows[rows["against"] == ""], []
    for name in [*_networks(rows), _rival(rows)]:
        mine = alone[alone["method"] == name].drop_duplicates("share").sort_values("share").to_dict("records")
        said.append({"name": name_of(architecture, name), "first": mine[0], "before": mine[-2], "last": mine[-1]})
    found: dict[str, list[str]] = {"ahead": [], "behind": [], "not told apart": []}
    for row in rows[rows["against"] != ""].sort_values("share").itertuples():
        how = "ahead" if row.low > 0 else "behind" if row.high < 0 else "not told apart"
        found[how].append(percent(row.share))
    where = [(how, some) for how, some in found.items() if some]
    return say("shares.reading", methods=said, where=where, rival=_rival(rows), single=rows["n_seeds"].max() == 1)
