import keras
import numpy as np
import pytest
from keras import layers

import forward

from ..files import change_config


@pytest.fixture
def small(twins):
    """A small image network and its twin."""
    return twins(
        keras.Input((6, 5, 3)),
        layers.Conv2D(4, 2, activation="relu", name="conv"),
        layers.MaxPooling2D(2, name="pool"),
        layers.Flatten(name="flat"),
        layers.Dense(7, activation="softmax", name="classes"),
    )


def images(rng, number=10):
    return rng.normal(size=(number, 6, 5, 3)).astype(np.float32)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 256])
def test_batch_size_changes_nothing(small, batch_size, rng):
    theirs, ours = small
    x = images(rng)
    np.testing.assert_allclose(ours.predict(x, batch_size), theirs(x), rtol=0, atol=1e-6)


def test_forward_is_one_pass_and_says_what_it_does(small, rng, capsys):
    _, ours = small
    x = images(rng)
    np.testing.assert_allclose(ours.forward(x, verbose=True), ours.predict(x), rtol=0, atol=1e-6)
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["conv", "Conv2D", "(10, 5, 4, 4)"],
        ["pool", "MaxPooling2D", "(10, 2, 2, 4)"],
        ["flat", "Flatten", "(10, 16)"],
        ["classes", "Dense", "(10, 7)"],
    ]
    ours.forward(x)
    assert capsys.readouterr().out == ""


def test_activations_are_keras_own(small, rng):
    theirs, ours = small
    x = images(rng)
    inner = keras.Model(theirs.inputs, [layer.output for layer in theirs.layers])
    found = ours.activations(x)
    assert list(found) == ["conv", "pool", "flat", "classes"]
    for each, expected in zip(found.values(), inner(x), strict=True):
        np.testing.assert_allclose(each, expected, rtol=1e-5, atol=1e-6)


def test_summary_counts_as_keras_does(small):
    theirs, ours = small
    assert ours.parameters == theirs.count_params()
    summary = ours.summary()
    for text in ("conv ", "Conv2D", "(None, 5, 4, 4)", "52", "kernel_size=[2, 2]", f"{theirs.count_params():,}"):
        assert text in summary


def test_empty_batch(small):
    assert small[1].predict(np.empty((0, 6, 5, 3))).shape == (0, 7)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64", "bool"])
def test_numbers_of_any_type_become_float32(small, dtype, rng):
    theirs, ours = small
    x = rng.integers(0, 2, (4, 6, 5, 3)).astype(dtype)
    np.testing.assert_allclose(ours.predict(x), theirs(x.astype("float32")), rtol=0, atol=1e-6)
    assert ours.predict(x).dtype == np.float32


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "32", True])
def test_batch_size_must_be_a_number(small, batch_size, rng):
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1"):
        small[1].predict(images(rng), batch_size)


@pytest.mark.parametrize("shape", [(6, 5, 3), (2, 5, 6, 3), (2, 6, 5, 4), (2, 6, 5, 3, 1), ()])
def test_wrong_shape(small, shape):
    with pytest.raises(ValueError, match=r"takes float32 values of shape \('samples', 6, 5, 3\), but got shape"):
        small[1].predict(np.zeros(shape))


@pytest.mark.parametrize(
    "x", [np.full((2, 6, 5, 3), "a"), np.full((2, 6, 5, 3), None), np.zeros((2, 6, 5, 3), complex)]
)
def test_wrong_type(small, x):
    with pytest.raises(ValueError, match="takes float32 values"):
        small[1].predict(x)


def test_ragged(small):
    with pytest.raises(ValueError, match="rows of different lengths"):
        small[1].predict([[1, 2], [3]])


def test_predict_leaves_its_input_alone(small, rng):
    x = images(rng)
    before = x.copy()
    small[1].predict(x)
    np.testing.assert_array_equal(x, before)


def test_axes_of_any_length(twins, rng):
    theirs, ours = twins(
        keras.Input((None,), dtype="int32"), layers.Embedding(5, 3000), layers.Conv1D(4, 3), layers.GlobalMaxPooling1D()
    )
    assert (ours.input_shape, ours.output_shape) == ((None,), (4,))
    for length in (3, 7):
        x = rng.integers(0, 5, (2, length))
        np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match=r"a window of \[3\] does not fit into \[2\]"):
        ours.predict([[1, 2]])


