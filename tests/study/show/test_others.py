"""The networks under other conditions, beside the study's own."""

import pandas as pd
import pytest

from study import conditions, full, store
from study.runs import Place
from study.show import others

from ..made_up import checks, tables, weighed

SCORES = {  # validation macro-F1, by condition and network; those of the study have 0.6
    ("half-rate", "baseline"): (0.5, 0.54),
    ("half-rate", "layers-1"): (0.6, 0.62),
    ("double-rate", "baseline"): (0.7, 0.72),
    ("share-5", "beyond-bidirectional"): (0.3, 0.34),
    ("fold-2", "beyond-bidirectional"): (0.8, 0.9),
}


def rows_of(scores=SCORES):
    rows = [
        ["lstm", *key, seed, 1234, score, 0.5, "0"]
        for key, several in scores.items()
        for seed, score in enumerate(several)
    ]
    return pd.DataFrame(rows, columns=conditions.COLUMNS[:-1]).assign(fingerprint=None)


def test_means_stand_beside_those_of_the_same_networks():
    studied = pd.DataFrame({"variant": ["baseline", "layers-1", "beyond-bidirectional"], "val_f1": [0.6, 0.7, 0.65]})
    table = others.table(others.beside(rows_of(), studied))
    assert table.columns.tolist() == [
        "condition", "networks", "seeds", "validation macro-F1", "the same networks in the study"
    ]  # fmt: skip
    assert table.to_numpy().tolist() == [
        ["half the learning rate", 2, 2, "0.565", "0.650"],
        ["double the learning rate", 1, 2, "0.710", "0.600"],
        ["5 % of the training texts", 1, 2, "0.320", "0.650"],
        ["fold 2 of 5", 1, 2, "0.850", ""],
    ]


def test_what_is_higher_on_the_same_data_is_named():
    studied = pd.DataFrame({"variant": ["baseline", "layers-1", "beyond-bidirectional"], "val_f1": [0.6, 0.7, 0.1]})
    assert others.said(others.beside(rows_of(), studied)) == (
        "Of 2 conditions that leave the data as they are, these score higher on validation data than the study's "
        "settings: double the learning rate "
        "(+0.110). The study keeps its own settings, which were fixed before: its scores are not the highest that "
        "these networks can reach."
    )
    high = studied.assign(val_f1=0.99)
    assert others.said(others.beside(rows_of(), high)).startswith(
        "Of 2 conditions that leave the data as they are, none scores"
    )
    folds = {key: scores for key, scores in SCORES.items() if key[0] == "fold-2"}
    assert others.said(others.beside(rows_of(folds), high)) == ""


def test_without_the_same_networks_nothing_stands_beside():
    means = others.beside(rows_of(), pd.DataFrame({"variant": ["baseline"], "val_f1": [0.6]})).set_index("condition")
    assert means["studied"].isna().to_dict() == {
        "half-rate": True, "double-rate": False, "share-5": True, "fold-2": True
    }  # fmt: skip


def test_a_smaller_profile_shows_what_full_has(tmp_path, monkeypatch):
    nothing, quick = rows_of({}), weighed(checks({}), place=Place("quick", False, tmp_path))
    place = Place("full", False, tmp_path)
    monkeypatch.setattr(full, "PLACE", place)
    monkeypatch.setattr(full, "table", {"results": tables("lstm")[0]}.__getitem__)
    told, lacking = others.parts(quick, nothing)
    assert told.startswith("The profile quick trains no network under other conditions")
    assert lacking == "Its committed tables have none yet."
    store.write("conditions", place, rows_of())
    _, lead, table, said = others.parts(quick, nothing)
    assert lead.startswith("**The profile `full`.** Some of the networks")
    assert table["the same networks in the study"].tolist() == ["0.600", "0.600", "0.600", ""]
    assert "double the learning rate (+0.110)" in said
    sample = weighed(checks({}), place=Place("quick", True, tmp_path))
    [told] = others.parts(sample, nothing)
    assert told.startswith("The profile quick-sample trains")


def test_a_profile_that_has_them_shows_its_own(tmp_path):
    found = weighed(checks({}), place=Place("full", False, tmp_path))
    lead, table, said = others.parts(found, rows_of())
    assert lead.startswith("Some of the networks were trained once more")
    assert len(table) == 4
    assert said.partition(", ")[2].startswith("these score higher")
    assert float(table["validation macro-F1"][0]) == pytest.approx(0.565)
