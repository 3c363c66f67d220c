"""Pictures of the memory of recurrent networks: what padding does to it, and how fast a word fades from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import NullFormatter

import forward

from ...architectures import ARCHITECTURES
from ...checks import Check
from ...evidence import Evidence
from .. import labels, style
from ..sentences import say
from ..style import BLUE, GREEN, ORANGE, Picture
from .memory import apart, fading, padded_states, short
from .networks import by_length, kinds
from .reading import verdict
from .steps import COLORS
from .texts import title_of

LOOKS = [
    {"color": BLUE, "marker": "o", "linestyle": "-"},
    {"color": ORANGE, "marker": "s", "linestyle": "--"},
    {"color": GREEN, "marker": "D", "linestyle": ":"},
]


@dataclass(frozen=True)
class Padded:
    """A network's states over the whole input: how it is called, of one text, and how far texts are apart."""

    name: str
    states: np.ndarray  # (time, units)
    words: int
    apart: np.ndarray
    answers: np.ndarray  # of the texts, at the end of the input


def padded(evidence: Evidence, masked: Check, unmasked: Check) -> list[Padded]:
    """The network with the mask, the same one without it, and the one that was trained without."""
    found = []
    ways = [
        ("with the mask", masked, True),
        ("the same network, mask left out", masked, False),
        ("trained without a mask", unmasked, False),
    ]
    for name, check, mask in ways:
        model = forward.load_model(check.run.path)
        h, lengths = padded_states(model, evidence.data.x_test, mask)
        one, several = by_length(lengths, 10)[0], short(lengths, h.shape[1])
        answers = verdict(model, h[several, -1]).argmax(axis=-1)
        found.append(Padded(name, h[one], int(lengths[one]), apart(h[several], lengths[several]), answers))
    return found


@style.styled
def padding(evidence: Evidence, found: Sequence[Padded]) -> Picture:
    """The states of a short text over the whole input, and how far those of different texts stay apart."""
    figure, [row, below] = style.figure(5.2, 2, 3, height_ratios=[1.2, 1])
    most = max(np.abs(each.states).max() for each in found)
    for axes, each in zip(row, found, strict=True):
        order = np.argsort(-each.states[each.words - 1])
        axes.imshow(each.states.T[order], aspect="auto", cmap=COLORS, vmin=-most, vmax=most, interpolation="nearest")
        axes.axvline(each.words - 0.5, color="white", linewidth=1.5)
        axes.set(title=style.in_lines(each.name, 26), xlabel="steps (words, then padding)", yticks=[])
        axes.grid(False)
    row[0].set_ylabel(f"{found[0].states.shape[1]} units, {-most:.1f} to {most:.1f}")
    for axes in below[1:]:
        axes.remove()
    wide = below[0]
    wide.set_subplotspec(wide.get_gridspec()[1, :])
    for each, look in zip(found, LOOKS, strict=True):
        wide.plot(each.apart, **look, markersize=4, markevery=5)
    steps = len(found[0].apart) - 1
    wide.set(xlabel="steps of padding after the last word", ylabel="distance of the texts", xlim=(0, 1.45 * steps))
    wide.set(ylim=(0, None), xticks=range(0, steps + 1, 5))
    ends = zip(found, LOOKS, strict=True)
    labels.at_ends(wide, [(steps, each.apart[-1], each.name, look["color"]) for each, look in ends])
    caption = say("inside.padding", words=found[0].words, texts=len(found[0].answers))
    left = [(each.name, each.apart[-1]) for each in found]
    alt = say("inside.padding_alt", left=left, steps=steps, words=found[0].words, input=len(found[0].states))
    name, what = f"{evidence.architecture}-inside-padding", title_of(evidence, "what padding does to the state")
    return style.save(figure, evidence.place, name, what, evidence.data, caption=caption, alt=alt)


def padding_read(found: Sequence[Padded]) -> str:
    """How many answers change when the mask is left out, and how far the texts are still apart."""
    masked, without, trained = found
    same = int((masked.answers == without.answers).sum())
    left, left_trained = without.apart[-1], trained.apart[-1]
    return say("inside.padding_read", same=same, of=len(masked.answers), left=left, left_trained=left_trained)


@dataclass(frozen=True)
class Fading:
    """The trace of the first word, for a kind of cell: medians over texts, for each seed, as `fading` gives it."""

    name: str
    left: np.ndarray  # (seeds, 2, words)
    texts: int

    @property
    def mean(self) -> np.ndarray:
        """The geometric mean over the seeds, (2, words): the axes are logarithmic."""
        return np.exp(np.log(np.maximum(self.left, 1e-12)).mean(axis=0))


def faded(evidence: Evidence) -> list[Fading]:
    """For each kind of cell that is there, at equal settings."""
    found = []
    for architecture, runs in kinds(evidence.data, evidence.place).items():
        left = [fading(forward.load_model(run.path), evidence.data.x_test) for run in runs]
        if all(each.size for each in left):
            medians = np.stack([np.median(each, axis=1) for each in left])
            found.append(Fading(ARCHITECTURES[architecture].title, medians, left[0].shape[1]))
    return found


@style.styled
def fade(evidence: Evidence, found: Sequence[Fading]) -> Picture:
    """The trace of the first word in the state, by the number of words that follow it."""
    figure, [row] = style.figure(3.2, 1, 2)
    words = found[0].left.shape[-1]
    titles = "over its size after the first word", "over the size of the state"
    for number, (axes, title) in enumerate(zip(row, titles, strict=True)):
        for each, look in zip(found, LOOKS, strict=False):
            axes.plot(each.left[:, number].T, color=look["color"], linewidth=0.6, alpha=0.6)
            axes.plot(each.mean[number], **look, markersize=4, linewidth=2)
        axes.set(yscale="log", title=f"trace of the first word, {title}", xlabel="words read after the first one")
        axes.set(xlim=(0, 1.35 * words), xticks=range(0, words, 5))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}" if np.ptp(np.log10(axes.get_ylim())) < 1 else NullFormatter())
        ends = zip(found, LOOKS, strict=False)
        labels.at_ends(axes, [(words - 1, each.mean[number, -1], each.name, look["color"]) for each, look in ends])
    seeds = [(each.name, len(each.left)) for each in found]
    caption = say("inside.fading", texts=found[0].texts, words=words, seeds=seeds)
    ends = [(each.name, *each.mean[0, [words // 2, -1]], *each.mean[1, [words // 2, -1]]) for each in found]
    alt = say("inside.fading_alt", ends=ends, half=words // 2, words=words - 1)
    name, what = f"{evidence.architecture}-inside-fading", "How fast the first word fades from the state"
    return style.save(figure, evidence.place, name, what, evidence.data, caption=caption, alt=alt)
