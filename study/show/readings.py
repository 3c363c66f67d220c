"""What stands beside figures and tables: what a page ran on, and what there is to see, in a sentence or two."""

from __future__ import annotations

from importlib.metadata import version
from itertools import pairwise

import numpy as np
from scipy.stats import entropy
from sklearn.metrics import confusion_matrix, f1_score

from ..architectures import ARCHITECTURES
from ..datasets import TITLES, Dataset
from ..evaluation import by_variant, of_value
from ..evidence import Evidence
from ..findings import name_of
from ..profiles import epochs, seeds
from ..runs import PACKAGES, Place, jobs
from ..statistics import macro_f1
from ..training import limited
from .words import literal, percent


def balance(data: Dataset, place: Place) -> str:
    """How frequent the rarest and the most frequent class are, and whether the splits differ in that."""
    used = limited(data, place.profile)
    shares = np.array([np.bincount(y, minlength=len(data.classes)) / len(y) for y in (used.y_train, used.y_test)])
    rare, frequent = shares[0].argmin(), shares[0].argmax()
    apart = np.abs(shares[0] - shares[1]).max()
    if shares[0].max() - shares[0].min() < 0.005:
        said = f"Every class makes up {percent(shares[0][0])} of the training samples"
    else:
        said = (
            f"Of the training samples *{data.classes[rare]}* makes up {percent(shares[0][rare])}, "
            f"*{data.classes[frequent]}* {percent(shares[0][frequent])}"
        )
    alike = "nearly the same" if apart < 0.005 else f"the same within {percent(apart)}"
    return f"{said}; the shares in the test split are {alike}."


def examples(data: Dataset) -> str:
    """The first training text of each class, as a Markdown list."""
    first = {label: data.x_train[data.y_train == number][0] for number, label in enumerate(data.classes)}
    return "\n".join(f"- *{label}*: {literal(text)}" for label, text in first.items())


def knowing_nothing(data: Dataset) -> str:
    """What a network scores that has learnt no more than how frequent the classes are."""
    share = np.bincount(data.y_train, minlength=len(data.classes)) / len(data.y_train)
    loss = entropy(share)
    constant = np.full_like(data.y_test, share.argmax())
    accuracy, f1 = np.mean(constant == data.y_test), macro_f1(data.y_test, constant, len(data.classes))
    return (
        f"The floor: a network that knows no more than how frequent the classes are has a loss of {loss:.2f}, and one "
        f"that answers *{data.classes[share.argmax()]}* to everything a test accuracy of {accuracy:.2f} and a test "
        f"macro-F1 of only {f1:.4f}."
    )


def text_lengths(architecture: str, data: Dataset) -> str:
    """How much of the training texts the input of a network holds, and how much of it is padding."""
    length = ARCHITECTURES[architecture].training["sequence_length"]
    words = np.array([len(text.split()) for text in data.x_train])
    return (
        f"The input holds {length} words. {percent(np.mean(words > length))} of the training texts are longer and are "
        f"cut; half of them have {np.median(words):.0f} words or fewer, and on average "
        f"{percent(np.mean(np.maximum(length - words, 0)) / length)} of the input is padding."
    )


def curves(found: Evidence, group: str) -> str:
    """Which networks of a group start slowly, which end lowest on validation data, and which on training data."""
    early, kept, fitted = {}, {}, {}
    about = ARCHITECTURES[found.architecture].groups[group]
    for value in about.changes:
        runs = [(each.run.history, each.run.record["best_epoch"] - 1) for each in of_value(found.checks, group, value)]
        early[about.in_words(value)] = float(np.mean([history["val_loss"][0] for history, _ in runs]))
        kept[about.in_words(value)] = float(np.mean([history["val_loss"][best] for history, best in runs]))
        fitted[about.in_words(value)] = float(np.mean([history["loss"][best] for history, best in runs]))
    return (
        f"After the first epoch the validation loss is {_ends(early)}; where the weights were kept it is "
        f"{_ends(kept)}. The training loss is there {_ends(fitted)}."
    )


def _ends(losses: dict[str, float]) -> str:
    low, high = min(losses, key=losses.get), max(losses, key=losses.get)
    if f"{losses[low]:.2f}" == f"{losses[high]:.2f}":
        return f"nearly the same for all ({losses[low]:.2f})"
    return f"lowest for {low} ({losses[low]:.2f}) and highest for {high} ({losses[high]:.2f})"


def classes(found: Evidence, most: int = 3) -> str:
    """The easiest and the hardest class of the best variant, and what it mixes up most often; means over seeds."""
    names, y = found.data.classes, found.data.y_test
    numbers, answers = np.arange(len(names)), found.sides[found.best].answers
    f1 = np.mean([f1_score(y, each, labels=numbers, average=None, zero_division=0) for each in answers], axis=0)
    mixed = np.mean([confusion_matrix(y, each, labels=numbers, normalize="true") for each in answers], axis=0)
    np.fill_diagonal(mixed, 0)
    pairs = [np.unravel_index(each, mixed.shape) for each in np.argsort(-mixed, axis=None, kind="stable")[:most]]
    said = ", ".join(f"{percent(mixed[true, said])} of *{names[true]}* as *{names[said]}*" for true, said in pairs)
    return (
        f"Easiest is *{names[f1.argmax()]}* (F1 {f1.max():.3f}), hardest *{names[f1.argmin()]}* ({f1.min():.3f}). "
        f"It takes most often {said}."
    )


