"""The committed tables of the full profile: every run is there, the tables fit together, the networks are good.

They are held against the runs that they were made with, not against today's: a variant that came later is not theirs.
"""

import os

import numpy as np
import pandas as pd
import pytest

from study import datasets, evaluation, evidence, full, robustness, store
from study.architectures import ARCHITECTURES, variants
from study.files import ROOT, folder
from study.runs import Place
from study.statistics import macro_f1

from .made_up import ASKED_FOR

PLACE = Place("full", False, ROOT)
REAL = folder(os.environ.get("DATA", "data"))
IS_THERE = (REAL / "cifar10.npz").exists() and (REAL / "nusax").is_dir()
STUDIED = {"cnn": ("convolutions", "filters", "kernel_sizes", "pooling")}
STUDIED |= dict.fromkeys(("simple_rnn", "lstm", "gru"), ("layers", "cells", "direction"))
# A guard against broken tables, not a target: the best variant's mean macro-F1 on the validation data, less three or
# more of its standard errors. The test split has no say in it.
LEAST = [
    ("cnn", STUDIED["cnn"], 0.76),
    ("cnn", ("beyond",), 0.86),
    ("simple_rnn", STUDIED["simple_rnn"], 0.58),
    ("simple_rnn", ("beyond",), 0.71),
    ("lstm", (*STUDIED["lstm"], "beyond"), 0.74),
    ("gru", (*STUDIED["gru"], "beyond"), 0.75),
]
LARGEST = 1e-5  # |Δp|, also where numpy is as near to float64 as Keras is
TRAINED = pd.read_csv(PLACE.reports / "results.csv")["architecture"].unique().tolist()


def table(name, architecture):
    return store.read(name, PLACE, architecture)


@pytest.mark.parametrize("architecture", TRAINED)
def test_every_run_is_there_and_numpy_agrees(architecture):
    results, history = table("results", architecture), table("history", architecture)
    made = results["variant"].unique().tolist()
    seeds = results.groupby("variant")["seed"].nunique()
    assert set(seeds.index[seeds < seeds.max()]) <= ARCHITECTURES[architecture].fewer_seeds.keys()
    wanted = [(name, seed) for name in made for seed in range(seeds[name])]
    for rows in (results, table("predictions", architecture), history.drop_duplicates(["variant", "seed"])):
        assert list(zip(rows["variant"], rows["seed"], strict=True)) == wanted
    comparisons = table("comparisons", architecture)
    assert {*comparisons["variant"], *comparisons["baseline"]} >= set(made)
    assert set(made) == {each.name for each in variants(architecture)} - set(full.lacking(architecture))
    assert evaluation.unequal(results).empty
    assert results["max_abs_diff"].max() <= LARGEST
    lasted = history.groupby(["variant", "seed"])["epoch"].max()
    for row in results.itertuples():
        assert lasted[row.variant, row.seed] == row.epochs <= row.epochs_at_most


@pytest.mark.skipif(not IS_THERE, reason="the classes of the test examples are part of the real data")
@pytest.mark.parametrize("architecture", TRAINED)
def test_scores_and_comparisons_follow_from_the_predictions(architecture):
    real = datasets.load(ARCHITECTURES[architecture].dataset, REAL, "real")
    results, classes = table("results", architecture), len(real.classes)
    if not results["data_source"].str.endswith(real.checksum).any():
        pytest.skip(f"another copy of the data, in another order: {real.source}")
    assert set(results["data_source"]) == {real.source}
    scores = [
        macro_f1(real.y_test, store.from_digits(each), classes) for each in table("predictions", architecture).predicted
    ]
    np.testing.assert_allclose(results["test_f1_keras"], scores, rtol=0, atol=1e-12)
    answers, baselines = evidence.saved_answers(architecture, PLACE)
    sides = evidence.sides_of(real.y_test, classes, answers, baselines)
    columns = [*evidence.COLUMNS, *evidence.P_VALUES]
    whole = evidence.compare(architecture, real.y_test, sides, baselines)[columns]
    kept, again = table("comparisons", architecture)[columns], whole
    groups = [name for name, rows in again.groupby("group") if len(rows) == (kept["group"] == name).sum()]
    assert len(groups) >= len(ASKED_FOR[architecture])  # a group that has changed since is another family
    kept, again = (each[each["group"].isin(groups)].reset_index(drop=True) for each in (kept, again))
    pd.testing.assert_frame_equal(kept, again, check_dtype=False, atol=1e-9)
    tried = evidence.saved_conditions(architecture, real, PLACE)
    found, kept = robustness.table(whole, sides, tried), table("robustness", architecture)
    kept, found = (  # the family of an architecture has changed where one of its groups has
        rows[rows["group"].isin(groups) & (rows["method"] != "architecture")].reset_index(drop=True)
        for rows in (kept, found)
    )
    pd.testing.assert_frame_equal(kept, found, check_dtype=False, atol=1e-9)


@pytest.mark.parametrize("architecture", TRAINED)
def test_what_is_fragile_follows_from_the_checks(architecture):
    counted = robustness.counted(table("robustness", architecture), ARCHITECTURES[architecture].margin)
    rows = table("comparisons", architecture)
    checked = rows["checks"] > 0
    pd.testing.assert_frame_equal(rows[checked][counted.columns].reset_index(drop=True), counted, check_dtype=False)
    assert not rows[~checked]["fragile"].any()
    assert len(counted) >= len(evidence.within_groups(rows))


@pytest.mark.parametrize(("architecture", "groups", "least"), LEAST)
def test_the_best_network_is_good(architecture, groups, least):
    results = table("results", architecture)
    inside = results["group"].str.split(";").map(lambda each: not set(each).isdisjoint(groups))
    assert results[inside].groupby("variant")["val_f1"].mean().max() >= least
