import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.model.dense import Dense
from forward.model.recurrent import LSTM
from forward.model.registry import LAYERS

from ...conftest import assert_close, is_probability, scramble
from ..files import change_entry
from .test_inactive import AUGMENTING, INACTIVE

TIME, FEATURES = 5, 3
IMAGE = (6, 5, 3)


def steps(rng):
    """Sequences with steps of zeros only in front, behind, in the middle, and in a whole row."""
    x = rng.normal(size=(6, TIME, FEATURES))
    x[0, :2], x[1, 3:], x[2, 1:3], x[3] = 0, 0, 0, 0
    return x


def residual(dense="softmax"):
    """An image network with branches."""
    x = keras.Input(IMAGE, name="image")
    stem = layers.Conv2D(4, 2, name="stem")(x)
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(stem)
    y = layers.Add(name="sum")([stem, layers.BatchNormalization(name="norm")(y)])
    y = layers.GlobalAveragePooling2D(name="pool")(y)
    return keras.Model(x, layers.Dense(7, activation=dense, name="classes")(y), name="residual")


def inside(functional=True, shape=(FEATURES,)):
    """A model to be a layer of others."""
    x = keras.Input(shape)
    made = layers.Dense(4, activation="tanh"), layers.Dense(FEATURES)
    return keras.Model(x, made[1](made[0](x))) if functional else keras.Sequential([x, *made])


# --- branches, models inside, layers that are used twice


def test_branches(dtype, assert_same_model, rng):
    assert_same_model(residual(), rng.normal(size=(8, *IMAGE)))


def test_squeeze_and_excite(dtype, assert_same_model, rng):
    """Channels times weights of another rank."""
    x = keras.Input(IMAGE)
    weights = layers.Dense(3, activation="sigmoid")(layers.GlobalMaxPooling2D(keepdims=True)(x))
    assert_same_model(keras.Model(x, layers.Multiply()([x, weights])), rng.normal(size=(8, *IMAGE)))


def two_deep():
    x = keras.Input((FEATURES,))
    return keras.Model(x, layers.Add()([inside()(x), keras.Sequential([keras.Input((FEATURES,)), inside(False)])(x)]))


