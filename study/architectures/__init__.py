"""What is studied: one file here for each architecture; what several of them share stands in recurrent.py.

A group changes one hyper-parameter and nothing else, or in a stepwise group one thing after the other.
`{}` is the baseline itself. A network that stands in several groups is trained once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from ..names import find

Settings = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """One hyper-parameter: its title, and for each value of it what changes against the baseline.

    In a stepwise group each value adds one thing to the value before it. `words`: how a value is called on
    the pages, where its own name would not say what it is. `alone`: how it is called where its group is not
    named. `lacks`: values that are worse on purpose, and what each lacks. `control_of`: the group that this one tries
    to break, by the same change with something else held fixed. `against`: the value that the others are compared with,
    where it is neither the baseline nor the first.
    """

    title: str
    changes: dict[str, Settings]
    stepwise: bool = False
    words: dict[str, str] = field(default_factory=dict)
    alone: str = "{}"
    lacks: dict[str, str] = field(default_factory=dict)
    control_of: str = ""
    against: str = ""

    @property
    def reference(self) -> str:
        """The value that the others are compared with: `against`, the baseline, or in a group without it the first."""
        return self.against or next(
            (value for value, changes in self.changes.items() if not changes), next(iter(self.changes))
        )

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
class Published:
    """One macro-F1 on test data of the earlier report that this project sets out from, of a single seed.

    `copied` says why it cannot be compared, empty if it can.
    """

    group: str
    value: str
    macro_f1: float
    copied: str = ""


@dataclass(frozen=True)
class Search:
    """How `make tune` looks for the training settings: where, on which variants, how often, with which seeds.

    In `space` a list is a choice, a pair the ends of a range, in which the search goes by the logarithm. The settings
    must suit plain, deep and rich networks: `tried_on`. The seeds are none of the study's. With the settings found, the
    rules which weights to keep are compared on `rules_on`.
    """

    space: dict[str, list | tuple[float, float]]
    tried_on: tuple[str, ...]
    trials: int
    seeds: tuple[int, ...] = (100,)
    rules_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """Some of an architecture's networks once more, with one thing changed that the study holds fixed.

    `changes`: what the settings of each have more, `learning_rate_factor` or `epochs_factor`. `data`: what else they
    are trained on, {"share": the part of the training data} or {"fold": its number, from 1 on}. Their comparisons show
    whether a finding holds there, too; see `study.conditions`.
    """

    title: str
    networks: tuple[str, ...]
    changes: Settings = field(default_factory=dict)
    data: dict[str, float] = field(default_factory=dict)
    seeds: int = 5


@dataclass(frozen=True)
class Architecture:
    """A network family: its data set, baseline, groups, and the training that all its variants share.

    `order`: its place among the others on every page. `margin`: a difference in test macro-F1 smaller than this is too
    small to matter; set before any network of the study's tables was trained. `build(settings, training, data)` gives
    the layers of a new Keras model; they begin with what the training data alone decide: their vocabulary, or mean and
    variance.

    `training` was chosen by `make tune` (see `study.tune`), but for the CNN's epochs, which are what two cores can do
    in some hours; its `keep` is the rule that says which weights a network keeps. `trainings`: {name: that of the
    variants whose settings name it}.

    `seeds`: how many the profile `full` spends on each variant, `fewer_seeds` but for these. `fewer_epochs`: {profile:
    epochs}, where one spends less than was chosen. `decided_after_test` is what was decided after a test score had
    been seen; the pages say it beside the scores.
    """

    order: int
    title: str
    dataset: str
    margin: float
    baseline: Settings
    groups: dict[str, Group]
    build: Callable[[Settings, Settings, Any], list]
    training: Settings
    search: Search
    seeds: int
    trainings: dict[str, Settings] = field(default_factory=dict)
    fewer_seeds: dict[str, int] = field(default_factory=dict)
    fewer_epochs: dict[str, int] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)
    decided_after_test: str = ""
    published: tuple[Published, ...] = ()

    def training_of(self, settings: Settings) -> Settings:
        """What a variant with these settings is trained with."""
        return self.trainings.get(settings["training"], self.training)


@dataclass(frozen=True)
class Variant:
    """One network to train; `labels` says in which groups it stands, and as which value.

    Under a `condition`, the name is that of the study's network with the condition behind it.
    """

    architecture: str
    name: str
    settings: Settings
    labels: dict[str, str] = field(default_factory=dict)
    condition: str = ""


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


def under(architecture: str, condition: str) -> list[Variant]:
    """The networks of a condition, in the order of the variants."""
    about = ARCHITECTURES[architecture].conditions[condition]
    return [
        replace(each, name=f"{each.name}@{condition}", settings=each.settings | about.changes, condition=condition)
        for each in variants(architecture)
        if each.name in about.networks
    ]


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


def files_of(architecture: str) -> list[Path]:
    """The architecture's own file, and the files beside it that it imports."""
    found = [Path(__path__[0], f"{architecture}.py")]
    for file in found:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                names = [node.module] if node.module else [each.name for each in node.names]
                paths = (file.with_name(f"{name}.py") for name in names)
                found += [path for path in paths if path.exists() and path not in found]
    return found


def _architectures() -> dict[str, Architecture]:
    """Every file beside this one that holds an ARCHITECTURE, under the file's name and in the pages' order."""
    files = {each.name: import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)}
    found = {name: file.ARCHITECTURE for name, file in files.items() if hasattr(file, "ARCHITECTURE")}
    return dict(sorted(found.items(), key=lambda item: item[1].order))


ARCHITECTURES = _architectures()
