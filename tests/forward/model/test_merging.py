from itertools import product

import keras
import pytest
from keras import layers

import forward

from ..files import change_config, change_entry

BY_ELEMENT = [layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum]
MERGES = [*BY_ELEMENT, layers.Subtract, layers.Concatenate]
TIME, FEATURES = 5, 3
SHAPES = [  # of two inputs that Keras merges element by element
    ((4, 5, 3), (4, 5, 3)),
    ((4, 5, 3), (4, 1, 3)),
    ((4, 5, 3), (1, 1, 1)),
    ((4, 5, 3), (5, 3)),
    ((3,), (4, 5, 3)),
    ((1, 5, 1), (4, 1, 3)),
]


def arrays(rng, *shapes):
    return [rng.normal(size=(6, *shape)) for shape in shapes]


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("kind", BY_ELEMENT)
def test_any_number_of_inputs(kind, number, dtype, assert_same_model, rng):
    inputs = [keras.Input((4, 5)) for _ in range(number)]
    assert_same_model(keras.Model(inputs, kind()(inputs)), arrays(rng, *[(4, 5)] * number))


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("kind", [*BY_ELEMENT, layers.Subtract])
def test_shapes_that_differ(kind, shapes, assert_same_model, rng):
    inputs = [keras.Input(shape) for shape in shapes]
    assert_same_model(keras.Model(inputs, kind()(inputs)), arrays(rng, *shapes))


def test_subtract_keeps_the_order(dtype, assert_same_model, rng):
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    model = keras.Model([one, two], [layers.Subtract()([one, two]), layers.Subtract()([two, one])])
    assert_same_model(model, arrays(rng, (3,), (3,)))


@pytest.mark.parametrize(("axis", "shapes"), [
    (-1, [(4, 5, 3), (4, 5, 2), (4, 5, 7)]),
    (1, [(4, 5, 3), (2, 5, 3)]),
    (2, [(4, 5, 3), (4, 1, 3)]),
    (-2, [(4, 5, 3), (4, 1, 3)]),
    (1, [(3,), (4,)]),
])  # fmt: skip
def test_concatenate(axis, shapes, dtype, assert_same_model, rng):
    inputs = [keras.Input(shape) for shape in shapes]
    assert_same_model(keras.Model(inputs, layers.Concatenate(axis)(inputs)), arrays(rng, *shapes))


def test_one_input_in_a_list_twice(assert_same_model, rng):
    x = keras.Input((4, 3))
    assert_same_model(keras.Model(x, layers.Concatenate()([x, x, layers.Add()([x, x])])), rng.normal(size=(6, 4, 3)))


def steps(rng, number):
    """So many sequences with steps of zeros only: in places that differ, and in all of the last row."""
    data = arrays(rng, *[(TIME, FEATURES)] * number)
    for position, x in enumerate(data):
        x[0, : position + 1], x[1, 3 - position :], x[2, 1 + position], x[5] = 0, 0, 0, 0
    data[0][3] = 0
    return data


@pytest.mark.parametrize("masked", list(product([True, False], repeat=2)), ids=str)
@pytest.mark.parametrize("kind", MERGES)
def test_masks_of_all_some_or_no_inputs(kind, masked, assert_same_model, rng):
    """What goes on can be told from the last output of a recurrent layer."""
    inputs = [keras.Input((TIME, FEATURES)) for _ in masked]
    parts = [layers.Masking()(x) if mask else x for x, mask in zip(inputs, masked, strict=True)]
    parts = [layers.Dense(FEATURES)(x) for x in parts]  # so that masked steps are not zero
    assert_same_model(keras.Model(inputs, layers.LSTM(2)(kind()(parts))), steps(rng, 2))


@pytest.mark.parametrize("masked", [(True, True, True), (True, False, True), (False, False, True)], ids=str)
@pytest.mark.parametrize("axis", [1, 2, -1])
def test_masks_of_a_concatenation(axis, masked, dtype, assert_same_model, rng):
    inputs = [keras.Input((TIME, FEATURES)) for _ in masked]
    parts = [layers.Masking()(x) if mask else x for x, mask in zip(inputs, masked, strict=True)]
    parts = [layers.Dense(FEATURES)(x) for x in parts]
    merged = layers.Concatenate(axis)(parts)
    model = keras.Model(inputs, [layers.GRU(4, return_sequences=True)(merged), layers.GlobalAveragePooling1D()(merged)])
    assert_same_model(model, steps(rng, 3))


