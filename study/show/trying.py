"""A live notebook's field to type or draw in, for the networks that it trained; a report shows an example instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
from IPython.display import HTML, display
from matplotlib.axes import Axes

from .. import try_it
from ..architectures import ARCHITECTURES
from ..evidence import Evidence
from ..progress import in_report
from ..try_it.network import Network, of_runs
from . import style
from .sentences import say
from .style import BLUE, Picture

WORDS = (5, 10)  # of a text that fits above its bars
STRIPE = slice(12, 20)  # the rows of an image that are painted over


@dataclass(frozen=True)
class Field:
    """What one plays with, and the picture that stands for it where there is no kernel."""

    box: widgets.Widget
    still: Picture
    script: str = ""

    def _ipython_display_(self) -> None:
        content, about = self.still._repr_mimebundle_()
        display(content | self.box._repr_mimebundle_(), metadata=about, raw=True)
        if self.script:
            display(HTML(self.script))


def parts(evidence: Evidence) -> Iterator[Any]:
    """The field, with the networks that were trained; nobody can type into a report, so it has the picture alone."""
    data, live = evidence.data, not in_report()
    which = of_runs([each.run for each in evidence.checks], data.classes)
    of_texts = data.x_test.ndim == 1
    yield say("try_it.lead", of_texts=of_texts, live=live)
    still = texts(evidence, which[0]) if of_texts else image(evidence, which[0])
    if not live:
        yield still
    elif of_texts:
        yield Field(try_it.text(which, data.x_test[_first_of_each(evidence)]), still)
    else:
        board = try_it.image(which, data.x_test, [data.classes[each] for each in data.y_test])
        yield Field(board.box, still, board.script)


@style.styled
def texts(evidence: Evidence, network: Network) -> Picture:
    """A short test text of each class, and how probable a network finds the classes."""
    data, chosen = evidence.data, _first_of_each(evidence)
    figure, [row] = style.figure(2.2, 1, len(chosen), sharex=True, sharey=True)
    told = []
    for axes, example in zip(row, chosen, strict=True):
        found, true = network.says(data.x_test[example : example + 1]), data.classes[data.y_test[example]]
        bars(axes, found, f"{true}:\n{style.in_lines(data.x_test[example], 30)}")
        told.append({"label": true, "text": data.x_test[example], "found": list(found.items())})
    english = [each for each in map(data.in_english.get, data.x_test[chosen]) if each]
    caption = say("try_it.texts", network=network.label, fewest=WORDS[0], most=WORDS[1], english=english)
    alt = say("try_it.texts_alt", texts=told)
    return _save(figure, evidence, caption, alt)


@style.styled
def image(evidence: Evidence, network: Network) -> Picture:
    """The first test image as it is and with a stripe painted over it, and what a network says of both."""
    plain = evidence.data.x_test[0]
    painted = plain.copy()
    painted[STRIPE] = 0
    figure, [row] = style.figure(2.2, 1, 4, width_ratios=[1, 1.4, 1, 1.4])
    told = []
    for number, (name, pixels) in enumerate({"as it is": plain, "painted over": painted}.items()):
        found, (left, right) = network.says(pixels[np.newaxis]), row[2 * number : 2 * number + 2]
        left.imshow(pixels)
        left.set_title(name)
        left.set_axis_off()
        bars(right, found, "probability")
        told.append({"name": name, "found": list(found.items())})
    label = evidence.data.classes[evidence.data.y_test[0]]
    caption = say("try_it.image", network=network.label, label=label)
    return _save(figure, evidence, caption, say("try_it.image_alt", label=label, images=told))


def bars(axes: Axes, found: dict[str, float], title: str) -> None:
    """A bar for each class, its probability behind it."""
    axes.barh([*found], [*found.values()], color=BLUE)
    for y, p in enumerate(found.values()):
        axes.text(p, y, f" {p:.2f}", va="center", fontsize=8)
    axes.set(xlim=(0, 1.25), ylim=(len(found) - 0.5, -0.5), xticks=[], title=title)
    axes.grid(False)


def _first_of_each(evidence: Evidence) -> Sequence[int]:
    """Of each class the first test text of so many words that it fits, or the first of all."""
    lengths = np.array([len(each.split()) for each in evidence.data.x_test])
    fits = (lengths >= WORDS[0]) & (lengths <= WORDS[1])
    y = evidence.data.y_test
    return [
        int(np.flatnonzero(mine & fits if (mine & fits).any() else mine)[0])
        for mine in (y == label for label in range(len(evidence.data.classes)))
        if mine.any()
    ]


def _save(figure: Any, evidence: Evidence, caption: str, alt: str) -> Picture:
    title = f"{ARCHITECTURES[evidence.architecture].title}: try it"
    name = f"{evidence.architecture}-try-it"
    return style.save(figure, evidence.place, name, title, evidence.data, caption=caption, alt=alt)
