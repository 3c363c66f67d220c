"""What all comparisons together say: what mattered, what did not, what is open, and how the earlier report stands."""

from __future__ import annotations

import pandas as pd

from .evidence import AGAINST_BASELINES
from .published import PUBLISHED
from .statistics import VERDICTS
from .variants import ARCHITECTURES, variants


def by_verdict(comparisons: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The comparisons within groups, the largest difference first, under each verdict that occurs."""
    within = comparisons[comparisons["group"] != AGAINST_BASELINES]
    ordered = within.sort_values("effect", key=abs, ascending=False, kind="stable")
    found = {verdict: ordered[ordered["verdict"] == verdict] for verdict in VERDICTS}
    return {verdict: rows for verdict, rows in found.items() if len(rows)}


def value_of(architecture: str, group: str, name: str) -> str:
    """How a variant is called in a group: `1` for layers-1 among the layers."""
    labels = next((each.labels for each in variants(architecture) if each.name == name), {})
    return labels.get(group, name)


def beside_published(comparisons: pd.DataFrame) -> pd.DataFrame:
    """A row for each finding of the earlier report: its difference, ours with its interval, and what that says of it.

    Its figures are from one seed each, so only the direction is held against it, and only where the
    difference is larger than those between its own runs of the baseline.
    """
    scores = {(each.architecture, each.group, each.value): each for each in PUBLISHED}
    rows = []
    for row in comparisons[comparisons["group"] != AGAINST_BASELINES].to_dict("records"):
        value, reference = (value_of(row["architecture"], row["group"], row[side]) for side in ("variant", "baseline"))
        ours, theirs = (scores.get((row["architecture"], row["group"], each)) for each in (value, reference))
        if ours and theirs:
            published = ours.macro_f1 - theirs.macro_f1
            says = _says(row, published, ours.copied or theirs.copied)
            rows.append(row | {"value": value, "reference": reference, "published": published, "says": says})
    return pd.DataFrame(rows, columns=[*comparisons.columns, "value", "reference", "published", "says"])


def noise(architecture: str) -> float:
    """How far the earlier report's own figures of one and the same network, the baseline, lie apart."""
    groups = ARCHITECTURES[architecture].groups
    mine = [each for each in PUBLISHED if each.architecture == architecture and not each.copied]
    runs = [each.macro_f1 for each in mine if not groups[each.group].changes[each.value]]
    return max(runs) - min(runs)


def _says(row: dict, published: float, copied: str) -> str:
    if copied:
        return f"cannot be told: {copied}"
    if row["n_seeds"] == 1:
        return "cannot be told: one seed each"
    if abs(published) <= (own := noise(row["architecture"])):
        return f"cannot be told: its own runs of one network differ by {own:.3f}"
    if row["verdict"] == "not resolved":
        return "cannot be told: not resolved here"
    if row["verdict"] == "equivalent":
        return "agrees" if abs(published) <= row["margin"] else "contradicts: no such difference here"
    return "agrees" if (published > 0) == (row["effect"] > 0) else "contradicts"
