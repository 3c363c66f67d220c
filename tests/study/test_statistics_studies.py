"""The study's claims against simulated studies: how often intervals hold the truth, and how often a verdict is wrong.

A share that is simulated has an error of its own. Where it may be 5 %, it fails if so many of so many studies are
evidence of more at 1 % (binomial test): of 500 that is 38, or 7.6 %. The seeds are fixed, so it fails always or never.
"""

import numpy as np
import pytest
from scipy import stats

from study import robustness, statistics
from study.statistics import LEVEL

from .simulated import study_of

STUDIES = 500
MARGIN = 0.03
BASE = 0.7  # the share of right answers of the baseline
CLAIMS = ("better", "worse")


def verdicts(sides, measure):
    """Those of a family: every side but the first against the first."""
    found = [measure(each, sides[0], MARGIN) for each in sides[1:]]
    adjusted = statistics.corrected(*(np.array([each[name] for each in found]) for name in ("p_value", "p_equal")))
    return [statistics.verdict(each["effect"], *both) for each, both in zip(found, np.transpose(adjusted), strict=True)]


def families(differences, measure=robustness._by_t, number=STUDIES, **settings):
    """The verdicts of so many families of comparisons whose true differences are these: (studies, comparisons)."""
    rng = np.random.default_rng(4)
    shares = [BASE, *(BASE + each for each in differences)]
    return np.array([verdicts(study_of(rng, shares, **settings), measure) for _ in range(number)])


def wrong(found, differences):
    """How many families have a claim that is wrong: a difference where there is none, none where there is."""
    there = np.abs(differences) >= MARGIN
    return int(np.any(np.where(there, found == "equivalent", np.isin(found, CLAIMS)), axis=1).sum())


def too_many(number, studies=STUDIES):
    """Whether so many of so many studies are evidence of more than 5 %."""
    return stats.binomtest(number, studies, 1 - LEVEL, alternative="greater").pvalue < 0.01


@pytest.mark.parametrize("difference", [0.0, MARGIN])
@pytest.mark.parametrize(
    "settings",
    [{"seeds": 3}, {"seeds": 5, "spread": 0.0}, {"seeds": 20, "spread": 0.3}, {"seeds": [20, 3], "spread": [0.3, 0.1]}],
    ids=["few seeds", "examples alone", "many seeds", "unequal sides"],
)
def test_the_interval_holds_the_truth_in_92_to_98_percent(settings, difference):
    rng = np.random.default_rng(8)
    found = [robustness._by_t(*study_of(rng, [BASE + difference, BASE], **settings), MARGIN) for _ in range(STUDIES)]
    held = np.mean([each["low"] <= difference <= each["high"] for each in found])
    assert 0.92 <= held <= 0.98


@pytest.mark.parametrize("settings", [{"seeds": 3}, {"seeds": 20, "spread": 0.3}], ids=["few seeds", "many seeds"])
@pytest.mark.parametrize(
    "differences",
    [(0.0, 0.0, 0.0), (MARGIN, -MARGIN, MARGIN), (0.0, MARGIN, 0.0, -MARGIN)],
    ids=["nothing differs", "all by the margin", "some"],
)
def test_at_most_one_family_in_twenty_has_a_false_claim(differences, settings):
    assert not too_many(wrong(families(differences, **settings), differences))


def found_in(difference, verdict, **settings):
    """In what share of 200 families of one comparison it has this verdict."""
    return float(np.mean(families([difference], number=200, **settings) == verdict))


def test_what_is_there_is_found_and_more_seeds_find_more():
    """Of 200 examples; where networks differ much from seed to seed the seeds decide."""
    assert found_in(5 * MARGIN, "better", seeds=5) > 0.9
    assert found_in(-5 * MARGIN, "worse", seeds=5) > 0.9
    few, many = (found_in(3 * MARGIN, "better", seeds=seeds, spread=0.3, parts=(0.1, 0.5)) for seeds in (3, 20))
    assert few < 0.3 < 0.8 < many
    few, many = (found_in(0.0, "equivalent", seeds=seeds, spread=0.05, parts=(0.0, 0.2)) for seeds in (3, 20))
    assert few < 0.2 < 0.9 < many


NOTHING = (0.0, 0.0, 0.0)


def test_with_few_seeds_that_differ_much_the_bootstrap_claims_too_much():
    """Three seeds drawn with replacement vary by a third too little, and percentiles know no Student's t."""
    few, many = (
        wrong(families(NOTHING, robustness._by_bootstrap, seeds=seeds, spread=0.3), NOTHING) for seeds in (3, 20)
    )
    assert too_many(few)
    assert few > 0.1 * STUDIES
    assert not too_many(many)


def test_the_seeds_alone_claim_too_much_of_other_examples():
    """What variants have by chance on these examples is no chance in seeds; with many seeds it is most of it."""
    assert too_many(wrong(families(NOTHING, robustness._by_seeds, seeds=20), NOTHING))
    same = wrong(families(NOTHING, robustness._by_seeds, seeds=20, parts=(0.0, 0.5)), NOTHING)
    assert not too_many(same)


def test_one_variance_for_all_claims_too_much_of_those_that_vary_more():
    """Where all variants vary alike, it is right even with three seeds."""
    rng, wide = np.random.default_rng(4), [0.1, 0.5]

    def false(spread):
        number = 0
        for _ in range(STUDIES):
            sides = study_of(rng, [BASE] * 6, seeds=3, spread=spread)
            pooled = statistics.pooled_variance([each.scores for each in sides])
            number += robustness._by_t(sides[1], sides[0], MARGIN, pooled=pooled)["p_value"] <= 1 - LEVEL
        return number

    assert not too_many(false(0.3))
    assert too_many(false([*wide, 0.1, 0.1, 0.1, 0.1]))
    assert not too_many(false([0.1, 0.1, *wide, *wide]))
