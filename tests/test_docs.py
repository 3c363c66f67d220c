"""README and docs/: what they point to is there, and they hold what the committed tables say."""

import re
import shutil

import numpy as np
import pytest
from matplotlib import pyplot as plt

from study.errors import DataError
from study.files import ROOT
from study.show import docs

BLOCKS = {"README.md": ["answers", "check"], "docs/scale.md": ["spent", "runs", "workers"]}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [each for each in links if not (page.parent / each).exists()] == []


def test_each_page_can_be_reached_from_readme():
    reached = {"README.md"}
    for _ in PAGES:
        for page in PAGES:
            if page.name in reached:
                reached |= {link.rpartition("/")[2] for link in re.findall(r"\]\(([^)]+\.md)", page.read_text())}
    assert {page.name for page in PAGES} <= reached


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page):
    """Those in code marks with a folder of the project in front."""
    named = re.findall(
        r"`((?:docs|examples|forward|notebooks|study|tests|benchmarks)/[\w./-]+\.\w+)`", page.read_text()
    )
    assert [each for each in named if not (ROOT / each).exists()] == []


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "docs").mkdir()
    for page in BLOCKS:
        shutil.copy(ROOT / page, tmp_path / page)
    return tmp_path


def test_readme_and_docs_hold_what_the_command_writes(pages):
    for page, blocks in BLOCKS.items():
        for name in blocks:
            text = (pages / page).read_text()
            marks = rf"(<!-- {name}: begin -->).+?(<!-- {name}: end -->)"
            stale, number = re.subn(marks, r"\1stale\2", text, flags=re.DOTALL)
            assert number == 1
            (pages / page).write_text(stale)
    docs.write(pages)
    for page in BLOCKS:
        assert (pages / page).read_text() == (ROOT / page).read_text(), "make readme writes it anew"
    ours, new = (plt.imread(root / docs.PICTURE) for root in (ROOT, pages))
    assert ours.shape == new.shape
    assert np.mean(np.abs(ours - new) > 0.1) < 0.002  # another processor or matplotlib may round a line elsewhere
    assert f"]({docs.PICTURE})" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("mark", ["<!-- answers: begin -->", "<!-- check: end -->", "<!-- spent: begin -->"])
def test_a_page_without_a_place_for_a_block_is_named_and_all_are_left_alone(pages, mark):
    for page in BLOCKS:
        text = (pages / page).read_text()
        (pages / page).write_text(text.replace(mark, ""))
    before = {page: (pages / page).read_text() for page in BLOCKS}
    with pytest.raises(DataError, match=f"must have the lines .*{mark}"):
        docs.write(pages)
    assert {page: (pages / page).read_text() for page in BLOCKS} == before
    assert [each.name for each in (pages / "docs").iterdir()] == ["scale.md"]
