"""The earlier report's findings beside ours, row by row."""

import pytest

from study import conclusions, findings, tables

from .made_up import results

TEN = tuple(range(10))


def says(right, architecture="lstm", group="layers", value="1", **settings):
    rows = findings.beside_published(results(right, architecture=architecture, **settings).comparisons)
    [row] = rows[(rows["group"] == group) & (rows["value"] == value)].to_dict("records")
    return row["says"], row["published"]


def test_agrees_and_contradicts():
    """It published 0.7341 for one layer and 0.7171 for two."""
    assert says({"baseline": 0.5, "layers-1": 0.9}, seeds=TEN) == ("agrees", pytest.approx(0.0170))
    assert says({"baseline": 0.9, "layers-1": 0.5}, seeds=TEN)[0] == "contradicts"


def test_what_is_not_resolved_cannot_tell():
    assert says({"layers-1": 0.72}, seeds=TEN, spread=0.1)[0] == "cannot be told: ours is not resolved"
    assert says({"baseline": 0.5, "layers-1": 0.9})[0] == "cannot be told: one seed each"


def test_a_difference_within_the_noise_of_the_source_cannot_tell():
    """It published 0.7218 for three layers, 0.0047 more than for two, and 0.7266 elsewhere for the same two layers."""
    assert says({"baseline": 0.5, "layers-3": 0.9}, value="3", seeds=TEN)[0] == (
        "cannot be told: its own runs of one network differ by 0.010"
    )


def test_equivalent_agrees_with_a_difference_within_the_margin_only():
    few = {"seeds": TEN, "examples": 3000}
    assert says({}, **few)[0] == "compatible: both too small to matter"
    found, published = says({}, architecture="simple_rnn", value="3", **few)
    assert (found, published) == ("contradicts: ours shows no such difference", pytest.approx(-0.0364))


def test_copies_are_never_compared():
    rows = findings.beside_published(results({"baseline": 0.5}, architecture="simple_rnn", seeds=TEN).comparisons)
    copied = rows["group"] == "direction"
    assert rows.loc[copied, "says"].str.startswith("cannot be told: copied in the source, not comparable").all()
    assert not rows.loc[~copied, "says"].str.contains("copied").any()
    assert "beyond" not in set(rows["group"])
    html = tables.published_table(rows)._repr_html_()
    assert "repeats its layer row digit for digit" in html
    assert "..." not in html


def test_the_sentence_counts_the_rows():
    rows = findings.beside_published(results({"baseline": 0.5, "layers-1": 0.9}, seeds=TEN, spread=0.1).comparisons)
    text = conclusions.beside_published(rows)
    counts = rows["says"].str.partition(":")[0].value_counts()
    assert f"published: {len(rows)}; agreeing with ours {counts['agrees']}" in text
    assert f"contradicted {counts.get('contradicts', 0)}, open {counts['cannot be told']}." in text
