from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import evaluation, tables
from study.runs import Place

from .made_up import checks


def test_results_have_the_columns_that_were_asked_for():
    found = evaluation.results(checks({}))
    asked = (
        "architecture,group,variant,seed,params,epochs,best_epoch,val_loss,val_f1,test_f1_keras,test_f1_numpy,"
        "agreement,max_abs_diff,keras_s,numpy_s,train_s,data_source"
    )
    assert list(found.columns) == [*asked.split(","), "dead", "train_f1", "epochs_at_most"]
    assert found.notna().all().all()
    assert found.loc[0, "group"] == "layers;cells;direction"
    assert found.loc[1, "group"] == "layers;beyond"


def test_rows_carry_the_data_that_they_were_computed_on():
    """A network that was trained before the test split changed is checked on the new one."""
    assert set(evaluation.results(checks({}))["data_source"]) == {"made up sha256:11"}


def test_saving_replaces_the_rows_of_the_same_architecture_only(tmp_path):
    place = Place("quick", False, tmp_path)
    evaluation.save(checks({}, "lstm"), place)
    evaluation.save(checks({}, "simple_rnn"), place)
    evaluation.save(checks({"baseline": 0.9}, "lstm"), place)
    found = pd.read_csv(place.reports / "results.csv")
    assert found["architecture"].tolist() == ["simple_rnn"] * 9 + ["lstm"] * 9
    assert found[found["architecture"] == "lstm"]["test_f1_keras"].min() > 0.8
    assert {path.name for path in place.reports.iterdir()} == {
        "results.csv",
        "history.csv",
        "predictions.csv",
        "probabilities",
    }


def disagreeing(kind):
    """Sound checks, but the fourth of them wrong in one way."""
    found = checks({})
    wrong = found[3].numpy.copy()
    if kind == "one answer":
        wrong[7] = wrong[7][::-1] if wrong[7].argmax() != 1 else np.roll(wrong[7], 1)
    if kind == "one probability":
        wrong[7, 0] += 2 * evaluation.TOLERANCE
    if kind == "one NaN":
        wrong[7, 0] = np.nan
    if kind == "all NaN":
        return [*found[:3], replace(found[3], keras=wrong * np.nan, numpy=wrong * np.nan), *found[4:]]
    return [*found[:3], replace(found[3], numpy=wrong), *found[4:]]


def test_equal_sides_are_said_to_be_equal():
    text = evaluation.assert_equal(checks({}))
    assert "All 9 runs" in text
    assert "300 of 300" in text


@pytest.mark.parametrize("kind", ["one answer", "one probability", "one NaN", "all NaN"])
def test_a_difference_is_an_error_that_names_the_run(kind):
    with pytest.raises(AssertionError, match="lstm cells-32-16 seed 0: agreement"):
        evaluation.assert_equal(disagreeing(kind))


def test_check_table_shows_every_digit():
    table = tables.check_table(disagreeing("one answer"))
    row = table[table["variant"] == "cells-32-16"].iloc[0]
    assert row["agreement"] == "299/300"
    assert row["macro-F1, Keras"] != row["macro-F1, numpy"]
    assert float(row["macro-F1, Keras"]) == checks({})[3].f1(checks({})[3].keras)
