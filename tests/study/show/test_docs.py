"""README and docs/ hold what the committed tables say: whoever changes one without the other sees it here."""

import re
import shutil

import numpy as np
import pytest
from matplotlib import pyplot as plt

from study.errors import DataError
from study.files import ROOT
from study.show import docs

BLOCKS = {"README.md": ["answers", "check"], "docs/scale.md": ["spent"]}


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
