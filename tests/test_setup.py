"""`make setup` in a project that was moved or copied, with a stub in the place of Python: nothing is installed."""

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
    folder.mkdir(parents=True)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
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
