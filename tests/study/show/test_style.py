import numpy as np
import pytest

from study.runs import Place
from study.show import style
from study.show.tables import Table


class Data:
    is_sample, notice = True, "sample data"


def drawn(place, **said):
    @style.styled
    def draw():
        figure, [[axes]] = style.figure(2, 1, 1)
        axes.plot(np.arange(5) ** 2)
        return style.save(figure, place, "squares", "Squares", Data, **said)

    return draw()


def test_a_figure_is_written_as_png_and_as_svg_the_same_each_time(tmp_path):
    first, second = (Place("tiny", True, tmp_path / name) for name in ("a", "b"))
    for place in (first, second):
        drawn(place)
    for kind, begin in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        [one, other] = [(each.figures / f"squares.{kind}").read_bytes() for each in (first, second)]
        assert one == other
        assert one.startswith(begin)


def test_by_hand_there_is_no_svg(tmp_path):
    picture = drawn(Place("tiny", True, tmp_path, by_hand=True))
    assert [each.name for each in picture.path.parent.iterdir()] == ["squares.png"]


@pytest.mark.parametrize(
    ("said", "caption", "alt"),
    [
        ({}, "Squares (sample data)", "Squares (sample data)"),
        ({"caption": "They grow."}, "They grow.", "They grow."),
        ({"caption": "They grow.", "alt": "From 0 to 16."}, "They grow.", "From 0 to 16."),
    ],
)
def test_a_notebook_gets_the_picture_with_caption_and_text(tmp_path, said, caption, alt):
    picture = drawn(Place("tiny", True, tmp_path), **said)
    shown, about = picture._repr_mimebundle_()
    assert shown["image/png"] == picture.path.read_bytes()
    assert about["image/png"] == {"name": "squares", "alt": alt, "caption": caption}


def test_a_long_title_stands_in_lines(tmp_path):
    figure, _ = style.figure(2, 1, 1)
    style.save(figure, Place("tiny", True, tmp_path), "long", "a word " * 40, Data)
    lines = figure.get_suptitle().split("\n")
    assert len(lines) > 2
    assert max(map(len, lines)) <= style.TITLE


def test_a_table_has_its_caption_above_its_head():
    shown = Table([{"a": 1}, {"a": 2}]).captioned("Less < more")._repr_html_()
    assert shown.index("<caption>Less &lt; more</caption>") < shown.index("<thead>")
    assert "<caption>" not in Table([{"a": 1}])._repr_html_()
