"""What a page that is no notebook is made of: sentences, lists, figures and tables as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
import pypandoc

from . import layout
from .style import Picture


def html(markdown: str) -> str:
    """Markdown as HTML."""
    return pypandoc.convert_text(markdown, "html", "markdown-auto_identifiers") if markdown else ""


def listed(lines: Sequence[str]) -> str:
    """Lines of Markdown as the items of a list."""
    return html("\n".join(f"- {line}" for line in lines))


def image(picture: Picture) -> str:
    """A figure inside the page, with its caption, and its text for those who cannot see it."""
    paper, screen = shown(picture.path, picture.alt)
    return layout.figure(paper, picture.path.stem, escape(picture.caption), screen)


def shown(path: Path, alt: str, attributes: str = "") -> tuple[str, str]:
    """What shows a picture, and what does so on a screen, where that is something else.

    Beside <name>.png may lie <name>-narrow.png, which a narrow screen shows, and <name>-part-1.png and so on, which
    paper shows below each other, as all in one would be too small.
    """
    whole = f'<img src="{_source(path)}" alt="{escape(alt)}"{attributes}>'
    narrow = path.with_stem(f"{path.stem}-narrow")
    parts = sorted(path.parent.glob(f"{path.stem}-part-*.png"))
    said = [alt, *(f"{alt} Part {number}" for number in range(2, len(parts) + 1))]
    drawn = [f'<img src="{_source(each)}" alt="{escape(words)}">' for each, words in zip(parts, said, strict=False)]
    if not narrow.is_file():
        return "".join(drawn) or whole, whole if parts else ""
    source = f'<source media="(max-width: 41rem)" srcset="{_source(narrow)}">'
    return "".join(drawn) or whole, f"<picture>{source}{whole}</picture>"


def _source(path: Path) -> str:
    """A picture as an address: as the SVG that lies beside the PNG, unless that is much larger."""
    kind, drawn = "image/png", path.with_suffix(".svg")
    if drawn.is_file() and drawn.stat().st_size < 2 * path.stat().st_size:
        kind, path = "image/svg+xml", drawn
    return layout.embedded(path.read_bytes(), kind)


def table(rows: pd.DataFrame, name: str, caption: str, as_text: bool = True) -> str:
    """A table with its caption, every cell in full; with links in its cells, unless they are `as_text`."""
    with pd.option_context("display.max_colwidth", None):
        shown = pd.DataFrame(rows).to_html(index=False, border=0, escape=as_text, table_id=f"tab-{name}")
    return shown.replace("<thead>", f"<caption>{escape(caption)}</caption><thead>", 1)
