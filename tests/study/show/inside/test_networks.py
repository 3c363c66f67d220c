"""Networks and examples are chosen by rule."""

from types import SimpleNamespace

import numpy as np

from study.show.inside import networks

CHECK = SimpleNamespace(y=np.array([2, 0, 1, 1, 0, 2]), predicted=np.array([0, 0, 0, 1, 0, 2]))


def test_the_first_right_and_the_first_wrong_examples():
    assert networks.first(CHECK, True, 2) == [1, 3]
    assert networks.first(CHECK, False, 5) == [0, 2]
    assert networks.first(CHECK, True, 2, [5, 0, 4, 3]) == [5, 4]


def test_the_first_of_each_class():
    assert networks.first_of_each_class(CHECK, True) == [1, 3, 5]
    assert networks.first_of_each_class(CHECK, False) == [2, 0]  # of class 0 none is wrong


def test_examples_by_length():
    assert networks.by_length(np.array([4, 12, 9, 11, 9]), 10).tolist() == [2, 3, 4, 1, 0]


def test_networks_by_their_settings(evidence):
    found = evidence("gru")
    assert networks.network(found).run.variant.name == "baseline"
    assert networks.network(found, units=(64,)).run.variant.name == "layers-1"
    assert networks.network(found, units=(64,), mask_zero=False).run.variant.name == "beyond-unmasked"
    assert networks.network(found, units=(63,)) is None
    assert networks.globally_pooled(found) is None
    assert networks.globally_pooled(evidence("cnn")).run.variant.name == "beyond-global-maximum"
