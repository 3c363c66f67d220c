"""What the notebooks show a computation with."""

import inspect
import re

import numpy as np
import pytest

import forward
from study import runs
from study.show import explain


def rows(table):
    return [tuple(map(with_tilde, row)) for row in table.itertuples(index=False)]


def with_tilde(text):
    """A minus as a sign that no hyphen can be mistaken for."""
    return text.replace("\N{MINUS SIGN}", "~")


def test_code_of_several_functions():
    assert [line for line in explain.code(forward.dense, explain.number).data.split("\n") if line[:1].strip()] == [
        "def dense(x: Array, kernel: Array, bias: Weight = 0.0) -> Array:",
        "def number(value: float) -> str:",
    ]


def long_words():
    """A sentence that goes on and on, past the width of a page, and past the width of a page again, to its end.

    a = b
    c = d, which are short lines

    Another sentence, which is too long for the width of a page with this many words in it, so that it is
    filled anew.
    """
    return "code is left as it is, even where a line is too long for the width that a page has for a listing"


def test_paragraphs_that_are_too_wide_are_filled_anew_and_nothing_else():
    said, code = explain.code(long_words).data.rstrip().rsplit("\n", 1)
    assert code.split() == inspect.getsource(long_words).rstrip().split("\n")[-1].split()
    assert said.split() == inspect.getsource(long_words).rpartition("    return")[0].split()
    assert max(map(len, said.split("\n"))) <= explain.COLUMNS < max(map(len, inspect.getdoc(long_words).split("\n")))
    assert "\n    a = b\n    c = d, which are short lines\n\n    Another sentence" in said
    assert said.endswith('so that it is filled anew.\n    """')


def test_layers_are_told_in_the_words_of_their_functions():
    table = explain.layers_table({"Dense": forward.dense, "Dropout": None, "Twice": "both `ways`"})
    assert rows(table) == [
        ("Dense", "forward.dense", "y = x @ kernel + bias"),
        ("Dropout", "", "nothing: it acts in training only"),
        ("Twice", "", "both ways"),
    ]


def test_a_model_is_shown_as_code_table_and_plain_functions(monkeypatch):
    shown = []
    monkeypatch.setattr(explain, "display", shown.append)
    explain.model({"Dense": forward.dense}, built=[rows, with_tilde], plain=[forward.flatten])
    built, table, plain = shown
    assert re.findall(r"^def (\w+)", built.data + plain.data, re.MULTILINE) == ["rows", "with_tilde", "flatten"]
    assert rows(table) == rows(explain.layers_table({"Dense": forward.dense}))


def test_sums_are_written_out_without_what_is_zero():
    x, kernel = np.array([[0, 2, -1], [3, 0, 4]]), np.array([[5, -6], [0, 7]])
    found = np.array([[-12 + 0 - 2, 10 + 6 + 28 - 2]])
    assert rows(explain.sums(x, kernel, -2, found)) == [
        ("0, 0", "2 · (~6) + (~2)", "~14"),
        ("0, 1", "2 · 5 + (~1) · (~6) + 4 · 7 + (~2)", "42"),
    ]
    assert rows(explain.sums(np.zeros((2, 2)), kernel, 3, np.array([[3]]))) == [("0, 0", "0 + 3", "3")]


def test_steps_have_a_row_for_each_quantity_and_a_column_for_each_word():
    found = [{"x": np.array([1, 0.5]), "h": np.array([-0.12345, 0])}, {"x": np.array([2.0]), "h": np.array([-0.00001])}]
    table = explain.steps(["no", "yes"], found)
    assert list(table.columns) == ["what", "no", "yes"]
    assert rows(table) == [("x", "1, 0.5", "2"), ("h", "~0.1234, 0", "0")]
    with pytest.raises(ValueError, match="zip"):
        explain.steps(["no"], found)


def test_weights_by_gate_and_unit():
    table = explain.weights(np.array([[1, 2, 3, -4]]), np.array([[5, 6, 7, 8], [9, 10, 11, 12]]), np.arange(4), "ab")
    assert list(table.columns) == ["weights", "a, unit 1", "a, unit 2", "b, unit 1", "b, unit 2"]
    assert rows(table) == [
        ("W: x", "1", "2", "3", "~4"),
        ("U: h, 1", "5", "6", "7", "8"),
        ("U: h, 2", "9", "10", "11", "12"),
        ("b", "0", "1", "2", "3"),
    ]
    two = explain.weights(np.ones((1, 2)), np.ones((1, 2)), np.array([[1, 2], [3, 4]]), "ab")
    assert rows(two)[2:] == [("b, 1", "1", "2"), ("b, 2", "3", "4")]


def test_difference():
    ours = np.array([[0.5, 0.498, 0.002], [0.25, 0.7, 0.05], [0.2, 0.3, 0.5]])
    keras = np.array([[0.499, 0.5, 0.001], [0.25, 0.7, 0.05], [0.3, 0.2, 0.5]])
    assert rows(explain.difference(ours, keras)) == [("2/3", "1.0e-01", "2.3e-02")]


def test_grids_show_every_number(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "matplotlib.figure.Figure.savefig", lambda figure, path, **_: (path.touch(), drawn.append(figure))
    )
    arrays = {"image": np.array([[0, 1.5], [-2, 3]]), "pooled": np.array([[3]])}
    picture = explain.grids(arrays, [(1, 0, 2), None], runs.Place("tiny", True, tmp_path), "small")
    assert picture.path == tmp_path / "figures" / "tiny-sample" / "small.png"
    assert with_tilde(picture.alt) == "image: 0 1.5; ~2 3. pooled: 3"
    figure, same = drawn  # as PNG and as SVG
    assert figure is same
    image, pooled = figure.axes
    assert {(with_tilde(text.get_text()), *text.get_position()) for text in image.texts} == {
        ("0", 0, 0), ("1.5", 1, 0), ("~2", 0, 1), ("3", 1, 1),
    }  # fmt: skip
    assert (image.get_title(), pooled.get_title()) == ("image", "pooled")
    assert [(*patch.get_xy(), patch.get_width()) for patch in image.patches] == [(-0.5, 0.5, 2)]
    assert not pooled.patches
