"""The answers in README, from made-up tables."""

import pandas as pd

from study.show import docs

from ..made_up import RIVAL, tables


def lines(*parts):
    """The lines of README from made-up tables of one architecture or more."""
    told = [pd.concat(each) for each in zip(*parts, strict=True)]
    return [each[2:].replace("\n ", "") for each in docs._answers(*told).split("\n\n")[2].split("\n- ")]


def test_what_is_clear_has_its_interval_and_the_others_are_named_together():
    said = {("layers", "layers-1"): (0.05, "better"), ("layers", "layers-3"): (-0.04, "not resolved")}
    small = {("layers", each): (0.001, "equivalent") for each in ("layers-1", "layers-3")}
    made = [tables("lstm", said), tables("gru"), tables("simple_rnn")]
    assert lines(*made)[0].endswith(
        "Depth.** LSTM, against 2 layers: 1 +0.050 (+0.046 to +0.052); GRU and SimpleRNN: not resolved, or fragile."
    )
    assert lines(tables("lstm", small))[0].endswith("Depth.** LSTM: equivalent.")


def test_what_is_fragile_is_not_clear():
    results, baselines, rows = tables("lstm", {("layers", "layers-1"): (0.05, "better")})
    said = lines((results, baselines, rows.assign(fragile=True)))[0]
    assert said.endswith("LSTM: not resolved, or fragile.")


def test_what_a_part_is_worth_is_told_as_what_is_lost_without_it():
    said = {
        ("beyond", "layers-1"): (0.29, "better"),
        ("beyond", "beyond-bidirectional", "beyond-unmasked"): (0.3, "better"),
    }
    assert (
        "LSTM: without the mask −0.290 (−0.292 to −0.286), all steps together +0.300 ("
        in lines(tables("lstm", said))[3]
    )
    assert "all steps together not resolved, or fragile" in lines(tables("lstm"))[3]


def test_the_best_is_chosen_on_validation_data():
    scores = {"layers-1": (0.8, 0.73), "layers-3": (0.7, 0.9)}
    said = {("baselines", "layers-1"): (0.1, "better")}
    assert f"LSTM, 1 layer: 0.730, better than {RIVAL} (0.410)." in lines(tables("lstm", said, scores=scores))[4]
