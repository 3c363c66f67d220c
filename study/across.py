"""What the languages of a grid say together: each finding in every language, and pooled over them.

The languages are the replicates. A finding's effect is the mean of its effects in the languages; the interval is
Student's over them. It covers other languages, as far as these stand for them, and not other texts: the test texts of
the languages are translations of one another (Winata et al., NusaX, 2023), so what these texts have by chance all the
languages share. `low_texts` and `high_texts` are the interval over languages and texts, which covers both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from . import cells, evidence, full, statistics, store
from .architectures import ARCHITECTURES
from .baselines import Baseline
from .datasets import Dataset
from .evidence import Side, against_baselines, within_groups
from .files import atomic_write
from .grid import Cell
from .runs import Place
from .sides import AGAINST_BASELINES, KEY

KINDS = "kinds"  # the family of comparisons of one kind of cell with another
BEST = "best"  # the variant that is best on the validation data, in each language another
POOLED = [*KEY, "languages", "agree", "clear", "opposite", "dead", "effect", "low", "high", "low_texts", "high_texts"]
POOLED += ["p_value", "p_equal", "p_holm", "p_holm_equal", "margin", "verdict", "verdict_texts"]
POOLED += ["full_effect", "full_low", "full_high", "full_verdict"]


@dataclass(frozen=True)
class Answers:
    """What a cell of the grid left: its tables, and the answers of its networks, scored."""

    cell: Cell
    data: Dataset
    results: pd.DataFrame
    comparisons: pd.DataFrame
    baselines: list[Baseline]
    sides: dict[str, Side]

    @property
    def best(self) -> str:
        return store.best(self.results)

    @property
    def rival(self) -> str:
        return evidence.strongest(self.baselines)


@dataclass(frozen=True)
class Effect:
    """A finding in one language, of so many seeds; `resampled` is its effect on bootstrap samples of the test texts."""

    key: tuple[str, str, str, str]
    language: str
    seeds: int
    effect: float
    low: float
    high: float
    dead: bool
    resampled: np.ndarray


def answers_of(cell: Cell, place: Place, data: Dataset) -> Answers:
    """Read what a cell left. Raises OSError if one of its tables is not there."""
    tables = (store.read(name, place, cell.architecture) for name in ("results", "comparisons"))
    answers, baselines = evidence.saved_answers(cell.architecture, place)
    sides = evidence.sides_of(data.y_test, len(data.classes), answers, baselines)
    return Answers(cell, data, *tables, baselines, sides)


def can_be_pooled(grid: Sequence[Cell]) -> bool:
    """Whether each architecture has the same profile and seeds in all its languages, of which there are two or more."""
    kinds = {(each.architecture, each.profile, each.seeds) for each in grid}
    alike = len({each.profile for each in grid}) == 1 and len(kinds) == len({each.architecture for each in grid})
    return alike and all(each.language for each in grid) and len({each.language for each in grid}) > 1


def effects(several: Sequence[Answers]) -> list[Effect]:
    """Every finding in every language: within the groups, against methods without a network, between kinds of cells."""
    found = [effect for each in several for effect in _own(each)]
    for language in dict.fromkeys(each.cell.language for each in several):
        found += _between([each for each in several if each.cell.language == language])
    return found


def _own(answers: Answers) -> Iterator[Effect]:
    name, table = answers.cell.architecture, answers.comparisons
    best = against_baselines(table)[lambda rows: rows["variant"] == answers.best]
    for row in pd.concat([within_groups(table), best]).itertuples():
        ours, theirs = answers.sides[row.variant], answers.sides[row.baseline]
        key = (name, row.group, row.variant, row.baseline)
        if row.group == AGAINST_BASELINES:
            key = (name, row.group, BEST, "")
        yield _effect(key, answers.cell.language, (row.effect, row.low, row.high), ours, theirs)


def _between(several: Sequence[Answers]) -> Iterator[Effect]:
    """One kind of cell against another at equal settings, the one with fewer weights second."""
    mine = [each for each in several if each.cell.architecture in cells.all_of_them()]
    mine = sorted(mine, key=lambda each: each.results["params"][each.results["variant"].isin(cells.settings())].max())
    for variant in cells.settings():
        for theirs, ours in combinations(mine, 2):
            key = (ours.cell.architecture, KINDS, variant, theirs.cell.architecture)
            sides = ours.sides[variant], theirs.sides[variant]
            found = evidence.difference(ours.data.y_test, *sides, ARCHITECTURES[ours.cell.architecture].margin)
            yield _effect(key, ours.cell.language, (found["effect"], found["low"], found["high"]), *sides)


def _effect(key: tuple, language: str, found: tuple, ours: Side, theirs: Side) -> Effect:
    resampled = ours.resampled.mean(axis=0) - theirs.resampled.mean(axis=0)
    return Effect(key, language, len(ours.scores), *found, dead=ours.dead and theirs.dead, resampled=resampled)


def table(found: Sequence[Effect]) -> pd.DataFrame:
    """A row for each finding in each language."""
    columns = ["language", "seeds", "effect", "low", "high", "dead"]
    rows = [[*each.key, *(getattr(each, name) for name in columns)] for each in found]
    return pd.DataFrame(rows, columns=[*KEY, *columns])


def pooled(found: Sequence[Effect], same_texts: bool, speaks: bool) -> pd.DataFrame:
    """POOLED: a row for each finding that two languages have or more, corrected over all of them.

    `same_texts`: whether the test examples of the languages are the same, one by one; else there is no interval over
    languages and texts. `speaks`: whether what `full` found, in Indonesian, belongs beside it.
    """
    by_key: dict[tuple, list[Effect]] = {}
    for each in found:
        by_key.setdefault(each.key, []).append(each)
    rows = [_pooled(key, mine, same_texts) for key, mine in by_key.items() if len(mine) > 1]
    columns = [*POOLED[: POOLED.index("p_holm")], "p_value_texts", "p_equal_texts", "margin"]
    rows = pd.DataFrame(rows, columns=columns)
    for kind in ("", "_texts"):
        adjusted = statistics.corrected(rows[f"p_value{kind}"].to_numpy(), rows[f"p_equal{kind}"].to_numpy())
        rows[f"p_holm{kind}"], rows[f"p_holm_equal{kind}"] = adjusted
        rows[f"verdict{kind}"] = [_verdict(row, kind) for row in rows.to_dict("records")]
    in_full = rows[KEY].apply(_in_full, axis=1) if speaks else None
    beside = pd.DataFrame(in_full.tolist(), columns=POOLED[-4:]) if speaks else pd.DataFrame(columns=POOLED[-4:])
    return rows.join(beside)[POOLED]


def _pooled(key: tuple, mine: list[Effect], same_texts: bool) -> dict:
    """One finding: how many languages agree, the mean, and both intervals."""
    each, margin = np.array([one.effect for one in mine]), ARCHITECTURES[key[0]].margin
    over_languages = statistics.interval(each, np.tile(each[:, np.newaxis], 2))  # texts that do not vary: Student's t
    both = statistics.interval(each, np.stack([one.resampled for one in mine])) if same_texts else None
    sign = np.sign(over_languages.estimate)
    clear = [sign * one.low > 0 and sign * one.high > 0 for one in mine]
    opposite = [sign * one.low < 0 and sign * one.high < 0 for one in mine]
    return dict(zip(KEY, key, strict=True)) | {
        "languages": len(mine),
        "agree": int(np.sum(np.sign(each) == sign)),
        "clear": sum(clear),
        "opposite": sum(opposite),
        "dead": sum(one.dead for one in mine),
        "effect": over_languages.estimate,
        "low": over_languages.low,
        "high": over_languages.high,
        "p_value": over_languages.p_value,
        "p_equal": over_languages.p_equal(margin),
        "low_texts": both.low if both else np.nan,
        "high_texts": both.high if both else np.nan,
        "p_value_texts": both.p_value if both else np.nan,
        "p_equal_texts": both.p_equal(margin) if both else np.nan,
        "margin": margin,
    }


def _verdict(row: dict, kind: str) -> str:
    """By the interval over languages, or over texts, too; where most have learnt nothing, nothing is resolved."""
    if np.isnan(row[f"low{kind}"]):
        return ""
    if 2 * row["dead"] > row["languages"]:
        return "not resolved"
    return statistics.verdict(row["effect"], row[f"p_holm{kind}"], row[f"p_holm_equal{kind}"])


def _in_full(key: pd.Series) -> tuple:
    """effect, low, high and verdict of the same comparison in the committed tables; NaN where they lack it."""
    architecture, group, variant, baseline = key
    if group == KINDS:
        rows = full.of("cells", [architecture])
        rows = rows[rows["variant"] == variant]
        rows = rows[rows["against"] == baseline] if len(rows) else rows
    else:
        rows = full.of("comparisons", [architecture])
        rows = rows[(rows["group"] == group)]
        if group == AGAINST_BASELINES and len(rows):
            rows = rows[rows["variant"] == store.best(full.of("results", [architecture]))]
        else:
            rows = rows[(rows["variant"] == variant) & (rows["baseline"] == baseline)]
    if rows.empty:
        return np.nan, np.nan, np.nan, np.nan
    return tuple(rows.iloc[0][["effect", "low", "high", "verdict"]])


def best(several: Sequence[Answers]) -> pd.DataFrame:
    """Each cell's best network, by the validation data, beside the strongest method without one."""
    return pd.DataFrame([_best(each) for each in several])


