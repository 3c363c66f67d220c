"""Each helper against a case that is known, and against simulated studies whose truth is known."""

import numpy as np
import pytest
import scipy.stats
from scipy import stats
from sklearn.metrics import f1_score

from study import statistics

STUDIES = 500


def sklearn_f1(y, predicted, classes):
    return f1_score(y, predicted, average="macro", labels=np.arange(classes), zero_division=0)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_resampled_f1_is_scikit_learns_on_scipys_samples(classes, rng, monkeypatch):
    monkeypatch.setattr(statistics, "RESAMPLES", 40)
    y = rng.integers(0, classes, 90)
    predicted = np.where(rng.random((2, 90)) < 0.6, y, rng.integers(0, classes, (2, 90)))
    predicted[predicted == 0] = 1  # a class that is never predicted
    found = statistics.resampled_f1(y, predicted, classes)
    assert found.shape == (2, 40)
    for ours, answers in zip(found, predicted, strict=True):
        theirs = stats.bootstrap(
            (np.arange(90),),
            lambda samples, answers=answers: sklearn_f1(y[samples], answers[samples], classes),
            n_resamples=40,
            batch=250,
            vectorized=False,
            method="percentile",
            rng=np.random.default_rng(0),
        )
        np.testing.assert_allclose(ours, theirs.bootstrap_distribution, atol=1e-6)


def test_samples_are_the_same_for_every_call(rng):
    y, a, b = rng.integers(0, 3, (3, 50))
    both = statistics.resampled_f1(y, np.stack([a, b]), 3)
    np.testing.assert_array_equal(both[1], statistics.resampled_f1(y, b[np.newaxis], 3)[0])
    assert not np.array_equal(both[0], both[1])


class TestInterval:
    def test_without_chance_in_examples_it_is_the_t_interval(self, rng):
        observed = rng.normal(0.1, 0.05, 5)
        found = statistics.interval(observed, np.repeat(observed[:, np.newaxis], 7, axis=1))
        known = stats.ttest_1samp(observed, 0)
        assert (found.low, found.high) == pytest.approx(tuple(known.confidence_interval(0.95)))
        assert found.estimate == pytest.approx(observed.mean())
        assert found.p_value == pytest.approx(known.pvalue)

    def test_one_seed_covers_the_examples(self, rng):
        resampled = rng.normal(0.1, 0.02, (1, 1999))
        found = statistics.interval(np.array([0.1]), resampled)
        assert (found.high - found.low) / 2 == pytest.approx(1.96 * resampled.std(ddof=1), rel=1e-3)

    def test_two_sides_without_chance_in_examples_are_welchs(self, rng):
        a, b = rng.normal(0.8, 0.05, 5), rng.normal(0.7, 0.02, 3)
        found = statistics.interval(a, np.tile(a[:, np.newaxis], 7), b, np.tile(b[:, np.newaxis], 7))
        known = stats.ttest_ind(a, b, equal_var=False)
        assert (found.low, found.high) == pytest.approx(tuple(known.confidence_interval(0.95)))
        assert found.p_value == pytest.approx(known.pvalue)

    def test_what_both_sides_share_cancels(self, rng):
        shared = rng.normal(0, 0.2, 1999)
        sides = [np.array([level]) for level in (0.8, 0.7)]
        found = statistics.interval(sides[0], 0.8 + shared[np.newaxis], sides[1], 0.7 + shared[np.newaxis])
        assert (found.low, found.high) == pytest.approx((0.1, 0.1))

    def test_equal_sides_differ_by_nothing(self):
        found = statistics.interval(np.zeros(3), np.zeros((3, 9)))
        assert (found.estimate, found.low, found.high, found.p_value) == (0, 0, 0, 1)

    def test_chance_that_all_seeds_share_does_not_shrink_with_their_number(self, rng):
        shared = rng.normal(0, 0.02, 1999)
        resampled = 0.1 + shared + rng.normal(0, 0.01, (8, 1999))
        found = statistics.interval(np.full(8, 0.1), resampled)
        assert (found.high - found.low) / 2 == pytest.approx(1.96 * 0.02, rel=0.05)

    def test_many_seeds_agree_with_a_plain_hierarchical_bootstrap(self, rng):
        """Drawn literally, seeds and then examples, and read off at its percentiles."""
        seeds = 40
        observed = rng.normal(0.1, 0.03, seeds)
        resampled = observed[:, np.newaxis] + rng.normal(0, 0.01, 1999)
        draws = [
            resampled[rng.integers(seeds, size=seeds), sample].mean() for sample in rng.integers(1999, size=20_000)
        ]
        found = statistics.interval(observed, resampled)
        low, high = np.percentile(draws, [2.5, 97.5])
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def simulated(rng, y, seeds, ability, spread, difficulty, own):
    """Answers of networks, right where ability exceeds a difficulty that is shared in part, and in part their own."""
    classes = y.max() + 1
    ability = ability + spread * rng.standard_normal((seeds, 1))
    noise = np.sqrt(1 - own**2) * difficulty + own * rng.standard_normal((seeds, len(y)))
    return np.where(noise < ability, y, (y + rng.integers(1, classes, (seeds, len(y)))) % classes)


