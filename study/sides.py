"""The two sides of a comparison: their answers and scores, what one is ahead of the other, and the verdict on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from . import statistics
from .baselines import Baseline
from .checks import one_class
from .statistics import Interval, macro_f1

KEY = ["architecture", "group", "variant", "baseline"]  # of a comparison
AGAINST_BASELINES = "baselines"  # the family of comparisons with the strongest method that is no network


@dataclass(frozen=True)
class Side:
    """The networks of a variant, one per seed, or a method without a network, which is only one.

    Shapes: predicted, the classes, (networks, examples); scores, their macro-F1, (networks,);
    resampled, the same on bootstrap samples of the examples, (networks, RESAMPLES).
    """

    predicted: np.ndarray
    scores: np.ndarray
    resampled: np.ndarray

    @property
    def mean(self) -> Interval:
        """The mean macro-F1 with its interval."""
        return _within(statistics.interval(self.scores, self.resampled), 0, 1)

    @property
    def dead(self) -> bool:
        """Whether most of these networks predict one class for everything."""
        return float(np.mean([one_class(each) for each in self.predicted])) > 0.5


def pairs_ahead(ours: Side, theirs: Side) -> tuple[int, int]:
    """In how many pairs, one network of each side, ours has the higher macro-F1 on the test split; and all pairs."""
    ahead = ours.scores[:, np.newaxis] > theirs.scores
    return int(ahead.sum()), ahead.size


def sides_of(
    y: np.ndarray, classes: int, answers: Mapping[str, np.ndarray], baselines: Sequence[Baseline] = ()
) -> dict[str, Side]:
    """Score every variant and every baseline, on the test examples and on bootstrap samples of them."""
    answers = {**answers} | {each.name: each.predicted[np.newaxis] for each in baselines}
    resampled = statistics.resampled_f1(y, np.concatenate(list(answers.values())), classes)  # drawing takes the time
    ends = np.cumsum([len(each) for each in answers.values()])
    return {
        name: Side(each, np.array([macro_f1(y, predicted, classes) for predicted in each]), samples)
        for (name, each), samples in zip(answers.items(), np.split(resampled, ends[:-1]), strict=True)
    }


def difference(y: np.ndarray, ours: Side, theirs: Side, margin: float) -> dict[str, float | bool]:
    """How much better our side is, with the p-values of no difference and of one of `margin` or more."""
    found = statistics.interval(ours.scores, ours.resampled, theirs.scores, theirs.resampled)
    shown = _within(found, -1, 1)
    single = len(ours.scores) == len(theirs.scores) == 1
    return {
        "n_seeds": len(ours.scores),
        "effect": shown.estimate,
        "low": shown.low,
        "high": shown.high,
        "p_improvement": statistics.probability_of_improvement(ours.resampled, theirs.resampled),
        "margin": margin,
        "p_value": found.p_value,
        "p_equal": found.p_equal(margin),
        "p_mcnemar": statistics.mcnemar(y, ours.predicted[0], theirs.predicted[0]) if single else np.nan,
        "both_dead": ours.dead and theirs.dead,
    }


def judged(differences: pd.DataFrame, family: str = "group") -> pd.DataFrame:
    """What `difference` gives with p_holm and p_holm_equal, corrected over each family, and the verdict.

    `family` is the column by which the comparisons are parted into families, each corrected for itself.
    """
    table = differences.assign(p_holm=np.nan, p_holm_equal=np.nan)
    for _, rows in table.groupby(family):
        adjusted = statistics.corrected(rows["p_value"].to_numpy(), rows["p_equal"].to_numpy())
        table.loc[rows.index, ["p_holm", "p_holm_equal"]] = np.stack(adjusted, axis=1)
    table["verdict"] = [
        "not resolved"  # two that have learnt nothing are alike, and say nothing of what they differ in
        if row.both_dead
        else statistics.verdict(row.effect, row.p_holm, row.p_holm_equal)
        for row in table.itertuples()
    ]
    return table


def measured(sides: dict[str, Side], name: str, against: str = "") -> dict[str, float]:
    """n_seeds, effect, low and high: of a side's mean macro-F1, or of how much better it is than another."""
    side, found = sides[name], sides[name].mean
    if against:
        theirs = sides[against]
        found = statistics.interval(side.scores, side.resampled, theirs.scores, theirs.resampled)
        found = _within(found, -1, 1)
    return {"n_seeds": len(side.scores), "effect": found.estimate, "low": found.low, "high": found.high}


def _within(found: Interval, lowest: float, highest: float) -> Interval:
    """No interval reaches further than the scale."""
    return replace(found, low=max(found.low, lowest), high=min(found.high, highest))
