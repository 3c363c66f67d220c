"""The kinds of cell side by side, from cells.csv and the scores in results.csv: a figure, a table, and the verdicts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..architectures import ARCHITECTURES
from ..cells import GROUP, all_of_them, settings
from ..files import atomic_write
from ..findings import perhaps_small
from . import style
from .sentences import say
from .style import BLUE, ORANGE, Picture
from .tables import Table

LOOKS = [{"color": BLUE, "marker": "D"}, {"color": ORANGE, "marker": "s", "markerfacecolor": "white"}]  # by setting


def words() -> dict[str, str]:
    """{variant's name: how its setting is called on the pages}."""
    group = ARCHITECTURES[all_of_them()[0]].groups[GROUP]
    return {name: group.in_words(value) for name, value in settings().items()}


def missing(rows: pd.DataFrame | None, of_full: bool) -> str:
    """Which kinds of cell a profile's tables do not have."""
    there = set() if rows is None else set(rows["architecture"])
    lacking = [ARCHITECTURES[name].title for name in all_of_them() if name not in there]
    return say("cells.missing", cells=lacking, everything=not there, of_full=of_full) if lacking else ""


def lead(rows: pd.DataFrame, of_full: bool) -> str:
    """What is compared."""
    titles = [ARCHITECTURES[name].title for name in _alone(rows)["architecture"].unique()]
    return say("cells.lead", cells=titles, seeds=int(rows["n_seeds"].min()), of_full=of_full)


def table(rows: pd.DataFrame) -> Table:
    """A row for each cell: its weights, and its macro-F1 at each setting."""
    alone, lines = _alone(rows), []
    for name in alone["architecture"].unique():
        mine = alone[alone["architecture"] == name].set_index("variant")
        line = {"cell": ARCHITECTURES[name].title, "parameters": f"{mine['params'].iloc[0]:,}"}
        line |= {"seeds": str(mine["n_seeds"].iloc[0])}
        for variant, said in words().items():
            if variant in mine.index:
                effect, low, high = mine.loc[variant, ["effect", "low", "high"]]
                line[f"macro-F1, {said}"] = f"{effect:.3f} ({low:.3f} to {high:.3f})"
        lines.append(line)
    return Table(pd.DataFrame(lines, dtype=object).fillna(""))


def verdicts(rows: pd.DataFrame) -> str:
    """Each pair of cells, as a Markdown list."""
    pairs, title = _pairs(rows), {name: family.title for name, family in ARCHITECTURES.items()}
    return say(
        "cells.verdicts",
        rows=[
            row._asdict()
            | {"ours": title[row.architecture], "theirs": title[row.against], "setting": words()[row.variant]}
            | {"small": perhaps_small(row)}
            for row in pairs.itertuples()
        ],
        several=len(pairs),
    )


def _alone(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of single cells, by setting and number of weights."""
    return _in_order(rows[rows["against"].fillna("") == ""])


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    return _in_order(rows[rows["against"].fillna("") != ""])


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """A table file has the pages' order of architectures."""
    by_size = rows.sort_values("params", kind="stable")
    return by_size.sort_values("variant", key=lambda names: names.map(list(settings()).index), kind="stable")


@style.styled
def picture(rows: pd.DataFrame, results: pd.DataFrame, path: Path, title: str) -> Picture:
    """For each cell and setting every network a dot, the mean with its 95 % interval beside them."""
    alone = _alone(rows)
    names = list(alone["architecture"].unique())
    figure, [[axes]] = style.figure(2.8, 1, 1)
    for number, (variant, said) in enumerate(words().items()):
        for row in alone[alone["variant"] == variant].itertuples():
            mine = results[(results["architecture"] == row.architecture) & (results["variant"] == variant)]
            place = names.index(row.architecture) + 0.3 * (number - 0.5)
            dots = place - 0.06 - np.linspace(0.1, 0, len(mine))
            axes.plot(dots, mine["test_f1_keras"], ".", color=LOOKS[number]["color"], alpha=0.6)
            error = [[row.effect - row.low], [row.high - row.effect]]
            axes.errorbar(place, row.effect, error, linestyle="none", capsize=4, label=said, **LOOKS[number])
    axes.set_xticks(range(len(names)), [ARCHITECTURES[name].title for name in names])
    axes.set(ylabel="test macro-F1", xlim=(-0.6, len(names) - 0.4))
    style.legend(figure, axes)
    figure.suptitle(title)
    with atomic_write(path) as part:
        figure.savefig(part, format="png")
    scores = (f"{row.architecture} {words()[row.variant]} {row.effect:.3f}" for row in alone.itertuples())
    return Picture(path, f"{title}: {', '.join(scores)}")
