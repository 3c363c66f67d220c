"""In how many other languages a finding holds, counted in a made-up table."""

import pandas as pd
import pytest

from study import elsewhere, full
from study.runs import Place
from study.sides import KEY

from .made_up import comparisons

FULL = Place("full", False)
ONE = ("lstm", "layers", "layers-1", "baseline")
LANGUAGES = [  # language, seeds, effect, low, high, dead
    ("indonesian", 2, 0.031, 0.8, 1.0, False),
    ("javanese", 2, 0.04, 0.01, 0.07, False),
    ("english", 2, 0.02, -0.01, 0.05, False),
    ("buginese", 2, -0.01, -0.04, 0.02, False),
    ("balinese", 2, -0.05, -0.08, -0.02, False),
    ("sundanese", 2, 0.05, 0.02, 0.08, True),
]


RESULTS = ["architecture", "variant", "seed", "test_f1_keras"]


@pytest.fixture
def counts(monkeypatch):
    """What is counted beside one comparison of a given difference, at a given place."""
    rows = [(*ONE, *each) for each in LANGUAGES]
    rows += [(*ONE[:2], "layers-3", "baseline", "javanese", 2, 0.04, 0.01, 0.07, False)]
    table = pd.DataFrame(rows, columns=[*KEY, "language", "seeds", "effect", "low", "high", "dead"])
    monkeypatch.setattr(elsewhere, "table", lambda: table)
    scores = {("layers-1", 0): 0.74, ("layers-1", 1): 0.722, ("layers-1", 2): 0.9}
    scores |= {("baseline", 0): 0.69, ("baseline", 1): 0.71, ("baseline", 2): 0.5}
    results = pd.DataFrame([("lstm", *key, score) for key, score in scores.items()], columns=RESULTS)
    monkeypatch.setattr(full, "table", lambda name: {"results": results}[name])

    def counted(effect, place=FULL):
        found = elsewhere.beside(comparisons("lstm", {ONE[1:]: (effect, "better")}), place).set_index(KEY)
        assert found.loc[[("lstm", "cells", "cells-32-16", "baseline")], elsewhere.COUNTS].isna().all(axis=None)
        return found.loc[ONE, elsewhere.COUNTS].tolist()

    return counted


def test_other_languages_are_counted_and_the_dead_are_not(counts):
    assert counts(0.06) == [4, 2, 2, 2, 1, 1]
    assert counts(-0.06) == [4, 2, 2, 2, 1, 1]


def test_the_sign_is_that_of_our_difference(counts, monkeypatch):
    table = elsewhere.table()
    monkeypatch.setattr(elsewhere, "table", lambda: table[table["language"] != "buginese"])
    assert counts(0.06) == [3, 2, 2, 1, 1, 1]
    assert counts(-0.06) == [3, 2, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "place", [Place("quick", False), Place("full", True), Place("full", False, language="english")]
)
def test_it_speaks_of_indonesian_texts_in_full(counts, place):
    assert pd.isna(counts(0.06, place)).all()


def test_a_grid_of_other_settings_says_nothing(counts, monkeypatch):
    """Its Indonesian networks are not those of the study with the same seeds."""
    results = full.table("results")
    moved = results.assign(test_f1_keras=results["test_f1_keras"] + 0.001 * (results["variant"] == "layers-1"))
    monkeypatch.setattr(full, "table", lambda name: {"results": moved}[name])
    assert pd.isna(counts(0.06)).all()


def test_the_committed_table_speaks_of_todays_networks_or_not_at_all():
    elsewhere.table.cache_clear()
    found = elsewhere.beside(full.of("comparisons", ["lstm", "cnn"]), FULL)
    within = found[found["group"].isin(("layers", "cells", "direction"))]
    assert len(within) and set(within["others"].dropna()) <= {11}
    assert found[found["architecture"] == "cnn"]["others"].isna().all()


def test_without_a_table_nothing_is_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(elsewhere, "TABLE", tmp_path / "languages.csv")
    elsewhere.table.cache_clear()
    assert elsewhere.beside(comparisons("lstm"), FULL)["others"].isna().all()
    elsewhere.table.cache_clear()
