"""The figures, in one style: readable in print, told apart by line and marker as well as by colour."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from ..architectures import ARCHITECTURES
from ..datasets import Dataset
from ..evaluation import by_variant, of_value, values
from ..evidence import Evidence
from ..files import atomic_write
from ..findings import name_of
from ..runs import Place
from ..statistics import macro_f1, reliability
from ..training import limited
from .readings import quarters

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
PANELS = 4  # side by side
BLUE, ORANGE, GREEN = sns.color_palette("colorblind")[:3]  # told apart with any colour vision, and in grey


@dataclass(frozen=True)
class Picture:
    """A figure on disk; a notebook shows it, with its text for those who cannot see it."""

    path: Path
    alt: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        return {"image/png": self.path.read_bytes(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def _figure(height: float, *shape: int, **settings: Any) -> tuple[Figure, np.ndarray]:
    """An empty figure of rows x columns axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(*shape, squeeze=False, **settings)


def _save(figure: Figure, place: Place, name: str, title: str, data: Dataset) -> Picture:
    """Give the figure its title, with a warning if the data is not the real one, and write it."""
    title = f"{title} ({data.notice})" if data.is_sample else title
    path = place.figures / f"{name}.png"
    figure.suptitle(title)
    with atomic_write(path) as part:
        figure.savefig(part, format="png")
    return Picture(path, title)


@mpl.rc_context(STYLE)
def class_balance(data: Dataset, place: Place, name: str) -> Picture:
    """The share of each class in the three splits, as far as the place's profile uses them."""
    figure, [[axes]] = _figure(2.4, 1, 1)
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
    return _save(figure, place, f"{name}-classes", "Class balance", data)


@mpl.rc_context(STYLE)
def one_image_per_class(data: Dataset, place: Place, name: str) -> Picture:
    """The first training image of each class."""
    figure, axes = _figure(1.4, 1, len(data.classes))
    for number, (each, label) in enumerate(zip(axes.flat, data.classes, strict=True)):
        each.imshow(data.x_train[np.argmax(data.y_train == number)], interpolation="nearest")
        each.set_title(label, fontsize=8)
        each.axis("off")
    return _save(figure, place, f"{name}-examples", "One training image of each class", data)


@mpl.rc_context(STYLE)
def text_lengths(data: Dataset, place: Place, architecture: str) -> Picture:
    """How many words the training texts have, and where the network's input is cut."""
    sequence_length = ARCHITECTURES[architecture].training["sequence_length"]
    lengths = [len(text.split()) for text in data.x_train]
    figure, [[axes]] = _figure(2.2, 1, 1)
    axes.hist(lengths, bins=np.arange(0, max(*lengths, sequence_length) + 3, 2), color=BLUE, edgecolor="white")
    axes.axvline(sequence_length, color="black", linestyle="--", label=f"input length {sequence_length}")
    axes.set(xlabel="words in a training text", ylabel="texts")
    axes.legend()
    return _save(figure, place, f"{architecture}-lengths", "Length of the texts", data)


