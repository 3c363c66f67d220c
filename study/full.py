"""What the `full` profile found: the committed tables, which stand beside every verdict of a smaller profile."""

from __future__ import annotations

from functools import cache

import pandas as pd

from . import store
from .architectures import ARCHITECTURES, variants
from .datasets import DATASETS
from .files import ROOT
from .profiles import BUDGETS, epochs, seeds
from .runs import Place
from .sides import KEY

PLACE = Place("full", False, ROOT)  # of this checkout, wherever a run leaves its own


@cache
def table(name: str) -> pd.DataFrame:
    """A committed table, such as "comparisons" or "results", not to be changed; without rows where there is none."""
    found = store.read_if_there(name, PLACE)
    return pd.DataFrame(columns=KEY) if found is None else found


def of(name: str, architectures: list[str]) -> pd.DataFrame:
    """The rows of a committed table that speak of these architectures."""
    rows = table(name)
    return rows[rows["architecture"].isin(architectures)]


def beside(comparisons: pd.DataFrame, place: Place) -> pd.DataFrame:
    """A place's comparisons with what `full` found of each: full_effect, _low, _high, _verdict, _fragile.

    They are NaN where `full` has no such comparison, or does not speak of the place. `contradicts` is True where both
    say something, and not the same: "not resolved" contradicts nothing.
    """
    columns = ["effect", "low", "high", "verdict", "fragile"]
    theirs = table("comparisons") if speaks_of(place) else table("comparisons")[:0]
    theirs = theirs.reindex(columns=[*KEY, *columns]).rename(columns={name: f"full_{name}" for name in columns})
    both = comparisons.merge(theirs, how="left", on=KEY, validate="one_to_one")
    says = both["full_verdict"].notna() & (both["full_verdict"] != "not resolved") & (both["verdict"] != "not resolved")
    return both.assign(contradicts=says & (both["verdict"] != both["full_verdict"]))


def speaks_of(place: Place) -> bool:
    """Whether what `full` found belongs beside a place's verdicts: a smaller profile's, on the same real data."""
    return place.profile != "full" and not place.is_sample and not place.language


def lacking(architecture: str) -> list[str]:
    """The variants that the committed tables do not have: they came later than the last run of `full`."""
    there = set(of("results", [architecture])["variant"])
    return [each.name for each in variants(architecture) if each.name not in there]


def less(architecture: str, profile: str, number: int) -> str:
    """What a profile with so many seeds spends less than `full`: `1 seed instead of 3, 3 epochs instead of 7`."""
    all_samples = DATASETS[ARCHITECTURES[architecture].dataset].TRAINED_ON
    spent = {
        "seeds": (number, len(seeds(architecture, "full"))),
        "epochs": (epochs(architecture, profile), epochs(architecture, "full")),
        "training samples": (BUDGETS[profile].train_samples or all_samples, all_samples),
    }
    return ", ".join(
        f"{few:,} {what.removesuffix('s') if few == 1 else what} instead of {many:,}"
        for what, (few, many) in spent.items()
        if few < many
    )
