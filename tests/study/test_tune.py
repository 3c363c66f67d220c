"""The search for settings, on very little, and that the architectures hold what it chose."""

import os
import re
from dataclasses import replace
from itertools import count, product
from unittest.mock import create_autospec

import joblib
import numpy as np
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution

from study import datasets, trainer, tune
from study.architectures import ARCHITECTURES, variants
from study.errors import TrainingError
from study.files import folder
from study.profiles import limited

from .made_up import RULES

REAL = folder(os.environ.get("DATA", "data"))
IS_THERE = (REAL / "nusax").is_dir()
# Ends of a range beyond which there is nothing: no rate is less than none, the Indonesian training texts have fewer
# words than these, and none of them is longer.
NATURAL = dict.fromkeys(("word_dropout", "input_dropout", "dropout", "label_smoothing"), 0.0)
NATURAL |= {"max_tokens": 4000, "sequence_length": 80}


def is_an_end(value, ends):
    """Whether a value is the first or last of a choice, or in the outer twentieths of a range, by the logarithm."""
    if isinstance(ends, list):
        return value in (min(ends), max(ends))
    low, high = np.log(ends)
    return not low + (high - low) / 20 <= np.log(value) <= high - (high - low) / 20


@pytest.fixture(scope="module")
def texts():
    return limited(datasets.load("nusax", source="sample"), "tiny")


def test_the_spaces_hold_settings_that_are_not_studied():
    for name, family in ARCHITECTURES.items():
        space = tune.space(name)
        assert space.keys() <= family.training.keys()
        assert not space.keys() & family.baseline.keys()
        names = {each.name for each in variants(name)}
        assert set(family.search.tried_on) <= names
        assert set(family.search.rules_on) <= names
        assert family.search.tried_on and family.search.rules_on
        assert min(*family.search.seeds, *tune.RULE_SEEDS) >= family.seeds  # none of the study's
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
    """Trials of all networks and splits before those that were given up, and the best of each first."""
    order = list(zip(trials["tried"], trials["val_f1"], strict=True))
    assert order == sorted(order, reverse=True)


def pieces_of(search, splits=3):
    """On how many trainings a proposal is judged that is not given up."""
    return splits * len(search.tried_on) * len(search.seeds)


@pytest.fixture
def untrained(monkeypatch):
    """The search in this process, where a training costs nothing and gives scores by its learning rate."""

    def score(variant, training, epochs, seed, data):
        best = 1 - training["learning_rate"] * len(variant.name)
        return None, {"rules": {"best": best, "last": best - 0.2, "mean": best - 0.1}}

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
    assert len(names) == more["tried"].sum()
    assert more["tried"].max() == pieces_of(search)
    assert list(more.columns) == ["trial", "val_f1", "tried", *RULES, *tune.space("lstm")]
    best = tune.chosen(more)
    assert best.keys() == tune.space("lstm").keys()
    assert best["max_tokens"] in tune.space("lstm")["max_tokens"].choices
    assert best["learning_rate"] == float(f"{more['learning_rate'][0]:.1e}")


@pytest.mark.parametrize("rule", RULES)
def test_a_proposal_is_judged_by_the_rule_of_the_architecture(rule, texts, tmp_path, untrained, monkeypatch):
    """The columns of all rules are means over what was tried."""
    family = ARCHITECTURES["lstm"]
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(family, training=family.training | {"keep": rule}))
    table = tune.tune("lstm", texts, 2, tmp_path)
    assert (table["val_f1"] == table[rule]).all()
    letters = np.mean([len(name) for name in family.search.tried_on])
    np.testing.assert_allclose(table["best"], 1 - table["learning_rate"] * letters)
    np.testing.assert_allclose(table["best"] - table["last"], 0.2)
    np.testing.assert_allclose(table["best"] - table["mean"], 0.1)


def test_what_is_worse_than_most_is_given_up_and_counts(texts, tmp_path, untrained):
    """After its first network; before eight trials are complete, none is."""
    search = ARCHITECTURES["lstm"].search
    whole, enough = pieces_of(search), 8
    score = untrained.side_effect
    numbers = count()

    def worse_later(variant, training, epochs, seed, data):
        good = next(numbers) < enough * whole
        return score(variant, training | {"learning_rate": 0.01 if good else 0.02}, epochs, seed, data)

    untrained.side_effect = worse_later
    table = tune.tune("lstm", texts, enough + 2, tmp_path)
    assert table["tried"].tolist() == [whole] * enough + [1, 1]
    assert len(untrained.mock_calls) == enough * whole + 2
    assert set(table["trial"][enough:]) == {enough, enough + 1}
    length = len(untrained.mock_calls[-1].args[0].name)
    np.testing.assert_allclose(table["best"][enough:], 1 - 0.02 * length)
    assert (table["val_f1"] == table[ARCHITECTURES["lstm"].training["keep"]]).all()


