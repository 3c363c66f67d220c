"""What the full study found, on a page without running anything: a figure, and five lines in README."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from .. import full
from ..architectures import ARCHITECTURES
from ..errors import DataError
from ..evaluation import best
from ..evidence import AGAINST_BASELINES
from ..files import ROOT, whole
from ..findings import data_of, is_total, knobs, name_of, perhaps_small, removals, value_of
from ..statistics import VERDICTS
from . import conclusions, forest
from .words import percent

QUESTIONS = {  # what the groups of the study answer
    "Depth": ("convolutions", "layers"),
    "Width": ("filters", "cells"),
    "Filter size, pooling, direction": ("kernel_sizes", "pooling", "direction"),
}
BEYOND = "beyond"
TITLE = "What the full study found"
HOW_TO_READ = (
    "A mark is a difference in macro-F1 on the test split, of the first named less the second, mean over seeds, with "
    "its 95 % interval: right of the line the first is ahead. `+` adds a step to the one before. In the grey band a "
    "difference is too small to matter, as was set beforehand; *perhaps by too little*: the interval reaches into it. "
    "*Not resolved*: the results do not tell."
)
BEGIN, END = "<!-- answers: begin -->", "<!-- answers: end -->"
STANDS = {  # how one network stands to the strongest method
    "better": "better than",
    "worse": "worse than",
    "equivalent": "level with",
    "not resolved": "not told apart from",
}


def write(root: Path = ROOT) -> list[Path]:
    """docs/forest.png, and the figure and five lines in README.md, from the committed tables of the full profile.

    Raises DataError if README.md has no place for them, before anything is written.
    """
    readme = root / "README.md"
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise DataError(f"{readme} must have the lines {BEGIN} and {END}: between them the answers are written")
    picture = forest.save(full.table("comparisons"), root / "docs" / "forest.png", TITLE)
    read = f"{HOW_TO_READ} Data: {data_of(full.table('results'))}."
    parts = [f"![{picture.alt}](docs/forest.png)", read, *_from_full()]
    with whole(readme) as part:
        part.write_text(f"{before}{BEGIN}\n\n{_in_lines(parts)}\n\n{END}{after}", encoding="utf-8")
    return [picture.path, readme]


def lines(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> list[str]:
    """Five lines of answers from a profile's tables, as Markdown; each holds whatever the results are."""
    return [
        *(f"**{title}.** {_of_groups(comparisons, groups)}" for title, groups in QUESTIONS.items()),
        f"**Beyond the baselines**, step upon step. {_beyond(comparisons)}",
        f"**The best of each**, chosen by macro-F1 on validation data. {_best(results, baselines, comparisons)} "
        f"{_numpy(results)}",
    ]


def _of_groups(comparisons: pd.DataFrame, groups: tuple[str, ...]) -> str:
    """A sentence for each architecture and group."""
    mine = comparisons[comparisons["group"].isin(groups)]
    return " ".join(_of_group(rows) for _, rows in mine.groupby(["architecture", "group"], sort=False))


def _of_group(rows: pd.DataFrame) -> str:
    """`CNN, more is better: against 3 convolutions, 4 (+0.017) is better; 2 (-0.032) is worse.`"""
    family = ARCHITECTURES[rows["architecture"].iloc[0]]
    group = family.groups[rows["group"].iloc[0]]
    reference = group.in_words(group.reference, alone=True)
    return f"{family.title}{_direction(rows)}: against {reference}, {_by_verdict(rows)}."


def _direction(rows: pd.DataFrame) -> str:
    """Whether the smaller values are worse and the larger better, or the other way round; values stand in order."""
    group = ARCHITECTURES[rows["architecture"].iloc[0]].groups[rows["group"].iloc[0]]
    verdicts, below = rows["verdict"].tolist(), list(group.changes).index(group.reference)
    ends = set(verdicts[:below]), set(verdicts[below:])
    return {("worse", "better"): ", more is better", ("better", "worse"): ", less is better"}.get(
        tuple("".join(each) for each in ends), ""
    )


