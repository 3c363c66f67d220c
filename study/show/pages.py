"""Pages: an executed notebook as HTML and as PDF, each complete in itself, and the frame around every HTML page."""

from __future__ import annotations

import base64
import mimetypes
import os
import re
import struct
from collections.abc import Sequence
from datetime import datetime
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jinja2
import nbformat
import pypandoc
from nbconvert import HTMLExporter
from traitlets.config import Config

import forward

from ..architectures import ARCHITECTURES
from ..datasets import TITLES
from ..errors import PageError
from ..files import ROOT, atomic_write
from ..runs import Place
from . import layout, markup, paper
from .layout import Page
from .sentences import say

TEMPLATES = Path(__file__).with_name("templates")
PREFERRED = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg"]
PREFERRED += [
    "application/vnd.jupyter.widget-view+json",
    "application/javascript",
    "text/plain",
]  # two that say nothing
UNKNOWN = re.compile(r'<span\s+class="math \w+">(.*?)</span>', re.DOTALL)  # pandoc's way out, in place of MathML
CELL = re.compile(r"<!--markdown (\d+)-->")
BETWEEN = '\n\n<hr class="next-cell">\n\n'
LACKING = re.compile(r'<img data-src="(.*?)"')
PIXELS = 96 / 150  # of a screen for one of a figure, see style.STYLE
SMALL = 600  # pixels of a screen: a narrower figure can be read as it is on a telephone


def render(notebook: Path, place: Place, pdf: bool = True, overview: str = "index.html") -> None:
    """<name>.ipynb -> <name>.pdf, if that is wanted, and <name>.html, each complete in itself.

    `overview` is what the page links to as such. Raises PageError for a notebook that cannot be read, which becomes
    <name>.failed.ipynb, for pictures that are not there, and for formulas that cannot be typeset. One that pandoc does
    not know stands on both pages as it was typed; one that only typst refuses leaves no PDF, but the HTML page.
    """
    for kind in (".html", ".pdf"):
        notebook.with_suffix(kind).unlink(missing_ok=True)
    try:
        content = nbformat.read(notebook, as_version=4)
        body = html_of(content, place, notebook.parent)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, RuntimeError) as error:
        os.replace(notebook, notebook.with_suffix(".failed.ipynb"))
        raise PageError(f"{notebook.name} cannot be rendered: {error}") from error
    title = _title(content)
    laid_out = layout.lay_out(body, byline(place, notebook))
    unknown = [f"the formula {unescape(each)} is not known to pandoc" for each in UNKNOWN.findall(body)]
    unknown += [f"there is no picture {unescape(each)}" for each in LACKING.findall(body)]
    try:
        if pdf:
            with atomic_write(notebook.with_suffix(".pdf")) as part:
                paper.write_pdf(laid_out, title, notice_of(place, notebook.stem), part)
    except PageError as error:
        unknown.append(str(error))
    with atomic_write(notebook.with_suffix(".html")) as part:  # after the PDF, to which it links
        part.write_text(page(title, laid_out, place, notebook.stem, overview), encoding="utf-8")
    if unknown:
        raise PageError("\n".join(f"{notebook.name}: {each}" for each in unknown))


def html_of(content: nbformat.NotebookNode, place: Place, folder: Path = ROOT) -> str:
    """A notebook as the flat HTML that both pages are made of; `folder` is where its pictures are looked for, too."""
    template = (TEMPLATES / "notebook.html").read_text(encoding="utf-8")
    config = Config({"NbConvertBase": {"display_data_priority": PREFERRED}})
    exporter = _Exporter(template_name="basic", raw_template=template, config=config)
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    exporter.folders = (ROOT / "notebooks", folder)
    exporter.register_filter("as_figure", lambda output: _figure(output, place))
    html = exporter.from_notebook_node(content)[0]
    converted = exporter.converted()
    return CELL.sub(lambda found: converted[int(found[1])], html)


