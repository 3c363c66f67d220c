"""What of the full profile's run goes into git: its tables, pages and pictures, and as many networks as are light."""

from __future__ import annotations

from itertools import chain, zip_longest
from pathlib import Path

from . import store
from .architectures import ARCHITECTURES, variants
from .runs import Place

PAGES = ".csv", ".html", ".ipynb", ".pdf"
LARGEST, ALL = 4_000_000, 40_000_000  # bytes: of a network with its record, and of all


def files(place: Place) -> list[Path]:
    """The files, each once."""
    pages = [path for path in sorted(place.reports.iterdir()) if path.suffix in PAGES and ".failed" not in path.name]
    return [*pages, *sorted(place.figures.glob("*.png")), *networks(place)]


def networks(place: Place) -> list[Path]:
    """Of each architecture in turn the next network with seed 0 and its record, as long as there is room.

    The baseline comes first, then the best on validation data, then the others in the order of the study.
    """
    taken: list[Path] = []
    for model in filter(None, chain(*zip_longest(*(_in_order(name, place) for name in ARCHITECTURES)))):
        pair = [model, model.with_suffix(".json")]
        if _size(pair) <= LARGEST and _size(taken + pair) <= ALL:
            taken += pair
    return taken


def _in_order(architecture: str, place: Place) -> list[Path]:
    baseline, *others = variants(architecture)
    rows = store.read("results", place, architecture)
    best = store.best(rows) if len(rows) else ""  # it was not made yet: what lies here goes in its order
    ranked = [baseline, *sorted(others, key=lambda each: each.name != best)]
    return [path for each in ranked if (path := place.model(each, 0)).exists()]


def _size(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)
