"""The earlier report's findings beside ours, row by row; what is a knob, and what each variant is called."""

from dataclasses import replace

import numpy as np
import pytest

from study import findings, full, runs
from study.architectures import ARCHITECTURES, variants
from study.show import readings, tables

from .made_up import comparisons
from .made_up import tables as made_tables

QUICK = runs.Place("quick", False)


def says(effect, verdict, architecture="lstm", value="1", n_seeds=10):
    rows = findings.beside_earlier(
        comparisons(architecture, {("layers", f"layers-{value}"): (effect, verdict)}, n_seeds)
    )
    [row] = rows[(rows["group"] == "layers") & (rows["value"] == value)].itertuples()
    return readings.finding(row), row.published


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ((0.4, "better"), "agrees"),
        ((-0.4, "worse"), "contradicts"),
        ((0.01, "equivalent"), "compatible: both too small to matter"),
        ((0.02, "not resolved"), "cannot be told: ours is not resolved"),
    ],
)
def test_what_ours_says_of_a_published_difference(ours, said):
    """It published 0.7341 for one layer and 0.7171 for two."""
    assert says(*ours) == (said, pytest.approx(0.0170))


def test_no_difference_contradicts_one_that_is_larger_than_the_margin():
    found, published = says(0.01, "equivalent", architecture="simple_rnn", value="3")
    assert (found, published) == ("contradicts: ours shows no such difference", pytest.approx(-0.0364))


def test_what_is_fragile_cannot_tell():
    rows = comparisons("lstm", {("layers", "layers-1"): (0.4, "better")})
    for fragile, said in ((True, "cannot be told: ours is fragile"), (False, "agrees")):
        rows["fragile"] = fragile
        assert readings.finding(next(findings.beside_earlier(rows).itertuples())) == said


def test_fragile_verdicts_are_listed_apart():
    said = {("layers", "layers-1"): (0.4, "better"), ("layers", "layers-3"): (0.5, "better")}
    rows = comparisons("lstm", said)
    assert list(findings.by_verdict(rows)) == ["better", "not resolved"]
    rows["fragile"] = (rows["variant"] == "layers-1") & (rows["group"] == "layers")
    found = findings.by_verdict(rows)
    assert list(found) == ["better", "fragile", "not resolved"]
    assert [found[each]["variant"].tolist() for each in ("better", "fragile")] == [["layers-3"], ["layers-1"]]
    rows["fragile"] = np.nan  # as where there is no such comparison
    assert list(findings.by_verdict(rows)) == ["better", "not resolved"]


def test_one_seed_cannot_tell():
    assert says(0.4, "better", n_seeds=1)[0] == "cannot be told: one seed each"


def test_a_difference_within_the_noise_of_the_source_cannot_tell():
    """It published 0.7218 for three layers, 0.0047 more than for two, and 0.7266 elsewhere for the same two layers."""
    assert says(0.4, "better", value="3")[0] == "cannot be told: its own runs of one network differ by 0.010"


@pytest.mark.parametrize(("architecture", "apart"), [("cnn", 0.0090), ("simple_rnn", 0.0280), ("lstm", 0.0095)])
def test_the_noise_is_the_largest_difference_of_its_baselines(architecture, apart):
    """Of three CNNs, it published 0.7398, 0.7363 and 0.7308; of two SimpleRNNs 0.3084 and 0.2804."""
    assert findings.noise(architecture) == pytest.approx(apart)


@pytest.mark.parametrize("which", ["1", "2"])
def test_a_copied_figure_on_either_side_is_not_compared(which, monkeypatch):
    lstm = ARCHITECTURES["lstm"]
    marked = [
        replace(each, copied="copied") if (each.group, each.value) == ("layers", which) else each
        for each in lstm.published
    ]
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(lstm, published=marked))
    assert says(0.4, "better")[0] == "cannot be told: copied"


def test_copies_are_never_compared():
    rows = findings.beside_earlier(comparisons("simple_rnn"))
    for row in rows.itertuples():
        said = readings.finding(row)
        copied = row.group == "direction"
        assert said.startswith("cannot be told: copied in the source, not comparable") == copied
        assert ("copied" in said) == copied
    assert "beyond" not in set(rows["group"])
    html = tables.earlier_table(rows)._repr_html_()
    assert "repeats its layer row digit for digit" in html
    assert "..." not in html


