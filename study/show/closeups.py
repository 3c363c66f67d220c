"""The figures and tables of a closer look: classes, calibration, long texts, and what is hardest."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, f1_score

from ..architectures import ARCHITECTURES
from ..evaluation import by_variant
from ..evidence import Evidence
from ..findings import name_of
from ..statistics import calibration_error, macro_f1, reliability
from . import style
from .labels import ink
from .readings import quarters
from .sentences import say
from .style import BLUE, ORANGE, Picture
from .tables import Table, formatted, marks

SCALED = {  # columns of temperatures.csv
    "error": "calibration error",
    "temperature": "temperature",
    "scaled_error": "calibration error, scaled",
    "loss": "loss",
    "scaled_loss": "loss, scaled",
}
MIXED = 3  # how many confusions a text names


@style.styled
def confusion(evidence: Evidence) -> Picture:
    """Of each class, the share that the best variant gives to each class; means over seeds."""
    classes = evidence.data.classes
    figure, [[axes]] = style.figure(4.2 if len(classes) > 3 else 2.6, 1, 1)
    shares = np.mean(
        [
            confusion_matrix(evidence.data.y_test, each, labels=np.arange(len(classes)), normalize="true")
            for each in evidence.sides[evidence.best].predicted
        ],
        axis=0,
    )
    settings = {"annot": True, "fmt": ".0f", "cmap": "Blues", "vmin": 0, "vmax": 100, "cbar": False}
    sns.heatmap(100 * shares, ax=axes, xticklabels=classes, yticklabels=classes, **settings)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=45 if len(classes) > 3 else 0)
    about = {"title": _title(evidence), "best": _best(evidence)}
    apart = shares - np.diag(np.diag(shares))
    pairs = [np.unravel_index(each, apart.shape) for each in np.argsort(-apart, axis=None, kind="stable")[:MIXED]]
    alt = say(
        "alts.confusion",
        right=list(zip(classes, np.diag(shares), strict=True)),
        mixed=[(apart[true, said], classes[true], classes[said]) for true, said in pairs],
        **about,
    )
    title = f"{about['title']}: confusion of {about['best']}, in percent of the true class"
    return _save(figure, evidence, "confusion", title, say("captions.confusion", **about), alt)


def _title(evidence: Evidence) -> str:
    return ARCHITECTURES[evidence.architecture].title


def _best(evidence: Evidence) -> str:
    return name_of(evidence.architecture, evidence.best)


def _fewer(evidence: Evidence, *names: str) -> list[tuple[str, int, int]]:
    """What a variant is called, how many of its networks are here, and of how many, where tables alone have some."""
    of = by_variant(evidence.checks)
    counts = [(name, len(evidence.with_probabilities(name)), len(of[name])) for name in names]
    return [(name_of(evidence.architecture, name), here, number) for name, here, number in counts if here < number]


def _save(figure: Figure, evidence: Evidence, name: str, title: str, caption: str, alt: str) -> Picture:
    said = {"caption": caption, "alt": alt}
    return style.save(figure, evidence.place, f"{evidence.architecture}-{name}", title, evidence.data, **said)


@style.styled
def calibration(evidence: Evidence) -> Picture:
    """Share of right answers by confidence, for the baseline and the best variant, every seed a line."""
    names = list(dict.fromkeys(("baseline", evidence.best)))
    figure, axes = style.figure(2.9, 1, len(names), sharey=True)
    networks = []
    for each, name in zip(axes.flat, names, strict=True):
        each.plot([0, 1], [0, 1], color="black", linestyle=":")
        checks = evidence.with_probabilities(name)
        for check in checks:
            sure, right, share = reliability(check.y, check.keras)
            each.plot(sure, right, color=BLUE, linewidth=0.8, alpha=0.7, label="one seed")
            each.scatter(sure, right, s=120 * share, color=BLUE, alpha=0.5)
        said = name_of(evidence.architecture, name)
        each.set(xlabel="confidence (largest probability)", xlim=(0, 1), ylim=(0, 1))
        each.set_title(style.in_lines(said, 84 // len(names)))
        each.text(0.03, 0.93, "dotted: as often right as sure", va="top", fontsize=8)
        sure, right, error = np.mean(
            [
                (
                    check.keras.max(axis=1).mean(),
                    (check.predicted == check.y).mean(),
                    calibration_error(check.y, check.keras),
                )
                for check in checks
            ],
            axis=0,
        )
        networks.append({"name": said, "sure": sure, "right": right, "error": error})
    axes[0, 0].set_ylabel("share of right answers")
    title = _title(evidence)
    alt = say("alts.calibration", title=title, networks=networks)
    caption = say("captions.calibration", title=title, fewer=_fewer(evidence, *names))
    return _save(figure, evidence, "calibration", f"{title}: calibration", caption, alt)


@style.styled
def f1_by_length(evidence: Evidence) -> Picture:
    """Test macro-F1 in quarters of the texts by their number of words, for the baseline and the best variant."""
    parts, quarter = quarters(evidence.data.x_test)
    figure, [[axes]] = style.figure(2.5, 1, 1)
    y, classes, networks = evidence.data.y_test, len(evidence.data.classes), []
    sides = {"baseline": (-0.1, ORANGE, "s", "right"), evidence.best: (0.1, BLUE, "o", "left")}
    for name, (shift, color, marker, side) in sides.items():
        look = {"color": color, "markersize": 4, "alpha": 0.5, "label": name_of(evidence.architecture, name)}
        networks.append((look["label"], []))
        for part in range(len(parts)):
            mine = quarter == part
            each = [macro_f1(y[mine], answer[mine], classes) for answer in evidence.sides[name].predicted]
            axes.plot([part + shift] * len(each), each, marker, **look)
            axes.plot(part + shift, np.mean(each), "_", color="black", markersize=16, label="mean over seeds")
            networks[-1][1].append(np.mean(each))
        part = 0 if side == "right" else len(parts) - 1  # the outer ones
        _name(axes, look["label"], (part + shift, networks[-1][1][part]), color, side)
    axes.set_xticks(range(len(parts)), parts)
    axes.set(xlabel="words in the text (each a quarter of the test split)", ylabel="test macro-F1")
    axes.set_xlim(-0.9, len(parts) + 0.1)
    title = _title(evidence)
    alt = say("alts.f1_by_length", title=title, parts=parts, networks=networks)
    caption = say("captions.f1_by_length", title=title)
    return _save(figure, evidence, "by-length", f"{title}: macro-F1 by length", caption, alt)


def _name(axes: Any, name: str, where: tuple[float, float], color: Any, side: str) -> None:
    """A network's name beside its mean: on the outer side."""
    aside = {"left": 10, "right": -10}[side]
    look = {"color": ink(color), "fontsize": 8, "va": "center", "ha": side}
    axes.annotate(style.in_lines(name, 22), where, xytext=(aside, 0), textcoords="offset points", **look)


