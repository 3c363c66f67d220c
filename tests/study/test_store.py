"""Tables and arrays of a report: what replaces what, what is used again, and that nobody's rows are lost."""

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study import evidence, store
from study.architectures import variants
from study.runs import Place

from .made_up import checks, keep, weighed


def test_saving_replaces_the_rows_of_the_same_architecture_only(tmp_path):
    place = Place("quick", False, tmp_path)
    for right, architecture in (({}, "lstm"), ({}, "simple_rnn"), ({"baseline": 0.9}, "lstm")):
        evidence.save(weighed(checks(right, architecture), place=place))
    found = store.read("results", place)
    assert found["architecture"].tolist() == [name for name in ("simple_rnn", "lstm") for _ in variants(name)]
    assert store.read("results", place, "lstm")["test_f1_keras"].min() > 0.8
    assert {path.name for path in place.reports.iterdir()} == {f"{name}.csv" for name in store.TABLES}


def test_no_rows_of_an_architecture_leave_none_of_it(tmp_path):
    place = Place("quick", False, tmp_path)
    rows = pd.DataFrame({"architecture": ["lstm", "lstm", "gru"], "effect": [0.5, 0.1, 0.4]})
    store.write("folds", place, rows)
    store.write("folds", place, pd.DataFrame(), "lstm")
    assert store.read("folds", place)["architecture"].tolist() == ["gru"]
    store.write("folds", place, rows[:0], "cnn")
    assert store.read("folds", place)["architecture"].tolist() == ["gru"]
    store.write("folds", place, rows[:0], "gru")
    assert not (place.reports / "folds.csv").exists()
    store.write("folds", place, rows[:0], "gru")
    assert not (place.reports / "folds.csv").exists()


def test_an_architecture_that_is_gone_has_no_rows(tmp_path):
    place = Place("quick", False, tmp_path)
    path = place.reports / "folds.csv"
    path.parent.mkdir(parents=True)
    pd.DataFrame({"architecture": ["transformer", "lstm"], "effect": [0.3, 0.5]}).to_csv(path, index=False)
    assert store.read("folds", place)["effect"].tolist() == [0.5]
    store.write("folds", place, pd.DataFrame({"architecture": ["gru"], "effect": [0.4]}))
    assert store.read("folds", place)["effect"].tolist() == [0.5, 0.4]


def test_rows_come_back_with_their_empty_texts_and_no_rows_leave_no_table(tmp_path):
    place = Place("quick", False, tmp_path)
    rows = pd.DataFrame(
        {"architecture": ["lstm", "lstm", "gru"], "against": ["", "SVM", ""], "effect": [0.5, 0.1, 0.4]}
    )
    assert store.rows_of("folds", place, "lstm").empty
    store.write("folds", place, rows[:0])
    assert not (place.reports / "folds.csv").exists()
    store.write("folds", place, rows)
    pd.testing.assert_frame_equal(store.rows_of("folds", place, "lstm").reset_index(drop=True), rows[:2])
    assert store.rows_of("folds", place, "cnn").empty


def test_what_is_kept_lies_beside_the_network(tmp_path):
    place = Place("quick", False, tmp_path)
    keep(weighed(checks({}), place=place))
    folder = place.weights / "lstm" / "layers-1"
    assert [path.name for path in folder.iterdir()] == ["seed-0.check.npz"]
    assert store.baselines_of("lstm", place) == place.weights / "lstm" / "baselines.npz"


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "one array", "a pickle", "no mark", "gone"])
def test_a_file_that_is_not_whole_is_not_used(damage, tmp_path):
    path = tmp_path / "of a run" / "kept.npz"
    numbers = [3, 4]
    compute = lambda: {"x": np.array([numbers.pop()])}  # noqa: E731
    assert store.kept(path, "mark", compute)["x"] == 4
    assert store.kept(path, "mark", compute)["x"] == 4
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[:-30])
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("seed 0")
        case "one array":
            with path.open("wb") as file:
                np.save(file, np.arange(3))
        case "a pickle":
            np.savez(path, mark="mark", x=np.array([{}], dtype=object))
        case "no mark":
            np.savez(path, x=np.arange(3))
        case "gone":
            path.unlink()
            path.parent.rmdir()
    assert store.kept(path, "mark", compute) == {"x": 3}
    assert store.kept(path, "mark", compute) == {"x": 3}


def test_a_stop_while_computing_keeps_nothing(tmp_path):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.kept(tmp_path / "kept.npz", "mark", stop)
    assert not list(tmp_path.iterdir())


def test_digits_come_back_as_they_were():
    predicted = np.array([0, 9, 3, 10, 35, 11])
    assert store.as_digits(predicted) == "093azb"
    assert store.from_digits("093azb").tolist() == predicted.tolist()


@pytest.mark.parametrize("predicted", [[0, 36], [0, -1]])
def test_a_class_that_no_digit_stands_for_is_refused(predicted):
    with pytest.raises(ValueError, match="digits go from 0 to 35"):
        store.as_digits(np.array(predicted))


def test_rows_are_added_in_place_of_those_that_are_alike(tmp_path):
    place = Place("quick", False, tmp_path)
    columns = ["architecture", "variant", "seed", "test_f1"]
    older = [("lstm", "a", 0, 0.1), ("lstm", "a", 1, 0.2), ("gru", "a", 0, 0.3)]
    for rows in (older[:2], older[2:]):
        store.add("results", place, pd.DataFrame(rows, columns=columns), ["architecture", "variant", "seed", "other"])
    new = pd.DataFrame([("lstm", "a", 1, 0.5), ("lstm", "b", 1, 0.6)], columns=columns)
    store.add("results", place, new, ["architecture", "variant", "seed", "other"])
    wanted = [older[0], ("lstm", "a", 1, 0.5), ("lstm", "b", 1, 0.6), older[2]]
    assert sorted(store.read("results", place).itertuples(index=False, name=None)) == sorted(wanted)


def test_what_goes_first_when_rows_are_taken_over_is_what_the_others_hang_on(tmp_path, monkeypatch):
    place, gone = Place("quick", False, tmp_path), []
    for name in ("ensembles", "history", "results"):
        for each in (place, replace(place, unfinished=True)):
            store.write(name, each, pd.DataFrame({"architecture": ["lstm"], "seed": [0]}))
    monkeypatch.setattr(store, "_replace", lambda name, *_: gone.append(name))
    store.take_over("lstm", place)
    assert gone == ["results", "ensembles", "history"]


def test_notebooks_side_by_side_lose_no_rows(tmp_path):
    """While another process is between reading and writing a table, nobody else begins."""
    place = Place("quick", False, tmp_path)
    path = place.reports / "results.csv"
    rows = {name: pd.DataFrame({"architecture": [name], "predicted": ["012"]}) for name in ("lstm", "cnn")}
    store.write("results", place, rows["lstm"])
    other = threading.Thread(target=store.write, args=("results", place, rows["cnn"]))
    with place.alone("tables"):
        other.start()
        other.join(0.2)
        assert other.is_alive()
        assert pd.read_csv(path)["architecture"].tolist() == ["lstm"]
    other.join(10)
    assert pd.read_csv(path)["architecture"].tolist() == ["cnn", "lstm"]
    assert [each.name for each in path.parent.iterdir()] == ["results.csv"]
