"""How much a profile spends: seeds, epochs, samples."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .architectures import ARCHITECTURES, Settings

if TYPE_CHECKING:
    import numpy as np

    from .datasets import Dataset


@dataclass(frozen=True)
class Budget:
    """The most that a profile spends; None: as much as the architecture has, and all samples."""

    seeds: int | None = None
    epochs: int | None = None
    train_samples: int | None = None
    validation_samples: int | None = None
    conditions: dict[str, int] | None = field(default_factory=dict)  # how many networks of which; None: all of all
    plain_examples: int = 500  # of the test split, for the plain way through a network that is not the baseline


BUDGETS = {
    # What the tests spend: every path once, no result worth reading.
    "tiny": Budget(
        seeds=1,
        epochs=1,
        train_samples=60,
        validation_samples=40,
        conditions={"half-rate": 2, "epochs-2": 2, "share-50": 1, "fold-1": 1, "fold-2": 1},
        plain_examples=50,
    ),
    "quick": Budget(seeds=1, train_samples=3000, validation_samples=1000),
    "full": Budget(conditions=None),
}


def seeds(architecture: str, profile: str, number: int | None = None, variant: str = "") -> tuple[int, ...]:
    """The seeds that variants are trained with, or one of them: so many, or without a number those of the profile."""
    family = ARCHITECTURES[architecture]
    return tuple(range(number or BUDGETS[profile].seeds or family.fewer_seeds.get(variant, family.seeds)))


def check_seeds(number: int | None, what: str) -> None:
    """Raise ValueError if this is neither None nor a number of seeds."""
    if number is not None and (type(number) is not int or number < 1):
        raise ValueError(f"{what} is {number!r}, expected a whole number from 1 on, or none for the profile's own")


def epochs(architecture: str, profile: str, training: Settings | None = None) -> int:
    """How many epochs the networks train at most: what the profile allows, or those of their training.

    That is the architecture's, if no other is named.
    """
    family = ARCHITECTURES[architecture]
    chosen = (training or family.training)["epochs"]
    return BUDGETS[profile].epochs or family.fewer_epochs.get(profile, chosen)


def limited(data: Dataset, profile: str) -> Dataset:
    """The stratified, seeded part of the training and validation data that a profile uses."""
    budget = BUDGETS[profile]
    x_train, y_train = part(data.x_train, data.y_train, budget.train_samples)
    x_val, y_val = part(data.x_val, data.y_val, budget.validation_samples)
    return replace(data, x_train=x_train, y_train=y_train, x_val=x_val, y_val=y_val)


def part(x: np.ndarray, y: np.ndarray, samples: int | None) -> tuple[np.ndarray, np.ndarray]:
    """A stratified, seeded part of examples, so many of them; None: all."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    if samples is None or samples >= len(x):
        return x, y
    # of their numbers: the rest of the examples may be half a gigabyte, which nobody asked for
    chosen, _ = train_test_split(np.arange(len(x)), train_size=samples, stratify=y, random_state=0)
    return x[chosen], y[chosen]