MODELS = {
    "Functional": inside,
    "Sequential": lambda: inside(False),
    "Sequential that is built late": lambda: keras.Sequential([layers.Dense(4), layers.ReLU(), layers.Dense(FEATURES)]),
    "two deep": two_deep,
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
class TestModelInside:
    def test_in_a_row(self, make, dtype, assert_same, rng):
        assert_same(rng.normal(size=(6, FEATURES)), keras.Input((FEATURES,)), layers.Dense(FEATURES), make(), make())

    def test_in_a_graph(self, make, dtype, assert_same_model, rng):
        x, model = keras.Input((FEATURES,)), make()
        y = layers.Add()([x, model(layers.Dense(FEATURES)(x))])
        assert_same_model(keras.Model(x, [y, layers.Dense(2)(y)]), rng.normal(size=(6, FEATURES)))

    def test_called_twice(self, make, dtype, assert_same_model, rng):
        x, model = keras.Input((FEATURES,)), make()
        once = model(x)
        assert_same_model(keras.Model(x, [model(once), once, model(layers.Dense(FEATURES)(x))]), steps(rng)[:, 0])

    def test_as_the_output(self, make, assert_same_model, rng):
        x, model = keras.Input((FEATURES,)), make()
        assert_same_model(keras.Model(x, [model(x), layers.Dense(2)(x)]), rng.normal(size=(6, FEATURES)))


def test_layer_used_twice(dtype, assert_same_model, rng):
    one, two = keras.Input((4, 3)), keras.Input((4, 3))
    shared = layers.Dense(5, activation="tanh")
    assert_same_model(
        keras.Model([one, two], layers.Subtract()([shared(one), shared(two)])), list(rng.normal(size=(2, 6, 4, 3)))
    )


def test_layer_used_twice_on_shapes_that_differ(dtype, assert_same_model, rng):
    one, two, shared = keras.Input((4, 3)), keras.Input((5, 3)), layers.LSTM(2)
    assert_same_model(keras.Model([one, two], [shared(one), shared(two)]), [rng.normal(size=(6, n, 3)) for n in (4, 5)])


def test_model_inside_with_several_inputs_and_outputs(dtype, assert_same_model, rng):
    one, two = keras.Input((3,)), keras.Input((4,))
    inner = keras.Model([one, two], [layers.Concatenate()([one, two]), layers.Dense(2)(two)])
    one, two = keras.Input((3,)), keras.Input((4,))
    y, z = inner([one, two])
    assert_same_model(keras.Model([one, two], [layers.Dense(5)(z), y]), [rng.normal(size=(6, n)) for n in (3, 4)])


@pytest.mark.parametrize("functional", [True, False])
@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")  # but they do
def test_model_inside_hands_the_mask_on(functional, dtype, assert_same_model, rng):
    x, model = keras.Input((TIME, FEATURES)), inside(functional, (TIME, FEATURES))
    assert_same_model(keras.Model(x, layers.LSTM(2)(model(layers.Masking()(x)))), steps(rng))


# --- masks

PASSED = {
    "Activation": lambda: layers.Activation("tanh"),
    "AveragePooling1D": lambda: layers.AveragePooling1D(2),
    "BatchNormalization": lambda: layers.BatchNormalization(),
    "Bidirectional": lambda: layers.Bidirectional(layers.GRU(4, return_sequences=True)),
    "Conv1D": lambda: layers.Conv1D(4, 2),
    "Conv1D of the same length": lambda: layers.Conv1D(4, 2, padding="same"),
    "Conv1DTranspose": lambda: layers.Conv1DTranspose(4, 2),
    "Cropping1D": lambda: layers.Cropping1D(1),
    "Dense": lambda: layers.Dense(4),
    "DepthwiseConv1D": lambda: layers.DepthwiseConv1D(2, padding="same"),
    "ELU": lambda: layers.ELU(),
    "Flatten": lambda: keras.Sequential([layers.Flatten(), layers.Reshape((TIME, FEATURES))]),
    "Functional": lambda: inside(True, (TIME, FEATURES)),
    "GRU": lambda: layers.GRU(4, return_sequences=True),
    "GlobalAveragePooling1D": lambda: layers.GlobalAveragePooling1D(keepdims=True),
    "GlobalMaxPooling1D": lambda: layers.GlobalMaxPooling1D(keepdims=True),
    "GroupNormalization": lambda: layers.GroupNormalization(FEATURES, epsilon=0.1),
    "LSTM": lambda: layers.LSTM(4, return_sequences=True),
    "LSTM that goes backwards": lambda: layers.LSTM(4, return_sequences=True, go_backwards=True),
    "LayerNormalization": lambda: layers.LayerNormalization(epsilon=0.1),
    "LeakyReLU": lambda: layers.LeakyReLU(),
    "Masking": lambda: layers.Masking(0.5),
    "MaxPooling1D": lambda: layers.MaxPooling1D(2, 1, "same"),
    "Normalization": lambda: layers.Normalization(mean=0.3, variance=2.0),
    "PReLU": lambda: layers.PReLU(),
    "Permute": lambda: layers.Permute((2, 1)),
    "ReLU": lambda: layers.ReLU(),
    "Rescaling": lambda: layers.Rescaling(2, 0.3),
    "Reshape": lambda: layers.Reshape((TIME, FEATURES)),
    "SeparableConv1D": lambda: layers.SeparableConv1D(4, 2, padding="same"),
    "Sequential": lambda: inside(False, (TIME, FEATURES)),
    "SimpleRNN": lambda: layers.SimpleRNN(4, return_sequences=True),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(4)),
    "UpSampling1D": lambda: layers.UpSampling1D(2),
    "ZeroPadding1D": lambda: layers.ZeroPadding1D(1),
    **{
        name: lambda name=name: getattr(layers, name)(**INACTIVE[name])
        for name in INACTIVE
        if name != "SpatialDropout2D"
    },
    **{f"Random{name}": lambda name=name: getattr(layers, f"Random{name}")(**AUGMENTING[name]) for name in AUGMENTING},
}
NOT_OF_SEQUENCES = {  # or not of a single one; or no mask can reach it, or not in Keras
    *(name for name in LAYERS if name.endswith(("2D", "2DTranspose")) or name.startswith("ops.")),
    *("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"),
    *("Embedding", "InputLayer", "RepeatVector", "Softmax", "TextVectorization"),
}


def test_every_layer_that_may_meet_a_mask_is_in_the_table():
    assert {name.split()[0] for name in PASSED} == set(LAYERS) - NOT_OF_SEQUENCES


