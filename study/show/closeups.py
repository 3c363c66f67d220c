"""The figures of a closer look: classes, calibration, long texts, and what is hardest."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from sklearn.metrics import confusion_matrix

from ..architectures import ARCHITECTURES
from ..evaluation import by_variant
from ..evidence import Evidence
from ..findings import name_of
from ..statistics import macro_f1, reliability
from . import style
from .readings import quarters
from .style import BLUE, ORANGE, Picture


@style.styled
def confusion(evidence: Evidence) -> Picture:
    """Of each class, the share that the best variant gives to each class; means over seeds."""
    classes = evidence.data.classes
    figure, [[axes]] = style.figure(4.2 if len(classes) > 3 else 2.6, 1, 1)
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
    return style.save(figure, evidence.place, f"{evidence.architecture}-confusion", title, evidence.data)


@style.styled
def calibration(evidence: Evidence) -> Picture:
    """Share of right answers by confidence, for the baseline and the best variant, every seed a line."""
    names = list(dict.fromkeys(("baseline", evidence.best)))
    figure, axes = style.figure(2.9, 1, len(names), sharey=True)
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
    style.legend(figure, axes[0, 0])
    title = f"{ARCHITECTURES[evidence.architecture].title}: calibration"
    return style.save(figure, evidence.place, f"{evidence.architecture}-calibration", title, evidence.data)


@style.styled
def f1_by_length(evidence: Evidence) -> Picture:
    """Test macro-F1 in quarters of the texts by their number of words, for the baseline and the best variant."""
    labels, quarter = quarters(evidence.data.x_test)
    figure, [[axes]] = style.figure(2.5, 1, 1)
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
    style.legend(figure, axes)
    title = f"{ARCHITECTURES[evidence.architecture].title}: macro-F1 by length"
    return style.save(figure, evidence.place, f"{evidence.architecture}-by-length", title, evidence.data)


@style.styled
def hardest_images(evidence: Evidence, number: int = 10) -> Picture:
    """The test images to whose class the best variant gives the least probability."""
    which, probabilities = evidence.hardest(number)
    figure, axes = style.figure(2.9, 2, number // 2)
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
    return style.save(figure, evidence.place, f"{evidence.architecture}-hardest", title, evidence.data)
