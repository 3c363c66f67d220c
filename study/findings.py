"""What all comparisons together say: what mattered, what did not, what is open, and how the earlier report stands."""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import full
from .architectures import ARCHITECTURES, variants
from .evidence import within_groups
from .runs import Place
from .statistics import VERDICTS

FRAGILE = "fragile"  # beside VERDICTS: one that does not hold in most of its checks
# What a finding of the earlier report is: what it compares, its difference, what ours says of that, why, and with what.
FINDING = ("value", "reference", "published", "says", "why", "copied", "noise")


def knobs(comparisons: pd.DataFrame) -> pd.DataFrame:
    """The comparisons within groups, those apart in which one side is worse on purpose."""
    rows = within_groups(comparisons)
    return rows.loc[[not lacking(row) for row in rows.itertuples()]]


def removals(comparisons: pd.DataFrame) -> pd.DataFrame:
    """What each part is worth that a network lacks on purpose: its comparisons with the one that has it."""
    return comparisons.loc[[bool(lacking(row)) and not is_total(row) for row in comparisons.itertuples()]]


def totals(comparisons: pd.DataFrame) -> pd.DataFrame:
    """What all steps are worth together, where the first of them is to give what a network lacks on purpose."""
    return comparisons.loc[[bool(lacking(row)) and is_total(row) for row in comparisons.itertuples()]]


def lacking(row: Any) -> str:
    """What the reference of a comparison lacks on purpose, empty if nothing."""
    group = ARCHITECTURES[row.architecture].groups.get(row.group)
    return group.lacks.get(label_of(row.architecture, row.group, row.baseline), "") if group else ""


def is_total(row: Any) -> bool:
    """Whether a comparison is that of the last of a stepwise group with its first: all its steps together."""
    group = ARCHITECTURES[row.architecture].groups.get(row.group)
    pair = tuple(label_of(row.architecture, row.group, name) for name in (row.variant, row.baseline))
    return group is not None and group.stepwise and pair == group.pairs[-1]


def perhaps_small(row: Any) -> bool:
    """Whether a difference that is clear of zero is perhaps too small to matter: its interval reaches into ±margin."""
    return row.verdict in ("better", "worse") and min(abs(row.low), abs(row.high)) < row.margin


def is_fragile(row: Any) -> bool:
    """Whether a verdict does not hold in most of its checks, see `study.robustness`."""
    return getattr(row, "fragile", False) in (True,)


