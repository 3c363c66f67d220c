"""Pages on paper: what is laid out, as PDF, through pandoc and typst; neither a browser nor LaTeX is needed."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from html import unescape
from pathlib import Path

import jinja2
import pypandoc
from bs4 import BeautifulSoup, Tag

from ..errors import PageError
from .layout import Page

TEMPLATES = Path(__file__).with_name("templates")
WIDTH = 720  # pixels of a screen that are as wide as the text
FUNCTIONS = re.compile(r"\n{2,}(?=@|def |class )")  # where a function begins
FILTER = [f"--lua-filter={TEMPLATES / 'typst.lua'}", "--quiet"]


def write_pdf(page: Page, title: str, notice: str, target: Path, is_book: bool = False) -> None:
    """HTML -> pandoc -> typst -> PDF.

    Only MathML becomes a formula: a dollar in a table or in printed text is a dollar. Raises PageError.
    """
    import typst

    with tempfile.TemporaryDirectory() as folder:
        try:
            content = typst.compile(str(write_typst(page, title, notice, Path(folder), is_book)), root="/")
        except RuntimeError as error:  # of pandoc or of typst
            refused = [f"the formula {each} cannot be typeset" for each in _refused(page.body)] or [
                "no PDF can be made"
            ]
            raise PageError(f"{', '.join(refused)} ({error})") from error
    target.write_bytes(content)


def write_typst(page: Page, title: str, notice: str, folder: Path, is_book: bool = False) -> Path:
    """report.typ in `folder`, with its images beside it: our header, not pandoc's, whose settings would come last.

    A book has its title on a page of its own, with the contents of all chapters, each of which begins on a new page.
    """
    source = folder / "report.typ"
    header = _fill("header.typ", title=quoted(title), notice=quoted(notice))
    contents = "#contents()" if page.contents else ""
    if is_book:
        header, contents = f"{header}\n#title({quoted(title)})", "#chapters()\n#show heading.where(level: 1): chapter"
    parts = [header, _typst(page.top, folder), contents, _typst(page.rest, folder)]
    source.write_text("\n".join(parts), encoding="utf-8")
    return source


def _typst(html: str, folder: Path) -> str:
    """HTML as typst, by pandoc and our filter."""
    soup = BeautifulSoup(html, "html.parser")
    _put_on_paper(soup)
    _write_images(soup, folder)
    return pypandoc.convert_text(str(soup), "typst", "html", extra_args=["--wrap=none", *FILTER])


def _put_on_paper(soup: BeautifulSoup) -> None:
    """No folded code, no links to files beside the page, and of what moves a picture."""
    for each in soup.select("details.code, .screen, script, style"):
        each.decompose()
    for part in soup.select("figure .paper > img:has(+ img)"):  # each finds its page: a figure would keep them on one
        part.find_parent("figure").insert_before(part.wrap(soup.new_tag("p")))
    for each in soup.select(".scroll, .paper, h2 > .number, h3 > .number"):
        each.unwrap()
    for solution in soup.select("details.solution"):
        solution.summary.name = "h4"
        solution.unwrap()
    for link in soup.select("a[href]"):
        if not re.match(r"https?:|#", link["href"]):
            link.unwrap()
    for lacking in soup.select("img:not([src])"):
        lacking.replace_with(lacking.get("alt", ""))
    for code in soup.select(".highlight > pre"):
        parts = FUNCTIONS.split(code.get_text().strip("\n"))  # each is kept together
        code.parent.replace_with(*(_code(soup, each) for each in parts))


def _write_images(soup: BeautifulSoup, folder: Path) -> None:
    """Embedded images become files, which typst can read; each as wide as it is on a screen, or as the text."""
    for image in soup.select('img[src^="data:"]'):
        kind, _, data = image["src"].partition(";base64,")
        content = base64.b64decode(data)
        path = folder / f"{hashlib.sha256(content).hexdigest()}.{kind.rpartition('/')[2].partition('+')[0]}"
        path.write_bytes(content)
        width = min(int(image.get("width", WIDTH)) / WIDTH, 1)
        image.attrs = {"src": str(path), "data-said": image.get("alt", ""), "width": f"{width:.0%}"}


def _code(soup: BeautifulSoup, text: str) -> Tag:
    code = soup.new_tag("pre", attrs={"class": "python"})
    code.string = text
    return code


def quoted(text: str) -> str:
    """A text as typst writes it; only a backslash and a quotation mark need an escape."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def _refused(body: str) -> list[str]:
    """The formulas of a page that typst does not compile, as they were typed."""
    import typst

    refused = []
    for formula, typed in re.findall(r"(<math .*?<annotation[^>]*>(.*?)</annotation>.*?</math>)", body, re.DOTALL):
        try:
            typst.compile(pypandoc.convert_text(formula, "typst", "html", extra_args=FILTER).encode())
        except RuntimeError:
            refused.append(f"${unescape(typed)}$")
    return refused


def _fill(template: str, **values: str) -> str:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES)).get_template(template).render(**values)
