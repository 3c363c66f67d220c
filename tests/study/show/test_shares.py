"""A network and its rival on ever larger parts of the training data."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import full, shares, statistics, store
from study.architectures import ARCHITECTURES
from study.baselines import Baseline
from study.runs import Place
from study.show import shares as page
from study.show import story
from study.show.words import signed

from ..made_up import RIVAL, checks, results, weighed

NETWORK = ARCHITECTURES["lstm"].conditions["share-5"].networks[0]
SHARES = {"share-5": 0.4, "share-10": 0.5, "share-25": 0.6, "share-50": 0.72}  # and how much of it the network gets
OF_RIVAL = {15: 0.55, 30: 0.56, 75: 0.57, 150: 0.58}  # by number of training examples


def answer(y, share, seed=0):
    """Classes of which such a share is right."""
    return np.where(np.random.default_rng(seed).random(len(y)) < share, y, (y + 1) % 3)


def conditions_of(y, seeds=(0, 1)):
    """conditions.csv, in any order, a fold among it."""
    names = dict(reversed(SHARES.items())) | {"fold-1": 0.1}
    rows = [
        ["lstm", name, NETWORK, seed, 1234, 0.6, 0.5, store.as_digits(answer(y, share, seed))]
        for name, share in names.items()
        for seed in seeds
    ]
    columns = ["architecture", "condition", "variant", "seed", "params", "val_f1", "test_f1", "predicted"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def fitted(monkeypatch):
    """Instead of fitting: a rival that gets better with the number of examples; and what was fitted."""
    seen = []

    def fit_once(data, path, only):
        seen.append((path.name, len(data.x_train), only))
        return [Baseline(only[0], 0.1, 0.2, answer(data.y_test, OF_RIVAL[len(data.x_train)], 7))]

    monkeypatch.setattr(shares, "fit_once", fit_once)
    return seen


@pytest.fixture
def found(tmp_path):
    return weighed(checks({NETWORK: 0.9}, seeds=(0, 1, 2), spread=0.02), 0.6, Place("full", True, tmp_path))


def test_each_share_has_the_network_the_rival_and_their_difference(found, fitted):
    y = found.data.y_test
    rows = shares.gather(found, conditions_of(y))
    assert rows.columns.tolist() == shares.COLUMNS
    wanted = [0.05, 0.1, 0.25, 0.5, 1.0]
    assert rows["share"].tolist() == np.repeat(wanted, 3).tolist()
    assert rows.drop_duplicates("share")["samples"].tolist() == [15, 30, 75, 150, 300]
    assert list(zip(rows["method"], rows["against"], strict=True)) == [(NETWORK, ""), (RIVAL, ""), (NETWORK, RIVAL)] * 5
    assert rows.groupby("share")["n_seeds"].first().tolist() == [2, 2, 2, 2, 3]
    for share, name in zip(wanted, SHARES, strict=False):
        network, rival, less = rows[rows["share"] == share].to_dict("records")
        scores = [statistics.macro_f1(y, answer(y, SHARES[name], seed), 3) for seed in (0, 1)]
        theirs = statistics.macro_f1(y, answer(y, OF_RIVAL[network["samples"]], 7), 3)
        assert (network["effect"], rival["effect"]) == pytest.approx((np.mean(scores), theirs))
        assert less["effect"] == pytest.approx(np.mean(scores) - theirs)
        assert less["low"] < less["effect"] < less["high"]
    alone = rows[rows["against"] == ""]
    assert alone["low"].min() >= 0  # of two seeds, Student's t alone would go further
    assert alone["high"].max() <= 1
    whole = rows[rows["share"] == 1].set_index("against").loc[RIVAL]
    studied = found.comparisons.query("group == 'baselines' and variant == @NETWORK").iloc[0]
    assert whole[["effect", "low", "high"]].tolist() == pytest.approx(studied[["effect", "low", "high"]].tolist())
    again = store.rows_of(shares.TABLE, found.place, "lstm")
    pd.testing.assert_frame_equal(again.reset_index(drop=True), rows)


def test_the_rival_alone_is_fitted_on_each_part_and_kept_apart(found, fitted):
    shares.gather(found, conditions_of(found.data.y_test))
    assert fitted == [
        (f"baselines-{name}.npz", samples, (RIVAL,)) for name, samples in zip(SHARES, OF_RIVAL, strict=True)
    ]


def test_without_such_networks_there_is_nothing(found, fitted, tmp_path):
    others = conditions_of(found.data.y_test)
    assert shares.gather(found, others[others["condition"] == "fold-1"]).empty
    assert not (found.place.reports / "shares.csv").exists()
    assert store.rows_of(shares.TABLE, Place("full", False, tmp_path / "elsewhere"), "lstm").empty
    some = shares.compared(found, others[others["condition"] == "share-25"])
    assert some["share"].unique().tolist() == [0.25, 1.0]


def test_the_page_shows_both_and_says_who_is_ahead(found, fitted, monkeypatch):
    rows = shares.compared(found, conditions_of(found.data.y_test))
    drawn = []
    write = page.style.write
    monkeypatch.setattr(
        page.style, "write", lambda figure, path, **how: drawn.append(figure) or write(figure, path, **how)
    )
    lead, table, picture, said = page.parts(found, rows)
    assert RIVAL in lead
    assert "the weights are changed 15 times on 15 texts, 150 times on 300 texts. A small part" in lead
    assert table["examples"].tolist() == ["15", "30", "75", "150", "300"]
    assert table.columns.tolist()[2:] == [
        "1 layer with all steps up to both directions", RIVAL,
        f"1 layer with all steps up to both directions less {RIVAL}",
    ]  # fmt: skip
    last = rows.iloc[-3]
    assert table.iloc[-1, 2] == f"{last['effect']:.3f} ({last['low']:.3f} to {last['high']:.3f})"
    assert picture.path.name == "lstm-shares.png"
    [axes] = drawn[0].axes
    assert [each.get_text().replace("\n", " ") for each in axes.texts] == [*table.columns[2:4]]
    assert axes.get_xticklabels()[0].get_text() == "15\n5\N{NO-BREAK SPACE}%"
    heights = [bar.lines[0].get_ydata().tolist() for bar in axes.containers]
    alone = rows[rows["against"] == ""]
    assert heights == [alone.loc[alone["method"] == name, "effect"].tolist() for name in (NETWORK, RIVAL)]
    percent = "\N{NO-BREAK SPACE}%"
    for how, low, high in (("ahead", 0.01, 0.03), ("behind", -0.2, -0.1), ("not told apart", -0.1, 0.1)):
        mine = (rows["against"] != "") & (rows["share"] == 0.25)
        one = rows.copy()
        one.loc[rows["against"] != "", ["low", "high"]] = [-5, 5] if how != "not told apart" else [1, 2]
        one.loc[mine, ["low", "high"]] = [low, high]
        assert f"{how} on 25{percent}" in page.reading(one)
    half = alone[(alone["share"] == 0.5) & (alone["method"] == NETWORK)]["effect"].iloc[0]
    assert f"the last step, from 50{percent}, brings {signed(last['effect'] - half)};" in said


def test_a_smaller_profile_shows_what_full_has(monkeypatch, found, fitted, tmp_path):
    monkeypatch.setattr(full, "PLACE", Place("full", False, tmp_path / "committed"))
    quick = replace(results({}), place=Place("quick", False, tmp_path))
    empty = pd.DataFrame(columns=shares.COLUMNS)
    nothing, not_yet = page.parts(quick, empty)
    assert "trains no network on a part" in nothing
    assert "none yet" in not_yet
    assert len(list(page.parts(replace(quick, place=Place("quick", True)), empty))) == 1
    shares.gather(replace(found, place=full.PLACE), conditions_of(found.data.y_test))
    parts = list(story.less_data.__wrapped__(quick, empty))
    assert parts[1].startswith("**The profile `full`.** One network (1 layer with all steps up to both directions) and")
    assert parts[3].path.name == "lstm-shares-full.png"
