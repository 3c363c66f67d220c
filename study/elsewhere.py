"""Does a finding on Indonesian texts hold in the other languages of NusaX? From the committed grid of `make batch`.

Its networks have the study's settings, searched for Indonesian alone, and few seeds in each language, so that a single
language says little: they are counted. A grid of earlier settings says nothing of today's findings: its Indonesian
networks are not those of the study with the same seeds.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from . import full
from .datasets import nusax
from .files import ROOT
from .runs import Place
from .sides import KEY

TABLE = ROOT / "reports" / "languages" / "languages.csv"
COUNTS = ["others", "seeds", "same", "small", "clear", "opposite"]
SAME = 1e-5  # two differences that are one: tables have six digits


@cache
def table() -> pd.DataFrame:
    """The committed table: KEY, language, seeds, effect, low, high, dead; not to be changed. Empty if there is none."""
    if not TABLE.exists():
        return pd.DataFrame(columns=[*KEY, "language", "seeds", "effect", "low", "high", "dead"])
    return pd.read_csv(TABLE)


def speaks_of(place: Place) -> bool:
    """Whether the other languages belong beside a place's verdicts: those of several seeds on Indonesian texts."""
    return place.profile == "full" and not place.is_sample and not place.language


def beside(comparisons: pd.DataFrame, place: Place) -> pd.DataFrame:
    """A place's comparisons with COUNTS, in how many other languages what is so; NaN where there is nothing to count.

    others: there is such a comparison, both sides of which have not learnt nothing; seeds: that a network was trained
    with there; same: its difference has our sign;
    small: it is less than the margin; clear: it has our sign, and its interval leaves zero out; opposite: its interval
    does, on the other side.
    """
    found = [_counted(row) if speaks_of(place) else {} for row in comparisons.itertuples()]
    return comparisons.assign(**{name: [each.get(name, np.nan) for each in found] for name in COUNTS})


def _counted(row: object) -> dict[str, int]:
    """COUNTS of one comparison, or nothing."""
    rows = table()
    for name in KEY:
        rows = rows[rows[name] == getattr(row, name)]
    is_ours = rows["language"] == nusax.LANGUAGES[0]
    if not any(abs(each.effect - _of_seeds(row, each.seeds)) <= SAME for each in rows[is_ours].itertuples()):
        return {}
    rows = rows[~is_ours & ~rows["dead"].astype(bool)]
    if rows.empty:
        return {}
    sign = np.sign(row.effect)
    effect, low, high = (sign * rows[name] for name in ("effect", "low", "high"))
    low, high = np.minimum(low, high), np.maximum(low, high)
    counts = (len(rows), rows["seeds"].max(), effect > 0, effect.abs() < row.margin, low > 0, high < 0)
    return dict(zip(COUNTS, (int(np.sum(each)) for each in counts), strict=True))


def _of_seeds(row: object, number: int) -> float:
    """The same comparison, on Indonesian texts, of the networks with the first seeds; NaN if there are none."""
    results = full.of("results", [row.architecture])
    scores = results[results["seed"] < number].groupby("variant")["test_f1_keras"].mean()
    return scores.get(row.variant, np.nan) - scores.get(row.baseline, np.nan)