@pytest.mark.parametrize("make", PASSED.values(), ids=PASSED)
@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")
def test_mask_is_passed_consumed_or_dropped(make, assert_same, rng):
    assert_same(steps(rng), keras.Input((TIME, FEATURES)), layers.Masking(), make(), layers.LSTM(2))


@pytest.mark.parametrize("name", [name for name in PASSED if not name.startswith("Random")])
@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")
def test_mask_of_an_embedding(name, assert_same, rng):
    embedding = layers.Embedding(11, FEATURES, mask_zero=True)
    tokens = np.where(steps(rng)[..., 0], rng.integers(1, 11, (6, TIME)), 0)
    assert_same(tokens, keras.Input((TIME,), dtype="int32"), embedding, PASSED[name](), layers.LSTM(2))


RECURRENT = {
    "SimpleRNN": lambda: layers.SimpleRNN(4),
    "LSTM": lambda: layers.LSTM(4),
    "GRU": lambda: layers.GRU(4),
    "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(4)),
    "GlobalAveragePooling1D": lambda: layers.GlobalAveragePooling1D(),
}


@pytest.mark.parametrize("make", RECURRENT.values(), ids=RECURRENT)
def test_mask_from_another_input(make, dtype, assert_same_model, rng):
    x, mask = keras.Input((TIME, FEATURES)), keras.Input((TIME,), dtype="bool")
    data = steps(rng)
    assert_same_model(keras.Model([x, mask], make()(layers.Dense(4)(x), mask=mask)), [data, data.any(axis=-1)])


def test_mask_of_another_layer(dtype, assert_same_model, rng):
    """It takes the place of the mask that comes with the sequence."""
    tokens = keras.Input((TIME,), dtype="int32")
    one, two = layers.Embedding(11, 3, mask_zero=True), layers.Embedding(11, 4, mask_zero=True)
    other = keras.Input((TIME,), dtype="int32")
    model = keras.Model([tokens, other], layers.GRU(2)(one(tokens), mask=two.compute_mask(other)))
    assert_same_model(model, list(rng.integers(0, 3, (2, 6, TIME))))


@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")  # but it does
def test_mask_handed_over_to_a_model_inside(dtype, assert_same_model, rng):
    end = keras.Input((TIME, FEATURES))
    inner = keras.Model(end, layers.LSTM(4)(layers.Dense(4)(end)))
    x, mask = keras.Input((TIME, FEATURES)), keras.Input((TIME,), dtype="bool")
    data = steps(rng)
    assert_same_model(keras.Model([x, mask], inner(x, mask=mask)), [data, data.any(axis=-1)])


# --- several inputs and outputs


def two_inputs(form):
    """A model of two inputs, whose names are not in the order of the list, in a list or by name."""
    one, two = keras.Input((4,), name="zeta"), keras.Input((TIME, FEATURES), name="alpha")
    y = layers.Concatenate()([layers.Dense(7)(one), layers.GlobalMaxPooling1D()(two)])
    return keras.Model([one, two] if form == "list" else {"zeta": one, "alpha": two}, layers.Dense(2)(y))


@pytest.mark.parametrize("given", ["list", "by name"])
@pytest.mark.parametrize("form", ["list", "by name"])
def test_several_inputs(form, given, dtype, twin, rng):
    model, by_name = two_inputs(form), {"zeta": rng.normal(size=(6, 4)), "alpha": rng.normal(size=(6, TIME, FEATURES))}
    order = ["zeta", "alpha"] if form == "list" else ["alpha", "zeta"]
    ours = twin(model)
    assert_close(
        ours.predict(by_name if given == "by name" else [by_name[name] for name in order]), np.asarray(model(by_name))
    )
    shapes = {"zeta": (4,), "alpha": (TIME, FEATURES)}
    assert ours.input_shape == (list(shapes.values()) if form == "list" else shapes)


@pytest.mark.parametrize("form", ["list", "by name", "list of one"])
def test_several_outputs(form, dtype, assert_same_model, rng):
    x = keras.Input((4,))
    zeta, alpha = layers.Dense(3, activation="softmax")(x), layers.Dense(5)(x)
    outputs = {"list": [zeta, alpha, zeta], "by name": {"zeta": zeta, "alpha": alpha}, "list of one": [zeta]}[form]
    assert_same_model(keras.Model(x, outputs), rng.normal(size=(6, 4)))


