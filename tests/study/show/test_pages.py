"""Pages of a small made notebook: what stands in the HTML and in the PDF, and what of that which cannot be typeset."""

import base64
import io
import json
import re
from html import unescape
from types import SimpleNamespace

import matplotlib.image
import nbformat
import numpy as np
import pytest
import typst
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from study.runs import Place
from study.show import layout, pages, paper, readings, tables
from study.show.words import literal

NASTY = (
    r"""costs $3$, $$4$$, *a* _b_ `c` ~d~ ^e^ | <b>f</b> &lt; #g @h [i](j) \k \(l\) {m} "n" 'o' -- ... ![p](q) <!-"""
)
SHA = "0123abcd" * 8
TITLE = "Ćevapi & <ayam> \"goreng\" 'enak' \\ 日 Ж"


def picture(height, width):
    file = io.BytesIO()
    matplotlib.image.imsave(file, np.random.default_rng(3).random((height, width)), format="png")
    return base64.b64encode(file.getvalue()).decode()


def display(about=None, **data):
    """A code cell and what it shows, by MIME type; `about` is told of an image."""
    data = {kind.replace("_", "/"): value for kind, value in data.items()}
    metadata = {"image/png": about} if about else {}
    return new_code_cell("show()", outputs=[new_output("display_data", data, metadata=metadata)])


def html_of(*cells):
    return pages.html_of(new_notebook(cells=list(cells)), Place("tiny", True, "nowhere"))


def typst_of(folder, *cells):
    return str(paper.write_typst(layout.lay_out(html_of(*cells)), "title", "", folder))


def shown(table):
    return display(text_html=tables.Table(table)._repr_html_(), text_plain="a table")


MADE = [
    new_markdown_cell(f"# {literal(TITLE)}\n\nThe sum $s = \\sum_i x_i$, and\n\n$$p = a \\odot b$$"),
    new_markdown_cell("## The table\n\nA price of 5 \\$ stays."),
    shown({"text": [NASTY], "number": [7]}),
    new_markdown_cell(f"### Rows\n\n| one | two |\n| :-- | :-- |\n| 1 | $z$ |\n| 2 | `{SHA}` |"),
    shown({"row": [f"row {number}" for number in range(150)]}),
    display(text_markdown=f"- *positive*: {literal(NASTY)}"),
    new_code_cell("show()", outputs=[new_output("stream", text=NASTY)]),
    display({"name": "one", "alt": NASTY, "caption": NASTY}, image_png=picture(11, 17), text_plain="a figure"),
    new_markdown_cell("## The end\n\n* one\n* two"),
    display(image_png=picture(5, 7), text_plain="a figure"),
]


def written(cells, folder, name="lstm", is_sample=True):
    """A notebook with these cells in the reports of a place."""
    place = Place("tiny", is_sample, folder)
    place.reports.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), place.reports / f"{name}.ipynb")
    return place, place.reports / f"{name}.ipynb"


def words_of(element):
    """The text in an element as typst describes it."""
    if isinstance(element, list):
        return "".join(map(words_of, element))
    if not isinstance(element, dict):
        return ""
    if element.get("func") == "space":
        return " "
    if isinstance(element.get("text"), str):
        return element["text"]
    return "".join(words_of(element.get(key)) for key in ("text", "base", "children", "body", "child"))


def text_of(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The made notebook's pages: the HTML, and of the PDF its typst source and what typst finds in it."""
    folder = tmp_path_factory.mktemp("made")
    place, notebook = written(MADE, folder)
    write = paper.write_typst
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "write_typst", lambda page, title, notice, *_: write(page, title, notice, folder))
        pages.render(notebook, place)
    source = str(folder / "report.typ")
    typst.compile(source, output=f"{folder}/page-{{0p}}.png", root="/", ppi=72)
    return SimpleNamespace(
        html=notebook.with_suffix(".html").read_text(),
        pdf=notebook.with_suffix(".pdf"),
        typst=(folder / "report.typ").read_text(),
        images=[matplotlib.image.imread(path) * 255 for path in sorted(folder.glob("page-*.png"))],
        find=lambda kind: find(source, kind),
    )


def find(source, kind):
    """What typst finds in a source; of tables those that were written, which it lays out again."""
    found = json.loads(typst.query(source, kind, root="/"))
    return [each for each in found if each["func"] != "table" or each["columns"][0] == "auto"]


