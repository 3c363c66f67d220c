"""How much of the data a profile uses."""

import numpy as np
from sklearn.model_selection import train_test_split

from study.profiles import part


def test_a_part_is_stratified_and_what_scikit_learn_splits_off(rng):
    y = np.repeat([0, 1, 2], [60, 90, 150])
    x = rng.random((300, 4))
    some, labels = part(x, y, 100)
    expected, _, of_them, _ = train_test_split(x, y, train_size=100, stratify=y, random_state=0)
    np.testing.assert_array_equal(some, expected)
    np.testing.assert_array_equal(labels, of_them)
    assert np.bincount(labels).tolist() == [20, 30, 50]


def test_all_is_no_part(rng):
    x, y = rng.random((6, 2)), np.arange(6) % 2
    for samples in (None, 6, 7):
        assert part(x, y, samples)[0] is x
