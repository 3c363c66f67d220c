"""The networks under other conditions: which there are, and what they reach on validation data beside the study's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .. import full
from ..architectures import ARCHITECTURES
from ..evaluation import results
from ..evidence import Evidence
from .either import own_or_full
from .sentences import say
from .tables import Table


def parts(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """What is shown of conditions.csv, or, where a smaller profile has none, of what `full` has committed."""
    rows, of_full, missing = own_or_full(evidence, rows, "conditions", "others")
    yield from missing
    if rows.empty:
        return
    means = beside(rows, full.of("results", [evidence.architecture]) if of_full else results(evidence.checks))
    yield say("others.lead", of_full=of_full)
    yield table(means).captioned(say("captions.conditions", title=ARCHITECTURES[evidence.architecture].title))
    yield said(means)


def beside(rows: pd.DataFrame, studied: pd.DataFrame) -> pd.DataFrame:
    """A row for each condition: condition, title, networks, seeds, val_f1, and val_f1 of the study's same networks.

    Means over networks, each its mean over seeds. That of the study is NaN where the validation data are others.
    """
    ours, found = studied.groupby("variant")["val_f1"].mean(), []
    for (architecture, name), mine in rows.groupby(["architecture", "condition"], sort=False):
        about, means = ARCHITECTURES[architecture].conditions[name], mine.groupby("variant")["val_f1"].mean()
        there = means.index.intersection(ours.index)
        same = len(there) == len(means) and "fold" not in about.data
        found.append(
            {
                "condition": name,
                "title": about.title,
                "networks": len(means),
                "seeds": mine["seed"].nunique(),
                "val_f1": means.mean(),
                "studied": ours[there].mean() if same else float("nan"),
                "same_data": not about.data,
            }
        )
    return pd.DataFrame(found)


def table(means: pd.DataFrame) -> Table:
    """The rows of `beside`, to be read."""
    return Table(
        {
            "condition": row.title,
            "networks": row.networks,
            "seeds": row.seeds,
            "validation macro-F1": f"{row.val_f1:.3f}",
            "the same networks in the study": "" if pd.isna(row.studied) else f"{row.studied:.3f}",
        }
        for row in means.itertuples()
    )


def said(means: pd.DataFrame) -> str:
    """Under which other settings the networks score higher on validation data than in the study."""
    same = means[means["same_data"] & means["studied"].notna()]
    higher = same[same["val_f1"] > same["studied"]]
    ahead = [(row.title, row.val_f1 - row.studied) for row in higher.itertuples()]
    return say("others.said", number=len(same), higher=ahead) if len(same) else ""