def calibration(found: Evidence) -> str:
    """How sure the baseline and the best variant are, and how often right; means over seeds."""
    parts = []
    for name in dict.fromkeys(("baseline", found.best)):
        mine = by_variant(found.checks)[name]
        sure = float(np.mean([each.keras.max(axis=1) for each in mine]))
        right = float(np.mean([each.predicted == each.y for each in mine]))
        how = "too sure" if sure > right + 0.02 else "not sure enough" if sure < right - 0.02 else "as sure as right"
        words = f"right in {percent(right)} of the test examples, on average {percent(sure)} sure: {how}"
        parts.append(f"{name_of(found.architecture, name)}: {words}")
    return "; ".join(parts) + "."


def quarters(texts: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Texts by their number of words, in quarters: what each is called (`5 to 9`), and the quarter of each text."""
    words = np.array([len(text.split()) for text in texts])
    edges = np.unique(np.quantile(words, [0, 0.25, 0.5, 0.75, 1]).astype(int))
    last = len(edges) - 2
    ends = [(low, high - (part < last)) for part, (low, high) in enumerate(pairwise(edges))]
    labels = [f"{low} to {high}" if low < high else f"{low}" for low, high in ends]
    return labels, np.clip(np.searchsorted(edges, words, side="right") - 1, 0, last)


def by_length(found: Evidence) -> str:
    """How often the best variant is right on the shortest and on the longest quarter of the test texts; over seeds."""
    labels, quarter = quarters(found.data.x_test)
    right = np.mean(found.sides[found.best].answers == found.data.y_test, axis=0)
    ends = [
        f"{percent(right[quarter == part].mean())} of the {np.sum(quarter == part)} texts of {labels[part]} words"
        for part in (0, len(labels) - 1)
    ]
    rarest = min(np.bincount(found.data.y_test[quarter == part]).min() for part in range(len(labels)))
    return (
        f"{name_of(found.architecture, found.best)} is right in {' and in '.join(ends)}. Macro-F1 weighs every class "
        f"alike, also one that a quarter hardly has (the fewest texts of a class in a quarter are {rarest}): a few "
        "answers move it far, and quarters whose classes differ in share do not compare well by it."
    )


def _part(used: np.ndarray, full: np.ndarray) -> str:
    return f"{len(used):,}" if len(used) == len(full) else f"{len(used):,} of {len(full):,}"


def published_caution(architecture: str, full: Dataset, place: Place) -> str:
    """How far the comparison with the earlier report carries, given what was spent here, and on what data."""
    used = limited(full, place.profile)
    if full.is_sample:
        return f"**These are not comparable**: ours come from {full.notice}."
    if len(used.x_train) < len(full.x_train):
        most = epochs(architecture, place.profile)
        effort = (
            f"**Mind the difference in effort** in the figure: this profile, whose scores it shows, trains on "
            f"{_part(used.x_train, full.x_train)} samples, for at most {most} epoch{'s' * (most > 1)}; "
            "the published figures come from a full training. To compare the heights, run the profile `full`."
        )
    else:
        effort = (
            "Both were trained on all training samples; each published figure is a single run, without an interval."
        )
    if not full.doubt:
        return effort
    return (
        f"{effort} **Mind the data**: ours is {full.title}, so the heights need not be comparable to the digit with "
        "those on the originals."
    )


def epochs_allowed(architecture: str, profile: str) -> str:
    """How many epochs the networks may train, and which of them more."""
    usual = epochs(architecture, profile)
    others = {each.variant.name: each.epochs for each in jobs(architecture, profile) if each.epochs != usual}
    longer = (f"{number} for {name_of(architecture, name)}" for name, number in others.items())
    return ", ".join([f"{usual} epoch{'s' * (usual > 1)}", *longer])


def setting(architecture: str, full: Dataset, place: Place) -> str:
    """What a notebook runs on, as Markdown: data and checksum, profile, seeds, budget, training settings, versions."""
    family = ARCHITECTURES[architecture]
    used = limited(full, place.profile)
    lines = {
        "data": f"{full.title}{f' ({full.notice})' if full.is_sample else ''}",
        "SHA-256": f"`{full.checksum}`",
        "samples": f"{_part(used.x_train, full.x_train)} training, {_part(used.x_val, full.x_val)} validation, "
        f"{len(full.x_test):,} test",
        "profile": place.profile,
        "budget": f"at most {epochs_allowed(architecture, place.profile)}; "
        f"seeds: {', '.join(map(str, seeds(architecture, place.profile)))}",
        "training": ", ".join(f"{key} {value}" for key, value in family.training.items() if key != "epochs"),
        "versions": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
    }
    if family.decided_after_test and not full.is_sample:
        lines["decided after a test score was seen"] = family.decided_after_test
    table = "\n".join(
        ["| this notebook ran on | |", "| :-- | :-- |", *(f"| {key} | {value} |" for key, value in lines.items())]
    )
    if not full.is_sample:
        return table
    real = TITLES[full.name]
    alarm = f"> **SAMPLE DATA, not {real}.** What follows shows that everything runs, and says nothing about {real}."
    return f"{alarm}\n\n{table}"
