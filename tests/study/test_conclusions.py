"""The sentences must follow the results, whatever these are."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import conclusions, data, runs, tables
from study.variants import ARCHITECTURES

from .made_up import RIVAL, results

TEN = tuple(range(10))


@pytest.mark.parametrize("seeds", [(0,), TEN])
def test_better(seeds):
    text = conclusions.of_group(results({"baseline": 0.5, "layers-1": 0.9}, seeds=seeds), "layers")
    assert "**1** against 2: test macro-F1 0.90" in text
    assert "a difference of +0.4" in text
    assert text.count("**better**") == 1
    assert "**worse**" not in text
    assert ("Exact McNemar test" in text) == (len(seeds) == 1)
    assert ("it is ahead in more than 99 % of all pairs" in text) == (len(seeds) > 1)


@pytest.mark.parametrize("seeds", [(0,), TEN])
def test_worse(seeds):
    text = conclusions.of_group(results({"baseline": 0.9, "layers-1": 0.5}, seeds=seeds), "layers")
    assert "a difference of -0.4" in text
    assert text.count("**worse**") == 1
    assert "**better**" not in text
    assert ("in less than 1 % of all pairs" in text) == (len(seeds) > 1)


def test_not_resolved():
    text = conclusions.of_group(results({"baseline": 0.7, "layers-1": 0.72}, seeds=TEN, spread=0.1), "layers")
    assert text.count("**not resolved**") == 2
    assert "the results allow a difference either way" in text
    assert "**better**" not in text


def test_not_resolved_after_holm():
    """An interval that leaves out zero where another comparison is made beside it."""
    found = results({"baseline": 0.7, "layers-1": 0.73}, seeds=TEN, spread=0.02)
    row = found.comparisons.loc[0]
    assert row["low"] > 0
    found.comparisons.loc[0, ["p_holm", "verdict"]] = [0.07, "not resolved"]
    assert "The interval leaves out zero, but not by enough" in conclusions.of_group(found, "layers")


def test_equivalent():
    found = results({"baseline": 0.7}, seeds=TEN, examples=6000)
    text = conclusions.of_group(found, "direction")
    assert "**equivalent**. All of the interval lies within ±0.03, set beforehand" in text


def test_steps_are_compared_with_the_one_before():
    text = conclusions.of_group(results({"layers-1": 0.5, "beyond-maximum": 0.9}), "beyond")
    assert "**maximum over time** against masked: test macro-F1 0.90" in text
    assert "**both directions** against not masked" in text
    assert "better and worse are corrected by Holm for 4 comparisons" in text


def test_how_far_the_intervals_reach():
    found = results({"baseline": 0.7, "layers-1": 0.9}, seeds=TEN)
    reach = (found.of_group("layers")["high"] - found.of_group("layers")["low"]) / 2
    assert f"{reach.min():.3f}" != f"{reach.max():.3f}"
    assert f"here {reach.min():.3f} to {reach.max():.3f}.*" in conclusions.of_group(found, "layers")


def test_dead():
    found = results({"beyond-unmasked": None})
    assert "**Dead**, one class for everything: beyond-unmasked (seed 0)." in conclusions.of_group(found, "beyond")
    assert "Dead" not in conclusions.of_group(found, "layers")
    assert "DEAD" not in tables.group_table(found, "layers").to_string()
    for table in (tables.group_table(found, "beyond"), tables.check_table(found.checks)):
        assert "unmasked DEAD" in table.to_string()
    dead = results({"layers-3": None}, seeds=(0, 4))
    assert "layers-3, seed 4 DEAD" in tables.check_table(dead.checks).to_string()
    assert "3 DEAD (seed 0, 4)" in tables.group_table(dead, "layers").to_string()
    assert "**Dead**, one class for everything: layers-3 (all 2 seeds)." in conclusions.summary(dead)


def test_one_seed_is_said_to_be_one():
    assert "each network was trained once" in conclusions.of_group(results({}), "cells")
    several = conclusions.of_group(results({}, seeds=(0, 1, 2)), "cells")
    assert "Means over 3 seeds" in several
    assert "trained once" not in several


def test_epochs_that_ran_out_are_named():
    assert "last epoch" not in conclusions.of_group(results({}, best_epoch=3, epochs_at_most=6), "cells")
    assert "last epoch of the budget: 32-16, 64-32, 128-64." in conclusions.of_group(
        results({}, best_epoch=6, epochs_at_most=6), "cells"
    )


def test_a_network_that_loses_to_a_baseline_is_said_to_lose():
    right = {"baseline": 0.7, "layers-1": 0.95, "layers-3": 0.4}
    text = conclusions.of_group(results(right, rival=0.75, seeds=TEN, spread=0.02), "layers")
    assert f"Against the strongest method without a network ({RIVAL}: 0.7" in text
    assert "**these lose to it**: 3; these beat it: 1; not resolved: 2." in text
    listed = conclusions.against_baselines(results(right, rival=0.75, seeds=TEN, spread=0.02).comparisons)
    assert listed.startswith("- **LSTM.** Against")
    assert "**these lose to it**: 3 layers; these beat it: 1 layer;" in listed


def test_summary_sorts_the_variants():
    right = {"baseline": 0.6, "layers-1": 0.9, "cells-32-16": 0.3, "direction-bidirectional": 0.61}
    text = conclusions.summary(results(right, seeds=TEN, spread=0.05))
    lists = dict(re.findall(r"- \*\*(.+)\*\*\n((?:    - .+\n)+)", text + "\n"))
    assert "number of layers: 1 against 2 (+0." in lists["Made it better"]
    assert "cells per layer: 32-16 against 64-32 (-0." in lists["Made it worse"]
    differences = [abs(float(each)) for each in re.findall(r"\(([+-][\d.]+)\)", lists["Made it worse"])]
    assert differences == sorted(differences, reverse=True)
    assert len(differences) == 2
    assert "direction: bidirectional against unidirectional" in text.partition("Not resolved")[2]
    assert "No difference that matters" not in text
    assert "Dead" not in text


def test_over_all_names_the_architecture():
    both = [results({}, architecture=name).comparisons for name in ("simple_rnn", "lstm")]
    text = conclusions.overall(pd.concat(both))
    assert "SimpleRNN, number of layers: 1 against 2" in text
    assert "LSTM, number of layers: 1 against 2" in text
    assert "another seed may reverse" in conclusions.limits(pd.concat(both))
    several = results({}, seeds=(0, 1)).comparisons
    assert "another seed may reverse" not in conclusions.limits(several)


def test_setting_names_what_it_ran_on(tmp_path):
    texts = data.load("nusax", tmp_path, "sample")
    text = conclusions.setting("lstm", texts, runs.Place("tiny", True, tmp_path))
    assert text.startswith("> **SAMPLE DATA, not NusaX-Senti.**")
    for part in (
        texts.checksum,
        "60 of 420 training, 40 of 90 validation, 210 test",
        "seeds: 0",
        "learning_rate",
        "tensorflow 2.",
    ):
        assert part in text


def test_the_comparison_with_published_figures_says_what_it_is_worth(tmp_path):
    sample = data.load("nusax", tmp_path, "sample")
    real = replace(sample, is_sample=False)
    assert "not comparable" in conclusions.published_caution("lstm", sample, runs.Place("full", True))
    assert "60 of 420 samples, for at most 1 epochs" in conclusions.published_caution(
        "lstm", real, runs.Place("tiny", False)
    )
    assert "all training samples" in conclusions.published_caution("lstm", real, runs.Place("full", False))


def test_the_floor_is_that_of_the_data(tmp_path):
    even = data.load("nusax", tmp_path, "sample")
    assert "has a loss of 1.10" in conclusions.knowing_nothing(even)
    assert "accuracy of 0.33 and a test macro-F1 of only 0.1667" in conclusions.knowing_nothing(even)
    uneven = replace(even, y_train=np.repeat([0, 1, 2], [192, 119, 189]), y_test=np.repeat([0, 1, 2], [153, 96, 151]))
    assert "has a loss of 1.08" in conclusions.knowing_nothing(uneven)
    assert "*negative* to everything a test accuracy of 0.38 and a test macro-F1 of only 0.1844" in (
        conclusions.knowing_nothing(uneven)
    )


def test_text_lengths_are_counted(tmp_path):
    length = ARCHITECTURES["simple_rnn"].training["sequence_length"]
    short, long = "a " * (length // 2), "a " * (length + 20)
    texts = replace(data.load("nusax", tmp_path, "sample"), x_train=np.array([short, short, short, long], dtype=object))
    text = conclusions.text_lengths("simple_rnn", texts)
    assert f"holds {length} words. 25% of the training texts are longer and are cut" in text
    assert f"half of them have {length // 2} words or fewer, and on average 38% of the input is padding" in text


def test_the_networks_that_train_longer_are_named():
    assert conclusions.epochs_allowed("cnn", "quick") == "5 epochs, beyond-longer 15"
    assert conclusions.epochs_allowed("lstm", "tiny") == "1 epochs"
