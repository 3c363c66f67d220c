"""What of the full profile's run goes into git: its tables, pages and pictures, and as many networks as are light."""

from __future__ import annotations

from pathlib import Path

from . import store
from .architectures import ARCHITECTURES, variants
from .runs import Place

PAGES = ".csv", ".html", ".ipynb", ".pdf"
LARGEST, SHARE = 4_000_000, 10_000_000  # bytes: of a network with its record, and of an architecture's


def files(place: Place) -> list[Path]:
    """The files, each once."""
    pages = [path for path in sorted(place.reports.iterdir()) if path.suffix in PAGES and ".failed" not in path.name]
    return [*pages, *sorted(place.figures.glob("*.png")), *networks(place)]


def networks(place: Place) -> list[Path]:
    """Of each architecture networks with seed 0 and their records, as long as there is room in its share.

    The baseline comes first, then the best on validation data, then the others in the order of the study.
    """
    return [path for name in ARCHITECTURES for path in _of(name, place)]


def _of(architecture: str, place: Place) -> list[Path]:
    taken: list[Path] = []
    for model in _in_order(architecture, place):
        pair = [model, model.with_suffix(".json")]
        if _size(pair) <= LARGEST and _size(taken + pair) <= SHARE:
            taken += pair
    return taken


def _in_order(architecture: str, place: Place) -> list[Path]:
    baseline, *others = variants(architecture)
    rows = store.read("results", place, architecture)
    if rows.empty:  # its report is not made yet
        return []
    best = store.best(rows)
    ranked = [baseline, *sorted(others, key=lambda each: each.name != best)]
    return [path for each in ranked if (path := place.model(each, 0)).exists()]


def _size(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths)
