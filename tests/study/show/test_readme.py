"""Five lines of answers: each sentence follows the results."""

import pandas as pd
import pytest

from study.architectures import ARCHITECTURES, variants
from study.show import readme
from study.show.words import signed

from ..made_up import RIVAL, tables


def lstms():
    return len(variants("lstm"))


def line(number, *args, **settings):
    return readme.lines(*tables(*args, **settings))[number]


def test_every_group_is_answered():
    asked = {group for groups in readme.QUESTIONS.values() for group in groups} | {readme.BEYOND, readme.EQUAL}
    assert asked == {group for family in ARCHITECTURES.values() for group in family.groups}


@pytest.mark.parametrize(
    ("fewer", "more", "said"),
    [
        (
            (-0.05, "worse"),
            (0.04, "better"),
            "LSTM, more is better: against 2 layers, 3 (+0.040) is better; 1 (−0.050)",
        ),
        (
            (0.05, "better"),
            (-0.04, "worse"),
            "LSTM, less is better: against 2 layers, 1 (+0.050) is better; 3 (−0.040)",
        ),
        ((0.05, "better"), (0.04, "better"), "LSTM: against 2 layers, 1 (+0.050) and 3 (+0.040) are better."),
        ((-0.031, "worse"), (0.033, "better"), "3 (+0.033) is better, perhaps by too little; 1 (−0.031) is worse, per"),
        ((0.00, "equivalent"), (-0.02, "not resolved"), "1 (0.000) is equivalent; 3 (−0.020) is not resolved."),
    ],
)
def test_depth(fewer, more, said):
    assert said in line(0, "lstm", {("layers", "layers-1"): fewer, ("layers", "layers-3"): more})


def test_what_is_fragile_is_called_so_and_makes_no_order():
    results, baselines, rows = tables(
        "lstm", {("layers", "layers-1"): (-0.05, "worse"), ("layers", "layers-3"): (0.04, "better")}
    )
    assert "LSTM, more is better: against" in readme.lines(results, baselines, rows)[0]
    rows["fragile"] = rows["variant"] == "layers-3"
    said = readme.lines(results, baselines, rows)[0]
    assert "LSTM: against 2 layers, 3 (+0.040) is better, but fragile; 1 (−0.050) is worse." in said


def test_what_has_no_order_is_not_said_to_be_better_with_more():
    sizes = {("kernel_sizes", f"kernel_sizes-{size}"): (0.02, "better") for size in ("5-5-5", "3-5-7")}
    said = line(2, "cnn", sizes | {("pooling", "pooling-average"): (-0.03, "worse")})
    assert "CNN: against filter sizes 3-3-3, 5-5-5 (+0.020) and 3-5-7 (+0.020) are better." in said
    assert "CNN: against max pooling, average (−0.030) is worse." in said


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        ((0.29, "better"), "removing the mask costs 0.290 (95 % interval +0.286 to +0.292); all steps together"),
        (
            (-0.02, "worse"),
            "removing the mask gains 0.020 (95 % interval +0.018 to +0.024), perhaps too little to matter; all",
        ),
        ((0.01, "not resolved"), "costs 0.010 (95 % interval +0.006 to +0.012), not resolved; all steps"),
    ],
)
def test_the_mask_is_no_knob(mask, said):
    text = line(3, "lstm", {("beyond", "layers-1"): mask, ("beyond", "beyond-bidirectional", "beyond-unmasked"): mask})
    assert said in text
    assert text.endswith(
        f"all steps together {signed(mask[0])} ({mask[1]}); of the other steps, maximum over time (0.000) and both "
        "directions (0.000) are not resolved."
    )


def test_each_step_is_named_with_its_verdict():
    said = {
        ("beyond", "beyond-dropout"): (0.02, "better"),
        ("beyond", "beyond-augmentation"): (0.01, "equivalent"),
        ("beyond", "beyond-reference", "baseline"): (0.1, "better"),
    }
    told = line(3, "cnn", said)
    assert "CNN: all steps together +0.100 (better); step by step, lighter dropout after the blocks (+0.020) is" in told
    assert "augmentation (+0.010) is equivalent" in told
    assert told.endswith(" are not resolved.")
    assert "+0.100" not in told.partition("step by step")[2]


def test_the_best_is_so_on_validation_data():
    said = line(
        4,
        "lstm",
        {("baselines", "layers-3"): (0.01, "equivalent"), ("baselines", "layers-1"): (-0.2, "worse")},
        scores={"layers-3": (0.8, 0.45), "layers-1": (0.5, 0.9)},
    )
    assert (
        f"LSTM, 3 layers: 0.800 on validation, 0.450 on test, +0.010 (+0.006 to +0.012) against {RIVAL} (0.410), "
        f"equivalent; of {lstms()} variants 1 loses" in said
    )


def test_how_many_lose_to_a_simple_method():
    assert f"against {RIVAL} (0.410), not resolved; of {lstms()} variants none loses to that method." in line(4, "lstm")
    names = [each.name for each in variants("lstm")]
    assert f"of {lstms()} variants all lose to that method." in line(
        4, "lstm", {("baselines", name): (-0.1, "worse") for name in names}
    )


def test_numpy_is_not_said_to_agree_where_it_does_not():
    assert f"numpy gives Keras' class for every test example in each of {2 * lstms()} networks" in line(4, "lstm")
    assert "for at least 98 % of the test" in line(4, "lstm", agreement=0.98, max_abs_diff=3e-3).replace("\xa0", " ")
    assert "probability is 3e-03" in line(4, "lstm", max_abs_diff=3e-3)


def test_several_architectures_stand_in_one_line():
    both = [pd.concat(parts) for parts in zip(tables("cnn"), tables("lstm"), strict=True)]
    lines = readme.lines(*both)
    assert len(lines) == 5
    assert all("CNN" in each and "LSTM" in each for each in lines)
