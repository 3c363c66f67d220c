"""The second estimate: answers of all folds scored together, and what is said beside the test split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import folds, full, statistics, store
from study.architectures import ARCHITECTURES
from study.baselines import Baseline
from study.conditions import data_of
from study.runs import Place
from study.show import folds as page
from study.show import story
from study.show.words import signed, within

from ..made_up import RIVAL, checks, results, weighed

NETWORK = ARCHITECTURES["lstm"].conditions["fold-1"].networks[0]
FOLDS = [f"fold-{number}" for number in (1, 2, 3, 4, 5)]


def numbered(found):
    """The same evidence with 900 distinct texts, `text 0` to `text 899`, split evenly; their classes go round."""
    texts = np.array([f"text {number}" for number in range(900)], dtype=object)
    y = np.arange(900) % 3
    splits = {"train": slice(0, 300), "val": slice(300, 600), "test": slice(600, 900)}
    parts = {f"{name}_{split}": array[where] for split, where in splits.items() for name, array in
             (("x", texts), ("y", y))}  # fmt: skip
    return replace(found, data=replace(found.data, **parts))


def answers(texts, wrong):
    """What a network says that is wrong on texts whose number leaves such a remainder by ten."""
    number = np.array([int(each.split()[1]) for each in texts])
    return np.where(np.isin(number % 10, wrong), (number + 1) % 3, number % 3)


WRONG = {0: (1,), 1: (3,)}  # by seed
WRONG_OF_RIVAL = (1, 2, 3, 4)


def conditions_of(data, names=FOLDS, seeds=(0, 1)):
    """conditions.csv, in any order."""
    rows = []
    for name in names:
        part = data_of(ARCHITECTURES["lstm"].conditions[name], data)
        for seed in seeds:
            digits = store.as_digits(answers(part.x_test, WRONG[seed]))
            rows.append(["lstm", name, NETWORK, seed, 1234, 0.6, 0.5, digits])
    columns = ["architecture", "condition", "variant", "seed", "params", "val_f1", "test_f1", "predicted"]
    return pd.DataFrame(rows[::-1], columns=columns)


@pytest.fixture
def fitted(monkeypatch):
    """Instead of fitting: methods whose mistakes are known, and what they were fitted on."""
    seen = []

    def fit_once(data, path):
        seen.append((set(data.x_train) | set(data.x_val), set(data.x_test), path.name))
        return [
            Baseline("majority class", 0.1, 0.2, np.zeros(len(data.x_test), int)),
            Baseline(RIVAL, 0.1, 0.2, answers(data.x_test, WRONG_OF_RIVAL)),
        ]

    monkeypatch.setattr(folds, "fit_once", fit_once)
    return seen


@pytest.fixture
def found(tmp_path):
    return numbered(weighed(checks({NETWORK: 0.8}, seeds=(0, 1, 2)), place=Place("full", True, tmp_path)))


def test_the_answers_to_all_folds_are_one_test_split(found, fitted):
    rows = folds.gather(found, conditions_of(found.data))
    assert rows.columns.tolist() == folds.COLUMNS
    assert (rows["examples"] == 900).all()
    texts = np.array([f"text {number}" for number in range(900)])
    y, of = np.arange(900) % 3, rows.set_index(["method", "against"])
    scores = [statistics.macro_f1(y, answers(texts, wrong), 3) for wrong in WRONG.values()]
    rival = statistics.macro_f1(y, answers(texts, WRONG_OF_RIVAL), 3)
    assert of.loc[(NETWORK, ""), "effect"] == pytest.approx(np.mean(scores))
    assert of.loc[(RIVAL, ""), "effect"] == pytest.approx(rival)
    assert of.loc[(NETWORK, RIVAL), "effect"] == pytest.approx(np.mean(scores) - rival)
    assert of["n_seeds"].to_dict() == {
        (NETWORK, ""): 2, ("majority class", ""): 1, (RIVAL, ""): 1, (NETWORK, "majority class"): 2, (NETWORK, RIVAL): 2
    }  # fmt: skip
    less = of.loc[(NETWORK, RIVAL)]
    assert less["low"] < less["effect"] < less["high"]
    again = store.rows_of(folds.TABLE, found.place, "lstm")
    pd.testing.assert_frame_equal(again.reset_index(drop=True), rows)


def test_methods_are_fitted_on_the_other_folds(found, fitted):
    folds.gather(found, conditions_of(found.data))
    assert [name for *_, name in fitted] == [f"baselines-{name}.npz" for name in FOLDS]
    assert all(not learnt & asked for learnt, asked, _ in fitted)
    assert all(len(learnt) == 720 for learnt, *_ in fitted)
    assert len(set().union(*(asked for _, asked, _ in fitted))) == 900


def test_a_seed_that_a_fold_lacks_does_not_count(found, fitted):
    others = conditions_of(found.data)
    less = others[~((others["condition"] == "fold-3") & (others["seed"] == 1))]
    assert folds.compared(found, less).loc[0, "n_seeds"] == 1
    assert folds.compared(found, others[others["condition"] != "fold-3"]).empty
    assert folds.compared(found, others[:0]).empty


def test_without_folds_there_is_no_table(found, fitted, tmp_path):
    assert folds.gather(found, conditions_of(found.data, FOLDS[:4])).empty
    assert not (found.place.reports / "folds.csv").exists()
    assert store.rows_of(folds.TABLE, Place("full", False, tmp_path / "elsewhere"), "lstm").empty
    assert folds.folds("cnn") == []
    assert folds.folds("lstm") == FOLDS


def test_the_page_says_whether_both_estimates_agree(found, fitted):
    rows = folds.compared(found, conditions_of(found.data))
    lead, table, said = page.parts(found, rows)
    assert "all 900 texts cut into 5 folds" in lead
    part = data_of(ARCHITECTURES["lstm"].conditions["fold-1"], found.data)
    assert f"{len(part.y_train)} to learn from, in the study 300." in " ".join(lead.split())
    assert "not the best of this page" in lead
    assert table.columns.tolist()[:3] == ["method", "networks", "macro-F1"]
    assert table["method"].tolist()[1:] == ["majority class", RIVAL]
    less = rows[(rows["method"] == NETWORK) & (rows["against"] == RIVAL)].iloc[0]
    inner = f"{signed(less['effect'])} ({within(less['low'], less['high'])})"
    assert table.iloc[2, 3] == inner
    assert table.iloc[0, 3] == ""
    split = found.comparisons.query("group == 'baselines' and variant == @NETWORK").iloc[0]
    assert f"{inner} over the folds; {signed(split['effect'])} (" in said
    assert f"split, {split['verdict']}" in said
    assert "leaves out zero" in said
    assert "Bengio and Grandvalet" in said


def test_estimates_agree_where_each_lies_in_the_interval_of_the_other(found, fitted):
    rows = folds.compared(found, conditions_of(found.data))
    mine = (rows["method"] == NETWORK) & (rows["against"] == RIVAL)
    rows.loc[mine, ["effect", "low", "high"]] = [0.02, 0.01, 0.03]
    near = found.comparisons.assign(effect=0.015, low=-0.01, high=0.04, verdict="not resolved")
    said = page.reading(rows, near)  # one interval holds zero and the other does not: they agree all the same
    assert "The two estimates agree" in said
    number = len(near.query("group == 'baselines'"))
    assert f"not resolved as one of {number} comparisons" in said
    assert "**The two estimates do not agree**" in page.reading(rows, near.assign(effect=0.005))
    assert "**The two estimates do not agree**" in page.reading(rows, near.assign(low=0.012, effect=0.03, high=0.018))
    rows.loc[mine, "low"] = -0.01
    assert "holds zero" in page.reading(rows, near)


def test_how_much_narrower_is_reckoned(found, fitted):
    rows = folds.compared(found, conditions_of(found.data))
    mine = (rows["method"] == NETWORK) & (rows["against"] == RIVAL)
    rows.loc[mine, ["effect", "low", "high"]] = [0.1, 0.05, 0.15]
    wide = found.comparisons.assign(effect=0.1, low=0.0, high=0.2)
    assert "50\N{NO-BREAK SPACE}% narrower" in page.reading(rows, wide)
    assert "narrower." not in page.reading(rows, wide.assign(low=0.09, high=0.11))


def test_a_smaller_profile_shows_what_full_has(monkeypatch, found, fitted, tmp_path):
    monkeypatch.setattr(full, "PLACE", Place("full", False, tmp_path / "committed"))
    quick = replace(results({}), place=Place("quick", False, tmp_path))
    nothing, not_yet = page.parts(quick, folds.compared(quick, conditions_of(found.data)[:0]))
    assert "trains no folds" in nothing
    assert "none yet" in not_yet
    assert len(list(page.parts(replace(quick, place=Place("quick", True)), pd.DataFrame()))) == 1
    folds.gather(replace(found, place=full.PLACE), conditions_of(found.data))
    store.write("comparisons", full.PLACE, found.comparisons)
    full.table.cache_clear()
    parts = list(story.second_estimate.__wrapped__(quick, pd.DataFrame(columns=folds.COLUMNS)))
    full.table.cache_clear()
    assert parts[1].startswith("**The profile `full`.** A second estimate")
    assert f"against {RIVAL}" in parts[-1]