def by_verdict(comparisons: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The knobs' comparisons, the largest difference first, under each verdict that occurs; FRAGILE ones apart."""
    ordered = knobs(comparisons).sort_values("effect", key=abs, ascending=False, kind="stable")
    verdicts = pd.Series([FRAGILE if is_fragile(row) else row.verdict for row in ordered.itertuples()], ordered.index)
    found = {verdict: ordered[verdicts == verdict] for verdict in (*VERDICTS[:-1], FRAGILE, VERDICTS[-1])}
    return {verdict: rows for verdict, rows in found.items() if len(rows)}


def label_of(architecture: str, group: str, name: str) -> str:
    """The value as which a variant stands in a group, as the study's table has it: `1` for layers-1 in `layers`."""
    return _labels(architecture, name).get(group, name)


def value_of(architecture: str, group: str, name: str) -> str:
    """How a variant is called among those of a group, in words; outside of the groups, as `name_of` has it."""
    if (about := ARCHITECTURES[architecture].groups.get(group)) is None:
        return name_of(architecture, name)
    return about.in_words(label_of(architecture, group, name))


def pair_of(row: Any) -> tuple[str, str]:
    """How the two sides of a comparison are called; the first is `all steps together` where it is that."""
    ours, theirs = (value_of(row.architecture, row.group, name) for name in (row.variant, row.baseline))
    return ("all steps together" if is_total(row) else ours), theirs


def name_of(architecture: str, name: str) -> str:
    """How a variant is called where no group is named: `1 layer` for layers-1; other names stay as they are."""
    labels = _labels(architecture, name)
    if name == "baseline" or not labels:
        return name
    group, value = next(iter(labels.items()))
    return ARCHITECTURES[architecture].groups[group].in_words(value, alone=True)


def alone(architecture: str, group: str, value: str) -> str:
    """How a value of a group is called where the group is not before the eyes: `1 layer`; steps as they are."""
    about = ARCHITECTURES[architecture].groups[group]
    if about.stepwise:
        return about.in_words(value)
    name = next(each.name for each in variants(architecture) if each.labels.get(group) == value)
    return about.in_words(value, alone=True) if name == "baseline" else name_of(architecture, name)


def _labels(architecture: str, name: str) -> dict[str, str]:
    """As which value a variant stands in each of its groups; empty for a method without a network."""
    return next((each.labels for each in variants(architecture) if each.name == name), {})


def data_of(results: pd.DataFrame) -> str:
    """The data that results come from, with what is known of them, without checksums."""
    return ", ".join(dict.fromkeys(results["data_source"].str.partition(" sha256:")[0]))


def beside_earlier(comparisons: pd.DataFrame) -> pd.DataFrame:
    """A row for each finding of the earlier report: its difference, ours with its interval, and what that says of it.

    Its figures are from one seed each, so only the direction is held against it, and only where the
    difference is larger than those between its own runs of the baseline.
    """
    scores = {
        (name, each.group, each.value): each for name, family in ARCHITECTURES.items() for each in family.published
    }
    rows = []
    for row in within_groups(comparisons).to_dict("records"):
        where, names = (row["architecture"], row["group"]), (row["variant"], row["baseline"])
        ours, theirs = (scores.get((*where, label_of(*where, name))) for name in names)
        if ours and theirs:
            published = ours.macro_f1 - theirs.macro_f1
            copied = ours.copied or theirs.copied
            value, reference = (value_of(*where, name) for name in names)
            finding = (value, reference, published, *_says(row, published, copied), copied, noise(where[0]))
            rows.append(row | dict(zip(FINDING, finding, strict=True)))
    columns = [*comparisons.columns, *FINDING]
    return pd.DataFrame(rows, columns=columns).assign(from_full=False)


def earlier(comparisons: pd.DataFrame, place: Place) -> pd.DataFrame:
    """The rows of `beside_earlier` that can tell something; `from_full` marks those of the full profile.

    Single seeds cannot tell: where each network was trained once, the rows are those that `full` has of the same
    architectures, and for sample data, which has nothing to do with it, there is none.
    """
    rows = beside_earlier(comparisons)
    if (rows["n_seeds"] > 1).any():
        return rows
    if not full.speaks_of(place):
        return rows[:0]
    theirs = full.of("comparisons", list(comparisons["architecture"].unique()))
    return beside_earlier(theirs).assign(from_full=True)


def noise(architecture: str) -> float:
    """How far the earlier report's own figures of one and the same network, the baseline, lie apart."""
    groups = ARCHITECTURES[architecture].groups
    mine = [each for each in ARCHITECTURES[architecture].published if not each.copied]
    runs = [each.macro_f1 for each in mine if not groups[each.group].changes[each.value]]
    return max(runs) - min(runs)


def _says(row: dict, published: float, copied: str) -> tuple[str, str]:
    """What ours says of a published difference, and why: two codes."""
    if copied:
        return "cannot be told", "copied"
    if row["n_seeds"] == 1:
        return "cannot be told", "one seed"
    if abs(published) <= noise(row["architecture"]):
        return "cannot be told", "noise"
    if row["verdict"] == "not resolved":
        return "cannot be told", "not resolved"
    if row.get("fragile") in (True,):
        return "cannot be told", FRAGILE
    if row["verdict"] == "equivalent":
        small = abs(published) <= row["margin"]
        return ("compatible", "both small") if small else ("contradicts", "no difference")
    return ("agrees" if (published > 0) == (row["effect"] > 0) else "contradicts"), ""
