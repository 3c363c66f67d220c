"""Intervals, tests and verdicts for macro-F1, over both of its sources of chance: seeds and test examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RESAMPLES = 1999
LEVEL = 0.95
VERDICTS = ("better", "worse", "equivalent", "not resolved")


@dataclass(frozen=True)
class Interval:
    """An estimate, its 95 % interval, and the two-sided p-value of there being no difference from zero."""

    estimate: float
    low: float
    high: float
    p_value: float


def macro_f1(y: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """scikit-learn's macro-F1 over all classes; one that neither occurs nor is predicted counts as 0."""
    from sklearn.metrics import f1_score

    return float(f1_score(y, predicted, labels=np.arange(classes), average="macro", zero_division=0))


def resampled_f1(y: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """The macro-F1 of every network on bootstrap samples of the test examples, the same samples for all.

    Equation, for each class: F1 = 2 tp / (2 tp + fp + fn), 0 for a class that never occurs; the mean over classes.
    Shapes: y (examples,), predicted (networks, examples), both class numbers -> (networks, RESAMPLES).
    The samples depend on nothing but the number of examples, so networks from several calls stay paired.
    """
    is_class = np.arange(classes)[:, np.newaxis]
    guessed = predicted[:, np.newaxis] == is_class  # (networks, classes, examples)
    right = (guessed & (y == is_class)).astype(np.float32).reshape(-1, len(y))  # one large product is the fastest
    support = (guessed.astype(np.float32) + (y == is_class)).reshape(-1, len(y))  # 2 tp + fp + fn
    times = drawn(len(y), RESAMPLES)
    f1 = 2 * (right @ times) / np.maximum(support @ times, 1)
    return f1.reshape(len(predicted), classes, -1).mean(axis=1)


@lru_cache(maxsize=1)
def drawn(examples: int, samples: int) -> np.ndarray:
    """How often each example is drawn in each bootstrap sample: (examples, samples) float32, always the same.

    The samples are those of scipy.stats.bootstrap with the seed 0; to draw them takes longer than to use them.
    """
    rng, times = np.random.default_rng(0), np.empty((examples, samples), np.float32)
    for number in range(samples):
        times[:, number] = np.bincount(rng.integers(0, examples, examples), minlength=examples)
    return times


def interval(observed: np.ndarray, resampled: np.ndarray, *theirs: np.ndarray) -> Interval:
    """A mean over seeds, or the difference of two, for new seeds and new test examples: a hierarchical bootstrap.

    Shapes: observed (seeds,), resampled (seeds, RESAMPLES): the same figure on bootstrap samples of the
    examples. `theirs` are the same two of the side to subtract; its number of seeds may be another, as
    networks of one seed have no more in common than others: only the examples pair them.

    The variance has two parts. That of the seeds, of each side: s²/n, what resampling them would give,
    times n/(n-1), as a resample of few seeds varies too little. That of the examples: the variance over
    the bootstrap samples of what is estimated, less the part that differs from seed to seed, which s²/n
    holds already. Percentiles of so few seeds would be far too narrow, so the interval takes Student's t
    with Satterthwaite's degrees of freedom. Where a side has one seed, its seed is not covered.
    """
    from scipy.stats import t

    sides = [(observed, resampled), theirs] if theirs else [(observed, resampled)]
    mean = float(np.subtract(observed.mean(), theirs[0].mean() if theirs else 0))
    moved = np.subtract(resampled.mean(axis=0), theirs[1].mean(axis=0) if theirs else 0)
    several = [(scores, samples, len(scores)) for scores, samples in sides if len(scores) > 1]
    of_seeds = np.array([np.var(scores, ddof=1) / n for scores, _, n in several])
    own = sum(_own(samples) / n for _, samples, n in several)
    variance = of_seeds.sum() + max(np.var(moved, ddof=1) - own, 0.0)
    if variance == 0:
        return Interval(mean, mean, mean, 1.0 if mean == 0 else 0.0)
    terms = sum(part**2 / (n - 1) for part, (_, _, n) in zip(of_seeds, several, strict=True))
    freedom, error = variance**2 / terms if terms else np.inf, np.sqrt(variance)
    half = t.ppf(0.5 + LEVEL / 2, freedom) * error
    return Interval(mean, mean - half, mean + half, float(2 * t.sf(abs(mean) / error, freedom)))


def _own(resampled: np.ndarray) -> float:
    """The variance over bootstrap samples that each network has for itself, beside what all of its side share."""
    centred = resampled - resampled.mean(axis=1, keepdims=True)
    return float((centred - centred.mean(axis=0)).var(axis=1, ddof=1).sum() / (len(resampled) - 1))


def probability_of_improvement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """How likely one network of ours beats one of theirs on a test sample of this size; a tie counts half.

    Shapes: (seeds, RESAMPLES) each, on the same samples; every seed of one side meets every one of the other.
    """
    difference = ours[:, np.newaxis] - theirs
    return float(np.mean(difference > 0) + np.mean(difference == 0) / 2)


def mcnemar(y: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> float:
    """The exact McNemar p-value for two single networks: of the examples that one alone gets right, is half ours?"""
    from scipy.stats import binomtest

    only_ours, only_theirs = np.sum((ours == y) & (theirs != y)), np.sum((ours != y) & (theirs == y))
    return float(binomtest(only_ours, only_ours + only_theirs).pvalue) if only_ours + only_theirs else 1.0


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values of a family: the k-th smallest of m times m - k + 1, and never falling."""
    order = np.argsort(p_values)
    steps = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def reliability(y: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often a network is right when it is so sure: in tenths of confidence, those that occur.

    Shapes: y (examples,), probabilities (examples, classes) -> the mean confidence (the largest
    probability), the share of right answers and the share of examples, each (bins,).
    """
    from scipy.stats import binned_statistic

    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bins = {"bins": 10, "range": (0, 1)}
    (sure, correct), count = (
        binned_statistic(confidence, [confidence, right], "mean", **bins).statistic,
        binned_statistic(confidence, None, "count", **bins).statistic,
    )
    there = count > 0
    return sure[there], correct[there], count[there] / len(y)


def calibration_error(y: np.ndarray, probabilities: np.ndarray) -> float:
    """The expected calibration error: |confidence - share of right answers|, weighted by the examples of each bin.

    Source: Guo et al., On Calibration of Modern Neural Networks, 2017.
    """
    sure, correct, share = reliability(y, probabilities)
    return float(np.sum(share * np.abs(sure - correct)))


def p_words(p_value: float) -> str:
    """A p-value behind the letter p: `= 0.034`, or `< 0.001`."""
    return f"= {p_value:.3f}" if p_value >= 0.001 else "< 0.001"


def verdict(effect: float, low: float, high: float, p_holm: float, margin: float) -> str:
    """One of VERDICTS: equivalent if the interval lies within ±margin, better or worse if the p-value says so, too."""
    if -margin <= low and high <= margin:
        return "equivalent"
    if p_holm <= 1 - LEVEL and not low <= 0 <= high:
        return "better" if effect > 0 else "worse"
    return "not resolved"
