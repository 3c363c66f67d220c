"""All pages in one PDF: chapters, their numbers and links, and the link that leads to it."""

import json
import re

import pytest
import typst

from study.runs import Place
from study.show import book, layout, pages, paper

from .test_pages import words_of

FIGURE = layout.figure('<img src="data:," alt="x">', "one", "A curve")
STUDY = f"""<h1>LSTM on texts</h1><p>Lead.</p><section class="summary"><h2>In short</h2></section><h2>Data</h2>
<p><a href="#fig-one">figure</a> <a href="#sec-more">section</a> <a href="#sec-more"><b>more</b></a></p>
<h3>Rows</h3>{FIGURE}<h2>More</h2><h2>References</h2>"""
OVERVIEW = """<h1>All of it</h1><p>See <a href="lstm.html">LSTM</a>, <a href="gru.html">GRU</a>,
<a href="results.csv">a table</a> and <a href="https://doi.org/10.1000/1">outside</a>.</p><h2>Best</h2>"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The place, and what typst finds of a kind."""
    folder = tmp_path_factory.mktemp("book")
    place = Place("tiny", False, folder)
    place.reports.mkdir(parents=True)
    for name, body in {"index": OVERVIEW, "lstm": STUDY}.items():
        body = body.replace(
            "data:,", "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="
        )
        (place.reports / f"{name}.html").write_text(pages.page(name, body, place, name))
    write = paper.write_typst
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "write_typst", lambda *given: write(*given[:3], folder, given[4]))
        assert book.write(place) == place.reports / "report.pdf"
    return place, lambda kind: json.loads(typst.query(str(folder / "report.typ"), kind, root="/"))


def test_each_page_is_a_chapter_and_numbers_begin_with_its_own(made):
    headings = [(each["level"], words_of(each["body"])) for each in made[1]("heading")]
    assert headings == [
        (1, "1 All of it"),
        (2, "1.1 Best"),
        (1, "2 LSTM on texts"),
        (2, "In short"),
        (2, "2.1 Data"),
        (3, "2.1.1 Rows"),
        (2, "2.2 More"),
        (2, "References"),
    ]
    [figure] = made[1]("figure")
    assert words_of(figure["caption"]).strip() == "Figure 2.1. A curve"
    assert figure["label"] == "<lstm-fig-one>"


def test_links_lead_within_the_book_or_outside_and_nowhere_else(made):
    found = [(each["dest"], words_of(each["body"])) for each in made[1]("link")]
    assert found == [
        ("<lstm>", "LSTM"),
        ("https://doi.org/10.1000/1", "outside"),
        ("<lstm-fig-one>", "Figure 2.1"),
        ("<lstm-sec-more>", "Section 2.2"),
        ("<lstm-sec-more>", "Section 2.2"),
    ]


def test_the_overview_leads_to_it(made):
    place, _ = made
    assert (place.reports / "report.pdf").read_bytes().startswith(b"%PDF-")
    html = (place.reports / "index.html").read_text()
    assert re.findall(r'<a href="report.pdf">(.*?)</a></nav>', html) == ["All pages as PDF"]


def test_of_no_page_there_is_no_book(tmp_path):
    place = Place("tiny", False, tmp_path)
    place.reports.mkdir(parents=True)
    (place.reports / "report.pdf").write_text("of an earlier run")
    assert book.write(place) is None
    assert not list(place.reports.iterdir())