def study_of(trial, seeds, examples, classes, abilities, spread, own):
    """One simulated study: the right classes, and the answers of networks of each ability, all on the same examples."""
    rng = np.random.default_rng([trial, seeds, examples])
    y = rng.permutation(np.arange(examples) % classes)
    difficulty = rng.standard_normal(examples)
    return y, [simulated(rng, y, seeds, each, spread, difficulty, own) for each in abilities]


def scores_of(y, side, classes):
    """scikit-learn's macro-F1 of each network, all at once: thousands of studies would take minutes otherwise."""
    is_class = np.arange(classes)[:, np.newaxis]
    guessed = side[:, np.newaxis] == is_class
    right = (guessed & (y == is_class)).sum(axis=-1)
    return (2 * right / (guessed.sum(axis=-1) + (y == is_class).sum(axis=-1))).mean(axis=-1)


def difference(y, ours, theirs, classes):
    parts = [(scores_of(y, side, classes), statistics.resampled_f1(y, side, classes)) for side in (ours, theirs)]
    return statistics.interval(*parts[0], *parts[1])


@pytest.mark.parametrize(("shared", "own"), [(0.03, 0.01), (0.01, 0.03), (0.02, 0.0)])
def test_what_each_network_has_for_itself_is_counted_once(shared, own):
    """Samples move both networks by `shared`, and one against the other by `own`, which the seeds' variance holds."""
    scores = np.array([0.6, 0.7])
    moved, apart = shared * np.array([1, -1, 1, -1]), own * np.array([1, 1, -1, -1])
    found = statistics.interval(scores, scores[:, np.newaxis] + np.stack([moved + apart, moved - apart]))
    of_seeds = np.var(scores, ddof=1) / 2
    variance = of_seeds + max(shared**2 - own**2, 0) * 4 / 3
    half = scipy.stats.t.ppf(0.975, variance**2 / of_seeds**2) * variance**0.5
    np.testing.assert_allclose([found.estimate, found.low, found.high], [0.65, 0.65 - half, 0.65 + half])


def test_scores_are_scikit_learns():
    y, sides = study_of(0, 3, 400, 5, (0.8, 0.3), 0.2, 0.5)
    for side in sides:
        np.testing.assert_allclose(scores_of(y, side, 5), [sklearn_f1(y, each, 5) for each in side])


@pytest.mark.slow
@pytest.mark.parametrize("abilities", [(0.8, 0.8), (1.1, 0.8)])
@pytest.mark.parametrize(
    ("seeds", "examples", "classes", "spread", "own"),
    [
        (3, 600, 5, 0.2, 0.5),  # the CNN: few seeds, which matter more than the examples
        (10, 400, 3, 0.3, 0.5),  # the texts: many seeds that lie far apart, few examples
        (3, 400, 3, 0.0, 0.6),  # chance in the examples alone
        (1, 400, 3, 0.0, 0.6),  # the quick profile
    ],
)
def test_coverage(monkeypatch, seeds, examples, classes, spread, own, abilities):
    """The 95 % interval holds the truth in 92 to 98 % of 500 studies, and wrongly lies above it in at most 5 %."""
    monkeypatch.setattr(statistics, "RESAMPLES", 499)
    truth = 0.0
    if abilities[0] != abilities[1]:
        y, sides = study_of(0, 200, 20_000, classes, abilities, spread, own)
        truth = float(np.subtract(*(np.mean(scores_of(y, side, classes)) for side in sides)))
    found = [
        difference(y, *sides, classes)
        for y, sides in (study_of(trial, seeds, examples, classes, abilities, spread, own) for trial in range(STUDIES))
    ]
    coverage = np.mean([each.low <= truth <= each.high for each in found])
    above = np.mean([each.low > truth for each in found])
    print(f"coverage {coverage:.3f}, above {above:.3f}, truth {truth:+.3f}")
    assert 0.92 <= coverage <= 0.98
    assert above <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 3, 10])
def test_false_better_in_a_family(monkeypatch, seeds):
    """Three variants that are as good as their baseline: one of them is called better in at most 5 % of studies.

    A single network is compared with a single network, so there the seeds make no difference.
    """
    spread = 0.0 if seeds == 1 else 0.1
    monkeypatch.setattr(statistics, "RESAMPLES", 299)
    wrong = 0
    for trial in range(STUDIES):
        y, (baseline, *others) = study_of(trial, seeds, 400, 3, [0.8] * 4, spread, 0.5)
        found = [difference(y, each, baseline, 3) for each in others]
        p = ([each.p_value for each in found], [each.p_equal(0.001) for each in found])
        verdicts = [
            statistics.verdict(each.estimate, *adjusted)
            for each, *adjusted in zip(found, *statistics.corrected(*map(np.array, p)), strict=True)
        ]
        wrong += "better" in verdicts
    print(f"false better {wrong / STUDIES:.3f}")
    assert wrong / STUDIES <= 0.05


