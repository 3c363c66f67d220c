"""One kind of cell against another: what is compared, with what correction, and what is left out."""

import numpy as np
import pytest

from study import cells, evidence, statistics, store
from study.evidence import Side
from study.runs import Place
from study.show import cells as pages

from .made_up import checks, weighed

RIGHT = {  # the share of right answers
    "simple_rnn": {"equal-masked": 0.6, "equal-unmasked": 0.4},
    "lstm": {"equal-masked": 0.8, "equal-unmasked": None},
    "gru": {"equal-masked": 0.81, "equal-unmasked": None},
}
PARAMS = {"simple_rnn": 100, "gru": 300, "lstm": 400}


def saved(place, right=RIGHT, seeds=(0, 1, 2)):
    """Leave the tables of these architectures, and return their data."""
    for name, shares in right.items():
        found = weighed(checks(shares, name, seeds=seeds, spread=0.02, params=PARAMS[name]), place=place)
        evidence.save(found)
    return found.data


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place("full", True, tmp_path_factory.mktemp("cells"))


@pytest.fixture(scope="module")
def rows(place):
    cells.save(place, saved(place))
    return store.read("cells", place)


def test_the_settings_are_the_same_everywhere():
    assert cells.all_of_them() == ["simple_rnn", "lstm", "gru"]
    assert cells.settings() == {"equal-unmasked": "unmasked", "equal-masked": "masked"}


def test_every_cell_has_its_mean_and_meets_every_other_the_smaller_first(rows):
    assert rows.columns.tolist() == cells.COLUMNS
    alone = pages._alone(rows)
    assert alone[["variant", "architecture"]].to_numpy().tolist() == [
        [variant, name] for variant in cells.settings() for name in ("simple_rnn", "gru", "lstm")
    ]
    assert alone["verdict"].isna().all()
    assert dict(zip(rows["architecture"], rows["params"], strict=True)) == PARAMS
    pairs = pages._pairs(rows)
    wanted = [("gru", "simple_rnn"), ("lstm", "simple_rnn"), ("lstm", "gru")]
    assert list(zip(pairs["architecture"], pairs["against"], strict=True)) == 2 * wanted


def test_means_differences_and_verdicts_follow_from_the_predictions(rows, place):
    scores = store.read("results", place).groupby(["architecture", "variant"])["test_f1_keras"].mean()
    found = rows.set_index(["variant", "architecture", "against"])
    for variant, architecture, against in found.index:
        mean = scores[architecture, variant] - (scores[against, variant] if isinstance(against, str) else 0)
        assert found.loc[(variant, architecture, against), "effect"] == pytest.approx(mean)
    masked = found.loc["equal-masked"]
    assert masked.loc[("lstm", "simple_rnn"), "verdict"] == "better"
    assert found.loc[("equal-unmasked", "lstm", "simple_rnn"), "verdict"] == "worse"
    assert found.loc[("equal-unmasked", "lstm", "gru"), "verdict"] == "not resolved"  # both have learnt nothing
    assert (rows["n_seeds"] == 3).all()


def test_holm_goes_over_all_the_pairs(place):
    data = saved(place)
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "holm", lambda p: seen.append(len(p)) or p)
        cells.compared(place, data)
    assert seen == [6]


def test_one_kind_alone_or_of_other_data_is_not_compared(tmp_path):
    place = Place("full", True, tmp_path)
    data = saved(place, {"lstm": RIGHT["lstm"]}, seeds=(0,))
    assert cells.compared(place, data).empty
    cells.save(place, data)
    assert store.read_if_there("cells", place) is None
    saved(place, {"gru": RIGHT["gru"]}, seeds=(0,))
    assert set(cells.compared(place, data)["architecture"]) == {"lstm", "gru"}
    table = store.read("results", place)
    table.loc[table["architecture"] == "gru", "data_source"] = "others sha256:22"
    store.write("results", place, table)
    assert cells.compared(place, data).empty


def test_the_table_has_a_row_for_each_cell(rows):
    table = pages.table(rows).set_index("cell")
    assert list(table.index) == ["SimpleRNN", "GRU", "LSTM"]
    [mine] = rows[
        (rows["architecture"] == "gru") & rows["against"].isna() & (rows["variant"] == "equal-masked")
    ].itertuples()
    assert table.loc["GRU"].drop("macro-F1, not masked").to_dict() == {
        "parameters": "300", "seeds": "3", "macro-F1, masked": f"{mine.effect:.3f} ({mine.low:.3f} to {mine.high:.3f})"
    }  # fmt: skip


def test_the_sentences_say_what_was_compared_and_what_is_missing(rows):
    assert pages.missing(rows, of_full=False) == ""
    assert pages.missing(rows[rows["architecture"] != "gru"], of_full=False) == "Missing here: GRU."
    assert "have none of them yet" in pages.missing(None, of_full=True)
    assert "this page has not" in pages.missing(None, of_full=False)
    lead = pages.lead(rows, of_full=False)
    assert "SimpleRNN, GRU and LSTM side by side" in lead
    assert "Each was trained with 3 seeds." in lead
    assert "another seed may reverse" in pages.lead(rows.assign(n_seeds=1), of_full=False)
    said = pages.verdicts(rows)
    [row] = rows[(rows["architecture"] == "lstm") & (rows["against"] == "simple_rnn")][-1:].itertuples()
    assert (
        f"- **LSTM** against SimpleRNN, masked: {row.effect:+.3f} (95 % interval {row.low:+.3f} to {row.high:+.3f}): "
        "**better**."
    ) in said
    assert "corrected by Holm for 6 comparisons" in said
    near = rows.assign(low=rows["low"].where(rows["against"].isna(), rows["margin"] - 0.001))
    assert "**better**, perhaps by too little to matter." in pages.verdicts(near)


def test_the_figure_has_a_mean_and_the_networks_of_each_cell(rows, place, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(pages.style, "legend", lambda figure, axes: drawn.append(axes))
    picture = pages.picture(rows, store.read("results", place), tmp_path / "cells.png", "Cells")
    assert picture.path.read_bytes().startswith(b"\x89PNG")
    assert picture.alt.startswith("Cells: simple_rnn not masked 0.")
    [axes] = drawn
    assert [each.get_text() for each in axes.get_xticklabels()] == ["SimpleRNN", "GRU", "LSTM"]
    means = [bar.lines[0].get_ydata()[0] for bar in axes.containers]
    assert means == pytest.approx(pages._alone(rows)["effect"].tolist())
    dots = [len(each.get_xdata()) for each in axes.lines if each.get_marker() == "."]
    assert dots == [3] * 6


def test_a_side_of_few_seeds_is_one_all_the_same():
    side = Side(np.zeros((1, 4), int), np.array([0.5]), np.full((1, 9), 0.5))
    assert cells._alone("gru", "equal-masked", side)["n_seeds"] == 1
