"""The second estimate, over five folds, beside that of the test split; from folds.csv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .. import folds as study
from .. import full, store
from ..architectures import ARCHITECTURES
from ..conditions import VALIDATION
from ..evidence import Evidence, against_baselines
from ..findings import name_of
from .sentences import say
from .tables import Table
from .words import signed, within


def parts(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """What is shown of these rows, or, where a smaller profile has none, of those that `full` has committed."""
    of_full = rows.empty and full.speaks_of(evidence.place)
    if rows.empty:
        yield say("folds.nothing", profile=evidence.place.name)
    if of_full:
        rows = store.rows_of(study.TABLE, full.PLACE, evidence.architecture)
        yield say("folds.not_yet") if rows.empty else ""
    if rows.empty:
        return
    number, examples = len(study.folds(evidence.architecture)), int(rows["examples"].iloc[0])
    learnt = round(examples * (1 - 1 / number) * (1 - VALIDATION))
    sizes = {"examples": examples, "folds": number, "learnt": learnt, "studied": len(evidence.data.y_train)}
    yield say("folds.lead", of_full=of_full, **sizes)
    yield table(rows)
    yield reading(rows, full.of("comparisons", [evidence.architecture]) if of_full else evidence.comparisons)


def table(rows: pd.DataFrame) -> Table:
    """A row for each network and each method: macro-F1 over all folds, and how far the network is ahead of it."""
    architecture, lines = rows["architecture"].iloc[0], []
    for row in rows[rows["against"] == ""].itertuples():
        line = {"method": name_of(architecture, row.method), "networks": str(row.n_seeds)}
        line["macro-F1"] = f"{row.effect:.3f} ({row.low:.3f} to {row.high:.3f})"
        for less in rows[rows["against"] == row.method].itertuples():
            ahead = f"{signed(less.effect)} ({within(less.low, less.high)})"
            line[f"{name_of(architecture, less.method)} is ahead by"] = ahead
        lines.append(line)
    caption = say("captions.folds", title=ARCHITECTURES[architecture].title)
    return Table(pd.DataFrame(lines, dtype=object).fillna("")).captioned(caption)


def reading(rows: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """Each network against its rival, over the folds and on the test split, as Markdown."""
    told = []
    for split in against_baselines(comparisons).itertuples():
        mine = rows[(rows["method"] == split.variant) & (rows["against"] == split.baseline)]
        for row in mine.to_dict("records"):
            narrower = 1 - (row["high"] - row["low"]) / (split.high - split.low) if split.high > split.low else 0.0
            ours = name_of(row["architecture"], row["method"])
            told.append({"ours": ours, "rival": split.baseline, "folds": row | {"says": _says(row)}})
            told[-1] |= {"split": {"effect": split.effect, "low": split.low, "high": split.high}, "narrower": narrower}
            told[-1]["split"]["says"] = _says(told[-1]["split"])
    return say("folds.reading", told=told)


def _says(row: dict[str, Any]) -> str:
    """What an interval says of the network, taken alone."""
    return "ahead" if row["low"] > 0 else "behind" if row["high"] < 0 else "not told apart"
