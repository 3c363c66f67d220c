"""Temperature scaling, on known cases; where the validation data comes from, and what the pages say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from study import evidence, store, temperature
from study.evaluation import by_variant
from study.runs import Place
from study.show import closeups, temperatures
from study.statistics import calibration_error
from study.temperature import crossentropy, fitted, scaled

from .made_up import checks, keep, results, weighed


def softmax(z):
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.fixture
def drawn(rng):
    """Logits, and classes that come as often as these say."""
    z = rng.normal(size=(6000, 3), scale=1.5)
    return z, np.array([rng.choice(3, p=p) for p in softmax(z)])


@pytest.mark.parametrize("truth", [0.4, 1.0, 2.5])
def test_the_temperature_undoes_what_made_a_network_too_sure(drawn, truth):
    z, y = drawn
    wrong = softmax(truth * z).astype(np.float32)
    found = fitted(y, wrong)
    assert found == pytest.approx(truth, rel=0.05)
    after = scaled(wrong, found)
    assert crossentropy(y, after) <= crossentropy(y, wrong)
    assert calibration_error(y, after) < 0.02
    assert (after.argmax(axis=1) == wrong.argmax(axis=1)).all()
    if truth != 1:
        assert calibration_error(y, wrong) > 0.1


def test_scaling_and_loss_reckoned_by_hand():
    np.testing.assert_allclose(scaled(np.array([[0.8, 0.2]]), 2.0), [[2 / 3, 1 / 3]])  # the roots are as 2 to 1
    np.testing.assert_allclose(scaled(np.array([[0.8, 0.2]]), 1.0), [[0.8, 0.2]])
    p, y = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.1, 0.8, 0.1]]), np.array([0, 2, 2])
    assert crossentropy(y, p) == pytest.approx(log_loss(y, p, labels=[0, 1, 2]))


def test_a_probability_of_zero_is_no_trouble():
    p = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    y = np.array([0, 1, 1])
    assert np.isfinite(crossentropy(y, p))
    assert np.isfinite(scaled(p, 3.0)).all()
    assert 1 < fitted(y, p) <= temperature.FURTHEST


@pytest.fixture
def run_of(monkeypatch):
    """A function: checks -> the same with a model each, whose predictions on other data the list holds."""
    asked = []

    class Model:
        def predict(self, x):
            asked.append(len(x))
            return np.tile(np.array([0.6, 0.3, 0.1], np.float32), (len(x), 1))

    monkeypatch.setattr(temperature.forward, "load_model", lambda path: Model())

    def make(some, folder):
        marked = [
            replace(
                each,
                run=replace(each.run, path=folder / f"{number}.keras", record=each.run.record | {"model_sha256": "a"}),
            )
            for number, each in enumerate(some)
        ]
        return marked, asked

    return make


def test_validation_data_decide_and_their_predictions_are_kept(run_of, tmp_path, monkeypatch):
    monkeypatch.setattr(temperature, "ENOUGH", 100)
    found, asked = run_of(checks({}, seeds=(0, 4))[:3], tmp_path)
    data = weighed(checks({})).data
    y = np.repeat([0, 1, 2], [60, 30, 210])  # of the first hundred as often as the model says, of the rest not
    y[90:100] = 2
    data = replace(data, y_val=y)
    rows = temperature.measured(found, data)
    assert rows.columns.tolist() == temperature.COLUMNS
    assert asked == [100] * 3
    assert rows["temperature"].tolist() == pytest.approx([1] * 3, abs=0.01)
    assert (rows["examples"] == 100).all()
    assert rows["variant"].tolist() == [each.run.variant.name for each in found]
    for row, each in zip(rows.itertuples(), found, strict=True):
        assert row.error == calibration_error(each.y, each.keras)
        assert row.loss == pytest.approx(crossentropy(each.y, each.keras))
        after = scaled(each.keras, row.temperature)
        assert (row.scaled_error, row.scaled_loss) == (calibration_error(each.y, after), crossentropy(each.y, after))
    y[:60] = 2  # the labels alone: nothing is predicted again
    again = temperature.measured(found, replace(data, y_val=y))
    assert len(asked) == 3
    assert (again["temperature"] > 2).all()
    temperature.measured(found, replace(data, x_val=data.x_val[::-1]))
    assert len(asked) == 6


def some_rows(architecture="lstm"):
    """temperatures.csv of two variants and two seeds, beside another architecture's."""
    rows = [
        [architecture, "baseline", 0, 90, 2.0, 0.11, 0.03, 1.0, 0.7],
        [architecture, "baseline", 1, 90, 3.0, 0.13, 0.05, 1.2, 0.9],
        [architecture, "layers-1", 0, 90, 0.8, 0.041, 0.04, 0.6, 0.6],
    ]
    return pd.DataFrame(rows, columns=temperature.COLUMNS)


def test_the_table_has_them_beside_the_calibration_error():
    found = results({}, seeds=(0, 1))
    assert "temperature" not in closeups.calibration_table(found)
    table = closeups.calibration_table(replace(found, temperatures=some_rows())).set_index("variant")
    assert table.loc["baseline"].tolist()[1:] == ["0.120", "2.500", "0.040", "1.100", "0.800"]
    assert table.loc["1 layer", "calibration error, scaled"] == "0.040"
    assert table.columns.tolist()[1:] == [
        "calibration error", "temperature", "calibration error, scaled", "loss", "loss, scaled"
    ]  # fmt: skip


def test_the_sentence_is_of_the_baseline_and_the_best():
    found = results({}, seeds=(0, 1))
    assert temperatures.reading(found) == ""
    better = {each.run.variant.name: each for each in found.checks}["layers-1"].run.record
    better["metrics"] = better["metrics"] | {"val_f1": 0.9}
    said = temperatures.reading(replace(found, temperatures=some_rows()))
    assert "fitted on 90 validation examples" in said
    assert "baseline, temperature 2.50: calibration error 0.120 and 0.040 (better), crossentropy loss 1.100 and" in said
    assert "1 layer, temperature 0.80: calibration error 0.041 and 0.040 (no difference to speak of)" in said
    worse = some_rows().assign(scaled_error=0.5)
    assert "0.500 (worse)" in temperatures.reading(replace(found, temperatures=worse))


def test_they_are_left_and_found_again(tmp_path):
    place = Place("quick", False, tmp_path)
    found = weighed(checks({}, seeds=(0, 1)), place=place)
    keep(found)
    assert store.read_if_there("temperatures", place) is None
    assert len(evidence.saved("lstm", found.data, place).temperatures) == 0
    store.write("temperatures", place, some_rows("gru"))
    keep(replace(found, temperatures=some_rows()))
    again = evidence.saved("lstm", found.data, place)
    pd.testing.assert_frame_equal(again.temperatures.reset_index(drop=True), some_rows())
    assert len(by_variant(again.checks)) > 2
