"""What figures show is what the results hold: the axes' data, limits and labels are read."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from study import datasets, evaluation
from study.architectures import ARCHITECTURES
from study.profiles import limited
from study.runs import Place
from study.show import closeups, curves, figures, readings, style
from study.statistics import macro_f1, reliability

from ..made_up import RIVAL, RULES, checks, results, weighed


@pytest.fixture
def drawn(monkeypatch):
    """A function: a figure's function and its arguments -> the axes, with their titles; nothing is written."""
    kept = []
    monkeypatch.setattr(style, "save", lambda figure, place, name, title, data, **said: kept.append((figure, title)))

    def draw(function, *arguments):
        function(*arguments)
        return kept[-1][0].axes, kept[-1][1]

    return draw


@pytest.fixture(scope="module")
def found():
    """Three seeds, each with another history, other scores and another rule which weights to keep."""
    made = checks({"layers-1": 0.8, "layers-3": 0.6}, seeds=(0, 1, 2), spread=0.05)
    for number, each in enumerate(made):
        each.run.record["history"] = {
            "loss": [1.0 + number, 0.8 + number, 0.7],
            "val_loss": [1.1, 0.9, 0.5 + number / 100],
        }
        each.run.record.update(best_epoch=2 + number % 2, epochs=3, kept=RULES[each.run.seed])
        each.run.record["metrics"] = each.run.record["metrics"] | {"val_loss": 0.4 + number / 100}
    return weighed(made)


def lines(axes, label):
    return [each for each in axes.lines if each.get_label() == label]


def ticks(axes):
    return [each.get_text().replace("\n", " ") for each in axes.get_xticklabels()]


def test_scores(drawn, found):
    [axes], title = drawn(figures.scores, found, "layers")
    assert title == "LSTM: number of layers"
    assert ticks(axes) == ["1", "2", "3"]
    assert axes.get_ylabel() == "test macro-F1"
    sides = [found.sides[name] for name in ("layers-1", "baseline", "layers-3")]
    for number, (seeds, side) in enumerate(zip(lines(axes, "one seed"), sides, strict=True)):
        np.testing.assert_array_equal(seeds.get_ydata(), side.scores)
        assert number - 0.5 < min(seeds.get_xdata()) < max(seeds.get_xdata()) < number + 0.5
    for number, (bars, side) in enumerate(zip(axes.containers, sides, strict=True)):
        [points] = [each.get_segments() for each in bars.lines[2]]
        np.testing.assert_allclose(points[0], [[number + 0.15, side.mean.low], [number + 0.15, side.mean.high]])
        np.testing.assert_array_equal(bars.lines[0].get_ydata(), [side.mean.estimate])
    low, high = axes.get_ylim()
    assert low < min(side.mean.low for side in sides)
    assert high > max(side.mean.high for side in sides)
    *means, rival = [each.get_text().replace("\n", " ") for each in axes.texts]
    assert means == [f"{side.mean.estimate:.3f}" for side in sides]
    assert rival == f"{RIVAL}: {found.sides[RIVAL].mean.estimate:.3f} (below the axis)"
    assert axes.texts[-1].get_position() == (1.01, low)
    assert not lines(axes, RIVAL)


def test_a_rival_among_the_networks_is_a_line(drawn):
    found = results({"layers-1": 0.8, "layers-3": 0.5}, rival=0.65, seeds=(0, 1))
    [axes], _ = drawn(figures.scores, found, "layers")
    [line] = lines(axes, RIVAL)
    assert set(line.get_ydata()) == {found.sides[RIVAL].mean.estimate} == {axes.texts[-1].get_position()[1]}


def test_knobs_share_their_scale_and_their_band_is_the_margin(drawn, found):
    [layers], _ = drawn(figures.scores, found, "layers")
    [cells], _ = drawn(figures.scores, found, "cells")
    [beyond], _ = drawn(figures.scores, found, "beyond")
    [equal], _ = drawn(figures.scores, found, "equal")
    assert layers.get_ylim() == cells.get_ylim() != beyond.get_ylim() == equal.get_ylim()
    [band], middle = cells.patches, found.sides["baseline"].mean.estimate
    margin = ARCHITECTURES["lstm"].margin
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((middle - margin, middle + margin))
    assert not beyond.patches


