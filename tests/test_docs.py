"""README and docs/: what they point to is there."""

import re

import pytest

from study.files import ROOT

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
