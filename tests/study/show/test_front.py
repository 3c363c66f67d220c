"""What stands on top of the overview follows the results, whatever they are."""

import pandas as pd
import pytest

from study.architectures import ARCHITECTURES
from study.show import costs, front

from ..made_up import RIVAL, tables

LESS, MORE = ("layers", "layers-1"), ("layers", "layers-3")


def lines(*several):
    """The lines of several architectures' tables."""
    return front.lines(*(pd.concat(parts) for parts in zip(*several, strict=True)))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({LESS: (-0.05, "worse"), MORE: (0.04, "better")}, "texts deeper is better and width"),
        ({LESS: (0.05, "better"), MORE: (-0.04, "worse")}, "texts shallower is better and width"),
        ({LESS: (0.0, "equivalent"), MORE: (0.01, "equivalent")}, "texts depth makes no difference that matters and"),
        ({MORE: (-0.04, "worse")}, "texts 3 layers are worse than 2 layers by 0.040 and width"),
        ({LESS: (0.05, "better")}, "texts 1 layer is better than 2 layers by 0.050 and width"),
        ({}, "texts depth makes no clear difference and width makes no clear difference; the best"),
    ],
)
def test_what_size_does(said, words):
    assert words in lines(tables("lstm", said))[0]


def test_what_may_be_too_little_to_matter_is_said_to_be():
    results, baselines, rows = tables("lstm", {MORE: (-0.04, "worse")})
    rows.loc[rows["variant"] == "layers-3", ["low", "high"]] = [-0.06, -0.02]
    sentence, *_ = front.lines(results, baselines, rows)
    assert "3 layers are worse than 2 layers by 0.040, perhaps too little to matter and width" in sentence


def test_deeper_is_not_better_by_what_is_perhaps_too_little():
    results, baselines, rows = tables("lstm", {LESS: (-0.05, "worse"), MORE: (0.04, "better")})
    rows.loc[rows["variant"] == "layers-3", ["low", "high"]] = [0.02, 0.06]
    sentence, *_ = front.lines(results, baselines, rows)
    assert "1 layer is worse than 2 layers by 0.050, 3 layers are better than 2 layers by 0.040, perhaps" in sentence
    assert "deeper" not in sentence


def test_what_is_fragile_is_not_clear():
    results, baselines, rows = tables("lstm", {MORE: (-0.04, "worse")})
    rows["fragile"] = rows["variant"] == "layers-3"
    sentence, *_, sure, _, costs_said = front.lines(results, baselines, rows)
    assert "depth makes no clear difference" in sentence
    assert "1 of these verdicts is fragile, that is, hangs on" in sure
    assert "with 3 layers 1.0 for −0.040 (worse, fragile)" in costs_said


def test_networks_of_the_same_data_share_a_sentence():
    said = {LESS: (0.05, "better"), MORE: (-0.04, "worse"), ("beyond", "layers-1"): (0.3, "better")}
    found = lines(tables("cnn"), tables("lstm", said), tables("gru"))
    images, texts, numpy, *_ = found
    assert len(found) == 6
    assert images.startswith(
        "On CIFAR-10's images depth makes no clear difference and width makes no clear difference; the"
    )
    assert texts.startswith(
        "On NusaX-Senti's texts shallower is better (LSTM), depth makes no clear difference (GRU), "
        "width makes no clear difference (LSTM and GRU) and without the mask the LSTM loses 0.300; the best network"
    )
    assert numpy.startswith("numpy alone")


def test_a_part_that_matters_little_is_not_named():
    assert "without" not in lines(tables("lstm", {("beyond", "layers-1"): (0.03, "better")}))[0].partition(";")[0]
    assert "without" not in lines(tables("lstm", {("beyond", "layers-1"): (0.3, "not resolved")}))[0].partition(";")[0]


def test_the_best_of_a_data_set_is_so_on_validation_data():
    weak, strong = {"layers-3": (0.7, 0.9)}, {"layers-1": (0.8, 0.45)}
    against = {("baselines", "layers-1"): (0.1, "better")}
    sentence = lines(tables("lstm", scores=weak), tables("gru", against, scores=strong))[0]
    assert "validation data, GRU, 1 layer, reaches a macro-F1 of 0.450 on the test texts: +0.100 (" in sentence
    assert f") against {RIVAL} (0.410), better." in sentence