def test_no_texts_of_any_length(twins):
    words = layers.TextVectorization()
    words.adapt(["enak sekali"])
    stack = words, layers.Embedding(4, 3), layers.Conv1D(4, 5), layers.GlobalMaxPooling1D()
    _, ours = twins(keras.Input((), dtype="string"), *stack)
    assert (ours.input_shape, ours.output_shape) == ((), (4,))
    assert ours.predict([]).shape == (0, 4)


def test_batches_of_different_length_are_told(twins):
    words = layers.TextVectorization()
    words.adapt(["enak sekali"])
    _, ours = twins(keras.Input((), dtype="string"), words, layers.Embedding(4, 3))
    assert ours.predict(["enak", "enak sekali"], batch_size=2).shape == (2, 2, 3)
    with pytest.raises(ValueError, match="a batch_size that holds all of x"):
        ours.predict(["enak", "enak sekali"], batch_size=1)


def test_models_inside_models_have_an_end(tmp_path):
    """Each calls the one inside twice, so that a file of a few kilobytes would keep its reader busy for hours."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    for _ in range(15):
        x = keras.Input((2,))
        model = keras.Model(x, model(model(x)))
    model.save(tmp_path / "model.keras")
    with pytest.raises(forward.ModelFileError, match="makes more than 20,000 calls of layers"):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("uint8", 256), ("uint8", -1), ("int8", 128), ("bool", 2), ("int32", 2**31), ("int64", np.inf), ("uint64", 1e30)],
)
def test_whole_numbers_must_fit_their_type(dtype, value, twins):
    """Keras would make another number of them."""
    _, ours = twins(keras.Input((2,), dtype=dtype), layers.Flatten())
    with pytest.raises(ValueError, match=f"takes {dtype} values .* but got values from 0.* to|from -1"):
        ours.predict([[0, value]])


@pytest.mark.parametrize(
    "x", [np.array([[1, 2**63 + 5]], np.uint64), np.array([[1.0, 2.0**63]])], ids=["whole", "float"]
)
def test_whole_numbers_must_fit_ours(x, twins):
    """They are int64 here: 2**63 would become a negative one."""
    _, ours = twins(keras.Input((2,), dtype="uint64"), layers.Flatten())
    with pytest.raises(ValueError, match="but got values from 1"):
        ours.predict(x)
    most = np.array([[1, 2**63 - 1]], np.uint64)
    np.testing.assert_array_equal(ours.predict(most), most.astype(np.int64))


def test_initial_states_must_be_arrays_that_fit(tmp_path):
    x, h = keras.Input((4, 3)), keras.Input((2,))
    keras.Model([x, h], layers.LSTM(2, name="odd")(x, initial_state=[h, h])).save(tmp_path / "model.keras")
    assert forward.load_model(tmp_path / "model.keras").predict([np.zeros((1, 4, 3)), np.ones((1, 2))]).shape == (1, 2)
    for states, words in (
        ([1, 1], "initial state of"),
        ([None, None], "initial state of"),
        ("one", "2 initial states"),
    ):

        def change(config, states=states):
            (call,) = next(each for each in config["config"]["layers"] if each["name"] == "odd")["inbound_nodes"]
            given = call["kwargs"]["initial_state"]
            call["kwargs"]["initial_state"] = given[:1] if states == "one" else [given[0], states[1]]

        change_config(tmp_path / "model.keras", change)
        with pytest.raises(forward.ModelFileError, match=words):
            forward.load_model(tmp_path / "model.keras")
        keras.Model([x, h], layers.LSTM(2, name="odd")(x, initial_state=[h, h])).save(tmp_path / "model.keras")


def test_a_batch_that_does_not_fit_into_memory_is_told(small, rng, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(small[1], "walk", fail)
    with pytest.raises(ValueError, match="a batch of 10 does not fit into memory; take a smaller batch_size"):
        small[1].predict(images(rng))
