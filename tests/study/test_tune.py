"""The search for settings, on very little, and that the table holds what it chose."""

from dataclasses import replace
from unittest.mock import create_autospec

import joblib
import numpy as np
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution

from study import datasets, trainer, tune
from study.architectures import ARCHITECTURES, variants
from study.profiles import limited


@pytest.fixture(scope="module")
def texts():
    return limited(datasets.load("nusax", source="sample"), "tiny")


def test_the_spaces_hold_settings_that_are_not_studied():
    for name, family in ARCHITECTURES.items():
        space = tune.space(name)
        assert space.keys() <= family.training.keys()
        assert not space.keys() & family.baseline.keys()
        assert set(family.search.tried_on) <= {each.name for each in variants(name)}
        for key, each in space.items():  # the search begins with what the table holds
            value = family.training[key]
            assert (
                value in each.choices if isinstance(each, CategoricalDistribution) else each.low <= value <= each.high
            )


def test_few_texts_are_split_three_ways(texts):
    found = tune._splits(texts)
    assert len(found) == 3
    held_out = np.concatenate([each.x_val for each in found])
    assert sorted(held_out) == sorted([*texts.x_train, *texts.x_val])
    for each in found:
        assert not set(each.x_train) & set(each.x_val)
        assert len(each.x_train) + len(each.x_val) == 100
        assert np.ptp(np.bincount(each.y_val)) <= 1


def test_many_examples_are_split_once(texts):
    many = replace(texts, x_val=np.repeat(texts.x_val, 30), y_val=np.repeat(texts.y_val, 30))
    assert tune._splits(many) == [many]


def assert_best_first(trials):
    """Trials that saw all splits before those that were given up, and the best of each first."""
    order = list(zip(trials["splits"], trials["val_f1"], strict=True))
    assert order == sorted(order, reverse=True)


@pytest.fixture
def untrained(monkeypatch):
    """The search in this process, where a training costs nothing and gives a score by its learning rate."""

    def score(variant, training, epochs, seed, data):
        return None, {"metrics": {"val_f1": 1 - training["learning_rate"] * len(variant.name)}}

    train = create_autospec(trainer.train, side_effect=score)  # refuses calls that the real one would
    monkeypatch.setattr(trainer, "train", train)
    with joblib.parallel_config("sequential"):
        yield train


def test_a_search_leaves_its_trials_and_goes_on(texts, tmp_path, untrained):
    three = tune.tune("lstm", texts, 3, tmp_path)
    assert len(three) == 3
    assert_best_first(three)
    first = three[three["trial"] == 0].to_dict("records")[0]
    assert {name: first[name] for name in tune.space("lstm")}.items() <= ARCHITECTURES["lstm"].training.items()
    assert three[list(tune.space("lstm"))].notna().all().all()
    more = tune.tune("lstm", texts, 12, tmp_path)
    assert len(more) == 12
    assert_best_first(more)
    assert more["learning_rate"].is_unique  # what was proposed before the stop is not proposed again
    assert set(three["trial"]) < set(more["trial"])
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "lstm.csv"), more)
    search = ARCHITECTURES["lstm"].search
    names = [call.args[0].name for call in untrained.mock_calls]
    assert set(names) == set(search.tried_on)
    assert len(names) == len(search.tried_on) * len(search.seeds) * more["splits"].sum()
    best = tune.chosen(more)
    assert best.keys() == tune.space("lstm").keys()
    assert best["epochs"] in tune.space("lstm")["epochs"].choices
    assert best["learning_rate"] == float(f"{more['learning_rate'][0]:.1e}")


def test_the_test_split_is_taken_away(texts, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(tune, "_search", lambda architecture, blind, *_: seen.append(blind))
    monkeypatch.setattr(tune, "_table", lambda study: pd.DataFrame({"trial": [0]}))
    with joblib.parallel_config("sequential"):
        tune.tune("lstm", texts, 1, tmp_path)
    assert seen
    for blind in seen:
        assert len(blind.x_test) == len(blind.y_test) == 0
        assert blind.x_val is texts.x_val


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_architecture_holds_what_the_search_chose(architecture):
    if source := ARCHITECTURES[architecture].training_from:  # not searched, as the pages say
        assert ARCHITECTURES[architecture].training == ARCHITECTURES[source].training
        return
    trials = pd.read_csv(tune.TRIALS_DIR / f"{architecture}.csv")
    best = tune.chosen(trials)
    assert {name: ARCHITECTURES[architecture].training[name] for name in best} == best
    assert_best_first(trials)
