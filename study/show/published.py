"""What others published of a data set's test split, beside what ours reach on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..datasets import DATASETS, Dataset
from ..evidence import Evidence
from ..findings import name_of
from .sentences import say
from .tables import Table


def is_there(data: Dataset) -> bool:
    """Whether the published figures are of this data: not of the sample, nor of another option than the first."""
    file = DATASETS[data.name]
    return not data.is_sample and all(data.options.get(name, each[0]) == each[0] for name, each in file.OPTIONS.items())


def table(evidence: Evidence) -> Table:
    """The published scores, then those of our best variant and of the strongest method without a network."""
    rows = [
        {
            "method": f"{each.method}, pretrained" if each.pretrained else each.method,
            each.metric: f"{each.score:.3f}",
            "source": each.source,
        }
        for each in DATASETS[evidence.data.name].PUBLISHED
    ]
    ours = {f"ours: {name_of(evidence.architecture, name)}": name for name in (evidence.best, evidence.rival)}
    for said, name in ours.items():
        side = evidence.sides[name]
        accuracy = np.mean(side.predicted == evidence.data.y_test)
        rows.append({"method": said, "macro-F1": f"{side.scores.mean():.3f}", "accuracy": f"{accuracy:.3f}"})
        rows[-1]["source"] = f"this page, {len(side.scores)} seeds" if len(side.scores) > 1 else "this page"
    columns = ["method", "macro-F1", "accuracy", "source"]
    caption = say("captions.published", data=evidence.data.title)
    return Table(pd.DataFrame(rows, columns=columns, dtype=object).fillna("")).captioned(caption)


def caution(data: Dataset) -> str:
    """What has to be known before one compares, as Markdown."""
    recomputed = getattr(DATASETS[data.name], "RECOMPUTED", {})
    return say(f"published.{data.name}", doubt=data.doubt, recomputed=recomputed)