def test_mcnemar_known_case():
    """Alone right: once the one, eight times the other; 2 (C(9,0) + C(9,1)) / 2^9."""
    y = np.zeros(30, int)
    ours, theirs = np.zeros(30, int), np.zeros(30, int)
    theirs[0] = 1
    ours[1:9] = 1
    ours[20:] = theirs[20:] = 1  # both wrong: no matter
    assert statistics.mcnemar(y, ours, theirs) == pytest.approx(20 / 512)
    assert statistics.mcnemar(y, ours, ours) == 1


def test_corrected_known_case():
    """Six p-values of three comparisons, times 3, 3, 3, 3, 2, 1 in the order of size, never falling."""
    differ, equal = statistics.corrected(np.array([0.001, 0.2, 0.9]), np.array([0.999, 0.21, 0.01]))
    assert differ == pytest.approx([0.003, 0.6, 1])  # 0.001 * 3, 0.2 * 3, 0.9 * 2
    assert equal == pytest.approx([1, 0.63, 0.03])  # 0.999 * 1 raised to 0.9 * 2 = 1, 0.21 * 3, 0.01 * 3
    differ, equal = statistics.corrected(np.array([0.02, 0.015]), np.array([0.021, 0.016]))
    assert differ == pytest.approx([0.04, 0.03])  # 0.020 * 2
    assert equal == pytest.approx([0.04, 0.032])  # 0.021 * 1 raised to 0.04; 0.016 * 2


def test_a_comparison_alone_needs_no_correction():
    """Of its two hypotheses at most one is true: the first is as it is, the second never smaller."""
    differ, equal = statistics.corrected(np.array([0.04]), np.array([0.03]))
    assert (differ.tolist(), equal.tolist()) == ([0.04], [0.03])


def test_the_margin_is_ruled_out_by_the_larger_of_two_one_sided_tests(rng):
    a, b = rng.normal(0.71, 0.05, 5), rng.normal(0.7, 0.02, 3)
    found = statistics.interval(a, np.tile(a[:, np.newaxis], 7), b, np.tile(b[:, np.newaxis], 7))
    for margin in (0.001, 0.05, 0.2):
        less = stats.ttest_ind(a - margin, b, equal_var=False, alternative="less").pvalue
        more = stats.ttest_ind(a + margin, b, equal_var=False, alternative="greater").pvalue
        assert found.p_equal(margin) == pytest.approx(max(less, more))


def test_without_chance_the_margin_is_ruled_out_or_not():
    found = statistics.interval(np.full(3, 0.02), np.full((3, 9), 0.02))
    assert (found.p_equal(0.021), found.p_equal(0.02), found.p_equal(0.01)) == (0, 1, 1)


def test_probability_of_improvement_is_that_of_mann_and_whitney(rng):
    ours, theirs = rng.integers(0, 6, (7, 1)) / 10, rng.integers(0, 6, (5, 1)) / 10
    expected = stats.mannwhitneyu(ours[:, 0], theirs[:, 0]).statistic / 35
    assert statistics.probability_of_improvement(ours, theirs) == pytest.approx(expected)
    assert 0 < expected < 1
    assert statistics.probability_of_improvement(theirs, ours) == pytest.approx(1 - expected)


def test_calibration_known_case():
    """Four answers at 0.95, three of them right; two at 0.55, both right."""
    sure = np.array([0.95] * 4 + [0.55] * 2)
    y = np.array([0, 0, 0, 1, 0, 0])
    confidence, right, share = statistics.reliability(y, np.stack([sure, 1 - sure], axis=1))
    np.testing.assert_allclose(confidence, [0.55, 0.95])
    np.testing.assert_allclose(right, [1, 0.75])
    np.testing.assert_allclose(share, [2 / 6, 4 / 6])
    error = statistics.calibration_error(y, np.stack([sure, 1 - sure], axis=1))
    assert error == pytest.approx(0.45 * 2 / 6 + 0.2 * 4 / 6)


@pytest.mark.parametrize(
    ("effect", "p_differ", "p_equal", "expected"),
    [
        (0.04, 0.01, 1, "better"),
        (-0.04, 0.01, 1, "worse"),
        (0.04, 0.05, 1, "better"),
        (0.04, 0.051, 0.9, "not resolved"),
        (0.001, 0.9, 0.05, "equivalent"),
        (0.001, 0.9, 0.051, "not resolved"),
        (0.009, 0.001, 0.04, "equivalent"),  # surely better, and by too little to matter
    ],
)
def test_verdict(effect, p_differ, p_equal, expected):
    assert statistics.verdict(effect, p_differ, p_equal) == expected
