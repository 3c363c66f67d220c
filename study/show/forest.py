"""The forest plot: every comparison's difference with its interval, by architecture and group, marked by verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ..architectures import ARCHITECTURES
from ..evidence import within_groups
from ..findings import is_fragile, is_total, lacking, pair_of
from ..statistics import VERDICTS
from .sentences import say
from .style import STYLE, WIDTH, Picture, in_lines, write
from .words import signed

LINE, AROUND = 0.155, 0.55  # inches: the height of a line, and what a panel needs beside its lines
_COLORS = sns.color_palette("colorblind")
MARKS = {  # each verdict by shape as well as by colour
    "better": {"marker": "^", "color": _COLORS[0]},
    "worse": {"marker": "v", "color": _COLORS[3]},
    "equivalent": {"marker": "s", "color": _COLORS[2]},
    "not resolved": {"marker": "o", "color": "0.5"},
}


@dataclass(frozen=True)
class Form:
    """How wide the figure is, and where its words stand: beside a panel, or in it and `lifted` above their bars."""

    width: float = WIDTH  # inches, as is the height of a line
    line: float = LINE
    left: float = 0.45  # of the figure's width: where the panels begin and end
    right: float = 0.925
    words: tuple[float, float] = (-0.88, -0.84)  # of a panel's width: where titles and names begin
    lifted: float = 0.0
    behind: dict[str, Any] | None = None  # what keeps the panel's lines out of its words
    columns: int = 5  # of the legend


WIDE = Form()
# For a telephone: a name stands above its bar.
NARROW = Form(3.4, 0.27, 0.03, 0.86, (0.0, 0.0), 0.5, {"facecolor": "white", "edgecolor": "none", "pad": 0.5}, 2)


@dataclass(frozen=True)
class Line:
    """A line of a panel: a comparison, or without one the title of a group."""

    text: str
    row: Any = None


@mpl.rc_context(STYLE)
def save(comparisons: pd.DataFrame, path: Path, title: str, with_forms: bool = False) -> Picture:
    """Draw the comparisons within groups and write them: from the same table the same bytes.

    `with_forms`: with the forms that `markup.shown` knows beside it, for narrow screens and for paper.
    """
    within = within_groups(comparisons)
    for each in path.parent.glob(f"{path.stem}-part-*"):
        each.unlink()
    if with_forms:
        write(draw(comparisons, title, NARROW), path.with_stem(f"{path.stem}-narrow"))
        names = list(within["architecture"].unique())
        for number, name in enumerate(names if len(names) > 1 else [], 1):
            write(draw(comparisons, title, only=[name]), path.with_stem(f"{path.stem}-part-{number}"))
    caption = say("captions.forest", title=title, single=within["n_seeds"].max() == 1, fragile=has_fragile(comparisons))
    return Picture(write(draw(comparisons, title), path), in_numbers(comparisons, title), caption)


@mpl.rc_context(STYLE)
def draw(comparisons: pd.DataFrame, title: str, form: Form = WIDE, only: Sequence[str] = ()) -> Figure:
    """A panel for each architecture, or for some; networks for the same data share their scale."""
    within = within_groups(comparisons)
    names = only or within["architecture"].unique()
    panels = {name: _lines(within[within["architecture"] == name]) for name in names}
    heights = [form.line * len(lines) for lines in panels.values()]
    head = in_lines(title, round(12 * form.width))
    above, below = 0.15 * head.count("\n"), 0.2 * (-(-5 // form.columns) - 1)  # what more than a line of each needs
    height = sum(heights) + AROUND * (len(panels) + 1) + above + below
    figure = Figure(figsize=(form.width, height))
    grid = {"height_ratios": heights, "hspace": AROUND * len(panels) / sum(heights)}
    axes = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw=grid)[:, 0]
    figure.subplots_adjust(
        left=form.left, right=form.right, top=1 - (0.6 + above) / height, bottom=(0.75 + below) / height
    )
    for each, (name, lines) in zip(axes, panels.items(), strict=True):
        mine = ARCHITECTURES[name].dataset
        alike = within[[ARCHITECTURES[other].dataset == mine for other in within["architecture"]]]
        margin = ARCHITECTURES[name].margin
        _panel(each, name, lines, (min(alike["low"].min(), -margin), max(alike["high"].max(), margin)), form)
    axes[-1].set_xlabel("difference in test macro-F1, with its 95 % interval")
    figure.suptitle(head, y=1 - 0.12 / height, va="top")
    marks = [mpl.lines.Line2D([], [], linestyle="-", label=each, **MARKS[each]) for each in VERDICTS]
    marks.append(mpl.patches.Patch(color="0.9", label="too small to matter"))
    look = {"loc": "lower center", "bbox_to_anchor": (0.5, 0), "columnspacing": 1.4}
    figure.legend(handles=marks, ncols=form.columns, **look)
    return figure


def has_fragile(comparisons: pd.DataFrame) -> bool:
    """Whether a mark is hollow."""
    return any(map(is_fragile, within_groups(comparisons).itertuples()))


def _lines(rows: pd.DataFrame) -> list[Line]:
    """The lines of a panel: the title of each group, and its comparisons below it."""
    lines = []
    for row in rows.itertuples():
        title = ARCHITECTURES[row.architecture].groups[row.group].title
        if title not in [each.text for each in lines if each.row is None]:
            lines.append(Line(title))
        lines.append(Line(_name(row), row))
    return lines


def _name(row: Any) -> str:
    """What a line compares: `2 against 3`; `+` marks a step beyond the line above."""
    ours, theirs = pair_of(row)
    if is_total(row):
        return ours
    if ARCHITECTURES[row.architecture].groups[row.group].stepwise:
        return f"+ {lacking(row) or ours}"
    return f"{ours} against {theirs}"


def _panel(axes: Any, architecture: str, lines: list[Line], limits: tuple[float, float], form: Form) -> None:
    """One architecture: a line for each comparison, its difference also in digits on the right."""
    family, seeds = ARCHITECTURES[architecture], {each.row.n_seeds for each in lines if each.row is not None}
    axes.axvspan(-family.margin, family.margin, color="0.9", zorder=0)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    for height, line in enumerate(lines):
        if line.row is None:
            axes.text(form.words[0], height, line.text, weight="bold", **_beside(axes), bbox=form.behind)
            continue
        effect, low, high = line.row.effect, line.row.low, line.row.high
        reach = [[effect - low], [high - effect]]
        looks = MARKS[line.row.verdict] | ({"markerfacecolor": "white"} if is_fragile(line.row) else {})
        axes.errorbar(effect, height, xerr=reach, markersize=5, capsize=2, linewidth=1.3, **looks)
        axes.text(form.words[1], height - form.lifted, line.text, **_beside(axes), bbox=form.behind)
        axes.text(1.02, height, signed(effect), **_beside(axes))
    room = 0.04 * (limits[1] - limits[0])
    axes.set(xlim=(limits[0] - room, limits[1] + room), ylim=(len(lines) - 0.4, -0.6), yticks=[])
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(7 if form is WIDE else 4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+.2f}" if round(x, 6) else "0")
    number = " or ".join(map(str, sorted(seeds)))
    title = f"{family.title}, {number} seed{'s' * (number != '1')}"
    axes.set_title(title, loc="left", x=form.words[0], weight="bold", size=10)


def _beside(axes: Any) -> dict[str, Any]:
    """Text beside a panel, at the height of a line."""
    return {"transform": axes.get_yaxis_transform(), "va": "center", "ha": "left", "fontsize": 8}


def in_numbers(comparisons: pd.DataFrame, title: str, with_clear: bool = True) -> str:
    """How many comparisons of each architecture have which verdict, and which are clear, for who cannot see them."""
    networks = []
    for name, rows in within_groups(comparisons).groupby("architecture", sort=False):
        family = ARCHITECTURES[name]
        counts = [(each, number) for each in VERDICTS if (number := (rows["verdict"] == each).sum())]
        fragile = sum(map(is_fragile, rows.itertuples()))
        clear = [
            (family.groups[row.group].title.lower(), _name(row), row.effect)
            for row in rows.itertuples()
            if with_clear and row.verdict in ("better", "worse") and not is_fragile(row)
        ]
        networks.append((family.title, counts, fragile, clear))
    return say("alts.forest", title=title, networks=networks)
