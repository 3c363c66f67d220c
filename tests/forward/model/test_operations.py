"""Operations of keras.ops and plain arithmetic on the arrays of a Functional model."""

import re

import keras
import numpy as np
import pytest
from keras import activations, layers, ops

import forward
from forward.model.ops import OPERATIONS

from ...conftest import assert_close
from ..files import change_config, change_entry

TIME, FEATURES = 5, 3
GIVEN = np.array([0.5, -2.0, 3.0])


def positive(x):
    return x * x + 0.1


# Each takes two arrays (batch, 5, 3) of any type, and returns one.
OF_ANY_TYPE = {
    "Absolute": lambda x, y: abs(x),
    "Add": lambda x, y: x + y,
    "Add a number": lambda x, y: 0.1 + x,
    "Add an array": lambda x, y: x + GIVEN.astype("float32"),
    "Add an array of one sample": lambda x, y: x + GIVEN.astype("float32").reshape(1, 1, 3),
    "Add an array of doubles": lambda x, y: x + GIVEN,
    "Add a tensor": lambda x, y: ops.add(ops.convert_to_tensor(GIVEN, "float32"), x),
    "Add whole numbers": lambda x, y: x + np.array([1, 2, 3]),
    "All": lambda x, y: ops.all(x > -1, axis=2),
    "Any": lambda x, y: ops.any(x > 1, axis=(1,)),
    "Argmax": lambda x, y: ops.argmax(x, axis=1),
    "Argmin": lambda x, y: ops.argmin(x, axis=-1, keepdims=True),
    "Cast": lambda x, y: ops.cast(x * 1.7, "int32"),
    "Cast to float": lambda x, y: ops.cast(x, "float32") / 3,
    "Cast to bool": lambda x, y: ops.cast(x > 1, "float32") * y,
    "Clip": lambda x, y: ops.clip(x, -1, 2),
    "Concatenate": lambda x, y: ops.concatenate([x, y, x * 0.5], axis=-1),
    "Divide": lambda x, y: ops.divide(x, 3),
    "Equal": lambda x, y: ops.equal(ops.maximum(x, y), x),
    "Exp": lambda x, y: ops.exp(x),
    "ExpandDims": lambda x, y: ops.expand_dims(x, 1) + ops.expand_dims(y, (-2,)),
    "Flip": lambda x, y: ops.flip(x, axis=1),
    "GetItem": lambda x, y: x[:, -1],
    "GetItem of slices": lambda x, y: x[:, 1:4:2, ::-1],
    "GetItem with an ellipsis": lambda x, y: x[..., 1, None],
    "Greater": lambda x, y: x > y,
    "GreaterEqual": lambda x, y: x >= 1,
    "Less": lambda x, y: x < 0.5,
    "LessEqual": lambda x, y: x <= y,
    "Log": lambda x, y: ops.log(positive(x)),
    "LogicalAnd": lambda x, y: ops.logical_and(x > 0, y > 0),
    "LogicalNot": lambda x, y: ~(x > 0),
    "LogicalOr": lambda x, y: (x > 0) | (y > 0),
    "Max": lambda x, y: ops.max(x, axis=1),
    "Maximum": lambda x, y: ops.maximum(x, 0.5),
    "Mean": lambda x, y: ops.mean(x, axis=1, keepdims=True) + y,
    "Min": lambda x, y: ops.min(x, axis=(1,), keepdims=True) + ops.min(x, axis=2, keepdims=True),
    "Minimum": lambda x, y: ops.minimum(x, y),
    "Multiply": lambda x, y: x * 2 * y,
    "Multiply with broadcasting": lambda x, y: x[:, :1] * y[:, :, 1:2],
    "Negative": lambda x, y: -x,
    "NotEqual": lambda x, y: ops.not_equal(ops.maximum(x, y), 1 * y),
    "OnesLike": lambda x, y: ops.ones_like(x) * 0.5 + x,
    "Power": lambda x, y: x**2,
    "Power of a fraction": lambda x, y: positive(x) ** 0.5,
    "Relu": lambda x, y: ops.relu(x),
    "Relu6": lambda x, y: ops.relu6(x * 4),
    "ReLU": lambda x, y: activations.relu(x),
    "Reshape": lambda x, y: ops.reshape(x, (-1, 3, 5)),
    "Rsqrt": lambda x, y: ops.rsqrt(positive(x)),
    "Sqrt": lambda x, y: ops.sqrt(positive(x)),
    "Square": lambda x, y: ops.square(x),
    "Squeeze": lambda x, y: ops.squeeze(x[:, :1], axis=1),
    "Stack": lambda x, y: ops.stack([x, y], axis=-1),
    "Subtract": lambda x, y: 2 - x - y,
    "Sum": lambda x, y: ops.sum(x, axis=-1),
    "Swapaxes": lambda x, y: ops.swapaxes(x, 1, -1),
    "Tanh": lambda x, y: activations.tanh(x),
    "Transpose": lambda x, y: ops.transpose(x, (0, 2, 1)),
    "TrueDivide": lambda x, y: x / 255 + 1 / (y * y + 1),
    "Where": lambda x, y: ops.where(x > y, x, 0.5),
    "ZerosLike": lambda x, y: ops.zeros_like(x, dtype="float32") + x,
}
OF_FLOATS = {
    "Clip to bounds that cross": lambda x, y: ops.clip(x, 0.7, -0.3) + y,
    "Clip to fractions": lambda x, y: ops.clip(x, -0.5, 0.75),
    "Elu": lambda x, y: activations.elu(x, alpha=0.7),
    "Gelu": lambda x, y: activations.gelu(x),
    "HardSigmoid": lambda x, y: activations.hard_sigmoid(x),
    "HardSilu": lambda x, y: ops.hard_silu(x),
    "LeakyRelu": lambda x, y: activations.leaky_relu(x, negative_slope=0.3),
    "LogSigmoid": lambda x, y: activations.log_sigmoid(x),
    "LogSoftmax": lambda x, y: ops.log_softmax(x, axis=1),
    "Matmul": lambda x, y: x @ ops.transpose(y, (0, 2, 1)),
    "Matmul by a constant": lambda x, y: ops.matmul(x, GIVEN.reshape(3, 1).astype(x.dtype)),
    "Matmul by a vector": lambda x, y: ops.matmul(x, GIVEN.astype(x.dtype)),
    "Matmul of a constant": lambda x, y: ops.matmul(GIVEN[:1].repeat(5).reshape(1, 5).astype(x.dtype), x),
    "Matmul of rows": lambda x, y: ops.matmul(x[:, 0], GIVEN.reshape(3, 1).astype(x.dtype)),
    "ReLU with settings": lambda x, y: activations.relu(x, negative_slope=0.2, max_value=1.5, threshold=0.3),
    "ReLU under zero": lambda x, y: activations.relu(x, negative_slope=0.2, max_value=1.5, threshold=-0.7),
    "ReLU with no room": lambda x, y: activations.relu(x, negative_slope=0.3, max_value=-1.0, threshold=0.4),
    "Selu": lambda x, y: activations.selu(x),
    "Sigmoid": lambda x, y: activations.sigmoid(x),
    "Silu": lambda x, y: activations.silu(x),
    "Softmax": lambda x, y: activations.softmax(x),
    "Softmax along another axis": lambda x, y: ops.softmax(x, axis=1),
    "Softplus": lambda x, y: activations.softplus(x),
    "Softsign": lambda x, y: activations.softsign(x),
}


