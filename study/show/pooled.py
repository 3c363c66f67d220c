"""A finding over all languages of a grid, a row of findings.csv, in words."""

from __future__ import annotations

from typing import Any

from ..across import KINDS
from ..architectures import ARCHITECTURES
from ..findings import is_total, lacking, pair_of, perhaps_small
from ..sides import AGAINST_BASELINES
from .cells import words


def in_words(row: Any) -> dict[str, Any]:
    """A row of findings.csv with what the templates need: network, what, small, contradicts."""
    said = isinstance(row.full_verdict, str) and "not resolved" not in (row.full_verdict, row.verdict)
    return row._asdict() | {
        "network": ARCHITECTURES[row.architecture].title,
        "what": what(row),
        "small": perhaps_small(row),
        "contradicts": said and row.full_verdict != row.verdict,
    }


def what(row: Any) -> str:
    """A finding in words, of a given architecture: `number of layers: 1 against 2`, `the mask`."""
    if row.group == KINDS:
        return f"against {ARCHITECTURES[row.baseline].title} at equal settings, {words()[row.variant]}"
    if row.group == AGAINST_BASELINES:
        return "the best against the strongest method without a network"
    title = ARCHITECTURES[row.architecture].groups[row.group].title.lower()
    if lacking(row) and not is_total(row):
        return lacking(row)
    ours, theirs = pair_of(row)
    return ours if is_total(row) else f"{title}: {ours} against {theirs}"


def short(row: Any) -> str:
    """A finding in the few words that a figure has room for."""
    if row.group == KINDS:
        return f"{ARCHITECTURES[row.architecture].title} {what(row).replace(' at equal settings', '')}"
    if row.group == AGAINST_BASELINES:
        return "best against the best simple method"
    return (
        "all steps beyond the baseline" if is_total(row) else what(row).replace("beyond the baseline, one layer: ", "")
    )
