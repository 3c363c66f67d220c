"""The figures of the data and of the groups of variants."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np

from ..architectures import ARCHITECTURES, Group
from ..datasets import Dataset
from ..evaluation import of_value, values
from ..evidence import Evidence
from ..findings import alone
from ..profiles import limited
from ..runs import Place
from . import labels, style
from .sentences import say
from .style import BLUE, GREEN, ORANGE, Picture

PANELS = 4  # values that have room side by side
OURS, EARLIER, COPIED = "ours", "the earlier report", "the earlier report, copied there"


@style.styled
def class_balance(data: Dataset, place: Place, name: str) -> Picture:
    """The share of each class in the three splits, as far as the place's profile uses them."""
    figure, [[axes]] = style.figure(2.4, 1, 1)
    used, shares = limited(data, place.profile), {}
    splits = {"training": used.y_train, "validation": used.y_val, "test": used.y_test}
    for number, (split, y) in enumerate(splits.items()):
        shares[split] = np.bincount(y, minlength=len(data.classes)) / len(y)
        positions = np.arange(len(data.classes)) + (number - 1) * 0.27
        color, hatch = ((BLUE, ""), (ORANGE, "////"), (GREEN, "...."))[number]
        label = f"{split} ({len(y):,})"
        axes.bar(positions, shares[split], 0.25, label=label, color=color, hatch=hatch, edgecolor="white")
    axes.set_xticks(np.arange(len(data.classes)), data.classes, fontsize=8)
    axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0, symbol="\N{NO-BREAK SPACE}%"))
    axes.set_ylabel("share of the split")
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    said = [
        {"name": split, "number": len(y), "shares": list(zip(data.classes, shares[split], strict=True))}
        for split, y in splits.items()
    ]
    alt = say("alts.class_balance", title=ARCHITECTURES[name].title, splits=said)
    caption = say("captions.class_balance", data=data.title)
    return style.save(figure, place, f"{name}-classes", "Class balance", data, caption=caption, alt=alt)


@style.styled
def one_image_per_class(data: Dataset, place: Place, name: str) -> Picture:
    """The first training image of each class."""
    figure, axes = style.figure(1.4, 1, len(data.classes))
    for number, (each, label) in enumerate(zip(axes.flat, data.classes, strict=True)):
        each.imshow(data.x_train[np.argmax(data.y_train == number)], interpolation="nearest")
        each.set_title(label, fontsize=8)
        each.axis("off")
    alt = say("alts.one_image_per_class", classes=data.classes, size=data.x_train.shape[1:3])
    caption = say("captions.one_image_per_class", data=data.title)
    title = "One training image of each class"
    return style.save(figure, place, f"{name}-examples", title, data, caption=caption, alt=alt)


@style.styled
def text_lengths(data: Dataset, place: Place, architecture: str) -> Picture:
    """How many words the training texts have, and where the network's input is cut."""
    sequence_length = ARCHITECTURES[architecture].training["sequence_length"]
    lengths = np.array([len(text.split()) for text in data.x_train])
    figure, [[axes]] = style.figure(2.2, 1, 1)
    axes.hist(lengths, bins=np.arange(0, max(*lengths, sequence_length) + 3, 2), color=BLUE, edgecolor="white")
    axes.axvline(sequence_length, color="black", linestyle="--")
    words = f"input length {sequence_length}"
    axes.annotate(words, (sequence_length, 0.9), xycoords=("data", "axes fraction"), xytext=(5, 0),
                  textcoords="offset points")  # fmt: skip
    axes.set(xlabel="words in a training text", ylabel="texts")
    alt = say(
        "alts.text_lengths",
        title=ARCHITECTURES[architecture].title,
        texts=len(lengths),
        quartiles=np.quantile(lengths, [0, 0.25, 0.5, 0.75, 1]).round().astype(int).tolist(),
        length=sequence_length,
        longer=np.mean(lengths > sequence_length),
    )
    caption = say("captions.text_lengths")
    return style.save(figure, place, f"{architecture}-lengths", "Length of the texts", data, caption=caption, alt=alt)


