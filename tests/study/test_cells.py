"""One kind of cell against another: what is compared, with what correction, and what is left out."""

import shutil

import numpy as np
import pandas as pd
import pytest

from study import cells, datasets, evaluation, evidence, full, predictions, report, robustness, runs, statistics, store
from study.evidence import Side
from study.profiles import limited
from study.runs import Place
from study.show import cells as pages
from study.show.words import signed, within

from .made_up import checks, weighed

RIGHT = {  # the share of right answers
    "simple_rnn": {"equal-masked": 0.6, "equal-unmasked": 0.4},
    "lstm": {"equal-masked": 0.8, "equal-unmasked": None},
    "gru": {"equal-masked": 0.81, "equal-unmasked": None},
}
PARAMS = {"simple_rnn": 100, "gru": 300, "lstm": 400}


def saved(place, right=RIGHT, seeds=(0, 1, 2)):
    """Leave the tables of these architectures, and return their data."""
    for name, shares in right.items():
        found = weighed(checks(shares, name, seeds=seeds, spread=0.02, params=PARAMS[name]), place=place)
        evidence.save(found)
    return found.data


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place("full", True, tmp_path_factory.mktemp("cells"))


@pytest.fixture(scope="module")
def rows(place):
    cells.save(place, saved(place))
    return store.read("cells", place)


def test_the_settings_are_the_same_everywhere():
    assert cells.all_of_them() == ["simple_rnn", "lstm", "gru"]
    assert cells.settings() == {"equal-unmasked": "unmasked", "equal-masked": "masked"}


def test_every_cell_has_its_mean_and_meets_every_other_the_smaller_first(rows):
    assert rows.columns.tolist() == cells.COLUMNS
    alone = pages._alone(rows)
    assert alone[["variant", "architecture"]].to_numpy().tolist() == [
        [variant, name] for variant in cells.settings() for name in ("simple_rnn", "gru", "lstm")
    ]
    assert alone["verdict"].isna().all()
    assert dict(zip(rows["architecture"], rows["params"], strict=True)) == PARAMS
    pairs = pages._pairs(rows)
    wanted = [("gru", "simple_rnn"), ("lstm", "simple_rnn"), ("lstm", "gru")]
    assert list(zip(pairs["architecture"], pairs["against"], strict=True)) == 2 * wanted


def test_means_differences_and_verdicts_follow_from_the_predictions(rows, place):
    scores = store.read("results", place).groupby(["architecture", "variant"])["test_f1_keras"].mean()
    found = rows.set_index(["variant", "architecture", "against"])
    for variant, architecture, against in found.index:
        mean = scores[architecture, variant] - (scores[against, variant] if against else 0)
        assert found.loc[(variant, architecture, against), "effect"] == pytest.approx(mean)
    masked = found.loc["equal-masked"]
    assert masked.loc[("lstm", "simple_rnn"), "verdict"] == "better"
    assert found.loc[("equal-unmasked", "lstm", "simple_rnn"), "verdict"] == "worse"
    assert found.loc[("equal-unmasked", "lstm", "gru"), "verdict"] == "not resolved"  # both have learnt nothing
    assert (rows["n_seeds"] == 3).all()


def conditioned(place, turned=()):
    """conditions.csv of the same networks as those of a place at two other rates; `turned`: all wrong at the first."""
    rows = store.read("predictions", place)
    other = rows.assign(condition="half-rate")
    wrong = {"0": "1", "1": "2", "2": "0"}
    other.loc[other["architecture"].isin(turned), "predicted"] = [
        "".join(wrong[each] for each in predicted)
        for predicted in other.loc[other["architecture"].isin(turned), "predicted"]
    ]
    return pd.concat([rows.assign(condition="double-rate"), other])


def test_each_pair_is_tried_by_other_methods_and_at_other_rates(place):
    data = saved(place)
    tables = store.read("results", place), store.read("predictions", place), data
    one, two, three = (
        cells.of_tables(*tables, conditions).set_index(["variant", "architecture", "against"])
        for conditions in (None, conditioned(place), conditioned(place, turned=["lstm"]))
    )
    of = "equal-masked", "lstm", "simple_rnn"
    assert one.loc[of, "verdict"] == "better"
    assert [each.loc[of, "checks"] for each in (one, two, three)] == [3, 5, 5]
    assert two.loc[of, "holds"] == one.loc[of, "holds"] + 2
    assert three.loc[of, "holds"] == one.loc[of, "holds"] + 1
    assert three.loc[of, "broken"] == "; ".join(filter(None, (one.loc[of, "broken"], "half-rate: worse")))
    assert one.loc[("equal-unmasked", "lstm", "gru"), "checks":"fragile"].isna().all()  # both have learnt nothing
    assert one.drop(columns=[*robustness.COUNTS, "broken"]).equals(two.drop(columns=[*robustness.COUNTS, "broken"]))


