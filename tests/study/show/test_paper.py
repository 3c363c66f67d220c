"""What stands where on paper: figures in their place, tables in one piece, and words that lead to what follows."""

import json
import re

import pytest
import typst

from study.show import layout, markup, paper
from study.show.style import Picture

from .test_pages import find

LINES = range(24, 44)  # of text above what is looked at: with some of these a page ends in the midst of it
DRAWN = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5IiBoZWlnaHQ9IjQiLz4="
CHAPTER = "#show heading.where(level: 1): chapter"
PROBE = r"""#show regex("(mark|row|head) \\d+|Table \\d+ continued"): it => [#metadata(it.text)<seen>#it]
#show image: it => [#metadata("image")<seen>#it]
"""
WHERE = "(it.value, it.location().page(), it.location().position().y.pt(), it.location().position().x.pt())"
FOUND = f"#context [#metadata(query(<seen>).map(it => {WHERE})) <found>]"


def seen(folder, body, above=LINES):
    """Of a body, below so and so many lines on pages of its own: what stands on which page, and where; in its order."""
    chapters = "".join(f"<h1>{lines}</h1>{'<p>x</p>' * lines}{body}" for lines in above)
    page = layout.Page("", (), layout.lay_out(chapters).body)
    source = paper.write_typst(page, "title", "", folder, is_book=True)
    text = source.read_text().replace(CHAPTER, f"{CHAPTER}\n{PROBE}")
    source.write_text(f"{text}\n{FOUND}")
    [found] = json.loads(typst.query(str(source), "<found>", root="/"))
    return found["value"]


def pages(found, name):
    return [page for each, page, *_ in found if each == name]


def rows(number):
    cells = "".join(f"<tr><td>row {row}</td></tr>" for row in range(1, number + 1))
    return f"<table><caption>Rows</caption><thead><tr><th>head 1</th></tr></thead><tbody>{cells}</tbody></table>"


def test_figures_stand_where_the_text_has_them(tmp_path):
    """None floats above the heading of its section, or behind the next one."""
    figure = layout.figure(f'<img src="{DRAWN}" alt="drawn">', "one", "A figure")
    found = seen(tmp_path, f"<h2>mark 1</h2><p>mark 2</p>{figure}<p>mark 3</p>{figure}<h3>mark 4</h3>")
    assert [each for each, *_ in found if each != "mark 4"] == [
        "mark 1",
        "mark 2",
        "image",
        "mark 3",
        "image",
    ] * len(LINES)
    places = [(page, height) for _, page, height, _ in found]
    assert places == sorted(places)
    assert len({page for page, _ in places}) > len(LINES)  # of some a page ends in the midst


def test_a_short_table_stands_on_one_page_and_a_long_one_goes_on_with_its_number(tmp_path):
    short = seen(tmp_path, rows(14))
    assert pages(short, "row 1") == pages(short, "row 14") == pages(short, "head 1")
    assert len(pages(short, "row 1")) == len(LINES)
    assert not any("continued" in each for each, *_ in short)
    long = seen(tmp_path, rows(70), above=(0, 30))
    first, last = pages(long, "row 1"), pages(long, "row 70")
    numbers = [(each, page) for each, page, *_ in long if "continued" in each]
    assert numbers == [
        (f"Table {n} continued", page)
        for n, (begin, end) in enumerate(zip(first, last, strict=True), 1)
        for page in range(begin + 1, end + 1)
    ]
    assert len(numbers) > 2
    assert pages(long, "head 1") == [page for n in (0, 1) for page in range(first[n], last[n] + 1)]


@pytest.mark.parametrize(
    "body",
    [
        "<p><strong>mark 1</strong></p><ul><li>mark 2</li></ul>",
        "<p>Of these mark 1:</p><p>mark 2</p>",
        "<ul><li><strong>mark 1</strong><ul><li>mark 2</li><li>mark 3</li></ul></li></ul>",
    ],
)
def test_what_leads_to_something_stays_with_it(body, tmp_path):
    found = seen(tmp_path, body)
    assert pages(found, "mark 1") == pages(found, "mark 2")
    assert len(pages(found, "mark 1")) == len(LINES)


@pytest.mark.parametrize(("columns", "below", "last"), [(6, 0, 0), (7, 1, 0), (9, 1, 0), (10, 2, 1)])
@pytest.mark.parametrize("words", ["several long words", "several, long words", "macro-F1, plain text"])
def test_heads_of_numbers_take_little_room_in_wide_tables(columns, below, last, words, tmp_path):
    heads = f"<th>{words}</th>" * (columns - 1) + "<th>one line</th>"
    cells = "<td>words</td>" + "<td>7</td>" * (columns - 1)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"
    [wide] = find(str(paper.write_typst(layout.lay_out(table), "title", "", tmp_path)), "table")
    [head] = [each for each in wide["children"] if each["func"] == "header"]
    broken = [json.dumps(each).count('"linebreak"') for each in head["children"]]
    assert broken == [0, *[below] * (columns - 2), last]  # after "several long"; with more columns between all words


def test_of_a_figure_in_parts_a_screen_shows_the_whole_and_paper_each_part_where_it_fits(tmp_path):
    for name in ("all", "all-narrow", "all-part-1", "all-part-2"):
        (tmp_path / f"{name}.png").write_text(name)
    whole, narrow, one, two = (
        f'"{layout.embedded((tmp_path / f"{name}.png").read_bytes(), "image/png")}"'
        for name in ("all", "all-narrow", "all-part-1", "all-part-2")
    )
    html = markup.image(Picture(tmp_path / "all.png", "told", "A figure"))
    assert f'<div class="screen"><picture><source media="(max-width: 41rem)" srcset={narrow}><img src={whole}' in html
    assert f'<div class="paper"><img src={one} alt="told"><img src={two} alt="told Part 2"></div>' in html
    text = paper.write_typst(layout.lay_out(html), "title", "", tmp_path).read_text()
    assert re.findall(r'(#figure)?.*#picture\(.*, alt: "(.*?)"', text) == [("", "told"), ("#figure", "told Part 2")]
    assert text.count("A figure") == 1


def test_a_line_of_code_that_is_too_long_goes_on_indented(tmp_path):
    for length, is_broken in ((85, False), (105, True)):
        code = f"mark 1\n    mark 2 {'x' * length} yy mark 3"
        first, second, third = seen(tmp_path, f"<pre>{code}</pre>", above=[0])
        assert (third[2] > second[2]) == is_broken
        letter = (second[3] - first[3]) / 4
        assert not is_broken or third[3] == pytest.approx(first[3] + 11 * letter, abs=letter / 4)


def test_a_line_is_not_stretched_before_a_long_name_and_sizes_stay_whole(tmp_path):
    named = f"<ul><li>mark 1 <code>{'0123abcd' * 8}</code></li></ul>"
    body = f"{named}<p>Of (32-64-128), not of 3-gated <code>short</code>.</p>"
    text = paper.write_typst(layout.lay_out(body), "title", "", tmp_path).read_text()
    assert re.findall(r"#ragged\[\s*(\w+)", text) == ["mark"]
    assert re.findall(r'#box\("(.*?)"\)', text) == ["(32-64-128),"]
