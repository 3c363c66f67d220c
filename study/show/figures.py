"""The figures of the data and of the groups of variants."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np

from ..architectures import ARCHITECTURES
from ..datasets import Dataset
from ..evaluation import Check, of_value, values
from ..evidence import Evidence
from ..profiles import limited
from ..runs import Place
from . import style
from .style import BLUE, GREEN, ORANGE, Picture

PANELS = 4  # side by side


@style.styled
def class_balance(data: Dataset, place: Place, name: str) -> Picture:
    """The share of each class in the three splits, as far as the place's profile uses them."""
    figure, [[axes]] = style.figure(2.4, 1, 1)
    used = limited(data, place.profile)
    splits = {"training": used.y_train, "validation": used.y_val, "test": used.y_test}
    for number, (split, y) in enumerate(splits.items()):
        share = np.bincount(y, minlength=len(data.classes)) / len(y)
        positions = np.arange(len(data.classes)) + (number - 1) * 0.27
        color, hatch = ((BLUE, ""), (ORANGE, "////"), (GREEN, "...."))[number]
        axes.bar(positions, share, 0.25, label=f"{split} ({len(y):,})", color=color, hatch=hatch, edgecolor="white")
    axes.set_xticks(np.arange(len(data.classes)), data.classes, fontsize=8)
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0, symbol="\N{NO-BREAK SPACE}%"))
    axes.set_ylabel("share of the split")
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return style.save(figure, place, f"{name}-classes", "Class balance", data)


@style.styled
def one_image_per_class(data: Dataset, place: Place, name: str) -> Picture:
    """The first training image of each class."""
    figure, axes = style.figure(1.4, 1, len(data.classes))
    for number, (each, label) in enumerate(zip(axes.flat, data.classes, strict=True)):
        each.imshow(data.x_train[np.argmax(data.y_train == number)], interpolation="nearest")
        each.set_title(label, fontsize=8)
        each.axis("off")
    return style.save(figure, place, f"{name}-examples", "One training image of each class", data)


@style.styled
def text_lengths(data: Dataset, place: Place, architecture: str) -> Picture:
    """How many words the training texts have, and where the network's input is cut."""
    sequence_length = ARCHITECTURES[architecture].training["sequence_length"]
    lengths = [len(text.split()) for text in data.x_train]
    figure, [[axes]] = style.figure(2.2, 1, 1)
    axes.hist(lengths, bins=np.arange(0, max(*lengths, sequence_length) + 3, 2), color=BLUE, edgecolor="white")
    axes.axvline(sequence_length, color="black", linestyle="--", label=f"input length {sequence_length}")
    axes.set(xlabel="words in a training text", ylabel="texts")
    axes.legend()
    return style.save(figure, place, f"{architecture}-lengths", "Length of the texts", data)


