"""The forest plot of the languages: a row for each finding, a dot for each language, a diamond for all of them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..across import KEY, KINDS
from ..architectures import ARCHITECTURES
from ..findings import is_total, lacking
from .pooled import in_words, short
from .sentences import say
from .style import BLUE, ORANGE, STYLE, WIDTH, Picture, write

ROW, AROUND, ENDS = 0.28, 0.6, 0.95  # inches: the height of a row, what stands around a block, and around all
LEFT, RIGHT, GAP = 0.335, 0.985, 0.04  # of the figure's width: where the panels begin and end, and between them
FILLS = {"better": BLUE, "worse": BLUE, "equivalent": "0.6", "not resolved": "white"}
LINE = 48  # letters of a name that fit left of the panels
KINDS_TITLE = "One kind of cell against another, at equal settings"
MEAN, DOTS, SQUARE = -0.1, 0.2, -0.32  # of a row, from its middle downwards: where each mark stands


@mpl.rc_context(STYLE)
def save(findings: pd.DataFrame, effects: pd.DataFrame, path: Path, sample_of: Sequence[str]) -> Picture:
    """Draw the findings and write them as PNG and as SVG."""
    title = f"What holds in {findings['languages'].max()} languages"
    title += "".join(f" (sample data, not {each})" for each in sample_of)
    figure = draw(findings, effects, title)
    write(figure, path)
    counts = [(verdict, number) for verdict, number in findings["verdict"].value_counts().items()]
    clear = [in_words(row) for row in findings.itertuples() if row.verdict in ("better", "worse")]
    alt = say("alts.spread", title=title, counts=counts, clear=clear)
    return Picture(path, alt, say("captions.spread", languages=findings["languages"].max()))


@mpl.rc_context(STYLE)
def draw(findings: pd.DataFrame, effects: pd.DataFrame, title: str) -> Figure:
    """Three blocks, each with a scale of its own: what is turned, what is worth a lot, and the kinds of cells.

    In the first two a column for each architecture; a row is the same finding in all of them.
    """
    blocks = [each for each in _blocks(findings) if len(each)]
    tall = sum(ROW * len(_keys(each)) + AROUND for each in blocks) + ENDS
    figure, top = Figure(figsize=(WIDTH, tall)), ENDS / 2
    for block in blocks:
        keys = _keys(block)
        columns = [block] if _is_kinds(block) else [rows for _, rows in block.groupby("architecture", sort=False)]
        wide = (RIGHT - LEFT - GAP * (len(columns) - 1)) / len(columns)
        limits = _limits(block, effects)
        for number, rows in enumerate(columns):
            bottom = 1 - (top + AROUND / 2 + ROW * len(keys)) / tall
            axes = figure.add_axes((LEFT + number * (wide + GAP), bottom, wide, ROW * len(keys) / tall))
            _panel(axes, rows, effects, keys, limits)
            name = KINDS_TITLE if _is_kinds(block) else ARCHITECTURES[rows["architecture"].iloc[0]].title
            axes.set_title(name, loc="left", weight="bold", size=9)
            if number == 0:
                _names(axes, [block[_is(block, key)].iloc[0] for key in keys])
        top += ROW * len(keys) + AROUND
    figure.text((LEFT + RIGHT) / 2, 0.42 / tall, "difference in test macro-F1", ha="center")
    figure.suptitle(title, y=1 - 0.1 / tall, va="top")
    _legend(figure, findings["full_verdict"].notna().any())
    return figure


def _blocks(findings: pd.DataFrame) -> list[pd.DataFrame]:
    """The findings as they share a scale: a part that a network lacks on purpose moves it further than any knob."""
    kinds = findings["group"] == KINDS
    large = np.array([bool(lacking(row)) or is_total(row) for row in findings.itertuples()])
    return [findings[~kinds & ~large], findings[~kinds & large], findings[kinds]]


def _is_kinds(block: pd.DataFrame) -> bool:
    return (block["group"] == KINDS).all()


def _keys(block: pd.DataFrame) -> list[tuple]:
    """What tells the rows of a block: group, variant and baseline; between kinds of cells also the architecture."""
    names = [*KEY[1:], *(["architecture"] if _is_kinds(block) else [])]
    return list(dict.fromkeys(block[names].itertuples(index=False, name=None)))


def _is(rows: pd.DataFrame, key: tuple) -> pd.Series:
    """Which rows have this key."""
    names = (*KEY[1:], "architecture")
    return np.logical_and.reduce([rows[name] == value for name, value in zip(names, key, strict=False)])


def _limits(block: pd.DataFrame, effects: pd.DataFrame) -> tuple[float, float]:
    margin, dots = block["margin"].max(), effects.merge(block[KEY])["effect"]
    low, high = min(block["low"].min(), dots.min(), -margin), max(block["high"].max(), dots.max(), margin)
    room = 0.05 * (high - low)
    return low - room, high + room


def _panel(axes: Any, findings: pd.DataFrame, effects: pd.DataFrame, keys: list[tuple], limits: tuple) -> None:
    margin = findings["margin"].iloc[0]
    axes.axvspan(-margin, margin, color="0.92", zorder=0)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    for height, key in enumerate(keys):
        for row in findings[_is(findings, key)].itertuples():
            mine = effects[(effects[KEY] == [getattr(row, name) for name in KEY]).all(axis=1)]["effect"]
            jitter = np.linspace(-0.09, 0.09, len(mine))
            axes.plot(mine, height + DOTS + jitter, ".", color="0.35", markersize=4.5, markeredgewidth=0, zorder=2)
            reach = [[row.effect - row.low], [row.high - row.effect]]
            looks = {"markerfacecolor": FILLS[row.verdict], "color": "black", "markeredgewidth": 0.8}
            axes.errorbar(
                row.effect, height + MEAN, xerr=reach, marker="D", markersize=5.5, linewidth=1.2, zorder=4, **looks
            )
            if isinstance(row.full_verdict, str):
                axes.plot(row.full_effect, height + SQUARE, **_square(), zorder=3)
        axes.axhline(height + 0.5, color="0.85", linewidth=0.5, zorder=0)
    axes.set(xlim=limits, ylim=(len(keys) - 0.5, -0.5), yticks=[])
    axes.grid(axis="x", color="0.85", linewidth=0.5)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(3 if len(key) == len(KEY) - 1 else 10, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+.2f}" if round(x, 6) else "0")
    axes.tick_params(axis="x", labelsize=8)


def _square() -> dict[str, Any]:
    return {"marker": "s", "markersize": 4, "markerfacecolor": "white", "color": ORANGE, "linestyle": "none"}


def _names(axes: Any, rows: list[pd.Series]) -> None:
    """What each row is about, on the left."""
    for height, row in enumerate(rows):
        text = textwrap.fill(short(SimpleNamespace(**row)), LINE)
        axes.annotate(
            text, (0, height), xycoords=("figure fraction", "data"), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8, linespacing=1,
        )  # fmt: skip


def _legend(figure: Figure, with_full: bool) -> None:
    line = mpl.lines.Line2D
    fills = {"clear of zero": BLUE, "equivalent": "0.6", "not resolved": "white"}
    marks = [
        line([], [], color="black", marker="D", markersize=5.5, markerfacecolor=fill, label=f"mean, {words}")
        for words, fill in fills.items()
    ]
    marks.insert(0, line([], [], color="0.35", marker=".", markersize=5, linestyle="none", label="a language"))
    if with_full:
        marks.append(line([], [], label="full, in Indonesian", **_square()))
    marks.append(mpl.patches.Patch(color="0.92", label="too small to matter"))
    figure.legend(handles=marks, loc="lower center", ncols=len(marks), bbox_to_anchor=(0.5, 0), fontsize=7.5,
                  columnspacing=1.1, handletextpad=0.4, frameon=False)  # fmt: skip
