"""What JupyterLab saves of a notebook: by Jupyter's own contents manager, set up as `make setup` does."""

import json
import shutil
import subprocess

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from traitlets.config import Config

from study import saving
from study.files import ROOT

NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """The folder of the notebooks, tracked by git in a project of their own, and a copy that is not."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(ROOT / "notebooks" / name, folder)
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    shutil.copy(folder / NAMES[0], folder / "copy.ipynb")
    monkeypatch.setattr(saving, "NOTEBOOKS", folder)
    return folder


def as_it_was_run(path):
    """A notebook with all that JupyterLab puts into it while it runs."""
    content = nbformat.read(path, as_version=4)
    content.metadata.language_info = {"name": "python", "version": "3.11.2", "codemirror_mode": {"version": 3}}
    content.metadata.kernelspec.display_name = "Python 3"
    content.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    for number, cell in enumerate(content.cells):
        cell.metadata |= {"trusted": True, "execution": {"iopub.status.busy": "2026-11-27"}}
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="something")]
            cell.execution_count = number
            cell.metadata.pop("jupyter", None)  # someone looked at the solution
    return content


@pytest.mark.parametrize("start", ["", "notebooks"], ids=["in the project", "in notebooks"])
@pytest.mark.parametrize("name", [*NAMES, "copy.ipynb"])
def test_what_git_tracks_is_saved_as_it_was(name, start, notebooks):
    settings = Config(json.loads((ROOT / "study" / "jupyter_server_config.json").read_text()))
    manager = LargeFileManager(root_dir=str(notebooks.parent / start), config=settings)
    before = (notebooks / name).read_bytes()
    ran = as_it_was_run(notebooks / name)
    manager.save({"type": "notebook", "format": "json", "content": ran}, name if start else f"notebooks/{name}")
    if name == "copy.ipynb":
        saved = nbformat.read(notebooks / name, as_version=4)
        assert any(cell.get("outputs") for cell in saved.cells)
        return
    assert (notebooks / name).read_bytes() == before
    assert not subprocess.run(["git", "diff", "--name-only"], cwd=notebooks, capture_output=True, check=True).stdout


def test_what_was_typed_and_pasted_stays(notebooks):
    content = as_it_was_run(notebooks / NAMES[0])
    content.cells[0] |= {"source": "# Mine", "attachments": {"a.png": {"image/png": "aGk="}}}
    content.cells[1].metadata.tags = ["parameters", "mine"]
    saving.clean(content)
    assert content.cells[0].source == "# Mine"
    assert content.cells[0].attachments == {"a.png": {"image/png": "aGk="}}
    assert content.cells[1].metadata.tags == ["parameters", "mine"]


@pytest.mark.parametrize(
    ("place", "kind"), [("deeper/cnn.ipynb", "notebook"), ("cnn.ipynb", "file"), (".", "directory")]
)
def test_what_is_no_notebook_of_this_project_is_left_alone(place, kind, notebooks):
    (notebooks / "deeper").mkdir()
    shutil.copy(notebooks / "cnn.ipynb", notebooks / "deeper")
    subprocess.run(["git", "add", "."], cwd=notebooks, check=True)
    model = {"type": kind, "content": {"metadata": {"mine": 1}, "cells": []}}
    saving.without_outputs(model, place, type("Manager", (), {"root_dir": str(notebooks)}))
    assert model["content"]["metadata"] == {"mine": 1}
