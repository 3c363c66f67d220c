"""Names beside lines: apart from each other, in their order, and dark enough to be read."""

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from study.show import labels, style


def luminance(color):
    """The relative luminance of the Web Content Accessibility Guidelines 2.2."""
    parts = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in to_rgb(color)]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("color", [style.BLUE, style.ORANGE, style.GREEN])
def test_the_ink_has_the_contrast_that_text_needs(color):
    assert 1.05 / (luminance(labels.ink(color)) + 0.05) >= 4.5


def test_names_keep_apart_and_in_order():
    assert labels.apart([0.5, 0.1, 0.3], 0.1) == pytest.approx([0.5, 0.1, 0.3])
    moved = labels.apart([0.5, 0.49, 0.2], 0.06)
    assert moved[0] - moved[1] == pytest.approx(0.06)
    assert moved[1] > moved[2]
    two, one, three = labels.apart([0.5, 0.49, 0.48], 0.06, [2, 1, 3])
    assert (two - one, one - three) == (pytest.approx(0.09), pytest.approx(0.12))


def test_names_stand_at_the_ends_of_their_lines():
    axes = Figure().subplots()
    axes.set_ylim(0, 2)
    labels.at_ends(axes, [(3, 1.0, "upper", "red"), (4, 0.97, "lower", "blue")])
    upper, lower = axes.texts
    assert [each.get_text() for each in axes.texts] == ["upper", "lower"]
    assert [each.xy[0] for each in axes.texts] == [3, 4]
    assert upper.xy[1] - lower.xy[1] == pytest.approx(labels.APART)
    assert upper.xy[1] + lower.xy[1] == pytest.approx(0.985)
    assert upper.get_color() == labels.ink("red")
    labels.at_ends(axes, [])
    assert len(axes.texts) == 2


def test_names_stand_there_on_any_scale_and_with_limits_that_follow_the_data():
    axes = Figure().subplots()
    axes.plot([0, 1], [1, 100])
    axes.set(yscale="log")
    axes.margins(y=0)
    labels.at_ends(axes, [(1, 10.0, "middle", "red"), (1, 100.0, "top", "blue")])
    assert [each.xy[1] for each in axes.texts] == pytest.approx([0.5, 1.0])