def test_a_setting_that_no_condition_has_is_tried_by_the_methods_alone(place):
    data = saved(place)
    fewer = conditioned(place).query("variant != 'equal-masked' or architecture != 'gru'")
    rows = cells.of_tables(store.read("results", place), store.read("predictions", place), data, fewer)
    checks = rows.set_index(["variant", "architecture", "against"])["checks"]
    assert checks["equal-masked", "gru", "simple_rnn"] == checks["equal-masked", "lstm", "gru"] == 3
    assert checks["equal-masked", "lstm", "simple_rnn"] == 5


def test_the_correction_goes_over_all_the_pairs(place):
    data = saved(place)
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "corrected", lambda *p: seen.append([len(each) for each in p]) or p)
        cells.compared(place, data)
    assert seen
    assert all(each == [6, 6] for each in seen)


def test_one_kind_alone_or_of_other_data_is_not_compared(tmp_path):
    place = Place("full", True, tmp_path)
    data = saved(place, {"lstm": RIGHT["lstm"]}, seeds=(0,))
    assert cells.compared(place, data).empty
    cells.save(place, data)
    assert store.read_if_there("cells", place) is None
    saved(place, {"gru": RIGHT["gru"]}, seeds=(0,))
    assert set(cells.compared(place, data)["architecture"]) == {"lstm", "gru"}
    table = store.read("results", place)
    table.loc[table["architecture"] == "gru", "data_source"] = "others sha256:22"
    store.write("results", place, table)
    assert cells.compared(place, data).empty


def test_the_table_has_a_row_for_each_cell(rows, place):
    table = pages.table(rows, store.read("results", place)).set_index("cell")
    assert list(table.index) == ["SimpleRNN", "GRU", "LSTM"]
    [mine] = rows[
        (rows["architecture"] == "gru") & (rows["against"] == "") & (rows["variant"] == "equal-masked")
    ].itertuples()
    own = ["its own best", "validation", "test"]
    assert table.loc["GRU"].drop(["macro-F1, not masked", *own]).to_dict() == {
        "parameters": "300", "seeds": "3", "macro-F1, masked": f"{mine.effect:.3f} ({mine.low:.3f} to {mine.high:.3f})"
    }  # fmt: skip


def scored(**scores):
    """results.csv of networks: {architecture: {variant: (validation, test)}}."""
    return pd.DataFrame(
        [(name, variant, *each) for name, mine in scores.items() for variant, each in mine.items()],
        columns=["architecture", "variant", "val_f1", "test_f1_keras"],
    )


OWN = scored(
    cnn={"baseline": (0.99, 0.99)},
    simple_rnn={"baseline": (0.5, 0.9), "layers-1": (0.7, 0.6)},
    lstm={"baseline": (0.7, 0.65), "layers-1": (0.6, 0.99)},
    gru={"beyond-maximum": (0.8, 0.7), "baseline": (0.7, 0.8)},
)


def test_each_kind_has_its_own_best_by_the_validation_data(rows):
    assert cells.bests(OWN).to_numpy().tolist() == [
        ["simple_rnn", "layers-1", 0.7, 0.6],
        ["lstm", "baseline", 0.7, 0.65],
        ["gru", "beyond-maximum", 0.8, 0.7],
    ]
    table = pages.table(rows, OWN).set_index("cell")
    assert table.loc["GRU"].tolist()[-3:] == ["1 layer with all steps up to maximum over time", "0.800", "0.700"]
    assert table.loc["SimpleRNN"].tolist()[-3:] == ["1 layer", "0.700", "0.600"]