def test_shapes_of_several_outputs(twin):
    x = keras.Input((4,))
    ours = twin(keras.Model(x, {"zeta": layers.Dense(3)(x), "alpha": layers.Reshape((2, 2))(x)}))
    assert ours.output_shape == {"zeta": (3,), "alpha": (2, 2)}


def test_an_input_that_is_also_an_output(dtype, assert_same_model, rng):
    x = keras.Input((4,))
    assert_same_model(keras.Model(x, [x, layers.Dense(3)(x)]), rng.normal(size=(6, 4)))


def test_text_and_numbers(dtype, assert_same_model, rng):
    text, number = keras.Input((), dtype="string", name="text"), keras.Input((3,), name="number")
    words = layers.TextVectorization(vocabulary=["enak", "kasar"], output_sequence_length=4)
    y = layers.LSTM(5)(layers.Embedding(4, 2, mask_zero=True)(words(text)))
    model = keras.Model([text, number], layers.Dense(2, activation="softmax")(layers.Concatenate()([y, number])))
    assert_same_model(model, [np.array(["enak", "kasar enak", "", "lain"], dtype=object), rng.normal(size=(4, 3))])


WRONG = {
    "missing": lambda one, two: [one],
    "missing by name": lambda one, two: {"zeta": one},
    "alone": lambda one, two: one,
    "too many": lambda one, two: [one, two, two],
    "unknown name": lambda one, two: {"zeta": one, "beta": two},
    "one too many by name": lambda one, two: {"zeta": one, "alpha": two, "beta": two},
    "another order": lambda one, two: [two, one],
    "numbers of samples": lambda one, two: [one, two[:5]],
    "numbers of samples by name": lambda one, two: {"zeta": one[:4], "alpha": two},
    "another type": lambda one, two: [one.astype(str), two],
    "nothing": lambda one, two: None,
}


