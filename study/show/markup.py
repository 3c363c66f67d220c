"""What a page that is no notebook is made of: sentences, lists, figures and tables as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

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
    kind, path = "image/png", picture.path
    drawn = path.with_suffix(".svg")
    if drawn.is_file() and drawn.stat().st_size < 2 * path.stat().st_size:
        kind, path = "image/svg+xml", drawn
    shown = f'<img src="{layout.embedded(path.read_bytes(), kind)}" alt="{escape(picture.alt)}">'
    return layout.figure(shown, picture.path.stem, escape(picture.caption))


def table(rows: pd.DataFrame, name: str, caption: str, as_text: bool = True) -> str:
    """A table with its caption, every cell in full; with links in its cells, unless they are `as_text`."""
    with pd.option_context("display.max_colwidth", None):
        shown = pd.DataFrame(rows).to_html(index=False, border=0, escape=as_text, table_id=f"tab-{name}")
    return shown.replace("<thead>", f"<caption>{escape(caption)}</caption><thead>", 1)
