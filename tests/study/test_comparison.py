import keras
import numpy as np
import pytest
from keras import layers

import forward
from study.comparison import compare


@pytest.fixture
def saved(tmp_path, rng):
    """A graph with a layer that is called twice, a model inside, and a layer with several outputs."""
    keras.utils.set_random_seed(0)
    x = keras.Input((6,), dtype="int32")
    embedded = layers.Embedding(11, 4, mask_zero=True, name="words")(x)
    sequence, state = layers.GRU(4, return_sequences=True, return_state=True, name="gru")(embedded)
    shared = layers.Dense(4, activation="tanh", name="shared")
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4)], name="inner")
    y = layers.Add(name="sum")([shared(shared(state)), inner(inner(state))])
    keras.Model(x, [y, sequence]).save(tmp_path / "model.keras")
    return tmp_path / "model.keras", rng.integers(0, 11, (5, 6))


def test_a_row_for_each_output_of_each_call(saved):
    table = compare(*saved)
    expected = {"words", "gru", "shared", "shared:1", "inner", "inner:1", "sum"}
    assert expected <= set(table["layer"])
    assert list(table.loc[table["layer"] == "gru", "output shape"]) == [(5, 6, 4), (5, 4)]
    assert set(table["verdict"]) <= {"equal", "rounding"}
    assert table["max |Δ|"].max() < 1e-6
    assert (table["mean |Δ|"] <= table["max |Δ|"]).all()


def test_it_names_the_layer_where_two_models_part(saved, monkeypatch):
    layer = forward.load_model(saved[0]).by_name["shared"]
    weights = dict(layer.arguments, bias=layer.arguments["bias"] + 0.01)
    load = forward.load_model

    def load_wrong(path):
        model = load(path)
        model.by_name["shared"].arguments = weights
        return model

    monkeypatch.setattr(forward, "load_model", load_wrong)
    table = compare(*saved).set_index("layer")
    assert table.loc["shared", "verdict"] == "first difference"
    assert table.loc["shared:1", "verdict"] == table.loc["sum", "verdict"] == "differs"
    assert set(table.loc["gru", "verdict"]) <= {"equal", "rounding"}
    assert table.loc["shared", "max |Δ|"] == pytest.approx(0.01, rel=0.2)


def test_texts(tmp_path):
    words = layers.TextVectorization(output_sequence_length=4, name="words")
    words.adapt(["enak sekali tidak"])
    model = keras.Sequential([keras.Input((), dtype="string"), words, layers.Embedding(5, 3, name="embedding")])
    model.save(tmp_path / "model.keras")
    table = compare(tmp_path / "model.keras", ["enak sekali", "tidak ada"])
    assert list(table["layer"]) == ["words", "embedding"]
    assert list(table["class"]) == ["TextVectorization", "Embedding"]
    assert list(table["verdict"]) == ["equal", "equal"]
    assert np.isfinite(table["max |Δ|"]).all()
