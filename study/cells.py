"""One kind of cell against another: the architectures with the group `equal`, in which nothing else differs.

There they have the same layers and sizes, training settings, seeds and texts; so what one is ahead of another is owed
to the cell, and to the number of weights that it brings.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from . import evidence, store
from .architectures import ARCHITECTURES, variants
from .datasets import Dataset
from .runs import Place

GROUP = "equal"
COLUMNS = ["architecture", "variant", "against", "params", "n_seeds", "effect", "low", "high", "p_improvement"]
COLUMNS += ["margin", "p_holm", "verdict"]


def all_of_them() -> list[str]:
    """The architectures that can be compared."""
    return [name for name, family in ARCHITECTURES.items() if GROUP in family.groups]


def settings() -> dict[str, str]:
    """{variant's name: its value in the group}, the same for all of them."""
    several = (variants(name) for name in all_of_them())
    return {each.name: each.labels[GROUP] for some in several for each in some if GROUP in each.labels}


def save(place: Place, data: Dataset) -> None:
    """Put the comparison of what a place has into cells.csv, if that is two of them or more."""
    if len(rows := compared(place, data)):
        store.write("cells", place, rows)


def compared(place: Place, data: Dataset) -> pd.DataFrame:
    """COLUMNS, from predictions.csv: for each setting a row for each cell, and one for each pair of cells.

    In a cell's own row `against` is empty, `effect` its mean macro-F1. Holm's correction is over all the pairs.
    Networks whose predictions are of other data do not count.
    """
    results, predictions = store.read("results", place), store.read("predictions", place)
    mine = results[results["variant"].isin(settings()) & (results["data_source"] == data.source)]
    params = mine.groupby("architecture")["params"].max().sort_values(kind="stable")
    there = [name for name in params.index if name in all_of_them()]
    if len(there) < 2:
        return pd.DataFrame(columns=COLUMNS)
    answers = {
        key: np.stack([store.from_digits(each) for each in rows["predicted"]])
        for key, rows in predictions.groupby(["architecture", "variant"])
        if key[0] in there and key[1] in settings()
    }
    sides = evidence.sides_of(data.y_test, len(data.classes), answers, [])
    pairs = [
        {"group": GROUP, "architecture": ours, "variant": variant, "against": theirs}
        | evidence.difference(data.y_test, sides[ours, variant], sides[theirs, variant])
        for variant in settings()
        for theirs, ours in combinations(there, 2)
    ]
    alone = [_alone(*key, sides[key]) for variant in settings() for key in ((name, variant) for name in there)]
    table = pd.concat([pd.DataFrame(alone), evidence.judged(pd.DataFrame(pairs), ARCHITECTURES[there[0]].margin)])
    return table.assign(params=table["architecture"].map(params))[COLUMNS].reset_index(drop=True)


def _alone(architecture: str, variant: str, side: evidence.Side) -> dict:
    """A cell's own row."""
    row = {"architecture": architecture, "variant": variant, "against": "", "n_seeds": len(side.scores)}
    return row | {"effect": side.mean.estimate, "low": side.mean.low, "high": side.mean.high}