def test_the_orders_are_told_apart(rows):
    means = pages._alone(rows).set_index(["variant", "architecture"])["effect"]
    assert means["equal-masked"].sort_values(ascending=False).index.tolist() == ["gru", "lstm", "simple_rnn"]
    said = pages.order(rows, OWN)
    assert "at equal settings, masked, GRU, LSTM, SimpleRNN; each with the network" in said
    assert (
        "its own best on validation data, GRU, LSTM, SimpleRNN. The best of each stand in the same order as at equal"
        in said
    )
    turned = OWN.assign(test_f1_keras=1 - OWN["test_f1_keras"])
    assert "validation data, SimpleRNN, LSTM, GRU." in pages.order(rows, turned)
    assert "The best of each stand in another order than at equal settings." in pages.order(rows, turned)
    same = rows.assign(effect=rows["architecture"].map({"gru": 0.9, "lstm": 0.8, "simple_rnn": 0.7}))
    assert "The order is the same everywhere." in pages.order(same, OWN)
    level = pages.order(same.assign(effect=same["effect"].replace({0.9: 0.8001})), OWN)
    assert "at equal settings, masked, GRU = LSTM, SimpleRNN; each" in level
    tied = pages.order(rows, OWN.assign(test_f1_keras=0.7))
    assert "SimpleRNN = LSTM = GRU. These are means alone" in tied  # which is no other order


def test_the_sentences_say_what_was_compared_and_what_is_missing(rows):
    assert pages.missing(rows, of_full=False) == ""
    assert pages.missing(rows[rows["architecture"] != "gru"], of_full=False) == "Missing here: GRU."
    assert "have none of them yet" in pages.missing(rows[:0], of_full=True)
    assert "this page has not" in pages.missing(rows[:0], of_full=False)
    lead = pages.lead(rows, of_full=False)
    assert "SimpleRNN, GRU and LSTM side by side" in lead
    assert "Each was trained with 3 seeds." in lead
    assert "another seed may reverse" in pages.lead(rows.assign(n_seeds=1), of_full=False)
    said = pages.verdicts(rows)
    [row] = rows[(rows["architecture"] == "lstm") & (rows["against"] == "simple_rnn")][-1:].itertuples()
    about = f"- **LSTM** against SimpleRNN, masked: {signed(row.effect)} (95 % interval {within(row.low, row.high)}): "
    assert f"{about}**better**; holds in 3 of 3 checks." in said
    assert "no larger family" in said
    none = rows.assign(checks=np.nan, holds=np.nan)
    assert f"{about}**better**." in pages.verdicts(none)
    assert "no larger family" not in pages.verdicts(none)
    broken = rows.assign(
        holds=1.0, checks=4.0, fragile=rows["verdict"] == "better", broken="seeds: worse; half-rate: worse"
    )
    rate = "half the learning rate"
    assert (
        f"{about}**better, fragile**; holds in 1 of 4 checks, not with Welch's test of the seeds alone (worse), {rate} "
        "(worse)."
    ) in pages.verdicts(broken)
    assert "corrected for 6 comparisons" in said
    near = rows.assign(low=rows["low"].where((rows["against"] == ""), rows["margin"] - 0.001))
    assert "**better**, perhaps by too little to matter; holds" in pages.verdicts(near)


def test_the_figure_has_a_mean_and_the_networks_of_each_cell(rows, place, tmp_path, monkeypatch):
    drawn = []
    write = pages.style.write
    monkeypatch.setattr(
        pages.style, "write", lambda figure, path, **how: drawn.append(figure) or write(figure, path, **how)
    )
    picture = pages.picture(rows, store.read("results", place), tmp_path / "cells.png", "Cells")
    assert picture.path.read_bytes().startswith(b"\x89PNG")
    first = pages._alone(rows).iloc[0]
    mean = f"{first['effect']:.3f} (95 % interval {first['low']:.3f} to {first['high']:.3f})"
    assert picture.alt.startswith(f"Dots and means, Cells, test macro-F1: SimpleRNN, not masked, {mean};")
    [axes] = drawn[0].axes
    assert [each.get_text() for each in axes.texts] == ["not masked", "masked"]
    assert [each.get_text() for each in axes.get_xticklabels()] == ["SimpleRNN", "GRU", "LSTM"]
    means = [bar.lines[0].get_ydata()[0] for bar in axes.containers]
    assert means == pytest.approx(pages._alone(rows)["effect"].tolist())
    dots = [len(each.get_xdata()) for each in axes.lines if each.get_marker() == "."]
    assert dots == [3] * 6


