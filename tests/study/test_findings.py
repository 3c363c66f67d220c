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
    assert says({"layers-1": 0.72}, seeds=TEN, spread=0.1)[0] == "cannot be told: not resolved here"
    assert says({"baseline": 0.5, "layers-1": 0.9})[0] == "cannot be told: one seed each"


def test_equivalent_agrees_with_a_difference_within_the_margin_only():
    assert says({}, seeds=TEN, examples=6000)[0] == "agrees"
    small = {"architecture": "simple_rnn", "value": "3", "seeds": TEN, "examples": 6000}
    found, published = says({}, **small)
    assert (found, published) == ("contradicts: no such difference here", pytest.approx(-0.0364))


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
    assert text.startswith(f"Of the {len(rows)} differences")
    assert f"{counts['agrees']} agree with ours" in text
    assert f"{counts['cannot be told']} cannot be told" in text
    assert f"{counts.get('contradicts', 0)} are contradicted" in text
