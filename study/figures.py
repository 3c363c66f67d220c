"""The figures, in one style: readable in print, told apart by line and marker as well as by colour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from .data import Dataset
from .evaluation import Check, of_value, values
from .files import whole
from .published import PUBLISHED
from .runs import Place
from .variants import ARCHITECTURES

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
    with whole(path) as part:
        figure.savefig(part, format="png")
    return Picture(path, title)


@mpl.rc_context(STYLE)
def class_balance(data: Dataset, place: Place, name: str) -> Picture:
    """The share of each class in the three splits."""
    figure, [[axes]] = _figure(2.4, 1, 1)
    splits = {"training": data.y_train, "validation": data.y_val, "test": data.y_test}
    for number, (split, y) in enumerate(splits.items()):
        share = np.bincount(y, minlength=len(data.classes)) / len(y)
        positions = np.arange(len(data.classes)) + (number - 1) * 0.27
        color, hatch = ((BLUE, ""), (ORANGE, "////"), (GREEN, "...."))[number]
        axes.bar(positions, share, 0.25, label=f"{split} ({len(y):,})", color=color, hatch=hatch, edgecolor="white")
    axes.set_xticks(np.arange(len(data.classes)), data.classes, fontsize=8)
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1))
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
def curves(checks: list[Check], group: str, data: Dataset, place: Place) -> Picture:
    """Training and validation loss by epoch, a panel for each value of a group, all seeds."""
    architecture = checks[0].run.variant.architecture
    names = values(architecture, group)
    figure, axes = _figure(2.5, 1, len(names), sharey=True)
    for each, value in zip(axes.flat, names, strict=True):
        for check in of_value(checks, group, value):
            _draw_losses(each, check.run.history, check.run.record["best_epoch"])
        each.set(title=value, xlabel="epoch")
        each.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, min_n_ticks=1))
    axes[0, 0].set_ylabel("loss (crossentropy)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
    title = f"{ARCHITECTURES[architecture].title}: {ARCHITECTURES[architecture].groups[group].title.lower()}"
    return _save(figure, place, f"{architecture}-{group}", title, data)


def _draw_losses(axes: Any, history: dict[str, list[float]], best_epoch: int) -> None:
    epochs = np.arange(1, len(history["loss"]) + 1)
    axes.plot(epochs, history["loss"], color=ORANGE, linestyle="--", marker=".", label="training")
    axes.plot(epochs, history["val_loss"], color=BLUE, marker=".", label="validation")
    best = history["val_loss"][best_epoch - 1]
    axes.plot(best_epoch, best, "D", color="black", markersize=5, label="weights kept")


@mpl.rc_context(STYLE)
def against_published(checks: list[Check], data: Dataset, place: Place) -> Picture:
    """Our test macro-F1 beside the published one, a panel for each group; one dot for each of our seeds."""
    architecture = checks[0].run.variant.architecture
    published = [each for each in PUBLISHED if each.architecture == architecture]
    groups = list(dict.fromkeys(each.group for each in published))
    figure, axes = _figure(2.6, 1, len(groups), sharey=True)
    for each, group in zip(axes.flat, groups, strict=True):
        theirs = [row for row in published if row.group == group]
        for number, row in enumerate(theirs):
            ours = [check.f1(check.keras) for check in of_value(checks, group, row.value)]
            each.plot([number] * len(ours), ours, "o", color=BLUE, label="ours")
            marker = "x" if row.copied else "s"
            label = "published, copied in the source" if row.copied else "published"
            each.plot(number, row.macro_f1, marker, color=ORANGE, label=label)
        each.set_xticks(range(len(theirs)), [row.value for row in theirs], rotation=20)
        each.set(title=ARCHITECTURES[architecture].groups[group].title)
        each.margins(x=0.2)
    axes[0, 0].set_ylabel("test macro-F1")
    found = [axes_.get_legend_handles_labels() for axes_ in axes.flat]
    unique = {label: handle for handles, labels in found for handle, label in zip(handles, labels, strict=True)}
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
    return _save(
        figure, place, f"{architecture}-published", f"{ARCHITECTURES[architecture].title}: ours and published", data
    )