@style.styled
def scores(evidence: Evidence, group: str) -> Picture:
    """The test macro-F1 of each value of a group: every seed a dot, the mean with its 95 % interval beside them.

    Groups of single knobs share their scale, and so do those that add or take away parts.
    """
    names, about = values(evidence.architecture, group), ARCHITECTURES[evidence.architecture].groups[group]
    words = [style.in_lines(about.in_words(value), 84 // len(names)) for value in names]
    figure, [[axes]] = style.figure(2.4 + 0.15 * max(each.count("\n") for each in words), 1, 1)
    sides = [evidence.sides[_variant(evidence, group, value)] for value in names]
    if not about.stepwise:
        middle = sides[names.index(about.reference)].mean.estimate
        margin = ARCHITECTURES[evidence.architecture].margin
        axes.axhspan(middle - margin, middle + margin, color="0.92", zorder=0)
    for number, side in enumerate(sides):
        side_by_side = number + np.linspace(-0.28, 0, len(side.scores))
        axes.plot(side_by_side, side.scores, "o", color=BLUE, markersize=4, alpha=0.7, label="one seed")
        mean = side.mean
        error = [[mean.estimate - mean.low], [mean.high - mean.estimate]]
        mark = {"fmt": "D", "color": "black", "markersize": 5, "capsize": 4, "label": "mean, 95 % interval"}
        axes.errorbar(number + 0.15, mean.estimate, error, **mark)
        axes.annotate(f"{mean.estimate:.3f}", (number + 0.15, mean.estimate), xytext=(6, 0),
                      textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axes.set_xticks(range(len(names)), words, fontsize=9 if len(names) <= PANELS else 7.5)
    axes.set(ylabel="test macro-F1", xlim=(-0.6, len(names) - 0.4), ylim=_limits(evidence, _goes_by_parts(about)))
    _draw_rival(axes, evidence)
    said = {"caption": _scores_caption(evidence, group), "alt": _scores_alt(evidence, group, sides)}
    name = f"{evidence.architecture}-{group}-scores"
    return style.save(figure, evidence.place, name, _title(evidence, group), evidence.data, **said)


def _variant(evidence: Evidence, group: str, value: str) -> str:
    """The name of the variant that stands in a group as this value."""
    return of_value(evidence.checks, group, value)[0].run.variant.name


def _goes_by_parts(group: Group) -> bool:
    """Whether a group adds parts step upon step, or has a value that lacks one: these move further than any knob."""
    return group.stepwise or bool(group.lacks)


def _limits(evidence: Evidence, by_parts: bool) -> tuple[float, float]:
    """From the lowest to the highest mark of all groups that go by parts, or of all others, with some room."""
    groups = ARCHITECTURES[evidence.architecture].groups
    names = {
        each.run.variant.name
        for each in evidence.checks
        if any(_goes_by_parts(groups[label]) == by_parts for label in each.run.variant.labels if label in groups)
    }
    sides = [evidence.sides[name] for name in names]
    low = min(min(side.mean.low, side.scores.min()) for side in sides)
    high = max(max(side.mean.high, side.scores.max()) for side in sides)
    room = 0.05 * (high - low) or 0.01
    return low - room, high + room


def _draw_rival(axes: Any, evidence: Evidence) -> None:
    """The strongest method without a network as a line with its name beside it, or the name where the axis ends."""
    rival = evidence.sides[evidence.rival].mean.estimate
    low, high = axes.get_ylim()
    if low <= rival <= high:
        axes.axhline(rival, color=ORANGE, linestyle="--", label=evidence.rival)
    where = " (below the axis)" if rival < low else " (above the axis)" if rival > high else ""
    labels.beside(axes, min(max(rival, low), high), style.in_lines(f"{evidence.rival}: {rival:.3f}{where}", 18))


def _title(evidence: Evidence, group: str) -> str:
    family = ARCHITECTURES[evidence.architecture]
    return f"{family.title}: {family.groups[group].title.lower()}"


def _scores_caption(evidence: Evidence, group: str) -> str:
    about = ARCHITECTURES[evidence.architecture].groups[group]
    said = {"title": _title(evidence, group), "rival": evidence.rival, "by_parts": _goes_by_parts(about)}
    low, high = _limits(evidence, _goes_by_parts(about))
    said["inside"] = low <= evidence.sides[evidence.rival].mean.estimate <= high
    reference = "" if about.stepwise else alone(evidence.architecture, group, about.reference)
    return say("captions.scores", reference=reference, **said)


def _scores_alt(evidence: Evidence, group: str, sides: list[Any]) -> str:
    """The means with their intervals and how far the networks reach, value by value."""
    rows = [
        {"name": alone(evidence.architecture, group, value), "mean": side.mean, "seeds": len(side.scores)}
        | {"lowest": side.scores.min(), "highest": side.scores.max()}
        for value, side in zip(values(evidence.architecture, group), sides, strict=True)
    ]
    rival = evidence.sides[evidence.rival].mean.estimate
    return say("alts.scores", title=_title(evidence, group), rows=rows, rival=evidence.rival, rival_f1=rival)


@style.styled
def against_earlier(evidence: Evidence) -> Picture:
    """Our test macro-F1 beside that of the earlier report, a panel for each group; one dot for each of our seeds."""
    family = ARCHITECTURES[evidence.architecture]
    groups = list(dict.fromkeys(each.group for each in family.published))
    figure, axes = style.figure(2.6, 1, len(groups), sharey=True)
    said = []
    for each, group in zip(axes.flat, groups, strict=True):
        theirs = [row for row in family.published if row.group == group]
        said.append({"title": family.groups[group].title.lower(), "rows": []})
        for number, row in enumerate(theirs):
            ours = [check.f1("keras") for check in of_value(evidence.checks, group, row.value)]
            each.plot([number] * len(ours), ours, "o", color=BLUE, markersize=4, alpha=0.7, label=OURS)
            look = {"marker": "x" if row.copied else "s", "linestyle": "none", "color": ORANGE, "markersize": 7}
            look |= {"markerfacecolor": "none", "markeredgewidth": 1.6}  # what lies behind stays to be seen
            each.plot(number, row.macro_f1, label=COPIED if row.copied else EARLIER, **look)
            words = alone(evidence.architecture, group, row.value)
            said[-1]["rows"].append((words, np.mean(ours), row.macro_f1, bool(row.copied)))
        each.set_xticks(range(len(theirs)), [row.value for row in theirs], rotation=20)
        each.set(title=family.groups[group].title)
        each.margins(x=0.2)
    axes[0, 0].set_ylabel("test macro-F1")
    style.legend(figure, *axes.flat)
    doubtful = f", ours on {evidence.data.title}" if evidence.data.doubt else ""
    title = f"{family.title}: ours and the earlier report's{doubtful}"
    alt, caption = say("alts.against_earlier", title=family.title, groups=said), say("captions.against_earlier")
    name = f"{evidence.architecture}-published"
    return style.save(figure, evidence.place, name, title, evidence.data, caption=caption, alt=alt)
