"""The second estimate, over five folds, beside that of the test split; from folds.csv."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .. import folds as study
from .. import full
from ..architectures import ARCHITECTURES
from ..conditions import VALIDATION
from ..evidence import Evidence, against_baselines
from ..findings import name_of
from .either import own_or_full
from .sentences import say
from .tables import Table
from .words import signed, within


def parts(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """What is shown of these rows, or, where a smaller profile has none, of those that `full` has committed."""
    rows, of_full, missing = own_or_full(evidence, rows, study.TABLE, "folds")
    yield from missing
    if rows.empty:
        return
    number, examples = len(study.folds(evidence.architecture)), int(rows["examples"].iloc[0])
    learnt = round(examples * (1 - 1 / number) * (1 - VALIDATION))
    sizes = {"examples": examples, "folds": number, "learnt": learnt, "studied": len(evidence.data.y_train)}
    others = not of_full and evidence.best not in set(rows["method"])
    yield say("folds.lead", of_full=of_full, others=others, **sizes)
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
    told, splits = [], against_baselines(comparisons)
    for split in splits.to_dict("records"):
        mine = rows[(rows["method"] == split["variant"]) & (rows["against"] == split["baseline"])]
        for row in mine.to_dict("records"):
            pair = {"ours": name_of(row["architecture"], row["method"]), "rival": split["baseline"]}
            pair |= {"folds": row, "split": split, "number": len(splits)}
            pair["agree"] = _lies_in(row, split) and _lies_in(split, row)
            wide = split["high"] - split["low"]
            told.append(pair | {"narrower": 1 - (row["high"] - row["low"]) / wide if wide > 0 else 0.0})
    return say("folds.reading", told=told)


def _lies_in(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether an estimate lies in the interval of another."""
    return other["low"] <= one["effect"] <= other["high"]
