"""Does a verdict survive? Every comparison again, by other methods and under other conditions.

What is tried was fixed before any result of it was seen. METHODS look at the same networks as the verdict does:

- bootstrap: seeds and examples drawn anew, literally, and the percentiles of that.
- pooled: one variance of seeds for all variants of the architecture.
- seeds: Welch's t-test on the seeds alone, as if the test examples were all there are.
- architecture: the correction over all comparisons within the architecture's groups, in place of one group's; for a
  network against a method without one, over those with that method, too.

In each of CONDITIONS networks were trained anew with one thing changed that the study holds fixed. A method without a
network stays as it is.

A verdict *holds* where the other is the same. A condition has fewer seeds and so less power: where the verdict there is
"not resolved", ours still holds if what is there agrees with it. For "better" and "worse" that is a difference of the
same sign whose interval reaches as far as our difference; for "equivalent" a difference of less than the margin.
A verdict is *fragile* if it holds in no more than half of all that was tried, or in none of the conditions: the methods
see the same networks, and must not outvote these. "Not resolved" claims nothing, and is never fragile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from . import statistics
from .sides import AGAINST_BASELINES, KEY, Side, judged

STUDY = "study"  # the study's own method
METHODS = ("bootstrap", "pooled", "seeds", "architecture")
CONDITIONS = ("half-rate", "double-rate", "epochs-2", "epochs-4")
COLUMNS = [*KEY, "method", "effect", "low", "high", "verdict"]
COUNTS = ["holds", "checks", "fragile"]

Sides = Mapping[str, Side]
Measure = Callable[..., dict[str, float]]  # (ours, theirs, margin) -> effect, low, high, p_value, p_equal


def table(comparisons: pd.DataFrame, sides: Sides, tried: Mapping[str, Sides]) -> pd.DataFrame:
    """COLUMNS: for each comparison a row for the study's own method, and one for each that was tried.

    `comparisons`: those of one architecture; `tried`: {condition: its sides}. A condition that has not both networks of
    a comparison has no row for it. Where a network has one seed, or both have learnt nothing, there is nothing to
    check, and no row at all.
    """
    pairs = comparisons.reset_index(drop=True)
    within = pairs["group"] != AGAINST_BASELINES
    rivals = {name: sides[name] for name in pairs.loc[~within, "baseline"]}
    both = [(sides[row.variant], sides[row.baseline]) for row in pairs.itertuples()]
    pairs["both_dead"] = [ours.dead and theirs.dead for ours, theirs in both]
    seeds = [len(ours.scores) if name in rivals else min(len(ours.scores), len(theirs.scores))
             for name, (ours, theirs) in zip(pairs["baseline"], both, strict=True)]  # fmt: skip
    several = np.array(seeds) > 1
    pooled = statistics.pooled_variance([each.scores for each in sides.values()])
    found = [
        pairs.assign(method=STUDY),
        _again("bootstrap", pairs[several], sides, _by_bootstrap),
        _again("pooled", pairs[several], sides, partial(_by_t, pooled=pooled)),
        _again("seeds", pairs[several], sides, _by_seeds),
        judged(pairs[within], family="architecture").assign(method="architecture"),
        judged(pairs, family="architecture")[~within].assign(method="architecture"),
        *(_again(name, pairs[several], {**tried[name], **rivals}, _by_t) for name in CONDITIONS if name in tried),
    ]
    rows = pd.concat(found).sort_index(kind="stable")
    checked = several & ~pairs["both_dead"].to_numpy(dtype=bool)
    return rows[checked[rows.index] & ~rows["both_dead"].astype(bool)][COLUMNS].reset_index(drop=True)


def counted(rows: pd.DataFrame, margin: float) -> pd.DataFrame:
    """For each comparison of `table` KEY and COUNTS: in how many of the checks its verdict holds, and if it is fragile.

    `margin` is that of the architecture.
    """
    found = []
    for key, mine in rows.groupby(KEY, sort=False):
        ours, *others = mine.itertuples()
        of_methods, of_conditions = (
            [holds(ours, each, margin) for each in others if (each.method in CONDITIONS) == conditions]
            for conditions in (False, True)
        )
        number, checks = sum(of_methods + of_conditions), len(others)
        breaks = 2 * number <= checks or (len(of_conditions) > 0 and not any(of_conditions))
        found.append([*key, number, checks, ours.verdict != "not resolved" and breaks])
    return pd.DataFrame(found, columns=[*KEY, *COUNTS])


def broken(rows: pd.DataFrame, key: Sequence[str], margin: float) -> list[tuple[str, str]]:
    """By which methods and under which conditions the verdict on one comparison, KEY, does not hold: with theirs."""
    ours, *others = _tried(rows, key)
    return [(each.method, each.verdict) for each in others if not holds(ours, each, margin)]


def agreeing(rows: pd.DataFrame, key: Sequence[str], margin: float) -> list[str]:
    """Under which conditions the verdict on one comparison, KEY, holds though it is not resolved there."""
    ours, *others = _tried(rows, key)
    return [each.method for each in others if each.verdict != ours.verdict and holds(ours, each, margin)]


def anew(rows: pd.DataFrame, margin: float) -> tuple[int, int, int]:
    """Of all that is claimed and was trained anew: how often it is found again, only agreed with, and neither."""
    found, agreed, tried = 0, 0, 0
    for key, mine in rows.groupby(KEY, sort=False):
        ours, *others = mine.itertuples()
        if ours.verdict != "not resolved":
            of_conditions = [each for each in others if each.method in CONDITIONS]
            found += sum(each.verdict == ours.verdict for each in of_conditions)
            agreed += len(agreeing(rows, key, margin))
            tried += len(of_conditions)
    return found, agreed, tried - found - agreed


def _tried(rows: pd.DataFrame, key: Sequence[str]) -> Iterator[Any]:
    return rows[(rows[KEY] == list(key)).all(axis=1)].itertuples()


def holds(ours: Any, other: Any, margin: float) -> bool:
    """Whether a verdict of the study, a row of `table`, holds by another row of the same comparison."""
    if other.verdict == ours.verdict:
        return True
    if other.method not in CONDITIONS or other.verdict != "not resolved":
        return False
    if ours.verdict == "equivalent":
        return abs(other.effect) < margin
    sign = np.sign(ours.effect)
    reach = other.high if sign > 0 else -other.low
    return bool(sign * other.effect > 0 and reach >= abs(ours.effect))


def _again(method: str, pairs: pd.DataFrame, sides: Sides, measure: Measure) -> pd.DataFrame:
    """The comparisons by another method or on other sides, corrected within their groups; the pairs' own index."""
    mine = pairs[[row.variant in sides and row.baseline in sides for row in pairs.itertuples()]]
    if mine.empty:
        return mine.assign(method=method)
    both = [(sides[row.variant], sides[row.baseline]) for row in mine.itertuples()]
    dead = [ours.dead and theirs.dead for ours, theirs in both]
    measured = [measure(*each, margin) for each, margin in zip(both, mine["margin"], strict=True)]
    return judged(mine.assign(**pd.DataFrame(measured, index=mine.index), both_dead=dead)).assign(method=method)


