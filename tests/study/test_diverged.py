"""A training whose loss is no number any more: it is recorded, shown, and stops nothing else."""

import json
import math
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest

from study import datasets, evaluation, evidence, runs, store, trainer
from study.profiles import limited
from study.show import conclusions, curves, overview, readings, tables

from .made_up import checks, keep, weighed

AT_ONCE = {"best_epoch": 0, "epochs": 1, "history": {"loss": [math.nan], "val_loss": [math.nan]}}
LATER = {"best_epoch": 1, "epochs": 2, "history": {"loss": [1.0, math.nan], "val_loss": [0.9, math.nan]}}


def with_diverged(place, kind=AT_ONCE, names=("layers-3",)):
    """The evidence of made-up networks; those with these names diverged."""
    found = checks({"layers-1": 0.9})
    for number, each in enumerate(found):
        each.run.record["kept"] = "mean"
        if each.run.variant.name in names:
            metrics = each.run.record["metrics"] | {"val_loss": kind["history"]["val_loss"][kind["best_epoch"] - 1]}
            record = each.run.record | kind | {"diverged": True, "kept": "best", "metrics": metrics}
            found[number] = replace(each, run=replace(each.run, record=record))
    return weighed(found, place=place)


@pytest.mark.parametrize("kind", [AT_ONCE, LATER], ids=["at once", "later"])
def test_it_is_shown_as_such_and_survives_the_tables(kind, tmp_path):
    place = runs.Place("quick", False, tmp_path)
    found = with_diverged(place, kind)
    keep(found)
    for each in (found, evidence.saved("lstm", found.data, place)):
        diverged = [check for check in each.checks if check.diverged]
        assert [check.run.variant.name for check in diverged] == ["layers-3"]
        np.testing.assert_equal(diverged[0].run.history, kind["history"])
        assert each.best == "baseline"
        assert "3 DIVERGED" in tables.group_table(each, "layers").to_string()
        assert "3 layers DIVERGED" in tables.check_table(each.checks).to_string()
        for text in (conclusions.of_group(each, "layers"), conclusions.summary(each)):
            assert "**Diverged**, kept as it was in its best epoch before, or as it began: 3 layers (seed 0)." in text
        assert "Diverged" not in conclusions.of_group(each, "cells")
        assert "nan" not in readings.curves(each, "layers")
        assert curves.picture(each, "layers").path.exists()


def test_a_group_of_which_nothing_is_left(tmp_path):
    found = with_diverged(runs.Place("quick", False, tmp_path), AT_ONCE, ("baseline", "layers-1", "layers-3"))
    assert readings.curves(found, "layers") == "Every network of this group diverged in its first epoch."
    assert curves.picture(found, "layers").path.exists()


def test_older_tables_do_not_say(tmp_path):
    """Beside them stands a newer architecture's, which does."""
    place = runs.Place("quick", False, tmp_path)
    older = evaluation.results(checks({}, "gru")).drop(columns="diverged")
    store.write("results", place, older)
    store.write("results", place, evaluation.results(with_diverged(place).checks))
    rival = pd.Series({"test_f1": 0.3, "name": "linear SVM"})
    for name, said in (("gru", "none"), ("lstm", "<b>3 layers (1 of 1 diverged)</b>")):
        assert overview._best(store.read("results", place, name), name, rival, place)["dead"] == said
    assert overview._best(older, "gru", rival, place)["dead"] == "none"


def diverge(job, data, path):
    """Train without a learning rate that is a number, and save the model; the record."""
    model, record = trainer.train(job.variant, job.training | {"learning_rate": math.nan, "keep": "mean"}, 2, 0, data)
    model.save(path)
    return record


@pytest.mark.slow
def test_a_training_that_really_diverges(tmp_path):
    """Through trainer, record, file and check: numpy and Keras agree on what is kept, and all is a number."""
    texts = limited(datasets.load("nusax", source="sample"), "tiny")
    [job] = runs.jobs("simple_rnn", "tiny", ("baseline",))
    # In a worker: TensorFlow's threads are set only once in a process.
    [record, _] = joblib.Parallel(2)(
        [joblib.delayed(diverge)(job, texts, tmp_path / "model.keras"), joblib.delayed(abs)(0)]
    )
    assert (record["diverged"], record["best_epoch"], record["epochs"]) == (True, 0, 1)
    assert record["kept"] == "best"  # whatever the rule is, those that it began with
    about = {"profile": "tiny", "fingerprint": "mark", "data_source": texts.source, "epochs_at_most": 2}
    place = runs.Place("tiny", True, tmp_path)
    runs.save_run(job, place, runs.Finished(about | record, (tmp_path / "model.keras").read_bytes(), None))
    run = runs.find_run(job, place, "mark")
    assert math.isnan(json.loads(run.path.with_suffix(".json").read_text())["metrics"]["val_loss"])
    checked = evaluation.check([run], replace(texts, x_test=texts.x_test[:20], y_test=texts.y_test[:20]))
    evaluation.assert_equal(checked)
    [row] = evaluation.results(checked).to_dict("records")
    assert (row["diverged"], row["agreement"]) == (True, 1)
    assert math.isnan(row["val_loss"])
    assert 0 <= row["val_f1"] <= 1
