"""All pages of a report in one PDF: the overview and each study a chapter, numbered through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from ..architectures import ARCHITECTURES
from ..files import atomic_write
from ..runs import Place
from . import pages, paper
from .layout import Page
from .sentences import say

NAME = "report.pdf"
REFERENCE = re.compile(r"(Figure|Table|Section) (?=\d)")


def write(place: Place) -> Path | None:
    """reports/<profile>/report.pdf, of the HTML pages that are there; None where there is none. Raises PageError."""
    path = place.reports / NAME
    path.unlink(missing_ok=True)
    found = [name for name in ("index", *ARCHITECTURES) if (place.reports / f"{name}.html").exists()]
    if not found:
        return None
    chapters = {name: _main(place.reports / f"{name}.html") for name in found}
    for number, (name, chapter) in enumerate(chapters.items(), 1):
        _make_chapter(chapter, name, number, chapters)
    body = "".join(each.decode_contents() for each in chapters.values())
    title = say("page.book")
    top = f'<div class="byline">{pages.byline(place)}</div>'
    with atomic_write(path) as part:
        paper.write_pdf(Page(top, (), body), title, pages.notice_of(place), part, is_book=True)
    if "index" in found:
        _link(place.reports / "index.html")
    return path


def _link(overview: Path) -> None:
    """Let the overview, of which the PDF is made, lead to it."""
    links, end, rest = overview.read_text(encoding="utf-8").partition("</nav>")
    with atomic_write(overview) as part:
        part.write_text(f'{links}<a href="{NAME}">All pages as PDF</a>{end}{rest}', encoding="utf-8")


def _main(page: Path) -> Tag:
    """What a page says, without what leads to other pages and other places of it."""
    main = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").main
    for each in main.select("nav, .byline"):
        each.decompose()
    for each in main.select("header, .text"):
        each.unwrap()
    return main


def _make_chapter(chapter: Tag, name: str, number: int, chapters: Mapping[str, Tag]) -> None:
    """Numbers begin with the chapter's, ids with its name; links to other pages lead to their chapters."""
    for each in chapter.select("[id]"):
        each["id"] = f"{name}-{each['id']}"
    chapter.h1["id"] = name
    chapter.h1.insert(0, f"{number} ")
    for each in chapter.select(".number"):
        kind, _, digits = each.get_text().rpartition(" ")
        each.string = f"{kind} {number}.{digits}".strip()
    for link in chapter.select("a[href]"):
        page = link["href"].removesuffix(".html")
        if link["href"].startswith("#"):
            link["href"] = f"#{name}-{link['href'][1:]}"
            link.string = REFERENCE.sub(rf"\g<0>{number}.", link.get_text())
        elif page != link["href"] and page in chapters:
            link["href"] = f"#{page}"
