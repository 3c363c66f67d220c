"""How a recurrent network reads a text: its states and gates word by word, and how its verdict forms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes

from ...architectures import ARCHITECTURES
from ...evidence import Evidence
from .. import labels, style
from ..sentences import say
from ..style import BLUE, GREEN, ORANGE, Picture
from .reading import GATES, NAMES, Reading
from .steps import COLORS, Frame, Steps, Strip, colored

LINES = [  # one for each class, told apart in grey, too
    {"color": BLUE, "marker": "o", "linestyle": "-"},
    {"color": GREEN, "marker": "s", "linestyle": ":"},
    {"color": ORANGE, "marker": "D", "linestyle": "--"},
]


def title_of(evidence: Evidence, what: str) -> str:
    return f"{ARCHITECTURES[evidence.architecture].title}: {what}"


def range_of(quantity: str, values: np.ndarray) -> tuple[float, float]:
    """What is dark and what is light: a gate lies between 0 and 1, all else as far to both sides as it does here."""
    most = float(np.ceil(10 * np.abs(values).max()) / 10) or 0.1
    return (0.0, 1.0) if quantity in GATES else (-most, most)


def heat(axes: Axes, reading: Reading, quantity: str, values: np.ndarray, order: np.ndarray) -> None:
    """Numbers of units (time, units) as colours, a column for each word, the units in this order."""
    low, high = range_of(quantity, values)
    axes.imshow(values.T[order], aspect="auto", cmap=COLORS, vmin=low, vmax=high, interpolation="nearest")
    axes.set(title=f"{NAMES[quantity]} ({low:g} to {high:g})", yticks=[])
    in_words(axes, reading.words)


def in_words(axes: Axes, words: Sequence[str]) -> None:
    """The words of a text below an axis."""
    axes.set_xticks(range(len(words)), words, rotation=90)
    axes.grid(False)


@style.styled
def states(evidence: Evidence, reading: Reading) -> Picture:
    """The state of each recurrent layer after each word, its units in the order of their last value."""
    figure, [row] = style.figure(3.4, 1, len(reading.layers))
    for axes, (name, layer) in zip(row, reading.layers.items(), strict=True):
        heat(axes, reading, "h", layer["h"], np.argsort(-layer["h"][-1]))
        axes.set(title=f"{name}: {axes.get_title()}", ylabel=f"{layer['h'].shape[1]} units")
    sizes = {name: np.abs(layer["h"]).mean(axis=1) for name, layer in reading.layers.items()}
    caption = say("inside.states", text=" ".join(reading.words))
    alt = say("inside.states_alt", words=reading.words, sizes=sizes)
    name = f"{evidence.architecture}-inside-states"
    what = title_of(evidence, "the state after each word")
    return style.save(figure, evidence.place, name, what, evidence.data, caption=caption, alt=alt)


@style.styled
def gates(evidence: Evidence, reading: Reading) -> Picture:
    """What the last layer computes at each word: gates, candidate and states, the same unit in the same row."""
    found, order = reading.last, np.argsort(-reading.last["h"][-1])
    columns = 3 if len(found) > 4 else 2
    figure, axes = style.figure(2.4 * len(found) // columns + 0.6, len(found) // columns, columns, sharex=True)
    for each, (quantity, values) in zip(axes.flat, found.items(), strict=True):
        heat(each, reading, quantity, values, order)
    for each in axes[:, 0]:
        each.set_ylabel(f"{len(order)} units")
    means = {NAMES[name]: found[name].mean(axis=1) for name in GATES if name in found}
    caption = say("inside.gates", layer=[*reading.layers][-1], text=" ".join(reading.words))
    alt = say("inside.gates_alt", words=reading.words, means=means)
    name = f"{evidence.architecture}-inside-gates"
    what = title_of(evidence, "gates and states after each word")
    return style.save(figure, evidence.place, name, what, evidence.data, caption=caption, alt=alt)


@style.styled
def verdicts(evidence: Evidence, readings: Sequence[Reading], truths: Sequence[int]) -> Picture:
    """The probability of each class after each word, of one text or of several."""
    classes = evidence.data.classes
    figure, [row] = style.figure(3.2, 1, len(readings), sharey=True)
    for axes, reading, true in zip(row, readings, truths, strict=True):
        p = reading.probabilities
        for values, name, look in zip(p.T, classes, cycle(LINES), strict=False):
            axes.plot(values, markersize=4, **look, label=name)
        in_words(axes, reading.words)
        axes.grid(True, axis="y")
        answer = classes[p[-1].argmax()]
        axes.set(title=f"{classes[true]}, answered {answer}", ylim=(-0.02, 1.02), xlim=(-0.3, 1.3 * len(p)))
        ends = zip(p[-1], classes, cycle(LINES), strict=False)
        labels.at_ends(axes, [(len(p) - 1, value, name, look["color"]) for value, name, look in ends])
    row[0].set_ylabel("probability")
    told = [
        {
            "label": classes[true],
            "answer": classes[reading.probabilities[-1].argmax()],
            "words": list(zip(reading.words, reading.probabilities[:, true], strict=True)),
            "end": list(zip(classes, reading.probabilities[-1], strict=True)),
        }
        for reading, true in zip(readings, truths, strict=True)
    ]
    name = f"{evidence.architecture}-inside-verdict"
    what = title_of(evidence, "how the verdict forms")
    caption, alt = say("inside.verdicts", number=len(readings)), say("inside.verdicts_alt", texts=told)
    return style.save(figure, evidence.place, name, what, evidence.data, caption=caption, alt=alt)


def steps(evidence: Evidence, reading: Reading, true: int) -> Steps:
    """The text to be stepped through word by word: gates and states of the last layer, and the verdict so far."""
    classes, order = evidence.data.classes, np.argsort(-reading.last["h"][-1])
    frames = []
    for t, word in enumerate(reading.words):
        strips = []
        for quantity, values in reading.last.items():
            low, high = range_of(quantity, values)
            mean = say("inside.strip_alt", quantity=NAMES[quantity], mean=values[t].mean(), units=len(order))
            colors = colored(values[t : t + 1, order], low, high)
            strips.append(Strip(f"{NAMES[quantity]}, {low:g} to {high:g}", colors, mean, wide=True))
        title = say("inside.word", number=t + 1, of=len(reading.words), word=word, known=bool(reading.known[t]))
        bars = dict(zip(classes, map(float, reading.probabilities[t]), strict=True))
        frames.append(Frame(title, read=t + 1, strips=strips, bars=bars))
    return Steps("Read word by word", frames, still(evidence, reading, true), reading.words)


@style.styled
def still(evidence: Evidence, reading: Reading, true: int) -> Picture:
    """The same on paper: the last layer's state and the probabilities after each word."""
    classes, p = evidence.data.classes, reading.probabilities
    figure, axes = style.figure(4.2, 2, 1, sharex=True, height_ratios=[2, 1])
    heat(axes[0, 0], reading, "h", reading.last["h"], np.argsort(-reading.last["h"][-1]))
    axes[0, 0].set_ylabel(f"{reading.last['h'].shape[1]} units")
    axes[1, 0].imshow(p.T, aspect="auto", cmap=COLORS, vmin=0, vmax=1, interpolation="nearest")
    for (t, number), value in np.ndenumerate(p):
        color = "white" if value < 0.5 else "black"
        axes[1, 0].text(t, number, f"{value:.2f}", ha="center", va="center", fontsize=8, color=color)
    axes[1, 0].set_yticks(range(len(classes)), classes)
    axes[1, 0].set_title("probability of each class, if the text ended there")
    in_words(axes[1, 0], reading.words)
    caption = say("inside.read_along", label=classes[true], answer=classes[p[-1].argmax()])
    end = list(zip(classes, p[-1], strict=True))
    alt = say("inside.read_along_alt", words=list(zip(reading.words, p.argmax(axis=1), strict=True)), classes=classes,
              end=end)  # fmt: skip
    name = f"{evidence.architecture}-inside-steps"
    what = title_of(evidence, "a text, word by word")
    return style.save(figure, evidence.place, name, what, evidence.data, caption=caption, alt=alt)