def test_a_side_of_few_seeds_is_one_all_the_same():
    side = Side(np.zeros((1, 4), int), np.array([0.5]), np.full((1, 9), 0.5))
    assert cells._alone("gru", "equal-masked", side)["n_seeds"] == 1


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Finished runs of all kinds with kept predictions, as a report leaves them before the notebooks run."""
    place = Place("tiny", True, tmp_path_factory.mktemp("trained"))
    texts = datasets.load("nusax", source="sample")
    digest = runs.data_digest(limited(texts, "tiny"))
    around, rng = predictions.surroundings(texts.x_test, texts.y_test), np.random.default_rng(3)
    for name in cells.all_of_them():
        for job in runs.jobs(name, "tiny"):
            record = {"fingerprint": runs.fingerprint(job.describe(digest)), "profile": "tiny", "params": PARAMS[name]}
            record["metrics"] = {"val_f1": float(rng.random())}
            run = runs.save_run(job, place, runs.Finished(record, f"{job}".encode()))
            keras = rng.random((len(texts.y_test), 3))
            store.kept(
                store.check_of(run), predictions._plain_and_mark(run, texts, around)[1], lambda k=keras: {"keras": k}
            )
    return place, texts


def test_a_notebook_finds_the_networks_of_the_other_kinds(trained):
    place, texts = trained
    results, answered = cells.finished(texts, place)
    wanted = [(name, job.variant.name) for name in cells.all_of_them() for job in runs.jobs(name, "tiny")]
    for table in (results, answered):
        assert list(zip(table["architecture"], table["variant"], strict=True)) == wanted
    [job] = [each for each in runs.jobs("gru", "tiny") if each.variant.name == "layers-3"]
    path = place.model(job.variant, 0)
    [row] = results[(results["architecture"] == "gru") & (results["variant"] == "layers-3")].to_dict("records")
    predicted = store.arrays_in(path.with_suffix(".check.npz"))["keras"].argmax(axis=1)
    assert row["test_f1_keras"] == statistics.macro_f1(texts.y_test, predicted, 3)
    assert row["val_f1"] == runs.record_of(path)["metrics"]["val_f1"]
    assert (row["params"], row["data_source"]) == (300, texts.source)
    rows = cells.of_tables(results, answered, texts)
    assert rows["architecture"].nunique() == 3
    lead, table, order, verdicts = (each for each in pages.parts(texts, place) if len(each))
    assert "Each was trained once" in lead
    assert table["cell"].tolist() == ["SimpleRNN", "GRU", "LSTM"]
    assert order == pages.order(rows, results)
    assert verdicts == pages.verdicts(rows)


def test_a_kind_that_lacks_a_network_or_its_predictions_is_not_there(trained, tmp_path):
    place, texts = trained
    copy = Place("tiny", True, tmp_path)
    shutil.copytree(place.weights, copy.weights)
    (copy.weights / "lstm" / "layers-3" / "seed-0.check.npz").write_bytes(b"damaged")
    (copy.weights / "gru" / "baseline" / "seed-0.json").unlink()
    results, _ = cells.finished(texts, copy)
    assert results["architecture"].unique().tolist() == ["simple_rnn"]
    said = [each for each in pages.parts(texts, copy) if len(each)]
    assert said == [
        "They are compared where two kinds of cell or more have been trained on the same data: this page has not."
    ]


def test_a_smaller_profile_shows_what_full_has_first(rows, trained, place, monkeypatch):
    _, texts = trained
    quick = Place("quick", False, trained[0].out_dir)
    monkeypatch.setattr(full, "table", {"cells": rows, "results": store.read("results", place)}.__getitem__)
    lead, table, *_, here = (each for each in pages.parts(texts, quick) if len(each))
    assert lead.startswith("**The profile `full`.**")
    assert table["seeds"].tolist() == ["3"] * 3
    assert here.startswith("They are compared where two kinds")


def test_where_one_kind_stands_alone_no_texts_are_asked_for(tmp_path, monkeypatch):
    """`make report ARCH=cnn` needs none, and may have no way to download them."""
    monkeypatch.setattr(report.datasets, "load", lambda *_: pytest.fail("data are loaded"))
    place = Place("tiny", True, tmp_path)
    store.write("results", place, evaluation.results(checks({}, architecture="cnn", classes=10)))
    report._compare_cells(place, "data", "real")
    store.write("results", place, evaluation.results(checks({})))
    report._compare_cells(place, "data", "real")
    assert not (place.reports / "cells.csv").exists()