def table_rows(table):
    columns = len(table["columns"])
    header = [words_of(cell) for each in table["children"] if each["func"] == "header" for cell in each["children"]]
    cells = [words_of(each) for each in table["children"] if each["func"] == "cell"]
    return [header, *(cells[start : start + columns] for start in range(0, len(cells), columns))]


def test_the_pdf_holds_headings_tables_images_and_code_in_their_order(made):
    assert made.pdf.read_bytes().startswith(b"%PDF-")
    found = made.find("selector(heading).or(table).or(image).or(raw.where(block: true))")
    assert [each["func"] for each in found] == (
        ["heading", "heading", "table", "heading", "table", "table", "raw", "image", "heading", "image"]
    )
    assert "show()" not in made.typst
    headings = [(each["level"], words_of(each["body"])) for each in found if each["func"] == "heading"]
    assert headings == [(1, TITLE), (2, "1 The table"), (3, "1.1 Rows"), (2, "2 The end")]
    assert {width for each in found if each["func"] == "table" for width in each["columns"]} == {"auto"}
    _, small, long = (table_rows(each) for each in found if each["func"] == "table")
    assert small[0] == ["one", "two"]
    assert long == [["row"], *([f"row {number}"] for number in range(150))]
    assert [words_of(each) for each in made.find("list")[1]["children"]] == ["one", "two"]


def test_only_formulas_of_markdown_cells_are_formulas(made):
    equations = [(each["block"], words_of(each["body"])) for each in made.find("math.equation")]
    assert equations == [(False, "s = ∑ x"), (True, "p = a ⊙ b"), (False, "z")]
    assert made.html.count("<math ") == 3


def test_data_texts_come_out_as_they_are(made):
    """In a table, in Markdown that code has written, and as printed; in both pages."""
    assert "mathjax_ignore" in shown({"text": [NASTY]}).outputs[0].data["text/html"]  # and in JupyterLab
    assert table_rows(made.find("table")[0]) == [["text", "number"], [NASTY, "7"]]
    assert words_of(made.find("list")[0]["children"]) == f"positive: {NASTY}"
    assert [each["text"] for each in made.find("raw.where(block: true)")] == [NASTY]
    assert words_of(made.find("figure.where(kind: image)")[0]["caption"]).strip() == f"Figure 1. {NASTY}"
    assert made.find("image")[0]["alt"] == NASTY
    assert unescape(re.search('<img alt="(costs.*?)" class', made.html)[1]) == NASTY
    parts = (r"<td>(costs.*?)</td>", r"<li><em>positive</em>: (costs.*?)</li>", r"<pre[^>]*>(costs.*?)</pre>")
    for part in (*parts, r"Figure 1</span>\. (costs.*?)</figcaption>"):
        assert [text_of(each) for each in re.findall(part, made.html, re.DOTALL)] == [NASTY]


def test_a_text_begins_no_list_and_no_heading(tmp_path):
    """Neither in a cell of a table nor in a list of Markdown, by what it starts with."""
    texts = [
        "- a",
        "+ b",
        "= c",
        "/ d: e",
        "1. f",
        "-0.3",
        "a // b /* c */",
        "~ --- .. ?",
        "“g” “h",
        "i\\",
        "* *",
        "> j",
    ]
    markdown = display(text_markdown="\n".join(f"- {literal(text)}" for text in texts))
    body = html_of(shown({"text": texts}), markdown)
    source = typst_of(tmp_path, shown({"text": texts}), markdown)
    [table, items] = find(source, "selector(table).or(list)")
    assert table_rows(table)[1:] == [[text] for text in texts]
    assert [words_of(each) for each in items["children"]] == texts
    assert [text_of(each) for each in re.findall(r"<li>(.*?)</li>", body, re.DOTALL)] == texts


def test_examples_are_shown_as_they_are():
    data = SimpleNamespace(
        classes=("bad", "good"),
        y_train=np.array([1, 0, 1]),
        x_train=np.array(["*a*\n$b$", NASTY, "c"], dtype=object),
        in_english={NASTY: NASTY},
    )
    body = html_of(display(text_markdown=readings.examples(data)))
    found = [text_of(each) for each in re.findall(r"<li>(.*?)</li>", body, re.DOTALL)]
    assert found == [f"bad: {NASTY} In English: {NASTY}", "good: *a* $b$"]


