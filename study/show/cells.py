"""The kinds of cell side by side, from cells.csv and results.csv: a figure, a table, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import full
from ..architectures import ARCHITECTURES
from ..cells import GROUP, all_of_them, bests, finished, of_tables, settings
from ..datasets import Dataset
from ..findings import is_fragile, name_of, perhaps_small
from ..runs import Place
from . import labels, style
from .sentences import say
from .style import BLUE, ORANGE, Picture
from .tables import Table

LOOKS = [{"color": BLUE, "marker": "D"}, {"color": ORANGE, "marker": "s", "markerfacecolor": "white"}]  # by setting


def words() -> dict[str, str]:
    """{variant's name: how its setting is called on the pages}."""
    group = ARCHITECTURES[all_of_them()[0]].groups[GROUP]
    return {name: group.in_words(value) for name, value in settings().items()}


def parts(data: Dataset, place: Place, seeds: int | None = None) -> Iterator[Any]:
    """What a notebook shows: the kinds of cells as `full` has them beside a smaller profile, and as they are here."""
    results, answered = finished(data, place, seeds)
    here = of_tables(results, answered, data)
    sources = [(full.table("cells"), full.table("results"), True)] if full.speaks_of(place) else []
    for rows, scores, of_full in [*sources, (here, results, False)]:
        if len(rows):
            yield lead(rows, of_full)
            yield table(rows, scores, of_full)
            yield order(rows, scores)
            yield verdicts(rows)
        yield missing(rows, of_full)


def missing(rows: pd.DataFrame, of_full: bool) -> str:
    """Which kinds of cell a profile's tables do not have."""
    there = set(rows["architecture"])
    lacking = [ARCHITECTURES[name].title for name in all_of_them() if name not in there]
    return say("cells.missing", cells=lacking, everything=not there, of_full=of_full) if lacking else ""


def lead(rows: pd.DataFrame, of_full: bool) -> str:
    """What is compared."""
    titles = [ARCHITECTURES[name].title for name in _alone(rows)["architecture"].unique()]
    seeds = _alone(rows)["n_seeds"].astype(int)
    return say("cells.lead", cells=titles, fewest=seeds.min(), most=seeds.max(), of_full=of_full)


def table(rows: pd.DataFrame, results: pd.DataFrame, of_full: bool = False) -> Table:
    """A row for each cell: its weights, its macro-F1 at each setting, and beside it its own best network."""
    alone, lines, best = _alone(rows), [], bests(results).set_index("architecture")
    for name in alone["architecture"].unique():
        mine = alone[alone["architecture"] == name].set_index("variant")
        line = {"cell": ARCHITECTURES[name].title, "parameters": f"{mine['params'].iloc[0]:,}"}
        line |= {"seeds": str(mine["n_seeds"].iloc[0])}
        for variant, said in words().items():
            if variant in mine.index:
                effect, low, high = mine.loc[variant, ["effect", "low", "high"]]
                line[f"macro-F1, {said}"] = f"{effect:.3f} ({low:.3f} to {high:.3f})"
        if name in best.index:
            line["its own best"] = name_of(name, best.loc[name, "variant"])
            line["validation"] = f"{best.loc[name, 'val_f1']:.3f}"
            line["test"] = f"{best.loc[name, 'test_f1_keras']:.3f}"
        lines.append(line)
    return Table(pd.DataFrame(lines, dtype=object).fillna("")).captioned(say("captions.cells_table", of_full=of_full))


def order(rows: pd.DataFrame, results: pd.DataFrame) -> str:
    """Which cell has the highest mean at each setting, which next, and which with each one's own best network."""
    alone, best = _alone(rows), bests(results)
    best = best[best["architecture"].isin(alone["architecture"])]
    orders = [(f"at equal settings, {said}", _titles(alone[alone["variant"] == variant], "effect"))
              for variant, said in words().items()]  # fmt: skip
    own = _titles(best, "test_f1_keras")
    return say("cells.order", orders=orders, own=own, same=[where for where, titles in orders if titles == own])


def _titles(rows: pd.DataFrame, score: str) -> str:
    """The kinds of cells, the one with the highest score first; those that are the same to three digits together."""
    ordered = rows.assign(shown=rows[score].map("{:.3f}".format)).sort_values(score, ascending=False, kind="stable")
    return ", ".join(
        " = ".join(ARCHITECTURES[name].title for name in mine["architecture"])
        for _, mine in ordered.groupby("shown", sort=False)
    )


def verdicts(rows: pd.DataFrame) -> str:
    """Each pair of cells, as a Markdown list."""
    pairs, title = _pairs(rows), {name: family.title for name, family in ARCHITECTURES.items()}
    return say(
        "cells.verdicts",
        rows=[
            row._asdict()
            | {"ours": title[row.architecture], "theirs": title[row.against], "setting": words()[row.variant]}
            | {"small": perhaps_small(row)}
            | {"checked": (int(row.holds), int(row.checks)) if row.checks > 0 else None}
            | {"fragile": is_fragile(row), "broken": _broken(row)}
            for row in pairs.itertuples()
        ],
        several=len(pairs),
        checked=bool((pairs["checks"] > 0).any()),
    )


def _broken(row: Any) -> list[tuple[str, str]]:
    """By which methods and under which conditions, as they are called, the verdict does not hold: with theirs."""
    names = {name: each.title for name, each in ARCHITECTURES[row.architecture].conditions.items()}
    pairs = [each.split(": ") for each in row.broken.split("; ") if each]
    return [(names.get(name, name), said) for name, said in pairs]


def _alone(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of single cells, by setting and number of weights."""
    return _in_order(rows[rows["against"] == ""])


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    return _in_order(rows[rows["against"] != ""])


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """A table file has the pages' order of architectures."""
    by_size = rows.sort_values("params", kind="stable")
    return by_size.sort_values("variant", key=lambda names: names.map(list(settings()).index), kind="stable")


@style.styled
def picture(rows: pd.DataFrame, results: pd.DataFrame, path: Path, title: str, of_full: bool = False) -> Picture:
    """For each cell and setting every network a dot, the mean with its 95 % interval beside them."""
    alone = _alone(rows)
    names = list(alone["architecture"].unique())
    figure, [[axes]] = style.figure(2.8, 1, 1)
    for number, (variant, said) in enumerate(words().items()):
        mine = alone[alone["variant"] == variant]
        for row in mine.itertuples():
            scores = results[(results["architecture"] == row.architecture) & (results["variant"] == variant)]
            place = names.index(row.architecture) + 0.3 * (number - 0.5)
            dots = place - 0.06 - np.linspace(0.1, 0, len(scores))
            axes.plot(dots, scores["test_f1_keras"], ".", color=LOOKS[number]["color"], alpha=0.6)
            error = [[row.effect - row.low], [row.high - row.effect]]
            axes.errorbar(place, row.effect, error, linestyle="none", capsize=4, label=said, **LOOKS[number])
            if row.architecture == names[0]:
                look = {"color": labels.ink(LOOKS[number]["color"]), "fontsize": 8, "va": "center"}
                aside, look["ha"] = ((-34, "right"), (10, "left"))[number % 2]
                axes.annotate(said, (place, row.effect), xytext=(aside, 0), textcoords="offset points", **look)
    axes.set_xticks(range(len(names)), [ARCHITECTURES[name].title for name in names])
    axes.set(ylabel="test macro-F1", xlim=(-0.8, len(names) - 0.4))
    figure.suptitle(title)
    means = [(ARCHITECTURES[row.architecture].title, words()[row.variant], _mean(row)) for row in alone.itertuples()]
    alt, caption = say("alts.cells", title=title, rows=means), say("captions.cells", of_full=of_full)
    return Picture(style.write(figure, path), alt, caption)


def _mean(row: Any) -> dict[str, float]:
    """A row as the templates take a mean with its interval."""
    return {"estimate": row.effect, "low": row.low, "high": row.high}
