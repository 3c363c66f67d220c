"""The field to type or draw in, and the picture that stands for it in a report."""

import re
from dataclasses import replace

import numpy as np
import pytest

from study.files import ROOT
from study.runs import Place
from study.show import trying
from study.try_it.network import Network

from ..made_up import checks, weighed

TEXTS = [
    "a b c d",
    "tidak enak dan mahal sekali",
    "satu dua tiga empat lima",
    "makanannya enak sekali dan pelayannya ramah",
]
LABELS = [0, 0, 1, 2]  # the first is too short


def made(tmp_path, architecture, file, classes):
    """Evidence whose networks are one of examples/."""
    found = checks({}, architecture, examples=3 * classes, classes=classes)
    path = ROOT / "examples" / f"{file}.keras"
    found = [replace(each, run=replace(each.run, path=path)) for each in found]
    return weighed(found, place=Place("quick", False, tmp_path))


@pytest.fixture
def of_texts(tmp_path):
    found = made(tmp_path, "lstm", "sentiment", 3)
    texts = np.array(TEXTS, dtype=object)
    return replace(found, data=replace(found.data, x_test=texts, y_test=np.array(LABELS)))


@pytest.fixture
def of_images(tmp_path, rng):
    found = made(tmp_path, "cnn", "digits", 10)
    images = rng.random((4, 32, 32, 3), dtype=np.float32)
    return replace(found, data=replace(found.data, x_test=images, y_test=np.array([7, 1, 2, 3])))


def shown(evidence, in_report, monkeypatch):
    monkeypatch.setattr(trying, "in_report", lambda: in_report)
    return [*trying.parts(evidence)]


def test_a_report_shows_a_text_of_each_class(of_texts, monkeypatch):
    lead, picture = shown(of_texts, True, monkeypatch)
    assert lead.startswith("In a live notebook")
    network = Network("", of_texts.checks[0].run.path, of_texts.data.classes)
    told = re.findall(
        r'(\w), "(.+?)": a (\S+), b (\S+), c (\S+?)[;.]$|(?!)', picture.alt.replace("; ", ";\n"), re.MULTILINE
    )
    assert [each[:2] for each in told] == [("a", TEXTS[1]), ("b", TEXTS[2]), ("c", TEXTS[3])]
    for _, text, *p in told:
        np.testing.assert_allclose(np.array(p, float), network.model.predict([text])[0], atol=0.0051)
    assert "5 to 10 words" in picture.caption
    assert "in English" not in picture.caption
    assert not set("*`_") & set(picture.caption)  # it is no Markdown
    assert picture.path == of_texts.place.figures / "lstm-try-it.png" and picture.path.exists()


def test_what_the_texts_say_in_english_stands_in_the_caption(of_texts, monkeypatch):
    known = {TEXTS[1]: "So tasty.", TEXTS[3]: "Dear", TEXTS[0]: "Not shown"}
    of_texts = replace(of_texts, data=replace(of_texts.data, in_english=known))
    _, picture = shown(of_texts, True, monkeypatch)
    assert "below its true class (in English: “So tasty.”; “Dear”), and the probability" in picture.caption


def test_a_report_shows_an_image_that_is_painted_over(of_images, monkeypatch):
    lead, picture = shown(of_images, True, monkeypatch)
    assert "field to draw in" in lead and "(h)" in picture.caption
    assert not set("*`_") & set(picture.caption)
    painted = of_images.data.x_test[:1].copy()
    painted[:, 12:20] = 0
    network = Network("", of_images.checks[0].run.path, of_images.data.classes)
    for name, pixels in (("As it is", of_images.data.x_test[:1]), ("Painted over", painted)):
        [said] = re.findall(rf"{name}: (.+?)[;.](?: |$)", picture.alt)
        p = [float(each) for each in re.findall(r"\d\.\d\d", said)]
        np.testing.assert_allclose(p, network.model.predict(pixels)[0], atol=0.0051)


@pytest.mark.parametrize("kind", ["texts", "images"])
def test_a_live_notebook_has_the_field_and_the_picture_behind_it(kind, of_texts, of_images, monkeypatch):
    evidence, displayed = {"texts": of_texts, "images": of_images}[kind], []
    lead, field = shown(evidence, False, monkeypatch)
    assert re.match("Type a sentence|Draw on the image", lead)
    monkeypatch.setattr(trying, "display", lambda content, **_: displayed.append(content))
    field._ipython_display_()
    content, *script = displayed
    assert content["image/png"].startswith(b"\x89PNG")
    assert content["application/vnd.jupyter.widget-view+json"]["model_id"] == field.box.model_id
    assert len(script) == (kind == "images")
    options = field.box.children[0].options
    assert len(options) == len({each.run.variant.name for each in evidence.checks})
    assert options[0][0] == "baseline"
