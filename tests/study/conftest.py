"""What tests of made-up results share."""

from dataclasses import replace

import pytest

from study import elsewhere
from study.__main__ import main
from study.architectures import ARCHITECTURES
from study.sides import KEY

from .made_up import ASKED_FOR


@pytest.fixture(scope="module")
def only_what_was_asked_for():
    """A variant or a group that came later is not there: what made-up results must say need not know it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, asked in ASKED_FOR.items():
            groups = {
                key: replace(group, changes={each: group.changes[each] for each in asked[key]})
                for key, group in ARCHITECTURES[name].groups.items()
                if key in asked
            }
            patch.setitem(ARCHITECTURES, name, replace(ARCHITECTURES[name], groups=groups))
        yield


@pytest.fixture
def grid_of_today(monkeypatch):
    """The committed grid of languages is taken for one of today's settings."""

    def of_seeds(row, number):
        mine = elsewhere.table()[lambda rows: (rows[KEY] == [getattr(row, each) for each in KEY]).all(axis=1)]
        return mine.loc[mine["language"] == "indonesian", "effect"].sum()

    monkeypatch.setattr(elsewhere, "_of_seeds", of_seeds)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The report of all architectures at the tiny budget on the sample data, made once for all tests of reports."""
    out = tmp_path_factory.mktemp("report")
    assert main(["report", "--profile", "tiny", "--source", "sample", "--out", str(out)]) == 0
    return out