def test_the_rules_are_compared_on_networks_splits_and_seeds_with_the_settings_found(texts, tmp_path, untrained):
    family, score = ARCHITECTURES["lstm"], untrained.side_effect
    numbers = count()

    def another_each_time(*arguments):
        number = next(numbers)
        return None, {"rules": {rule: value + number for rule, value in score(*arguments)[1]["rules"].items()}}

    untrained.side_effect = another_each_time
    table = tune.compare_rules("lstm", texts, tmp_path)
    assert list(table.columns) == ["network", "split", "seed", *RULES]
    wanted = list(product(family.search.rules_on, (1, 2, 3), tune.RULE_SEEDS))
    assert list(zip(table["network"], table["split"], table["seed"], strict=True)) == wanted
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "lstm-rules.csv"), table)
    calls = [call.args for call in untrained.mock_calls]
    assert {(variant.name, seed) for variant, _, _, seed, _ in calls} == {(name, seed) for name, _, seed in wanted}
    assert all(training == family.training for _, training, *_ in calls)
    assert {epochs for _, _, epochs, *_ in calls} == {family.training["epochs"]}
    held_out = [set(data.x_val) for *_, data in calls]
    assert len(set(map(frozenset, held_out))) == 3
    for number, (variant, _, _, seed, _) in enumerate(calls):  # each score stands in the row of its training
        [row] = table[np.floor(table["best"]) == number].to_dict("records")
        assert (row["network"], row["seed"]) == (variant.name, seed)


def test_a_network_that_cannot_be_trained_stops_the_comparison(texts, tmp_path, untrained):
    untrained.side_effect = ValueError("no memory")
    with pytest.raises(TrainingError, match=r"(?s)lstm: .*no memory"):
        tune.compare_rules("lstm", texts, tmp_path)
    assert not (tmp_path / "lstm-rules.csv").exists()


def test_a_search_whose_every_process_fails_says_why(texts, tmp_path, untrained):
    untrained.side_effect = ValueError("no memory")
    with pytest.raises(TrainingError, match=r"(?s)lstm: .*no memory"):
        tune.tune("lstm", texts, 2, tmp_path)
    assert not (tmp_path / "lstm.csv").exists()


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


@pytest.fixture(params=ARCHITECTURES)
def searched(request):
    """An architecture, and its trials; without them a test fails, as what it holds came from no search."""
    return ARCHITECTURES[request.param], pd.read_csv(tune.TRIALS_DIR / f"{request.param}.csv")


def test_the_architecture_holds_what_the_search_chose(searched):
    family, trials = searched
    best = tune.chosen(trials)
    assert {name: family.training[name] for name in best} == best
    assert best.keys() == family.search.space.keys()
    assert_best_first(trials)
    assert len(trials) >= family.search.trials
    np.testing.assert_array_equal(trials["val_f1"], trials[family.training["keep"]])


def test_the_winner_lies_inside_the_space_that_was_searched(searched):
    """Else the search should have gone further, unless there is nothing further: NATURAL."""
    family, trials = searched
    best = tune.chosen(trials)
    at_an_end = {name: best[name] for name, ends in family.search.space.items() if is_an_end(best[name], ends)}
    assert {name: value for name, value in at_an_end.items() if NATURAL.get(name) != value} == {}


@pytest.mark.parametrize(
    ("value", "ends", "expected"),
    [
        (16, [16, 32, 64], True),
        (32, [64, 16, 32], False),
        (64, [64, 16, 32], True),
        (2.0e-4, (2e-4, 1e-2), True),
        (2.3e-4, (2e-4, 1e-2), True),
        (2.6e-4, (2e-4, 1e-2), False),
        (8.0e-3, (2e-4, 1e-2), False),
        (8.6e-3, (2e-4, 1e-2), True),
    ],
)
def test_what_an_end_is(value, ends, expected):
    assert is_an_end(value, ends) == expected


@pytest.mark.skipif(not IS_THERE, reason=f"no real data in {REAL}")
def test_nothing_lies_beyond_a_natural_end():
    """More words than the training texts have, or a longer input than the longest of them, change nothing."""
    texts = datasets.load("nusax", REAL, "real").x_train
    words = [re.sub(r"[^\w\s]", "", text.lower()).split() for text in texts]
    assert len({word for each in words for word in each}) < NATURAL["max_tokens"]
    assert max(map(len, words)) <= NATURAL["sequence_length"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_rule_is_clearly_better_than_that_of_the_architecture(architecture):
    """By two standard errors of the mean difference, over networks, splits and seeds."""
    family = ARCHITECTURES[architecture]
    table = pd.read_csv(tune.TRIALS_DIR / f"{architecture}-rules.csv")
    assert set(table["network"]) == set(family.search.rules_on)
    for rule in set(RULES) - {family.training["keep"]}:
        ahead = table[rule] - table[family.training["keep"]]
        assert ahead.mean() <= 2 * ahead.sem(), f"{rule} is better by {ahead.mean():.4f}"
