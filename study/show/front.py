"""What stands on top of the overview: three plain sentences, how sure they are, the baseline, and what size costs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import store
from ..architectures import ARCHITECTURES
from ..datasets import TITLES
from ..evidence import against_baselines, within_groups
from ..findings import is_fragile, lacking, name_of, perhaps_small, removals
from . import costs
from .readme import QUESTIONS, direction, stands
from .sentences import say

SIZE = ("Depth", "Width")  # of the questions


def lines(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Three sentences, how sure, the baseline, what size costs, as Markdown; each holds whatever the results are."""
    names = [name for name in ARCHITECTURES if name in set(results["architecture"])]
    of_data = list(dict.fromkeys(ARCHITECTURES[name].dataset for name in names))
    found = [_on_data(each, *(_of(each, rows) for rows in (results, baselines, comparisons))) for each in of_data]
    said = [*found, by_hand(results, baselines), _sure(comparisons), _baseline(names)]
    size = _costs(results, comparisons)
    return [*said, size] if size else said


def _of(dataset: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[ARCHITECTURES[name].dataset == dataset for name in rows["architecture"]]]


def _on_data(dataset: str, results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """What size does to the networks of a data set, what the worst removal costs, and what the best of all reaches."""
    said: dict[tuple, list[str]] = {}
    for question in SIZE:
        mine = comparisons[comparisons["group"].isin(QUESTIONS[question])]
        for name, rows in mine.groupby("architecture", sort=False):
            said.setdefault((question, *outcome(rows)), []).append(ARCHITECTURES[name].title)
    sizes = [(question, says, named, networks) for (question, says, named), networks in said.items()]
    return say(
        "front.on_data",
        dataset=dataset,
        title=TITLES[dataset],
        several=results["architecture"].nunique() > 1,
        sizes=sizes,
        removal=_worst_removal(comparisons),
        best=_best(results, baselines, comparisons),
    )


def outcome(rows: pd.DataFrame) -> tuple[str, tuple]:
    """What a group says: "more" or "less" is better, all the "same", "unclear", or "some" values are clear, by name.

    What is fragile is not clear. Values are named, too, where one is better by what is perhaps too little to matter.
    """
    if (which := direction(rows)) and not any(map(perhaps_small, rows.itertuples())):
        return which, ()
    sound = [row for row in rows.itertuples() if not is_fragile(row)]
    if clear := [row for row in sound if is_clear(row)]:
        return "some", tuple((*_in_words(row), row.verdict, row.effect, perhaps_small(row)) for row in clear)
    same = len(sound) == len(rows) and all(row.verdict == "equivalent" for row in sound)
    return "same" if same else "unclear", ()


def is_clear(row: Any) -> bool:
    """Whether one side is better, and that not only by the one method."""
    return row.verdict in ("better", "worse") and not is_fragile(row)


def _in_words(row: Any) -> tuple[str, str]:
    """How both sides of a comparison are called where their group is not named."""
    ours, theirs = (name_of(row.architecture, each) for each in (row.variant, row.baseline))
    group = ARCHITECTURES[row.architecture].groups[row.group]
    return ours, group.in_words(group.reference, alone=True) if row.baseline == "baseline" else theirs


def _worst_removal(comparisons: pd.DataFrame) -> dict[str, Any] | None:
    """The part without which most is lost, if that is clear and large enough to matter."""
    rows = [row for row in removals(comparisons).itertuples() if row.verdict == "better"]
    rows = [row for row in rows if not is_fragile(row) and not perhaps_small(row)]
    if not rows:
        return None
    worst = max(rows, key=lambda row: row.effect)
    return {"part": lacking(worst), "title": ARCHITECTURES[worst.architecture].title, "effect": worst.effect}


def _best(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> dict[str, Any]:
    """The best network of a data set on validation data, and how it stands to the best method without a network."""
    names = list(results["architecture"].unique())
    chosen = {name: store.best(results[results["architecture"] == name]) for name in names}
    means = results.groupby(["architecture", "variant"])[["val_f1", "test_f1_keras"]].mean()
    name = max(names, key=lambda each: means.loc[(each, chosen[each]), "val_f1"])
    rows = against_baselines(comparisons)
    rows = rows[rows["architecture"] == name].set_index("variant", drop=False)
    return {
        "title": ARCHITECTURES[name].title,
        "name": name_of(name, chosen[name]),
        "test": means.loc[(name, chosen[name]), "test_f1_keras"],
        "stands": stands(rows.loc[chosen[name]], baselines, len(rows)),
    }


def by_hand(results: pd.DataFrame, baselines: pd.DataFrame) -> str:
    """Whether numpy gives what Keras gives, and how long it takes beside Keras."""
    speeds = costs.speeds(results, baselines)
    return say(
        "front.by_hand",
        networks=len(results),
        agreement=results["agreement"].min(),
        largest=results["max_abs_diff"].max(),
        times=[(ARCHITECTURES[each["architecture"]].title, each["numpy"] / each["keras"]) for each in speeds],
    )


def _sure(comparisons: pd.DataFrame) -> str:
    """How many comparisons are clear, how many seeds they rest on, and how many are fragile."""
    rows = within_groups(comparisons)
    return say(
        "front.sure",
        number=len(rows),
        better=rows["verdict"].isin(("better", "worse")).sum(),
        equivalent=(rows["verdict"] == "equivalent").sum(),
        open=(rows["verdict"] == "not resolved").sum(),
        fragile=sum(map(is_fragile, rows.itertuples())),
        seeds=sorted({int(each) for each in rows["n_seeds"]}),
    )


def _baseline(names: list[str]) -> str:
    """What the baseline of each architecture is, by the values as which it stands in the groups of single knobs."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        family = ARCHITECTURES[name]
        wanted = [group for groups in QUESTIONS.values() for group in groups if group in family.groups]
        said = tuple(family.groups[group].in_words(family.groups[group].reference, alone=True) for group in wanted)
        alike.setdefault(said, []).append(family.title)
    return say("front.baseline", networks=[(titles, said) for said, titles in alike.items()])


def _costs(results: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """How many times as long as the baseline the larger networks take to predict, and what they gain."""
    networks: dict[str, list[tuple]] = {}
    for row in costs.larger(results, comparisons):
        verdict = f"{row['verdict']}, fragile" if row["fragile"] else row["verdict"]
        found = (row["name"], row["numpy_s"], row["effect"], verdict)
        networks.setdefault(ARCHITECTURES[row["architecture"]].title, []).append(found)
    return say("front.costs", networks=list(networks.items())) if networks else ""
