"""Does an order among networks hold when they train longer? The groups that a condition trains for more epochs.

Few epochs may decide a comparison for the network that learns faster. `longer.csv`: COLUMNS, for each group and number
of epochs a row for each network (`baseline` is empty, `effect` its mean macro-F1 on the test split), and one for each
comparison of the group. The intervals are those of the study, not corrected: they say whether an order holds, and
choose nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import store
from .architectures import ARCHITECTURES, variants
from .evidence import Evidence
from .profiles import epochs
from .sides import Side, measured, sides_of

TABLE = "longer"
COLUMNS = ["architecture", "group", "variant", "baseline", "factor", "epochs", "n_seeds", "effect", "low", "high"]
OUTCOMES = ("holds", "turns round", "is not resolved", "was not there")


def gather(found: Evidence, others: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS from the study's networks and those of `conditions.gather`; leaves them as longer.csv.

    Without networks that trained longer there is no row, and no file.
    """
    rows = compared(found, others)
    store.write(TABLE, found.place, rows, found.architecture)
    return rows


def factors(architecture: str) -> dict[str, int]:
    """{condition that trains longer: how many times the epochs}."""
    conditions = ARCHITECTURES[architecture].conditions
    return {name: each.changes["epochs_factor"] for name, each in conditions.items() if "epochs_factor" in each.changes}


def groups_of(architecture: str) -> dict[str, dict[str, str]]:
    """{group: {value: its variant}} of those groups all of whose networks train longer in some condition."""
    family = ARCHITECTURES[architecture]
    trained = {network for name in factors(architecture) for network in family.conditions[name].networks}
    found = {
        group: {each.labels[group]: each.name for each in variants(architecture) if group in each.labels}
        for group in family.groups
    }
    return {
        group: {value: names[value] for value in family.groups[group].changes}
        for group, names in found.items()
        if set(names.values()) <= trained
    }


def compared(found: Evidence, others: pd.DataFrame) -> pd.DataFrame:
    """The rows of `gather`, without leaving them."""
    sides = _sides(found, others)
    if len({factor for _, factor in sides}) < 2:
        return pd.DataFrame(columns=COLUMNS)
    usual, rows = epochs(found.architecture, found.place.profile), []
    for group, names in groups_of(found.architecture).items():
        pairs = [(names[ours], names[theirs]) for ours, theirs in ARCHITECTURES[found.architecture].groups[group].pairs]
        for factor in sorted({factor for _, factor in sides}):
            there = {name: side for (name, each), side in sides.items() if each == factor}
            wanted = [(name, "") for name in names.values()] + pairs
            for ours, theirs in wanted:
                if ours in there and (not theirs or theirs in there):
                    about = {"architecture": found.architecture, "group": group, "variant": ours, "baseline": theirs}
                    about |= {"factor": factor, "epochs": factor * usual}
                    rows.append(about | measured(there, ours, theirs))
    return pd.DataFrame(rows, columns=COLUMNS)


def _sides(found: Evidence, others: pd.DataFrame) -> dict[tuple[str, int], Side]:
    """{(variant, factor): its networks}, of the groups in question; all scored on the same bootstrap samples."""
    names = {name for each in groups_of(found.architecture).values() for name in each.values()}
    answers = {(name, 1): side.predicted for name, side in found.sides.items() if name in names}
    by_condition = factors(found.architecture)
    mine = others[others["condition"].isin(by_condition) & others["variant"].isin(names)]
    for (condition, name), rows in mine.groupby(["condition", "variant"], sort=False):
        answers[name, by_condition[condition]] = np.stack([store.from_digits(each) for each in rows["predicted"]])
    return sides_of(found.data.y_test, len(found.data.classes), answers, [])


def outcome(first: pd.Series, later: pd.Series) -> str:
    """One of OUTCOMES: what becomes of a difference, a row of the first number of epochs, at another number of them."""
    if first["low"] <= 0 <= first["high"]:
        return OUTCOMES[3]
    if later["low"] <= 0 <= later["high"]:
        return OUTCOMES[2]
    return OUTCOMES[0] if (first["effect"] > 0) == (later["effect"] > 0) else OUTCOMES[1]
