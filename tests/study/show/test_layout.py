"""The layout of a page: what stands on top, numbers and references, tables that fit, and what paper leaves out."""

import re

import pytest
from bs4 import BeautifulSoup

from study.show import layout, paper

FIGURE = layout.figure('<img src="data:," alt="seen">', "one-curve", "A <b>curve</b>.")
TABLE = """<table><caption>The scores</caption><thead><tr style="text-align: right;"><th>network</th><th>macro-F1</th>
<th>interval</th><th>verdict</th><th>holds in</th></tr></thead><tbody>
<tr><td>a network</td><td>+0.123</td><td>-0.1 to +0.2</td><td>better</td><td>3 of 4</td></tr>
<tr><td>2 layers</td><td>&minus;1</td><td></td><td>0.5 or so</td><td>1/2</td></tr></tbody></table>"""
NARROW = re.sub("<caption>.*?</caption>|<th>holds in</th>|<td>(3 of 4|1/2)</td>", "", TABLE)
BODY = f"""<h1>Title</h1><p>Lead.</p><details class="code"><summary>Code</summary><pre>x</pre></details>
<h2>Data</h2><p>See <a href="#fig-one-curve">the figure</a>, <a href="#tab-the-scores">table</a>,
<a href="#sec-more">section</a>, <a href="#nowhere">plain</a> and <a href="https://doi.org/10.1000/1">outside</a>.</p>
<section class="summary"><h2>In short</h2></section><section class="summary"><ul><li>first</li></ul></section>
<h3>Rows</h3>{TABLE}{NARROW}
<h3>Rows</h3>{FIGURE}{FIGURE}
<h2>More</h2><h3>Below</h3><h2>References</h2><h2>Appendix: of the run</h2>"""


@pytest.fixture
def page():
    return layout.lay_out(BODY, "today")


@pytest.fixture
def soup(page):
    return BeautifulSoup(page.rest, "html.parser")


def test_title_day_lead_and_the_joined_summary_stand_on_top(page):
    assert page.top == (
        '<h1>Title</h1><div class="byline">today</div><p>Lead.</p>'
        '<section class="summary"><h2 id="sec-in-short">In short</h2><ul><li>first</li></ul></section>'
    )
    assert page.rest.startswith('<details class="code">')
    assert "In short" not in page.rest
    assert page.body == page.top + page.rest


def test_what_stands_on_top_is_numbered_first():
    body = f'<h1>T</h1><h2>One</h2>{FIGURE}<section class="summary">{FIGURE.replace("one-curve", "all")}</section>'
    page = layout.lay_out(body)
    assert ['"fig-all"' in each and "Figure 1<" in each for each in (page.top, page.rest)] == [True, False]
    assert "Figure 2<" in page.rest


def test_a_page_without_title_or_sections_is_left_as_it_is():
    assert layout.lay_out("<p>one</p>").body == "<p>one</p>"
    assert layout.lay_out("<p>one</p>", "today").top == '<div class="byline">today</div><p>one</p>'


def test_sections_are_numbered_and_make_the_contents(page, soup):
    numbered = ["1 Data", "1.1 Rows", "1.2 Rows", "2 More", "2.1 Below", "References", "Appendix: of the run"]
    assert [each.get_text() for each in soup.select("h2, h3")] == numbered
    assert [each.title for each in page.contents] == numbered
    assert [each.level for each in page.contents] == [0, 1, 1, 0, 1, 0, 0]
    ids = [each["id"] for each in soup.select("h2, h3")]
    assert [each.id for each in page.contents] == ids
    assert ids[1:3] == ["sec-rows", "sec-rows-2"]


def test_figures_and_tables_with_a_caption_are_numbered_apart(soup):
    said = [each.get_text() for each in soup.select("figcaption, caption")]
    assert said == ["Table 1. The scores", "Figure 1. A curve.", "Figure 2. A curve."]
    assert [each.get("id") for each in soup.select("figure, table")] == [
        "tab-the-scores", None, "fig-one-curve", "fig-one-curve-2"
    ]  # fmt: skip


