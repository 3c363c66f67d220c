"""What a section of a notebook shows, in its order; and that a text is Markdown and an error stops the cell."""

from dataclasses import replace

import nbformat
import numpy as np
import pytest

from study import evaluation
from study.architectures import variants
from study.files import ROOT
from study.runs import Place
from study.show import closeups, sizes, story, tables, ways

from ..made_up import checks, results, weighed


@pytest.fixture
def seen(monkeypatch):
    """What is displayed, as it comes."""
    found = []
    monkeypatch.setattr(story, "display", found.append)
    return found


def kinds(parts):
    return [type(each).__name__ for each in parts]


def test_a_group_is_shown_in_one_call(seen, monkeypatch, tmp_path):
    """Sizes, scores, dots, curves, comparisons, verdict; the sizes need the networks' files."""
    monkeypatch.setattr(sizes, "table", lambda runs, group: tables.Table({group: [len(runs)]}))
    monkeypatch.setattr(sizes, "said", lambda runs, group: f"{group} moves")
    evidence = weighed(checks({"layers-1": 0.9}, seeds=(0, 1)), place=Place("quick", True, tmp_path))
    assert story.group(evidence, "layers") is None
    assert kinds(seen) == ["Table", "Markdown", "Table", "Picture", "Picture", "Markdown", "Table", "Markdown"]
    counted, moves, scores, dots, curves, said, comparison, verdict = seen
    assert moves.data == "layers moves"
    assert counted["layers"].tolist() == [2 * len(variants("lstm"))]
    assert scores["Number of layers"].tolist()[:3] == ["1", "2", "3"]
    assert (dots.path.name, curves.path.name) == ("lstm-layers-scores.png", "lstm-layers.png")
    assert said.data.startswith("After the first epoch")
    assert comparison["compared with"].tolist() == ["2", "2"]
    assert verdict.data.startswith("**Number of layers.**")


def test_each_part_is_shown_before_the_next_is_computed(seen):
    @story.shown
    def broken(number):
        yield "text"
        raise ValueError(number)

    with pytest.raises(ValueError, match="7"):
        broken(7)
    assert kinds(seen) == ["Markdown"]


def test_a_difference_between_the_sides_stops_the_cell_after_the_tables(seen, monkeypatch):
    monkeypatch.setattr(tables, "layer_table", lambda checks, x: tables.Table({"layer": [len(x)]}))

    def differ(checks):
        raise AssertionError("they differ")

    monkeypatch.setattr(evaluation, "assert_equal", differ)
    monkeypatch.setattr(ways, "three_ways", lambda evidence: "the figure")
    evidence = results({})
    with pytest.raises(AssertionError, match="they differ"):
        story.check(evidence, evidence.data.x_test[:7])
    assert "on 7 test texts" in seen[0].data
    assert seen[1]["layer"].tolist() == [7]
    assert kinds(seen) == ["Markdown", "Table"] * 3 + ["Markdown"]
    assert seen[6].data == "the figure"


def test_training_is_told_by_the_runs(seen):
    story.training(results({}, seeds=(0, 4), train_s=2.25))
    number = len(variants("lstm"))
    [said] = seen
    assert f"There are {2 * number} networks, {number} variants with 2 seeds each; to train" in said.data
    assert f"to train them took {2 * number * 2.25:.0f} s on one thread each" in said.data
    assert "They are in `weights/full/lstm`. What" in said.data


def test_images_and_texts_are_shown_as_what_they_are(monkeypatch):
    drawn = ("hardest_images", "f1_by_length", "confusion", "calibration")
    for name in drawn:
        monkeypatch.setattr(closeups, name, lambda *_, name=name: f"the figure {name}")
    texts = results({})
    pictures = replace(texts, data=replace(texts.data, x_train=np.zeros((2, 4, 4, 3))))
    for evidence, there in ((texts, "f1_by_length"), (pictures, "hardest_images")):
        parts = [each for each in story.closer_look.__wrapped__(evidence) if isinstance(each, str)]
        seen = [each for each in parts if each.startswith("the figure")]
        assert seen == [f"the figure {name}" for name in ("confusion", "calibration", there)]


def test_every_call_is_shown_by_a_notebook():
    """What no notebook calls would not be missed if it broke."""
    called = "".join(
        cell.source
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    )
    from study import show

    assert [name for name in show.__all__ if f"show.{name}(" not in called] == []
