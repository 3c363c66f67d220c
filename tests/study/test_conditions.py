"""The same networks under other conditions: their data, their jobs, their table."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import forward
from study import conditions, datasets, runs, store, training
from study.architectures import ARCHITECTURES, Condition
from study.profiles import BUDGETS
from study.statistics import macro_f1


@pytest.fixture(scope="module")
def texts():
    """The sample's texts, with classes that are not equally frequent and do not divide evenly."""
    sample = datasets.load("nusax", source="sample")
    kept = np.concatenate([np.flatnonzero(sample.y_train == label)[:number] for label, number in ((0, 61), (1, 97))])
    kept = np.random.default_rng(1).permutation([*kept, *np.flatnonzero(sample.y_train == 2)])
    return replace(sample, x_train=sample.x_train[kept], y_train=sample.y_train[kept])


def share(texts, part):
    return conditions.data_of(Condition("", (), data={"share": part}), texts)


def fold(texts, number):
    return conditions.data_of(Condition("", (), data={"fold": number}), texts)


def test_a_share_is_a_stratified_part_of_the_training_data_alone(texts):
    for part in (0.05, 0.1, 0.25, 0.5):
        data = share(texts, part)
        whole, some = np.bincount(texts.y_train), np.bincount(data.y_train, minlength=3)
        assert np.abs(some - part * whole).max() <= 0.5
        told = dict(zip(texts.x_train, texts.y_train, strict=True))
        assert [told[text] for text in data.x_train] == data.y_train.tolist()
        assert len(set(data.x_train)) == len(data.x_train)
        assert data.x_val is texts.x_val and data.y_test is texts.y_test


def test_a_smaller_share_is_part_of_a_larger_one(texts):
    parts = [set(share(texts, part).x_train) for part in (0.05, 0.1, 0.25, 0.5)]
    for small, large in zip(parts, [*parts[1:], set(texts.x_train)], strict=True):
        assert small < large


def test_a_tiny_share_has_two_of_each_class(texts):
    assert np.bincount(share(texts, 0.001).y_train).tolist() == [2, 2, 2]


def test_without_other_data_they_are_those_of_the_study(texts):
    assert conditions.data_of(Condition("", (), {"learning_rate_factor": 2}), texts) is texts


def test_folds_part_all_examples_and_no_test_text_is_trained_on(texts):
    everything = [*texts.x_train, *texts.x_val, *texts.x_test]
    told = dict(zip(everything, [*texts.y_train, *texts.y_val, *texts.y_test], strict=True))
    folds = [fold(texts, number) for number in range(1, conditions.FOLDS + 1)]
    assert sorted(text for each in folds for text in each.x_test) == sorted(everything)
    for each in folds:
        splits = [each.x_train, each.x_val, each.x_test]
        assert sorted(text for split in splits for text in split) == sorted(everything)
        for x, y in zip(splits, (each.y_train, each.y_val, each.y_test), strict=True):
            assert [told[text] for text in x] == y.tolist()
            frequent = np.bincount([*told.values()]) / len(told)
            assert np.abs(np.bincount(y) / len(y) - frequent).max() < 0.02
        assert len(each.x_val) == np.ceil(len(everything) * (1 - 1 / conditions.FOLDS) / 8)
    assert len({each.checksum for each in [*folds, texts]}) == conditions.FOLDS + 1


def test_a_fold_is_the_same_every_time_whatever_the_order_of_its_condition(texts):
    for number in (2, 5):
        np.testing.assert_array_equal(fold(texts, number).x_train, fold(texts, number).x_train)
        assert runs.data_digest(fold(texts, number)) == runs.data_digest(fold(texts, number))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_full_trains_all_of_them_quick_none(architecture):
    family = ARCHITECTURES[architecture]
    assert runs.jobs_under(architecture, "quick") == {}
    full = runs.jobs_under(architecture, "full")
    assert [*full] == [*family.conditions]
    for name, jobs in full.items():
        about = family.conditions[name]
        names = [f"{each}@{name}" for each in about.networks]
        assert {(job.variant.name, job.seed) for job in jobs} == {(n, s) for n in names for s in range(about.seeds)}
        assert len(jobs) == len(names) * about.seeds
        assert {job.variant.condition for job in jobs} == {name}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_tiny_trains_a_few(architecture):
    few, family = BUDGETS["tiny"].conditions, ARCHITECTURES[architecture]
    tiny = runs.jobs_under(architecture, "tiny")
    assert set(tiny) == set(few) & set(family.conditions) != set()
    for name, jobs in tiny.items():
        assert len(jobs) == min(few[name], len(family.conditions[name].networks))
        assert {job.seed for job in jobs} == {0}


