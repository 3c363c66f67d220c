import base64
import re
from io import BytesIO

import numpy as np
from matplotlib.image import imread

from study.runs import Place
from study.show import style
from study.show.inside import steps
from study.show.inside.steps import Frame, Steps, Strip


class Data:
    is_sample, notice = False, ""


def made(tmp_path):
    figure, _ = style.figure(1, 1, 1)
    place = Place("tiny", False, tmp_path)
    still = style.save(figure, place, "still", "Still", Data, caption="A text.", alt="One, two.")
    colors = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
    frames = [
        Frame("word 1: a<b", read=1, strips=[Strip("gate", colors, 'open "wide"')], bars={"no": 0.25, "yes": 0.75}),
        Frame("word 2: c", "said", read=2, bars={"no": 0.999, "yes": 0.001}),
    ]
    return Steps("Read", frames, still, ["a<b", "c"])


def test_a_notebook_gets_both_the_figure_and_its_still_picture(tmp_path):
    figure = made(tmp_path)
    shown, about = figure._repr_mimebundle_()
    assert shown["text/html"] == figure.html
    assert shown["image/png"] == (tmp_path / "figures" / "tiny" / "still.png").read_bytes()
    assert about["image/png"] == {"name": "still", "alt": "One, two.", "caption": "A text."}


def test_frames(tmp_path):
    html = made(tmp_path).html
    assert re.findall(r'<p class="title">(.*?)</p>', html) == ["word 1: a&lt;b", "word 2: c"]
    assert re.findall(r"<mark>(.*?)</mark>", html) == ["a&lt;b", "c"]
    assert re.findall(r'<span class="unread">(.*?)</span>', html) == ["c"]
    assert re.findall(r'<li( class="most")?><span>(\w+)</span><b>(\S+)\s%</b><i style="--p: ([\d.]+)%">', html) == [
        ("", "no", "25.0", "25.0"), (' class="most"', "yes", "75.0", "75.0"),
        (' class="most"', "no", "99.9", "99.9"), ("", "yes", "0.1", "0.1"),
    ]  # fmt: skip
    [(source, alt)] = re.findall(r'<img src="data:image/png;base64,(.*?)" alt="(.*?)">', html)
    assert alt == "open &#34;wide&#34;"
    np.testing.assert_array_equal(imread(BytesIO(base64.b64decode(source)))[..., :3], [[[1, 0, 0], [0, 0, 1]]])


def test_the_slider_has_a_place_for_each_frame_and_nothing_is_loaded(tmp_path):
    html = made(tmp_path).html
    assert re.findall(r'<label>Read <input type="range" min="0" max="(\d)" step="1" value="0"></label>', html) == ["1"]
    assert not re.findall(r"<(?:link|iframe|script [^>]*src)|https?:", html)
    assert "display: none" in re.search(r"\.control \{(.*?)\}", html)[1], "without scripts there is no slider"
    assert "hidden" not in re.search(r"\.steps \.frame.*?\{(.*?)\}", html)[1], "without scripts all frames are seen"


def test_mosaic():
    maps = np.arange(12.0).reshape(2, 2, 3)
    n = np.nan
    np.testing.assert_array_equal(
        steps.mosaic(maps, 2),
        [[0, 3, n, 1, 4], [6, 9, n, 7, 10], [n, n, n, n, n], [2, 5, n, n, n], [8, 11, n, n, n]],
    )


def test_colors_go_from_dark_to_light_and_are_none_where_there_is_no_number():
    colors = steps.colored(np.array([[-1.0, 0, 1, np.nan]]), -1, 1)[0]
    assert colors.dtype == np.uint8
    assert colors[3].tolist() == [0, 0, 0, 0]
    lightness = colors[:3, :3].astype(float) @ [0.2126, 0.7152, 0.0722]
    assert np.diff(lightness).min() > 50
