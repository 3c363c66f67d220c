"""What a network costs: its weights, its training, its prediction by Keras and by numpy; from a profile's tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..architectures import ARCHITECTURES
from ..findings import alone, is_fragile, label_of
from .readme import QUESTIONS
from .words import percent, signed, within

LARGER = QUESTIONS["Depth"] + QUESTIONS["Width"]
COSTS = {"params": "weights", "train_s": "training", "numpy_s": "prediction"}


def larger(results: pd.DataFrame, comparisons: pd.DataFrame) -> list[dict[str, Any]]:
    """The deeper and the wider networks: how many times the baseline's COSTS each has, and its comparison with it.

    Values of a group stand in order, so these are those behind its reference.
    """
    found = []
    for row in comparisons[comparisons["group"].isin(LARGER)].itertuples():
        group = ARCHITECTURES[row.architecture].groups[row.group]
        values, least = list(group.changes), _least(results, row.architecture)
        value = label_of(row.architecture, row.group, row.variant)
        if value not in values or values.index(value) < values.index(group.reference) or row.variant not in least.index:
            continue
        factors = (least.loc[row.variant] / least.loc["baseline"]).to_dict()
        said = {"architecture": row.architecture, "name": alone(row.architecture, row.group, value)}
        verdict = {"effect": row.effect, "low": row.low, "high": row.high, "verdict": row.verdict}
        found.append(said | factors | verdict | {"fragile": is_fragile(row)})
    return found


def _least(results: pd.DataFrame, architecture: str) -> pd.DataFrame:
    """The COSTS of each variant of an architecture, of times the least of its seeds: whatever disturbs only adds."""
    mine = results[results["architecture"] == architecture]
    return mine.groupby("variant")[[*COSTS]].min()


def table(results: pd.DataFrame, comparisons: pd.DataFrame) -> pd.DataFrame:
    """The rows of `larger`, to be read, below the baseline of each architecture."""
    lines, done = [], set()
    for row in larger(results, comparisons):
        if row["architecture"] not in done:
            done.add(row["architecture"])
            lines.append(_of_baseline(results, row["architecture"]))
        line = {"network": f"{ARCHITECTURES[row['architecture']].title}, {row['name']}"}
        line |= {title: f"{row[name]:.2f} times" for name, title in COSTS.items()}
        line["difference"] = f"{signed(row['effect'])} ({within(row['low'], row['high'])})"
        lines.append(line | {"verdict": row["verdict"] + ", fragile" * row["fragile"]})
    return pd.DataFrame(lines, dtype=object).fillna("")


def _of_baseline(results: pd.DataFrame, architecture: str) -> dict[str, str]:
    least = _least(results, architecture).loc["baseline"]
    words = {"params": "{:,.0f}", "train_s": "{:,.0f} s", "numpy_s": "{:.2g} s"}
    return {"network": f"{ARCHITECTURES[architecture].title}, baseline"} | {
        title: f"1 ({words[name].format(least[name])})" for name, title in COSTS.items()
    }


def checks(results: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """A row for each architecture: how both ways of numpy stand to Keras, in the worst of its networks."""
    lines = []
    for name, mine in results.groupby("architecture", sort=False):
        same = (mine["test_f1_keras"] == mine["test_f1_numpy"]).sum()
        line = {
            "network": ARCHITECTURES[name].title,
            "networks": f"{len(mine):,}",
            "test examples": f"{test_examples(baselines, name):,}",
            "same class": percent(mine["agreement"].min()),
            "largest |Δp|": f"{mine['max_abs_diff'].max():.1e}",
            "same macro-F1": f"{same:,} of {len(mine):,}",
        }
        if len(plain := mine[mine["plain_examples"] > 0]):
            line["plain: same class"] = percent(plain["plain_agreement"].min())
            line["plain: largest |Δp|"] = f"{plain['plain_max_abs_diff'].max():.1e}"
        lines.append(line)
    return pd.DataFrame(lines, dtype=object).fillna("")


def test_examples(baselines: pd.DataFrame, architecture: str) -> int:
    """How many examples the test split has, by the answers of a method without a network."""
    return len(str(baselines.loc[baselines["architecture"] == architecture, "predicted"].iloc[0]))


def speeds(results: pd.DataFrame, baselines: pd.DataFrame) -> list[dict[str, Any]]:
    """For each architecture the baseline's ms for one example, of keras, numpy and plain, and `ends` of numpy / Keras.

    `plain` is NaN where it predicted nothing.
    """
    found = []
    for name, mine in results.groupby("architecture", sort=False):
        one = mine[mine["variant"] == "baseline"]
        if one.empty:
            continue
        examples = test_examples(baselines, name)
        row = {side: 1000 * one[f"{side}_s"].min() / examples for side in ("keras", "numpy")}
        row["plain"] = 1000 * (one["plain_s"] / one["plain_examples"].where(one["plain_examples"] > 0)).min()
        ratios = mine.groupby("variant")[["keras_s", "numpy_s"]].min()
        ratios = ratios["numpy_s"] / ratios["keras_s"]
        found.append({"architecture": name} | row | {"ends": (ratios.min(), ratios.max())})
    return found


def speed_table(results: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """The rows of `speeds`, to be read."""
    return pd.DataFrame(
        {
            "network": ARCHITECTURES[each["architecture"]].title,
            "Keras, ms": f"{each['keras']:.3g}",
            "numpy, fast, ms": f"{each['numpy']:.3g}",
            "numpy, plain, ms": "" if pd.isna(each["plain"]) else f"{each['plain']:.3g}",
            "numpy, fast / Keras": f"{each['numpy'] / each['keras']:.2f}",
            "over all variants": f"{each['ends'][0]:.2f} to {each['ends'][1]:.2f}",
        }
        for each in speeds(results, baselines)
    )
