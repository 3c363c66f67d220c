"""Results -> sentences. Every word and number below a table comes from here, and changes with the results."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from .data import REAL_TITLES, Dataset
from .evaluation import Check, mean_f1, of_value
from .runs import PACKAGES, Place
from .statistics import Interval, macro_f1, paired_difference
from .training import limited
from .variants import ARCHITECTURES, BUDGETS, rows


def of_group(checks: list[Check], group: str) -> str:
    """What a group's results say, as Markdown: each value against the reference, then what cannot be told."""
    found = ARCHITECTURES[checks[0].run.variant.architecture].groups[group]
    reference = of_value(checks, group, found.reference)
    lines = [f"**{found.title}.** Compared with {found.reference}: {_score(reference)}.", ""]
    lines += [f"- {_sentence(checks, group, value)}" for value in found.changes if value != found.reference]
    return "\n".join([*lines, "", *_cut_short(checks, group), _limits(checks)])


def _score(checks: list[Check]) -> str:
    dead = [str(each.run.seed) for each in checks if each.dead]
    if not dead:
        return f"test macro-F1 {mean_f1(checks):.3f}"
    which = "" if len(checks) == 1 else f" with seed {', '.join(dead)}"
    return f"test macro-F1 {mean_f1(checks):.3f} (**dead**{which}: it predicts one class for everything)"


def _sentence(checks: list[Check], group: str, value: str) -> str:
    difference = difference_to_reference(checks, group, value)
    return (
        f"**{value}**: {_score(of_value(checks, group, value))}, {difference.estimate:+.3f} "
        f"(95 % interval {difference.low:+.3f} to {difference.high:+.3f}): {verdict(difference)}."
    )


def difference_to_reference(checks: list[Check], group: str, value: str) -> Interval:
    """The paired difference in test macro-F1 between a value of a group and the one it is compared with."""
    reference = ARCHITECTURES[checks[0].run.variant.architecture].groups[group].reference
    ours, theirs = of_value(checks, group, value), of_value(checks, group, reference)
    return paired_difference(
        ours[0].y, [each.predicted for each in ours], [each.predicted for each in theirs], ours[0].classes
    )


def verdict(difference: Interval) -> str:
    """Better or worse if the interval leaves out zero, else not resolved."""
    if difference.low > 0:
        return "better on this test split"
    if difference.high < 0:
        return "worse on this test split"
    return "not resolved, the interval holds zero"


def _cut_short(checks: list[Check], group: str) -> list[str]:
    """Name the values whose validation loss was still falling when the epochs ran out."""
    names = [
        value
        for value in ARCHITECTURES[checks[0].run.variant.architecture].groups[group].changes
        if any(
            each.run.record["best_epoch"] == each.run.record["epochs_at_most"]
            for each in of_value(checks, group, value)
        )
    ]
    if not names:
        return []
    return [
        f"*Still improving when the epochs of this profile ended: {', '.join(names)}. What is compared here is how far "
        "each gets in that time, not how good it can become.*",
        "",
    ]


def _limits(checks: list[Check]) -> str:
    seeds = len({each.run.seed for each in checks})
    examples = len(checks[0].y)
    if seeds == 1:
        return (
            f"*The intervals cover the choice of the {examples:,} test examples, not that of the seed: each network "
            "was trained once, and another seed may reverse a small difference.*"
        )
    return (
        f"*Means over {seeds} seeds. The intervals cover the choice of the {examples:,} test examples; "
        "how far single seeds lie apart stands in the table.*"
    )


