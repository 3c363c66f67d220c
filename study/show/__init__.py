"""What a reader sees: tables, figures, sentences and the pages that hold them; here what the notebooks call."""

from .story import (
    baselines,
    check,
    closer_look,
    conditions,
    data,
    earlier_report,
    group,
    how_to_read,
    kinds_of_cells,
    more_epochs,
    predictions,
    summary,
    training,
    variants,
    when_to_stop,
)

__all__ = [
    "baselines",
    "check",
    "closer_look",
    "conditions",
    "data",
    "earlier_report",
    "group",
    "how_to_read",
    "kinds_of_cells",
    "more_epochs",
    "predictions",
    "summary",
    "training",
    "variants",
    "when_to_stop",
]
