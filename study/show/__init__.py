"""What a reader sees: tables, figures, sentences and the pages that hold them; here what the notebooks call."""

from .story import (
    baselines,
    check,
    closer_look,
    data,
    earlier_report,
    group,
    how_to_read,
    predictions,
    summary,
    training,
    variants,
)

__all__ = [
    "baselines",
    "check",
    "closer_look",
    "data",
    "earlier_report",
    "group",
    "how_to_read",
    "predictions",
    "summary",
    "training",
    "variants",
]
