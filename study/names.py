"""Names that a user chooses by, in a room that loads nothing."""

from __future__ import annotations

from typing import Any

SOURCES = ("auto", "real", "sample")  # what data may be asked for; `study.datasets.load` says what they mean


def find(table: dict[str, Any], name: str, what: str) -> Any:
    """Look a name up, or say which names there are."""
    if name not in table:
        raise ValueError(f"{what} {name!r} is not known; choose one of {', '.join(table)}")
    return table[name]