@pytest.mark.parametrize("method", ["predict", "forward", "activations"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_wrong_inputs(wrong, method, twin, rng):
    one, two = rng.normal(size=(6, 4)), rng.normal(size=(6, TIME, FEATURES))
    with pytest.raises(ValueError, match=r"takes|numbers of samples: \[[45], 6\]"):
        getattr(twin(two_inputs("list")), method)(wrong(one, two))


# --- what is in the file


def test_compiled_and_fitted(tmp_path, rng):
    """The optimizer and its state, the loss and the metrics are in the file, too."""
    model, x = residual(), rng.normal(size=(8, *IMAGE)).astype("float32")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    model.fit(x, rng.integers(0, 7, 8), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    assert_close(forward.load_model(tmp_path / "model.keras").predict(x), model.predict(x, verbose=0), probability=True)


STORED = {
    "graph": (residual, lambda rng: rng.normal(size=(8, *IMAGE))),
    "several inputs": (lambda: two_inputs("list"), lambda rng: [rng.normal(size=(6, 4)), steps(rng)]),
    "sequential": (
        lambda: keras.Sequential([keras.Input((3,)), inside(), inside(False)]),
        lambda rng: steps(rng)[:, 0],
    ),
}


@pytest.mark.parametrize(("make", "data"), STORED.values(), ids=STORED)
def test_json_and_weights(make, data, dtype, tmp_path, rng):
    model, x = make(), data(rng)
    scramble(model, rng)
    (tmp_path / "model.json").write_text(model.to_json())
    model.save_weights(tmp_path / "model.weights.h5")
    ours = forward.load_model(tmp_path / "model.json", weights=tmp_path / "model.weights.h5")
    assert_close(ours.predict(x), np.asarray(model(x, training=False)), is_probability(model.outputs[0]))


def image_network():
    """`residual` with more kinds of layers, and probabilities in single precision, as Keras advises."""
    x = keras.Input(IMAGE)
    y = layers.SeparableConv2D(4, 3, padding="same", activation="relu")(layers.Rescaling(0.3)(x))
    y = layers.Add()([y, layers.BatchNormalization()(layers.Conv2D(4, 2, padding="same")(y))])
    y = layers.PReLU()(layers.LayerNormalization()(layers.AveragePooling2D(2)(y)))
    return keras.Model(x, layers.Dense(7, activation="softmax", dtype="float32")(layers.Flatten()(y)))


def sequence_network():
    x = keras.Input((TIME, FEATURES))
    how = {"recurrent_initializer": "zeros"}  # Keras cannot make an orthogonal one in bfloat16
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True, **how))(layers.Masking()(x))
    y = layers.TimeDistributed(layers.Dense(6))(y)
    return keras.Model(x, [layers.GRU(2, **how)(y), layers.SimpleRNN(7, **how)(y)])


def token_network():
    """A chain, in which Keras hands the mask on without writing it down."""
    made = layers.Embedding(11, 4, mask_zero=True), layers.LSTM(6, recurrent_initializer="zeros")
    return keras.Sequential([keras.Input((TIME,), dtype="int32"), *made, layers.Dense(2, activation="sigmoid")])


HALF = {
    "images": (image_network, lambda rng: rng.normal(size=(8, *IMAGE))),
    "sequences": (sequence_network, steps),
    "tokens": (token_network, lambda rng: rng.integers(0, 3, (6, TIME))),
}


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
@pytest.mark.parametrize(("make", "data"), HALF.values(), ids=HALF)
def test_half_precision_is_computed_in_single_precision(policy, make, data, tmp_path, rng):
    """The weights are those of the file, which a model in half precision rounds; the numbers in between are not."""
    keras.config.set_dtype_policy(policy)
    try:
        half = make()
    finally:
        keras.config.set_dtype_policy("float32")
    scramble(half, rng)
    half.save(tmp_path / "model.keras")
    single, x = make(), data(rng)
    single.set_weights([np.asarray(weight).astype("float32") for weight in half.get_weights()])
    found, expected = forward.load_model(tmp_path / "model.keras").predict(x), single(x, training=False)
    for output, ours, theirs in zip(single.outputs, *map(keras.tree.flatten, (found, expected)), strict=True):
        assert_close(ours, np.asarray(theirs), is_probability(output))


# --- axes of any length, empty batches, a look inside


def sequence_of_any_length():
    x = keras.Input((None, FEATURES))
    y = layers.Conv1D(4, 2, strides=2, padding="same")(x)
    return keras.Model(x, [y, layers.Bidirectional(layers.GRU(2))(y), layers.Concatenate(axis=1)([x, x])])


def image_of_any_size():
    x = keras.Input((None, None, 3))
    y = layers.MaxPooling2D(2)(layers.Conv2D(4, 3)(x))
    return keras.Model(x, [y, layers.GlobalAveragePooling2D()(y), layers.ZeroPadding2D(1)(y)])


def text_of_any_length():
    x = keras.Input((), dtype="string")
    words = layers.TextVectorization(vocabulary=["enak", "kasar"])
    return keras.Model(x, layers.Embedding(4, 2)(words(x)))


ANY_LENGTH = {
    "sequence": (sequence_of_any_length, [(None, 4), (4,), (None, FEATURES)], [(9, FEATURES), (4, FEATURES)]),
    "image": (image_of_any_size, [(None, None, 4), (4,), (None, None, 4)], [(8, 9, 3), (5, 12, 3)]),
    "time": (
        lambda: keras.Sequential([keras.Input((None, 6, 3)), layers.TimeDistributed(layers.LSTM(4))]),
        (None, 4),
        [(7, 6, 3), (1, 6, 3)],
    ),
}


@pytest.mark.parametrize(("make", "expected", "shapes"), ANY_LENGTH.values(), ids=ANY_LENGTH)
def test_axes_of_any_length(make, expected, shapes, dtype, twin, assert_same_model, rng):
    model = make()
    ours = twin(model)
    assert ours.output_shape == expected
    assert ours.input_shape == model.inputs[0].shape[1:]
    for shape in shapes:
        assert_same_model(model, rng.normal(size=(5, *shape)))


def test_text_of_any_length(twin, assert_same_model):
    assert twin(text_of_any_length()).output_shape == (None, 2)
    assert_same_model(text_of_any_length(), ["enak kasar lain", "", "kasar"])


EMPTY = {
    "images": (residual, lambda: np.empty((0, *IMAGE)), (0, 7)),
    "sequences": (
        lambda: keras.Sequential(
            [
                keras.Input((TIME, FEATURES)),
                layers.Masking(),
                layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            ]
        ),
        lambda: np.empty((0, TIME, FEATURES)),
        (0, TIME, 8),
    ),
    "tokens": (
        lambda: keras.Sequential(
            [keras.Input((TIME,), dtype="int32"), layers.Embedding(11, 4, mask_zero=True), layers.GRU(2)]
        ),
        lambda: np.empty((0, TIME), "int64"),
        (0, 2),
    ),
    "steps": (
        lambda: keras.Sequential([keras.Input((TIME, *IMAGE)), layers.TimeDistributed(layers.Conv2D(4, 2))]),
        lambda: np.empty((0, TIME, *IMAGE)),
        (0, TIME, 5, 4, 4),
    ),
    "text": (
        lambda: keras.Sequential(
            [
                keras.Input((), dtype="string"),
                layers.TextVectorization(vocabulary=["enak"], output_sequence_length=6),
                layers.Embedding(3, 2),
            ]
        ),
        list,
        (0, 6, 2),
    ),
    "counts": (
        lambda: keras.Sequential(
            [
                keras.Input((), dtype="string"),
                layers.TextVectorization(vocabulary=["enak"], output_mode="count"),
                layers.Dense(3),
            ]
        ),
        list,
        (0, 3),
    ),
    "several inputs": (lambda: two_inputs("list"), lambda: [np.empty((0, 4)), np.empty((0, TIME, FEATURES))], (0, 2)),
}


@pytest.mark.parametrize("method", ["predict", "forward"])
@pytest.mark.parametrize(("make", "empty", "shape"), EMPTY.values(), ids=EMPTY)
def test_empty_batch(make, empty, shape, method, twin):
    found = getattr(twin(make()), method)(empty())
    assert found.shape == shape
    assert found.dtype == np.float32


def test_empty_batch_of_several_outputs(twin):
    found = twin(sequence_of_any_length()).predict(np.empty((0, 6, FEATURES)))
    assert [each.shape for each in found] == [(0, 3, 4), (0, 4), (0, 12, FEATURES)]


def test_activations_are_keras_own(twin, rng):
    model, x = residual(), rng.normal(size=(8, *IMAGE)).astype("float32")
    found = twin(model).activations(x)
    assert list(found) == ["stem", "conv", "norm", "sum", "pool", "classes"]
    for name, ours in found.items():
        theirs = keras.Model(model.input, model.get_layer(name).output)(x)
        assert_close(ours, np.asarray(theirs), name == "classes")


def test_activations_of_a_layer_used_twice(twin, rng):
    x, shared = keras.Input((3,)), layers.Dense(3, name="shared")
    model = keras.Model(x, shared(shared(x)))
    data = rng.normal(size=(6, 3)).astype("float32")
    found = twin(model).activations(data)
    assert list(found) == ["shared", "shared:1"]
    assert_close(found["shared:1"], np.asarray(model(data)))
    assert_close(found["shared"], np.asarray(shared(data)))


def test_activations_of_a_layer_with_several_outputs(twin, rng):
    x = keras.Input((TIME, FEATURES))
    model = keras.Model(x, [*layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(x)])
    data = rng.normal(size=(6, TIME, FEATURES)).astype("float32")
    found = twin(model).activations(data)["lstm"]
    for ours, theirs in zip(found, model(data), strict=True):
        assert_close(ours, np.asarray(theirs))


def test_forward_is_one_pass_and_says_what_it_does(twin, rng, capsys):
    ours, x = twin(residual()), rng.normal(size=(8, *IMAGE))
    assert_close(ours.forward(x, verbose=True), ours.predict(x), probability=True)
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["stem", "Conv2D", "(8, 5, 4, 4)"],
        ["conv", "Conv2D", "(8, 5, 4, 4)"],
        ["norm", "BatchNormalization", "(8, 5, 4, 4)"],
        ["sum", "Add", "(8, 5, 4, 4)"],
        ["pool", "GlobalAveragePooling2D", "(8, 4)"],
        ["classes", "Dense", "(8, 7)"],
    ]
    ours.forward(x)
    assert capsys.readouterr().out == ""


