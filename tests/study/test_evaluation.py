from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import evaluation, store
from study.architectures import variants
from study.checks import NOTHING
from study.predictions import spread
from study.runs import Place
from study.show import readings, tables
from study.statistics import macro_f1

from .made_up import PLAIN, checks, keep, weighed

pytestmark = pytest.mark.usefixtures("only_what_was_asked_for")


def test_results_have_the_columns_that_were_asked_for():
    found = evaluation.results(checks({}))
    asked = (
        "architecture,group,variant,seed,params,epochs,best_epoch,val_loss,val_f1,test_f1_keras,test_f1_numpy,"
        "agreement,max_abs_diff,keras_s,numpy_s,train_s,data_source"
    )
    further = ["dead", "train_f1", "epochs_at_most", "keras_error", "numpy_error"]
    plain = ["plain_examples", "plain_f1", "plain_agreement", "plain_max_abs_diff", "plain_s", "plain_error"]
    last = ["diverged", "kept", "mean_abs_diff", "fingerprint"]
    assert list(found.columns) == [*asked.split(","), *further, *plain, *last]
    errors = [name for name in found if name.endswith("_error")]
    assert found.drop(columns=errors).notna().all().all()
    assert found.loc[0, "group"] == "layers;cells;direction"
    assert found.loc[1, "group"] == "layers;beyond"


def test_which_weights_were_kept_and_what_each_rule_would_give_stand_in_the_rows():
    """A record of before there were rules has the best epoch's weights; a table says so by an empty cell."""
    older, newer, mixed = checks({})[:3]
    rules = {"best": 0.61, "last": 0.62, "mean": 0.63}
    newer.run.record.update(kept="mean", rules=rules)
    mixed.run.record["kept"] = np.nan
    rows = evaluation.results([older, newer, mixed])
    assert rows["kept"].tolist() == ["best", "mean", "best"]
    assert rows.loc[1, [f"val_f1_{rule}" for rule in rules]].tolist() == [*rules.values()]
    assert rows.loc[0, [f"val_f1_{rule}" for rule in rules]].isna().all()


def test_the_rules_survive_the_tables(tmp_path):
    rules = {"best": 0.61, "last": 0.62, "mean": 0.63}
    found = weighed(checks({}, kept="last", rules=rules), place=Place("quick", False, tmp_path))
    keep(found)
    again = evaluation.saved("lstm", found.data, found.place)
    assert {(each.kept, each.kept_epoch) for each in again} == {("last", 4)}
    pd.testing.assert_frame_equal(evaluation.results(again), evaluation.results(found.checks))


def test_rows_carry_the_data_that_they_were_computed_on():
    """A network that was trained before the test split changed is checked on the new one."""
    assert set(evaluation.results(checks({}))["data_source"]) == {"made up sha256:11"}


def test_each_side_has_its_own_macro_f1():
    [check, *_] = checks({"baseline": 0.7})
    other = replace(check, numpy=np.roll(check.numpy, 1, axis=1))
    row = evaluation.results([other]).iloc[0]
    assert row["test_f1_keras"] == macro_f1(check.y, check.keras.argmax(axis=1), 3)
    assert row["test_f1_numpy"] == macro_f1(check.y, other.numpy.argmax(axis=1), 3) != row["test_f1_keras"]
    assert row["agreement"] == 0
    half = replace(check, numpy=np.where(np.arange(len(check.y))[:, np.newaxis] % 2, check.numpy, other.numpy))
    assert evaluation.results([half])["agreement"][0] == 0.5


def test_the_best_has_the_best_mean_not_the_best_seed():
    rows = pd.DataFrame({"variant": ["lucky", "lucky", "good", "good"], "val_f1": [0.9, 0.4, 0.7, 0.8]})
    assert store.best(rows) == "good"


def disagreeing(kind):
    """Sound checks, but the fourth of them wrong in one way."""
    found = checks({})
    wrong, errors = found[3].numpy.copy(), {}
    match kind:
        case "one answer":
            wrong[7] = np.roll(wrong[7], 1)
        case "one answer of two that are nearly as probable":
            keras = found[3].keras.copy()
            keras[7], wrong[7] = (0.4000002, 0.4, 0.2), (0.4, 0.4000002, 0.2)
            errors = {"keras": keras}
        case "one probability, not measured against float64":
            wrong[7, 0] += 2e-6
        case "one probability, and numpy is far from float64":
            wrong[7, 0] += 2e-6
            errors = {"keras_error": 1e-8, "numpy_error": 4e-8}
        case "one probability, and numpy is further from float64 than Keras":
            wrong[7, 0] += 8e-6
            errors = {"keras_error": 1.2e-6, "numpy_error": 3.7e-6}
        case "one NaN":
            wrong[7, 0] = np.nan
        case "one answer of the plain side":
            plain = found[3].plain.copy()
            plain[7] = np.roll(plain[7], 1)
            errors = {"plain": plain}
        case "one probability of the plain side, which is far from float64":
            plain = found[3].plain.copy()
            plain[7, 0] += 2e-6
            errors = {"plain": plain, "keras_error": 4e-7, "plain_error": 1.3e-6}
        case "one NaN of the plain side":
            plain = found[3].plain.copy()
            plain[7, 0] = np.nan
            errors = {"plain": plain}
        case "all NaN":
            wrong = wrong * np.nan
            errors = {"keras": wrong, "keras_error": np.nan, "numpy_error": np.nan}
    return [*found[:3], replace(found[3], numpy=wrong, **errors), *found[4:]]


def test_equal_sides_are_said_to_be_equal():
    evaluation.assert_equal(checks({}))
    text = readings.equal(checks({}))
    assert f"All {len(variants('lstm'))} runs: the same class on 300 of 300 test examples" in text
    assert text.endswith("max |Δp| = 0.0e+00.")