@style.styled
def scores(evidence: Evidence, group: str) -> Picture:
    """The test macro-F1 of each value of a group: every seed a dot, the mean with its 95 % interval beside them."""
    names = values(evidence.architecture, group)
    about = ARCHITECTURES[evidence.architecture].groups[group]
    words = [style.in_lines(about.in_words(value), 84 // len(names)) for value in names]
    figure, [[axes]] = style.figure(2.4 + 0.15 * max(each.count("\n") for each in words), 1, 1)
    for number, value in enumerate(names):
        side = evidence.sides[of_value(evidence.checks, group, value)[0].run.variant.name]
        side_by_side = number + np.linspace(-0.24, 0, len(side.scores))
        axes.plot(side_by_side, side.scores, "o", color=BLUE, markersize=4, alpha=0.7, label="one seed")
        mean = side.mean
        error = [[mean.estimate - mean.low], [mean.high - mean.estimate]]
        mark = {"fmt": "D", "color": "black", "markersize": 5, "capsize": 4, "label": "mean, 95 % interval"}
        axes.errorbar(number + 0.2, mean.estimate, error, **mark)
    _draw_rival(axes, evidence)
    axes.set_xticks(range(len(names)), words)
    axes.set(ylabel="test macro-F1", xlim=(-0.6, len(names) - 0.4))
    style.legend(figure, axes)
    return style.save(
        figure, evidence.place, f"{evidence.architecture}-{group}-scores", _title(evidence, group), evidence.data
    )


def _draw_rival(axes: Any, evidence: Evidence) -> None:
    """The strongest method without a network as a line, or in words if it lies outside."""
    rival = evidence.sides[evidence.rival].mean.estimate
    low, high = axes.get_ylim()
    where = "" if low <= rival <= high else " (below the axis)" if rival < low else " (above the axis)"
    label = f"{evidence.rival}: {rival:.3f}{where}"
    axes.axhline(rival, color=ORANGE, linestyle="--", label=label)
    axes.set_ylim(low, high)


def _title(evidence: Evidence, group: str) -> str:
    family = ARCHITECTURES[evidence.architecture]
    return f"{family.title}: {family.groups[group].title.lower()}"


@style.styled
def curves(evidence: Evidence, group: str) -> Picture:
    """Training and validation loss by epoch, a panel for each value of a group, all seeds.

    A diamond marks the validation loss of the weights that were kept, at the epoch that gave them.
    """
    names = values(evidence.architecture, group)
    rows = -(-len(names) // PANELS)
    figure, axes = style.figure(2.5 * rows, rows, -(-len(names) // rows), sharey=True)
    for each, value in zip(axes.flat, names, strict=False):
        checks = of_value(evidence.checks, group, value)
        for check in checks:
            _draw_losses(each, check, alone=len(checks) == 1)
        words = ARCHITECTURES[evidence.architecture].groups[group].in_words(value)
        words += " (diverged)" if any(check.diverged for check in checks) else ""
        each.set(title=style.in_lines(words, 84 // axes.shape[1]), xlabel="epoch")
        each.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4, integer=True, min_n_ticks=1))
    for each in axes.flat[len(names) :]:
        each.remove()
    for each in axes[:, 0]:
        each.set_ylabel("loss (crossentropy)")
    style.legend(figure, axes[0, 0])
    name = f"{evidence.architecture}-{group}"
    return style.save(figure, evidence.place, name, _title(evidence, group), evidence.data)


def _draw_losses(axes: Any, check: Check, alone: bool) -> None:
    """The curves of one run: with a dot for each epoch if it stands alone, else thin."""
    history = check.run.history
    epochs = np.arange(1, len(history["loss"]) + 1)
    look = {"marker": "."} if alone else {"linewidth": 0.8, "alpha": 0.7}
    axes.plot(epochs, history["loss"], color=ORANGE, linestyle="--", label="training", **look)
    axes.plot(epochs, history["val_loss"], color=BLUE, label="validation", **look)
    loss = check.run.record["metrics"]["val_loss"]
    kept = (check.kept_epoch, loss) if check.kept_epoch else ([], [])  # none, where all diverged
    axes.plot(*kept, "D", color="black", markersize=5 if alone else 3, label="weights kept")


@style.styled
def against_earlier(evidence: Evidence) -> Picture:
    """Our test macro-F1 beside the published one, a panel for each group; one dot for each of our seeds."""
    published = ARCHITECTURES[evidence.architecture].published
    groups = list(dict.fromkeys(each.group for each in published))
    figure, axes = style.figure(2.6, 1, len(groups), sharey=True)
    for each, group in zip(axes.flat, groups, strict=True):
        theirs = [row for row in published if row.group == group]
        for number, row in enumerate(theirs):
            ours = [check.f1(check.keras) for check in of_value(evidence.checks, group, row.value)]
            each.plot([number] * len(ours), ours, "o", color=BLUE, markersize=4, alpha=0.7, label="ours")
            marker = "x" if row.copied else "s"
            label = "published, copied in the source" if row.copied else "published"
            each.plot(number, row.macro_f1, marker, color=ORANGE, label=label)
        each.set_xticks(range(len(theirs)), [row.value for row in theirs], rotation=20)
        each.set(title=ARCHITECTURES[evidence.architecture].groups[group].title)
        each.margins(x=0.2)
    axes[0, 0].set_ylabel("test macro-F1")
    style.legend(figure, *axes.flat)
    doubtful = f", ours on {evidence.data.title}" if evidence.data.doubt else ""
    title = f"{ARCHITECTURES[evidence.architecture].title}: ours and published{doubtful}"
    return style.save(figure, evidence.place, f"{evidence.architecture}-published", title, evidence.data)
