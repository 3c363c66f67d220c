"""What README and docs/ take from the committed tables of the full profile: their figure, and each marked block."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pandas as pd

from .. import full
from ..architectures import ARCHITECTURES
from ..errors import DataError
from ..files import ROOT, atomic_write
from ..findings import data_of
from . import forest, front, readme
from .sentences import say

PICTURE = "docs/forest.png"


def write(root: Path = ROOT) -> list[Path]:
    """docs/forest.png, and each marked block of README.md and docs/, from the committed tables of the full profile.

    Raises DataError if a page has no place for a block, before anything is written.
    """
    results, baselines, comparisons = (full.table(name) for name in ("results", "baselines", "comparisons"))
    pages = {
        "README.md": {
            "answers": _answers(results, baselines, comparisons),
            "check": _in_lines([front.by_hand(results, baselines)]),
        },
        "docs/scale.md": {"spent": _spent(results)},
    }
    filled = {root / page: _filled(root / page, blocks) for page, blocks in pages.items()}
    picture = forest.save(comparisons, root / PICTURE, readme.title())
    for page, text in filled.items():
        with atomic_write(page) as part:
            part.write_text(text, encoding="utf-8")
    return [picture.path, *filled]


def _filled(page: Path, blocks: dict[str, str]) -> str:
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
        text = f"{before}{begin}\n\n{new}\n\n{end}{after}"
    return text


def _answers(results: pd.DataFrame, baselines: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """The figure, how to read it, and the answers."""
    read = f"{readme.how_to_read(comparisons)} {say('readme.data', title=data_of(results))}"
    answers = [f"- {line}" for line in readme.lines(results, baselines, comparisons)]
    alt = forest.in_numbers(comparisons, readme.title(), with_clear=False)  # the lines below say which
    return _in_lines([f"![{alt}]({PICTURE})", read, *answers])


def _spent(results: pd.DataFrame) -> str:
    """A table: what training the networks of each architecture took on one core."""
    lines = ["| | networks | seconds of training: median | longest | hours in all |", "| --- | --: | --: | --: | --: |"]
    for name, rows in results.groupby("architecture", sort=False)["train_s"]:
        title, hours = ARCHITECTURES[name].title, rows.sum() / 3600
        lines.append(f"| {title} | {len(rows)} | {rows.median():.0f} | {rows.max():.0f} | {hours:.1f} |")
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
