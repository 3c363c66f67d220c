"""The rows that a part of a page shows: this place's, or where a smaller profile has none, those of `full`."""

from __future__ import annotations

import pandas as pd

from .. import full, store
from ..evidence import Evidence
from .sentences import say


def own_or_full(evidence: Evidence, rows: pd.DataFrame, table: str, topic: str) -> tuple[pd.DataFrame, bool, list[str]]:
    """The rows, whether they are those that `full` has committed to that table, and what is said of what is missing.

    The sentences are `nothing` and `not_yet` of the topic.
    """
    if len(rows):
        return rows, False, []
    missing = [say(f"{topic}.nothing", profile=evidence.place.name)]
    if not full.speaks_of(evidence.place):
        return rows, False, missing
    rows = store.rows_of(table, full.PLACE, evidence.architecture)
    return rows, True, missing if len(rows) else [*missing, say(f"{topic}.not_yet")]
