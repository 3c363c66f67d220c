"""Comparisons, and that everything can be rebuilt from what is kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import evaluation, evidence, robustness, statistics
from study.architectures import ARCHITECTURES, pairs, variants
from study.baselines import Baseline
from study.checks import one_class
from study.errors import DataError
from study.evidence import COLUMNS, P_VALUES
from study.robustness import COUNTS
from study.runs import Place
from study.show import closeups, conclusions, curves, figures, tables
from study.sides import AGAINST_BASELINES

from .made_up import RIVAL, checks, keep, results, weighed


def test_the_columns_are_those_that_were_asked_for():
    asked = "architecture,group,variant,baseline,metric,n_seeds,effect,low,high,p_improvement,margin,verdict"
    assert asked.split(",") == COLUMNS
    assert list(results({}).comparisons.columns) == [*COLUMNS, *P_VALUES, "p_mcnemar", *COUNTS]


def test_every_side_has_the_scores_of_its_own_answers():
    found = results({"baseline": 0.6, "layers-1": 0.8}, seeds=(0, 1, 2))
    for side in found.sides.values():
        np.testing.assert_array_equal(side.resampled, statistics.resampled_f1(found.data.y_test, side.predicted, 3))
        assert side.scores.tolist() == [statistics.macro_f1(found.data.y_test, each, 3) for each in side.predicted]
    assert {len(side.predicted) for side in found.sides.values()} == {1, 3}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_pair_of_the_table_is_compared_and_every_variant_meets_the_strongest_baseline(architecture):
    found = results({}, architecture=architecture).comparisons
    within = found[found["group"] != AGAINST_BASELINES]
    assert [tuple(row) for row in within[["group", "variant", "baseline"]].to_numpy()] == pairs(architecture)
    against = found[found["group"] == AGAINST_BASELINES]
    assert set(against["baseline"]) == {RIVAL}
    assert len(against) == len({each.run.variant.name for each in checks({}, architecture)})
    assert (found["margin"] == ARCHITECTURES[architecture].margin).all()


def test_the_effect_is_the_difference_of_the_means_over_seeds():
    found = results({"baseline": 0.6, "layers-1": 0.8}, seeds=(0, 1, 2), spread=0.05)
    frame = evaluation.results(found.checks).groupby("variant")["test_f1_keras"].mean()
    row = found.comparisons.loc[0]
    assert (row["variant"], row["baseline"], row["n_seeds"]) == ("layers-1", "baseline", 3)
    assert row["effect"] == pytest.approx(frame["layers-1"] - frame["baseline"])
    assert row["low"] < row["effect"] < row["high"]


def test_both_kinds_of_p_values_are_corrected_within_each_group():
    right = {"baseline": 0.6, "layers-1": 0.61, "layers-3": 0.66, "direction-bidirectional": 0.62}
    found = results(right, seeds=(0, 1, 2), spread=0.02).comparisons
    for _, rows in found.groupby("group"):
        adjusted = statistics.corrected(rows["p_value"].to_numpy(), rows["p_equal"].to_numpy())
        np.testing.assert_array_equal(rows["p_holm"], adjusted[0])
        np.testing.assert_array_equal(rows["p_holm_equal"], adjusted[1])
    alone = found[found["group"] == "direction"]
    assert alone["p_holm"].tolist() == alone["p_value"].tolist()
    assert alone["p_holm_equal"].tolist() == alone["p_equal"].tolist() != alone["p_value"].tolist()
    assert not np.allclose(found["p_holm"], found["p_value"])


def test_the_p_value_of_the_margin_is_that_of_two_one_sided_tests():
    found = results({"baseline": 0.6, "layers-1": 0.61}, seeds=(0, 1, 2), spread=0.02)
    row, sides = found.comparisons.loc[0], [found.sides[name] for name in ("layers-1", "baseline")]
    whole = statistics.interval(sides[0].scores, sides[0].resampled, sides[1].scores, sides[1].resampled)
    assert row["p_equal"] == whole.p_equal(ARCHITECTURES["lstm"].margin)
    assert row["p_equal"] != whole.p_equal(2 * ARCHITECTURES["lstm"].margin)


def test_the_best_is_chosen_on_validation_data():
    found = checks({"baseline": 0.9})
    for each in found:
        each.run.record["metrics"] = {"val_loss": 0.5, "val_f1": 0.6, "train_f1": 0.9}
    found[3].run.record["metrics"]["val_f1"] = 0.61
    assert weighed(found).best == found[3].run.variant.name


def test_the_hardest_examples_come_first():
    found = results({}, seeds=(0, 1))
    which, probabilities = found.hardest(4)
    mean = np.mean([each.keras for each in found.checks if each.run.variant.name == found.best], axis=0)
    of_truth = mean[np.arange(len(mean)), found.data.y_test]
    assert of_truth[which].tolist() == sorted(of_truth)[:4]
    np.testing.assert_array_equal(probabilities, mean[which])


def test_the_hardest_texts_stand_beside_what_they_are_in_english():
    found = weighed(checks({"layers-1": 0.9}))
    assert "in English" not in closeups.hardest_texts(found)
    which, _ = found.hardest(5)
    shown = found.data.x_test[which]
    told = {text: f"number {n}" for n, text in enumerate(shown) if n != 2}
    table = closeups.hardest_texts(replace(found, data=replace(found.data, in_english=told)))
    assert table.columns[:3].tolist() == ["text", "in English", "class"]
    assert table["in English"].tolist() == ["number 0", "number 1", "", "number 3", "number 4"]
    assert table["text"].tolist() == shown.tolist()


def test_everything_is_rebuilt_without_training(tmp_path):
    place = Place("quick", False, tmp_path)
    fresh = weighed(checks({"layers-1": 0.8}, seeds=(0, 1), spread=0.05), place=place)
    keep(weighed(checks({"baseline": 0.4}, "simple_rnn"), place=place))
    keep(fresh)
    again = evidence.saved("lstm", fresh.data, place)
    pd.testing.assert_frame_equal(again.comparisons, fresh.comparisons)
    for table in (closeups.class_table, closeups.calibration_table, tables.comparison_table, closeups.hardest_texts):
        pd.testing.assert_frame_equal(table(again), table(fresh))
    for group in ARCHITECTURES["lstm"].groups:
        pd.testing.assert_frame_equal(tables.group_table(again, group), tables.group_table(fresh, group))
        assert conclusions.of_group(again, group) == conclusions.of_group(fresh, group)
    pd.testing.assert_frame_equal(tables.check_table(again.checks), tables.check_table(fresh.checks))
    assert conclusions.summary(again) == conclusions.summary(fresh)
    assert [each.run.history for each in again.checks] == [each.run.history for each in fresh.checks]


def test_kept_predictions_of_another_network_are_not_shown_as_its_own(tmp_path):
    place = Place("quick", False, tmp_path)
    found = weighed(checks({"layers-1": 0.8}), place=place)
    keep(found)
    paths = {each.run.variant.name: place.model(each.run.variant, 0).with_suffix(".check.npz") for each in found.checks}
    paths["layers-1"].write_bytes(paths["baseline"].read_bytes())
    with pytest.raises(DataError, match=r"layers-1/seed-0\.check\.npz is not of the network in results\.csv"):
        evidence.saved("lstm", found.data, place)


def test_what_is_kept_is_tidy(tmp_path):
    place = Place("quick", False, tmp_path)
    for architecture in ("lstm", "simple_rnn"):
        found = weighed(checks({}, architecture, seeds=(0, 3)), place=place)
        evidence.save(found)
    kept = {path.stem: pd.read_csv(path, dtype={"predicted": str}) for path in place.reports.glob("*.csv")}
    made = ("results", "history", "baselines", "comparisons", "predictions", "ensembles", "robustness")
    assert kept.keys() == {*made}
    assert list(kept["comparisons"].columns) == [*COLUMNS, *P_VALUES, *COUNTS]
    assert list(kept["robustness"].columns) == robustness.COLUMNS
    assert len(kept["history"]) == 2 * len(variants("lstm")) * 2 * 4
    assert kept["history"].columns.tolist() == ["architecture", "variant", "seed", "epoch", "loss", "val_loss"]
    assert kept["history"]["epoch"].tolist()[:5] == [1, 2, 3, 4, 1]
    assert kept["predictions"]["predicted"].str.len().unique().tolist() == [300]
    assert kept["predictions"]["predicted"][0] == "".join(
        map(str, weighed(checks({}, "simple_rnn")).checks[0].predicted)
    )
    for table in kept.values():
        assert table["architecture"].unique().tolist() == ["simple_rnn", "lstm"]


def test_every_figure_is_drawn(tmp_path):
    place = Place("quick", False, tmp_path)
    found = weighed(checks({"layers-1": 0.8}, seeds=(0, 1), spread=0.05), place=place)
    drawn = [figures.scores(found, "layers"), curves.picture(found, "beyond"), closeups.confusion(found)]
    drawn += [closeups.calibration(found), closeups.f1_by_length(found), figures.against_earlier(found)]
    assert len({each.path for each in drawn}) == len(drawn)
    for each in drawn:
        assert each.path.read_bytes().startswith(b"\x89PNG")
        assert "LSTM" in each.alt


def test_the_strongest_method_is_so_on_validation_data():
    methods = [Baseline("a", 0.5, 0.9, np.zeros(1)), Baseline("b", 0.6, 0.4, np.zeros(1)), Baseline("c", 0.1, 1, 0)]
    assert evidence.strongest(methods) == "b"


@pytest.mark.parametrize(("dead", "said"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_side_is_dead_where_most_of_its_networks_are(dead, said):
    answers = np.stack([np.zeros(30, int) if seed < dead else np.arange(30) % 3 for seed in range(3)])
    assert evidence.Side(answers, np.zeros(3), np.zeros((3, 2))).dead == said


def test_the_seeds_are_those_of_the_networks():
    found = results({}, seeds=(0, 1, 2))
    assert found.of_group(AGAINST_BASELINES)["n_seeds"].unique().tolist() == [3]


def test_two_dead_networks_are_not_equivalent():
    """Nothing was learnt, so nothing was shown: neither that depth matters nor that it does not."""
    found = results({"baseline": None}, seeds=(0, 1, 2))
    assert set(found.of_group("layers")["verdict"]) == {"not resolved"}
    assert "Both have learnt nothing" in conclusions.of_group(found, "layers")
    assert set(results({"layers-1": None}, seeds=(0, 1, 2)).of_group("layers")["verdict"]) >= {"worse"}


def test_nearly_one_class_is_dead():
    nearly = np.ones(300, int)
    nearly[:3] = 0
    assert one_class(nearly)
    nearly[3] = 0
    assert not one_class(nearly)


def test_intervals_stay_on_the_scale():
    found = results({"layers-1": 0.97}, seeds=(0, 1, 2), spread=0.3)
    assert found.comparisons["low"].min() >= -1
    assert found.comparisons["high"].max() <= 1
    assert all(0 <= side.mean.low <= side.mean.high <= 1 for side in found.sides.values())


def test_mcnemar_stands_beside_single_networks_only():
    assert results({}).comparisons["p_mcnemar"].notna().all()
    assert results({}, seeds=(0, 1)).comparisons["p_mcnemar"].isna().all()
