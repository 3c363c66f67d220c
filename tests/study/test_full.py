"""What full found, beside made-up comparisons."""

from dataclasses import replace

import pandas as pd

from study import full, store
from study.architectures import ARCHITECTURES, variants
from study.runs import Place
from study.show import conclusions

from . import made_up


def test_beside_finds_the_same_comparison_and_says_where_it_contradicts(monkeypatch, tmp_path):
    rows = [
        ("cnn", "convolutions", "convolutions-2", "baseline", -0.03, -0.04, -0.02, "worse"),
        ("cnn", "pooling", "pooling-average", "baseline", 0.0, -0.01, 0.01, "equivalent"),
        ("cnn", "filters", "filters-16-32-64", "baseline", 0.0, -0.05, 0.05, "not resolved"),
    ]
    columns = [*full.KEY, "effect", "low", "high", "verdict"]
    place = Place("full", False, tmp_path)
    store.write("comparisons", place, pd.DataFrame(rows, columns=columns))
    monkeypatch.setattr(full, "PLACE", place)
    full.table.cache_clear()
    ours = pd.DataFrame(
        [
            (*rows[2][:4], 0.2, 0.1, 0.3, "better"),
            (*rows[0][:4], 0.2, 0.1, 0.3, "better"),
            (*rows[1][:4], 0.2, -0.1, 0.3, "not resolved"),
            ("cnn", "pooling", "new", "baseline", 0.2, 0.1, 0.3, "better"),
        ],
        columns=columns,
    )
    found = full.beside(ours, Place("quick", False))
    silent = full.beside(ours, Place("full", False))
    full.table.cache_clear()
    assert found["effect"].tolist() == [0.2] * 4
    assert found["contradicts"].tolist() == [False, True, False, False]
    assert found["full_verdict"].fillna("none").tolist() == ["not resolved", "worse", "equivalent", "none"]
    assert found["full_effect"].tolist()[:3] == [0.0, -0.03, 0.0]
    assert (found.loc[1, "full_low"], found.loc[1, "full_high"]) == (-0.04, -0.02)
    assert silent["full_verdict"].isna().all()
    assert not silent["contradicts"].any()


def test_without_committed_tables_nothing_stands_beside(monkeypatch, tmp_path):
    """Whoever deletes them, to train everything anew, still has smaller profiles."""
    monkeypatch.setattr(full, "PLACE", Place("full", False, tmp_path))
    full.table.cache_clear()
    rows = made_up.comparisons("lstm", n_seeds=1)
    try:
        for place in (Place("quick", False), Place("quick", True)):
            found = full.beside(rows, place)
            assert found["full_verdict"].isna().all() and not found["contradicts"].any()
        assert full.of("results", ["lstm"]).empty
        assert full.lacking("lstm") == [each.name for each in variants("lstm")]
        assert conclusions.against_full(full.beside(rows, Place("quick", False)), "quick")
    finally:
        full.table.cache_clear()


def test_it_speaks_of_smaller_profiles_on_real_data():
    assert full.speaks_of(Place("quick", False))
    assert not full.speaks_of(Place("full", False))
    assert not full.speaks_of(Place("quick", True))
    assert not full.speaks_of(Place("quick", False, language="javanese"))


def test_what_a_profile_spends_less_is_named(monkeypatch):
    family = ARCHITECTURES["lstm"]
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(family, seeds=10))
    assert full.less("lstm", "quick", 1) == "1 seed instead of 10"
    assert full.less("lstm", "quick", 2) == "2 seeds instead of 10"
    assert full.less("lstm", "full", 10) == full.less("lstm", "quick", 12) == ""
    cnn = ARCHITECTURES["cnn"]
    monkeypatch.setitem(ARCHITECTURES, "cnn", replace(cnn, seeds=3, training=cnn.training | {"epochs": 7}))
    few = "1 seed instead of 3, 1 epoch instead of 7, 60 training samples instead of 40,000"
    assert full.less("cnn", "tiny", 1) == few


def test_what_came_after_the_tables_is_named(monkeypatch):
    """One variant, all of an architecture, or nothing: read from the tables, not counted."""
    names = {name: [each.name for each in variants(name)] for name in ("cnn", "lstm", "gru")}
    there = {"cnn": names["cnn"], "lstm": [each for each in names["lstm"] if each != "layers-3"], "gru": []}
    rows = [(name, each) for name, some in there.items() for each in some]
    monkeypatch.setattr(full, "table", lambda name: pd.DataFrame(rows, columns=["architecture", "variant"]))
    assert [full.lacking(name) for name in ("cnn", "lstm", "gru")] == [[], ["layers-3"], names["gru"]]
    said = conclusions.lacking_in_full(["cnn", "lstm", "gru"])
    assert said.endswith("made before these came: LSTM (3 layers) and GRU (all of it).")
    assert conclusions.lacking_in_full(["cnn"]) == ""
