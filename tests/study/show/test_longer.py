"""Networks that train longer: what is compared, what becomes of an order, and what the page says and draws of it."""

import numpy as np
import pandas as pd
import pytest

from study import full, longer, statistics, store
from study.runs import Place
from study.show import longer as page
from study.show import style
from study.show.words import signed, within

from ..made_up import checks, weighed

RIGHT = {  # {factor: {variant: share of right answers}}; the baseline's is 0.7, 0.74, 0.76
    1: {"convolutions-2": 0.5, "convolutions-4": 0.8, "pooling-average": 0.6},
    2: {"baseline": 0.74, "convolutions-2": 0.6, "convolutions-4": 0.73, "pooling-average": 0.9},
    4: {"baseline": 0.76, "convolutions-2": 0.7, "convolutions-4": 0.77, "pooling-average": 0.95},
}


def others_of(y, right=RIGHT, seeds=(0, 1), noise=1):
    """The rows of conditions.csv: networks right where they are, on examples of their own."""
    rng, rows = np.random.default_rng(noise), []
    for factor, shares in right.items():
        for name, share in shares.items() if factor > 1 else ():
            for seed in seeds:
                predicted = np.where(rng.permutation(len(y)) < share * len(y), y, (y + 1) % 3)
                rows.append(["cnn", f"epochs-{factor}", name, seed, 1234, 0.5, 0.5, store.as_digits(predicted)])
    rows.append(["cnn", "share-5", "baseline", 0, 1234, 0.5, 0.5, store.as_digits(y)])
    columns = ["architecture", "condition", "variant", "seed", "params", "val_f1", "test_f1", "predicted"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    place = Place("full", False, tmp_path_factory.mktemp("longer"))
    return weighed(checks(RIGHT[1], "cnn", seeds=(0, 1, 2), spread=0.005), place=place)


@pytest.fixture(scope="module")
def rows(found):
    return longer.gather(found, others_of(found.data.y_test))


def of(rows, group, ours, theirs, factor):
    here = (rows[["group", "variant", "baseline", "factor"]] == [group, ours, theirs, factor]).all(axis=1)
    [row] = rows[here].to_dict("records")
    return row


def test_groups_are_those_all_of_whose_networks_train_longer():
    assert longer.groups_of("cnn") == {
        "convolutions": {"2": "convolutions-2", "3": "baseline", "4": "convolutions-4"},
        "pooling": {"max": "baseline", "average": "pooling-average"},
    }
    assert longer.factors("cnn") == {"epochs-2": 2, "epochs-4": 4}
    assert longer.groups_of("lstm") == longer.factors("lstm") == {}


def test_each_network_and_each_comparison_is_there_at_each_number_of_epochs(found, rows):
    assert rows.columns.tolist() == longer.COLUMNS
    assert rows.groupby("factor")["epochs"].unique().map(list).to_dict() == {1: [7], 2: [14], 4: [28]}
    assert len(rows) == 3 * (3 + 2 + 2 + 1)
    assert rows.groupby("factor")["n_seeds"].unique().map(list).to_dict() == {1: [3], 2: [2], 4: [2]}
    at_first = of(rows, "convolutions", "convolutions-4", "baseline", 1)
    mine = found.of_group("convolutions").set_index("variant").loc["convolutions-4"]
    assert [at_first[each] for each in ("effect", "low", "high")] == pytest.approx(
        mine[["effect", "low", "high"]].tolist()
    )
    alone = of(rows, "pooling", "pooling-average", "", 4)
    y, mine = found.data.y_test, others_of(found.data.y_test)
    mine = mine[(mine["variant"] == "pooling-average") & (mine["condition"] == "epochs-4")]
    scores = [statistics.macro_f1(y, store.from_digits(each), 3) for each in mine["predicted"]]
    assert alone["effect"] == pytest.approx(np.mean(scores))
    assert alone["low"] < alone["effect"] < alone["high"]


def test_the_rows_are_left_and_found_again(found, rows, tmp_path):
    again = store.rows_of(longer.TABLE, found.place, "cnn")
    pd.testing.assert_frame_equal(again.reset_index(drop=True), rows, check_dtype=False)
    assert store.rows_of(longer.TABLE, found.place, "lstm").empty
    assert store.rows_of(longer.TABLE, Place("full", False, tmp_path), "cnn").empty


def test_without_such_networks_there_is_nothing(found, tmp_path):
    nothing = others_of(found.data.y_test)[lambda each: each["condition"] == "share-5"]
    place = Place("quick", True, tmp_path)
    none = longer.gather(weighed(found.checks, place=place), nothing)
    assert none.empty
    assert not (place.reports / "longer.csv").exists()


def test_what_a_profile_has_not_trained_is_not_compared(found):
    few = others_of(found.data.y_test)[
        lambda each: (each["condition"] == "epochs-2") & each["variant"].isin(("baseline", "convolutions-2"))
    ]
    some = longer.compared(found, few)
    later = some[some["factor"] == 2]
    assert set(zip(later["group"], later["variant"], later["baseline"], strict=True)) == {
        ("convolutions", "convolutions-2", ""),
        ("convolutions", "baseline", ""),
        ("convolutions", "convolutions-2", "baseline"),
        ("pooling", "baseline", ""),
    }
    said = page.verdicts(some)
    assert "- **2** against 3" in said
    assert "**4** against" not in said
    assert "**Pooling**" not in said


@pytest.mark.parametrize(
    ("first", "later", "says"),
    [
        ((0.02, 0.01, 0.03), (0.04, 0.03, 0.05), "holds"),
        ((-0.02, -0.03, -0.01), (-0.04, -0.05, -0.03), "holds"),
        ((0.02, 0.01, 0.03), (-0.04, -0.05, -0.03), "turns round"),
        ((0.02, 0.01, 0.03), (0.02, -0.01, 0.05), "is not resolved"),
        ((0.0, -0.01, 0.01), (0.04, 0.03, 0.05), "was not there"),
    ],
)
def test_outcomes(first, later, says):
    names = ("effect", "low", "high")
    assert longer.outcome(dict(zip(names, first, strict=True)), dict(zip(names, later, strict=True))) == says


def test_the_sentences_follow_the_rows(rows):
    said = page.verdicts(rows)
    worse, turned = (
        {factor: of(rows, group, name, "baseline", factor) for factor in (1, 2, 4)}
        for group, name in (("convolutions", "convolutions-2"), ("pooling", "pooling-average"))
    )
    inside = lambda row: f"{signed(row['effect'])} (95 % interval {within(row['low'], row['high'])})"  # noqa: E731
    assert (
        f"- **average** against max: {inside(turned[1])} after 7 epochs. After 14 epochs the order "
        f"**turns round**: {inside(turned[2])}. After 28 epochs the order "
        f"**turns round**: {inside(turned[4])}."
    ) in said
    assert f"After 14 epochs the order **holds**: {inside(worse[2])}" in said
    assert "**Pooling**: its order does **not** hold: average against max turns round." in said
    gain = (
        of(rows, "pooling", "pooling-average", "", 4)["effect"]
        - of(rows, "pooling", "pooling-average", "", 1)["effect"]
    )
    assert f"{signed(gain)} for average." in said
    assert "trained once" not in said
    assert "trained once" in page.verdicts(rows.assign(n_seeds=1))


def test_a_group_whose_order_holds_or_is_not_resolved_any_more(rows):
    """With intervals set by hand."""
    pairs = rows["baseline"] != ""
    held = rows.assign(low=np.where(pairs, 0.01, rows["low"]), high=np.where(pairs, 0.03, rows["high"]), effect=0.02)
    assert "**Number of convolutions**: its order **holds** at every number of epochs." in page.verdicts(held)
    lost = held.assign(low=np.where(pairs & (rows["factor"] == 4), -0.01, held["low"]))
    assert "are not resolved any more after more of them; nothing turns round." in page.verdicts(lost)
    none = held.assign(low=np.where(pairs & (rows["factor"] == 1), -0.01, held["low"]))
    assert "**Pooling**: no order is resolved after 7 epochs." in page.verdicts(none)
    assert "no order was resolved at first, so there is none that could hold" in page.verdicts(none)


def test_the_table_has_a_column_for_each_number_of_epochs(rows):
    table = page.table(rows)
    assert table.columns.tolist() == ["group", "network", "7 epochs", "14 epochs", "28 epochs"]
    assert table["network"].tolist() == [
        "2",
        "3",
        "4",
        "2 against 3",
        "4 against 3",
        "max",
        "average",
        "average against max",
    ]
    row = of(rows, "convolutions", "convolutions-4", "baseline", 2)
    assert table["14 epochs"][4] == f"{signed(row['effect'])} ({within(row['low'], row['high'])})"


def test_the_figure(rows, found, monkeypatch):
    kept = []
    monkeypatch.setattr(style, "save", lambda figure, place, *names, **said: kept.append((figure, *names[:2], said)))
    page.picture(rows, found.data, found.place)
    [(figure, name, title, said)] = kept
    assert (name, title) == ("cnn-epochs", "CNN: macro-F1 against epochs")
    for axes, group in zip(figure.axes, longer.groups_of("cnn").items(), strict=True):
        assert [each.get_text() for each in axes.get_xticklabels()] == ["7", "14", "28"]
        assert [each.get_text() for each in axes.texts] == list(group[1])
        for bars, name in zip(axes.containers, group[1].values(), strict=True):
            mine = [of(rows, group[0], name, "", factor) for factor in (1, 2, 4)]
            assert bars.lines[0].get_ydata().tolist() == [each["effect"] for each in mine]
            ends = [segment[:, 1] for segment in bars.lines[2][0].get_segments()]
            np.testing.assert_allclose(ends, [[each["low"], each["high"]] for each in mine])
            assert ", ".join(f"{each['effect']:.3f} after {each['epochs']} epochs" for each in mine) in said["alt"]


def test_a_smaller_profile_shows_what_full_has(rows, found, tmp_path, monkeypatch):
    nothing = pd.DataFrame(columns=longer.COLUMNS)
    quick = weighed(found.checks, place=Place("quick", False, tmp_path))
    monkeypatch.setattr(page, "picture", lambda *_: "the figure")
    monkeypatch.setattr(full, "PLACE", Place("full", False, tmp_path / "none"))
    assert list(page.parts(quick, nothing)) == [
        "The profile quick trains no network for more epochs; `full` does.",
        "Its committed tables have no such networks yet.",
    ]
    monkeypatch.setattr(full, "PLACE", found.place)
    told, lead, figure, _, said = page.parts(quick, nothing)
    assert told == "The profile quick trains no network for more epochs; `full` does."
    assert lead.startswith("**The profile `full`.** The same networks")
    assert "epochs: 7, 14 and 28. Seeds: 3 for 7 epochs; 2 for 14 epochs; 2 for 28 epochs." in lead
    assert (figure, said) == ("the figure", page.verdicts(rows))
    sample = weighed(found.checks, place=Place("quick", True, tmp_path))
    assert len(list(page.parts(sample, nothing))) == 1
    assert next(page.parts(found, rows)).startswith("The same networks")
