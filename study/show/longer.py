"""Networks that train longer: macro-F1 against epochs, and whether the order of a group holds; from longer.csv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pandas as pd

from .. import longer as study
from ..architectures import ARCHITECTURES
from ..datasets import Dataset
from ..evidence import Evidence
from ..findings import value_of
from ..runs import Place
from . import labels, style
from .either import own_or_full
from .sentences import say
from .style import BLUE, GREEN, ORANGE, Picture
from .tables import Table
from .words import signed

LOOKS = [  # of the values of a group
    {"color": BLUE, "marker": "o", "linestyle": "-"},
    {"color": ORANGE, "marker": "s", "linestyle": "--"},
    {"color": GREEN, "marker": "^", "linestyle": ":"},
]


def parts(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """What is shown of these rows, or, where a smaller profile has none, of those that `full` has committed."""
    rows, of_full, missing = own_or_full(evidence, rows, study.TABLE, "longer")
    yield from missing
    if rows.empty:
        return
    yield lead(rows, of_full)
    yield picture(rows, evidence.data, evidence.place, of_full)
    yield table(rows)
    yield verdicts(rows)


def lead(rows: pd.DataFrame, of_full: bool) -> str:
    """What is compared."""
    seeds = rows.groupby("epochs")["n_seeds"].max()
    return say("longer.lead", of_full=of_full, epochs=[f"{each}" for each in seeds.index], seeds=list(seeds.items()))


@style.styled
def picture(rows: pd.DataFrame, data: Dataset, place: Place, of_full: bool = False) -> Picture:
    """A panel for each group: the mean macro-F1 of each network with its 95 % interval, against the epochs."""
    groups, alone = list(rows["group"].unique()), rows[rows["baseline"] == ""]
    family = ARCHITECTURES[rows["architecture"].iloc[0]]
    figure, axes = style.figure(3.2, 1, len(groups), sharey=True)
    for each, group in zip(axes.flat, groups, strict=True):
        _panel(each, alone[alone["group"] == group])
        each.set(title=family.groups[group].title, xlabel="epochs")
    axes[0, 0].set_ylabel("test macro-F1")
    for each, group in zip(axes.flat, groups, strict=True):  # when the panels have their common height
        labels.at_ends(each, _ends(alone[alone["group"] == group]), aside=12)
    network = f"{family.title}{', full' if of_full else ''}"
    points = [(family.groups[group].title.lower(), _points(alone[alone["group"] == group])) for group in groups]
    about = {"alt": say("alts.longer", title=network, groups=points), "caption": say("captions.longer", title=network)}
    name = f"{rows['architecture'].iloc[0]}-epochs{'-full' if of_full else ''}"
    return style.save(figure, place, name, say("longer.title", title=network), data, **about)


def _panel(axes: Any, rows: pd.DataFrame) -> None:
    """The lines of a group; networks of the same epochs stand a little apart, so that each interval is seen."""
    numbers = sorted(rows["epochs"].unique())
    names = list(rows["variant"].unique())
    for number, name in enumerate(names):
        mine = rows[rows["variant"] == name].sort_values("epochs")
        aside = 1.03 ** (number - (len(names) - 1) / 2)
        error = [mine["effect"] - mine["low"], mine["high"] - mine["effect"]]
        axes.errorbar(mine["epochs"] * aside, mine["effect"], error, capsize=3, label=name, **LOOKS[number % 3])
    axes.set_xscale("log", base=2)
    axes.set_xlim(numbers[0] / 1.25, numbers[-1] * 1.25)
    axes.set_xticks(numbers, [f"{each:g}" for each in numbers])
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())


def _ends(rows: pd.DataFrame) -> list[tuple[float, float, str, Any]]:
    """Where each line ends, what it is, and its colour."""
    names = list(rows["variant"].unique())
    ends = [rows[rows["variant"] == name].sort_values("epochs").iloc[-1] for name in names]
    return [
        (end["epochs"], end["effect"], value_of(end["architecture"], end["group"], end["variant"]), look["color"])
        for end, look in zip(ends, LOOKS, strict=False)
    ]


def _points(rows: pd.DataFrame) -> list[tuple[str, list[tuple[int, float]]]]:
    """(network, [(epochs, mean)]) of a group."""
    return [
        (
            value_of(mine["architecture"].iloc[0], mine["group"].iloc[0], name),
            list(zip(mine["epochs"], mine["effect"], strict=True)),
        )
        for name, mine in rows.sort_values("epochs", kind="stable").groupby("variant", sort=False)
    ]


def table(rows: pd.DataFrame) -> Table:
    """A row for each network and comparison, a column for each number of epochs."""
    lines = []
    for (architecture, group, ours, theirs), mine in rows.groupby(
        ["architecture", "group", "variant", "baseline"], sort=False
    ):
        number = signed if theirs else "{:.3f}".format
        name = value_of(architecture, group, ours)
        line = {"group": ARCHITECTURES[architecture].groups[group].title}
        line["network"] = f"{name} against {value_of(architecture, group, theirs)}" if theirs else name
        for row in mine.itertuples():
            line[f"{row.epochs} epoch{'s' if row.epochs > 1 else ''}"] = (
                f"{number(row.effect)} ({number(row.low)} to {number(row.high)})"
            )
        lines.append(line)
    title = ARCHITECTURES[rows["architecture"].iloc[0]].title
    return Table(pd.DataFrame(lines, dtype=object).fillna("")).captioned(say("captions.longer_table", title=title))


def verdicts(rows: pd.DataFrame) -> str:
    """What becomes of each comparison when its networks train longer, as a Markdown list, and of each group's order."""
    pairs = rows[rows["baseline"] != ""].groupby(["group", "variant", "baseline"], sort=False)
    told = [_told(mine) for _, mine in pairs if mine["factor"].min() == 1 and len(mine) > 1]
    groups = [
        _group(rows[rows["group"] == group], [each for each in told if each["group"] == group])
        for group in dict.fromkeys(each["group"] for each in told)
    ]
    return say("longer.verdicts", rows=told, single=rows["n_seeds"].min() == 1, groups=groups)


def _told(mine: pd.DataFrame) -> dict[str, Any]:
    """A comparison at each number of epochs."""
    first, *later = mine.sort_values("factor").to_dict("records")
    ours, theirs = (value_of(first["architecture"], first["group"], first[side]) for side in ("variant", "baseline"))
    later = [each | {"says": study.outcome(first, each)} for each in later]
    return {"group": first["group"], "ours": ours, "theirs": theirs, "first": first, "later": later}


def _group(rows: pd.DataFrame, told: list[dict[str, Any]]) -> dict[str, Any]:
    """What becomes of the order of a group, whose comparisons are `told`, and how far each mean moves."""
    says = {f"{each['ours']} against {each['theirs']}": {one["says"] for one in each["later"]} for each in told}
    _, turned, unresolved, was_not = study.OUTCOMES
    architecture, group = rows["architecture"].iloc[0], rows["group"].iloc[0]
    alone = rows[rows["baseline"] == ""].sort_values("epochs", kind="stable").groupby("variant", sort=False)["effect"]
    return {
        "title": ARCHITECTURES[architecture].groups[group].title,
        "first": int(rows["epochs"].min()),
        "last": int(rows["epochs"].max()),
        "orders": any(was_not not in each for each in says.values()),
        "turned": [name for name, each in says.items() if turned in each],
        "unresolved": [name for name, each in says.items() if unresolved in each],
        "gains": [
            (value_of(architecture, group, name), each.iloc[-1] - each.iloc[0]) for name, each in alone if len(each) > 1
        ],
    }