def summary(checks: list[Check]) -> str:
    """The last paragraph of a notebook: the best variant by validation, and what the groups could resolve."""
    architecture = checks[0].run.variant.architecture
    by_name: dict[str, list[Check]] = {}
    for each in checks:
        by_name.setdefault(each.run.variant.name, []).append(each)
    best = max(by_name, key=lambda name: np.mean([each.run.record["metrics"]["val_f1"] for each in by_name[name]]))
    sentences = [
        f"Of the {len(by_name)} variants of the {ARCHITECTURES[architecture].title}, **{best}** has the best macro-F1 "
        f"on the validation data; on the test split it reaches {mean_f1(by_name[best]):.3f} "
        f"(baseline: {mean_f1(by_name['baseline']):.3f}). Each compared within its group:",
        *(f"{words}: {', '.join(names)}." for words, names in _by_verdict(checks, architecture).items()),
    ]
    if dead := [name for name, mine in by_name.items() if any(each.dead for each in mine)]:
        sentences.append(f"**Dead**, one class for everything: {', '.join(dead)}.")
    return " ".join(sentences)


def _by_verdict(checks: list[Check], architecture: str) -> dict[str, list[str]]:
    """{what the comparison with its reference says: the variants of which it says so}"""
    found: dict[str, list[str]] = {}
    for group, value, _ in rows(architecture):
        if value != ARCHITECTURES[architecture].groups[group].reference:
            words = verdict(difference_to_reference(checks, group, value))
            found.setdefault(words, []).append(of_value(checks, group, value)[0].run.variant.name)
    return dict(sorted(found.items()))


def knowing_nothing(data: Dataset) -> str:
    """What a network scores that has learnt no more than how frequent the classes are."""
    share = np.bincount(data.y_train) / len(data.y_train)
    loss = -np.sum(share * np.log(share))
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
        f"The input holds {length} words. {np.mean(words > length):.0%} of the training texts are longer and are cut; "
        f"half of them have {np.median(words):.0f} words or fewer, and on the average "
        f"{np.mean(np.maximum(length - words, 0)) / length:.0%} of the input is padding."
    )


def _part(used: np.ndarray, full: np.ndarray) -> str:
    return f"{len(used):,}" if len(used) == len(full) else f"{len(used):,} of {len(full):,}"


def published_caution(architecture: str, full: Dataset, place: Place) -> str:
    """How far the comparison with the earlier report carries, given what was spent here."""
    used = limited(full, place.profile)
    if full.is_sample:
        return f"**These are not comparable**: ours come from {full.notice}."
    if len(used.x_train) < len(full.x_train):
        return (
            f"**Mind the difference in effort**: this profile trains on {_part(used.x_train, full.x_train)} samples, "
            f"for at most {BUDGETS[place.profile].epochs[architecture]} epochs; the published figures come from a full "
            "training. To compare the heights, run the profile `full`."
        )
    return "Both were trained on all training samples; each published figure is a single run, without an interval."


def setting(architecture: str, full: Dataset, place: Place) -> str:
    """What a notebook runs on, as Markdown: data and checksum, profile, seeds, budget, training settings, versions."""
    family, budget = ARCHITECTURES[architecture], BUDGETS[place.profile]
    used = limited(full, place.profile)
    lines = {
        "data": f"{full.title}{f' ({full.notice})' if full.is_sample else ''}",
        "SHA-256": f"`{full.checksum}`",
        "samples": f"{_part(used.x_train, full.x_train)} training, {_part(used.x_val, full.x_val)} validation, "
        f"{len(full.x_test):,} test",
        "profile": place.profile,
        "budget": f"at most {budget.epochs[architecture]} epochs; seeds: {', '.join(map(str, budget.seeds))}",
        "training": ", ".join(f"{key} {value}" for key, value in family.training.items()),
        "versions": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
    }
    table = "\n".join(
        ["| this notebook ran on | |", "| :-- | :-- |", *(f"| {key} | {value} |" for key, value in lines.items())]
    )
    if not full.is_sample:
        return table
    real = REAL_TITLES[full.name]
    alarm = f"> **SAMPLE DATA, not {real}.** What follows shows that everything runs, and says nothing about {real}."
    return f"{alarm}\n\n{table}"