@pytest.mark.parametrize("scale", [1, -1])
def test_names_of_curves_stand_within_the_axes_below_the_scores(drawn, scale):
    """Where the curves lie furthest apart at the upper or lower end of all losses, too."""
    made = checks({"layers-1": 0.8, "layers-3": 0.6}, seeds=(0, 1), spread=0.05)
    for each in made:
        losses = {"loss": [1.0, 1.0, 1.0], "val_loss": [1.2, 1 + scale * 0.9, 1.2]}
        each.run.record["history"] = (
            losses if each.run.variant.name == "layers-1" else {"loss": [1.0] * 3, "val_loss": [1.0] * 3}
        )
    axes = drawn(curves.picture, weighed(made), "layers")[0][0]
    axes.figure.draw_without_rendering()
    names = [each.get_window_extent() for each in axes.texts if each.get_text() in curves.LOOKS]
    assert len(names) == 2
    assert all(axes.bbox.y0 <= each.y0 and each.y1 <= axes.bbox.y1 for each in names)


def test_curves(drawn, found):
    panels, _ = drawn(curves.picture, found, "layers")
    names, titles = ("layers-1", "baseline", "layers-3"), ("1 layer", "2 layers", "3 layers")
    assert len({axes.get_xlim() for axes in panels}) == len({axes.get_ylim() for axes in panels}) == 1
    for axes, name, title in zip(panels, names, titles, strict=True):
        runs = [each.run for each in evaluation.by_variant(found.checks)[name]]
        assert axes.get_title() == title
        for label, key, dashes in (("training", "loss", "--"), ("validation", "val_loss", "-")):
            shown = lines(axes, label)
            assert [each.get_linestyle() for each in shown] == [dashes] * 3
            for each, run in zip(shown, runs, strict=True):
                assert list(each.get_xdata()) == [1, 2, 3]
                assert list(each.get_ydata()) == run.history[key]
        for each, run in zip(lines(axes, "weights kept"), runs, strict=True):
            epoch = run.record["best_epoch"] if RULES[run.seed] == "best" else 3
            assert (each.get_xdata()[0], each.get_ydata()[0]) == (epoch, run.record["metrics"]["val_loss"])
        test = found.sides[name].mean.estimate
        assert axes.texts[0].get_text() == f"macro-F1 0.600 validation,\n{test:.3f} test"
        others = [curves.mean(evaluation.by_variant(found.checks)[each], "val_loss") for each in names if each != name]
        for grey, other in zip(lines(axes, "the others"), others, strict=True):
            np.testing.assert_array_equal(grey.get_ydata(), other)
    assert [each.get_text() for each in panels[0].texts[1:]] == ["training", "validation"]
    assert not any(axes.texts[1:] for axes in panels[1:])


def test_axes_of_losses_end_below_a_first_epoch_that_is_much_higher(drawn, found):
    panels, _ = drawn(curves.picture, found, "layers")
    assert panels[0].get_ylim()[1] > max(line.get_ydata()[0] for line in lines(panels[0], "training"))
    made = checks({}, seeds=(0,))
    for each in made:
        high = 9.0 if each.run.variant.name == "layers-3" else 1.2
        each.run.record["history"] = {"loss": [1.0, 0.8, 0.7], "val_loss": [high, 0.9, 0.5]}
    panels, _ = drawn(curves.picture, weighed(made), "layers")
    assert panels[0].get_ylim() == panels[2].get_ylim()
    assert 1.2 < panels[0].get_ylim()[1] < 1.5
    assert curves._top([made[:1]]) == 0


def test_long_names_stand_in_lines(drawn):
    [axes], _ = drawn(figures.scores, results({}, architecture="cnn"), "beyond")
    words = ARCHITECTURES["cnn"].groups["beyond"]
    assert ticks(axes) == [words.in_words(value) for value in words.changes]
    assert max(len(line) for each in axes.get_xticklabels() for line in each.get_text().split("\n")) <= 14


