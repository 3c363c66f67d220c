"""Networks that tables list are not trained again, and their rows come out as they went in."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import cells, conditions, ensembles, evaluation, evidence, listed, status, store, temperature, training
from study.checks import NOTHING, Listed
from study.errors import TrainingError
from study.runs import Place, data_digest, fingerprint, jobs, jobs_under, save_run
from study.show import closeups, origin, readings, tables, ways

from .made_up import checks, weighed

BEST, SEEDS = "layers-1", (0, 1, 2)
RULES = {"best": 0.61, "last": 0.62, "mean": 0.63}


@pytest.fixture
def found(tmp_path):
    """The evidence of three networks of each variant of the LSTM, in the tables of a place."""
    made = checks({BEST: 0.8, "layers-3": 0.6}, seeds=SEEDS, spread=0.05, kept="last", rules=RULES)
    place = Place("full", False, tmp_path)
    result = weighed(made, place=place)
    for job, digest in ((job, data_digest(result.data)) for job in jobs("lstm", "full", number=len(SEEDS))):
        record = next(each.run.record for each in made if (each.run.variant, each.run.seed) == (job.variant, job.seed))
        record |= {"fingerprint": fingerprint(job.describe(digest)), "diverged": False}
        record["metrics"] = record["metrics"] | {"val_f1": 0.7 if job.variant.name == BEST else 0.6}
    rows = [["lstm", each.run.variant.name, each.run.seed, 90, 1.5, 0.1, 0.05, 1.0, 0.8] for each in made]
    result = replace(result, temperatures=pd.DataFrame(rows, columns=temperature.COLUMNS))
    evidence.save(result)
    return result


def wanted(found):
    digest = data_digest(found.data)
    return [(job, fingerprint(job.describe(digest))) for job in jobs("lstm", "full", number=len(SEEDS))]


def test_what_pages_look_into_is_not_listed(found):
    for job, mark in wanted(found):
        looked_into = job.seed == 0 or job.variant.name in ("baseline", BEST)
        assert (listed.find(job, found.place, mark, found.data.source) is None) == looked_into
        assert listed.has(job, found.place) != looked_into
        places = found.place, replace(found.place, by_hand=True)
        one, other = (listed.find(job, place, mark, found.data.source) for place in places)
        assert one == other
        assert (
            listed.find(job, found.place, mark[::-1], found.data.source) is None
        )  # trained by other code, settings or data


@pytest.mark.parametrize(
    ("slow", "seconds", "looked_into"),
    [("baseline", 121.0, {BEST}), (BEST, 121.0, {"baseline"}), (BEST, 119.0, {"baseline", BEST})],
)
def test_no_network_is_trained_long_for_one_more_line_in_a_picture(found, slow, seconds, looked_into):
    results = store.read("results", found.place)
    results.loc[(results["variant"] == slow) & (results["seed"] > 0), "train_s"] = seconds
    store.write("results", found.place, results, "lstm")
    asked = {
        job.variant.name
        for job, mark in wanted(found)
        if job.seed == 1 and listed.find(job, found.place, mark, found.data.source) is None
    }
    assert asked == looked_into


def test_answers_to_another_test_split_are_not_listed(found):
    """A fingerprint knows the training and validation data alone."""
    there = [(job, mark) for job, mark in wanted(found) if listed.find(job, found.place, mark, found.data.source)]
    assert there
    assert not any(listed.find(job, found.place, mark, "the same but for its test split") for job, mark in there)


def test_closer_looks_take_the_networks_that_are_there(found):
    """Also where those of the best variant are not all: a table may know of a better one that is out of date."""
    kept = found.with_probabilities(found.best)
    assert len(kept) == len(SEEDS)
    some = [replace(each, run=replace(each.run, listed={"a": "row"}), keras=NOTHING) if each.run.seed == 1 else each
            for each in found.checks]  # fmt: skip
    less = replace(found, checks=some)
    assert [each.run.seed for each in less.with_probabilities(less.best)] == [0, 2]
    which, mean = less.hardest(3)
    np.testing.assert_allclose(mean, np.mean([kept[0].keras, kept[2].keras], axis=0)[which])
    fewer = "Of 1 layer 2 of 3 networks are here; of the others the tables have no probabilities."
    for look in (closeups.calibration, closeups.hardest_texts):
        assert look(less).caption.endswith(f" {fewer}")
        assert "are here" not in look(found).caption
    assert closeups.calibration(less).path.exists()
    assert readings.calibration(less)


def test_a_listed_network_is_not_trained(found, monkeypatch):
    asked = []

    def trained(todo, *_):
        asked.extend((job.variant.name, job.seed) for _, _, job, _, _ in todo)
        return {}, {number: training.Failed("not here") for number, *_ in todo}

    monkeypatch.setattr(training, "_trained", trained)
    with pytest.raises(TrainingError):
        training.train("lstm", found.data, found.place, seeds=len(SEEDS))
    assert sorted(asked) == sorted(
        (job.variant.name, job.seed) for job, _ in wanted(found) if not listed.has(job, found.place)
    )
    assert {seed for name, seed in asked if name == "layers-3"} == {0}


def test_a_network_that_is_there_is_taken_before_its_row(found):
    job, mark = next(each for each in wanted(found) if each[0].variant.name == "layers-3" and each[0].seed == 1)
    made = training.Finished(
        {"fingerprint": mark, **listed.find(job, found.place, mark, found.data.source).record}, b"a model"
    )
    assert save_run(job, found.place, made).listed is None
    [run] = training._those_there([(0, found.data, job, job.describe(data_digest(found.data)), found.place)]).values()
    assert run.listed is None and run.path.exists()


def test_a_network_that_is_another_than_its_row_is_named(found):
    assert evaluation.unlike_their_rows(found.checks, found.place) == []
    answers, check = store.read("predictions", found.place), found.checks[4]
    mine = (answers["variant"] == check.run.variant.name) & (answers["seed"] == check.run.seed)
    other = np.where(np.arange(len(check.y)) < 3, (check.predicted + 1) % 3, check.predicted)
    answers.loc[mine, "predicted"] = store.as_digits(other)
    store.write("predictions", found.place, answers, "lstm")
    [line] = evaluation.unlike_their_rows(found.checks, found.place)
    assert line.startswith(f"lstm {check.run.variant.name} seed {check.run.seed}: 3 of {len(check.y)} answers")


def test_times_are_of_one_machine(found):
    """Of a network that is there, too, those of the table count, as long as another is listed alone."""
    digest = data_digest(found.data)
    names = {"baseline": 1, "layers-3": 1}
    some = [job for job, _ in wanted(found) if names.get(job.variant.name) == job.seed]
    described = [(number, found.data, job, job.describe(digest), found.place) for number, job in enumerate(some)]
    record = {"fingerprint": fingerprint(some[0].describe(digest)), "train_s": 99.0}
    save_run(some[0], found.place, training.Finished(record, b"a model"))
    there, alone = training._those_there(described).values()
    assert alone.listed and not there.listed
    assert (there.record["train_s"], there.times) == (1.5, {"keras_s": 0.2, "numpy_s": 0.1, "plain_s": 0.3})
    [fresh] = training._those_there(described[:1]).values()
    assert (fresh.record["train_s"], fresh.times) == (99.0, {})


def listed_checks(found):
    """The checks of `found`, those of listed networks as they come from the tables."""
    runs = {
        (job.variant.name, job.seed): listed.find(job, found.place, mark, found.data.source)
        for job, mark in wanted(found)
    }
    pairs = ((each, runs[each.run.variant.name, each.run.seed]) for each in found.checks)
    return [Listed.of(run, found.data) if run else each for each, run in pairs]


def test_the_tables_come_out_as_they_went_in(found):
    again = listed_checks(found)
    assert sum(isinstance(each, Listed) for each in again) > len(again) / 3
    for rows in (evaluation.results, evaluation.histories, evaluation.answers):
        pd.testing.assert_frame_equal(rows(again).reset_index(drop=True), rows(found.checks).reset_index(drop=True))
    measured = ensembles.measured(again, found.place)
    pd.testing.assert_frame_equal(measured, ensembles.measured(found.checks, found.place))
    evaluation.assert_equal(again)


def test_a_clone_has_the_comparisons_without_any_network(found):
    again = evidence.saved("lstm", found.data, found.place)
    assert {type(each) for each in again.checks} == {Listed}
    pd.testing.assert_frame_equal(again.comparisons, found.comparisons)
    pd.testing.assert_frame_equal(evaluation.results(again.checks), evaluation.results(found.checks))


def test_kinds_of_cells_are_compared_without_their_networks(found):
    order = [job.variant.name for job, _ in wanted(found)]
    by_variant = sorted(found.checks, key=lambda each: order.index(each.run.variant.name))
    results, answers = cells.finished(found.data, found.place, seeds=len(SEEDS))
    scores = ["architecture", "variant", "seed", *cells.SCORES]
    pd.testing.assert_frame_equal(results[scores], evaluation.results(by_variant)[scores])
    assert answers["predicted"].tolist() == evaluation.answers(by_variant)["predicted"].tolist()


def test_of_other_numbers_of_seeds_ensembles_are_left_out(found):
    fewer = [each for each in listed_checks(found) if each.run.seed < 2]
    there = {each.run.variant.name for each in fewer} - {
        each.run.variant.name for each in fewer if isinstance(each, Listed)
    }
    assert set(ensembles.measured(fewer, found.place)["variant"]) == there == {"baseline", BEST}


def test_temperatures_are_those_of_the_table(found, monkeypatch):
    monkeypatch.setattr(temperature, "_predicted", lambda run, x, around: found.checks[0].keras[: len(x)])
    rows = temperature.measured(listed_checks(found), found.data)
    mine = np.array([isinstance(each, Listed) for each in listed_checks(found)])
    pd.testing.assert_frame_equal(rows[mine], found.temperatures[mine])
    assert (rows[~mine]["temperature"] != 1.5).all()


def test_pages_show_the_same_and_say_which_are_listed(found):
    again = replace(found, checks=listed_checks(found))
    for show in (tables.check_table, ways.ways_table):
        pd.testing.assert_frame_equal(show(again.checks), show(found.checks))
    pd.testing.assert_frame_equal(closeups.calibration_table(again), closeups.calibration_table(found))
    for each in again.checks:
        each.run.record["model_sha256"] = "12"
    table = origin.networks(again)
    number = sum(isinstance(each, Listed) for each in again.checks)
    assert f"{number} of the {len(again.checks)} networks were not trained for this page" in table.caption
    assert table.set_index("variant").loc[["baseline", "3 layers"], "of"].tolist() == ["3 of 3", "1 of 3"]


def test_networks_under_a_condition_are_listed_by_their_own_table(tmp_path, found, monkeypatch):
    place, name = found.place, "half-rate"
    some = jobs_under("lstm", "full")[name][:3]
    digest = data_digest(found.data)
    rows = [
        {"architecture": "lstm", "condition": name, "variant": job.variant.name.partition("@")[0], "seed": job.seed}
        | {"params": 12, "val_f1": 0.5, "test_f1": 0.4, "predicted": "012", "fingerprint": mark}
        for job, mark in ((job, fingerprint(job.describe(digest))) for job in some)
    ]
    store.write("conditions", place, pd.DataFrame(rows)[conditions.COLUMNS])
    runs = training.train_all([(some, found.data)], place)
    assert [run.listed["fingerprint"] for run in runs] == [row["fingerprint"] for row in rows]
    assert conditions.of_runs(runs, "lstm", found.data).to_dict("records") == rows
    plan = status.Plan([(job, place) for job in some], [(job, place) for job in some if status.fits(job, place)])
    assert not plan.missing


def test_older_tables_list_nothing(found):
    for name in ("results", "temperatures"):
        whole = store.read(name, found.place)
        fewer = whole.drop(columns="fingerprint") if name == "results" else whole[:0]
        fewer.to_csv(found.place.reports / f"{name}.csv", index=False)
        assert all(listed.find(job, found.place, mark, found.data.source) is None for job, mark in wanted(found))
        whole.to_csv(found.place.reports / f"{name}.csv", index=False)
    job, mark = next(each for each in wanted(found) if each[0].variant.name == "layers-3" and each[0].seed == 1)
    assert listed.find(job, found.place, mark, found.data.source)


def test_a_network_without_a_history_is_not_listed(found):
    """A kill may leave the tables so: all others are listed all the same."""
    rows = store.read("history", found.place)
    lost = (rows["variant"] == "layers-3") & (rows["seed"] == 1)
    rows[~lost].to_csv(found.place.reports / "history.csv", index=False)
    there = {job.variant.name for job, mark in wanted(found) if job.seed == 1 and listed.row_of(mark, found.place)}
    assert {job.variant.name for job, _ in wanted(found)} - there == {"layers-3"}


@pytest.mark.parametrize("written", range(4))
def test_a_report_that_is_broken_off_while_it_is_written_loses_no_network(written, found, monkeypatch):
    aside, write = replace(found.place, unfinished=True), store.write
    for name in listed.STUDIED:
        write(name, aside, store.read(name, found.place))
        (found.place.reports / f"{name}.csv").unlink()
    before, done = listed._tables(found.place).rows, []

    def until_the_disk_is_full(name, *given):
        if len(done) == written:
            raise OSError("no space")
        done.append(name)
        write(name, *given)

    monkeypatch.setattr(store, "write", until_the_disk_is_full)
    with pytest.raises(OSError, match="no space"):
        evidence.save(found)
    assert len(done) == written
    assert listed._tables(found.place).rows.keys() == before.keys() != set()


def test_what_is_unfinished_is_listed_until_there_is_a_report(found):
    aside = replace(found.place, unfinished=True)
    together = ensembles.measured(listed_checks(found), found.place)
    for name in (*listed.TABLES[:-1], "ensembles"):
        table = store.read(name, found.place)
        store.write(name, aside, table)
        (found.place.reports / f"{name}.csv").unlink()
    pd.testing.assert_frame_equal(ensembles.measured(listed_checks(found), found.place), together)
    job, mark = next(each for each in wanted(found) if each[0].variant.name == "layers-3" and each[0].seed == 1)
    assert listed.find(job, found.place, mark, found.data.source)
    others = store.read("results", aside).assign(architecture="gru")
    store.write("results", aside, others)
    store.write("results", replace(found.place, by_hand=True), evaluation.results(found.checks))
    assert set(store.read("results", aside)["architecture"]) == {"lstm", "gru"}
    before = (aside.reports / "results.csv").stat().st_mtime_ns
    store.write("results", found.place, others.assign(architecture="cnn"))
    store.take_over("cnn", found.place)  # of which nothing was kept
    assert (aside.reports / "results.csv").stat().st_mtime_ns == before
    (found.place.reports / "results.csv").unlink()
    evidence.save(found)
    assert set(store.read("results", aside)["architecture"]) == {"gru"}
    assert store.read_if_there("history", aside) is None
    assert listed.find(job, found.place, mark, found.data.source)
