"""The layout of a page, the same on the screen and on paper: what stands on top, what is numbered, and the contents."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bs4 import BeautifulSoup, PageElement, Tag

DIGITS = r"[-+\N{MINUS SIGN}]?\d[\d.,:]*"
NUMBER = re.compile(rf"[<>=]? ?{DIGITS}(e[-+]\d+)?( ?%)?((/| to | of ){DIGITS})?|nan|")  # or an interval, or nothing
UNNUMBERED = re.compile("References|Appendix")
MANY = 4  # a table with more columns becomes, on a narrow screen, a card for each row
UNIQUE = "{}-{}"


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents."""

    level: int
    id: str
    title: str


@dataclass(frozen=True)
class Page:
    """What stands above the contents (title, byline, first words, summary), the contents, and the rest; as HTML."""

    top: str
    contents: tuple[Entry, ...]
    rest: str

    @property
    def body(self) -> str:
        return self.top + self.rest


def lay_out(body: str, byline: str = "") -> Page:
    """Number sections, figures and tables, fill in references to them, make tables fit, and put the summary on top.

    `[figure](#fig-name)` becomes "Figure 3": a figure, table or section is referred to by its id. A figure or table
    counts if it has a caption. What is in a `section` of the class `summary` moves behind the first words.
    """
    soup = BeautifulSoup(body, "html.parser")
    for style in soup.select("style:has(+ .highlight)"):  # of IPython's Code, the colours of which are too pale
        style.decompose()
    _put_summary_on_top(soup)
    contents = _number_sections(soup)
    _number_captions(soup)
    _refer(soup)
    for number, table in enumerate(soup.find_all("table"), 1):
        _make_fit(table, f"Table {number} of the page")
    for block in soup.select(".output > pre"):
        block.attrs |= {"tabindex": "0", "role": "region", "aria-label": "Output"}
    for formula in soup.select('math[display="block"]'):
        formula.wrap(soup.new_tag("span", attrs={"class": "scroll", "tabindex": "0"}))
    top = _take_top(soup, byline)
    return Page("".join(map(str, top)), contents, str(soup))


def figure(image: str, name: str, caption: str, screen: str = "") -> str:
    """A figure; where `screen` is given, that is what a screen shows, and the image what paper shows."""
    shown = f'<div class="screen">{screen}</div><div class="paper">{image}</div>' if screen else image
    if not caption:
        return f'<div class="scroll" tabindex="0">{shown}</div>'
    told = f"<figcaption>{caption}</figcaption>"
    return f'<figure id="fig-{name}"><div class="scroll" tabindex="0">{shown}</div>{told}</figure>'


def embedded(data: bytes, kind: str) -> str:
    """Bytes as the address of an image that needs no file."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def slug(text: str) -> str:
    """A text as an id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _put_summary_on_top(soup: BeautifulSoup) -> None:
    """The parts of the summary become one, and stand behind the first words."""
    first, *others = soup.select("section.summary") or [None]
    for each in others:
        first.extend(list(each.contents))
        each.decompose()
    place = next((each for each in soup.contents if not _is_top(each)), None)
    if first and place is not first:
        place.insert_before(first.extract())


def _number_sections(soup: BeautifulSoup) -> tuple[Entry, ...]:
    counts, entries, taken = [0, 0], [], {each["id"] for each in soup.select("[id]")}
    for heading in soup.select("h2, h3"):
        title = heading.get_text().strip()
        level = int(heading.name[1]) - 2
        if not heading.get("id"):
            heading["id"] = _free(f"sec-{slug(title)}", taken)
        if heading.find_parent(class_="summary"):
            continue
        number = ""
        if not UNNUMBERED.match(title):
            counts[level:] = [counts[level] + 1, *[0] * (1 - level)]
            number = ".".join(map(str, counts[: level + 1]))
            _put_number(soup, heading, number, " ")
        entries.append(Entry(level, heading["id"], f"{number} {title}".strip()))
    return tuple(entries)


def _free(name: str, taken: set[str]) -> str:
    """An id that is not taken; from now on it is."""
    free = next(each for each in (name, *(UNIQUE.format(name, n) for n in range(2, 999))) if each not in taken)
    taken.add(free)
    return free


def _number_captions(soup: BeautifulSoup) -> None:
    """Figures and tables are numbered apart, those that have a caption."""
    taken: set[str] = set()
    for kind, caption, prefix in (("figure", "figcaption", "fig"), ("table", "caption", "tab")):
        number = 0
        for each in soup.find_all(kind):
            wanted = each.get("id")
            if found := each.find(caption, recursive=False):
                number += 1
                wanted = wanted or f"{prefix}-{slug(found.get_text())[:40]}"
                _put_number(soup, found, f"{kind.title()} {number}", ". ")
            if wanted:
                each["id"] = _free(wanted, taken)


def _put_number(soup: BeautifulSoup, element: Tag, number: str, behind: str) -> None:
    tag = soup.new_tag("span", attrs={"class": "number"})
    tag.string = number
    element.insert(0, tag, behind)


def _refer(soup: BeautifulSoup) -> None:
    """Links to what is numbered say its number; those that lead nowhere become plain text."""
    for link in soup.select('a[href^="#"]'):
        target = soup.find(id=link["href"][1:])
        if target is None:
            link.unwrap()
        elif number := target.select_one(".number"):
            kind = "Section " if target.name in ("h2", "h3") else ""
            link.string = f"{kind}{number.get_text()}"


def _make_fit(table: Tag, label: str) -> None:
    """Numbers to the right, words may wrap; each cell knows its column, for screens that are too narrow for rows."""
    for each in table.select("tr[style]"):  # pandas'
        del each["style"]
    heads = [each.get_text(" ", strip=True) for each in table.select("thead tr:last-child > *")]
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.select("tbody tr")]
    for head in table.select("thead th"):
        head["scope"] = "col"
    for column, cells in enumerate(zip(*rows, strict=False)):
        texts = [cell.get_text().strip() for cell in cells]
        if any(texts) and all(map(NUMBER.fullmatch, texts)):
            for each in (*cells, *table.select(f"thead tr:last-child > :nth-child({column + 1})")):
                each.attrs |= {"class": "n", "style": "text-align: right"}
    if len(heads) > MANY:
        _make_cards(table, heads, rows)
    around = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": label}
    table.wrap(BeautifulSoup("", "html.parser").new_tag("div", attrs=around))


def _make_cards(table: Tag, heads: Sequence[str], rows: Sequence[Sequence[Tag]]) -> None:
    """Each cell says its column; what is in it is one thing beside that, with links or without."""
    table["class"] = ["cards"]
    for cells in rows:
        for head, cell in zip(heads, cells, strict=False):
            cell["data-label"] = head
            if cell.find(True):
                inside = BeautifulSoup("", "html.parser").new_tag("span")
                inside.extend(list(cell.contents))
                cell.append(inside)


def _take_top(soup: BeautifulSoup, byline: str) -> list[PageElement]:
    """Take out what stands before the first section and the first code, the summary included."""
    top = [each.extract() for each in list(takewhile(_is_top, list(soup.contents)))]
    if summary := soup.select_one("section.summary"):
        top.append(summary.extract())
    if byline:
        said = soup.new_tag("div", attrs={"class": "byline"})
        said.string = byline
        place = next((n for n, each in enumerate(top, 1) if getattr(each, "name", "") == "h1"), 0)
        top.insert(place, said)
    return top


def _is_top(element: PageElement) -> bool:
    return getattr(element, "name", None) not in ("h2", "h3", "details", "section")