@pytest.mark.parametrize("kind", MERGES)
@pytest.mark.filterwarnings("ignore:Layer .* does not support masking")  # but they do
def test_mask_that_goes_on_through_a_model_inside(kind, dtype, assert_same_model, rng):
    ends = [keras.Input((TIME, FEATURES)) for _ in range(2)]
    inner = keras.Model(ends, layers.Dense(4)(kind()([layers.Masking()(end) for end in ends])))
    inputs = [keras.Input((TIME, FEATURES)) for _ in range(2)]
    assert_same_model(keras.Model(inputs, layers.LSTM(2)(inner(inputs))), steps(rng, 2))


def model_of_two(merge):
    inputs = [keras.Input((4, 3), name="one"), keras.Input((4, 3), name="two")]
    return keras.Model(inputs, merge(inputs))


@pytest.mark.parametrize("kind", [layers.AdditiveAttention, layers.Attention])
def test_refuses_a_merge_that_it_does_not_know(kind, twin):
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \({kind.__name__}\) is not supported"):
        twin(model_of_two(kind(name="odd")))


def test_refuses_an_option_that_it_does_not_know(twin, tmp_path):
    twin(model_of_two(layers.Concatenate(name="odd")))
    change_entry(tmp_path / "model.keras", "odd", lambda entry: entry["config"].update(sparse=True))
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' \(Concatenate\): option sparse=True"):
        forward.load_model(tmp_path / "model.keras")


def test_subtract_takes_two_inputs(tmp_path):
    """np.subtract would write its result into a third one."""
    x, y = keras.Input((3,)), keras.Input((3,))
    keras.Model([x, y], layers.Subtract(name="odd")([x, y])).save(tmp_path / "model.keras")

    def change(config):
        (call,) = next(each for each in config["config"]["layers"] if each["name"] == "odd")["inbound_nodes"]
        call["args"][0].append(call["args"][0][0])

    change_config(tmp_path / "model.keras", change)
    with pytest.raises(forward.ModelFileError, match="odd"):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize(("shape", "axis"), [((), -1), ((), 0), ((4, 3), 0), ((4, 3), -3)])
def test_refuses_to_concatenate_samples(shape, axis, twin):
    inputs = [keras.Input(shape), keras.Input(shape)]
    with pytest.raises(forward.UnsupportedLayerError, match=rf"axis={axis} would mix the samples of a batch"):
        twin(keras.Model(inputs, layers.Concatenate(axis=axis)(inputs)))


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(("axes", "shapes"), [
    (1, [(4,), (4,)]), (-1, [(4,), (3, 4)]), ((2, 1), [(5, 4), (4, 3)]), ((1, 3), [(4,), (3, 5, 4)]),
    ((-1, 2), [(2, 3, 4), (5, 4, 3)]),
])  # fmt: skip
def test_dot(axes, shapes, normalize, dtype, assert_same_model, rng):
    inputs = [keras.Input(shape) for shape in shapes]
    assert_same_model(keras.Model(inputs, layers.Dot(axes, normalize)(inputs)), arrays(rng, *shapes))


def test_no_mask_passes_dot(assert_same_model, rng):
    x = keras.Input((TIME,), dtype="int32")
    y = layers.Embedding(7, FEATURES, mask_zero=True)(x)
    products = layers.Dot(2)([y, y])
    assert_same_model(keras.Model(x, [products, layers.LSTM(4)(products)]), rng.integers(0, 7, (6, TIME)))


@pytest.mark.parametrize(("axes", "error", "words"), [
    ([0, 0], forward.UnsupportedLayerError, r"axes=\(0, 0\) would mix the samples of a batch"),
    ([1, -2], forward.UnsupportedLayerError, "would mix the samples"),
    ([1, 2], forward.ModelFileError, "layer 'odd' cannot take .*: tuple index out of range"),
    ([1, 1, 1], forward.ModelFileError, "layer 'odd' cannot take"),
    ("1", forward.ModelFileError, "option axes='1' must be a whole number"),
])  # fmt: skip
def test_dot_refuses(axes, error, words, tmp_path):
    inputs = [keras.Input((4,)) for _ in range(2)]
    keras.Model(inputs, layers.Dot(1, name="odd")(inputs)).save(tmp_path / "model.keras")
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(axes=axes))
    with pytest.raises(error, match=words):
        forward.load_model(tmp_path / "model.keras")


def test_dot_of_one_input(tmp_path):
    inputs = [keras.Input((4,)) for _ in range(2)]
    keras.Model(inputs, layers.Dot(1, name="odd")(inputs)).save(tmp_path / "model.keras")
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["inbound_nodes"][0]["args"][0].pop())
    with pytest.raises(forward.ModelFileError, match=r"layer 'odd' \(Dot\) takes a list of two inputs"):
        forward.load_model(tmp_path / "model.keras")
