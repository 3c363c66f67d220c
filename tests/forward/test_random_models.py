"""Hundreds of random models, the same in every run: none may differ between Keras and `forward`."""

from __future__ import annotations

from collections import Counter

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import forward

from .random_layers import ACTIVATIONS, OF_ANY_RANK, OF_IMAGES, OF_SEQUENCES, RECURRENT, Dice
from .random_models import MERGES, cases, graphs, images, sequences, texts

BRANCHING = [*(kind.__name__ for kind in MERGES), "Concatenate"]
NESTED = ["Sequential", "Functional"]
RUNS = [  # what draws the models, how many of them, and what must be among them three times or more
    (images, 150, [*OF_ANY_RANK, *OF_IMAGES, *NESTED]),
    (sequences, 110, [*OF_ANY_RANK, *OF_SEQUENCES, *NESTED, "Embedding"]),
    (texts, 40, ["TextVectorization", "Embedding", "Dense"]),
    (graphs, 115, [*BRANCHING, *NESTED, *RECURRENT, "Bidirectional", *ACTIVATIONS]),
]
RELATIVE = {"float32": 2e-5, "float64": 1e-12}  # to the largest output
ON_PROBABILITIES = {"float32": 1e-6, "float64": 1e-12}
SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


class Tally:
    """How often there was what, and the worst differences."""

    def __init__(self):
        self.models = self.outputs = self.varied = 0
        self.parts, self.worst = Counter(), Counter()

    def add(self, case, theirs, *ours):
        self.models += 1
        self.parts.update(case.dice.parts)
        for output, expected, *found in zip(case.model.outputs, theirs, *ours, strict=True):
            self.outputs += 1
            self.varied += np.nanmax(expected) - np.nanmin(expected) > 0.01
            for each in found:
                self.compare(case.dice.dtype, expected, each, is_probability(output))

    def compare(self, dtype, expected, found, probability):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        difference = np.nanmax(np.abs(found - expected), initial=0)
        largest = np.nanmax(np.abs(expected), initial=0) or 1
        kinds = [("relative", difference / largest, RELATIVE)]
        if probability:
            kinds.append(("on probabilities", difference, ON_PROBABILITIES))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), "NaN in other places")
        for kind, value, limits in kinds:
            self.worst[kind, dtype] = max(value, self.worst[kind, dtype])
            assert value <= limits[dtype], f"{kind}: {value}"

    def __str__(self):
        worst = ", ".join(f"{kind} {dtype} {value:.1e}" for (kind, dtype), value in sorted(self.worst.items()))
        parts = ", ".join(f"{name}: {count}" for name, count in sorted(self.parts.items()))
        return f"{self.models} random models; worst difference {worst}; with {{{parts}}}"


def is_probability(output):
    """Whether a softmax or sigmoid gives this output."""
    layer = output._keras_history.operation
    return "softmax" in layer.name or layer.get_config().get("activation") in ("softmax", "sigmoid")


def all_ways(case, path):
    """The outputs of the Keras model, and of the same model in numpy by the fast ways and by the plain functions."""
    case.model.save(path)
    model, expected = forward.load_model(path), case.model(case.keras_x, training=False)
    found = [model.predict(case.x, batch_size=case.batch_size, fast=fast) for fast in (True, False)]
    for each in found:
        keras.tree.assert_same_structure(expected, each)
    return [np.asarray(output) for output in keras.tree.flatten(expected)], *map(keras.tree.flatten, found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Keras on masks that a layer drops, softmax over one number, and the like
@pytest.mark.parametrize(("draw", "number", "parts"), RUNS, ids=[run[0].__name__ for run in RUNS])
def test_no_random_model_differs(draw, number, parts, tmp_path):
    tally = Tally()

    @settings(SETTINGS, max_examples=number)
    @given(case=cases(draw))
    def check(case):
        tally.add(case, *all_ways(case, tmp_path / "model.keras"))

    check()
    for seed in range(500):  # more of those that have what was rare so far: the more tables hold, the more that is
        rare = {part for part in parts if tally.parts[part] < 3}
        if rare and (case := draw(Dice(np.random.default_rng(seed).bytes(300)))).dice.parts.keys() & rare:
            tally.add(case, *all_ways(case, tmp_path / "model.keras"))
    print(f"\n{draw.__name__}: {tally}")
    assert tally.models >= number
    assert not [part for part in parts if tally.parts[part] < 3], "too rare for this run to say anything about it"
    assert tally.varied > 0.9 * tally.outputs, "outputs hardly vary: this test could not fail"
