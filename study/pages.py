"""Pages: an executed notebook as HTML and as PDF, each complete in itself, and the frame around every HTML page."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import pypandoc
from nbconvert import HTMLExporter

from . import data
from .files import whole
from .runs import Place
from .variants import ARCHITECTURES

TEMPLATES = Path(__file__).with_name("templates")
PLAIN = {"exclude_input_prompt": True, "exclude_output_prompt": True, "exclude_anchor_links": True}


def render(notebook: Path, place: Place) -> None:
    """<name>.ipynb -> <name>.html and <name>.pdf, each complete in itself."""
    content = nbformat.read(notebook, as_version=4)
    title = _title(content)
    notice = notice_of(place, notebook.stem)
    body, _ = _WithMathML(template_name="basic", **PLAIN).from_notebook_node(content)
    with whole(notebook.with_suffix(".html")) as part:
        part.write_text(page(title, body, place, notebook.stem), encoding="utf-8")
    body, _ = HTMLExporter(template_name="basic", **PLAIN).from_notebook_node(content)
    with whole(notebook.with_suffix(".pdf")) as part:
        _write_pdf(body, title, notice, part)


class _WithMathML(HTMLExporter):
    """Markdown by pandoc, which writes formulas as MathML: browsers show it without a script from elsewhere."""

    @jinja2.pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return pypandoc.convert_text(source, "html", "markdown-auto_identifiers", extra_args=["--mathml"])


def _write_pdf(body: str, title: str, notice: str, target: Path) -> None:
    """HTML -> pandoc -> typst -> PDF: neither a browser nor LaTeX is needed."""
    import typst

    with tempfile.TemporaryDirectory() as folder:
        header = Path(folder) / "header.typ"
        header.write_text(_fill("header.typ", title=title, notice=notice), encoding="utf-8")
        source = Path(folder) / "report.typ"
        options = ["--standalone", f"--include-in-header={header}", f"--extract-media={folder}/media"]
        pypandoc.convert_text(body, "typst", "html+tex_math_dollars", outputfile=str(source), extra_args=options)
        typst.compile(str(source), output=str(target), root="/")


def _title(notebook: nbformat.NotebookNode) -> str:
    """The first heading."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# (.+)$", cell.source, re.MULTILINE)):
            return found[1]
    return "Report"


def notice_of(place: Place, architecture: str | None = None) -> str:
    """What every page of a sample report says: of one architecture, or of all."""
    if not place.is_sample:
        return ""
    names = [ARCHITECTURES[architecture].dataset] if architecture else data.REAL_TITLES
    return "sample data, not " + " or ".join(data.REAL_TITLES[name] for name in names)


def page(title: str, body: str, place: Place, current: str) -> str:
    """One HTML page, with its style inside and links to its neighbours."""
    from pygments.formatters import HtmlFormatter

    links = [{"href": "index.html", "text": "Overview", "current": current == "index"}]
    links += [
        {"href": f"{name}.html", "text": family.title, "current": current == name}
        for name, family in ARCHITECTURES.items()
        if (place.reports / f"{name}.ipynb").exists()
    ]
    if current != "index":
        links.append({"href": f"{current}.pdf", "text": "This page as PDF", "current": False})
    return _fill(
        "page.html",
        title=title,
        body=body,
        notice=notice_of(place, current if current in ARCHITECTURES else None),
        links=links,
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        code_css=HtmlFormatter(style="friendly").get_style_defs(".highlight"),
    )


def _fill(template: str, **values: Any) -> str:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES)).get_template(template).render(**values)
