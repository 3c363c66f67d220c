"""Pages: an executed notebook as HTML and as PDF, each complete in itself, and the frame around every HTML page."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pypandoc
from nbconvert import HTMLExporter

from ..architectures import ARCHITECTURES
from ..datasets import TITLES
from ..errors import PageError
from ..files import atomic_write
from ..runs import Place

TEMPLATES = Path(__file__).with_name("templates")
PLAIN = {"exclude_input_prompt": True, "exclude_output_prompt": True, "exclude_anchor_links": True}
FILTER = [f"--lua-filter={TEMPLATES / 'typst.lua'}", "--quiet"]
UNKNOWN = re.compile(r'<span\s+class="math \w+">(.*?)</span>', re.DOTALL)  # pandoc's way out, in place of MathML


def render(notebook: Path, place: Place, pdf: bool = True, overview: str = "index.html") -> None:
    """<name>.ipynb -> <name>.pdf, if that is wanted, and <name>.html, each complete in itself.

    `overview` is what the page links to as such. Raises PageError for a notebook that cannot be read, which becomes
    <name>.failed.ipynb, and for formulas that cannot be typeset. One that pandoc does not know stands on both pages as
    it was typed; one that only typst refuses leaves no PDF, but the HTML page.
    """
    for kind in (".html", ".pdf"):
        notebook.with_suffix(kind).unlink(missing_ok=True)
    try:
        content = nbformat.read(notebook, as_version=4)
        body = html_of(content)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, RuntimeError) as error:
        os.replace(notebook, notebook.with_suffix(".failed.ipynb"))
        raise PageError(f"{notebook.name} cannot be rendered: {error}") from error
    title = _title(content)
    unknown = [
        f"{notebook.name}: the formula {unescape(each)} is not known to pandoc" for each in UNKNOWN.findall(body)
    ]
    try:
        if pdf:
            with atomic_write(notebook.with_suffix(".pdf")) as part:
                write_pdf(body, title, notice_of(place, notebook.stem), part)
    except PageError as error:
        unknown.append(f"{notebook.name}: {error}")
    with atomic_write(notebook.with_suffix(".html")) as part:  # after the PDF, to which it links
        part.write_text(page(title, body, place, notebook.stem, overview), encoding="utf-8")
    if unknown:
        raise PageError("\n".join(unknown))


def html_of(content: nbformat.NotebookNode) -> str:
    """A notebook as the HTML that both pages are made of."""
    template = (TEMPLATES / "notebook.html").read_text(encoding="utf-8")
    return _WithMathML(template_name="basic", raw_template=template, **PLAIN).from_notebook_node(content)[0]


class _WithMathML(HTMLExporter):
    """Markdown by pandoc, which writes formulas as MathML: browsers show it without a script from elsewhere."""

    @jinja2.pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        dialect = "markdown-auto_identifiers-raw_tex"  # raw TeX would be left out without a word
        wide = "--columns=10000"  # of a table with a line longer than that, pandoc would make the columns equally wide
        return pypandoc.convert_text(source, "html", dialect, extra_args=["--mathml", "--quiet", wide])


def write_pdf(body: str, title: str, notice: str, target: Path) -> None:
    """HTML -> pandoc -> typst -> PDF: neither a browser nor LaTeX is needed.

    Only MathML becomes a formula: a dollar in a table or in printed text is a dollar. Raises PageError.
    """
    import typst

    with tempfile.TemporaryDirectory() as folder:
        try:
            content = typst.compile(str(write_typst(body, title, notice, Path(folder))), root="/")
        except RuntimeError as error:  # of pandoc or of typst
            refused = [f"the formula {each} cannot be typeset" for each in _refused(body)] or ["no PDF can be made"]
            raise PageError(f"{', '.join(refused)} ({error})") from error
    target.write_bytes(content)


def write_typst(body: str, title: str, notice: str, folder: Path) -> Path:
    """report.typ in `folder`, with its images beside it: our header, not pandoc's, whose settings would come last."""
    source = folder / "report.typ"
    options = [f"--extract-media={folder}/media", "--wrap=none", *FILTER]
    text = pypandoc.convert_text(body, "typst", "html", extra_args=options)
    header = _fill("header.typ", title=quoted(title), notice=quoted(notice))
    source.write_text(f"{header}\n{text}", encoding="utf-8")
    return source


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


def _title(content: nbformat.NotebookNode) -> str:
    """The first heading, as plain text."""
    for cell in content.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# (.+)$", cell.source, re.MULTILINE)):
            return pypandoc.convert_text(found[1], "plain", "markdown", extra_args=["--wrap=none", "--quiet"]).strip()
    return "Report"


def notice_of(place: Place, architecture: str | None = None) -> str:
    """What every page of a sample report says: of one architecture, or of all."""
    if not place.is_sample:
        return ""
    names = [ARCHITECTURES[architecture].dataset] if architecture else TITLES
    return "sample data, not " + " or ".join(TITLES[name] for name in names)


def page(title: str, body: str, place: Place, current: str, overview: str = "index.html") -> str:
    """One HTML page of a report, with links to its neighbours."""
    links = [{"href": overview, "text": "Overview", "current": current == "index"}]
    links += [
        {"href": f"{name}.html", "text": family.title, "current": current == name}
        for name, family in ARCHITECTURES.items()
        if (place.reports / f"{name}.ipynb").exists()
    ]
    if (place.reports / f"{current}.pdf").exists():
        links.append({"href": f"{current}.pdf", "text": "This page as PDF", "current": False})
    notices = [notice_of(place, current if current in ARCHITECTURES else None)]
    if current == "index":
        notices += [f"not finished: {name}.failed.ipynb" for name in ARCHITECTURES if _failed(place, name)]
    return framed(title, body, notices, links)


def framed(title: str, body: str, notices: Sequence[str], links: Sequence[dict[str, Any]] = ()) -> str:
    """A whole HTML page, with its style inside."""
    from pygments.formatters import HtmlFormatter

    return _fill(
        "page.html",
        title=title,
        body=body,
        notice="; ".join(filter(None, notices)),
        links=links,
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        code_css=HtmlFormatter(style="friendly").get_style_defs(".highlight"),
    )


def _failed(place: Place, name: str) -> bool:
    return (place.reports / f"{name}.failed.ipynb").exists()


def _fill(template: str, **values: Any) -> str:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES)).get_template(template).render(**values)
