"""Every figure says what it shows with its numbers, no two of them the same; every table has a caption."""

import numpy as np
import pandas as pd
import pytest

from study.architectures import variants
from study.datasets import load
from study.runs import Place
from study.show import closeups, curves, explain, figures, tables, ways
from study.show.sentences import say

from ..made_up import RIVAL, checks, weighed


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """LSTMs of which one layer is best, on validation data, too."""
    made = checks({"layers-1": 0.8, "layers-3": 0.6}, seeds=(0, 1), spread=0.05)
    for each in made:
        each.run.record["metrics"] = each.run.record["metrics"] | {"val_f1": 0.5 + 0.1 * ("1" in each.run.variant.name)}
    return weighed(made, place=Place("quick", False, tmp_path_factory.mktemp("figures")))


@pytest.fixture(scope="module")
def drawn(found):
    """{what: Picture} of all figures of an architecture's results."""
    place, texts = found.place, load("nusax", source="sample")
    groups = ("layers", "beyond")
    several = {f"{group}-scores": figures.scores(found, group) for group in groups}
    several |= {f"{group}-curves": curves.picture(found, group) for group in groups}
    several |= {
        "classes": figures.class_balance(texts, place, "lstm"),
        "lengths": figures.text_lengths(texts, place, "lstm"),
        "earlier": figures.against_earlier(found),
        "confusion": closeups.confusion(found),
        "calibration": closeups.calibration(found),
        "by length": closeups.f1_by_length(found),
        "ways": ways.three_ways(found),
    }
    return several


def test_no_two_figures_have_the_same_text_and_each_has_numbers(drawn):
    alts = [each.alt for each in drawn.values()]
    assert len({*alts}) == len(alts)
    for name, each in drawn.items():
        assert any(sign.isdigit() for sign in each.alt), name
        assert "LSTM" in each.alt
        assert each.caption and each.caption != each.alt
        assert each.alt[-1] == each.caption[-1] == "."
        assert not {"*", "`", "{"} & {*each.alt, *each.caption}


def test_the_scores_are_told_with_their_intervals(drawn, found):
    said = drawn["layers-scores"].alt
    for words, name in (("1 layer", "layers-1"), ("2 layers", "baseline"), ("3 layers", "layers-3")):
        side = found.sides[name]
        mean = f"{side.mean.estimate:.3f} (95 % interval {side.mean.low:.3f} to {side.mean.high:.3f})"
        assert f"{words} {mean}, 2 networks from {min(side.scores):.3f} to {max(side.scores):.3f};" in said
    assert f"{RIVAL} at {found.sides[RIVAL].mean.estimate:.3f}" in said
    assert "from that of 2 layers by too little" in drawn["layers-scores"].caption
    assert "too little" not in drawn["beyond-scores"].caption


def test_the_curves_are_told_with_the_scores_that_they_lead_to(drawn, found):
    test = found.sides["layers-3"].mean.estimate
    said = drawn["layers-curves"].alt.partition("3 layers: ")[2]
    assert said == (
        "training loss 1.00 after the first epoch and 0.60 after 4, "
        "validation loss 1.10 after the first epoch and 0.60 after 4, "
        f"macro-F1 0.500 on validation data and {test:.3f} on test data."
    )


def test_a_closer_look_in_numbers(drawn, found):
    assert f"Right: a {100 * np.mean(found.sides['layers-1'].predicted[:, found.data.y_test == 0] == 0):.0f}" in (
        drawn["confusion"].alt
    )
    assert drawn["confusion"].alt.count("taken for") == closeups.MIXED
    right = np.mean(found.sides["layers-1"].predicted == found.data.y_test)
    assert f"1 layer: confidence 0.900 on average, right {right:.3f}, mean distance" in drawn["calibration"].alt
    assert drawn["by length"].alt.count("0.") >= 8
    assert f"{len(variants('lstm'))} variants. Keras: test macro-F1 0." in drawn["ways"].alt


def test_shares_that_are_the_same_for_all_classes_are_said_once():
    shares = [("a", 0.5), ("b", 0.5)]
    said = say("alts.class_balance", title="CNN", splits=[{"name": "test", "number": 1234, "shares": shares}])
    assert said == "Bars, data of the CNN: 1,234 test examples, every class 50\N{NO-BREAK SPACE}%."
    shares = [("a", 0.4), ("b", 0.6)]
    said = say("alts.class_balance", title="CNN", splits=[{"name": "test", "number": 12, "shares": shares}])
    assert said.replace("\N{NO-BREAK SPACE}", " ").endswith("CNN: 12 test examples, a 40 %, b 60 %.")


def test_every_table_has_a_caption(found):
    several = [
        tables.variants_table("lstm"),
        tables.group_table(found, "layers"),
        tables.group_table(found, "cells"),
        tables.comparison_table(found, "layers"),
        tables.comparison_table(found),
        tables.baselines_table(found),
        tables.check_table(found.checks),
        tables.predictions_table(np.eye(3)[:2], "abc"),
        closeups.class_table(found),
        closeups.calibration_table(found),
        closeups.hardest_texts(found),
        ways.ways_table(found.checks),
        explain.layers_table({"Dropout": None}),
        explain.steps(["a", "b"], [{"h": np.zeros(2)}] * 2),
        explain.difference(np.eye(2), np.eye(2)),
    ]
    captions = [each.caption for each in several]
    assert all(captions)
    assert len({*captions}) == len(captions)
    scores = (
        "LSTM, number of layers: macro-F1 with its 95 % interval on the test split, means over 2 seeds, of times the"
    )
    assert f"{scores} least." in captions[1]
    assert RIVAL in captions[4]


def test_without_rows_a_caption_stands_above_nothing():
    assert tables.Table(pd.DataFrame()).captioned("Nothing.")._repr_html_() == ""
