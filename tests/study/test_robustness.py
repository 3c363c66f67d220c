"""Each other method against a known case, and what "holds" and "fragile" mean."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study import evidence, robustness, statistics, store
from study.evidence import within_groups
from study.robustness import COLUMNS, CONDITIONS, METHODS, STUDY
from study.runs import Place
from study.sides import AGAINST_BASELINES, KEY, Side

from .made_up import checks, weighed

MARGIN = 0.03


def side(scores, resampled=None):
    scores = np.array(scores)
    return Side(
        np.tile([0, 1, 2], (len(scores), 2)),
        scores,
        np.tile(scores[:, np.newaxis], 7) if resampled is None else resampled,
    )


def test_the_seeds_alone_are_welchs(rng):
    a, b = rng.normal(0.8, 0.05, 5), rng.normal(0.75, 0.02, 3)
    wide = [side(each, each[:, np.newaxis] + rng.normal(0, 0.1, 99)) for each in (a, b)]  # examples have no say
    found, known = robustness._by_seeds(*wide, MARGIN), stats.ttest_ind(a, b, equal_var=False)
    assert (found["low"], found["high"]) == pytest.approx(tuple(known.confidence_interval()))
    assert found["p_value"] == pytest.approx(known.pvalue)
    less = stats.ttest_ind(a - MARGIN, b, equal_var=False, alternative="less").pvalue
    more = stats.ttest_ind(a + MARGIN, b, equal_var=False, alternative="greater").pvalue
    assert found["p_equal"] == pytest.approx(max(less, more))


def test_one_variance_for_two_variants_is_student_s(rng):
    a, b = rng.normal(0.8, 0.05, 5), rng.normal(0.75, 0.02, 3)
    pooled = statistics.pooled_variance([a, b])
    found, known = robustness._by_t(side(a), side(b), MARGIN, pooled=pooled), stats.ttest_ind(a, b)
    assert pooled[1] == known.df == 6
    assert (found["low"], found["high"]) == pytest.approx(tuple(known.confidence_interval()))
    assert found["p_value"] == pytest.approx(known.pvalue)


def test_a_pooled_variance_is_that_within_the_variants(rng):
    several = [rng.normal(mean, 0.1, number) for mean, number in ((0.2, 4), (0.5, 9), (0.9, 2))]
    squares = sum(((each - each.mean()) ** 2).sum() for each in several)
    assert statistics.pooled_variance([*several, np.array([0.7])]) == pytest.approx((squares / 12, 12))
    assert statistics.pooled_variance([np.array([0.7])]) == (0.0, np.inf)


def test_the_bootstrap_draws_seeds_and_examples(rng):
    """Beside a loop that draws literally; and with examples or seeds that do not vary, exactly."""
    ours, theirs = (
        rng.normal(mean, 0.1, (seeds, 1)) + rng.normal(0, 0.05, 4000) for mean, seeds in ((0.7, 4), (0.5, 3))
    )
    draws = [
        ours[rng.integers(4, size=4), sample].mean() - theirs[rng.integers(3, size=3), sample].mean()
        for sample in range(4000)
    ]
    found = robustness.literal_bootstrap(ours, theirs)
    assert found.std() == pytest.approx(np.std(draws), rel=0.05)
    np.testing.assert_allclose(
        np.quantile(found, [0.025, 0.5, 0.975]), np.quantile(draws, [0.025, 0.5, 0.975]), atol=0.01
    )
    np.testing.assert_allclose(robustness.literal_bootstrap(ours[:1], theirs[:1]), ours[0] - theirs[0])
    two = robustness.literal_bootstrap(np.tile([[0.2], [0.6]], 400), np.zeros((1, 400)))
    values, times = np.unique(two.round(6), return_counts=True)
    assert values.tolist() == [0.2, 0.4, 0.6]
    assert times[1] / 400 == pytest.approx(0.5, abs=0.08)


def test_the_bootstrap_s_p_values_are_shares_of_its_draws(monkeypatch):
    draws = np.linspace(-0.02, 0.179, 200)
    monkeypatch.setattr(robustness, "literal_bootstrap", lambda ours, theirs: draws)
    found = robustness._by_bootstrap(side([0.8, 0.7]), side([0.7, 0.65, 0.6]), MARGIN)
    assert found["effect"] == pytest.approx(0.1)
    assert (found["low"], found["high"]) == pytest.approx(tuple(np.percentile(draws, [2.5, 97.5])))
    assert found["p_value"] == pytest.approx(2 * (1 + np.sum(draws <= 0)) / 201)
    assert found["p_equal"] == pytest.approx((1 + np.sum(draws >= MARGIN)) / 201)


@pytest.fixture(scope="module")
def found():
    """Made-up evidence of the LSTM, and networks of some of its variants under two conditions."""
    right = {"baseline": 0.6, "layers-1": 0.72, "cells-32-16": 0.55, "beyond-maximum": 0.75}
    made = weighed(checks(right, seeds=(0, 1, 2, 3), spread=0.02))
    other = weighed(checks(right | {"layers-1": 0.4}, seeds=(5, 6, 7, 8), spread=0.02))
    some = [{name: each.sides[name] for name in ("baseline", "layers-1", "cells-32-16")} for each in (made, other)]
    return made, dict(zip(("half-rate", "double-rate"), some, strict=True))


def test_every_comparison_has_its_rows(found):
    made, tried = found
    pairs = within_groups(made.comparisons)
    rows = robustness.table(pairs, made.sides, tried)
    assert rows.columns.tolist() == COLUMNS
    methods = {key: mine["method"].tolist() for key, mine in rows.groupby(KEY, sort=False)}
    assert list(methods) == [tuple(each) for each in pairs[KEY].to_numpy()]
    for (_, _, variant, baseline), mine in methods.items():
        there = {variant, baseline} <= tried["half-rate"].keys()
        assert mine == [STUDY, *METHODS, *(["half-rate", "double-rate"] if there else [])]
    assert {len(mine) for mine in methods.values()} == {5, 7}
    study = rows[rows["method"] == STUDY].reset_index(drop=True)
    shown = ["effect", "low", "high", "verdict"]
    pd.testing.assert_frame_equal(study[shown], pairs[shown].reset_index(drop=True))
    same = rows[rows["method"] == "half-rate"].set_index(KEY)  # the same networks, so the same differences
    assert same["effect"].tolist() == pairs.set_index(KEY).loc[same.index, "effect"].tolist()
    one = ("lstm", "layers", "layers-1", "baseline")
    there = rows.set_index([*KEY, "method"])["verdict"]
    assert (there[(*one, STUDY)], there[(*one, "double-rate")]) == ("better", "worse")


def test_the_correction_over_the_architecture_is_over_all_its_groups(found):
    made, _ = found
    pairs = within_groups(made.comparisons)
    adjusted = statistics.corrected(pairs["p_value"].to_numpy(), pairs["p_equal"].to_numpy())
    rows = robustness.table(pairs, made.sides, {})
    wanted = [statistics.verdict(effect, *both) for effect, *both in zip(pairs["effect"], *adjusted, strict=True)]
    assert rows[rows["method"] == "architecture"]["verdict"].tolist() == wanted
    assert wanted != pairs["verdict"].tolist()


def test_single_seeds_and_the_dead_cannot_be_checked():
    assert weighed(checks({"layers-1": 0.9})).robustness.empty
    assert robustness.counted(weighed(checks({"layers-1": 0.9})).robustness, MARGIN).empty
    rows = weighed(checks({"baseline": None, "layers-1": 0.9}, seeds=(0, 1, 2), spread=0.01)).robustness
    rows = within_groups(rows)
    assert set(rows["variant"]) | set(rows["baseline"]) >= {"layers-1", "baseline"}
    assert not ((rows["variant"] != "layers-1") & (rows["baseline"] != "layers-1")).any()


def test_a_method_without_a_network_stays_as_it_is(found):
    made, tried = found
    rows = robustness.table(made.comparisons, made.sides, tried)
    within = robustness.table(within_groups(made.comparisons), made.sides, tried)
    pd.testing.assert_frame_equal(within_groups(rows), within)
    against = rows[rows["group"] == AGAINST_BASELINES]
    assert against["baseline"].unique().tolist() == [made.rival]
    there = against[against["variant"] == "layers-1"].set_index("method")
    assert there.index.tolist() == [STUDY, *METHODS, "half-rate", "double-rate"]
    [rival] = made.sides[made.rival].scores
    for name, mine in tried.items():
        assert there.loc[name, "effect"] == pytest.approx(mine["layers-1"].scores.mean() - rival)
    every = made.comparisons.reset_index(drop=True)
    adjusted = statistics.corrected(every["p_value"].to_numpy(), every["p_equal"].to_numpy())
    wanted = pd.Series(map(statistics.verdict, every["effect"], *adjusted))[every["group"] == AGAINST_BASELINES]
    assert against[against["method"] == "architecture"]["verdict"].tolist() == wanted.tolist()


def test_where_a_condition_learnt_nothing_it_says_nothing(found):
    made, tried = found
    dead = weighed(checks({"baseline": None}, seeds=(0, 1))).sides
    rows = robustness.table(within_groups(made.comparisons), made.sides, tried | {"half-rate": dead})
    assert set(rows["method"]) == {STUDY, *METHODS, "double-rate"}


def row(method, verdict, effect=0.05, low=0.02, high=0.08):
    return SimpleNamespace(method=method, verdict=verdict, effect=effect, low=low, high=high)


@pytest.mark.parametrize(
    ("ours", "other", "holds"),
    [
        (("better",), ("seeds", "better"), True),
        (("better",), ("seeds", "not resolved"), False),  # the same networks have the same power
        (("better",), ("half-rate", "better", 0.01), True),
        (("better",), ("half-rate", "not resolved", 0.03, -0.02, 0.06), True),
        (("better",), ("half-rate", "not resolved", 0.01, -0.02, 0.04), False),  # does not reach +0.05
        (("better",), ("half-rate", "not resolved", -0.01, -0.09, 0.07), False),
        (("better",), ("half-rate", "equivalent", 0.01, 0.005, 0.06), False),
        (("better",), ("half-rate", "worse", -0.05), False),
        (("worse", -0.05), ("half-rate", "not resolved", -0.03, -0.06, 0.02), True),
        (("worse", -0.05), ("half-rate", "not resolved", -0.01, -0.04, 0.02), False),
        (("worse", -0.05), ("half-rate", "not resolved", 0.01, -0.07, 0.09), False),
        (("equivalent", 0.01), ("half-rate", "not resolved", -0.029), True),
        (("equivalent", 0.01), ("half-rate", "not resolved", 0.031), False),
        (("equivalent", 0.01), ("half-rate", "better", 0.02), False),
        (("equivalent", 0.01), ("pooled", "not resolved", 0.01), False),
        (("not resolved", 0.01), ("half-rate", "not resolved", -0.3), True),
        (("not resolved", 0.01), ("bootstrap", "better"), False),
    ],
)  # fmt: skip
def test_what_holds(ours, other, holds):
    assert robustness.holds(row(STUDY, *ours), row(*other), MARGIN) is holds


@pytest.mark.parametrize(
    ("verdict", "methods", "conditions", "fragile"),
    [
        ("better", 4, [], False),
        ("better", 3, [], False),
        ("better", 2, [], True),  # no more than half
        ("better", 2, [True, True], False),
        ("better", 4, [True, False], False),
        ("better", 4, [False, False], True),  # the methods do not outvote the conditions
        ("better", 4, [False], True),
        ("better", 2, [True, False], True),
        ("equivalent", 1, [True, True], True),
        ("not resolved", 0, [], False),
        ("not resolved", 4, [False, False], False),
    ],
)
def test_what_is_fragile(verdict, methods, conditions, fragile):
    another = "worse" if verdict != "worse" else "better"
    said = [verdict] + [verdict] * methods + [another] * (4 - methods)
    said += [verdict if each else another for each in conditions]
    key = dict(zip(KEY, ("lstm", "layers", "layers-1", "baseline"), strict=True))
    rows = pd.DataFrame(
        key | {"method": method, "effect": 0.05, "low": 0.02, "high": 0.08, "verdict": each}
        for method, each in zip([STUDY, *METHODS, *CONDITIONS], said, strict=False)
    )
    [found] = robustness.counted(rows, MARGIN).itertuples()
    assert (found.holds, found.checks, found.fragile) == (methods + sum(conditions), 4 + len(conditions), fragile)
    broken = robustness.broken(rows, list(key.values()), MARGIN)
    wanted = [*METHODS[methods:], *(name for name, each in zip(CONDITIONS, conditions, strict=False) if not each)]
    assert broken == [(name, another) for name in wanted]


def test_what_agrees_without_resolving_it_is_told_apart():
    key = dict(zip(KEY, ("lstm", "layers", "layers-1", "baseline"), strict=True))
    rows = [row(STUDY, "better"), row("seeds", "not resolved"), row("half-rate", "not resolved", 0.03, -0.02, 0.06)]
    rows += [
        row("double-rate", "better"),
        row("epochs-2", "not resolved", -0.01, -0.09, 0.07),
        row("epochs-4", "worse"),
    ]
    table = pd.DataFrame(key | vars(each) for each in rows)
    assert robustness.agreeing(table, list(key.values()), MARGIN) == ["half-rate"]
    again = table.assign(variant="layers-3")
    again.loc[again["method"] == "epochs-4", "verdict"] = "better"
    silent = table.assign(variant="layers-4")
    silent.loc[0, "verdict"] = "not resolved"
    assert robustness.anew(pd.concat([table, again, silent]), MARGIN) == (1 + 2, 1 + 1, 2 + 1)


def test_conditions_are_read_beside_the_study_s_own_networks(tmp_path, found):
    """Of conditions.csv those under which verdicts are tried, and no shares or folds."""
    made, _ = found
    place = Place("full", False, tmp_path)
    assert evidence.saved_conditions("lstm", made.data, place) == {}
    y = made.data.y_test
    rows = [
        {"architecture": name, "condition": condition, "variant": variant, "seed": seed,
         "predicted": store.as_digits(np.where(np.arange(len(y)) % 10 > seed, y, 0))}
        for name in ("lstm", "gru")
        for condition in ("double-rate", "share-5", "half-rate")
        for variant in ("baseline", "layers-1")
        for seed in range(3)
    ]  # fmt: skip
    store.write("conditions", place, pd.DataFrame(rows))
    tried = evidence.saved_conditions("lstm", made.data, place)
    assert set(tried) == {"double-rate", "half-rate"}
    assert all(list(sides) == ["baseline", "layers-1"] for sides in tried.values())
    scores = tried["half-rate"]["layers-1"].scores
    wanted = [statistics.macro_f1(y, store.from_digits(each["predicted"]), 3) for each in rows[:3]]
    assert scores.tolist() == wanted and len({*wanted}) == 3
    answers = {name: each.predicted for name, each in made.sides.items() if len(each.scores) == 4}
    again = evidence.weighed(made.checks, made.data, place, answers, made.baselines, tried)
    [counted] = again.comparisons.query("group == 'layers' and variant == 'layers-1'").itertuples()
    assert counted.checks == 6
    assert set(again.robustness["method"]) == {STUDY, *METHODS, "half-rate", "double-rate"}
