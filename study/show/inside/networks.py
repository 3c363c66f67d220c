"""Which networks and which test examples the pictures show: each by a rule that the page says, none by taste."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ... import cells
from ...architectures import ARCHITECTURES, Variant, variants
from ...checks import Check
from ...datasets import Dataset
from ...evidence import Evidence
from ...profiles import limited
from ...runs import Place, Run, data_digest, find_run, fingerprint, jobs

SEEDS = 5  # of each kind of cell, where kinds are compared: more would only take longer


def network(evidence: Evidence, **changes: Any) -> Check | None:
    """The first seed's network with the baseline's settings but for these changes; None if there is none."""
    settings = ARCHITECTURES[evidence.architecture].baseline | changes
    return next((each for each in evidence.checks if each.run.variant.settings == settings), None)


def globally_pooled(evidence: Evidence) -> Check | None:
    """The first seed's network of the first variant that ends in global pooling; None if there is none."""
    return next((each for each in evidence.checks if each.run.variant.settings.get("head") == "maximum"), None)


def first(check: Check, right: bool, number: int, order: Iterable[int] | None = None) -> list[int]:
    """The first test examples, in this order or their own, that a network answers right, or wrong."""
    order = range(len(check.y)) if order is None else order
    return [int(each) for each in order if (check.predicted[each] == check.y[each]) == right][:number]


def first_of_each_class(check: Check, right: bool) -> list[int]:
    """Of each class the first test example that a network answers right, or wrong, where there is one."""
    mine = [first(check, right, 1, np.flatnonzero(check.y == label)) for label in np.unique(check.y)]
    return [example for examples in mine for example in examples]


def by_length(lengths: np.ndarray, wanted: int) -> np.ndarray:
    """The examples in the order in which their lengths are near to the wanted one; among equals the first first."""
    return np.argsort(np.abs(lengths - wanted), kind="stable")


def kinds(data: Dataset, place: Place) -> dict[str, list[Run]]:
    """{architecture: its first seeds' networks at equal settings}, of those that a place has; see `study.cells`."""
    digest = data_digest(limited(data, place.profile))
    found = {name: list(_runs(name, _at_equal_settings(name), place, digest)) for name in cells.all_of_them()}
    return {name: runs for name, runs in found.items() if runs}


def _at_equal_settings(architecture: str) -> Variant:
    """The network with the mask that all kinds of cells have, with the same settings."""
    several = (each for each in variants(architecture) if cells.GROUP in each.labels)
    return next(each for each in several if each.settings["mask_zero"])


def _runs(architecture: str, variant: Variant, place: Place, digest: str) -> Iterator[Run]:
    wanted = jobs(architecture, place.profile, only=(variant.name,))[:SEEDS]
    description = wanted[0].describe(digest)  # the same for all seeds but for these, and long to make
    for job in wanted:
        if run := find_run(job, place, fingerprint(description | {"seed": job.seed})):
            yield run