def test_many_panels_stand_in_two_rows(drawn):
    made = results({}, architecture="cnn")
    panels, _ = drawn(curves.picture, made, "beyond")
    assert len(panels) == len(ARCHITECTURES["cnn"].groups["beyond"].changes) == 7
    boxes = [each.get_subplotspec() for each in panels]
    assert [(each.rowspan.start, each.colspan.start) for each in boxes] == [(n // 4, n % 4) for n in range(7)]
    assert [bool(each.get_ylabel()) for each in panels] == [n % 4 == 0 for n in range(7)]


def test_confusion(drawn, found):
    [axes], title = drawn(closeups.confusion, found)
    answers = found.sides[found.best].predicted
    shares = np.mean([confusion_matrix(found.data.y_test, each, normalize="true") for each in answers], axis=0)
    assert [each.get_text() for each in axes.texts] == [f"{100 * share:.0f}" for share in shares.ravel()]
    assert ticks(axes) == list(found.data.classes)
    assert [each.get_text() for each in axes.get_yticklabels()] == list(found.data.classes)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert title.endswith("in percent of the true class")


def test_calibration(drawn, found):
    panels, _ = drawn(closeups.calibration, found)
    for axes, name in zip(panels, dict.fromkeys(("baseline", found.best)), strict=True):
        assert axes.get_xlim() == axes.get_ylim() == (0, 1)
        for each, check in zip(lines(axes, "one seed"), evaluation.by_variant(found.checks)[name], strict=True):
            sure, right, _ = reliability(check.y, check.keras)
            np.testing.assert_array_equal(each.get_xdata(), sure)
            np.testing.assert_array_equal(each.get_ydata(), right)


def test_f1_by_length(drawn):
    made = checks({"layers-1": 0.9}, seeds=(0, 1, 2), spread=0.05)
    for each in made:
        each.run.record["metrics"] |= {"val_f1": 0.5 + 0.1 * (each.run.variant.name == "layers-1")}
    found = weighed(made)
    [axes], _ = drawn(closeups.f1_by_length, found)
    labels, quarter = readings.quarters(found.data.x_test)
    assert ticks(axes) == labels
    y = found.data.y_test
    means = iter(lines(axes, "mean over seeds"))
    for name in ("baseline", "layers-1"):
        for part in range(len(labels)):
            of_part = quarter == part
            scores = [macro_f1(y[of_part], each[of_part], 3) for each in found.sides[name].predicted]
            assert next(means).get_ydata()[0] == pytest.approx(np.mean(scores))


def test_class_balance_counts_what_the_profile_uses(drawn, tmp_path):
    texts = datasets.load("nusax", tmp_path, "sample")
    uneven = replace(texts, y_test=np.repeat([0, 1, 2], [105, 63, 42]))
    for profile, number in (("full", "training (420)"), ("tiny", "training (60)")):
        [axes], _ = drawn(figures.class_balance, uneven, Place(profile, True), "lstm")
        assert axes.get_legend().get_texts()[0].get_text() == number
        heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
        used = limited(uneven, profile)
        np.testing.assert_allclose(heights[0], np.bincount(used.y_train) / len(used.y_train))
        np.testing.assert_allclose(heights[2], [0.5, 0.3, 0.2])
    assert ticks(axes) == ["negative", "neutral", "positive"]


def test_text_lengths(drawn, tmp_path):
    texts = datasets.load("nusax", tmp_path, "sample")
    [axes], _ = drawn(figures.text_lengths, texts, Place("full", True), "lstm")
    assert sum(bar.get_height() for bar in axes.patches) == len(texts.x_train)
    assert axes.lines[0].get_xdata()[0] == ARCHITECTURES["lstm"].training["sequence_length"]


def test_hardest_images(drawn, found):
    pictures = np.random.default_rng(1).random((len(found.data.y_test), 4, 5, 3))
    seen = replace(found, data=replace(found.data, x_test=pictures))
    panels, _ = drawn(closeups.hardest_images, seen, 4)
    which, probabilities = seen.hardest(4)
    for axes, example, p in zip(panels, which, probabilities, strict=True):
        true = found.data.y_test[example]
        np.testing.assert_array_equal(axes.images[0].get_array(), pictures[example])
        assert axes.get_title() == f"{'abc'[true]} {p[true]:.3f}\n{'abc'[p.argmax()]} {p.max():.3f}"


def test_against_earlier(drawn, found):
    panels, title = drawn(figures.against_earlier, found)
    assert title == "LSTM: ours and the earlier report's"
    assert [axes.get_title() for axes in panels] == ["Number of layers", "Cells per layer", "Direction"]
    [first, *_] = panels
    assert ticks(first) == ["1", "2", "3"]
    assert [each.get_ydata()[0] for each in lines(first, figures.EARLIER)] == [0.7341, 0.7171, 0.7218]
    ours = lines(first, figures.OURS)
    np.testing.assert_array_equal(ours[0].get_ydata(), found.sides["layers-1"].scores)
    assert len(lines(panels[2], figures.COPIED)) == 1
    doubted = replace(found, data=replace(found.data, doubt="perhaps not"))
    _, title = drawn(figures.against_earlier, doubted)
    assert title == "LSTM: ours and the earlier report's, ours on made up (perhaps not)"