@mpl.rc_context(STYLE)
def scores(evidence: Evidence, group: str) -> Picture:
    """The test macro-F1 of each value of a group: every seed a dot, the mean with its 95 % interval beside them."""
    names = values(evidence.architecture, group)
    about = ARCHITECTURES[evidence.architecture].groups[group]
    words = [_in_lines(about.in_words(value), 84 // len(names)) for value in names]
    figure, [[axes]] = _figure(2.4 + 0.15 * max(each.count("\n") for each in words), 1, 1)
    for number, value in enumerate(names):
        side = evidence.sides[of_value(evidence.checks, group, value)[0].run.variant.name]
        side_by_side = number + np.linspace(-0.24, 0, len(side.scores))
        axes.plot(side_by_side, side.scores, "o", color=BLUE, markersize=4, alpha=0.7, label="one seed")
        mean = side.mean
        error = [[mean.estimate - mean.low], [mean.high - mean.estimate]]
        style = {"fmt": "D", "color": "black", "markersize": 5, "capsize": 4, "label": "mean, 95 % interval"}
        axes.errorbar(number + 0.2, mean.estimate, error, **style)
    _draw_rival(axes, evidence)
    axes.set_xticks(range(len(names)), words)
    axes.set(ylabel="test macro-F1", xlim=(-0.6, len(names) - 0.4))
    _legend(figure, axes)
    return _save(
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


def _in_lines(words: str, width: int) -> str:
    """Words below each other, which side by side would run into those of the next value."""
    return textwrap.fill(words, width, break_long_words=False, break_on_hyphens=False)


def _title(evidence: Evidence, group: str) -> str:
    family = ARCHITECTURES[evidence.architecture]
    return f"{family.title}: {family.groups[group].title.lower()}"


def _legend(figure: Figure, *axes: Any) -> None:
    """One legend under all axes, each label once."""
    handles = {label: handle for each in axes for handle, label in zip(*each.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)


@mpl.rc_context(STYLE)
def curves(evidence: Evidence, group: str) -> Picture:
    """Training and validation loss by epoch, a panel for each value of a group, all seeds."""
    names = values(evidence.architecture, group)
    rows = -(-len(names) // PANELS)
    figure, axes = _figure(2.5 * rows, rows, -(-len(names) // rows), sharey=True)
    for each, value in zip(axes.flat, names, strict=False):
        checks = of_value(evidence.checks, group, value)
        for check in checks:
            _draw_losses(each, check.run.history, check.run.record["best_epoch"], alone=len(checks) == 1)
        words = ARCHITECTURES[evidence.architecture].groups[group].in_words(value)
        each.set(title=_in_lines(words, 84 // axes.shape[1]), xlabel="epoch")
        each.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4, integer=True, min_n_ticks=1))
    for each in axes.flat[len(names) :]:
        each.remove()
    for each in axes[:, 0]:
        each.set_ylabel("loss (crossentropy)")
    _legend(figure, axes[0, 0])
    return _save(figure, evidence.place, f"{evidence.architecture}-{group}", _title(evidence, group), evidence.data)


def _draw_losses(axes: Any, history: dict[str, list[float]], best_epoch: int, alone: bool) -> None:
    """The curves of one run: with a dot for each epoch if it stands alone, else thin."""
    epochs = np.arange(1, len(history["loss"]) + 1)
    style = {"marker": "."} if alone else {"linewidth": 0.8, "alpha": 0.7}
    axes.plot(epochs, history["loss"], color=ORANGE, linestyle="--", label="training", **style)
    axes.plot(epochs, history["val_loss"], color=BLUE, label="validation", **style)
    best = history["val_loss"][best_epoch - 1]
    axes.plot(best_epoch, best, "D", color="black", markersize=5 if alone else 3, label="weights kept")


@mpl.rc_context(STYLE)
def confusion(evidence: Evidence) -> Picture:
    """Of each class, the share that the best variant gives to each class; means over seeds."""
    classes = evidence.data.classes
    figure, [[axes]] = _figure(4.2 if len(classes) > 3 else 2.6, 1, 1)
    shares = [
        confusion_matrix(evidence.data.y_test, each, labels=np.arange(len(classes)), normalize="true")
        for each in evidence.sides[evidence.best].predicted
    ]
    settings = {"annot": True, "fmt": ".0f", "cmap": "Blues", "vmin": 0, "vmax": 100, "cbar": False}
    sns.heatmap(100 * np.mean(shares, axis=0), ax=axes, xticklabels=classes, yticklabels=classes, **settings)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=45 if len(classes) > 3 else 0)
    best = name_of(evidence.architecture, evidence.best)
    title = f"{ARCHITECTURES[evidence.architecture].title}: confusion of {best}, in percent of the true class"
    return _save(figure, evidence.place, f"{evidence.architecture}-confusion", title, evidence.data)


@mpl.rc_context(STYLE)
def calibration(evidence: Evidence) -> Picture:
    """Share of right answers by confidence, for the baseline and the best variant, every seed a line."""
    names = list(dict.fromkeys(("baseline", evidence.best)))
    figure, axes = _figure(2.9, 1, len(names), sharey=True)
    for each, name in zip(axes.flat, names, strict=True):
        each.plot([0, 1], [0, 1], color="black", linestyle=":", label="as often right as sure")
        for check in by_variant(evidence.checks)[name]:
            sure, right, share = reliability(check.y, check.keras)
            each.plot(sure, right, color=BLUE, linewidth=0.8, alpha=0.7, label="one seed")
            each.scatter(sure, right, s=120 * share, color=BLUE, alpha=0.5, label="size: share of the test examples")
        each.set(
            title=name_of(evidence.architecture, name),
            xlabel="confidence (largest probability)",
            xlim=(0, 1),
            ylim=(0, 1),
        )
    axes[0, 0].set_ylabel("share of right answers")
    _legend(figure, axes[0, 0])
    title = f"{ARCHITECTURES[evidence.architecture].title}: calibration"
    return _save(figure, evidence.place, f"{evidence.architecture}-calibration", title, evidence.data)


@mpl.rc_context(STYLE)
def f1_by_length(evidence: Evidence) -> Picture:
    """Test macro-F1 in quarters of the texts by their number of words, for the baseline and the best variant."""
    labels, quarter = quarters(evidence.data.x_test)
    figure, [[axes]] = _figure(2.5, 1, 1)
    sides = {"baseline": (-0.1, ORANGE, "s"), evidence.best: (0.1, BLUE, "o")}
    for name, (shift, color, marker) in sides.items():
        for part in range(len(labels)):
            y, classes = evidence.data.y_test[quarter == part], len(evidence.data.classes)
            each = [macro_f1(y, answer[quarter == part], classes) for answer in evidence.sides[name].predicted]
            axes.plot(
                [part + shift] * len(each),
                each,
                marker,
                color=color,
                markersize=4,
                alpha=0.5,
                label=name_of(evidence.architecture, name),
            )
            axes.plot(part + shift, np.mean(each), "_", color="black", markersize=16, label="mean over seeds")
    axes.set_xticks(range(len(labels)), labels)
    axes.set(xlabel="words in the text (each a quarter of the test split)", ylabel="test macro-F1")
    _legend(figure, axes)
    title = f"{ARCHITECTURES[evidence.architecture].title}: macro-F1 by length"
    return _save(figure, evidence.place, f"{evidence.architecture}-by-length", title, evidence.data)


@mpl.rc_context(STYLE)
def hardest_images(evidence: Evidence, number: int = 10) -> Picture:
    """The test images to whose class the best variant gives the least probability."""
    which, probabilities = evidence.hardest(number)
    figure, axes = _figure(2.9, 2, number // 2)
    classes = evidence.data.classes
    for each, example, p in zip(axes.flat, which, probabilities, strict=True):
        each.imshow(evidence.data.x_test[example], interpolation="nearest")
        true, guess = evidence.data.y_test[example], p.argmax()
        each.set_title(f"{classes[true]} {p[true]:.3f}\n{classes[guess]} {p[guess]:.3f}", fontsize=8)
        each.axis("off")
    title = (
        f"{ARCHITECTURES[evidence.architecture].title}: hardest for {name_of(evidence.architecture, evidence.best)} "
        "(probability of the true class, and of its answer)"
    )
    return _save(figure, evidence.place, f"{evidence.architecture}-hardest", title, evidence.data)


@mpl.rc_context(STYLE)
def against_earlier(evidence: Evidence) -> Picture:
    """Our test macro-F1 beside the published one, a panel for each group; one dot for each of our seeds."""
    published = ARCHITECTURES[evidence.architecture].published
    groups = list(dict.fromkeys(each.group for each in published))
    figure, axes = _figure(2.6, 1, len(groups), sharey=True)
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
    _legend(figure, *axes.flat)
    doubtful = f", ours on {evidence.data.title}" if evidence.data.doubt else ""
    title = f"{ARCHITECTURES[evidence.architecture].title}: ours and published{doubtful}"
    return _save(figure, evidence.place, f"{evidence.architecture}-published", title, evidence.data)
