"""The answers in README, from made-up tables."""

import pandas as pd

from study.show import docs

from ..made_up import RIVAL, tables

EVERY_GROUP = True


def lines(*parts):
    """The lines of README from made-up tables of one architecture or more."""
    told = [pd.concat(each) for each in zip(*parts, strict=True)]
    return [each[2:].replace("\n ", "") for each in docs._answers(*told).split("\n\n")[2].split("\n- ")]


def test_what_is_clear_has_its_interval_and_the_others_are_named_together():
    said = {("layers", "layers-1"): (0.05, "better"), ("layers", "layers-3"): (-0.04, "not resolved")}
    small = {("layers", each): (0.001, "equivalent") for each in ("layers-1", "layers-3")}
    made = [tables("lstm", said), tables("gru"), tables("simple_rnn")]
    assert lines(*made)[0].endswith(
        "Depth.** LSTM, against 2 layers: 1 +0.050 (+0.046 to +0.052) (number of layers, equally wide: 0.000, "
        "not resolved); GRU and SimpleRNN: not resolved."
    )
    assert lines(tables("lstm", small))[0].endswith("Depth.** LSTM: equivalent.")


def test_what_is_fragile_is_not_clear():
    results, baselines, rows = tables("lstm", {("layers", "layers-1"): (0.05, "better")})
    said = lines((results, baselines, rows.assign(fragile=rows["variant"] == "layers-1")))[0]
    assert said.endswith("LSTM: fragile or not resolved.")


def test_where_several_groups_are_asked_for_what_is_not_clear_has_its_group():
    said = {("pooling", "pooling-average"): (-0.05, "worse"), ("kernel_sizes", "kernel_sizes-5-5-5"): (0, "equivalent")}
    told = lines(tables("cnn", said))[2]
    assert "CNN, filter sizes: equivalent or not resolved; CNN, against max pooling: average" in told
    assert "CNN, filter sizes and CNN, pooling: not resolved." in lines(tables("cnn"))[2]
    assert "CNN: not resolved." in lines(tables("cnn"))[0]


def test_what_keeps_a_clear_difference_from_being_the_last_word_stands_behind_it():
    """It may be too small to matter; its control may not find it; and a control that does is no caveat."""
    said = {("direction", "direction-bidirectional"): (0.031, "better")}
    assert (
        "bidirectional +0.031 (+0.027 to +0.033)° (direction, as many cells in all: −0.010, not resolved)."
        in lines(tables("lstm", said | {("half_cells", "half_cells-bidirectional"): (-0.01, "not resolved")}))[2]
    )
    assert lines(tables("lstm", said | {("half_cells", "half_cells-bidirectional"): (0.04, "better")}))[2].endswith(
        "°."
    )


def test_what_a_part_is_worth_is_told_as_what_is_lost_without_it():
    said = {
        ("beyond", "layers-1"): (0.29, "better"),
        ("beyond", "beyond-bidirectional", "beyond-unmasked"): (0.3, "better"),
    }
    assert (
        "LSTM: without the mask −0.290 (−0.292 to −0.286), all steps together, the mask included, +0.300 ("
        in lines(tables("lstm", said))[3]
    )
    assert "all steps together, the mask included, not resolved" in lines(tables("lstm"))[3]


def test_a_network_that_answers_one_class_with_every_seed_without_a_part_is_told():
    results, baselines, rows = tables("lstm", {("beyond", "layers-1"): (0.29, "better")})
    without = results["variant"] == "beyond-unmasked"
    assert "−0.286): one class for everything, all" in lines((results.assign(dead=without), baselines, rows))[3]
    others = without & (results["seed"] > results["seed"].min())
    assert "everything" not in lines((results.assign(dead=others), baselines, rows))[3]


def test_a_step_that_makes_it_worse_is_named():
    said = {("beyond", "beyond-maximum", "layers-1"): (-0.1, "worse")}
    assert lines(tables("lstm", said))[3].endswith(", maximum over time −0.100 (−0.104 to −0.098).")


def test_the_best_is_chosen_on_validation_data():
    scores = {"layers-1": (0.8, 0.73), "layers-3": (0.7, 0.9)}
    said = {("baselines", "layers-1"): (0.1, "better")}
    told = lines(tables("lstm", said, scores=scores))[4]
    assert "LSTM, 1 layer: 0.730 (baseline 0.500), +0.100 (+0.096 to +0.102) against" in told
    assert told.endswith(f"against {RIVAL} (0.410), better.")


def test_what_the_correction_alone_leaves_open_is_said_to_be_so():
    said = {("baselines", "baseline"): (-0.05, "not resolved")}
    assert "(0.410), not resolved as one of " in lines(tables("lstm", said))[4]


def test_the_folds_stand_beside_the_test_split(monkeypatch):
    columns = ["architecture", "method", "against", "effect", "low", "high"]
    rows = [("lstm", "baseline", RIVAL, -0.05, -0.08, -0.02), ("lstm", "baseline", "majority class", 0.5, 0.4, 0.6)]
    monkeypatch.setattr(docs.full, "table", lambda name: pd.DataFrame(rows, columns=columns))
    assert lines(tables("lstm"))[4].endswith("; over 5 folds −0.050 (−0.080 to −0.020).")