def test_every_operation_is_in_the_tables():
    assert {f"ops.{name.split()[0]}" for name in OF_ANY_TYPE | OF_FLOATS} == set(OPERATIONS)


def model_of(operation, dtype="float32"):
    """A model of one operation, or of each in a list, whose output goes on to another."""
    inputs = [keras.Input((TIME, FEATURES), dtype=dtype, name=name) for name in ("one", "two")]
    made = [each(*inputs) for each in (operation if isinstance(operation, list) else [operation])]
    return keras.Model(inputs, [*made, *(ops.cast(y, "float32") * 0.5 for y in made)])


TYPES = [("float32", OF_ANY_TYPE | OF_FLOATS), ("float64", OF_ANY_TYPE | OF_FLOATS), ("int32", OF_ANY_TYPE)]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What Keras and forward make of all operations at once: type of the inputs -> operation -> pairs of outputs."""
    found = {}
    for dtype, operations in TYPES:
        rng, path = np.random.default_rng(22), tmp_path_factory.mktemp("operations") / "model.keras"
        size = (2, 7, TIME, FEATURES)
        data = [*(rng.integers(-3, 4, size) if dtype == "int32" else rng.normal(size=size)).astype(dtype)]
        model = model_of(list(operations.values()), dtype)
        model.save(path)
        pairs = list(zip(model(data), forward.load_model(path).predict(data, 3), strict=True))
        found[dtype] = dict(
            zip(operations, zip(pairs[: len(operations)], pairs[len(operations) :], strict=True), strict=True)
        )
    return found


@pytest.mark.parametrize(("dtype", "name"), [(dtype, name) for dtype, operations in TYPES for name in operations])
def test_same_as_keras(dtype, name, results):
    for theirs, ours in results[dtype][name]:
        assert_close(ours, np.asarray(theirs))
        assert np.ptp(ours * 1.0) > 0.01, "the output hardly varies: this test could not fail"


ON_BYTES = [
    "Cast to float", "GetItem", "GetItem of slices", "Mean", "Sum", "Exp", "Greater", "Concatenate", "Reshape", "Max",
    "Add a number", "Where", "Argmax",
]  # fmt: skip
WRAPPING = ["Subtract", "Multiply", "Power", "Square", "Clip", "Absolute", "Minimum"]  # where a sum of bytes is one


def test_on_bytes(assert_same_model, rng):
    model = model_of([OF_ANY_TYPE[name] for name in ON_BYTES], "uint8")
    assert_same_model(model, list(rng.integers(0, 256, (2, 7, TIME, FEATURES)) // 9))


@pytest.mark.parametrize("name", WRAPPING)
def test_refuses_what_wraps_around(name, twin):
    with pytest.raises(forward.UnsupportedLayerError, match=r"keras\.ops\.\w+ .* on uint8 numbers is not"):
        twin(model_of(OF_ANY_TYPE[name], "uint8"))


@pytest.mark.parametrize("name", ["exp", "log", "sqrt"])
def test_whole_numbers_in_floating_ones(name, assert_same_model, rng):
    x = keras.Input((4,), dtype="int32")
    model = keras.Model(x, getattr(ops, name)(x) / 3)
    assert_same_model(model, rng.integers(1, 9, (5, 4)))


@pytest.mark.parametrize(("one", "other"), [("float32", "float64"), ("int32", "float32"), ("int64", "float64")])
def test_types_meet_as_in_keras(one, other, assert_same_model, rng):
    x, y = keras.Input((4,), dtype=one), keras.Input((4,), dtype=other)
    outputs = [x + y, ops.where(x > y, x, y), ops.concatenate([y, x], axis=1), ops.maximum(x, y) / 3]
    assert_same_model(keras.Model([x, y], outputs), list(rng.integers(-5, 6, (2, 7, 4))))


def test_nan_is_no_largest_or_smallest_number(assert_same_model, rng):
    x = keras.Input((4, 5))
    data = rng.normal(size=(7, 4, 5))
    data[rng.random(data.shape) < 0.4] = np.nan
    data[0], data[1, 2] = np.nan, [np.nan, -np.inf, np.nan, np.inf, 1]
    model = keras.Model(x, [find(x, axis=axis) for find in (ops.argmax, ops.argmin) for axis in (1, 2)])
    assert_same_model(model, data)


BEYOND = {  # of 80,000, or of a number that is none
    "multiply": lambda x: x * x,
    "power": lambda x: x**3,
    "sum": lambda x: ops.sum(x * 20_000, axis=1, keepdims=True),
    "add": lambda x: x * 20_000 + x * 20_000,
    "cast": lambda x: ops.cast(ops.cast(x, "float32") * 3e5, "int32"),
    "cast of nan": lambda x: ops.cast(ops.cast(x - x, "float32") / 0.0, "int32"),
}


@pytest.mark.parametrize(("name", "operation"), BEYOND.items(), ids=BEYOND)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_that_int32_cannot_hold(name, operation, twin):
    """They go round in Keras."""
    ours = twin(keras.Model(x := keras.Input((2,), dtype="int32"), operation(x)))
    if "nan" not in name:
        assert np.all(ours.predict(np.array([[3, 4]])) != 0)
    with pytest.raises(ValueError, match=rf"keras\.ops\.{name.split()[0]} .* too large for int32"):
        ours.predict(np.array([[80_000, 80_000]]))


def test_int64_holds_more(assert_same_model):
    x, y = (keras.Input((2,), dtype=dtype) for dtype in ("int64", "int32"))
    outputs = [x * x, x * y, y * np.array([2**20, 2**31]), ops.cast(ops.cast(y, "float64") * 1e9, "int64")]
    assert_same_model(keras.Model([x, y], outputs), [np.array([[80_000, -5]]), np.array([[70_000, 3]])])


@pytest.mark.parametrize(("size", "shape"), [((4, 4), (4, 1)), ((4, 4, 3), (1, 4, 1)), ((3, 5, 3), (3, 1, 1))])
def test_refuses_a_constant_that_keras_takes_for_a_bias(size, shape, twin, assert_same_model, rng):
    """Keras adds it along another axis, unless it comes first."""
    x, constant, data = keras.Input(size), rng.normal(size=shape).astype("float32"), rng.normal(size=(7, *size))
    model = keras.Model(x, x + constant)
    assert not np.allclose(model(data), data + constant, atol=0.01)
    with pytest.raises(forward.UnsupportedLayerError, match=rf"add .* of a constant of shape {re.escape(str(shape))}"):
        twin(model)
    assert_same_model(keras.Model(x, [ops.add(constant, x), x - constant, x + np.broadcast_to(constant, size)]), data)


BIAS = [((5, 4), (5, 1)), ((5, 5), (1, 5)), ((5, 5), (5,)), ((5, 4, 3), (5, 1, 1))]


@pytest.mark.parametrize(("size", "shape"), BIAS)
def test_a_constant_that_is_a_bias(size, shape, assert_same_model, rng):
    x = keras.Input(size)
    assert_same_model(keras.Model(x, x + rng.normal(size=shape).astype("float32")), rng.normal(size=(7, *size)))


def test_says_what_does_not_fit_together(tmp_path):
    """An axis of any length, which need not be as long as a constant."""
    x = keras.Input((None,))
    keras.Model(x, ops.matmul(ops.where(x > 0, x, 0.5), np.ones((6, 2), "float32"))).save(tmp_path / "model.keras")
    message = r"'matmul\w*' cannot take \[\('batch', \d+\), a constant of shape \(6, 2\)\]: .*mismatch"
    with pytest.raises(forward.ModelFileError, match=message):
        forward.load_model(tmp_path / "model.keras")


def test_images_are_scaled_by_hand(dtype, assert_same_model, rng):
    """As many a model for bytes begins: to numbers from 0 to 1, less the mean of each channel."""
    x = keras.Input((6, 5, 3), dtype="uint8")
    y = (ops.cast(x, dtype) / 255 - np.array([0.49, 0.48, 0.45], dtype)) / np.array([0.2, 0.3, 0.4], dtype)
    y = activations.relu(layers.Conv2D(4, 3)(y))
    y = ops.mean(y, axis=(1, 2))
    model = keras.Model(x, layers.Dense(2, activation="softmax")(y))
    assert_same_model(model, rng.integers(0, 256, (7, 6, 5, 3)))


def attention(x):
    """Scaled dot products by hand, with steps of any number."""
    query, key, value = (layers.Dense(4)(x) for _ in range(3))
    weights = ops.softmax(ops.matmul(query, ops.transpose(key, (0, 2, 1))) / 2.0, axis=-1)
    return x + layers.Dense(FEATURES)(ops.matmul(weights, value))


def test_attention_by_hand(dtype, assert_same_model, rng):
    x = keras.Input((TIME, FEATURES))
    assert_same_model(keras.Model(x, attention(x)[:, -1]), rng.normal(size=(7, TIME, FEATURES)))


def test_inside_another_model_and_twice(dtype, assert_same_model, rng):
    end = keras.Input((TIME, FEATURES))
    inner = keras.Model(end, layers.Dense(FEATURES)(end) * 0.5 + end)
    x = keras.Input((TIME, FEATURES))
    assert_same_model(keras.Model(x, inner(inner(x)) - x), rng.normal(size=(7, TIME, FEATURES)))


def test_axes_of_any_length(twin, assert_same_model, rng):
    x = keras.Input((None, FEATURES))
    model = keras.Model(x, [ops.mean(x, axis=1), x[:, 1:] * 2.0, x[:, -1]])
    assert twin(model).output_shape == [(FEATURES,), (None, FEATURES), (FEATURES,)]
    for time in (4, 9):
        assert_same_model(model, rng.normal(size=(7, time, FEATURES)))


def test_an_index_behind_the_end(twin, rng):
    x = keras.Input((None, FEATURES))
    ours = twin(keras.Model(x, x[:, 6]))
    with pytest.raises(ValueError, match="out of bounds"):
        ours.predict(rng.normal(size=(7, TIME, FEATURES)))


# --- masks


MASKED = {  # what leaves (batch, 5, 3)
    "Multiply": lambda x: x * 2,
    "Relu": activations.relu,
    "Cast": lambda x: ops.cast(x, "float64"),
    "Cast to the same type": lambda x: ops.cast(x, "float32"),
    "Absolute": abs,
    "Clip": lambda x: ops.clip(x, -9, 9),
    "Squeeze": lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
    "Transpose": lambda x: ops.transpose(x, (0, 1, 2)),
    "Reshape": lambda x: ops.reshape(x, (-1, TIME, FEATURES)),
    "GetItem": lambda x: x[:, ::-1],
    "Where": lambda x: ops.where(x > 0, x, 0.25),
    "Concatenate": lambda x: ops.concatenate([x, x], axis=1),
    "Softmax": activations.softmax,
}


@pytest.mark.parametrize("operation", MASKED.values(), ids=MASKED)
def test_a_mask_ends(operation, assert_same_model, rng):
    """The last output of a recurrent layer tells whether it saw one."""
    data = rng.normal(size=(7, TIME, FEATURES))
    data[0, :2], data[1, 3:], data[2, 1:3], data[3] = 0, 0, 0, 0
    x = keras.Input((TIME, FEATURES))
    masked = layers.Dense(FEATURES)(layers.Masking()(x))
    assert_same_model(keras.Model(x, [layers.LSTM(2)(operation(masked)), layers.GRU(2)(masked)]), data)


# --- refusals

MIXING = {
    "sum over all": lambda x, y: ops.sum(x * 1.0) + x,
    "mean over samples": lambda x, y: ops.mean(x, axis=0),
    "max over samples, from the end": lambda x, y: ops.max(x, axis=-3),
    "argmax over all": lambda x, y: ops.reshape(ops.argmax(x), (1, 1)),
    "softmax over samples": lambda x, y: ops.softmax(x, axis=0),
    "concatenate samples": lambda x, y: ops.concatenate([x, y], axis=0),
    "stack in front": lambda x, y: ops.stack([x, y], axis=0),
    "expand in front": lambda x, y: ops.expand_dims(x, 0),
    "expand in front, from the end": lambda x, y: ops.expand_dims(x, -4),
    "squeeze what is one": lambda x, y: ops.squeeze(x[:, :1]),
    "flip samples": lambda x, y: ops.flip(x, axis=(0, 1)),
    "flip all": lambda x, y: ops.flip(x),
    "swap samples and steps": lambda x, y: ops.swapaxes(x, 0, 1),
    "transpose all": lambda x, y: ops.transpose(x),
    "transpose the batch": lambda x, y: ops.transpose(x, (1, 0, 2)),
    "reshape steps to samples": lambda x, y: ops.reshape(x, (-1, FEATURES)),
    "reshape to one sample": lambda x, y: ops.reshape(x, (1, -1)),
    "reshape to so many samples": lambda x, y: ops.reshape(x, (7, TIME * FEATURES)),
    "first sample": lambda x, y: x[0],
    "some samples": lambda x, y: x[1:, :],
    "samples backwards": lambda x, y: x[::-1, :],
    "a new axis in front": lambda x, y: x[None, ...],
    "an ellipsis that reaches the batch": lambda x, y: x[..., 1, :, :],
    "ranks that differ": lambda x, y: x + ops.mean(y, axis=1),
    "a condition of another rank": lambda x, y: ops.where(y[:, 0] > 0, x, x[:, :, :3]),
    "a constant for each sample": lambda x, y: x + np.ones((7, 1, 1), "float32"),
    "a constant of more axes": lambda x, y: x + np.ones((1, 1, 1, 3), "float32"),
    "samples by samples": lambda x, y: ops.matmul(x[:, 0, :2], y[:, 0]),
    "matrices by rows": lambda x, y: ops.matmul(x, y[:, 0]),
    "matrices by many constants": lambda x, y: ops.matmul(x, np.ones((7, 3, 2), "float32")),
    "a constant by rows": lambda x, y: ops.matmul(np.ones((2, 7), "float32"), y[:, :, 0]),
}
FIXED = [MIXING[name] for name in ("reshape to so many samples", "a constant for each sample")]


@pytest.mark.parametrize("operation", MIXING.values(), ids=MIXING)
def test_refuses_what_mixes_samples(operation, tmp_path):
    """`predict` sees only some of them at a time."""
    inputs = [keras.Input((TIME, FEATURES), batch_size=7 if operation in FIXED else None) for _ in range(2)]
    keras.Model(inputs, operation(*inputs)).save(tmp_path / "model.keras")
    with pytest.raises(forward.UnsupportedLayerError, match=r"keras\.ops\.\w+ .*: it would mix the samples"):
        forward.load_model(tmp_path / "model.keras")


UNSUPPORTED = {
    "einsum": lambda x, y: ops.einsum("bij,bkj->bik", x, y),
    "floor_divide": lambda x, y: x // 2,
    "norm": lambda x, y: ops.norm(x, axis=-1),
    "top_k": lambda x, y: ops.top_k(x, 2)[0],
    "threshold": lambda x, y: activations.threshold(x, 0.5, 0.0),
    "resize": lambda x, y: ops.image.resize(ops.expand_dims(x, -1), (2, 2)),
    "gelu": lambda x, y: activations.gelu(x, approximate=True),
    "cast": lambda x, y: ops.cast(x, "uint8"),
    "max": lambda x, y: ops.max(x, axis=1, initial=0.0),
    "zeros_like": lambda x, y: ops.zeros_like(x, dtype="uint8"),
    "matmul": lambda x, y: ops.matmul(ops.cast(x, "int32"), ops.cast(y[:, :3], "int32")),
}


@pytest.mark.parametrize(("name", "operation"), UNSUPPORTED.items(), ids=UNSUPPORTED)
def test_refuses_by_the_operations_own_name(name, operation, twin):
    with pytest.raises(forward.UnsupportedLayerError, match=rf"the operation keras\.ops\.{name} \('{name}\w*'\)"):
        twin(model_of(operation))


def test_refuses_to_normalize_true_and_false(twin):
    """Keras makes true and false of the result."""
    with pytest.raises(forward.UnsupportedLayerError, match=r"LayerNormalization\) on bool numbers is not supported"):
        twin(model_of(lambda x, y: layers.LayerNormalization()(x > y)))


def test_refuses_arithmetic_on_true_and_false(twin):
    with pytest.raises(forward.UnsupportedLayerError, match=r"keras\.ops\.maximum .* on bool numbers is not supported"):
        twin(model_of(lambda x, y: ops.maximum(x > 0, y > 0)))


FORGED = {
    "an index by an array": (lambda x, y: x[:, 1], lambda args: args[1].__setitem__(1, args[0])),
    "a true index": (lambda x, y: x[:, 1], lambda args: args[1].__setitem__(1, True)),
    "a step of zero": (lambda x, y: x[:, 1:2], lambda args: args[1][1]["config"].update(step=0)),
    "a constant of texts": (lambda x, y: x + GIVEN, lambda args: args[1]["config"].update(dtype="object")),
    "an empty constant": (lambda x, y: x + GIVEN, lambda args: args[1]["config"].update(value=[])),
    "a constant in rows of other lengths": (
        lambda x, y: x + GIVEN,
        lambda args: args[1]["config"].update(value=[[1.0], [2.0, 3.0]]),
    ),
    "a constant that does not fit": (lambda x, y: x + GIVEN, lambda args: args[1]["config"].update(value=[1.0, 2.0])),
    "a text": (lambda x, y: x + GIVEN, lambda args: args.__setitem__(1, "a")),
    "one input": (lambda x, y: x + y, lambda args: args.pop()),
    "three inputs": (lambda x, y: x + y, lambda args: args.append(args[0])),
    "no index": (lambda x, y: x[:, 1], lambda args: args.pop()),
    "only constants": (lambda x, y: x + GIVEN, lambda args: args.__setitem__(0, args[1])),
    "only numbers": (lambda x, y: ops.where(x > 0, x, 0.5), lambda args: args.__setitem__(slice(3), [1, 2, 3])),
}


@pytest.mark.parametrize(("operation", "change"), FORGED.values(), ids=FORGED)
def test_refuses_forged_calls(operation, change, tmp_path):
    x = keras.Input((TIME, FEATURES), name="one")
    keras.Model(x, layers.ReLU()(operation(x, x * 1))).save(tmp_path / "model.keras")

    def apply(config):
        (entry,) = (each for each in config["config"]["layers"] if each["class_name"] in ("GetItem", "Add", "Where"))
        change(entry["inbound_nodes"][0]["args"])

    change_config(tmp_path / "model.keras", apply)
    with pytest.raises(forward.ModelFileError):
        forward.load_model(tmp_path / "model.keras")


def test_refuses_a_mask_handed_to_an_operation(tmp_path):
    x = keras.Input((TIME, FEATURES), name="one")
    keras.Model(x, x * 2).save(tmp_path / "model.keras")

    def change(config):
        node = next(each for each in config["config"]["layers"] if each["class_name"] == "Multiply")["inbound_nodes"][0]
        node["kwargs"]["mask"] = node["args"][0]

    change_config(tmp_path / "model.keras", change)
    with pytest.raises(forward.UnsupportedLayerError, match=r"keras\.ops\.multiply .*: a call with {'mask'}"):
        forward.load_model(tmp_path / "model.keras")


def test_refuses_a_type_that_an_operation_does_not_have(tmp_path):
    x = keras.Input((TIME, FEATURES))
    y = ops.sum(x, axis=1)
    keras.Model(x, y).save(tmp_path / "model.keras")
    name = y._keras_history.operation.name
    change_entry(tmp_path / "model.keras", name, lambda entry: entry["config"].update(dtype="int32"))
    with pytest.raises(forward.UnsupportedLayerError, match=r"keras\.ops\.sum .*: option dtype='int32'"):
        forward.load_model(tmp_path / "model.keras")
