"""`make setup` in a project that was moved or copied, with a stub in the place of Python: nothing is installed."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from study.files import ROOT

STUB = """#!/bin/sh
case "$*" in
    *sys.version_info*) exec "$REAL" -c "import sys; sys.version_info = $VERSION; $(printf '%s' "$2")" ;;
    "-m venv .venv")
        mkdir -p .venv/bin && cp "$0" .venv/bin/python
        echo "command = $0 -m venv $PWD/.venv" > .venv/pyvenv.cfg ;;
    *"-m pip"*) echo "$0" > .venv/installed ;;
    *) exit 9 ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    """A project in a folder with blanks, set up once."""
    folder = tmp_path / "a folder" / "with  blanks"
    (folder / "study").mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml", "study/jupyter_server_config.json"):
        shutil.copy(ROOT / name, folder / name)
    (tmp_path / "python").write_text(STUB)
    (tmp_path / "python").chmod(0o755)
    assert set_up(folder, tmp_path)
    return folder


def setup(folder, tmp_path, version=(3, 11)):
    return subprocess.run(
        ["make", "setup", f"PYTHON={tmp_path}/python"],
        cwd=folder,
        env=os.environ | {"VERSION": str(version), "REAL": sys.executable},
        capture_output=True,
        text=True,
    )


def set_up(folder, tmp_path):
    """Whether `make setup` has installed anything; it must not fail, and what it leaves is this folder's own."""
    mark = folder / ".venv" / "installed"
    mark.unlink(missing_ok=True)
    done = setup(folder, tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"-m venv {folder}/.venv\n" in (folder / ".venv" / "pyvenv.cfg").read_text()
    return mark.exists()


def test_what_is_set_up_stays(project, tmp_path):
    assert not set_up(project, tmp_path)


def test_after_a_move_it_is_set_up_anew(project, tmp_path):
    (project / ".venv" / "old").touch()
    moved = project.rename(tmp_path / "moved")
    assert set_up(moved, tmp_path)
    assert not (moved / ".venv" / "old").exists()
    assert not set_up(moved, tmp_path)


@pytest.mark.parametrize("symlinks", [False, True], ids=["copied", "linked"])
def test_a_copy_is_set_up_anew_and_the_original_left_alone(symlinks, project, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".venv") if symlinks else None)
    if symlinks:
        (copy / ".venv").symlink_to(project / ".venv")
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    done = setup(copy, tmp_path)
    assert f".venv was made as {project}/.venv, and is made anew here" in done.stdout
    assert not (copy / ".venv").is_symlink()
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
    assert not set_up(copy, tmp_path)


def test_an_environment_may_lie_elsewhere(project, tmp_path):
    """A link that was there first is the user's own wish."""
    shutil.rmtree(project / ".venv")
    (tmp_path / "elsewhere").mkdir()
    (project / ".venv").symlink_to(tmp_path / "elsewhere")
    assert set_up(project, tmp_path)
    assert (project / ".venv").is_symlink()
    assert not set_up(project, tmp_path)


@pytest.mark.parametrize(("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_other_pythons_are_refused(version, fits, project, tmp_path):
    shutil.rmtree(project / ".venv")
    done = setup(project, tmp_path, version)
    assert (done.returncode == 0) == fits
    assert (project / ".venv").exists() == fits
    if not fits:
        assert re.search(
            rf"Python 3.11, 3.12 or 3.13 is needed, this is {version[0]}.{version[1]}; name one", done.stderr
        )


def make(folder, *arguments):
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_jupyter_is_told_what_to_save(project):
    """By Jupyter itself, which reads some folders for some settings only."""
    told = {"JUPYTER_CONFIG_PATH": str(project / ".venv" / "etc" / "jupyter"), "JUPYTER_CONFIG_DIR": str(project)}
    said = subprocess.run(
        [sys.executable, "-m", "jupyter", "server", "--show-config-json"],
        env=os.environ | told, cwd=project, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    settings = json.loads(said[said.index("{") :])
    assert settings["ContentsManager"]["pre_save_hook"] == "study.saving.without_outputs"


def test_jupyter_is_given_further_arguments_and_may_be_root(project):
    said = make(project, "--dry-run", "notebook", "ARGS=--port 8899 --no-browser")
    assert re.search(r"^\.venv/bin/jupyter lab .*--port 8899 --no-browser$", said, re.MULTILINE)
    assert ("--allow-root" in said) == (os.getuid() == 0)


def test_clean_says_what_it_removes_and_keeps_what_took_long(project):
    kept = [f"{each}/quick/a" for each in ("reports", "figures", "weights")]
    for each in (*kept, ".pytest_cache/a", "study/__pycache__/a", "reports/in-git.csv"):
        (project / each).parent.mkdir(parents=True, exist_ok=True)
        (project / each).touch()
    for each in ("reports", "figures", "weights"):
        (project / each / ".gitignore").write_text("*\n!/in-git.csv\n!.gitignore\n")
    said = make(project, "clean")
    assert {".venv", ".pytest_cache"} <= set(said.split()) and ".mypy_cache" not in said
    assert not any((project / each).exists() for each in (".venv", ".pytest_cache", "study/__pycache__"))
    assert all((project / each).exists() for each in kept)
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    said = make(project, "clean-all")
    assert "removing reports/quick/\n" in said and "removing figures/quick/\n" in said
    assert [(project / each).exists() for each in kept] == [False, False, True]
    assert (project / "reports" / "in-git.csv").exists()
