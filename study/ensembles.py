"""Several networks of one variant as one: the mean of their probabilities. A lesson in variance that costs nothing.

What networks of other seeds do not have in common is averaged away, so together they are more often right than one of
them is, and less a matter of luck. `ensembles.csv`: COLUMNS, for each variant a row for each number of members:
macro-F1 on the test split over subsets of its networks, all subsets if they are few, else random ones; mean, lowest
and highest. Where all are members, also what they gain over the mean single one, with its 95 % interval.

Source: Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles, 2017.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from . import statistics, store
from .checks import Check, Listed
from .evaluation import by_variant
from .runs import Place
from .statistics import macro_f1

COLUMNS = ["architecture", "variant", "n_seeds", "members", "subsets", "mean", "lowest", "highest"]
COLUMNS += ["gain", "low", "high"]
MEMBERS = (1, 2, 5)  # and all
MANY = 100  # subsets


def measured(checks: list[Check], place: Place) -> pd.DataFrame:
    """COLUMNS of an architecture's networks; no row for a variant that has one seed alone.

    Of a variant whose networks are not all there, what ensembles.csv has of it, of as many.
    """
    rows = [row for mine in by_variant(checks).values() if len(mine) > 1 for row in _of_variant(mine, place)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_variant(checks: list[Check], place: Place) -> list[dict]:
    variant, y, classes = checks[0].run.variant, checks[0].y, checks[0].classes
    if any(isinstance(each, Listed) for each in checks):
        own = replace(place, by_hand=False)
        tables = [store.read_if_there("ensembles", each) for each in (own, replace(own, unfinished=True))]
        wanted = {"architecture": variant.architecture, "variant": variant.name, "n_seeds": len(checks)}
        mine = [each[(each[list(wanted)] == wanted).all(axis=1)] for each in tables if each is not None]
        return next((each.to_dict("records") for each in mine if len(each)), [])
    probabilities = np.stack([each.keras for each in checks])
    rows = []
    for members in numbers(len(checks)):
        some = [together(probabilities[list(each)]) for each in subsets(len(checks), members)]
        scores = [macro_f1(y, each, classes) for each in some]
        row = {"architecture": variant.architecture, "variant": variant.name, "n_seeds": len(checks)}
        row |= {"members": members, "subsets": len(some), "mean": np.mean(scores)}
        rows.append(row | {"lowest": min(scores), "highest": max(scores)})
    return [*rows[:-1], rows[-1] | gain(y, probabilities, classes)]


def together(probabilities: np.ndarray) -> np.ndarray:
    """The classes that networks give together. Shapes: (networks, examples, classes) -> (examples,)."""
    return probabilities.mean(axis=0, dtype=np.float64).argmax(axis=1)


def numbers(seeds: int) -> list[int]:
    """How many members an ensemble of so many networks is tried with: MEMBERS, and all."""
    return [*(each for each in MEMBERS if each < seeds), seeds]


def subsets(seeds: int, members: int) -> list[tuple[int, ...]]:
    """Subsets of so many networks: all, or if there are more than MANY, so many random ones, always the same."""
    if comb(seeds, members) <= MANY:
        return list(combinations(range(seeds), members))
    rng, found = np.random.default_rng(0), set()
    while len(found) < MANY:
        found.add(tuple(sorted(rng.choice(seeds, members, replace=False).tolist())))
    return sorted(found)


def gain(y: np.ndarray, probabilities: np.ndarray, classes: int) -> dict[str, float]:
    """How much higher the macro-F1 of all together is than the mean of the single ones: gain, low and high.

    Shapes: y (examples,), probabilities (networks, examples, classes). The interval is for new test examples and other
    single networks; the ensemble is this one.
    """
    answers = np.concatenate([together(probabilities)[np.newaxis], probabilities.argmax(axis=2)])
    scores = np.array([macro_f1(y, each, classes) for each in answers])
    resampled = statistics.resampled_f1(y, answers, classes)
    found = statistics.interval(scores[:1], resampled[:1], scores[1:], resampled[1:])
    return {"gain": found.estimate, "low": found.low, "high": found.high}
