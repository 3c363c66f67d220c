"""The sentences must follow the results, whatever these are."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import elsewhere, findings, full
from study.architectures import ARCHITECTURES, pairs, variants
from study.runs import Place
from study.show import conclusions, readings, tables
from study.show.words import signed, within
from study.sides import Side, pairs_ahead

from ..made_up import RIVAL, checks, comparisons, results, weighed
from ..made_up import tables as made_tables

TEN = tuple(range(10))


@pytest.mark.parametrize("seeds", [(0,), TEN])
def test_better(seeds):
    text = conclusions.of_group(results({"baseline": 0.5, "layers-1": 0.9}, seeds=seeds), "layers")
    assert "**1** against 2: test macro-F1 0.90" in text
    assert "a difference of +0.4" in text
    assert text.count("**better**") == 1
    assert "**worse**" not in text
    assert "McNemar" not in text  # explained once, and in the table
    assert ("It is ahead in 100 of 100 pairs of networks on this test split" in text) == (len(seeds) > 1)
    assert ("That holds for these two networks." in text) == (len(seeds) == 1)
    assert "Perhaps by too little" not in text


@pytest.mark.parametrize("seeds", [(0,), TEN])
def test_worse(seeds):
    text = conclusions.of_group(results({"baseline": 0.9, "layers-1": 0.5}, seeds=seeds), "layers")
    assert "a difference of −0.4" in text
    assert text.count("**worse**") == 1
    assert "**better**" not in text
    assert ("It is ahead in 0 of 100 pairs of networks" in text) == (len(seeds) > 1)


def test_not_resolved():
    found = results({"baseline": 0.7, "layers-1": 0.72}, seeds=TEN, spread=0.1)
    text = conclusions.of_group(found, "layers")
    assert text.count("**not resolved**") == 2
    for row in found.of_group("layers").itertuples():
        assert f"At best a gain of {row.high:.3f}, at worst a loss of {-row.low:.3f}." in text
    assert "**better**" not in text


def test_what_rounds_to_nothing_is_none():
    found = results({"baseline": 0.7, "layers-1": 0.72}, seeds=TEN, spread=0.1)
    found.comparisons.loc[0, ["low", "high"]] = [-0.039, 0.0004]
    found.comparisons.loc[1, ["low", "high"]] = [-0.0004, 0.021]
    text = conclusions.of_group(found, "layers")
    assert "At best no gain, at worst a loss of 0.039." in text
    assert "At best a gain of 0.021, at worst no loss." in text


def test_how_many_pairs_are_ahead():
    """One network of each kind, by their scores on this test split; a tie is not ahead."""
    ours, theirs = (
        Side(np.zeros((3, 2), int), np.array(scores), np.zeros((3, 4)))
        for scores in ([0.5, 0.6, 0.7], [0.5, 0.4, 0.65])
    )
    assert pairs_ahead(ours, theirs) == (6, 9)
    assert pairs_ahead(theirs, ours) == (2, 9)


def test_what_is_better_by_little_is_said_to_be():
    found = results({"baseline": 0.5, "layers-1": 0.9}, seeds=TEN)
    margin = ARCHITECTURES["lstm"].margin
    for near, little in ((margin + 0.001, False), (margin - 0.001, True)):
        found.comparisons.loc[0, "low"] = near
        assert ("**better**. Perhaps by too little to matter. It is" in conclusions.of_group(found, "layers")) == little
    found.comparisons.loc[0, ["effect", "low", "high", "verdict"]] = [-0.2, -0.4, -0.01, "worse"]
    assert "**worse**. Perhaps by too little to matter. It is" in conclusions.of_group(found, "layers")


def test_not_resolved_after_holm():
    """An interval that leaves out zero where another comparison is made beside it."""
    found = results({"baseline": 0.7, "layers-1": 0.73}, seeds=TEN, spread=0.02)
    row = found.comparisons.loc[0]
    assert row["low"] > 0
    found.comparisons.loc[0, ["p_holm", "verdict"]] = [0.07, "not resolved"]
    said = "The interval leaves out zero, but not by enough where several comparisons are made at once (p = 0.070)."
    assert said in conclusions.of_group(found, "layers")


def test_equivalent():
    found = results({"baseline": 0.7, "layers-1": 0.699}, examples=1200)
    text = conclusions.of_group(found, "direction")
    assert (
        "**equivalent**. Differences of ±0.03 and more, set beforehand as those that matter, are ruled out (p " in text
    )
    columns = ["low", "high", "p_holm_equal", "verdict"]
    for high, said in ((0.029, True), (0.031, False)):
        found.comparisons.loc[0, columns] = [-0.01, high, 0.06, "not resolved"]
        text = conclusions.of_group(found, "layers")
        assert ("That is too little to matter, but not surely so where several comparisons" in text) == said
        assert ("at once (p = 0.060)" in text) == said


def test_in_which_checks_a_verdict_does_not_hold_is_named():
    found = results({"baseline": 0.7, "layers-1": 0.9}, seeds=TEN)
    text = conclusions.of_group(found, "layers")
    assert "It holds in 4 of 4 checks." in text
    assert "fragile" not in text
    mine = (found.robustness["variant"] == "layers-1") & (found.robustness["group"] == "layers")
    tried = found.robustness[mine & (found.robustness["method"] == "pooled")]
    more = [tried.assign(method="half-rate", verdict="worse", effect=-0.2), tried.assign(method="double-rate")]
    again = pd.concat([found.robustness, *more])
    again.loc[(again["method"] == "bootstrap") & (again["variant"] == "layers-1"), "verdict"] = "not resolved"
    found = replace(found, robustness=again)
    found.comparisons.loc[0, ["holds", "checks", "fragile"]] = [4, 6, True]
    text = conclusions.of_group(found, "layers")
    assert "**better, fragile**. It is ahead in 100 of 100" in text
    said = "It holds in 4 of 6 checks, not with the literal bootstrap (not resolved), half the learning rate (worse)."
    assert said in text
    assert text.count("fragile") == 1
    again.loc[again["method"] == "double-rate", ["verdict", "effect", "high"]] = ["not resolved", 0.1, 0.3]
    text = conclusions.of_group(replace(found, robustness=again), "layers")
    assert said[:-1] + "; double the learning rate agrees, without resolving it." in text


@pytest.mark.usefixtures("grid_of_today")
def test_checks_are_explained_where_there_are_such():
    found = results({"baseline": 0.7, "layers-1": 0.9}, seeds=TEN)
    text = conclusions.how_to_read(found)
    assert "the correction over all groups). It holds where the verdict is the same. *Fragile*" in text
    assert "*Other languages*" in text
    tried = found.robustness.iloc[:1]
    again = pd.concat([found.robustness, tried.assign(method="double-rate"), tried.assign(method="half-rate")])
    text = conclusions.how_to_read(replace(found, robustness=again))
    assert "trained anew with half the learning rate and double the learning rate. It holds where" in text
    assert "*equivalent* also holds if the difference is less than 0.03. On this page the verdicts within" in text
    assert "tried anew 2 times: 2 times with the same verdict, 0 times in agreement but not resolved, 0" in text
    assert "0 times with neither. *Fragile* is a verdict that holds in no" in text
    assert "or in none of the trainings anew: do not build on it." in text
    single = conclusions.how_to_read(results({}))
    assert "Fragile" not in single
    assert "Other languages" not in single
    images = conclusions.how_to_read(results({}, architecture="cnn", seeds=(0, 1), classes=10))
    assert "*Holds in*" in images
    assert "Other languages" not in images


def test_the_other_languages_stand_behind_a_verdict(monkeypatch):
    counts = dict(zip(elsewhere.COUNTS, (11, 3, 9, 5, 4, 2), strict=True))
    monkeypatch.setattr(elsewhere, "beside", lambda rows, place: rows.assign(**counts))
    found = results({"baseline": 0.7, "layers-1": 0.9}, seeds=TEN)
    text = conclusions.of_group(found, "layers")
    both = "In the 11 other languages, each trained 3 times, the difference"
    assert f"{both} has this sign in 9, clearly in 4, and clearly the other sign in 2." in text
    found.comparisons.loc[0, "verdict"] = "equivalent"
    assert f"{both} is as small in 5, and clear of zero in 6." in conclusions.of_group(found, "layers")
    monkeypatch.setattr(elsewhere, "beside", lambda rows, place: rows.assign(**dict.fromkeys(counts, np.nan)))
    assert "other languages" not in conclusions.of_group(found, "layers")
    once = counts | {"seeds": 1}
    monkeypatch.setattr(elsewhere, "beside", lambda rows, place: rows.assign(**once))
    assert "each trained once, the difference" in conclusions.of_group(found, "layers")
    assert "each trained once with these settings, with the same seed in all," in conclusions.how_to_read(found)


def test_what_is_fragile_is_listed_apart():
    said = {("layers", "layers-1"): (0.1, "better"), ("cells", "cells-32-16"): (0.05, "better")}
    rows = comparisons("lstm", said)
    assert "Fragile" not in conclusions.overall(rows)
    fragile = rows["group"] == "layers"
    rows = rows.assign(holds=2, checks=6, fragile=fragile & (rows["variant"] == "layers-1"))
    better, _, apart = conclusions.overall(rows).partition("- **Fragile")
    assert "cells per layer: 32-16 against 64-32 (+0.050)\n" in better
    assert "layers" not in better
    assert "    - number of layers: 1 against 2 (better, +0.100; holds in 2 of 6)\n- **Not resolved" in apart
    rows.loc[rows["variant"] == "layers-1", "fragile"] = rows["variant"] == "layers-1"
    assert "removing the mask costs 0.000 (95 % interval −0.004 to +0.002), fragile, not" in conclusions.overall(rows)


def test_a_fragile_verdict_of_full_is_called_so():
    found = weighed(checks({"baseline": 0.5, "layers-1": 0.9}), place=Place("quick", False))
    committed = full.table("comparisons").assign(fragile=True, holds=1, checks=6)
    with pytest.MonkeyPatch.context() as patch:
        tables_of = {"comparisons": committed, "results": full.table("results")}
        patch.setattr(full, "table", tables_of.__getitem__)
        text = conclusions.of_group(found, "layers")
        assert re.search(r"`full` found: \*\*[a-z ]+, fragile\*\*, [+-]", text)
        assert tables.comparison_table(found, "layers")["full found"].str.contains(", fragile").all()
        assert re.search(r"`full`[a-z ]*: [a-z ]+, fragile \(", conclusions.summary(found))


def test_steps_are_compared_with_the_one_before():
    text = conclusions.of_group(results({"layers-1": 0.5, "beyond-maximum": 0.9}), "beyond")
    assert "**maximum over time** against masked: test macro-F1 0.90" in text
    assert "**all steps together** against not masked" in text
    assert "**both directions** against not masked" not in text
    table = tables.comparison_table(results({"layers-1": 0.5, "beyond-maximum": 0.9}), "beyond")
    assert table.iloc[-1][["variant", "compared with"]].tolist() == ["all steps together", "not masked"]
    assert table["variant"].tolist()[:-1] == ["masked", "maximum over time", "both directions"]
    assert "the verdicts are corrected for 4 comparisons" in text


def test_dead():
    found = results({"beyond-unmasked": None})
    assert "**Dead**, one class for everything: not masked (seed 0)." in conclusions.of_group(found, "beyond")
    assert "Dead" not in conclusions.of_group(found, "layers")
    assert "DEAD" not in tables.group_table(found, "layers").to_string()
    for table in (tables.group_table(found, "beyond"), tables.check_table(found.checks)):
        assert "not masked DEAD" in table.to_string()
    dead = results({"layers-3": None}, seeds=(0, 4))
    assert "3 layers DEAD (all 2 seeds)" in tables.check_table(dead.checks).to_string()
    assert "3 DEAD (all 2 seeds)" in tables.group_table(dead, "layers").to_string()
    three = results({"layers-3": None}, seeds=(0, 4, 7)).checks
    some = [each for each in three if each.run.seed != 7] + [each for each in results({}, seeds=(7,)).checks]
    assert "3 layers DEAD (seed 0, 4)" in tables.check_table(some).to_string()
    assert "**Dead**, one class for everything: 3 layers (all 2 seeds)." in conclusions.summary(dead)


def test_one_seed_is_said_to_be_one():
    assert "each network was trained once" in conclusions.of_group(results({}), "cells")
    several = conclusions.of_group(results({}, seeds=(0, 1, 2)), "cells")
    assert "Means over 3 seeds" in several
    fewer = [each for each in checks({}, seeds=(0, 1, 2)) if (each.run.variant.name, each.run.seed) != ("baseline", 2)]
    assert "Means over 2 or 3 seeds" in conclusions.of_group(weighed(fewer), "cells")
    assert "Means over 3 seeds" in conclusions.of_group(weighed(fewer), "beyond")
    assert "network was trained once" not in several


def test_training_stands_against_validation():
    found = checks({}, seeds=(0, 1))
    scores = {"baseline": (0.9, 0.6), "cells-32-16": (0.7, 0.65), "cells-128-64": (0.8, 0.4)}
    for each in found:
        train_f1, val_f1 = scores.get(each.run.variant.name, (0.75, 0.6))
        shift = 0.01 if each.run.seed else -0.01
        each.run.record["metrics"] = {"val_loss": 0.5, "val_f1": val_f1 + shift, "train_f1": train_f1 + shift}
    assert (
        "the training data are learnt least with 32-16 cells (0.700 against 0.650) and most with 64-32 cells (0.900 "
        "against 0.600); the gap between training and validation is widest with 128-64 cells (0.800 against 0.400)."
    ) in conclusions.of_group(weighed(found), "cells")
    for spread, alike in ((0.004, True), (0.006, False)):
        for each in found:
            each.run.record["metrics"]["train_f1"] = 0.9 + spread * (each.run.variant.name == "direction-bidirectional")
        text = conclusions.of_group(weighed(found), "direction")
        assert ("all have learnt their training data nearly alike (0.900 against 0.600 to 0.904 " in text) == alike
        assert ("learnt least with unidirectional" in text) != alike


@pytest.mark.parametrize(("profile", "is_sample"), [("quick", False), ("quick", True), ("full", False)])
def test_what_full_found_stands_beside_a_smaller_profile(profile, is_sample):
    """The made-up results contradict the committed verdict on the LSTM without mask, which is far worse."""
    found = weighed(checks({"baseline": 0.5, "beyond-unmasked": 0.9}), place=Place(profile, is_sample))
    row = full.beside(found.of_group("beyond"), Place("quick", False)).iloc[0]
    assert (row["variant"], row["verdict"], row["full_verdict"]) == ("layers-1", "worse", "better")
    text, table = conclusions.of_group(found, "beyond"), tables.comparison_table(found, "beyond")
    said = f"`full` found: **better**, {signed(row.full_effect)} ({within(row.full_low, row.full_high)})."
    both = f"{said} **The two contradict each other**: here 1 seed instead of {ARCHITECTURES['lstm'].seeds}."
    assert (both in text) == full.speaks_of(found.place)
    assert ("full found" in text.replace("`", "")) == ("full found" in table) == full.speaks_of(found.place)
    assert ("believe `full`" in conclusions.how_to_read(found)) == full.speaks_of(found.place)
    if full.speaks_of(found.place):
        assert table["full found"][0] == f"{signed(row.full_effect)}, better (contradicts)"
        agreeing = table["full found"][~full.beside(found.of_group("beyond"), found.place)["contradicts"].to_numpy()]
        assert len(agreeing)
        assert not agreeing.str.contains("contradicts").any()


def test_tests_are_explained_where_they_stand():
    for seeds, there, gone in (((0,), "*McNemar*", "*Ahead*"), ((0, 1), "*Ahead*", "*McNemar*")):
        found = results({}, seeds=seeds)
        assert there in conclusions.how_to_read(found)
        assert gone not in conclusions.how_to_read(found)
        assert there[1:-1].lower() in " ".join(tables.comparison_table(found, "layers").columns).lower()
        assert gone[1:-1].lower() not in " ".join(tables.comparison_table(found, "layers").columns).lower()


def test_a_network_that_loses_to_a_baseline_is_said_to_lose():
    right = {"baseline": 0.7, "layers-1": 0.95, "layers-3": 0.4}
    text = conclusions.of_group(results(right, rival=0.75, seeds=TEN, spread=0.02), "layers")
    assert f"Against the method without a network that is best on validation data ({RIVAL}: 0.7" in text
    assert "**these lose to it**: 3 (−0." in text
    assert "these beat it: 1 (+0." in text
    assert "not resolved: 2 (" in text
    listed = conclusions.beside_baselines(results(right, rival=0.75, seeds=TEN, spread=0.02).comparisons)
    assert listed.startswith("- **LSTM.** Against")
    assert "fragile" not in listed
    assert "**these lose to it**: 3 layers (−0." in listed
    found = results(right, rival=0.75, seeds=TEN, spread=0.02).comparisons
    found.loc[(found["variant"] == "layers-3") & (found["baseline"] == RIVAL), "fragile"] = True
    assert ", fragile for 3 layers; " in conclusions.beside_baselines(found)
    assert "these beat it: 1 layer (+0." in listed


def test_summary_sorts_the_variants():
    right = {"baseline": 0.6, "layers-1": 0.9, "cells-32-16": 0.3, "direction-bidirectional": 0.61}
    text = conclusions.summary(results(right, seeds=TEN, spread=0.05))
    lists = dict(re.findall(r"- \*\*(.+)\*\*\n((?:    - .+\n)+)", text + "\n"))
    assert "number of layers: 1 against 2 (+0." in lists["Made it better"]
    assert "cells per layer: 32-16 against 64-32 (−0." in lists["Made it worse"]
    differences = [float(each) for each in re.findall(r"\(−([\d.]+)\)", lists["Made it worse"])]
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


def test_the_mask_stands_apart_and_counts_once():
    right = {
        "baseline": 0.7,
        "layers-1": 0.9,
        "beyond-unmasked": 0.3,
        "beyond-maximum": 0.5,
        "beyond-bidirectional": 0.8,
        "equal-unmasked": 0.5,
    }
    text = conclusions.overall(results(right, seeds=TEN, spread=0.02).comparisons)
    knobs, _, apart = text.partition("- **What was taken away on purpose**\n")
    assert "not masked" not in knobs
    assert "maximum over time against masked" in knobs
    lines = (r"the mask costs 0\.6\d\d", r"the mask at equal settings costs 0\.[12]\d\d")
    interval = r"\(95 % interval \+0\.\d+ to \+0\.\d+\)"
    removed = "\n".join(f"    - removing {line} {interval}" for line in lines)
    whole = r"    - all steps together against not masked: \+0\.\d+, better"
    assert re.fullmatch(f"{removed}\n{whole}", apart)


def test_full_stands_beside_every_line():
    rows = comparisons("lstm", n_seeds=1).assign(full_verdict="equivalent", full_effect=0.004, contradicts=False)
    rows.loc[0, ["verdict", "effect", "low", "high", "contradicts"]] = ["better", 0.1, 0.04, 0.15, True]
    text = conclusions.overall(rows)
    assert "1 against 2 (+0.100); **`full` contradicts: equivalent (+0.004)**" in text
    assert text.count("; `full`: equivalent (+0.004)") == len(re.findall(r"^    - ", text, re.MULTILINE)) - 3
    assert text.count("not resolved; `full`: it costs 0.004, too little to matter") == 2
    for low, little in ((0.03, False), (0.029, True)):
        rows.loc[0, "low"] = low
        assert ("1 against 2 (+0.100, perhaps too little to matter); **" in conclusions.overall(rows)) == little
    said, number = conclusions.against_full(rows, "quick"), len(pairs("lstm"))
    assert (
        f"Of {number} verdicts on this profile's networks, {number} are not those of the profile `full`, and 1 contra"
        in said
    )
    assert f"less was spent here (LSTM: 1 seed instead of {ARCHITECTURES['lstm'].seeds})" in said
    assert "- LSTM, number of layers: 1 against 2: better here (+0.100), equivalent in `full` (+0.004)." in said


def test_all_are_called_all():
    said = {("baselines", name): (0.1, "better") for name in {*comparisons("lstm")["variant"], "beyond-unmasked"}}
    rows = comparisons("lstm", said)
    rows.loc[rows["variant"] == "layers-3", "effect"] = 0.2
    assert conclusions.beside_baselines(rows).endswith(
        f"({RIVAL}): these beat it: all {len(variants('lstm'))} (+0.100 to +0.200)."
    )
    two = rows[rows["variant"].isin(("layers-1", "layers-3"))]
    assert conclusions.beside_baselines(two).endswith("these beat it: both (+0.100 to +0.200).")


def test_the_best_stands_beside_its_mean_in_full(monkeypatch):
    """The best of one seed each is perhaps the luckiest."""
    found = weighed(checks({"baseline": 0.6, "layers-1": 0.9}), place=Place("quick", False))
    for each in found.checks:
        each.run.record["metrics"] |= {"val_f1": 0.9 if each.run.variant.name == "layers-1" else 0.5}
    for best, said in (
        ("cells-32-16", "`full`: a mean of 0.520 on the test split; best is **32-16 cells** there, with 0.610."),
        ("layers-1", "`full`: the same variant is best, with a mean of 0.520 on the test split."),
    ):
        scores = {"layers-1": (0.6, 0.52), "layers-3": (0.5, 0.7), "cells-32-16": (0.6, 0.61)}
        scores[best] = (0.8, scores[best][1])
        committed = made_tables("lstm", scores=scores)[0]
        monkeypatch.setattr(full, "table", {"results": committed, "comparisons": full.table("comparisons")}.__getitem__)
        assert "The baseline: 0.6" in (text := conclusions.summary(found))
        assert said in text.partition("The baseline")[2].partition("\n")[0]
        assert "`full`" not in conclusions.summary(results({"baseline": 0.6}))


def test_the_data_of_full_are_named_where_its_results_stand(monkeypatch):
    """They need not be those of this run."""
    committed = made_tables("cnn")[0].assign(data_source="another copy sha256:22")
    found = weighed(checks({}, "cnn", classes=10), place=Place("quick", False))
    monkeypatch.setattr(full, "table", {"results": committed, "comparisons": full.table("comparisons")}.__getitem__)
    assert "stands what the profile `full` found, on another copy; where" in conclusions.how_to_read(found)
    said = readings.earlier(findings.earlier(found.comparisons, found.place))
    assert "and these are its results, on another copy. Differences" in said
