"""What `pip install .` installs."""

import email
import re
import zipfile

import pytest
import yaml
from flit_core import buildapi

import forward
from study.files import ROOT


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)  # where build tools start
    before = {*ROOT.iterdir()}
    with zipfile.ZipFile(tmp_path / buildapi.build_wheel(tmp_path)) as wheel:
        yield wheel
    assert {*ROOT.iterdir()} == before, "something is left in the project's folder"


def test_it_is_forward_and_nothing_else(wheel):
    code = {str(path.relative_to(ROOT)) for path in ROOT.glob("forward/**/*.py")}
    about = f"forward_by_hand-{forward.__version__}.dist-info"
    assert code == {name for name in wheel.namelist() if not name.startswith(about)}


def test_it_needs_numpy_alone(wheel):
    about = email.message_from_bytes(wheel.read(f"forward_by_hand-{forward.__version__}.dist-info/METADATA"))
    needed = about.get_all("Requires-Dist")
    assert [each for each in needed if "extra ==" not in each] == ["numpy>=1.26"]
    assert set(about.get_all("Provides-Extra")) == {"threads", "study"}
    assert about["Requires-Python"] == ">=3.11"


def test_the_version_stands_in_one_place_and_is_told_in_two_more():
    """Of what a release is cited by and what changed in it; the reports take it from the package."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == forward.__version__
    assert cited["license"] == "MIT"
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", changes, re.MULTILINE)[0] == forward.__version__