@pytest.mark.parametrize(
    "kind",
    [
        "one answer",
        "one answer of two that are nearly as probable",
        "one probability, not measured against float64",
        "one probability, and numpy is far from float64",
        "one probability, and numpy is further from float64 than Keras",
        "one NaN",
        "all NaN",
        "one answer of the plain side",
        "one probability of the plain side, which is far from float64",
        "one NaN of the plain side",
    ],
)
def test_a_difference_is_an_error_that_names_the_run(kind):
    found = disagreeing(kind)
    with pytest.raises(AssertionError, match="lstm cells-32-16 seed 0: agreement") as raised:
        evaluation.assert_equal(found)
    assert str(raised.value).count(" seed ") == 1
    assert evaluation.unequal(evaluation.results(found))["variant"].tolist() == ["cells-32-16"]


@pytest.mark.parametrize(("keras", "numpy"), [(2e-7, 5e-7), (9e-6, 2e-6), (1.2e-6, 3.5e-6)])
def test_beyond_the_tolerance_numpy_is_right_if_it_is_about_as_near_to_float64_as_keras(keras, numpy):
    found = checks({})
    wrong = found[3].numpy.copy()
    wrong[7, 0] += 8e-6
    found[3] = replace(found[3], numpy=wrong, keras_error=keras, numpy_error=numpy)
    evaluation.assert_equal(found)
    said = " ".join(readings.equal(found).split())
    assert "In 1 of them a |Δp| is larger than 1e-06" in said
    assert f"numpy is at most {numpy:.1e} away from what Keras gives in float64, and Keras at most {keras:.1e}" in said


def test_check_table_says_where_the_scores_are_the_same():
    table = tables.check_table(disagreeing("one answer"))
    row = table[table["variant"] == "32-16 cells"].iloc[0]
    assert row["agreement"] == "299/300"
    theirs, ours = (disagreeing("one answer")[3].f1(each) for each in ("keras", "numpy"))
    assert theirs != ours
    assert (row["macro-F1, Keras"], row["numpy's"]) == (f"{theirs:.6f}", f"{ours:.6f}")
    assert set(table["numpy's"]) == {"the same", f"{ours:.6f}"}


def test_check_table_shows_the_differences_and_the_distance_from_float64():
    found = checks({}, classes=4, examples=100)
    p = found[3].keras.astype(np.float64)  # so that the differences are those below, to the last digit
    p[5, 2] += 3e-6
    p[6, 1] -= 1e-6
    found[3] = replace(found[3], keras=found[3].keras.astype(np.float64), numpy=p, keras_error=2e-6, numpy_error=1e-6)
    table = tables.check_table(found).set_index("variant")
    row, other = table.loc["32-16 cells"], table.loc["baseline"]
    assert (row["max |Δp|"], row["mean |Δp|"]) == ("3.0e-06", "1.0e-08")  # 4e-6 in 100 x 4 probabilities
    assert (row["Keras from float64"], row["numpy from float64"]) == ("2.0e-06", "1.0e-06")
    assert (other["max |Δp|"], other["mean |Δp|"]) == ("0.0e+00", "0.0e+00")
    assert (other["Keras from float64"], other["numpy from float64"]) == ("", "")
    assert (row["Keras, s"], row["numpy, s"]) == ("0.20", "0.10")


def test_check_table_without_large_differences_speaks_of_no_float64():
    table = tables.check_table(checks({}))
    assert isinstance(table, tables.Table)
    assert not [name for name in table.columns if "float64" in name]


def test_check_table_has_a_row_for_all_seeds_of_a_variant():
    found = checks({}, classes=4, examples=100)
    other = replace(found[3], run=replace(found[3].run, seed=1), numpy=np.roll(found[3].keras, 1, axis=0), keras_s=0.4)
    assert other.agreeing() < 100
    table = tables.check_table([*found, other]).set_index("variant")
    assert table.index.is_unique
    row = table.loc["32-16 cells"]
    assert (row["networks"], row["agreement"]) == (2, f"{100 + other.agreeing()}/200")
    assert (row["max |Δp|"], row["mean |Δp|"]) == (
        f"{other.largest():.1e}",
        f"{other.mean_difference() / 2:.1e}",
    )
    assert (row["macro-F1, Keras"], row["numpy's"]) == (f"{found[3].f1():.6f}", "the same in 1 of 2")
    assert row["Keras, s"] == "0.20"  # the least of both


def test_each_side_is_held_against_keras_on_its_own_examples():
    [check, other, *_] = checks({"baseline": 0.7})
    plain = np.roll(other.plain, 1, axis=1)
    plain[:30] = other.plain[:30]
    rows = evaluation.results([check, replace(other, plain=plain)])
    assert rows["plain_examples"].tolist() == [300, PLAIN]
    assert rows["plain_agreement"].tolist() == [1, 30 / PLAIN]
    assert rows["plain_max_abs_diff"][1] == pytest.approx(0.8)
    assert rows["agreement"].tolist() == [1, 1]
    assert rows["plain_f1"][0] == rows["test_f1_keras"][0]
    assert rows["plain_f1"][1] == macro_f1(other.y[spread(PLAIN, 300)], plain.argmax(axis=1), 3)


def test_a_plain_side_that_predicted_nothing_is_not_judged():
    rows = evaluation.results([replace(each, plain=NOTHING) for each in disagreeing("one answer")])
    assert evaluation.unequal(rows)["variant"].tolist() == ["cells-32-16"]
    none = evaluation.results([replace(each, plain=NOTHING) for each in checks({})])
    assert none["plain_agreement"].isna().all()
    assert evaluation.unequal(none).empty
