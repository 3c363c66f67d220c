"""What a profile found, in five lines of answers from its tables: README, the overview and each page have them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import store
from ..architectures import ARCHITECTURES
from ..evidence import against_baselines
from ..findings import is_fragile, is_total, knobs, name_of, perhaps_small, removals, value_of
from ..statistics import VERDICTS
from . import conclusions, controls
from .sentences import say

QUESTIONS = {  # what the groups of the study answer
    "Depth": ("convolutions", "layers"),
    "Width": ("filters", "cells"),
    "Filter size, pooling, direction": ("kernel_sizes", "pooling", "direction"),
}
BEYOND = "beyond"
EQUAL = "equal"  # compared over several architectures, by the overview


def title() -> str:
    """What stands above it."""
    return say("readme.title")


def how_to_read(comparisons: pd.DataFrame) -> str:
    """How the answers from these comparisons are to be read."""
    families = [ARCHITECTURES[name] for name in comparisons["architecture"].unique()]
    margins = list({each.dataset: each.margin for each in families}.items())
    return say("readme.how_to_read", margins=margins, fragile=any(map(is_fragile, comparisons.itertuples())))


def lines(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Five lines of answers from a profile's tables, as Markdown; each holds whatever the results are."""
    return [
        *(
            say("readme.question", title=titled(each, names, comparisons), groups=_groups(comparisons, names))
            for each, names in QUESTIONS.items()
        ),
        say("readme.beyond", architectures=_beyond(comparisons)),
        say("readme.best", architectures=best_of_each(results, baselines, comparisons), check=_check(results)),
    ]


def titled(title: str, groups: tuple[str, ...], comparisons: pd.DataFrame) -> str:
    """A question's title; of one that names several groups the part that these comparisons speak of."""
    parts = title.split(", ")
    there = [part for part, group in zip(parts, groups, strict=False) if group in set(comparisons["group"])]
    return ", ".join(there).capitalize() if len(parts) == len(groups) > 1 else title


def _groups(comparisons: pd.DataFrame, groups: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the comparisons say of each architecture and group."""
    mine = comparisons[comparisons["group"].isin(groups)]
    return [_group(rows, comparisons) for _, rows in mine.groupby(["architecture", "group"], sort=False)]


def _group(rows: pd.DataFrame, comparisons: pd.DataFrame) -> dict[str, Any]:
    family = ARCHITECTURES[rows["architecture"].iloc[0]]
    group = family.groups[rows["group"].iloc[0]]
    return {
        "title": family.title,
        "direction": direction(rows),
        "reference": group.in_words(group.reference, alone=True),
        "verdicts": _by_verdict(rows, comparisons),
    }


def direction(rows: pd.DataFrame) -> str:
    """Whether "more" is better, or "less": the smaller values worse and the larger better; values stand in order."""
    group = ARCHITECTURES[rows["architecture"].iloc[0]].groups[rows["group"].iloc[0]]
    verdicts = ["" if is_fragile(row) else row.verdict for row in rows.itertuples()]
    below = list(group.changes).index(group.reference)
    ends = "".join({*verdicts[:below]}), "".join({*verdicts[below:]})
    return {("worse", "better"): "more", ("better", "worse"): "less"}.get(ends, "")


def _by_verdict(rows: pd.DataFrame, comparisons: pd.DataFrame) -> list[tuple[str, bool, bool, list[tuple]]]:
    """(verdict, whether perhaps by too little, whether fragile, what is so), in the order of VERDICTS.

    What is so: (value, difference, None or the comparison of a control in which the verdict does not hold).
    """
    alike: dict[tuple[str, bool, bool], list] = {}
    for row in rows.sort_values("verdict", key=lambda each: each.map(VERDICTS.index), kind="stable").itertuples():
        value = value_of(row.architecture, row.group, row.variant)
        alike.setdefault((row.verdict, perhaps_small(row), is_fragile(row)), []).append(
            (value, row.effect, controls.breaking(row, comparisons))
        )
    return [(*key, networks) for key, networks in alike.items()]


def _beyond(comparisons: pd.DataFrame) -> list[dict[str, Any]]:
    """For each architecture what its parts and steps are worth, and all of them together."""
    mine, found = comparisons[comparisons["group"] == BEYOND], []
    for name, rows in mine.groupby("architecture", sort=False):
        whole = [is_total(row) for row in rows.itertuples()]
        found.append(
            {
                "title": ARCHITECTURES[name].title,
                "removals": [conclusions.removal(row) for row in removals(rows).itertuples()],
                "totals": [(row.effect, row.verdict) for row in rows[whole].itertuples()],
                "steps": _by_verdict(knobs(rows.drop(rows.index[whole])), comparisons),
            }
        )
    return found


def best_of_each(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> list[dict[str, Any]]:
    """The best variant of each architecture by validation, its scores, and how the networks stand to simple methods."""
    found, against = [], against_baselines(comparisons)
    for name, rows in results.groupby("architecture", sort=False):
        variant = store.best(rows)
        mine = against[against["architecture"] == name].set_index("variant", drop=False)
        means = rows[rows["variant"] == variant][["val_f1", "test_f1_keras"]].mean()
        found.append(
            {
                "architecture": name,
                "variant": variant,
                "title": ARCHITECTURES[name].title,
                "best": name_of(name, variant),
                "baseline": rows[rows["variant"] == "baseline"]["test_f1_keras"].mean(),
                "validation": means["val_f1"],
                "test": means["test_f1_keras"],
                "rival": mine.loc[variant, "baseline"],
                "stands": stands(mine.loc[variant], baselines, len(mine)),
                "variants": len(mine),
                "losing": int((mine["verdict"] == "worse").sum()),
            }
        )
    return found


def stands(row: pd.Series, baselines: pd.DataFrame, number: int) -> str:
    """How a network stands to the best method without one, one of so many comparisons that are corrected together."""
    mine = baselines[baselines["architecture"] == row["architecture"]].set_index("name")
    rival = row["baseline"]
    score = mine.loc[rival, "test_f1"]
    return say("verdicts.stands", row=row, fragile=is_fragile(row), rival=rival, score=score, number=number)


def _check(results: pd.DataFrame) -> dict[str, float]:
    """Whether numpy gives what Keras gives."""
    worst = {"agreement": results["agreement"].min(), "largest": results["max_abs_diff"].max()}
    return worst | {"networks": len(results)}
