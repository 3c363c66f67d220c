"""Controls: groups that try to break what another group found, by the same change with something else held fixed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..architectures import ARCHITECTURES
from ..evidence import Evidence
from ..findings import label_of
from .sentences import say

UNTOLD = "not resolved"


def step_apart(architecture: str, group: str) -> str:
    """The value of a stepwise group that a control takes apart, as it begins and ends with it; empty if it does not."""
    groups = ARCHITECTURES[architecture].groups
    if not groups[group].control_of:
        return ""
    mine, of = list(groups[group].changes.values()), groups[groups[group].control_of]
    ends = [mine[0], mine[-1]]
    return next((ours for ours, before in of.pairs[:-1] if [of.changes[before], of.changes[ours]] == ends), "")


def lead(architecture: str, group: str) -> str:
    """What a control tries to break, as Markdown; of a group that is none nothing."""
    groups = ARCHITECTURES[architecture].groups
    about, of = groups[group], groups.get(groups[group].control_of)
    if of is None:
        return ""
    if step := step_apart(architecture, group):
        values = [about.in_words(each) for each in list(about.changes)[1:]]
        return say("controls.step_apart", title=about.title, of=of.title, step=of.in_words(step), values=values)
    return say("controls.lead", title=about.title, of=of.title)


def verdicts(evidence: Evidence, group: str) -> str:
    """Whether the verdicts of the group that a control tries to break hold in it, as Markdown; else nothing."""
    groups = ARCHITECTURES[evidence.architecture].groups
    if not (of := groups[group].control_of):
        return ""
    here, there = (_by_values(evidence.of_group(name)) for name in (group, of))
    words = groups[of].in_words
    if step := step_apart(evidence.architecture, group):
        pair = next(each for each in groups[of].pairs if each[0] == step)
        *steps, whole = [here[each] for each in groups[group].pairs]
        parts = [groups[group].in_words(each) for each, _ in groups[group].pairs[:-1]]
        return say(
            "controls.parts", of=groups[of].title, step=words(step), whole=there.get(pair, whole),
            parts=list(zip(parts, steps, strict=True)),
        )  # fmt: skip
    rows = [
        {"ours": words(pair[0]), "theirs": words(pair[1]), "here": here[pair], "there": there[pair]}
        | {"says": outcome(there[pair]["verdict"], here[pair]["verdict"])}
        for pair in groups[group].pairs
        if pair in here and pair in there
    ]
    return say("controls.verdicts", of=groups[of].title, rows=rows)


def breaking(row: Any, comparisons: pd.DataFrame) -> dict[str, Any] | None:
    """The comparison of a control, with the control's title, in which the verdict of a row does not hold; else None."""
    groups = ARCHITECTURES[row.architecture].groups
    pair = tuple(label_of(row.architecture, row.group, each) for each in (row.variant, row.baseline))
    for name, about in groups.items():
        if about.control_of != row.group:
            continue
        mine = comparisons[(comparisons["architecture"] == row.architecture) & (comparisons["group"] == name)]
        found = _by_values(mine).get(pair)
        if found and outcome(row.verdict, found["verdict"]) in ("lost", "broken"):
            return found | {"title": about.title.lower()}
    return None


def outcome(there: str, here: str) -> str:
    """What a control's verdict does to that of its group: "holds", "lost", "broken", or "nothing" to be broken."""
    if there == UNTOLD:
        return "nothing"
    return "lost" if here == UNTOLD else "holds" if here == there else "broken"


def _by_values(rows: pd.DataFrame) -> dict[tuple[str, str], dict]:
    """{(value, reference): its row} of a group's comparisons."""
    found = rows.to_dict("records")
    return {
        tuple(label_of(each["architecture"], each["group"], each[side]) for side in ("variant", "baseline")): each
        for each in found
    }
