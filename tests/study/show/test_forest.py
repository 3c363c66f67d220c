"""The forest plot, read from its axes: every comparison, its interval, its verdict."""

import pandas as pd
import pytest

from study.architectures import ARCHITECTURES, pairs
from study.show import forest
from study.statistics import VERDICTS

from ..made_up import comparisons

ROWS = {("layers", "layers-1"): (0.05, "better"), ("layers", "layers-3"): (-0.04, "worse")}
ROWS |= {("cells", "cells-32-16"): (0.001, "equivalent"), ("beyond", "layers-1"): (0.3, "better")}


def drawn(axes):
    """{words: (difference, low, high, marker)} of the lines of a panel."""
    texts = {round(each.get_position()[1]): each.get_text() for each in axes.texts if each.get_position()[0] < -0.7}
    found = {}
    for bar in axes.containers:
        point, _, (reach,) = bar.lines
        low, high = reach.get_segments()[0][:, 0]
        found[texts[round(point.get_ydata()[0])]] = (point.get_xdata()[0], low, high, point.get_marker())
    return found


@pytest.fixture(scope="module")
def figure():
    return forest.draw(pd.concat([comparisons("cnn"), comparisons("lstm", ROWS), comparisons("simple_rnn")]), "title")


def test_every_comparison_has_its_line(figure):
    _, lstm, _ = figure.axes
    found = drawn(lstm)
    assert found["1 against 2"] == pytest.approx((0.05, 0.046, 0.052, "^"))
    assert found["3 against 2"][3] == "v"
    assert found["32-16 against 64-32"][3] == "s"
    assert found["128-64 against 64-32"][3] == "o"
    assert found["+ the mask"][0] == 0.3
    assert {"+ maximum over time", "+ both directions", "all steps together"} < found.keys()
    assert len(found) == len({*found}) == (comparisons("lstm")["group"] != "baselines").sum()
    values = [each.get_text() for each in lstm.texts if each.get_position()[0] > 1]
    assert values.count("+0.050") == 1


def test_verdicts_differ_in_shape_and_in_colour():
    assert list(forest.MARKS) == list(VERDICTS)
    for what in ("marker", "color"):
        assert len({str(each[what]) for each in forest.MARKS.values()}) == len(VERDICTS)


def test_what_is_fragile_is_hollow():
    rows = comparisons("lstm", ROWS).assign(fragile=False)
    for hollow in (False, True):
        rows.loc[0, "fragile"] = hollow
        [axes] = forest.draw(rows, "title").axes
        first, second = (bar.lines[0] for bar in axes.containers[:2])
        assert (first.get_markerfacecolor() == "white") == hollow
        assert second.get_markerfacecolor() != "white"
        assert ("of all these 1 fragile." in forest.in_numbers(rows, "title", with_clear=False)) == hollow


def test_margins_zero_and_scales(figure):
    cnn, lstm, simple_rnn = figure.axes
    for axes, name in ((cnn, "cnn"), (lstm, "lstm"), (simple_rnn, "simple_rnn")):
        [band] = axes.patches
        margin = ARCHITECTURES[name].margin
        assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-margin, margin))
        assert axes.get_title("left") == f"{ARCHITECTURES[name].title}, 10 seeds"
        assert axes.lines[0].get_xdata() == [0, 0]
    assert lstm.get_xlim() == simple_rnn.get_xlim() != cnn.get_xlim()
    assert [each.get_text() for each in figure.legends[0].get_texts()] == [*VERDICTS, "too small to matter"]


def test_beside_it_lie_a_narrow_form_and_a_part_for_each_of_several_architectures(tmp_path):
    several = pd.concat([comparisons("cnn"), comparisons("lstm", ROWS)])
    forest.save(several, tmp_path / "all.png", "title", with_forms=True)
    beside = {"all.png", "all-narrow.png", "all-part-1.png", "all-part-2.png"}
    assert {each.name for each in tmp_path.glob("*.png")} == beside
    forest.save(comparisons("lstm"), tmp_path / "all.png", "title", with_forms=True)
    assert {each.name for each in tmp_path.glob("*.png")} == {"all.png", "all-narrow.png"}
    whole, part = forest.draw(several, "title"), forest.draw(several, "title", only=["lstm"])
    assert [each.get_xlim() for each in part.axes] == [whole.axes[1].get_xlim()]


def test_the_same_table_gives_the_same_bytes_and_says_its_numbers(tmp_path):
    rows = comparisons("lstm", ROWS, n_seeds=1)
    first, second = (forest.save(rows, tmp_path / f"{name}.png", "title") for name in ("one", "two"))
    assert first.path.read_bytes() == second.path.read_bytes()
    assert b"Software" not in first.path.read_bytes()
    counts = f"title. LSTM: 2 better, 1 worse, 1 equivalent, {len(pairs('lstm')) - 4} not resolved"
    assert forest.in_numbers(rows, "title", with_clear=False) == f"{counts}."
    layers = "number of layers, 1 against 2 +0.050; number of layers, 3 against 2 −0.040"
    assert first.alt == f"{counts}; clear are {layers}; beyond the baseline, one layer, + the mask +0.300."
    assert first.caption.startswith("title: every comparison")
    assert "of one network each" in first.caption
    assert "a mean over the seeds" in forest.save(comparisons("lstm"), tmp_path / "several.png", "title").caption
    assert forest.draw(rows, "title").axes[0].get_title("left") == "LSTM, 1 seed"