def test_the_table_shows_both_differences():
    rows = findings.beside_earlier(comparisons("lstm", {("layers", "layers-1"): (0.4, "better")}))
    assert tables.earlier_table(rows, several=True).iloc[0].to_dict() == {
        "network": "LSTM", "group": "Number of layers", "value": "1", "compared with": "2", "published": "+0.017",
        "ours": "+0.400 (+0.396 to +0.402)", "the finding": "agrees",
    }  # fmt: skip


def test_the_sentence_counts_the_rows():
    said = {("layers", "layers-1"): (0.4, "better"), ("cells", "cells-32-16"): (0.0, "equivalent")}
    rows = findings.earlier(comparisons("lstm", said), QUICK)
    text = readings.earlier(rows)
    assert "published: 5; agreeing with ours 1, compatible with ours 1, contradicted 0, cannot be told 3." in text
    assert "trained once" not in text


def test_single_seeds_leave_the_rows_to_full(monkeypatch):
    committed = dict(
        zip(
            ("results", "baselines", "comparisons"),
            made_tables("lstm", {("layers", "layers-1"): (0.4, "better")}),
            strict=True,
        )
    )
    monkeypatch.setattr(full, "table", committed.__getitem__)
    rows = findings.earlier(comparisons("lstm", {("layers", "layers-1"): (-0.4, "worse")}, n_seeds=1), QUICK)
    assert "agrees" in set(rows["says"])
    assert not (rows["why"] == "one seed").any()
    text = readings.earlier(rows)
    assert text.startswith("Each network was trained once here")
    assert "agreeing with ours 1" in text
    assert "full" in tables.earlier_table(rows).columns
    assert "ours" not in tables.earlier_table(rows).columns


def test_single_seeds_on_sample_data_have_no_rows():
    rows = findings.earlier(comparisons("lstm", n_seeds=1), runs.Place("quick", True))
    assert readings.earlier(rows).startswith("Each network was trained once: that cannot tell")
    assert tables.earlier_table(rows)._repr_html_() == ""


def test_what_is_worse_on_purpose_is_no_knob():
    rows = comparisons("lstm")
    assert len(findings.knobs(rows)) + 3 == (rows["group"] != "baselines").sum()
    removal, equal = findings.removals(rows).itertuples()
    assert (equal.variant, equal.baseline) == ("equal-masked", "equal-unmasked")
    assert (removal.variant, removal.baseline, findings.lacking(removal)) == ("layers-1", "beyond-unmasked", "the mask")
    assert findings.removals(comparisons("cnn")).empty
    totals = [row for row in comparisons("cnn").itertuples() if findings.is_total(row) and row.group == "beyond"]
    assert [(row.variant, row.baseline) for row in totals] == [("beyond-reference", "baseline")]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_page_calls_a_variant_by_the_name_of_its_file(architecture):
    names = {each.name: findings.name_of(architecture, each.name) for each in variants(architecture)}
    assert len({*names.values()}) == len(names)
    assert not set(names.values()) & set(names) - {"baseline"}
    assert findings.value_of(architecture, "baselines", "linear SVM") == "linear SVM"


def test_names():
    assert findings.name_of("lstm", "layers-1") == "1 layer"
    assert findings.name_of("lstm", "layers-3") == "3 layers"
    assert findings.value_of("lstm", "layers", "layers-1") == "1"
    assert findings.value_of("lstm", "beyond", "layers-1") == "masked"
    assert findings.value_of("cnn", "beyond", "beyond-dropout") == "lighter dropout after the blocks"
    assert findings.name_of("cnn", "beyond-augmentation") == "all steps up to augmentation"


def test_a_value_is_called_as_its_network_is():
    assert findings.alone("lstm", "layers", "1") == findings.alone("lstm", "depth", "1") == "1 layer"
    assert findings.alone("lstm", "depth", "2") == "2 layers of 64 cells"
    assert findings.alone("cnn", "poolings", "3") == "3 convolutions with three poolings"
    assert findings.alone("cnn", "beyond", "dropout") == "lighter dropout after the blocks"