def test_a_title_is_plain_text_wherever_it_stands(made):
    assert unescape(re.search("<title>([^<>]*)</title>", made.html)[1]) == TITLE
    assert f"text(size: 8.5pt, fill: quiet)[#{paper.quoted(TITLE)} " in made.typst
    assert typst.eval(b"", paper.quoted(TITLE)) == json.dumps(TITLE, ensure_ascii=False)


def test_paper_margins_and_page_numbers_are_ours(made):
    """Those of pandoc's own template, letter paper, came last and won."""
    assert made.images[0].shape[:2] == (842, 595)  # A4 in points
    assert len(made.images) > 3
    for image in made.images:  # the long table breaks over pages: nothing but the page number stands in the margin
        inked = np.flatnonzero((image[:, :, :3] < 128).any(axis=(1, 2)))
        assert set(inked[inked > 842 - 2.2 / 2.54 * 72 + 2]) <= set(range(798, 816))
    inked = [np.flatnonzero((image[:, :, :3] < 128).any(axis=(0, 2))) for image in made.images]
    margin = 2 / 2.54 * 72
    assert min(columns[0] for columns in inked) == pytest.approx(margin, abs=3)
    assert max(columns[-1] for columns in inked) <= 595 - margin + 3


def test_signs_whose_names_typst_refuses_are_typeset(tmp_path):
    """Among them all that the filter names, each of which would end in a traceback."""
    commands = {r"\odot": "⊙", r"\bigodot": "⨀", r"\otimes": "⊗", r"\bigotimes": "⨂", r"\cap": "∩", r"\bigcap": "⋂"}
    signs = re.findall('= "(.)"', (pages.TEMPLATES / "typst.lua").read_text())
    assert len(signs) > 40
    formulas = "\n\n".join(f"$x {each} \\text{{sect}}$" for each in [*signs, *commands, *"⊕∑∘∅"])
    source = typst_of(tmp_path, new_markdown_cell(formulas))
    found = [words_of(each) for each in json.loads(typst.query(source, "math.equation", root="/"))]
    assert [each[2] for each in found[:-4]] == [*signs, *commands.values()]
    assert all(each.endswith("sect") for each in found)


@pytest.mark.parametrize(
    ("formula", "message", "kinds"),
    [
        (r"\nosuch{x} < 3", r"lstm\.ipynb: the formula \$\\nosuch{x} < 3\$ is not known to pandoc", {"html", "pdf"}),
        (r"\frac{a", r"lstm\.ipynb: the formula \$\\frac{a\$ is not known", {"html", "pdf"}),
        (r"q \oslash < 3", r"lstm\.ipynb: the formula \$q \\oslash < 3\$ cannot be typeset \(.*xxx", {"html"}),
    ],
)
def test_a_formula_that_cannot_be_typeset_is_named(formula, message, kinds, tmp_path, monkeypatch):
    """Alone: the rest of the page is written, and links to a PDF only if there is one."""
    lua = tmp_path / "refused.lua"
    lua.write_text("function Math(f) if f.text:find('oslash') then return pandoc.RawInline('typst', '$xxx$') end end")
    monkeypatch.setattr(paper, "FILTER", [f"--lua-filter={lua}", "--quiet"])
    place, notebook = written([new_markdown_cell(f"# Title\n\nHere ${formula}$ and $x$.")], tmp_path)
    for kind in ("html", "pdf"):
        notebook.with_suffix(f".{kind}").write_text("of an earlier run")
    with pytest.raises(pages.PageError, match=message) as error:
        pages.render(notebook, place)
    assert "$x$" not in str(error.value)
    assert {path.name for path in place.reports.iterdir()} == {"lstm.ipynb", *(f"lstm.{kind}" for kind in kinds)}
    html = notebook.with_suffix(".html").read_text()
    assert "Here" in html
    assert ("lstm.pdf" in html) == ("pdf" in kinds)


def test_a_notebook_that_cannot_be_read_is_named(tmp_path):
    place, notebook = written([], tmp_path)
    notebook.write_text("{")
    with pytest.raises(pages.PageError, match=r"lstm\.ipynb cannot be rendered"):
        pages.render(notebook, place)
    assert [path.name for path in place.reports.iterdir()] == ["lstm.failed.ipynb"]


