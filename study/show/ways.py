"""The three ways of predicting beside each other: Keras, numpy as it is by default, and numpy's plain functions."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np

from ..architectures import ARCHITECTURES
from ..evaluation import Check, by_variant
from ..evidence import Evidence
from ..findings import name_of
from . import style
from .style import BLUE, GREEN, ORANGE, Picture
from .tables import Table

WAYS = {  # what a side of a Check is called, and how it is drawn
    "keras": ("Keras", {"marker": "o", "color": ORANGE, "markersize": 8, "markerfacecolor": "none"}),
    "numpy": ("numpy, fast", {"marker": "o", "color": BLUE, "markersize": 3}),
    "plain": ("numpy, plain", {"marker": "x", "color": GREEN, "markersize": 6}),
}


def ways_table(checks: list[Check]) -> Table:
    """The plain way beside the others, a row for each variant: of several seeds the worst agreement, the mean time."""
    architecture = checks[0].run.variant.architecture
    return Table(
        {
            "variant": name_of(architecture, name),
            "plain on": f"{len(mine[0].plain):,} of {len(mine[0].y):,}",
            "agreement, plain": f"{min(each.agreeing('plain') for each in mine)}/{len(mine[0].plain)}",
            "max |Δp|, plain": f"{max(each.differences('plain').max() for each in mine):.1e}",
            "macro-F1, Keras": f"{_f1_of_part(mine, 'keras'):.4f}",
            "macro-F1, plain": f"{_f1_of_part(mine, 'plain'):.4f}",
            **{f"{WAYS[side][0]}, ms": f"{1000 * _seconds(mine, side, 1):.2f}" for side in WAYS},
        }
        for name, mine in _with_plain(checks).items()
    )


def _with_plain(checks: list[Check]) -> dict[str, list[Check]]:
    """The checks of each variant that have a plain side: those of older runs have none."""
    return by_variant([each for each in checks if len(each.plain)])


def _f1_of_part(checks: list[Check], side: str) -> float:
    """The mean macro-F1 of a side on the examples that the plain one predicted."""
    return float(np.mean([each.f1(getattr(each, side)[: len(each.plain)]) for each in checks]))


def _seconds(checks: list[Check], side: str, examples: int) -> float:
    return float(np.mean([each.seconds(side, examples) for each in checks]))


@style.styled
def three_ways(evidence: Evidence) -> Picture:
    """For each variant the macro-F1 of each way, its agreement with Keras, and its time; means over seeds.

    The macro-F1 of the plain way stands there where it went over the whole test split.
    """
    several = by_variant(evidence.checks)
    names = [style.in_lines(name_of(evidence.architecture, name), 36) for name in several]
    lines = 1 + max(name.count("\n") for name in names)
    figure, [[scores, agreement, times]] = style.figure(1.3 + (0.05 + 0.12 * lines) * len(names), 1, 3, sharey=True)
    for height, mine in enumerate(several.values()):
        for side, (label, look) in WAYS.items():
            examples = min(len(getattr(each, side)) for each in mine)
            if not examples:
                continue
            look = {"linestyle": "none", "label": label, **look}
            if examples == len(mine[0].y):
                scores.plot(np.mean([each.f1(getattr(each, side)) for each in mine]), height, **look)
            if side != "keras":
                shares = [each.agreeing(side) / len(getattr(each, side)) for each in mine]
                agreement.plot(100 * np.mean(shares), height, **look)
            times.plot(1000 * _seconds(mine, side, 1), height, **look)
    scores.set(yticks=range(len(names)), yticklabels=names, xlabel="test macro-F1", ylim=(len(names) - 0.5, -0.5))
    scores.tick_params("y", labelsize=7.5)
    agreement.set(xlabel="same class as Keras, %")
    lowest = min(line.get_xdata()[0] for line in agreement.lines)
    agreement.set_xlim(min(99, lowest - 1), 100.2)
    times.set(xlabel="time for an example, ms", xscale="log")
    times.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 3)))
    times.xaxis.set_major_formatter("{x:g}")
    times.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    for axes in (scores, agreement, times):
        axes.grid(axis="both")
    style.legend(figure, scores, times)
    title = f"{ARCHITECTURES[evidence.architecture].title}: Keras and numpy"
    return style.save(figure, evidence.place, f"{evidence.architecture}-ways", title, evidence.data)
