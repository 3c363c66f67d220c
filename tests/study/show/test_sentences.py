"""Templates: lines become paragraphs, and a value that is missing or too many is an error."""

import jinja2
import pytest

from study.show import sentences


@pytest.mark.parametrize(
    ("text", "flows"),
    [
        ("\none\n  two   three\n", "one two three"),
        ("one\ntwo\n\n\nthree\n", "one two\n\nthree"),
        ("- a\n  b\n- c\n    - d\n      e", "- a b\n- c\n    - d e"),
        ("lead:\n- a", "lead:\n- a"),
        ("| a | b |\n| :-- | :-- |", "| a | b |\n| :-- | :-- |"),
        ("> said\n\nnext", "> said\n\nnext"),
        ("a \N{NO-BREAK SPACE}%  b ", "a \N{NO-BREAK SPACE}% b"),
        ("a -0.1\n-0.2 b", "a -0.1 -0.2 b"),
        (" \n\n ", ""),
        ("a (1)\n; b\n. 2 .5", "a (1); b. 2 .5"),
    ],
)
def test_lines_flow(text, flows):
    assert sentences.flow(text) == flows


def test_what_a_sentence_needs_it_must_get():
    assert "over all texts of the" in sentences.say("notebook.ways", items="texts", whole=False)
    assert "over all texts" not in sentences.say("notebook.ways", items="texts", whole=True)
    with pytest.raises(jinja2.UndefinedError, match=r"items|whole"):
        sentences.say("notebook.ways")
    with pytest.raises(TypeError, match="number"):
        sentences.say("notebook.ways", items="texts", whole=True, number=3)
    with pytest.raises(AttributeError, match="nothing"):
        sentences.say("notebook.nothing")


@pytest.mark.parametrize(
    ("filter", "value", "written"),
    [
        ("score", 0.12345, "0.123"),
        ("signed", 0.0166, "+0.017"),
        ("signed", -0.0166, "−0.017"),
        ("signed", -0.0004, "0.000"),
        ("loss", 1.099, "1.10"),
        ("tiny", 2.5e-7, "2.5e-07"),
        ("count", 12345, "12,345"),
        ("and", ["a", "b", "c"], "a, b and c"),
        ("and", ["a"], "a"),
    ],
)
def test_numbers_are_written_alike_everywhere(filter, value, written):
    assert sentences.ENVIRONMENT.filters[filter](value) == written
