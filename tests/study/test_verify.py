"""make verify: what lies here against the tables and against Keras; each way to differ is named."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from study import predictions, store, verify
from study.architectures import variants
from study.errors import MismatchError
from study.runs import Place


@pytest.fixture
def place(finished, tmp_path):
    """Two trained networks of the tiny budget on the sample data, and all tables."""
    there = Place("tiny", True, finished)
    here = Place("tiny", True, tmp_path)
    shutil.copytree(there.reports, here.reports, ignore=shutil.ignore_patterns("*.ipynb", "*.html", "*.pdf"))
    for variant in variants("lstm")[:2]:
        for kind in (".keras", ".json"):
            path = here.model(variant, 0).with_suffix(kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(there.model(variant, 0).with_suffix(kind), path)
    return here


def told(place, architectures=("lstm", "gru")):
    return list(verify.tell(architectures, "data", "sample", place))


def test_what_lies_here_is_held_against_the_tables_and_against_keras(place):
    tables, keras = told(place)
    assert re.fullmatch(
        r"LSTM: 2 networks with their checksums; numpy: 420 answers and 2 macro-F1 as in the tables, [\d.]+ s", tables
    )
    assert re.fullmatch(r"LSTM: numpy and Keras give the same 420 classes, max \|Δp\| [\d.]+e-\d\d, [\d.]+ s", keras)


def test_without_keras_the_tables_are_left(place, monkeypatch):
    monkeypatch.setattr(verify, "KERAS", False)
    tables, without = told(place)
    assert tables.startswith("LSTM: 2 networks")
    assert "not installed" in without


def test_another_answer_in_the_tables_is_named(place):
    rows = store.read("predictions", place)
    first = (rows["architecture"] == "lstm") & (rows["variant"] == variants("lstm")[1].name)
    digits = rows.loc[first, "predicted"].iloc[0]
    rows.loc[first, "predicted"] = str((int(digits[0]) + 1) % 3) + digits[1:]
    store.write("predictions", place, rows)
    with pytest.raises(MismatchError, match=rf"{variants('lstm')[1].name}/seed-0\.keras: 1 of 210 answers"):
        told(place)


def test_another_score_in_the_tables_is_named(place):
    rows = store.read("results", place)
    rows["test_f1_numpy"] += 1e-6
    store.write("results", place, rows)
    with pytest.raises(MismatchError, match="0 of 210 answers"):
        told(place)


def test_of_two_classes_as_probable_either_is_the_answer(place, monkeypatch):
    """A processor that rounds otherwise turns the answer round: by less than the check allows that is no difference."""
    load_model = verify.forward.load_model

    class Rounded:
        def __init__(self, path):
            self.model = load_model(path)

        def predict(self, x):
            p = self.model.predict(x).astype(np.float64)
            best = p[0].argmax()
            p[0] = 0.2
            p[0, best], p[0, best - 1] = 0.4, 0.4 + self.apart
            return p

    monkeypatch.setattr(verify.forward, "load_model", Rounded)
    monkeypatch.setattr(verify, "KERAS", False)
    Rounded.apart = 0.9e-6
    assert "420 answers" in told(place)[0]
    Rounded.apart = 1.1e-6
    with pytest.raises(MismatchError, match="1 of 210 answers"):
        told(place)


def test_tables_of_other_data_are_not_compared(place, monkeypatch):
    rows = store.read("results", place)
    store.write("results", place, rows.assign(data_source="another copy sha256:00"))
    tables, keras = told(place)
    assert tables.endswith("is not the data of the tables, so their answers are not compared")
    assert "420 classes" in keras


def test_a_network_that_differs_from_keras_is_named(place, monkeypatch):
    predict = predictions.predict

    def one_other(path, x, plain_examples):
        found = predict(path, x, plain_examples)
        if Path(path).parent.name == variants("lstm")[1].name:
            found["keras"] = np.roll(found["keras"], 1, axis=1)
        return found

    monkeypatch.setattr(predictions, "predict", one_other)
    with pytest.raises(MismatchError, match=f"differ in {variants('lstm')[1].name}$"):
        told(place)


@pytest.mark.parametrize("kind", [".keras", ".json"])
def test_a_file_that_was_changed_is_named(place, kind):
    path = place.model(variants("lstm")[0], 0).with_suffix(kind)
    path.write_bytes(path.read_bytes().replace(b"lstm", b"gru_"))
    with pytest.raises(MismatchError, match=rf"{path.name} is not as it was written"):
        told(place)


def test_a_network_that_the_tables_lack_is_named(place):
    rows = store.read("results", place)
    lacking = (rows["architecture"] == "lstm") & (rows["variant"] == variants("lstm")[1].name)
    store.write("results", place, rows[~lacking])
    with pytest.raises(MismatchError, match=rf"{variants('lstm')[1].name}/seed-0\.keras is not in the tables"):
        told(place)


def test_networks_of_a_report_that_is_not_made_yet_are_held_against_keras_alone(place):
    rows = store.read("results", place)
    rows[rows["architecture"] != "lstm"].to_csv(place.reports / "results.csv", index=False)
    tables, keras = told(place)
    assert tables == "LSTM: 2 networks with their checksums; there is no table of them yet"
    assert "give the same 420 classes" in keras


def test_a_network_without_its_record_is_named(place):
    place.model(variants("lstm")[0], 0).with_suffix(".json").unlink()
    with pytest.raises(MismatchError, match=r"seed-0\.keras has no record beside it"):
        told(place)


def test_where_no_network_lies_it_is_said_how_to_get_them(place):
    with pytest.raises(MismatchError, match=r"no network lies in .*: make report PROFILE=tiny trains them"):
        told(place, ["cnn"])
