"""The cells of the tables that the pages show."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from study import elsewhere
from study.evaluation import results as rows_of
from study.show import closeups, tables
from study.show.words import signed, within
from study.statistics import p_words

from ..made_up import checks, results, weighed


@pytest.mark.usefixtures("grid_of_today")
def test_comparison_table_holds_what_was_found():
    found = results({"baseline": 0.7, "layers-1": 0.9, "layers-3": 0.68}, seeds=(0, 1, 2), spread=0.05)
    table = tables.comparison_table(found, "layers")
    assert list(table.columns) == [
        "variant", "compared with", "difference", "95 % interval", "ahead", "p differ", "p equal", "verdict",
        "holds in", "other languages",
    ]  # fmt: skip
    for (_, shown), row in zip(table.iterrows(), found.of_group("layers").itertuples(), strict=True):
        ours, theirs = (found.sides[name].scores for name in (row.variant, row.baseline))
        ahead = sum(a > b for a in ours for b in theirs)
        differ, equal = (p_words(each).removeprefix("= ") for each in (row.p_holm, row.p_holm_equal))
        [languages] = elsewhere.beside(found.of_group("layers").loc[[row.Index]], found.place).itertuples()
        said = f"{languages.small if row.verdict == 'equivalent' else languages.same} of {languages.others}"
        assert shown.tolist() == [
            row.variant.removeprefix("layers-"), "2", signed(row.effect), within(row.low, row.high),
            f"{ahead} of 9", differ, equal, row.verdict + ", fragile" * row.fragile,
            f"{row.holds:.0f} of {row.checks:.0f}", said,
        ]  # fmt: skip


def test_a_fragile_verdict_is_marked():
    found = results({"baseline": 0.7, "layers-1": 0.9}, seeds=(0, 1, 2), spread=0.05)
    found.comparisons.loc[0, ["verdict", "holds", "checks", "fragile"]] = ["better", 2, 5, True]
    table = tables.comparison_table(found, "layers")
    assert table.loc[0, ["verdict", "holds in"]].tolist() == ["better, fragile", "2 of 5"]
    assert "fragile" not in table.loc[1, "verdict"]
    assert tables.comparison_table(found)["holds in"].str.fullmatch(r"\d of 4").all()
    assert "other languages" not in tables.comparison_table(found)


def test_one_seed_has_mcnemar_and_no_pairs():
    found = results({"layers-1": 0.9})
    table, row = tables.comparison_table(found, "layers"), found.of_group("layers").iloc[0]
    assert table["p (McNemar)"][0] == p_words(row.p_mcnemar).removeprefix("= ")
    assert "ahead" not in table


def test_group_table():
    made = checks({"baseline": 0.7, "layers-1": 0.9}, seeds=(0, 1), params=12_345, train_s=2.25)
    for number, each in enumerate(made):
        each.run.record["metrics"] = {"val_loss": 0.5, "val_f1": 0.6 + number / 100, "train_f1": 0.9 + number / 200}
        each.run.record["best_epoch"] = 3 - each.run.seed
    found = weighed(made)
    table = tables.group_table(found, "layers")
    frame = rows_of([each for each in made if each.run.variant.name == "layers-1"])
    mean = found.sides["layers-1"].mean
    gap = frame["train_f1"].mean() - frame["test_f1_keras"].mean()
    assert gap > 0 or gap < 0
    assert table.iloc[0].to_dict() == {
        "Number of layers": "1", "macro-F1, test": f"{mean.estimate:.3f}",
        "95 % interval": f"{mean.low:.3f} to {mean.high:.3f}",
        "training": f"{frame['train_f1'].mean():.3f}",
        "validation": f"{frame['val_f1'].mean():.3f}", "train - test": f"{gap:.3f}", "parameters": "12,345",
        "time, s": "2.2",
    }  # fmt: skip
    assert table["Number of layers"].tolist() == ["1", "2", "3", found.rival]


def test_a_budget_stands_in_the_group_table_where_it_differs():
    made = checks({}, seeds=(0, 1))
    assert not {*tables.BUDGET} & {*tables.group_table(weighed(made), "layers")}
    [first] = [each for each in made if (each.run.variant.name, each.run.seed) == ("layers-3", 0)]
    first.run.record["best_epoch"] = 2
    table = tables.group_table(weighed(made), "layers")
    assert table["weights kept"].tolist() == ["epoch 3", "epoch 3", "epoch 2 to 3", ""]
    assert not {"seeds", "epochs"} & {*table}
    fewer = tables.group_table(weighed([each for each in made if each is not first]), "layers")
    assert fewer["seeds"].tolist() == [2, 2, 1, ""]
    assert "means over 1 or 2 seeds, of times the least" in fewer.caption
    assert "means over 2 seeds, of" in table.caption


def test_the_times_of_networks_that_tables_alone_tell_of_are_not_compared():
    made = checks({}, seeds=(0, 1))
    listed = [replace(each, run=replace(each.run, listed={"a": "row"})) if each.run.seed else each for each in made]
    for each, told in ((made, False), (listed, True)):
        assert ("they hardly compare" in tables.group_table(weighed(each), "layers").caption) == told


def test_group_table_says_which_weights_were_kept():
    """Also where a network of one seed diverged, and has those of its best epoch."""
    made = checks({}, seeds=(0, 1, 2))
    for each in made:
        name, seed = each.run.variant.name, each.run.seed
        rule = {"layers-1": "last", "baseline": "mean", "layers-3": "best" if seed == 1 else "mean"}.get(name, "best")
        each.run.record.update(kept=rule, best_epoch=0 if seed == 1 else 3)
    kept = tables.group_table(weighed(made), "layers")["weights kept"].tolist()
    assert kept[:3] == ["last step", "mean", "mean, epoch 0"]


def test_classes_and_calibration_are_means_over_seeds():
    found = results({"baseline": 0.6, "layers-1": 0.9}, seeds=(0, 1), spread=0.05)
    y, y_guessed = found.data.y_test, found.sides["layers-1"].predicted
    f1 = np.mean([f1_score(y, each, average=None) for each in y_guessed], axis=0)
    [row] = closeups.class_table(found).query("variant == '1 layer'").to_dict("records")
    assert row == {"variant": "1 layer"} | {name: f"{each:.3f}" for name, each in zip("abc", f1, strict=True)}
    right = np.mean(y_guessed == y, axis=1)
    [row] = closeups.calibration_table(found).query("variant == '1 layer'").to_dict("records")
    assert row == {"variant": "1 layer", "right answers": f"{right.mean():.3f}"}  # no temperature was fitted


def test_answers_show_the_likeliest_class():
    table = tables.predictions_table(np.array([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]]), ("a", "b", "c"), text=["one", "two"])
    assert table.to_dict("records") == [
        {"text": "one", "answer": "b", "a": "0.200", "b": "0.700", "c": "0.100"},
        {"text": "two", "answer": "a", "a": "0.600", "b": "0.300", "c": "0.100"},
    ]


def test_tables_show_no_index():
    table = tables.Table({"text": ["x" * 80]})
    html = table._repr_html_()
    assert "x" * 80 in html
    assert "<th>0</th>" not in html
    assert pd.get_option("display.max_colwidth") == 50


def test_what_a_method_chose_stands_beside_it_if_one_did():
    found = results({})
    assert "chosen" not in tables.baselines_table(found)
    first, second = found.baselines
    chosen = replace(found, baselines=[first, replace(second, settings="C 0.3")])
    table = tables.baselines_table(chosen)
    assert table["method"].tolist() == [first.name, second.name]
    assert table["chosen"].tolist() == ["", "C 0.3"]
    assert table["validation"].tolist() == ["0.200", "0.300"]