def test_a_network_under_a_condition_is_another_run(texts):
    """In a folder of its own and under another mark: by its settings, or by what it is trained on."""
    place, digest = runs.Place("tiny", True, "."), runs.data_digest(texts)
    own = {job.variant.name: job for job in runs.jobs("lstm", "tiny")}
    for name, [job, *_] in runs.jobs_under("lstm", "tiny").items():
        study = own[job.variant.name.partition("@")[0]]
        assert place.model(job.variant, 0).parent.name == f"{study.variant.name}@{name}"
        data = conditions.data_of(ARCHITECTURES["lstm"].conditions[name], texts)
        marks = [runs.fingerprint(study.describe(digest)), runs.fingerprint(job.describe(runs.data_digest(data)))]
        assert marks[0] != marks[1]


@pytest.fixture(scope="module")
def gathered(texts, tmp_path_factory):
    """What tiny leaves of one condition of each kind: the place, and the table as it was given back."""
    place = runs.Place("tiny", True, tmp_path_factory.mktemp("conditions"))
    return place, conditions.gather("simple_rnn", texts, place)


@pytest.mark.slow
def test_the_table_has_a_row_for_each_network(gathered, texts):
    place, table = gathered
    assert list(table.columns) == conditions.COLUMNS
    wanted = [job for jobs in runs.jobs_under("simple_rnn", "tiny").values() for job in jobs]
    assert list(zip(table["condition"], table["variant"], table["seed"], strict=True)) == [
        (job.variant.condition, job.variant.name.partition("@")[0], job.seed) for job in wanted
    ]
    assert set(table["architecture"]) == {"simple_rnn"}
    pd.testing.assert_frame_equal(store.read("conditions", place), table)
    pd.testing.assert_frame_equal(store.rows_of("conditions", place, "simple_rnn"), table)
    assert store.rows_of("conditions", place, "gru").empty


@pytest.mark.slow
def test_its_predictions_are_those_of_forward_on_the_test_texts_of_the_condition(gathered, texts):
    place, table = gathered
    jobs = [job for some in runs.jobs_under("simple_rnn", "tiny").values() for job in some]
    lengths = set()
    for job, row in zip(jobs, table.itertuples(), strict=True):
        data = conditions.data_of(ARCHITECTURES["simple_rnn"].conditions[row.condition], texts)
        path = place.model(job.variant, job.seed)
        predicted = forward.load_model(path).predict(data.x_test).argmax(axis=1)
        np.testing.assert_array_equal(store.from_digits(row.predicted), predicted)
        assert row.test_f1 == macro_f1(data.y_test, predicted, 3)
        record = runs.record_of(path)
        assert (row.val_f1, row.params) == (record["metrics"]["val_f1"], record["params"])
        lengths.add(len(row.predicted))
    everything = sum(map(len, (texts.x_train, texts.x_val, texts.x_test)))
    assert lengths == {len(texts.x_test), *(len(fold(texts, number).x_test) for number in (1, 2))}
    assert max(lengths - {len(texts.x_test)}) == np.ceil(everything / conditions.FOLDS)


@pytest.mark.slow
def test_nothing_is_computed_twice(gathered, texts, monkeypatch):
    place, table = gathered

    def refuse(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(forward, "load_model", refuse)
    monkeypatch.setattr(training, "_trained", refuse)
    pd.testing.assert_frame_equal(conditions.gather("simple_rnn", texts, place), table)
    (place.reports / "conditions.csv").unlink()
    [first, *_] = place.weights.glob("simple_rnn/*@*/*.check.npz")
    first.unlink()
    with pytest.raises(AssertionError, match="computed again"):
        conditions.gather("simple_rnn", texts, place)


def test_quick_and_texts_of_another_language_leave_nothing(texts, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "train_all", lambda *_: pytest.fail("trained"))
    for place in (runs.Place("quick", False, tmp_path), runs.Place("tiny", False, tmp_path, "javanese")):
        found = conditions.gather("lstm", texts, place)
        assert found.empty and list(found.columns) == conditions.COLUMNS
        assert not (place.reports / "conditions.csv").exists()
        assert store.rows_of("conditions", place, "lstm").empty
    with pytest.raises(pytest.fail.Exception):
        conditions.gather("lstm", texts, runs.Place("tiny", False, tmp_path))
