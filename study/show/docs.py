"""What README and docs/ take from the committed tables of the full profile: their figure, and each marked block."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from .. import full, reckoning
from ..architectures import ARCHITECTURES
from ..conditions import FOLDS
from ..errors import DataError
from ..files import ROOT, atomic_write
from ..findings import (
    FRAGILE,
    alone,
    data_of,
    is_fragile,
    is_total,
    knobs,
    label_of,
    lacking,
    pair_of,
    perhaps_small,
    removals,
)
from . import controls, forest, front, readme
from .sentences import say
from .words import percent

PICTURE = "docs/forest.png"


def write(root: Path = ROOT) -> list[Path]:
    """docs/forest.png, and each marked block of README.md and docs/, from the committed tables of the full profile.

    Raises DataError if a page has no place for a block, before anything is written.
    """
    results, baselines, comparisons = (full.table(name) for name in ("results", "baselines", "comparisons"))
    costs = reckoning.costs()
    pages = {
        "README.md": {
            "answers": _answers(results, baselines, comparisons),
            "check": _in_lines([_check(results)]),
        },
        "docs/scale.md": {"spent": _spent(results), "runs": _runs(costs), "workers": _workers(costs)},
    }
    texts = {root / page: filled(root / page, blocks) for page, blocks in pages.items()}
    picture = forest.save(comparisons, root / PICTURE, readme.title())
    for page, text in texts.items():
        with atomic_write(page) as part:
            part.write_text(text, encoding="utf-8")
    return [picture.path, *texts]


def filled(page: Path, blocks: dict[str, str]) -> str:
    """The text of a page with what is new between the marks of each block."""
    text = page.read_text(encoding="utf-8")
    for name, new in blocks.items():
        marks = [f"<!-- {name}: {each} -->" for each in ("begin", "end")]
        before, begin, rest = text.partition(marks[0])
        _, end, after = rest.partition(marks[1])
        if not (begin and end):
            raise DataError(
                f"{page} must have the lines {' and '.join(marks)}: between them stands what the tables say"
            )
        text = f"{before}{begin}\n\n{new}\n{end}{after}"
    return text


def _answers(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """The figure, how to read it, and the answers, each in a line or two."""
    alt = forest.in_numbers(comparisons, readme.title(), with_clear=False)  # the lines below say which
    lines = [
        *(
            say("docs.question", title=readme.titled(each, names, comparisons), groups=_groups(comparisons, names))
            for each, names in readme.QUESTIONS.items()
        ),
        say("docs.beyond", architectures=_beyond(comparisons, results)),
        say("docs.best", architectures=[_best(each) for each in readme.best_of_each(results, baselines, comparisons)]),
    ]
    read = say("docs.how_to_read", data=data_of(results), fragile=forest.has_fragile(comparisons))
    return _in_lines([f"![{alt}]({PICTURE})", read, *(f"- {line}" for line in lines)])


def _groups(comparisons: pd.DataFrame, groups: tuple[str, ...]) -> list[tuple[list[str], list[dict], str]]:
    """(architectures, what is clear, or else the verdicts) for each group; those with nothing clear together.

    An architecture of which several groups are asked for is named with its group where nothing is clear.
    """
    found: list[tuple[list[str], list[dict], str]] = []
    mine = comparisons[comparisons["group"].isin(groups)]
    several = mine.groupby("architecture")["group"].nunique() > 1
    for (name, group), rows in mine.groupby(["architecture", "group"], sort=False):
        says = " or ".join(sorted(set(map(_verdict, rows.itertuples()))))
        clear = [_row(row, comparisons) for row in rows.itertuples() if front.is_clear(row)]
        title = ARCHITECTURES[name].title
        if several[name] and not clear:
            title += f", {ARCHITECTURES[name].groups[group].title.lower()}"
        alike = [titles for titles, others, what in found if not clear and not others and what == says]
        if alike:
            alike[0].append(title)
        else:
            found.append(([title], clear, says))
    return found


def _row(row: Any, comparisons: pd.DataFrame) -> dict[str, Any]:
    """A comparison with how the two sides are called, the second where its group is not named, and what it lacks.

    `small` and `control` say what keeps a `resolved` one from being the last word.
    """
    theirs = alone(row.architecture, row.group, label_of(row.architecture, row.group, row.baseline))
    words = {"ours": pair_of(row)[0], "theirs": theirs, "lacking": lacking(row), "verdict": _verdict(row)}
    words |= {"resolved": front.is_clear(row), "small": perhaps_small(row)}
    return row._asdict() | words | {"control": controls.breaking(row, comparisons)}


def _verdict(row: Any) -> str:
    return FRAGILE if is_fragile(row) else row.verdict


def _beyond(comparisons: pd.DataFrame, results: pd.DataFrame) -> list[tuple[str, list[dict], list[dict]]]:
    """For each architecture what it loses without a part, below zero; then all steps, and those that are clear.

    `dead` says of a network without a part that with every seed it answers one class for everything.
    """
    found = []
    all_dead = results.groupby(["architecture", "variant"])["dead"].agg(lambda each: each.eq(True).all())
    mine = comparisons[comparisons["group"] == readme.BEYOND]
    for name, rows in mine.groupby("architecture", sort=False):
        without = [_row(row, comparisons) for row in removals(rows).itertuples()]
        turned = [each | {"effect": -each["effect"], "low": -each["high"], "high": -each["low"]} for each in without]
        turned = [each | {"dead": all_dead[name, each["baseline"]]} for each in turned]
        steps = [_row(row, comparisons) for row in rows.itertuples() if is_total(row)]
        mine = [row for row in knobs(rows).itertuples() if front.is_clear(row) and not is_total(row)]
        steps += [_row(row, comparisons) for row in mine]
        if turned or steps:
            found.append((ARCHITECTURES[name].title, turned, steps))
    return found


def _best(found: dict[str, Any]) -> dict[str, Any]:
    """The best network with how many folds there were, and its difference from the best method without one in them."""
    rows = full.of("folds", [found["architecture"]])
    mine = rows[(rows["method"] == found["variant"]) & (rows["against"] == found["rival"])]
    return found | {"folds": (FOLDS, next(mine.itertuples())) if len(mine) else None}


def _check(results: pd.DataFrame) -> str:
    """Whether numpy gives what Keras gives."""
    agreement, largest = results["agreement"].min(), results["max_abs_diff"].max()
    return say("docs.check", networks=len(results), agreement=agreement, largest=largest)


def _spent(results: pd.DataFrame) -> str:
    """A table: what training the networks of each architecture took on one core.

    The least of each variant's networks stands for all of them: whatever else ran on the machine only adds to it.
    """
    lines = ["| | networks | seconds of one: from | to | hours undisturbed |", "| --- | --: | --: | --: | --: |"]
    for name, rows in results.groupby("architecture", sort=False):
        seconds = rows.groupby("variant")["train_s"]
        title, hours = ARCHITECTURES[name].title, (seconds.min() * seconds.size()).sum() / 3600
        lines.append(f"| {title} | {len(rows)} | {seconds.min().min():.0f} | {seconds.min().max():.0f} | {hours:.1f} |")
    return "\n".join(lines)


def _runs(costs: pd.DataFrame) -> str:
    """A table: how many runs each architecture has, and what they take on one core."""
    lines = ["| | runs | seconds of one: mean | longest | hours of all |", "| --- | --: | --: | --: | --: |"]
    for name, seconds in costs.groupby("architecture", sort=False)["train_s"]:
        numbers = f"{len(seconds)} | {seconds.mean():.0f} | {seconds.max():.0f} | {seconds.sum() / 3600:.1f}"
        lines.append(f"| {ARCHITECTURES[name].title} | {numbers} |")
    return "\n".join(lines)


def _workers(costs: pd.DataFrame) -> str:
    """How long all runs take on one core, and a table for more of them."""
    hours = costs["train_s"].sum() / 3600
    lines = [f"{len(costs):,} runs take {hours:.0f} hours on one core.", ""]
    lines += ["| workers | training | check | both | workers busy |", "| --: | --: | --: | --: | --: |"]
    for row in reckoning.on_workers(costs).itertuples():
        training, check, both = (f"{each:.2g} h" for each in (row.training, row.check, row.both))
        lines.append(f"| {row.workers} | {training} | {check} | {both} | {percent(round(row.busy, 2))} |")
    return "\n".join(lines)


def _in_lines(parts: list[str]) -> str:
    """Paragraphs and list items at the width of README."""
    settings = {"width": 120, "break_long_words": False, "break_on_hyphens": False}
    wrapped = [
        each
        if each.startswith("!")
        else textwrap.fill(each, subsequent_indent="  " if each.startswith("- ") else "", **settings)
        for each in parts
    ]
    items = [each for each in wrapped if each.startswith("- ")]
    return "\n\n".join(filter(None, [*(each for each in wrapped if not each.startswith("- ")), "\n".join(items)]))