def test_cells_are_converted_together_and_keep_apart(monkeypatch):
    """A list ends with its cell; where a cell's end cannot be told, each is converted by itself."""
    calls = []
    by_pandoc = pages._by_pandoc
    monkeypatch.setattr(pages, "_by_pandoc", lambda source: calls.append(source) or by_pandoc(source))
    cells = [new_markdown_cell("- one"), new_code_cell("1"), new_markdown_cell("- two"), new_markdown_cell("    three")]
    html = html_of(*cells)
    assert len(calls) == 1
    assert html.index("one") < html.index('class="code"') < html.index("two") < html.index("three")
    assert html.count("<ul>") == html.count("</ul>") == 2
    assert "<code>three</code>" in html
    sources = [f"four{pages.BETWEEN}4", "five"]
    torn = html_of(*map(new_markdown_cell, sources))
    assert calls[2:] == sources
    assert torn.index("four") < torn.index("4") < torn.index("five")
    assert html_of(new_code_cell("six")).count("six") == 1


def test_pictures_of_an_edited_notebook_are_embedded(tmp_path):
    """An attachment, and a file beside the executed notebook; one that is nowhere is named, and stands as its text."""
    data = [base64.b64decode(picture(height, 3)) for height in (4, 6)]
    place, notebook = written([], tmp_path)
    (place.reports / "my drawing.png").write_bytes(data[1])
    cell = new_markdown_cell("# T\n\n![one](attachment:a%20b.png) ![two](my%20drawing.png)\n\n![three *words*](no.png)")
    cell.attachments = {"a b.png": {"image/png": base64.b64encode(data[0]).decode()}}
    nbformat.write(new_notebook(cells=[cell]), notebook)
    with pytest.raises(pages.PageError, match=r"^lstm\.ipynb: there is no picture no\.png$"):
        pages.render(notebook, place)
    html = notebook.with_suffix(".html").read_text()
    found = re.findall(r'<img alt="(\w+)" src="data:image/png;base64,([^"]*)"', html)
    assert [(alt, base64.b64decode(each)) for alt, each in found] == [("one", data[0]), ("two", data[1])]
    assert "three words" in html
    assert notebook.with_suffix(".pdf").exists()


def test_a_page_takes_the_svg_that_was_drawn_with_the_png(tmp_path):
    """Not one of another run, and not one that is much larger."""
    place = Place("tiny", True, tmp_path)
    place.figures.mkdir(parents=True)
    image = picture(9, 5)
    cell = display({"name": "drawn", "alt": "a", "caption": "b"}, image_png=image)
    png, svg = place.figures / "drawn.png", place.figures / "drawn.svg"
    for content, drawn, kind in (
        (base64.b64decode(image), "<svg/>", "svg+xml"),
        (base64.b64decode(picture(9, 6)), "<svg/>", "png"),
        (base64.b64decode(image), "<svg/>" * 1000, "png"),
    ):
        png.write_bytes(content)
        svg.write_text(drawn)
        html = pages.html_of(new_notebook(cells=[cell]), place)
        assert re.findall("data:image/([a-z+]+);", html) == [kind]


def test_code_is_folded_but_for_listings():
    cells = [new_code_cell(f"code_{number}") for number in range(3)]
    cells[0].metadata.tags, cells[1].metadata.tags = ["parameters"], ["listing"]
    html = html_of(*cells)
    folded = re.findall(r'<details class="code"><summary>(\w+)</summary>(.*?)</details>', html, re.DOTALL)
    assert [(title, re.findall("code_.", code)) for title, code in folded] == [
        ("Parameters", ["code_0"]), ("Code", ["code_2"])
    ]  # fmt: skip
    assert "code_1" in html


def test_solutions_are_folded_and_nothing_else():
    cells = [new_markdown_cell("# Title"), new_code_cell("1 + 1"), new_code_cell("# 12. Because\n2 + 2")]
    cells[2].metadata.tags = ["solution"]
    html = html_of(*cells)
    [(number, folded)] = re.findall(
        r'<details class="solution"><summary>(.*?)</summary>(.*?)</details>', html, re.DOTALL
    )
    assert number == "Solution 12"
    assert "Because" in folded
    assert "Title" in html.split("<details")[0]
    assert not re.search("Title|Because", html.replace(folded, "").split("<details")[1])