def test_forward_gives_several_outputs_as_predict_does(twin, rng):
    x = keras.Input((4,))
    ours = twin(keras.Model(x, {"zeta": layers.Dense(3)(x), "alpha": [layers.Dense(5)(x), x]}))
    data = rng.normal(size=(6, 4))
    one, other = ours.forward(data), ours.predict(data)
    keras.tree.assert_same_structure(one, other)
    keras.tree.map_structure(assert_close, one, other)


def test_summary_counts_as_keras_does(twin):
    theirs = residual()
    ours = twin(theirs)
    assert ours.parameters == theirs.count_params()
    lines = {line.split()[0]: line for line in ours.summary().splitlines()}
    assert lines["residual:"] == f"residual: {theirs.count_params():,} parameters"
    assert list(lines)[1:] == ["layer", "image", "stem", "conv", "norm", "sum", "pool", "classes"]
    assert "(None, 5, 4, 4)" in lines["sum"]
    assert f" {theirs.get_layer('conv').count_params()} " in lines["conv"]


def test_summary_of_a_model_used_twice_counts_it_once(twin):
    x, model = keras.Input((FEATURES,)), inside()
    theirs = keras.Model(x, model(model(x)))
    assert twin(theirs).parameters == theirs.count_params()


# --- refusals


def test_refuses_a_layer_that_it_does_not_know(twin):
    x = keras.Input((4, 6))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' \(UnitNormalization\) is not supported"):
        twin(keras.Model(x, layers.UnitNormalization(name="odd")(x)))