def test_references_say_the_number_and_lead_there(soup):
    links = {each["href"]: each.get_text() for each in soup.select("p a")}
    assert links == {
        "#fig-one-curve": "Figure 1",
        "#tab-the-scores": "Table 1",
        "#sec-more": "Section 2",
        "https://doi.org/10.1000/1": "outside",
    }
    assert "plain" in soup.p.get_text()


def test_numbers_stand_to_the_right_and_cells_of_wide_tables_know_their_column(soup):
    wide, narrow = soup.select("table")
    assert [each.get("class") for each in (wide, narrow)] == [["cards"], None]
    for table, columns in ((wide, [1, 2, 4]), (narrow, [1, 2])):
        for row in table.select("tr"):
            cells = row.select("td, th")
            assert [number for number, each in enumerate(cells) if each.get("style") == "text-align: right"] == columns
    assert [each["data-label"] for each in wide.select("tr:last-child td")] == [
        "network", "macro-F1", "interval", "verdict", "holds in"
    ]  # fmt: skip
    assert not narrow.select("[data-label]")
    assert {each["scope"] for each in soup.select("th")} == {"col"}
    assert [each["aria-label"] for each in soup.select("div.scroll:has(> table)")] == [
        "Table 1 of the page", "Table 2 of the page"
    ]  # fmt: skip


def test_links_of_a_card_and_what_is_between_them_stay_together():
    links = '<td><a href="a.html">one</a>, <a href="b.html">two</a></td>'
    row = f"<tr>{links}{'<td>words</td>' * 4}</tr>"
    table = f"<table><thead><tr>{'<th>x</th>' * 5}</tr></thead><tbody>{row}</tbody></table>"
    linked, *others = BeautifulSoup(layout.lay_out(table).body, "html.parser").select("td")
    assert [each.name for each in linked.contents] == ["span"]
    assert linked.decode_contents() == '<span><a href="a.html">one</a>, <a href="b.html">two</a></span>'
    assert [each.decode_contents() for each in others] == ["words"] * 4


def test_what_scrolls_can_be_reached_by_keyboard():
    body = '<div class="output"><pre>printed</pre></div><p><math display="block"></math></p>' + FIGURE + TABLE
    soup = BeautifulSoup(layout.lay_out(body).rest or layout.lay_out(body).top, "html.parser")
    for each in ("pre", "math", "img", "table"):
        found = soup.select_one(each)
        assert "0" in (found.get("tabindex"), found.parent.get("tabindex"))


def test_colours_of_printed_code_are_ours():
    code = '<style>.k {color: pale}</style><div class="highlight"><pre>x</pre></div>'
    assert layout.lay_out(code + "<style>.mine {}</style><p>y</p>").body == (
        '<div class="highlight"><pre>x</pre></div><style>.mine {}</style><p>y</p>'
    )


def test_paper_shows_no_folded_code_and_of_what_moves_the_image(tmp_path):
    moving = layout.figure(
        '<img src="data:image/png;base64,YQ==" alt="still">', "steps", "Steps", "<script>go</script>"
    )
    listing = '<div class="highlight"><pre>def one():\n    1\n\n\ndef two():\n    2</pre></div>'
    solved = '<details class="solution"><summary>Solution 7</summary><p>because</p></details>'
    folded = '<details class="code"><summary>Code</summary><pre>never shown</pre></details>'
    links = '<p><a href="results.csv">a file</a> <a href="https://doi.org/10.1000/1">outside</a></p>'
    hint = '<p>Step through it<span class="screen">: move its slider</span>.</p>'
    page = layout.lay_out(moving + listing + solved + folded + links + hint)
    text = paper.write_typst(page, "Title", "", tmp_path).read_text()
    assert "go" not in text.partition("still")[2]
    assert "never shown" not in text
    assert "slider" not in text
    assert "Step through" in text
    assert re.findall(r"```python\n(.*?)\n```", text, re.DOTALL) == ["def one():\n    1", "def two():\n    2"]
    assert "==== Solution 7" in text
    assert "results.csv" not in text
    assert '#link("https://doi.org/10.1000/1")' in text
    [image] = tmp_path.glob("*.png")
    assert f'#picture("{image}", alt: "still", width: 100%)' in text
    assert image.read_bytes() == b"a"
