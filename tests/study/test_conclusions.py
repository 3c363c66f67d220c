"""The sentences must follow the results, whatever these are."""

from dataclasses import replace

import numpy as np

from study import conclusions, data, runs, tables

from .made_up import checks


def test_better():
    text = conclusions.of_group(checks({"baseline": 0.6, "layers-1": 0.8}), "layers")
    assert "**1**: test macro-F1 0.80" in text
    assert "+0.2" in text
    assert "better on this test split" in text
    assert "worse" not in text


def test_worse():
    text = conclusions.of_group(checks({"baseline": 0.8, "layers-1": 0.6}), "layers")
    assert "-0.2" in text
    assert "worse on this test split" in text
    assert "better" not in text


def test_not_resolved():
    text = conclusions.of_group(checks({"baseline": 0.7, "layers-1": 0.701}), "layers")
    assert "not resolved, the interval holds zero" in text
    assert "better" not in text


def test_dead():
    found = checks({"masking-unmasked": None})
    assert "**dead**: it predicts one class for everything" in conclusions.of_group(found, "masking")
    assert "DEAD" not in tables.group_table(found, "layers").to_string()
    for table in (tables.group_table(found, "masking"), tables.check_table(found)):
        assert "unmasked DEAD" in table.to_string()
    dead = checks({"layers-3": None}, seeds=(0, 4))
    assert "3 DEAD (seed 0, 4)" in tables.published_table(dead).to_string()
    assert "layers-3, seed 4 DEAD" in tables.check_table(dead).to_string()
    assert "(**dead** with seed 0, 4: it predicts one class" in conclusions.of_group(dead, "layers")


def test_dead_baseline():
    assert "**dead**" in conclusions.of_group(checks({"baseline": None, "layers-1": 0.7}), "layers").splitlines()[0]


def test_one_seed_is_said_to_be_one():
    assert "each network was trained once" in conclusions.of_group(checks({}), "cells")
    several = conclusions.of_group(checks({}, seeds=(0, 1, 2)), "cells")
    assert "Means over 3 seeds" in several
    assert "trained once" not in several


def test_epochs_that_ran_out_are_named():
    assert "Still improving" not in conclusions.of_group(checks({}, best_epoch=3, epochs_at_most=6), "cells")
    assert "Still improving" in conclusions.of_group(checks({}, best_epoch=6, epochs_at_most=6), "cells")


def test_summary_sorts_the_variants():
    text = conclusions.summary(
        checks(
            {
                "baseline": 0.6,
                "layers-1": 0.8,
                "cells-32-16": 0.4,
                "direction-bidirectional": 0.601,
                "masking-unmasked": 0.8,
            }
        )
    )
    assert "better on this test split: layers-1." in text
    assert "worse on this test split: cells-32-16." in text
    # masking-unmasked is better than the baseline, but it is compared with the masked layer.
    assert "zero: layers-3, cells-128-64, direction-bidirectional, masking-unmasked." in text
    assert "Dead" not in text
    assert "**Dead**, one class for everything: layers-3." in conclusions.summary(checks({"layers-3": None}))


def test_published_copies_are_not_compared():
    table = tables.published_table(checks({}, "simple_rnn"))
    copied = table["group"] == "Direction"
    assert (table.loc[copied, "difference"] == "").all()
    assert table.loc[copied, "note"].str.contains("copied in the source, not comparable").all()
    assert (table.loc[~copied, "difference"] != "").all()


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
    texts = replace(
        data.load("nusax", tmp_path, "sample"),
        x_train=np.array(["a " * 20, "a " * 20, "a " * 20, "a " * 60], dtype=object),
    )
    text = conclusions.text_lengths("simple_rnn", texts)
    assert "holds 40 words. 25% of the training texts are longer and are cut" in text
    assert "half of them have 20 words or fewer, and on the average 38% of the input is padding" in text