def test_refuses_a_layer_that_it_does_not_know_in_a_model_inside(twin):
    x, end = keras.Input((4, 6)), keras.Input((4, 6))
    inner = keras.Model(end, layers.UnitNormalization(name="odd")(end))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' \(UnitNormalization\) is not supported"):
        twin(keras.Model(x, inner(x)))


@pytest.mark.parametrize(("option", "value"), [("temperature", 2), ("quantization_config", {"mode": "int8"})])
def test_refuses_an_option_that_it_does_not_know(option, value, twin, tmp_path):
    twin(residual())
    change_entry(tmp_path / "model.keras", "conv", lambda entry: entry["config"].update({option: value}))
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'conv' \(Conv2D\): option {option}="):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("policy", ["float8", "int8_from_float32", {"class_name": "QuantizedDTypePolicy"}])
def test_refuses_another_policy(policy, twin, tmp_path):
    twin(residual())
    change_entry(tmp_path / "model.keras", "conv", lambda entry: entry["config"].update(dtype=policy))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'conv' \(Conv2D\): option dtype="):
        forward.load_model(tmp_path / "model.keras")


def test_refuses_a_call_with_other_arguments(twin):
    """A mask of attention, say, which this package would have to heed."""
    x = keras.Input((TIME, FEATURES))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' \(MultiHeadAttention\)"):
        twin(keras.Model(x, layers.MultiHeadAttention(2, 4, name="odd")(x, x)))


# --- the walk of an empty batch, in which the layers are built


@pytest.mark.parametrize(("length", "calls"), [(TIME, 5), (None, 8)])
def test_a_second_walk_tells_which_axes_have_any_length(length, calls, twin, monkeypatch):
    """There is none otherwise. The model inside is walked through when it is built, and then as a layer."""
    seen, call = [], Dense.call
    monkeypatch.setattr(Dense, "call", lambda layer, x: seen.append(len(x)) or call(layer, x))
    x = keras.Input((length, FEATURES))
    twin(keras.Model(x, layers.Dense(4)(inside(True, (length, FEATURES))(x))))
    assert seen == [0] * calls


def test_a_long_sequence_is_not_walked_step_by_step(twin, monkeypatch):
    """A small file may declare millions of steps; so many fail soon if they are."""
    seen, call = [], LSTM.call
    monkeypatch.setattr(
        LSTM, "call", lambda layer, x, *rest, **named: seen.append(x.shape) or call(layer, x, *rest, **named)
    )
    x = keras.Input((20_000, FEATURES))
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(x)
    ours = twin(keras.Model(x, [both, *layers.LSTM(4, return_state=True)(both)]))
    assert ours.output_shape == [(20_000, 4), (4,), (4,), (4,)]
    assert seen == [(0, 1, FEATURES)] * 2 + [(0, 1, 4)]


@pytest.mark.parametrize("steps", [TIME - 1, TIME + 2, 1])
def test_a_mask_of_other_steps_is_refused(steps, twin, tmp_path):
    x, mask = keras.Input((TIME, FEATURES)), keras.Input((TIME,), dtype="bool", name="mask")
    twin(keras.Model([x, mask], layers.GRU(2, name="odd")(x, mask=mask)))
    change = {"batch_shape": [None, steps]}
    change_entry(tmp_path / "model.keras", "mask", lambda entry: entry["config"].update(change))
    with pytest.raises(forward.ModelFileError, match=r"layer 'odd' cannot take .* a mask of shape"):
        forward.load_model(tmp_path / "model.keras")
