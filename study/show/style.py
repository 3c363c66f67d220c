"""The one style of all figures: readable in print, told apart by line and marker as well as by colour."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from ..datasets import Dataset
from ..files import atomic_write
from ..runs import Place

WIDTH = 7.5  # inches, the text width of the PDF
STYLE = {
    **sns.axes_style("whitegrid"),
    "axes.grid.axis": "y",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 150,
    "font.size": 9,
    "axes.titlesize": 9,
    "figure.titlesize": 10,
    "legend.frameon": False,
    "savefig.bbox": "tight",
}
BLUE, ORANGE, GREEN = sns.color_palette("colorblind")[:3]  # told apart with any colour vision, and in grey
styled = mpl.rc_context(STYLE)  # a decorator of what draws


@dataclass(frozen=True)
class Picture:
    """A figure on disk; a notebook shows it, with its text for those who cannot see it."""

    path: Path
    alt: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return {"image/png": self.path.read_bytes(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def figure(height: float, *shape: int, **settings: Any) -> tuple[Figure, np.ndarray]:
    """An empty figure of rows x columns axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(*shape, squeeze=False, **settings)


def save(figure: Figure, place: Place, name: str, title: str, data: Dataset) -> Picture:
    """Give the figure its title, with a warning if the data is not the real one, and write it."""
    title = f"{title} ({data.notice})" if data.is_sample else title
    path = place.figures / f"{name}.png"
    figure.suptitle(title)
    with atomic_write(path) as part:
        figure.savefig(part, format="png")
    return Picture(path, title)


def in_lines(words: str, width: int) -> str:
    """Words below each other, which side by side would run into those of the next value."""
    return textwrap.fill(words, width, break_long_words=False, break_on_hyphens=False)


def legend(figure: Figure, *axes: Any) -> None:
    """One legend under all axes, each label once."""
    handles = {label: handle for each in axes for handle, label in zip(*each.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
