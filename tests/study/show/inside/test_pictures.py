"""Every picture is there, and says in words what it shows."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from study.architectures import ARCHITECTURES
from study.runs import Place, Run
from study.show import inside
from study.show.inside import networks, remembering
from study.show.inside.reading import Reading
from study.show.inside.steps import Steps
from study.show.style import Picture

OF_TEXTS = ["steps", "states", "gates", "verdict", "padding", "fading"]
OF_IMAGES = ["steps", "filters", "pooling", "patches", "where", "answers"]


@pytest.fixture
def of_equal_settings(monkeypatch):
    """The networks with one layer stand for those at equal settings, of two kinds of cells."""

    def kinds(data, place):
        variant = next(each for each in networks.variants("lstm") if each.name == "layers-1")
        return {name: [Run(variant, 0, place.model(variant, 0), {})] for name in ("lstm", "gru")}

    monkeypatch.setattr(remembering, "kinds", kinds)


@pytest.mark.parametrize(
    ("architecture", "wanted"),
    [("lstm", OF_TEXTS), ("simple_rnn", [each for each in OF_TEXTS if each not in ("gates", "fading")]),
     ("cnn", OF_IMAGES)],
)  # fmt: skip
def test_every_picture_is_there(evidence, request, architecture, wanted):
    found = evidence(architecture)
    if "fading" in wanted:
        request.getfixturevalue("of_equal_settings")
    shown = list(inside.parts(found))
    figures = [each for each in shown if not isinstance(each, str)]
    assert isinstance(figures[0], Steps)
    assert all(isinstance(each, Picture) for each in figures[1:])
    pictures = [figures[0].still, *figures[1:]]
    assert [each.path.stem for each in pictures] == [f"{architecture}-inside-{name}" for name in wanted]
    assert all(each.path.with_suffix(kind).exists() for each in pictures for kind in (".png", ".svg"))
    said = [each.alt for each in pictures] + [each.caption for each in pictures]
    assert len({*said}) == len(said)
    assert all(re.search(r"\d", each.alt) for each in pictures)
    assert not [each for each in said if re.search(r"[`*{]|\bnan\b", each)], "a caption is no Markdown"
    sentences = [each for each in shown if isinstance(each, str)]
    assert all(each.startswith("### ") or each[-1] == "." for each in sentences)
    assert len([each for each in sentences if each.startswith("### ")]) == (2 if "gates" not in wanted else 3) + (
        architecture == "cnn"
    )


def test_the_texts_are_told_in_english_where_it_is_known(evidence):
    found = evidence("gru")
    _, lead, *_ = itertools.islice(inside.parts(found), 2)
    assert "answers wrong. Step" in lead
    english = {each: f"number {n}" for n, each in enumerate(found.data.x_test)}
    found.data = replace(found.data, in_english=english)
    _, lead, *_ = itertools.islice(inside.parts(found), 2)
    told = re.search(r"answers wrong \(in English: (.+?)\)\. Step", lead)[1]
    shown = [int(each) for each in re.findall(r"\*number (\d+)\*", told)]
    assert told == "; ".join(f"*number {each}*" for each in shown)
    right = found.checks[0].predicted == found.data.y_test
    assert right[shown].tolist() == sorted(np.unique(right), reverse=True)


def test_frames_of_a_text_say_what_the_network_says(evidence):
    found = evidence("gru")
    figure = next(each for each in inside.parts(found) if isinstance(each, Steps))
    assert len(figure.frames) == len(figure.words)
    assert [each.read for each in figure.frames] == list(range(1, 1 + len(figure.words)))
    text = " ".join(figure.words)
    example = [" ".join(each.split(" - ")) for each in found.data.x_test].index(" ".join(text.split(" - ")))
    p = found.checks[0].keras[example]
    np.testing.assert_allclose([*figure.frames[-1].bars.values()], p, atol=1e-6)
    assert [each.title.split(",")[0] for each in figure.frames[0].strips] == [
        "update gate u", "reset gate r", "candidate", "state h"
    ]  # fmt: skip


def test_frames_of_an_image_are_its_layers(evidence):
    found = evidence("cnn")
    figure = next(each for each in inside.parts(found) if isinstance(each, Steps))
    layers = re.findall(r"(\w+) \((?:Conv|Max)", " ".join(each.title for each in figure.frames))
    assert layers == ["conv_1a", "pool_1", "conv_2a", "pool_2", "conv_3a", "pool_3"]
    np.testing.assert_allclose([*figure.frames[-1].bars.values()], found.checks[0].keras[0], atol=1e-5)
    assert figure.frames[1].strips[0].colors.shape == (4 * 33 - 1, 8 * 33 - 1, 4)


def test_the_word_that_moves_the_verdict_most():
    p = np.array([[0.5, 0.5], [0.6, 0.4], [0.1, 0.9], [0.2, 0.8]])
    reading = Reading(["a", "b*", "c", "d"], np.ones(4, bool), {}, p)
    said = inside.turn(reading, ("no", "yes"))
    assert "*c*, number 3" in said
    assert "*yes* goes from 0.40 to 0.90" in said
    assert "vocabulary" not in said
    unknown = inside.turn(Reading(["a", "b", "c", "d"], np.array([1, 1, 0, 1], bool), {}, p), ("no", "yes"))
    assert (
        "*c*, number 3 (not in the vocabulary: the network reads that there is a word, and not which): the" in unknown
    )
    assert inside.turn(Reading(["a"], np.ones(1, bool), {}, p[:1]), ("no", "yes")) == ""


def test_a_memory_halves_as_fast_as_its_gate_says():
    for gate, name in (("f", "forget gate f"), ("u", "update gate u")):
        reading = Reading(["a"], np.ones(1, bool), {"one": {gate: np.full((1, 3), 0.5**0.25)}}, np.ones((1, 2)))
        assert f"the {name} is 0.84 on average" in inside.gates_read(reading)
        assert "gone after 4 words" in inside.gates_read(reading)


def test_kinds_of_cells_are_those_whose_networks_are_there(evidence, tmp_path):
    found = evidence("lstm")
    assert networks.kinds(found.data, found.place) == {}
    assert {ARCHITECTURES[name].dataset for name in networks.cells.all_of_them()} == {"nusax"}
    assert Place("tiny", False, tmp_path).weights.exists()
