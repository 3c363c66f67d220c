"""The bar of a live notebook, and that a report's notebook has none: in a real kernel."""

import os

import nbclient
import nbformat
import pytest

from study.progress import REPORT, running_a_report

BEFORE = """
import logging
from IPython.display import Markdown, display
from study.progress import progress
display(Markdown("what stands above"))
drawn = []
"""
DURING = """
with progress(total=2, desc="tr<aining", unit="run", mininterval=0, note=lambda: "one is <left>") as bar:
    draw = getattr(bar, "_show", None)
    bar._show = lambda **content: (drawn.append(content), draw(**content))
    bar.update()
    bar.update()
print(drawn)
"""


def run(*sources):
    """The outputs of cells that run in a kernel of their own."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in sources])
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_bar_is_drawn_in_its_place_and_taken_away():
    [[above, bar, said]] = run(BEFORE + DURING)
    assert above.data["text/markdown"] == "what stands above"
    assert bar.data == {"text/html": "", "text/plain": ""}
    first, *_, last = eval(said.text)
    assert 'value="1" max="2" aria-label="tr&lt;aining"' in first["html"]
    assert "1 of 2, 00:00; one is &lt;left&gt;" in first["html"]
    assert "one is <left>" in first["text"]
    assert last == {"html": "", "text": ""}


def test_a_report_has_no_bar():
    with running_a_report():
        [[above, said]] = run(BEFORE + DURING)
    assert above.data["text/markdown"] == "what stands above"
    assert said.text == "[]\n"
    assert REPORT not in os.environ


def test_a_report_within_a_report_is_still_one():
    with running_a_report():
        with pytest.raises(KeyError), running_a_report():
            raise KeyError
        assert REPORT in os.environ
    assert REPORT not in os.environ
