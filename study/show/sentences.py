"""Values in, sentences out: all words of a page stand in templates/*.md, a macro for each sentence or paragraph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

from ..statistics import p_words
from .words import literal, percent, signed

TEMPLATES = Path(__file__).with_name("templates")
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    undefined=jinja2.StrictUndefined,  # a value that a sentence needs and does not get is an error
    autoescape=jinja2.select_autoescape(("html",)),
    trim_blocks=True,
    lstrip_blocks=True,
)
BEGINS = re.compile(r" *(?:[-|>]|\d+\.) ")  # a line that begins an item, a row or a quotation

SPACES = re.compile(r"(?<=\S) +")
BEFORE_STOPS = re.compile(r"(?<=\S) (?=[.,;](?:\s|$))")  # where a template's loop ends with its line


def _and(parts: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([*([", ".join(parts[:-1])] if len(parts) > 1 else []), parts[-1]])


ENVIRONMENT.filters |= {
    "score": "{:.3f}".format,
    "signed": signed,
    "loss": "{:.2f}".format,
    "tiny": "{:.1e}".format,
    "count": "{:,}".format,
    "percent": percent,
    "literal": literal,
    "p": p_words,
    "and": _and,
}


def say(which: str, **values: Any) -> str:
    """The sentences of a macro, as Markdown: `group.comparison` is the macro `comparison` in templates/group.md.

    Raises jinja2.UndefinedError for a value that the sentence needs and did not get, TypeError for one too many.
    """
    room, _, name = which.partition(".")
    return flow(str(getattr(ENVIRONMENT.get_template(f"{room}.md").module, name)(**values)))


def flow(text: str) -> str:
    """Lines of a paragraph become one line; items, rows and quotations keep theirs, and blank lines part paragraphs."""
    paragraphs = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines: list[str] = []
        for line in block.split("\n"):
            if lines and not BEGINS.match(line):
                lines[-1] += f" {line.strip()}"
            else:
                lines.append(line.rstrip())
        paragraphs.append("\n".join(SPACES.sub(" ", each).rstrip() for each in lines))
    return BEFORE_STOPS.sub("", "\n\n".join(filter(None, paragraphs)))
