"""The one table of what is studied: architectures, variants by group, training settings, budgets.

A group changes one hyper-parameter and nothing else. `{}` is the baseline itself. A network that
stands in several groups is trained once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """One hyper-parameter: its title, and for each value of it what changes against the baseline.

    The values are compared with the baseline, or in a group without it with the first value.
    """

    title: str
    changes: dict[str, Settings]

    @property
    def reference(self) -> str:
        """The value that the others are compared with."""
        return next((value for value, changes in self.changes.items() if not changes), next(iter(self.changes)))


@dataclass(frozen=True)
class Architecture:
    """A network family: its data set, baseline, groups, and the training that all its variants share.

    The training settings were chosen by hand, by the baseline's validation loss; the test split took
    no part in it.
    """

    title: str
    dataset: str
    baseline: Settings
    groups: dict[str, Group]
    training: Settings


@dataclass(frozen=True)
class Variant:
    """One network to train; `labels` says in which groups it stands, and as which value."""

    architecture: str
    name: str
    settings: Settings
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """How much a profile spends: seeds, epochs by architecture, and samples (None: all)."""

    seeds: tuple[int, ...]
    epochs: dict[str, int]
    train_samples: int | None = None
    validation_samples: int | None = None


RECURRENT_GROUPS = {
    "layers": Group(
        "Number of layers",
        {"1": {"units": (64,)}, "2": {}, "3": {"units": (64, 32, 16)}},
    ),
    "cells": Group(
        "Cells per layer",
        {"32-16": {"units": (32, 16)}, "64-32": {}, "128-64": {"units": (128, 64)}},
    ),
    "direction": Group(
        "Direction",
        {"unidirectional": {}, "bidirectional": {"bidirectional": True}},
    ),
    "masking": Group(
        "Padding masked or read, one layer",
        {"masked": {"units": (64,)}, "unmasked": {"units": (64,), "mask_zero": False}},
    ),
}
RECURRENT_BASELINE = {"units": (64, 32), "bidirectional": False, "mask_zero": True}

ARCHITECTURES = {
    "cnn": Architecture(
        title="CNN",
        dataset="cifar10",
        baseline={"filters": (32, 64, 128), "kernel_sizes": (3, 3, 3), "pooling": "max"},
        groups={
            "convolutions": Group(
                "Number of convolutions",
                {
                    "2": {"filters": (32, 64), "kernel_sizes": (3, 3)},
                    "3": {},
                    "4": {"filters": (32, 64, 128, 256), "kernel_sizes": (3, 3, 3, 3)},
                },
            ),
            "filters": Group(
                "Filters per convolution",
                {"16-32-64": {"filters": (16, 32, 64)}, "32-64-128": {}, "64-128-256": {"filters": (64, 128, 256)}},
            ),
            "kernel_sizes": Group(
                "Filter sizes",
                {"3-3-3": {}, "5-5-5": {"kernel_sizes": (5, 5, 5)}, "3-5-7": {"kernel_sizes": (3, 5, 7)}},
            ),
            "pooling": Group(
                "Pooling",
                {"max": {}, "average": {"pooling": "average"}},
            ),
        },
        training={"dense_units": 128, "dropout": 0.3, "batch_size": 32, "learning_rate": 1e-3, "patience": 4},
    ),
    "simple_rnn": Architecture(
        title="SimpleRNN",
        dataset="nusax",
        baseline=RECURRENT_BASELINE,
        groups=RECURRENT_GROUPS,
        training={
            "max_tokens": 1000,
            "sequence_length": 40,
            "embedding_units": 256,
            "input_dropout": 0.5,
            "dropout": 0.3,
            "batch_size": 16,
            "learning_rate": 3e-4,
            "patience": 6,
        },
    ),
    "lstm": Architecture(
        title="LSTM",
        dataset="nusax",
        baseline=RECURRENT_BASELINE,
        groups=RECURRENT_GROUPS,
        training={
            "max_tokens": 2000,
            "sequence_length": 80,
            "embedding_units": 128,
            "input_dropout": 0.0,
            "dropout": 0.3,
            "batch_size": 32,
            "learning_rate": 2e-3,
            "patience": 6,
        },
    ),
}

BUDGETS = {
    # What the tests spend: every path once, no result worth reading.
    "tiny": Budget((0,), {"cnn": 1, "simple_rnn": 1, "lstm": 1}, train_samples=60, validation_samples=40),
    "quick": Budget((0,), {"cnn": 5, "simple_rnn": 40, "lstm": 40}, train_samples=6000, validation_samples=1500),
    "full": Budget((0, 1, 2), {"cnn": 20, "simple_rnn": 60, "lstm": 60}),
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


def find(table: dict[str, Any], name: str, what: str) -> Any:
    """Look a name up, or say which names there are."""
    if name not in table:
        raise ValueError(f"{what} {name!r} is not known; choose one of {', '.join(table)}")
    return table[name]
