"""What stands beside figures and tables: the values of templates/readings.md and earlier.md, from the results."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import entropy
from sklearn.metrics import confusion_matrix, f1_score

from ..architectures import ARCHITECTURES, Settings, variants
from ..checks import Check
from ..datasets import TITLES, Dataset, nusax
from ..evaluation import by_variant, of_value
from ..evidence import Evidence
from ..findings import alone, name_of
from ..predictions import TOLERANCE
from ..profiles import epochs, limited
from ..profiles import seeds as seeds_of
from ..runs import PACKAGES, Place, jobs
from ..statistics import macro_f1
from .conclusions import data_of_full
from .sentences import say

ALIKE = 0.005  # shares of classes that differ by less are called alike
SURE = 0.02  # how much surer than right a network is before it is called too sure


def balance(data: Dataset, place: Place) -> str:
    """How frequent the rarest and the most frequent class are, and whether the splits differ in that."""
    used = limited(data, place.profile)
    shares = np.array([np.bincount(y, minlength=len(data.classes)) / len(y) for y in (used.y_train, used.y_test)])
    rare, frequent = shares[0].argmin(), shares[0].argmax()
    apart = np.abs(shares[0] - shares[1]).max()
    return say(
        "readings.balance",
        even=np.ptp(shares[0]) < ALIKE,
        rare=data.classes[rare],
        rare_share=shares[0][0] if np.ptp(shares[0]) < ALIKE else shares[0][rare],
        frequent=data.classes[frequent],
        frequent_share=shares[0][frequent],
        apart=apart if apart >= ALIKE else 0,
    )


def examples(data: Dataset) -> str:
    """The first training text of each class, and where it is known what it says in English, as a Markdown list."""
    first = [(label, data.x_train[data.y_train == number][0]) for number, label in enumerate(data.classes)]
    return say("readings.examples", first=[(*each, data.in_english.get(each[1], "")) for each in first])


def knowing_nothing(data: Dataset) -> str:
    """What a network scores that has learnt no more than how frequent the classes are."""
    share = np.bincount(data.y_train, minlength=len(data.classes)) / len(data.y_train)
    constant = np.full_like(data.y_test, share.argmax())
    return say(
        "readings.knowing_nothing",
        loss=entropy(share),
        label=data.classes[share.argmax()],
        accuracy=np.mean(constant == data.y_test),
        f1=macro_f1(data.y_test, constant, len(data.classes)),
    )


def text_lengths(architecture: str, data: Dataset) -> str:
    """How much of the training texts the input of a network holds, and how much of it is padding."""
    length = ARCHITECTURES[architecture].training["sequence_length"]
    words = np.array([len(text.split()) for text in data.x_train])
    return say(
        "readings.text_lengths",
        length=length,
        longer=np.mean(words > length),
        median=np.median(words),
        padding=np.mean(np.maximum(length - words, 0)) / length,
    )


def curves(evidence: Evidence, group: str) -> str:
    """Which networks of a group start slowly, which end lowest on validation data, and which on training data."""
    early, kept, fitted = {}, {}, {}
    about = ARCHITECTURES[evidence.architecture].groups[group]
    for value in about.changes:
        checks = of_value(evidence.checks, group, value)
        checks = [each for each in checks if each.kept_epoch]  # the others diverged at once
        if not checks:
            continue
        name, runs = alone(evidence.architecture, group, value), [each.run for each in checks]
        early[name] = float(np.mean([run.history["val_loss"][0] for run in runs]))
        kept[name] = float(np.mean([run.record["metrics"]["val_loss"] for run in runs]))
        fitted[name] = float(np.mean([each.run.history["loss"][each.kept_epoch - 1] for each in checks]))
    if not kept:
        return say("readings.no_curves")
    return say("readings.curves", early=_ends(early), kept=_ends(kept), fitted=_ends(fitted))


def weights_kept(checks: list[Check]) -> str:
    """Which weights the networks of a variant have, in the words of a table's cell."""
    epochs = sorted({each.kept_epoch for each in checks if each.kept == "best"})
    rules = list(dict.fromkeys(each.kept for each in checks))
    return say("readings.weights_kept", rules=rules, epochs=list(dict.fromkeys((*epochs[:1], *epochs[-1:]))))


