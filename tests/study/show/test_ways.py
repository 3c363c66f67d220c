"""The three ways beside each other: what the table and the figure hold, also of runs without a plain side."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from study.architectures import ARCHITECTURES, variants
from study.checks import NOTHING
from study.show import style, ways
from study.statistics import macro_f1

from ..made_up import PLAIN, checks, weighed


@pytest.fixture
def made():
    """Checks in which the plain side of three layers is wrong on 7 of its examples, with one seed; another is right."""
    found = checks({"baseline": 0.7, "layers-3": 0.5}, seeds=(0, 1))
    for number, each in enumerate(found):
        if (each.run.variant.name, each.run.seed) == ("layers-3", 1):
            plain = each.plain.copy()
            plain[:7] = np.roll(plain[:7], 1, axis=1)
            found[number] = replace(each, plain=plain, plain_s=0.5)
    return found


def test_the_table_tells_the_worst_seed_and_the_least_time(made):
    table = ways.ways_table(made).set_index("variant")
    mine = [each for each in made if each.run.variant.name == "layers-3"]
    assert table.loc["3 layers"].to_dict() == {
        "plain on": f"{PLAIN} of 300", "agreement, plain": f"{PLAIN - 7}/{PLAIN}", "max |Δp|, plain": "8.0e-01",
        "macro-F1, Keras": f"{np.mean([macro_f1(each.y[::3], each.predicted[::3], 3) for each in mine]):.4f}",
        "macro-F1, plain": f"{np.mean([macro_f1(each.y[::3], each.plain.argmax(axis=1), 3) for each in mine]):.4f}",
        "Keras, ms": f"{1000 * 0.2 / 300:.2f}", "numpy, fast, ms": f"{1000 * 0.1 / 300:.2f}",
        "numpy, plain, ms": f"{1000 * 0.3 / PLAIN:.2f}",
    }  # fmt: skip
    assert table.loc["3 layers", "macro-F1, Keras"] != table.loc["3 layers", "macro-F1, plain"]
    assert table.loc["baseline", ["plain on", "agreement, plain"]].tolist() == ["300 of 300", "300/300"]


def test_the_figure_shows_scores_agreement_and_times(made, monkeypatch):
    drawn = []
    monkeypatch.setattr(style, "save", lambda figure, *_, **said: drawn.append(figure))
    evidence = weighed(made)
    ways.three_ways(evidence)
    scores, agreement, times = drawn[0].axes
    assert agreement.get_xlim() == pytest.approx((min(99, 100 * (1 - 3.5 / PLAIN) - 1), 100.2))
    heights = [each.get_text() for each in scores.get_yticklabels()]
    where = lambda axes, label: {  # noqa: E731
        heights[int(each.get_ydata()[0])]: each.get_xdata()[0] for each in axes.lines if each.get_label() == label
    }
    mean = evidence.sides["layers-3"].scores.mean()
    assert where(scores, "Keras")["3 layers"] == where(scores, "numpy, fast")["3 layers"] == pytest.approx(mean)
    assert list(where(scores, "numpy, plain")) == ["baseline"]  # elsewhere it saw a part
    assert where(agreement, "numpy, plain")["3 layers"] == pytest.approx(100 * (1 - 3.5 / PLAIN))
    assert where(agreement, "numpy, fast")["3 layers"] == 100
    assert not where(agreement, "Keras")
    assert where(times, "numpy, plain")["3 layers"] == pytest.approx(1000 * 0.3 / PLAIN)
    assert where(times, "Keras")["1 layer"] == pytest.approx(1000 * 0.2 / 300)


def test_runs_without_a_plain_side_are_shown_without(made, monkeypatch):
    drawn = []
    monkeypatch.setattr(style, "save", lambda figure, *_, **said: drawn.append(figure))
    older = [replace(each, plain=NOTHING, plain_s=np.nan) for each in made]
    assert ways.ways_table(older).empty
    assert ways.ways_table(older)._repr_html_() == ""
    ways.three_ways(weighed(older))
    assert {each.get_label() for axes in drawn[0].axes for each in axes.lines} == {"Keras", "numpy, fast"}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_label_of_the_figure_touches_the_next(name, monkeypatch):
    drawn = []
    monkeypatch.setattr(style, "save", lambda figure, *_, **said: drawn.append(figure))
    ways.three_ways(weighed(checks({}, name)))
    FigureCanvasAgg(drawn[0]).draw()
    scores, _, times = drawn[0].axes
    names = [label.get_window_extent() for label in scores.get_yticklabels()]
    assert len(names) == len(variants(name))
    assert all(upper.y0 > lower.y1 for upper, lower in pairwise(names))
    numbers = [label for label in times.get_xticklabels(which="both") if label.get_text()]
    assert {"0.3", "1", "3"} <= {label.get_text() for label in numbers}
    assert all(left.get_window_extent().x1 < right.get_window_extent().x0 for left, right in pairwise(numbers))
