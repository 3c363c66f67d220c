"""A figure that the reader steps through, in the page itself: a slider over frames that were computed before.

A page shows its HTML, with a few lines of plain script inside; paper, and whoever runs no scripts, has a still picture,
or all frames side by side.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.image import imsave

from ..sentences import ENVIRONMENT
from ..style import Picture

COLORS = colormaps["cividis"]  # from dark to light, so that it is read in grey and with any colour vision


@dataclass(frozen=True)
class Strip:
    """Small pictures of one quantity: a title, numbers as an array of colours, and what they show in words."""

    title: str
    colors: np.ndarray  # (rows, columns, 3 or 4)
    alt: str
    wide: bool = False  # as wide as the figure, but no higher than a line

    @property
    def source(self) -> str:
        """The picture itself, as an address."""
        file = io.BytesIO()
        imsave(file, np.ascontiguousarray(self.colors), format="png")
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@dataclass(frozen=True)
class Frame:
    """One step: its title, the number of words that were read of `Steps.words`, pictures, and class probabilities."""

    title: str
    said: str = ""
    read: int = 0
    strips: Sequence[Strip] = ()
    bars: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Steps:
    """Frames to step through, with a slider called `label`, and the still picture that stands for them on paper."""

    label: str
    frames: Sequence[Frame]
    still: Picture
    words: Sequence[str] = ()

    @property
    def html(self) -> str:
        """The figure as a page holds it; its caption is that of the still picture."""
        frames = [
            {"title": each.title, "said": each.said, "read": each.read, "strips": each.strips, "bars": _bars(each.bars)}
            for each in self.frames
        ]
        template = ENVIRONMENT.get_template("steps.html")
        return template.render(label=self.label, frames=frames, words=self.words, name=self.still.path.stem)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        shown, about = self.still._repr_mimebundle_()
        return shown | {"text/html": self.html}, about


def _bars(probabilities: dict[str, float]) -> list[tuple[str, str, str, bool]]:
    """Of each class: its name, its probability in percent and as a width, and whether it is the largest."""
    most = max(probabilities.values(), default=0)
    space = "\N{NO-BREAK SPACE}"
    return [(name, f"{100 * p:.1f}{space}%", f"{100 * p:.1f}%", p == most) for name, p in probabilities.items()]


def colored(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Numbers as colours, dark at `low` and light at `high`; none where there is no number."""
    scaled = np.ma.masked_invalid((values - low) / (high - low))
    return (COLORS(scaled) * 255).round().astype(np.uint8) * ~np.isnan(values)[..., np.newaxis]


def mosaic(maps: np.ndarray, columns: int, between: int = 1) -> np.ndarray:
    """Maps (rows, columns, filters) side by side, row after row; NaN between them, and where there is none."""
    rows, width, filters = maps.shape
    down = -(-filters // columns)
    whole = np.full((down * (rows + between) - between, columns * (width + between) - between), np.nan)
    for number in range(filters):
        i, j = (rows + between) * (number // columns), (width + between) * (number % columns)
        whole[i : i + rows, j : j + width] = maps[..., number]
    return whole