class _Exporter(HTMLExporter):
    """Markdown by pandoc, which writes formulas as MathML: browsers show it without a script from elsewhere.

    Marks stand for it at first: pandoc is called once for all cells, as each call takes as long as many cells.
    """

    folders: Sequence[Path] = ()

    @jinja2.pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        self.sources = [*getattr(self, "sources", []), (source, context.get("cell", {}).get("attachments", {}))]
        return f"<!--markdown {len(self.sources) - 1}-->"

    def converted(self) -> list[str]:
        """The HTML of what the marks stand for."""
        sources = getattr(self, "sources", [])
        parts = _by_pandoc(BETWEEN.join(source for source, _ in sources)).split(BETWEEN.strip())
        if len(parts) != len(sources):  # something that a cell begins has no end
            parts = [_by_pandoc(source) for source, _ in sources]
        image = re.compile(r'<img\s+src="(?!data:)([^"]*)"')
        return [
            image.sub(lambda found, attached=attached: self._embedded(found[1], attached), part)
            for part, (_, attached) in zip(parts, sources, strict=True)
        ]

    def _embedded(self, source: str, attached: dict[str, dict[str, str]]) -> str:
        """The beginning of an image that needs no file; of one that is not there, a mark for `render`."""
        name = unquote(unescape(source))
        for kind, data in attached.get(name.removeprefix("attachment:"), {}).items():
            return f'<img src="data:{kind};base64,{"".join(data)}"'
        for path in (each / name for each in self.folders):
            if path.is_file():
                return f'<img src="{layout.embedded(path.read_bytes(), mimetypes.guess_type(path)[0] or "")}"'
        return f'<img data-src="{source}"'


def _by_pandoc(source: str) -> str:
    dialect = "markdown-auto_identifiers-implicit_figures-raw_tex"  # raw TeX would be left out without a word
    wide = "--columns=10000"  # of a table with a line longer than that, pandoc would make the columns equally wide
    return pypandoc.convert_text(source, "html", dialect, extra_args=["--mathml", "--quiet", wide])


def _figure(output: nbformat.NotebookNode, place: Place) -> str:
    """What a cell drew, as a figure: the SVG that lies beside the PNG if it is no larger, and what a screen shows."""
    kind = next(each for each in ("image/svg+xml", "image/png", "image/jpeg") if each in output.data)
    about = output.get("metadata", {}).get(kind, {})
    name, alt = about.get("name", ""), about.get("alt", "")
    data = output.data[kind].encode() if kind == "image/svg+xml" else base64.b64decode(output.data[kind])
    size = _size(data) if kind == "image/png" else ""
    beside = place.figures / f"{name}.png"
    if name and beside.is_file() and beside.read_bytes() == data:  # of this run, so what lies beside it is, too
        image, screen = markup.shown(beside, alt, size)
    else:
        image, screen = f'<img src="{layout.embedded(data, kind)}" alt="{escape(alt)}"{size}>', ""
    return layout.figure(image, name, escape(about.get("caption", "")), output.data.get("text/html", screen))


def _size(png: bytes) -> str:
    """How wide a figure is on a screen, as attributes; it keeps its height to its width."""
    width = round(struct.unpack(">I", png[16:20])[0] * PIXELS)
    return f' width="{width}"' + ' class="small"' * (width < SMALL)


def _title(content: nbformat.NotebookNode) -> str:
    """The first heading, as plain text."""
    for cell in content.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# (.+)$", cell.source, re.MULTILINE)):
            return pypandoc.convert_text(found[1], "plain", "markdown", extra_args=["--wrap=none", "--quiet"]).strip()
    return "Report"


def byline(place: Place, made: Path | None = None) -> str:
    """When a page's notebook was run, of what version of the project, with which profile."""
    at = datetime.fromtimestamp(made.stat().st_mtime) if made else datetime.now()
    return say("page.byline", day=f"{at.day} {at:%B %Y}", version=forward.__version__, profile=place.name)


def notice_of(place: Place, architecture: str | None = None) -> str:
    """What every page of a sample report says: of one architecture, or of all."""
    if not place.is_sample:
        return ""
    names = [ARCHITECTURES[architecture].dataset] if architecture else TITLES
    return "sample data, not " + " or ".join(TITLES[name] for name in names)


def page(title: str, body: str | Page, place: Place, current: str, overview: str = "index.html") -> str:
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
    if isinstance(body, str):
        body = layout.lay_out(body, byline(place))
    return framed(title, body, notices, links)


def framed(title: str, body: str | Page, notices: Sequence[str], links: Sequence[dict[str, Any]] = ()) -> str:
    """A whole HTML page, with its style inside."""
    return _fill(
        "page.html",
        title=title,
        page=layout.lay_out(body) if isinstance(body, str) else body,
        notice="; ".join(filter(None, notices)),
        links=links,
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
    )


def _failed(place: Place, name: str) -> bool:
    return (place.reports / f"{name}.failed.ipynb").exists()


def _fill(template: str, **values: Any) -> str:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES)).get_template(template).render(**values)