def training(evidence: Evidence) -> str:
    """What was trained, how, which weights were kept, and how long it took."""
    architecture, found = evidence.architecture, by_variant(evidence.checks)
    numbers = {name: len(checks) for name, checks in found.items()}
    rules: dict[str, list[str]] = {}
    for name, checks in found.items():
        for rule in dict.fromkeys(each.kept for each in checks if not each.diverged):
            rules.setdefault(rule, []).append(name_of(architecture, name))
    return say(
        "notebook.training",
        networks=len(evidence.checks),
        listed=sum(bool(each.run.listed) for each in evidence.checks),
        variants=len(found),
        seeds=max(numbers.values()),
        fewer=_fewer(architecture, numbers),
        seconds=round(sum(each.run.record["train_s"] for each in evidence.checks)),
        weights=f"weights/{evidence.place.name}/{architecture}",
        rules=sorted(rules.items(), key=lambda each: -len(each[1])),
        nesterov=_trained_with(evidence, lambda training: training.get("optimizer") == "nesterov"),
        warmed=_trained_with(evidence, lambda training: training.get("warm_up", 0) > 0),
    )


def how_to_read(evidence: Evidence) -> str:
    """What the tables and figures of a group show, and how its curves are to be read."""
    return say(
        "notebook.knobs",
        mean=any(each.kept == "mean" for each in evidence.checks),
        smoothed=_trained_with(evidence, lambda training: training.get("label_smoothing", 0) > 0),
        others=_trained_with(evidence, lambda training: not training.get("label_smoothing", 0)),
    )


def _fewer(architecture: str, seeds: dict[str, int]) -> list[tuple[str, int]]:
    """Those variants that have fewer seeds than others, as the pages call them, each with its number."""
    return [(name_of(architecture, name), number) for name, number in seeds.items() if number < max(seeds.values())]


def _trained_with(evidence: Evidence, holds: Callable[[Settings], bool]) -> list[str]:
    """The variants of whose training settings this holds, as the pages call them."""
    family = ARCHITECTURES[evidence.architecture]
    return [
        name_of(evidence.architecture, name)
        for name, [first, *_] in by_variant(evidence.checks).items()
        if holds(family.training_of(first.run.variant.settings))
    ]


def _ends(losses: dict[str, float]) -> dict[str, tuple[str, float]]:
    """The lowest and the highest loss, each with its name."""
    by_loss = sorted(losses.items(), key=lambda each: each[1])
    return {"low": by_loss[0], "high": by_loss[-1]}


def classes(evidence: Evidence, most: int = 3) -> str:
    """The easiest and the hardest class of the best variant, and what it mixes up most often; means over seeds."""
    names, y = evidence.data.classes, evidence.data.y_test
    numbers, predicted = np.arange(len(names)), evidence.sides[evidence.best].predicted
    f1 = np.mean([f1_score(y, each, labels=numbers, average=None, zero_division=0) for each in predicted], axis=0)
    mixed = np.mean([confusion_matrix(y, each, labels=numbers, normalize="true") for each in predicted], axis=0)
    np.fill_diagonal(mixed, 0)
    pairs = [np.unravel_index(each, mixed.shape) for each in np.argsort(-mixed, axis=None, kind="stable")[:most]]
    return say(
        "readings.classes",
        easiest=(names[f1.argmax()], f1.max()),
        hardest=(names[f1.argmin()], f1.min()),
        mixed=[(mixed[true, said], names[true], names[said]) for true, said in pairs],
    )


def calibration(evidence: Evidence) -> str:
    """How sure the baseline and the best variant are, and how often right; means over seeds."""
    networks = []
    for name in dict.fromkeys(("baseline", evidence.best)):
        mine = evidence.with_probabilities(name)
        sure = float(np.mean([each.keras.max(axis=1) for each in mine]))
        right = float(np.mean([each.predicted == each.y for each in mine]))
        how = "over" if sure > right + SURE else "under" if sure < right - SURE else "well"
        networks.append((name_of(evidence.architecture, name), right, sure, how))
    return say("readings.calibration", networks=networks)


