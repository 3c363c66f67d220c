"""The loss curves of a group's values, on the same axes, with the macro-F1 that each leads to."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import matplotlib.patheffects
import numpy as np

from ..architectures import ARCHITECTURES
from ..checks import Check
from ..evaluation import of_value, values
from ..evidence import Evidence
from ..findings import alone
from . import labels, style
from .sentences import say
from .style import BLUE, ORANGE, Picture

PANELS = 4  # side by side
MUCH = 1.5  # times the height that all but a few losses need: then the axes end below these
ROOM = 0.2  # of the height of the axes: what a curve's name needs beside it
LOOKS = {"training": ("loss", ORANGE, "--"), "validation": ("val_loss", BLUE, "-")}  # history's name, colour, line


@style.styled
def picture(evidence: Evidence, group: str) -> Picture:
    """Training and validation loss by epoch, a panel for each value of a group, all seeds.

    A diamond marks the validation loss of the weights that were kept, at the epoch that gave them. Behind lies in grey
    the validation loss of the other values, means over seeds.
    """
    family, about = ARCHITECTURES[evidence.architecture], ARCHITECTURES[evidence.architecture].groups[group]
    names = values(evidence.architecture, group)
    rows = -(-len(names) // PANELS)
    figure, axes = style.figure(0.4 + 2.5 * rows, rows, -(-len(names) // rows), sharex=True, sharey=True)
    several = {value: of_value(evidence.checks, group, value) for value in names}
    for each, (value, checks) in zip(axes.flat, several.items(), strict=False):
        for other in (mean(mine, "val_loss") for name, mine in several.items() if name != value):
            each.plot(np.arange(1, len(other) + 1), other, color="0.72", linewidth=1, label="the others", zorder=1)
        for check in checks:
            _draw_losses(each, check, len(checks))
        words = alone(evidence.architecture, group, value)
        words += " (diverged)" * any(check.diverged for check in checks)
        each.set_title(style.in_lines(words, 84 // axes.shape[1]), weight="bold", pad=26)
        look = {"transform": each.transAxes, "ha": "center", "va": "bottom", "fontsize": 8}
        each.text(0.5, 1.02, _scores(evidence, checks), **look)
        each.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4, integer=True, min_n_ticks=1))
    for each in axes.flat[len(names) :]:
        each.remove()
    for each in axes.flat[max(0, len(names) - axes.shape[1]) : len(names)]:  # the lowest of each column
        each.set_xlabel("epoch")
        each.tick_params(labelbottom=True)
    for each in axes[:, 0]:
        each.set_ylabel("loss (crossentropy)")
        each.margins(y=0.1)
    top = _top(list(several.values()))
    if top:
        axes[0, 0].set_ylim(top=top)
    _name_lines(axes[0, 0], several[names[0]])
    title = f"{family.title}: {about.title.lower()}"
    said = {"alt": _alt(evidence, group, several), "caption": say("captions.curves", title=title, top=top)}
    return style.save(figure, evidence.place, f"{evidence.architecture}-{group}", title, evidence.data, **said)


def mean(checks: list[Check], which: str) -> np.ndarray:
    """A loss by epoch, the mean over those runs that did not diverge; as far as all of them go. Empty without any."""
    histories = [each.run.history[which] for each in checks if not each.diverged]
    if not histories:
        return np.empty(0)
    return np.mean([each[: min(map(len, histories))] for each in histories], axis=0)


def _top(several: list[list[Check]]) -> float:
    """Where the axes end if a few first epochs would leave no room for all else: then these are cut off; else 0."""
    histories = [each.run.history[which] for mine in several for each in mine for which in ("loss", "val_loss")]
    first, later = [each[0] for each in histories if len(each)], [loss for each in histories for loss in each[1:]]
    if not later or not np.isfinite([*first, *later]).all():
        return 0.0
    high, low = max(*later, np.quantile(first, 0.75)), min(first + later)
    return float(high + 0.1 * (high - low)) if max(first) - low > MUCH * (high - low) else 0.0


def _scores(evidence: Evidence, checks: list[Check]) -> str:
    """The macro-F1 that a panel's networks reach, in two lines."""
    validation = np.mean([each.run.record["metrics"]["val_f1"] for each in checks])
    test = evidence.sides[checks[0].run.variant.name].mean.estimate
    return f"macro-F1 {validation:.3f} validation,\n{test:.3f} test"


def _draw_losses(axes: Any, check: Check, number: int) -> None:
    """The curves of one run: with a dot for each epoch if it stands alone, else thin, and paler the more there are."""
    alone = number == 1
    look = {"marker": "."} if alone else {"linewidth": 0.8, "alpha": max(0.25, min(0.7, 5 / number))}
    for label, (which, color, dashes) in LOOKS.items():
        history = check.run.history[which]
        axes.plot(np.arange(1, len(history) + 1), history, color=color, linestyle=dashes, label=label, **look)
    loss = check.run.record["metrics"]["val_loss"]
    kept = (check.kept_epoch, loss) if check.kept_epoch else ([], [])  # none, where all diverged
    axes.plot(*kept, "D", color="black", markersize=5 if alone else 3, label="weights kept")


def _name_lines(axes: Any, checks: list[Check]) -> None:
    """Which curve is which, where the two lie furthest apart: the upper one's name above it, the other's below.

    The axes get room for both: above them stand the scores.
    """
    means = {label: mean(checks, which) for label, (which, _, _) in LOOKS.items()}
    if not len(means["training"]):
        return
    gap = means["validation"] - means["training"]
    inner = slice(1, -1) if len(gap) > 2 else slice(None)
    at = int(np.abs(gap[inner]).argmax()) + (inner.start or 0)
    low, high = axes.get_ylim()
    ends = sorted(mine[at] for mine in means.values())
    axes.set_ylim(min(low, ends[0] - ROOM * (high - low)), max(high, ends[1] + ROOM * (high - low)))
    for label, (_, color, _) in LOOKS.items():
        above = (gap[at] > 0) == (label == "validation")
        axes.annotate(label, (at + 1, means[label][at]), xytext=(0, 5 if above else -5), textcoords="offset points",
                      ha="center", va="bottom" if above else "top", color=labels.ink(color), fontsize=8,
                      path_effects=[mpl.patheffects.withStroke(linewidth=3, foreground="white")])  # fmt: skip


def _alt(evidence: Evidence, group: str, several: dict[str, list[Check]]) -> str:
    """Where the curves begin and end, and the macro-F1, value by value; means over seeds."""
    family, about, rows = ARCHITECTURES[evidence.architecture], ARCHITECTURES[evidence.architecture].groups[group], []
    for value, checks in several.items():
        row = {"name": alone(evidence.architecture, group, value), "losses": {}}
        for label, (which, _, _) in LOOKS.items():
            if len(losses := mean(checks, which)):
                row["losses"][label] = (losses[0], losses[-1])
        row["validation"] = np.mean([each.run.record["metrics"]["val_f1"] for each in checks])
        row["test"] = evidence.sides[checks[0].run.variant.name].mean.estimate
        row["epochs"] = len(mean(checks, "loss"))
        rows.append(row)
    return say("alts.curves", title=f"{family.title}: {about.title.lower()}", rows=rows)