def _best(answers: Answers) -> dict:
    means = answers.results[answers.results["variant"] == answers.best][["val_f1", "test_f1_keras"]].mean()
    rival = next(each for each in answers.baselines if each.name == answers.rival)
    row = against_baselines(answers.comparisons).set_index("variant").loc[answers.best]
    return {
        "cell": answers.cell.name,
        "language": answers.cell.language,
        "architecture": answers.cell.architecture,
        "networks": len(answers.results),
        "variant": answers.best,
        "val_f1": means["val_f1"],
        "test_f1": means["test_f1_keras"],
        "rival": rival.name,
        "rival_test_f1": rival.test_f1,
        **row[["effect", "low", "high", "verdict"]],
    }


def write(several: Sequence[Answers], home: Path, pool: bool) -> dict[str, pd.DataFrame]:
    """best.csv, and where languages are pooled languages.csv and findings.csv, in a grid's folder."""
    if not several:
        return {}
    tables = {"best": best(several)}
    if pool and len({each.cell.language for each in several}) > 1:
        found = effects(several)
        tests = [each.data.y_test for each in several]
        same_texts = all(np.array_equal(each, tests[0]) for each in tests)
        findings = pooled(found, same_texts, speaks=not several[0].data.is_sample)
        if len(findings):  # of each architecture there may be one language alone
            tables |= {"languages": table(found), "findings": findings}
    for name, rows in tables.items():
        with atomic_write(home / f"{name}.csv") as part:
            rows.to_csv(part, index=False, float_format="%.6g")
    return tables
