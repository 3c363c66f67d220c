"""The search for settings, on very little, and that the table holds what it chose."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import data, tune
from study.training import limited
from study.variants import ARCHITECTURES, variants


@pytest.fixture(scope="module")
def texts():
    return limited(data.load("nusax", source="sample"), "tiny")


def test_the_spaces_hold_settings_that_are_not_studied():
    for name, space in tune.SPACES.items():
        family = ARCHITECTURES[name]
        assert space.keys() <= family.training.keys()
        assert not space.keys() & family.baseline.keys()
        assert set(tune.TRIED_ON[name]) <= {each.name for each in variants(name)}


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


@pytest.mark.slow
def test_a_search_leaves_its_trials_and_goes_on(texts, tmp_path, monkeypatch):
    """Two trials at least, then one more; the test split is taken away before anything else."""
    monkeypatch.setitem(ARCHITECTURES["lstm"].training, "patience", 1)
    monkeypatch.setattr(tune.joblib, "cpu_count", lambda: 1)
    two = tune.tune("lstm", texts, 2, tmp_path)
    assert len(two) >= 2
    assert_best_first(two)
    assert two[list(tune.SPACES["lstm"])].notna().all().all()
    more = tune.tune("lstm", texts, len(two) + 1, tmp_path)
    assert len(more) > len(two)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "lstm.csv"), more)
    best = tune.chosen(more)
    assert best.keys() == tune.SPACES["lstm"].keys()
    assert best["batch_size"] in tune.SPACES["lstm"]["batch_size"].choices
    assert best["learning_rate"] == float(f"{more['learning_rate'][0]:.1e}")


def test_the_test_split_is_taken_away(texts, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(tune, "_search", lambda architecture, blind, *_: seen.append(blind))
    monkeypatch.setattr(tune.joblib, "Parallel", lambda n_jobs: list)
    monkeypatch.setattr(tune.joblib, "delayed", lambda function: function)
    monkeypatch.setattr(tune, "_table", lambda study: pd.DataFrame({"trial": [0]}))
    tune.tune("lstm", texts, 1, tmp_path)
    assert seen
    for blind in seen:
        assert len(blind.x_test) == len(blind.y_test) == 0
        assert blind.x_val is texts.x_val


@pytest.mark.parametrize("architecture", ["cnn"])  # the texts were not searched yet
def test_the_table_holds_what_the_search_chose(architecture):
    trials = pd.read_csv(tune.TRIALS_DIR / f"{architecture}.csv")
    best = tune.chosen(trials)
    assert {name: ARCHITECTURES[architecture].training[name] for name in best} == best
    assert_best_first(trials)
