"""Intervals, tests and verdicts for macro-F1, over both of its sources of chance: seeds and test examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RESAMPLES = 1999
LEVEL = 0.95
VERDICTS = ("better", "worse", "equivalent", "not resolved")


@dataclass(frozen=True)
class Interval:
    """An estimate, its 95 % interval, and the two-sided p-value of there being no difference from zero.

    `error` is its standard error, `freedom` the degrees of freedom of Student's t for it.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    error: float
    freedom: float

    def p_equal(self, margin: float) -> float:
        """The p-value of a difference of `margin` or more, either way: small where that is ruled out.

        Equation: P(t >= (margin - |estimate|) / error), the larger p-value of two one-sided t-tests. Source:
        Schuirmann, A Comparison of the Two One-Sided Tests Procedure and the Power Approach, 1987.
        """
        from scipy.stats import t

        if self.error == 0:
            return float(abs(self.estimate) >= margin)
        return float(t.sf((margin - abs(self.estimate)) / self.error, self.freedom))


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


def interval(
    observed: np.ndarray, resampled: np.ndarray, *theirs: np.ndarray, pooled: tuple[float, float] | None = None
) -> Interval:
    """A mean over seeds, or the difference of two, for new seeds and new test examples: a hierarchical bootstrap.

    Shapes: observed (seeds,), resampled (seeds, RESAMPLES): the same figure on bootstrap samples of the
    examples. `theirs` are the same two of the side to subtract; its number of seeds may be another, as
    networks of one seed have no more in common than others: only the examples pair them.

    The variance has two parts. That of the seeds, of each side: s²/n, what resampling them would give,
    times n/(n-1), as a resample of few seeds varies too little. That of the examples: the variance over
    the bootstrap samples of what is estimated, less the part that differs from seed to seed, which s²/n
    holds already. Percentiles of so few seeds would be far too narrow, so the interval takes Student's t
    with Satterthwaite's degrees of freedom. Where a side has one seed, its seed is not covered.

    `pooled`, what `pooled_variance` gives, takes the place of s² of each side.
    """
    from scipy.stats import t

    sides = [(observed, resampled), theirs] if theirs else [(observed, resampled)]
    mean = float(np.subtract(observed.mean(), theirs[0].mean() if theirs else 0))
    moved = np.subtract(resampled.mean(axis=0), theirs[1].mean(axis=0) if theirs else 0)
    several = [(scores, samples, len(scores)) for scores, samples in sides if len(scores) > 1]
    if pooled:
        of_seeds, freedoms = np.array([pooled[0] * sum(1 / n for *_, n in several)]), [pooled[1]]
    else:
        of_seeds = np.array([np.var(scores, ddof=1) / n for scores, _, n in several])
        freedoms = [n - 1 for *_, n in several]
    own = sum(_own(samples) / n for _, samples, n in several)
    variance = of_seeds.sum() + max(np.var(moved, ddof=1) - own, 0.0)
    if variance == 0:
        return Interval(mean, mean, mean, 1.0 if mean == 0 else 0.0, 0.0, np.inf)
    terms = sum(part**2 / each for part, each in zip(of_seeds, freedoms, strict=True))
    freedom, error = float(variance**2 / terms) if terms else np.inf, float(np.sqrt(variance))
    half = t.ppf(0.5 + LEVEL / 2, freedom) * error
    return Interval(mean, mean - half, mean + half, float(2 * t.sf(abs(mean) / error, freedom)), error, freedom)


def _own(resampled: np.ndarray) -> float:
    """The variance over bootstrap samples that each network has for itself, beside what all of its side share."""
    centred = resampled - resampled.mean(axis=1, keepdims=True)
    return float((centred - centred.mean(axis=0)).var(axis=1, ddof=1).sum() / (len(resampled) - 1))


def pooled_variance(several: Sequence[np.ndarray]) -> tuple[float, float]:
    """One variance of seeds for several variants, as if it were the same in all, and its degrees of freedom.

    Equation: sum over variants of (n - 1) s², by sum of (n - 1). Those with one seed have no say in it.
    """
    freedoms = [len(scores) - 1 for scores in several]
    squares = sum(np.var(scores, ddof=1) * (len(scores) - 1) for scores in several if len(scores) > 1)
    return (float(squares / sum(freedoms)), float(sum(freedoms))) if sum(freedoms) else (0.0, np.inf)


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


def corrected(p_values: np.ndarray, p_equal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The adjusted p-values of a family of comparisons: of no difference, and of a difference of the margin or more.

    Both kinds are corrected together, 2m p-values of m comparisons, so that in 95 % of families not one claim is wrong,
    neither a "better" nor an "equivalent". Of the two null hypotheses of a comparison at most one is true, so Shaffer's
    steps apply in place of Holm's: the k-th smallest p-value times min(m, 2m - k + 1), and never falling.
    Source: Shaffer, Modified Sequentially Rejective Multiple Test Procedures, 1986.
    Shapes: (m,), (m,) -> (m,), (m,).
    """
    both = np.concatenate([p_values, p_equal])
    order, number = np.argsort(both, kind="stable"), len(p_values)
    steps = both[order] * np.minimum(number, np.arange(2 * number, 0, -1))
    adjusted = np.empty(2 * number)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted[:number], adjusted[number:]


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


def verdict(effect: float, p_holm: float, p_holm_equal: float) -> str:
    """One of VERDICTS, from what `corrected` gives: equivalent where a difference of the margin or more is ruled out.

    That goes first: a difference that is surely there, and surely too small to matter, is none that matters.
    """
    if p_holm_equal <= 1 - LEVEL:
        return "equivalent"
    if p_holm <= 1 - LEVEL:
        return "better" if effect > 0 else "worse"
    return "not resolved"
