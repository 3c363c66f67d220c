import numpy as np
import pytest
from sklearn.metrics import f1_score

from study.statistics import macro_f1, paired_difference


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_macro_f1_is_scikit_learns(classes, rng):
    y, predicted = rng.integers(0, classes, (2, 200))
    predicted[predicted == 0] = 1  # a class that is never predicted
    expected = f1_score(y, predicted, average="macro", labels=np.arange(classes), zero_division=0)
    assert macro_f1(y, predicted, classes) == pytest.approx(expected, abs=1e-12)


def test_constant_answers_on_the_real_test_split():
    """153 negative, 96 neutral, 151 positive: the figures that dead networks of earlier reports show."""
    y = np.repeat([0, 1, 2], [153, 96, 151])
    assert macro_f1(y, np.zeros_like(y), 3) == pytest.approx(0.1844, abs=5e-5)
    assert macro_f1(y, np.full_like(y, 2), 3) == pytest.approx(0.1827, abs=5e-5)


def test_equal_sides_differ_by_nothing(rng):
    y, predicted = rng.integers(0, 3, (2, 100))
    found = paired_difference(y, [predicted], [predicted], 3)
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


def test_difference_is_that_of_the_means_over_seeds(rng):
    y, a, b, c = rng.integers(0, 3, (4, 100))
    found = paired_difference(y, [a, b], [c], 3)
    expected = (macro_f1(y, a, 3) + macro_f1(y, b, 3)) / 2 - macro_f1(y, c, 3)
    assert found.estimate == pytest.approx(expected)
    assert found.low < found.estimate < found.high


@pytest.mark.slow
def test_interval_covers_the_truth_as_often_as_it_says(rng):
    """Networks right in 70 % and 60 % of all cases, on 300 simulated test splits of 200 examples."""
    covered = 0
    truth = None
    for _trial in range(301):
        examples = 200_000 if truth is None else 200  # the first, large split gives the truth
        y = rng.integers(0, 3, examples)
        sides = [np.where(rng.random(examples) < right, y, (y + 1) % 3) for right in (0.7, 0.6)]
        if truth is None:
            truth = macro_f1(y, sides[0], 3) - macro_f1(y, sides[1], 3)
        else:
            found = paired_difference(y, [sides[0]], [sides[1]], 3)
            covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 300 <= 0.98
