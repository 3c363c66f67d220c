import re

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import forward
from study.comparison import compare_layers


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
    table = compare_layers(*saved)
    expected = {"words", "gru", "shared", "shared:1", "inner", "inner:1", "sum"}
    assert expected <= set(table["layer"])
    assert list(table.loc[table["layer"] == "gru", "output shape"]) == [(5, 6, 4), (5, 4)]
    assert set(table["verdict"]) <= {"equal", "rounding"}
    assert table["max |Δ|"].max() < 1e-6
    assert (table["mean |Δ|"] <= table["max |Δ|"]).all()


def test_it_names_the_layer_where_two_models_part(saved, monkeypatch):
    load = forward.load_model

    def load_wrong(*paths):
        model = load(*paths)
        model.by_name["shared"].bias += 0.01
        return model

    monkeypatch.setattr(forward, "load_model", load_wrong)
    table = compare_layers(*saved).set_index("layer")
    assert table.loc["shared", "verdict"] == "first difference"
    assert table.loc["shared:1", "verdict"] == table.loc["sum", "verdict"] == "differs"
    assert set(table.loc["gru", "verdict"]) <= {"equal", "rounding"}
    assert table.loc["shared", "max |Δ|"] == pytest.approx(0.01, rel=0.2)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Models that take texts as (samples,) and as (samples, 1)."""
    paths = {}
    for shape in ((), (1,)):
        words = layers.TextVectorization(output_sequence_length=4, vocabulary=["enak", "sekali", "tidak"], name="words")
        model = keras.Sequential([keras.Input(shape, dtype="string"), words, layers.Embedding(5, 3, name="embedding")])
        model.save(path := tmp_path_factory.mktemp("texts") / "model.keras")
        paths[shape] = path
    return paths


@pytest.mark.parametrize(
    ("shape", "x"),
    [
        ((), ["enak sekali", "tidak ada"]),
        ((1,), ("enak sekali", "tidak ada")),
        ((), np.array(["enak sekali", "tidak ada"])),
        ((), pd.Series(["enak sekali", "tidak ada"], index=[7, 5])),
        ((1,), pd.Series(["enak sekali", "tidak ada"], index=[7, 5], dtype="category")),
        ((1,), pd.DataFrame({"text": ["enak sekali", "tidak ada"]}, index=["a", "b"])),
    ],
)
def test_texts(texts, shape, x):
    table = compare_layers(texts[shape], x)
    assert list(table["layer"]) == ["words", "embedding"]
    assert list(table["class"]) == ["TextVectorization", "Embedding"]
    assert list(table["verdict"]) == ["equal", "equal"]
    assert list(table["output shape"]) == [(2, 4), (2, 4, 3)]
    assert np.isfinite(table["max |Δ|"]).all()


@pytest.mark.parametrize("x", [[], (), np.array([], "U3"), pd.Series([], dtype=object), pd.DataFrame({"text": []})])
def test_nothing_is_nothing_to_compare(texts, x):
    with pytest.raises(ValueError, match="x holds no sample"):
        compare_layers(texts[()], x)


def test_an_input_that_does_not_fit_is_told(texts, saved):
    with pytest.raises(ValueError, match=re.escape("takes string values of shape ('samples',), but got shape ()")):
        compare_layers(texts[()], "enak")
    for empty in ([], np.zeros((0, 6))):
        with pytest.raises(ValueError, match=r"holds no sample|but got shape \(0,\)"):
            compare_layers(saved[0], empty)


@keras.saving.register_keras_serializable("of_a_user")
def own_loss(expected, found):
    return keras.ops.mean(expected - found)


def test_a_model_with_a_loss_of_its_own(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="a:b")])
    model.compile("adam", own_loss, metrics=[own_loss])
    model.save(tmp_path / "model.keras")
    del keras.saving.get_custom_objects()["of_a_user>own_loss"]
    x = pd.DataFrame(np.random.default_rng(2).normal(size=(4, 3)), index=list("abcd"))
    table = compare_layers(tmp_path / "model.keras", x)
    assert list(table["layer"]) == ["a:b"]
    assert table["verdict"][0] in ("equal", "rounding")
    pd.testing.assert_frame_equal(table, compare_layers(tmp_path / "model.keras", [list(row) for row in x.to_numpy()]))


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_several_inputs_in_a_list_or_by_name(order, tmp_path, rng):
    inputs = {name: keras.Input((size,), name=name) for name, size in zip("ab", (2, 3), strict=True)}
    listed = [inputs[name] for name in order]
    y = layers.Concatenate(name="both")([inputs["b"], inputs["a"]])
    keras.Model(listed, y).save(tmp_path / "listed.keras")
    keras.Model({name: inputs[name] for name in order}, y).save(tmp_path / "by_name.keras")
    x = {"a": rng.normal(size=(4, 2)), "b": rng.normal(size=(4, 3))}
    tried = [(x, "listed"), ([x[name] for name in order], "listed"), (tuple(x[name] for name in order), "listed")]
    for given, name in [*tried, (x, "by_name")]:
        table = compare_layers(tmp_path / f"{name}.keras", given)
        assert table["verdict"][0] == "equal"


def test_json_and_weights(saved, tmp_path):
    path, x = saved
    model = keras.models.load_model(path)
    (tmp_path / "model.json").write_text(model.to_json())
    model.save_weights(tmp_path / "model.weights.h5")
    pd.testing.assert_frame_equal(
        compare_layers(tmp_path / "model.json", x, tmp_path / "model.weights.h5"), compare_layers(path, x)
    )


def test_not_a_number_is_equal_to_itself(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="nan"), layers.Dense(3, name="all")])
    model.layers[1].set_weights([np.ones((1, 3)), np.zeros(3)])
    model.save(tmp_path / "model.keras")
    table = compare_layers(tmp_path / "model.keras", [[np.nan, 1], [np.inf, 1], [0.3, 0.7]])
    assert set(table["verdict"]) <= {"equal", "rounding"}
    assert np.isfinite(table["max |Δ|"]).all()


@pytest.mark.parametrize("policy", ["bfloat16", "mixed_float16"])
def test_half_precision_is_shown_as_the_first_difference(policy, tmp_path, rng):
    """`forward` computes it in float32."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, dtype=policy)])
    model.save(tmp_path / "model.keras")
    table = compare_layers(tmp_path / "model.keras", rng.normal(size=(50, 3)))
    assert table["verdict"][0] == "first difference"
    assert 0 < table["max |Δ|"][0] < 0.1