def _by_verdict(rows: pd.DataFrame) -> str:
    """`4 (+0.017) is better; 2 (-0.032) is worse`, in the order of VERDICTS."""
    alike: dict[str, list[str]] = {}
    for row in rows.sort_values("verdict", key=lambda each: each.map(VERDICTS.index), kind="stable").itertuples():
        words = row.verdict + (", perhaps by too little" if perhaps_small(row) else "")
        alike.setdefault(words, []).append(f"{value_of(row.architecture, row.group, row.variant)} ({row.effect:+.3f})")
    return "; ".join(f"{_and(some)} {'is' if len(some) == 1 else 'are'} {words}" for words, some in alike.items())


def _and(parts: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([*([", ".join(parts[:-1])] if len(parts) > 1 else []), parts[-1]])


def _beyond(comparisons: pd.DataFrame) -> str:
    """For each architecture what its parts and steps are worth, of the steps only those that are clear."""
    mine = comparisons[comparisons["group"] == BEYOND]
    sentences = []
    for name, rows in mine.groupby("architecture", sort=False):
        clear = knobs(rows)[lambda each: each["verdict"].isin(("better", "worse"))]
        totals = clear.index[[is_total(row) for row in clear.itertuples()]]
        parts = [conclusions.removal(row) for row in removals(rows).itertuples()]
        parts += [f"all steps together {row.effect:+.3f}" for row in clear.loc[totals].itertuples()]
        steps = clear.drop(totals)
        parts.append(f"of the {'other ' if len(removals(rows)) else ''}steps, {_by_verdict(steps) or 'none is clear'}")
        sentences.append(f"{ARCHITECTURES[name].title}: {'; '.join(parts)}.")
    return " ".join(sentences)


def _best(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """The best variant of each architecture by validation, its scores, and how the networks stand to simple methods."""
    sentences = []
    for name, rows in results.groupby("architecture", sort=False):
        variant = best(rows)
        means = rows[rows["variant"] == variant][["val_f1", "test_f1_keras"]].mean()
        against = comparisons[(comparisons["architecture"] == name) & (comparisons["group"] == AGAINST_BASELINES)]
        mine = against[against["variant"] == variant].iloc[0]
        methods = baselines[baselines["architecture"] == name].set_index("name")
        lose = (against["verdict"] == "worse").sum()
        how_many = {0: "none", len(against): "all"}.get(lose, lose)
        sentences.append(
            f"{ARCHITECTURES[name].title}, {name_of(name, variant)}: {means['val_f1']:.3f} on validation, "
            f"{means['test_f1_keras']:.3f} on test, {STANDS[mine['verdict']]} {mine['baseline']} "
            f"({methods.loc[mine['baseline'], 'test_f1']:.3f}); of {len(against)} variants {how_many} "
            f"{'loses' if lose < 2 else 'lose'} to it."
        )
    return " ".join(sentences)


def _numpy(results: pd.DataFrame) -> str:
    """Whether numpy gives what Keras gives."""
    least = results["agreement"].min()
    share = "every test example" if least == 1 else f"at least {percent(least)} of the test examples"
    return (
        f"numpy gives Keras' class for {share} in each of {len(results)} networks; the largest difference of a "
        f"probability is {results['max_abs_diff'].max():.0e}."
    )


def _from_full() -> list[str]:
    return [f"- {line}" for line in lines(*(full.table(name) for name in ("results", "baselines", "comparisons")))]


def _in_lines(parts: list[Any]) -> str:
    """Paragraphs and list items at the width of README."""
    settings = {"width": 120, "break_long_words": False, "break_on_hyphens": False}
    wrapped = [
        each
        if each.startswith("!")
        else textwrap.fill(each, subsequent_indent="  " if each.startswith("- ") else "", **settings)
        for each in parts
    ]
    items = [each for each in wrapped if each.startswith("- ")]
    return "\n\n".join([*(each for each in wrapped if not each.startswith("- ")), "\n".join(items)])