def quarters(texts: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Texts by their number of words, in quarters: what each is called (`5 to 9`), and the quarter of each text."""
    words = np.array([len(text.split()) for text in texts])
    edges = np.unique(np.quantile(words, [0, 0.25, 0.5, 0.75, 1]).astype(int))
    last = len(edges) - 2
    ends = [(low, high - (part < last)) for part, (low, high) in enumerate(pairwise(edges))]
    labels = [f"{low} to {high}" if low < high else f"{low}" for low, high in ends]
    return labels, np.clip(np.searchsorted(edges, words, side="right") - 1, 0, last)


def by_length(evidence: Evidence) -> str:
    """How often the best variant is right on the shortest and on the longest quarter of the test texts; over seeds."""
    labels, quarter = quarters(evidence.data.x_test)
    right = np.mean(evidence.sides[evidence.best].predicted == evidence.data.y_test, axis=0)
    parts, ends = range(len(labels)), (0, len(labels) - 1)
    classes = len(evidence.data.classes)
    return say(
        "readings.by_length",
        name=name_of(evidence.architecture, evidence.best),
        ends=[(right[quarter == part].mean(), np.sum(quarter == part), labels[part]) for part in ends],
        rarest=min(np.bincount(evidence.data.y_test[quarter == part], minlength=classes).min() for part in parts),
    )


def equal(checks: list[Check]) -> str:
    """That both sides agree on every example of every run; for checks that `evaluation.assert_equal` let pass."""
    rows = pd.DataFrame(
        [(each.largest(), each.keras_error, each.numpy_error) for each in checks],
        columns=["max_abs_diff", "keras_error", "numpy_error"],
    )
    return say(
        "readings.equal",
        networks=len(checks),
        examples=len(checks[0].y),
        largest=rows["max_abs_diff"].max(),
        beyond=int((rows["max_abs_diff"] > TOLERANCE).sum()),
        keras_error=rows["keras_error"].max(),
        numpy_error=rows["numpy_error"].max(),
        tolerance=TOLERANCE,
    )


def earlier(rows: pd.DataFrame) -> str:
    """How many findings of the earlier report hold, in a sentence, from the rows of `findings.earlier`."""
    from_full = len(rows) and rows["from_full"].any()
    return say(
        "earlier.count",
        number=len(rows),
        counts=rows["says"].value_counts().to_dict(),
        data_of_full=data_of_full(list(rows["architecture"].unique())) if from_full else "",
    )


def earlier_report(architectures: list[str]) -> str:
    """What the earlier report was, and how many of its figures on these architectures are kept; empty if none."""
    published = {ARCHITECTURES[name].title: ARCHITECTURES[name].published for name in architectures}
    figures = [each for several in published.values() for each in several]
    titles = [title for title, several in published.items() if several]
    copied = sum(bool(each.copied) for each in figures)
    return say("earlier.what", networks=titles, figures=len(figures), copied=copied) if figures else ""


def finding(row: Any) -> str:
    """What a row of `findings.earlier` says, in words."""
    return say("earlier.finding", says=row.says, why=row.why, copied=row.copied, noise=row.noise)


def earlier_caution(architecture: str, data: Dataset, place: Place) -> str:
    """How far the comparison with the earlier report carries, given what was spent here, and on what data."""
    used = limited(data, place.profile)
    few = len(used.x_train) < len(data.x_train)
    return say(
        "readings.earlier_caution",
        notice=data.notice if data.is_sample else "",
        part=say("readings.part", used=len(used.x_train), all=len(data.x_train)) if few else "",
        epochs=epochs(architecture, place.profile),
        title=data.title if data.doubt else "",
    )


def epochs_allowed(architecture: str, profile: str) -> str:
    """How many epochs the networks may train, and which of them more."""
    usual = epochs(architecture, profile)
    others = {each.variant.name: each.epochs for each in jobs(architecture, profile) if each.epochs != usual}
    longer = [(name_of(architecture, name), number) for name, number in others.items()]
    return say("readings.epochs_allowed", usual=usual, longer=longer)


def setting(architecture: str, data: Dataset, place: Place, seeds: int | None = None) -> str:
    """What a notebook runs on, as Markdown: data and checksum, profile, seeds, budget, training settings, versions."""
    family, used = ARCHITECTURES[architecture], limited(data, place.profile)
    numbers = {
        each.name: len(seeds_of(architecture, place.profile, seeds, each.name)) for each in variants(architecture)
    }
    return say(
        "readings.setting",
        sample_of=TITLES[data.name] if data.is_sample else "",
        data=f"{data.title} ({data.notice})" if data.is_sample else data.title,
        checksum=data.checksum,
        samples=[(len(used.x_train), len(data.x_train)), (len(used.x_val), len(data.x_val)), len(data.x_test)],
        profile=place.profile,
        epochs=epochs_allowed(architecture, place.profile),
        seeds=seeds_of(architecture, place.profile, seeds),
        fewer=_fewer(architecture, numbers),
        training=[(key, value) for key, value in family.training.items() if key != "epochs"],
        trainings=[(name, list(each.items())) for name, each in family.trainings.items()],
        versions=[(package, version(package)) for package in PACKAGES],
        decided="" if data.is_sample else family.decided_after_test,
        options=[(name, value.title()) for name, value in data.options.items()],
        elsewhere=nusax.LANGUAGES[0].title() if place.language and not data.is_sample else "",
    )
