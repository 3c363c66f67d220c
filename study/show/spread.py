"""The forest plot of the languages: a row for each finding, a dot for each language, a diamond for all of them."""

from __future__ import annotations

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
from ..files import atomic_write
from .style import BLUE, ORANGE, STYLE, WIDTH, Picture

ROW, AROUND = 0.3, 0.75  # inches: the height of a row, and what stands around the rows of a panel
LEFT, RIGHT, GAP = 0.335, 0.985, 0.04  # of the figure's width: where the panels begin and end, and between them
FILLS = {"better": BLUE, "worse": BLUE, "equivalent": "0.6", "not resolved": "white"}
MEAN, DOTS, SQUARE = -0.1, 0.2, -0.32  # of a row, from its middle downwards: where each mark stands
LOOKS = {"svg.hashsalt": "forest", "svg.fonttype": "path"}  # from the same table the same file


@mpl.rc_context(STYLE | LOOKS)
def save(findings: pd.DataFrame, effects: pd.DataFrame, path: Path, sample_of: Sequence[str]) -> Picture:
    """Draw the findings and write them as PNG and as SVG."""
    title = f"What holds in {findings['languages'].max()} languages"
    title += "".join(f" (sample data, not {each})" for each in sample_of)
    figure = draw(findings, effects, title)
    for kind, about in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
        with atomic_write(path.with_suffix(f".{kind}")) as part:
            figure.savefig(part, format=kind, metadata=about)
    counts = findings["verdict"].value_counts()
    return Picture(path, f"{title}: {', '.join(f'{number} {verdict}' for verdict, number in counts.items())}.")


@mpl.rc_context(STYLE)
def draw(findings: pd.DataFrame, effects: pd.DataFrame, title: str) -> Figure:
    """A column for each architecture, with a row for each of its findings; below them the kinds of cells."""
    own, kinds = (findings[(findings["group"] == KINDS) == is_kind] for is_kind in (False, True))
    rows = list(dict.fromkeys(zip(own["group"], own["variant"], own["baseline"], strict=True)))
    heights = [ROW * len(rows), ROW * len(kinds)]
    panels = [height for height in heights if height]
    figure = Figure(figsize=(WIDTH, sum(panels) + AROUND * (len(panels) + 0.6)))
    tall, top = figure.get_figheight(), 0.75
    names = list(own["architecture"].unique())
    wide = (RIGHT - LEFT - GAP * (len(names) - 1)) / max(len(names), 1)
    limits = _limits(own, effects[effects["group"] != KINDS])
    for number, name in enumerate(names):
        box = (LEFT + number * (wide + GAP), 1 - (top + heights[0]) / tall, wide, heights[0] / tall)
        axes = figure.add_axes(box)
        _panel(axes, own[own["architecture"] == name], effects, rows, limits)
        axes.set_title(ARCHITECTURES[name].title, loc="left", weight="bold")
        if number == 0:
            _names(axes, [own[_is(own, row)].iloc[0] for row in rows])
    if len(kinds):
        axes = figure.add_axes((LEFT, 0.85 / tall, RIGHT - LEFT, heights[1] / tall))
        keys = list(zip(kinds["group"], kinds["variant"], kinds["baseline"], kinds["architecture"], strict=True))
        _panel(axes, kinds, effects, keys, _limits(kinds, effects[effects["group"] == KINDS]))
        _names(axes, [each for _, each in kinds.iterrows()])
        axes.set_title("One kind of cell against another, at equal settings", loc="left", weight="bold")
    figure.supxlabel("difference in test macro-F1", y=0.42 / tall, va="bottom", fontsize=9)
    figure.suptitle(title, y=1 - 0.1 / tall, va="top")
    _legend(figure, findings["full_verdict"].notna().any())
    return figure


def _is(rows: pd.DataFrame, key: tuple) -> pd.Series:
    """Which rows have this group, variant and baseline, and perhaps architecture."""
    names = ("group", "variant", "baseline", "architecture")
    return np.logical_and.reduce([rows[name] == value for name, value in zip(names, key, strict=False)])


def _limits(findings: pd.DataFrame, effects: pd.DataFrame) -> tuple[float, float]:
    margin = findings["margin"].max()
    low = min(findings["low"].min(), effects["effect"].min(), -margin)
    high = max(findings["high"].max(), effects["effect"].max(), margin)
    room = 0.05 * (high - low)
    return low - room, high + room


def _panel(axes: Any, findings: pd.DataFrame, effects: pd.DataFrame, rows: list[tuple], limits: tuple) -> None:
    margin = findings["margin"].iloc[0]
    axes.axvspan(-margin, margin, color="0.92", zorder=0)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    for height, key in enumerate(rows):
        for row in findings[_is(findings, key)].itertuples():
            mine = effects[(effects[KEY] == [getattr(row, name) for name in KEY]).all(axis=1)]["effect"]
            jitter = np.linspace(-0.09, 0.09, len(mine))
            axes.plot(mine, height + DOTS + jitter, ".", color="0.35", markersize=3.5, markeredgewidth=0, zorder=2)
            reach = [[row.effect - row.low], [row.high - row.effect]]
            looks = {"markerfacecolor": FILLS[row.verdict], "color": "black", "markeredgewidth": 0.8}
            axes.errorbar(
                row.effect, height + MEAN, xerr=reach, marker="D", markersize=5.5, linewidth=1.2, zorder=4, **looks
            )
            if isinstance(row.full_verdict, str):
                axes.plot(row.full_effect, height + SQUARE, **_square(), zorder=3)
        axes.axhline(height + 0.5, color="0.85", linewidth=0.5, zorder=0)
    axes.set(xlim=limits, ylim=(len(rows) - 0.5, -0.5), yticks=[])
    axes.grid(axis="x", color="0.85", linewidth=0.5)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:+.2f}" if round(x, 6) else "0")
    axes.tick_params(axis="x", labelsize=8)


def _square() -> dict[str, Any]:
    return {"marker": "s", "markersize": 4, "markerfacecolor": "white", "color": ORANGE, "linestyle": "none"}


def _names(axes: Any, rows: list[pd.Series]) -> None:
    """What each row is about, on the left."""
    from .languages import short

    for height, row in enumerate(rows):
        text = short(SimpleNamespace(**row))
        axes.annotate(
            text, (0, height), xycoords=("figure fraction", "data"), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8,
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
