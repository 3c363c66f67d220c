"""The three ways of predicting beside each other: Keras, numpy as it is by default, and numpy's plain functions."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np

from ..architectures import ARCHITECTURES
from ..checks import Check
from ..evaluation import by_variant
from ..evidence import Evidence
from ..findings import name_of
from . import style
from .sentences import say
from .style import BLUE, GREEN, ORANGE, Picture
from .tables import Table

WAYS = {  # what a side of a Check is called, and how it is drawn
    "keras": ("Keras", {"marker": "o", "color": ORANGE, "markersize": 8, "markerfacecolor": "none"}),
    "numpy": ("numpy, fast", {"marker": "o", "color": BLUE, "markersize": 3}),
    "plain": ("numpy, plain", {"marker": "x", "color": GREEN, "markersize": 6}),
}


def ways_table(checks: list[Check]) -> Table:
    """The plain way beside the others, a row a variant: of several seeds the worst agreement, the least time."""
    architecture = checks[0].run.variant.architecture
    return Table(
        {
            "variant": name_of(architecture, name),
            "plain on": f"{mine[0].examples('plain'):,} of {len(mine[0].y):,}",
            "agreement, plain": f"{min(each.agreeing('plain') for each in mine)}/{mine[0].examples('plain')}",
            "max |Δp|, plain": f"{max(each.largest('plain') for each in mine):.1e}",
            "macro-F1, Keras": f"{np.mean([each.f1_of_part(each.examples('plain')) for each in mine]):.4f}",
            "macro-F1, plain": f"{np.mean([each.f1('plain') for each in mine]):.4f}",
            **{f"{WAYS[side][0]}, ms": f"{1000 * _seconds(mine, side, 1):.2f}" for side in WAYS},
        }
        for name, mine in _with_plain(checks).items()
    ).captioned(say("captions.ways", title=ARCHITECTURES[architecture].title))


def _with_plain(checks: list[Check]) -> dict[str, list[Check]]:
    """The checks of each variant that have a plain side: those of older runs have none."""
    return by_variant([each for each in checks if each.examples("plain")])


def _seconds(checks: list[Check], side: str, examples: int) -> float:
    """The least of several seeds: whatever else the machine does only adds to it."""
    return min(each.seconds(side, examples) for each in checks)


@style.styled
def three_ways(evidence: Evidence) -> Picture:
    """For each variant the macro-F1 of each way, its agreement with Keras, and its time.

    Means over seeds, of the times the least. The macro-F1 of the plain way stands there where it went over the whole
    test split.
    """
    several = by_variant(evidence.checks)
    names = [style.in_lines(name_of(evidence.architecture, name), 36) for name in several]
    lines = 1 + max(name.count("\n") for name in names)
    figure, [[scores, agreement, times]] = style.figure(1.3 + (0.05 + 0.12 * lines) * len(names), 1, 3, sharey=True)
    found = [measured(mine) for mine in several.values()]
    for height, sides in enumerate(found):
        for side, values in sides.items():
            label, look = WAYS[side]
            for axes, value in zip((scores, agreement, times), values, strict=True):
                if value is not None and not (side == "keras" and axes is agreement):
                    axes.plot(
                        100 * value if axes is agreement else value, height, linestyle="none", label=label, **look
                    )
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
    title = ARCHITECTURES[evidence.architecture].title
    about = {"caption": say("captions.three_ways", title=title), "alt": _alt(title, found)}
    name = f"{evidence.architecture}-ways"
    return style.save(figure, evidence.place, name, f"{title}: Keras and numpy", evidence.data, **about)


def measured(checks: list[Check]) -> dict[str, tuple[float | None, float, float]]:
    """{side: (macro-F1, share of Keras' classes, ms for an example)} of a variant.

    Means over seeds, of times the least. The macro-F1 is None where a side did not go over the whole test split; a side
    without any example is left out.
    """
    found = {}
    for side in WAYS:
        if examples := min(each.examples(side) for each in checks):
            whole = examples == len(checks[0].y)
            f1 = float(np.mean([each.f1(side) for each in checks])) if whole else None
            agreement = float(np.mean([each.agreeing(side) / each.examples(side) for each in checks]))
            found[side] = (f1, agreement, 1000 * _seconds(checks, side, 1))
    return found


def _alt(title: str, found: list[dict[str, tuple]]) -> str:
    """Of each way the lowest and the highest score and time, and the least agreement, over the variants."""
    ways = []
    for side, (name, _) in WAYS.items():
        if mine := [sides[side] for sides in found if side in sides]:
            scores, agreement, times = (sorted(x for x in each if x is not None) for each in zip(*mine, strict=True))
            ends = (scores[0], scores[-1]) if len(scores) == len(found) else None
            way = {"name": name, "scores": ends, "times": (times[0], times[-1])}
            ways.append(way | {"agreement": None if side == "keras" else agreement[0]})
    return say("alts.three_ways", title=title, variants=len(found), ways=ways)
