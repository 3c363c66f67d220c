"""Names beside what they name, in place of a legend: at the ends of lines, in a colour dark enough to be read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np

APART = 0.075  # of the height of a panel: how far labels of one line stay from each other
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # no line of the grid goes through a name
DARKER = 0.6  # of a colour's brightness: text needs more contrast than a line


def ink(color: Any) -> tuple[float, float, float]:
    """A colour for text that belongs to a line: the line's own, darkened to a contrast of 4.5 or more on white."""
    red, green, blue = mpl.colors.to_rgb(color)
    return (DARKER * red, DARKER * green, DARKER * blue)


def at_ends(axes: Any, ends: Sequence[tuple[float, float, str, Any]], aside: float = 6) -> None:
    """Name lines at their ends, (x, y, name, colour) of each; names that would lie on each other move apart.

    The axes must have their final limits. `aside`: points between an end and its name.
    """
    if not ends:
        return
    axes.autoscale_view()  # limits that follow the data would be found when all is drawn
    in_panel = axes.transData + axes.transAxes.inverted()  # parts of its height, whatever its scale
    heights = [in_panel.transform((x, y))[1] for x, y, _, _ in ends]
    lines = [1 + name.count("\n") for _, _, name, _ in ends]
    for (x, _, name, color), height in zip(ends, apart(heights, APART, lines), strict=True):
        look = {"color": ink(color), "va": "center", "fontsize": 8, "annotation_clip": False, "bbox": BEHIND}
        axes.annotate(name, (x, height), (aside, 0), ("data", "axes fraction"), "offset points", **look)


def apart(heights: Sequence[float], least: float, lines: Sequence[int] = ()) -> list[float]:
    """Heights in their order, moved as far as needed for each to lie `least` above the one below; their mean stays.

    `lines`: of how many lines each label is, if not of one; between two of them lies the mean of both times `least`.
    """
    order, moved = np.argsort(heights, kind="stable"), np.array(heights, dtype=float)
    for below, above in pairwise(order):
        between = (lines[below] + lines[above]) / 2 if lines else 1
        moved[above] = max(moved[above], moved[below] + least * between)
    return (moved - (moved - heights).mean()).tolist()


def beside(axes: Any, y: float, text: str) -> None:
    """A name to the right of a panel, at the height of a line that goes through all of it."""
    axes.text(1.01, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8)
