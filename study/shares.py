"""How much the training data decide: macro-F1 of a network, and of its rival, fitted on ever larger parts of them.

The rival is the strongest method without a network, by the validation data of the whole study; on each part it chooses
its settings anew. `shares.csv`: COLUMNS, for each share of the training data a row for each (`against` is empty,
`effect` its mean macro-F1 on the test split), and one for the network less the rival.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import store
from .architectures import ARCHITECTURES
from .baselines import fit_once
from .conditions import data_of
from .evidence import Evidence
from .profiles import limited
from .sides import Side, measured, sides_of

TABLE = "shares"
COLUMNS = ["architecture", "share", "samples", "method", "against", "n_seeds", "effect", "low", "high"]


def gather(found: Evidence, others: pd.DataFrame) -> pd.DataFrame:
    """COLUMNS from the study's networks and those of `conditions.gather`; leaves them as shares.csv.

    Without networks that were trained on less there is no row, and no file.
    """
    rows = compared(found, others)
    store.write(TABLE, found.place, rows, found.architecture)
    return rows


def shares(architecture: str) -> dict[str, float]:
    """{condition that trains on less: the share}, the smallest first."""
    conditions = ARCHITECTURES[architecture].conditions
    found = {name: each.data["share"] for name, each in conditions.items() if "share" in each.data}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def compared(found: Evidence, others: pd.DataFrame) -> pd.DataFrame:
    """The rows of `gather`, without leaving them."""
    rows = []
    for condition, share in shares(found.architecture).items():
        mine = others[others["condition"] == condition]
        for network, theirs in mine.groupby("variant", sort=False):
            answers = np.stack([store.from_digits(each) for each in theirs["predicted"]])
            samples, sides = _on_a_part(found, condition, str(network), answers)
            rows += _rows(found, share, samples, str(network), sides)
    for network in dict.fromkeys(row["method"] for row in rows if row["method"] in found.sides and not row["against"]):
        if network != found.rival:
            rows += _rows(found, 1.0, _samples(found), network, found.sides)
    return pd.DataFrame(rows, columns=COLUMNS)


def _samples(found: Evidence) -> int:
    """How many training examples the study has."""
    return len(limited(found.data, found.place.profile).y_train)


def _on_a_part(found: Evidence, condition: str, network: str, answers: np.ndarray) -> tuple[int, dict[str, Side]]:
    """How many training examples a condition has, and the network and the rival on them."""
    part = data_of(ARCHITECTURES[found.architecture].conditions[condition], found.data)
    part = limited(part, found.place.profile)
    path = store.baselines_of(found.architecture, found.place, condition)
    rivals = fit_once(part, path, (found.rival,))
    sides = sides_of(part.y_test, len(part.classes), {network: answers}, rivals)
    return len(part.y_train), sides


def _rows(found: Evidence, share: float, samples: int, network: str, sides: dict[str, Side]) -> list[dict]:
    """The network, the rival, and the one less the other."""
    about = {"architecture": found.architecture, "share": share, "samples": samples}
    pairs = ((network, ""), (found.rival, ""), (network, found.rival))
    return [
        about | {"method": method, "against": against} | measured(sides, method, against) for method, against in pairs
    ]
