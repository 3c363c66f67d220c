"""What the `full` profile found: the committed tables, which stand beside every verdict of a smaller profile."""

from __future__ import annotations

from functools import cache

import pandas as pd

from .files import ROOT

TABLES = ROOT / "reports" / "full"  # those of this checkout, wherever a run leaves its own
KEY = ["architecture", "group", "variant", "baseline"]


@cache
def table(name: str) -> pd.DataFrame:
    """A committed table: "comparisons", "results", "baselines", "history" or "predictions"; not to be changed."""
    return pd.read_csv(TABLES / f"{name}.csv", dtype={"predicted": str})


def beside(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Comparisons with what `full` says of each: full_effect, full_low, full_high, full_verdict; NaN where it has none.

    `contradicts` is True where both say something, and not the same: "not resolved" contradicts nothing.
    """
    columns = ["effect", "low", "high", "verdict"]
    theirs = table("comparisons")[[*KEY, *columns]].rename(columns={name: f"full_{name}" for name in columns})
    both = comparisons.merge(theirs, how="left", on=KEY, validate="one_to_one")
    says = both["full_verdict"].notna() & (both["full_verdict"] != "not resolved") & (both["verdict"] != "not resolved")
    return both.assign(contradicts=says & (both["verdict"] != both["full_verdict"]))
