"""Networks together: what is averaged, over which subsets, and what is said of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import ensembles, evidence, statistics, store
from study.runs import Place
from study.show import ensembles as pages
from study.show.words import signed, within
from study.statistics import macro_f1

from .made_up import RIVAL, check, checks, results, weighed

PLACE = Place("full", False)


def independent(variant, seeds, share=0.6, examples=300, **record):
    """Checks of networks whose mistakes have nothing in common, and which are not equally sure: no two tie."""
    rng, y = np.random.default_rng(7), np.arange(examples) % 3
    found = []
    for seed in range(seeds):
        wrong = (y + rng.integers(1, 3, examples)) % 3
        one = check(variant, seed, y, np.where(rng.random(examples) < share, y, wrong), **record)
        sure = one.keras + 0.05 * rng.random(one.keras.shape, np.float32)
        found.append(replace(one, keras=sure, numpy=sure.copy()))
    return found


def variant(name):
    return next(each.run.variant for each in checks({}) if each.run.variant.name == name)


def test_the_probabilities_are_averaged_not_the_answers():
    probabilities = np.array([[[0.9, 0.1], [0.4, 0.6]], [[0.4, 0.6], [0.4, 0.6]], [[0.4, 0.6], [0.9, 0.1]]])
    assert ensembles.together(probabilities).tolist() == [0, 0]  # two of three say 1 of the first
    assert ensembles.together(probabilities[1:]).tolist() == [1, 0]


def test_all_subsets_if_few_else_random_ones_each_once():
    assert ensembles.subsets(4, 2) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert ensembles.subsets(4, 4) == [(0, 1, 2, 3)]
    many = ensembles.subsets(20, 5)
    assert len(set(many)) == len(many) == ensembles.MANY
    assert all(len(set(each)) == 5 for each in many)
    assert many == ensembles.subsets(20, 5)
    assert set().union(*many) == set(range(20))
    assert [ensembles.numbers(each) for each in (2, 3, 5, 20)] == [[1, 2], [1, 2, 3], [1, 2, 5], [1, 2, 5, 20]]


def test_every_row_is_what_its_subsets_reach():
    mine = independent(variant("layers-1"), 6)
    rows = ensembles.measured(mine, PLACE)
    assert rows.columns.tolist() == ensembles.COLUMNS
    assert rows["members"].tolist() == [1, 2, 5, 6]
    assert rows["subsets"].tolist() == [6, 15, 6, 1]
    assert (rows["n_seeds"] == 6).all()
    for row in rows.itertuples():
        chosen = ensembles.subsets(6, row.members)
        means = [np.mean([mine[each].keras for each in some], axis=0).argmax(axis=1) for some in chosen]
        scores = [macro_f1(mine[0].y, each, 3) for each in means]
        assert (row.mean, row.lowest, row.highest) == pytest.approx((np.mean(scores), min(scores), max(scores)))
    one, two, five, six = rows["mean"]
    assert one < five < six  # independent mistakes average out
    assert two == pytest.approx(one, abs=0.02)  # but not of two that are equally sure
    assert rows["gain"].isna().tolist() == [True, True, True, False]


def test_the_gain_is_over_the_mean_single_network_with_its_interval():
    mine = independent(variant("layers-1"), 4)
    last = ensembles.measured(mine, PLACE).iloc[-1]
    assert last["gain"] == pytest.approx(last["mean"] - np.mean([each.f1() for each in mine]))
    assert 0 < last["low"] < last["gain"] < last["high"]
    y, answers = mine[0].y, np.stack([each.predicted for each in mine])
    resampled = statistics.resampled_f1(y, answers, 3)
    alone = statistics.interval(np.array([each.f1() for each in mine]), resampled)
    assert last["high"] - last["low"] < 1.5 * (alone.high - alone.low)  # the examples are the same: they pair


def test_networks_that_make_the_same_mistakes_gain_nothing():
    same = [check(variant("layers-1"), seed, np.arange(9) % 3, np.zeros(9, int)) for seed in (0, 1, 2)]
    rows = ensembles.measured(same, PLACE)
    assert rows["mean"].nunique() == 1
    assert rows["gain"].iloc[-1] == 0


def test_one_seed_has_no_row_and_leaves_no_table(tmp_path):
    both = [*independent(variant("layers-1"), 1), *independent(variant("baseline"), 2)]
    assert ensembles.measured(both, PLACE)["variant"].unique().tolist() == ["baseline"]
    place = Place("quick", True, tmp_path)
    evidence.save(weighed(checks({}), place=place))
    assert store.read_if_there("ensembles", place) is None
    evidence.save(weighed(checks({}, seeds=(0, 1)), place=place))
    assert store.read("ensembles", place)["members"].unique().tolist() == [1, 2]


def scored(seeds, **val):
    """Checks of four variants with these scores on validation data."""
    names = {"baseline": 0.6, "layers-1": 0.7, "layers-3": 0.5, "beyond-maximum": 0.65} | val
    found = []
    for name, score in names.items():
        metrics = {"val_loss": 0.5, "val_f1": score, "train_f1": 0.9}
        found += independent(variant(name), seeds, share=score, metrics=metrics)
    return found


def test_the_page_shows_the_baseline_the_best_and_the_weakest(tmp_path):
    found = weighed(scored(6), place=Place("full", True, tmp_path))
    lead, table, picture, said = pages.parts(found)
    assert table["variant"].tolist() == ["baseline", "1 layer", "3 layers"]
    assert table.columns.tolist() == ["variant", "networks", "alone", "2", "5", "all together"]
    rows = ensembles.measured([each for each in found.checks if each.run.variant.name == "layers-1"], PLACE)
    one, all_of_them = rows.iloc[0], rows.iloc[-1]
    assert table.loc[1, "alone"] == f"{one['mean']:.3f} ({one['lowest']:.3f} to {one['highest']:.3f})"
    assert table.loc[1, "all together"] == f"{all_of_them['mean']:.3f}"
    assert "100 random ones" in lead
    assert picture.path.name == "lstm-ensembles.png"
    assert (
        f"- **1 layer**: {one['mean']:.3f} alone, {all_of_them['mean']:.3f} all 6 together, "
        f"{signed(all_of_them['gain'])} "
        f"(95 % interval {within(all_of_them['low'], all_of_them['high'])}): more. Single ones lie up to "
        f"{one['highest'] - one['lowest']:.3f} apart, and the luckiest of them is no better."
    ) in said
    assert f"{RIVAL}, reaches {found.sides[RIVAL].scores[0]:.3f}" in said


def test_what_is_not_more_is_not_called_so():
    rows = pd.DataFrame(
        [
            ["lstm", "baseline", 3, 1, 3, 0.6, 0.5, 0.7, np.nan, np.nan, np.nan],
            ["lstm", "baseline", 3, 3, 1, 0.62, 0.62, 0.62, 0.02, -0.01, 0.05],
            ["lstm", "layers-1", 3, 1, 3, 0.6, 0.5, 0.7, np.nan, np.nan, np.nan],
            ["lstm", "layers-1", 3, 3, 1, 0.5, 0.5, 0.5, -0.1, -0.2, -0.01],
        ],
        columns=ensembles.COLUMNS,
    )
    first, second, *_ = pages.reading(rows, 0.7, "a method").split("\n")
    assert "not told apart from one alone. Single ones lie up to 0.200 apart." in first
    assert "−0.010): less." in second


def test_one_seed_shows_what_full_has(monkeypatch, tmp_path):
    monkeypatch.setattr(pages.full, "PLACE", Place("full", False, tmp_path))
    single = results({})
    quick = weighed(single.checks, place=Place("quick", False, tmp_path / "quick"))
    assert len(list(pages.parts(weighed(single.checks, place=Place("quick", True, tmp_path / "quick"))))) == 1
    nothing, not_yet = pages.parts(quick)
    assert "nothing to put together" in nothing
    assert "do not have it yet" in not_yet
    committed = weighed(scored(3), place=pages.full.PLACE)
    evidence.save(committed)
    pages.full.table.cache_clear()
    _, lead, table, picture, _ = pages.parts(quick)
    pages.full.table.cache_clear()
    assert lead.startswith("**The profile `full`.**")
    assert table["variant"].tolist() == ["baseline", "1 layer", "3 layers"]
    assert picture.path.name == "lstm-ensembles-full.png"


def test_a_mean_that_rounding_puts_beyond_its_equal_scores_is_drawn(tmp_path):
    found = weighed(scored(2), place=Place("full", True, tmp_path))
    rows = ensembles.measured([each for each in found.checks if each.run.variant.name == "baseline"], PLACE)
    rows["lowest"] = rows["highest"] = 0.184448
    rows["mean"] = [np.nextafter(0.184448, 0), np.nextafter(0.184448, 1)]
    assert pages.picture(rows, found.data, found.place).path.exists()
