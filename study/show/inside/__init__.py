"""What the layers do, in pictures: computed by the plain functions of `forward` from the networks that were trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import forward

from ...architectures import ARCHITECTURES
from ...cells import all_of_them
from ...evidence import Evidence
from ...findings import name_of
from ..sentences import say
from . import images, remembering, texts
from .networks import by_length, first, first_of_each_class, globally_pooled, network
from .reading import NAMES, Reading, read, tokens_of

WORDS = 10  # about so many has a text that is shown


def parts(evidence: Evidence) -> Iterator[Any]:
    """The pictures of an architecture's networks, with the sentences around them; of images or of texts."""
    yield from _of_texts(evidence) if evidence.data.x_test.ndim == 1 else _of_images(evidence)


def _of_images(evidence: Evidence) -> Iterator[Any]:
    check, pooled = network(evidence), globally_pooled(evidence)
    model = forward.load_model(check.run.path)
    yield say("inside.head_layers")
    yield say("inside.lead_images")
    yield images.steps(evidence, model, 0)
    yield images.filters(evidence, model)
    yield images.pooling(evidence, model, 0)
    yield say("inside.head_excites")
    yield say("inside.excites_lead")
    yield images.patches(evidence, model)
    yield say("inside.head_where")
    if pooled:
        examples = [each for right in (True, False) for each in first_of_each_class(pooled, right)[:2]]
        yield say("inside.where_lead", name=name_of(evidence.architecture, pooled.run.variant.name))
        yield images.looked_at(evidence, pooled, forward.load_model(pooled.run.path), examples)
    yield say("inside.answers_lead")
    yield images.answers(evidence, check, *(first_of_each_class(check, right) for right in (True, False)))


def _of_texts(evidence: Evidence) -> Iterator[Any]:
    check = network(evidence)
    model, data = forward.load_model(check.run.path), evidence.data
    order = by_length((tokens_of(model, data.x_test.tolist()) != 0).sum(axis=1), WORDS)
    shown = [each for right in (True, False) for each in first(check, right, 1, order)]
    readings = [read(model, data.x_test[each]) for each in shown]
    truths = [int(data.y_test[each]) for each in shown]
    yield say("inside.head_words")
    english = [each for each in map(data.in_english.get, data.x_test[shown]) if each]
    yield say("inside.lead_texts", kind=evidence.architecture, length=WORDS, english=english)
    yield texts.steps(evidence, readings[0], truths[0])
    yield texts.states(evidence, readings[0])
    if len(readings[0].last) > 1:
        yield texts.gates(evidence, readings[0])
        yield gates_read(readings[0])
    yield texts.verdicts(evidence, readings, truths)
    yield turn(readings[0], data.classes)
    yield from _of_padding(evidence)
    yield from _of_fading(evidence)


def gates_read(reading: Reading) -> str:
    """How open the gate is on average that lets the memory live on, and how soon it would halve."""
    gate = "f" if "f" in reading.last else "u"
    mean = float(reading.last[gate].mean())
    half = f"{np.log(0.5) / np.log(mean):.2g}" if 0 < mean < 1 else ""
    return say("inside.gates_read", gate=NAMES[gate], mean=mean, half=half)


def turn(reading: Reading, classes: tuple[str, ...]) -> str:
    """The word that moves the probability of the final answer most."""
    answer = int(reading.probabilities[-1].argmax())
    p = reading.probabilities[:, answer]
    if len(p) < 2:
        return ""
    t = int(np.abs(np.diff(p)).argmax()) + 1
    word = {"word": reading.words[t], "known": reading.known[t], "number": t + 1}
    return say("inside.turn", **word, before=p[t - 1], after=p[t], label=classes[answer])


def _of_padding(evidence: Evidence) -> Iterator[Any]:
    masked, unmasked = (network(evidence, units=(64,), mask_zero=masked) for masked in (True, False))
    if masked and unmasked:
        found = remembering.padded(evidence, masked, unmasked)
        yield say("inside.head_padding")
        yield say("inside.padding_lead", kind=evidence.architecture)
        yield remembering.padding(evidence, found)
        yield remembering.padding_read(found)


def _of_fading(evidence: Evidence) -> Iterator[Any]:
    found = remembering.faded(evidence)
    if found:
        there = {each.name for each in found}
        lacking = [ARCHITECTURES[name].title for name in all_of_them() if ARCHITECTURES[name].title not in there]
        yield say("inside.head_fading")
        yield say("inside.fading_lead", kind=evidence.architecture, kinds=len(found), lacking=lacking)
        yield remembering.fade(evidence, found)
        ends = [(each.name, *each.mean[:, -1]) for each in found]
        yield say("inside.fading_read", ends=ends, words=found[0].left.shape[-1] - 1)
