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
TITLE = 90  # letters of a line of a title: a longer one would make the figure wider
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
    "svg.hashsalt": "figure",  # from the same numbers the same file
    "svg.fonttype": "path",
}
BLUE, ORANGE, GREEN = sns.color_palette("colorblind")[:3]  # told apart with any colour vision, and in grey
styled = mpl.rc_context(STYLE)  # a decorator of what draws


@dataclass(frozen=True)
class Picture:
    """A figure on disk, as PNG with its SVG beside it; a notebook shows the first, a page whichever suits it.

    `caption` says what is to be seen, `alt` tells it to those who cannot see it, with its numbers.
    """

    path: Path
    alt: str
    caption: str = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        about = {"name": self.path.stem, "alt": self.alt, "caption": self.caption or self.alt}
        return {"image/png": self.path.read_bytes(), "text/plain": about["caption"]}, {"image/png": about}


def figure(height: float, *shape: int, **settings: Any) -> tuple[Figure, np.ndarray]:
    """An empty figure of rows x columns axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(*shape, squeeze=False, **settings)


def save(
    figure: Figure, place: Place, name: str, title: str, data: Dataset, *, caption: str = "", alt: str = ""
) -> Picture:
    """Give the figure its title, with a warning if the data is not the real one, and write it.

    Without a caption the title stands for it, without an alternative text the caption.
    """
    title = f"{title} ({data.notice})" if data.is_sample else title
    figure.suptitle(in_lines(title, TITLE))
    return Picture(
        write(figure, place.figures / f"{name}.png", as_svg=not place.by_hand),
        alt or caption or title,
        caption or title,
    )


def write(figure: Figure, path: Path, as_svg: bool = True) -> Path:
    """Write the figure as PNG to `path`, which is returned, and as SVG beside it: the same figure, the same bytes.

    A notebook by hand, which shows the PNG, does without the SVG: it takes as long.
    """
    kinds = {"png": {"Software": None}} | ({"svg": {"Date": None, "Creator": None}} if as_svg else {})
    for kind, about in kinds.items():
        with atomic_write(path.with_suffix(f".{kind}")) as part:
            figure.savefig(part, format=kind, metadata=about)
    return path


def in_lines(words: str, width: int) -> str:
    """Words below each other, which side by side would run into those of the next value."""
    return textwrap.fill(words, width, break_long_words=False, break_on_hyphens=False)


def legend(figure: Figure, *axes: Any) -> None:
    """One legend under all axes, each label once."""
    handles = {label: handle for each in axes for handle, label in zip(*each.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