@style.styled
def hardest_images(evidence: Evidence, number: int = 10) -> Picture:
    """The test images to whose class the best variant gives the least probability."""
    which, probabilities = evidence.hardest(number)
    figure, axes = style.figure(2.9, 2, number // 2)
    classes, images = evidence.data.classes, []
    for each, example, p in zip(axes.flat, which, probabilities, strict=True):
        each.imshow(evidence.data.x_test[example], interpolation="nearest")
        true, guess = evidence.data.y_test[example], p.argmax()
        each.set_title(f"{classes[true]} {p[true]:.3f}\n{classes[guess]} {p[guess]:.3f}", fontsize=8)
        each.axis("off")
        images.append((classes[true], p[true], classes[guess], p[guess]))
    about = {"title": _title(evidence), "best": _best(evidence)}
    title = f"{about['title']}: hardest for {about['best']} (probability of the true class, and of its answer)"
    alt = say("alts.hardest_images", images=images, **about)
    caption = say("captions.hardest_images", fewer=_fewer(evidence, evidence.best), **about)
    return _save(figure, evidence, "hardest", title, caption, alt)


def class_table(evidence: Evidence) -> Table:
    """The F1 of each class, means over seeds, a row for each variant and each method without a network."""
    classes = evidence.data.classes
    lines = []
    for name, side in evidence.sides.items():
        scores = [
            f1_score(evidence.data.y_test, each, labels=np.arange(len(classes)), average=None, zero_division=0)
            for each in side.predicted
        ]
        lines.append(
            {"variant": name_of(evidence.architecture, name)}
            | formatted(dict(zip(classes, np.mean(scores, axis=0), strict=True)))
        )
    return Table(lines).captioned(say("captions.classes", title=_title(evidence)))


def calibration_table(evidence: Evidence) -> Table:
    """How often the networks are right, and how sure they are, as they are and scaled: means over seeds, by variant."""
    lines, means = [], evidence.temperatures.groupby("variant")[list(SCALED)].mean()
    for name, mine in by_variant(evidence.checks).items():
        scores = {"right answers": np.mean([each.predicted == each.y for each in mine])}
        scores |= {said: means.loc[name, column] for column, said in SCALED.items() if name in means.index}
        lines.append({"variant": name_of(evidence.architecture, name) + marks(mine)} | formatted(scores))
    return Table(lines).captioned(say("captions.calibration_table", title=_title(evidence)))


def hardest_texts(evidence: Evidence, number: int = 5) -> Table:
    """The test texts to whose class the best variant gives the least probability, with all the probabilities.

    Where translations are known, they stand beside the texts.
    """
    data, lines = evidence.data, []
    for example, p in zip(*evidence.hardest(number), strict=True):
        text = data.x_test[example]
        line = {"text": text} | ({"in English": data.in_english.get(text, "")} if data.in_english else {})
        line["class"] = data.classes[data.y_test[example]]
        lines.append(line | formatted(dict(zip(data.classes, p, strict=True))))
    about = {"title": _title(evidence), "best": _best(evidence), "fewer": _fewer(evidence, evidence.best)}
    caption = say("captions.hardest_texts", **about)
    return Table(lines).captioned(caption)