def _by_t(ours: Side, theirs: Side, margin: float, pooled: tuple[float, float] | None = None) -> dict[str, float]:
    """As the study does, or with one variance of seeds for all variants."""
    found = statistics.interval(ours.scores, ours.resampled, theirs.scores, theirs.resampled, pooled=pooled)
    return {
        "effect": found.estimate,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "p_equal": found.p_equal(margin),
    }


def _by_seeds(ours: Side, theirs: Side, margin: float) -> dict[str, float]:
    """Welch's t-test: the same, on examples that do not vary."""
    sides = (Side(each.predicted, each.scores, np.tile(each.scores[:, np.newaxis], 2)) for each in (ours, theirs))
    return _by_t(*sides, margin)


def _by_bootstrap(ours: Side, theirs: Side, margin: float) -> dict[str, float]:
    """The percentiles of a literal hierarchical bootstrap, and the p-values that they stand for.

    Equation: p = 2 min(P(draw <= 0), P(draw >= 0)), and that of the margin max(P(draw >= margin), P(draw <= -margin)),
    each share as (1 + count) / (1 + draws).
    """
    draws = literal_bootstrap(ours.resampled, theirs.resampled)
    low, high = np.percentile(draws, [50 - 50 * statistics.LEVEL, 50 + 50 * statistics.LEVEL])

    def share(which: np.ndarray) -> float:
        return float((1 + np.sum(which)) / (1 + len(draws)))

    return {
        "effect": float(ours.scores.mean() - theirs.scores.mean()),
        "low": float(low),
        "high": float(high),
        "p_value": min(1.0, 2 * min(share(draws <= 0), share(draws >= 0))),
        "p_equal": max(share(draws >= margin), share(draws <= -margin)),
    }


def literal_bootstrap(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The difference of two means over seeds where seeds and examples are drawn anew: a hierarchical bootstrap.

    Shapes: ours and theirs (seeds, RESAMPLES), on the same samples of the examples -> (RESAMPLES,). For each of these
    samples the seeds of each side are drawn with replacement, as many as there are. Source: Davison and Hinkley,
    Bootstrap Methods and their Application, 1997, section 3.8.
    """
    rng, means = np.random.default_rng(0), []
    for side in (ours, theirs):
        times = rng.multinomial(len(side), np.full(len(side), 1 / len(side)), side.shape[1])  # (RESAMPLES, seeds)
        means.append((times.T * side).sum(axis=0) / len(side))
    return means[0] - means[1]