def test_numpy_and_its_time():
    said = lines(tables("cnn"), tables("lstm", agreement=0.98, max_abs_diff=3e-3, numpy_s=1.2))[-4]
    assert "at least 98 %" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "at most 3e-03 apart; for the baseline it takes 0.25 (CNN) and 1.5 (LSTM) times as long as Keras." in said
    assert "every test example" in lines(tables("cnn"))[-4]


def test_how_sure_it_is():
    several = lines(tables("lstm", {LESS: (0.05, "better"), MORE: (0.0, "equivalent")}))[-3]
    number = (tables("lstm")[2]["group"] != "baselines").sum()
    assert f"Of {number} comparisons of one network with another 1 are better or worse, 1 differ by too" in several
    assert "Each rests on 2 seeds" in several
    assert "trained once" in lines(tables("lstm", seeds=(0,)))[-3]


def test_the_baseline_is_said_once_for_those_that_share_it():
    said = lines(tables("cnn"), tables("lstm"), tables("gru"))[-2]
    assert "CNN: 3 convolutions, 32-64-128 filters, filter sizes 3-3-3, max pooling;" in said
    assert said.endswith("LSTM and GRU: 2 layers, 64-32 cells, unidirectional.")


def wider(**columns):
    """Tables in which 128-64 cells take more of these."""
    results, baselines, rows = tables("lstm", {("cells", "cells-128-64"): (0.04, "better")})
    for name, value in columns.items():
        results.loc[results["variant"] == "cells-128-64", name] = value
    return results, baselines, rows


def test_what_size_costs():
    results, _, rows = wider(params=2468, train_s=25.0, numpy_s=0.5)
    baseline, *_ = table = costs.table(results, rows).to_dict("records")
    assert baseline["network"] == "LSTM, baseline"
    assert (baseline["weights"], baseline["training"], baseline["prediction"]) == ("1 (1,234)", "1 (10 s)", "1 (0.2 s)")
    assert [each["network"] for each in table[1:]] == ["LSTM, 3 layers", "LSTM, 128-64 cells"]
    assert [table[2][name] for name in ("weights", "training", "prediction")] == [
        "2.00 times",
        "2.50 times",
        "2.50 times",
    ]
    assert (table[2]["difference"], table[2]["verdict"]) == ("+0.040 (+0.036 to +0.042)", "better")
    assert "with 128-64 cells 2.5 for +0.040 (better)" in front.lines(*wider(params=2468, numpy_s=0.5))[-1]


def test_the_check_and_the_speed_are_told_by_architecture():
    plain = {"plain_agreement": 0.97, "plain_max_abs_diff": 2e-6, "plain_s": 0.6, "plain_examples": 2}
    lstm, cnn = tables("lstm", **plain), tables("cnn", agreement=0.9, plain_examples=0)
    lstm[0].loc[0, "test_f1_numpy"] = 0.1
    lstm[0].loc[lstm[0]["variant"] == "layers-3", "numpy_s"] = 1.6
    results, baselines, _ = (pd.concat(parts) for parts in zip(cnn, lstm, strict=True))
    first, second = costs.checks(results, baselines).to_dict("records")
    assert (first["same class"], first["plain: same class"]) == ("90\N{NO-BREAK SPACE}%", "")
    number = len(lstm[0])
    assert (second["same macro-F1"], second["test examples"]) == (f"{number - 1} of {number}", "4")
    assert (second["plain: same class"], second["plain: largest |Δp|"]) == ("97\N{NO-BREAK SPACE}%", "2.0e-06")
    first, second = costs.speed_table(results, baselines).to_dict("records")
    assert (second["Keras, ms"], second["numpy, fast, ms"], second["numpy, plain, ms"]) == ("200", "50", "300")
    assert (second["numpy, fast / Keras"], second["over all variants"]) == ("0.25", "0.25 to 2.00")
    assert first["numpy, plain, ms"] == ""
    assert {each["network"] for each in (first, second)} == {ARCHITECTURES[name].title for name in ("cnn", "lstm")}
