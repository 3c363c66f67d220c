from itertools import product

import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.model.activations import ACTIVATIONS

NOT_OF_X_ALONE = {"threshold"}


def test_every_activation_of_keras_that_takes_only_x():
    from keras.src.activations import ALL_OBJECTS_DICT

    assert set(ACTIVATIONS) == set(ALL_OBJECTS_DICT) - NOT_OF_X_ALONE


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_same_as_keras(name, rng):
    x = rng.normal(scale=3, size=(5, 8))
    np.testing.assert_allclose(ACTIVATIONS[name](x), keras.activations.get(name)(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_keeps_float32(name, rng):
    assert ACTIVATIONS[name](rng.normal(size=(3, 4)).astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_layer(name, dtype, assert_same, rng):
    x = rng.normal(scale=2, size=(5, 3, 8))
    assert_same(x, keras.Input((3, 8)), layers.Activation(name))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_of_a_layer(name, dtype, assert_same, rng):
    x = rng.normal(size=(5, 3))
    assert_same(x, keras.Input((3,)), layers.Dense(8, activation=name))


def test_glu_halves_the_last_axis(assert_same, twins, rng):
    gate = layers.Activation("glu")
    _, ours = twins(keras.Input((3, 8)), gate)
    assert ours.output_shape == (3, 4)
    assert_same(rng.normal(size=(5, 3, 8)), keras.Input((3, 8)), gate, layers.Flatten())


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "exponential"])
@pytest.mark.filterwarnings("error")
def test_does_not_overflow(name):
    x = np.array([[-1e4, -100, -1, 0], [100, 1e4, 1, 0]], np.float32)
    np.testing.assert_allclose(ACTIVATIONS[name](x), keras.activations.get(name)(x), rtol=1e-5, atol=1e-30)


@pytest.mark.filterwarnings("error")
def test_sigmoid_does_not_overflow():
    x = np.array([-1e4, -100, 0, 100, 1e4], np.float32)
    np.testing.assert_allclose(forward.sigmoid(x), [0, 3.7835e-44, 0.5, 1, 1], rtol=1e-2)


@pytest.mark.filterwarnings("error")
def test_softmax_does_not_overflow():
    x = np.array([[1e4, 1e4, 0], [-1e4, 0, -1e4]], np.float32)
    np.testing.assert_array_equal(forward.softmax(x), [[0.5, 0.5, 0], [0, 1, 0]])


def test_softmax_takes_an_axis(rng):
    x = rng.normal(size=(3, 4, 5))
    np.testing.assert_allclose(forward.softmax(x, axis=1).sum(axis=1), np.ones((3, 5)), rtol=1e-12)


LAYERS = {
    "LeakyReLU": lambda: layers.LeakyReLU(0.1),
    "ReLU": lambda: layers.ReLU(max_value=0.5, negative_slope=0.3, threshold=0.1),
    "ELU": lambda: layers.ELU(0.7),
    "Softmax": lambda: layers.Softmax(axis=1),
    "Activation": lambda: layers.Activation("sigmoid"),
    "Activation of a layer": lambda: layers.Activation(layers.Activation(layers.LeakyReLU(0.4))),
}
TAKING = {
    "Dense": lambda activation: [layers.Dense(4, activation=activation)],
    "Activation": lambda activation: [layers.Activation(activation)],
    "Conv1D and its pooling": lambda activation: [layers.Conv1D(4, 2, activation=activation), layers.MaxPooling1D(2)],
    "SeparableConv1D": lambda activation: [layers.SeparableConv1D(4, 2, activation=activation)],
    "TimeDistributed": lambda activation: [layers.TimeDistributed(layers.Dense(4, activation=activation))],
    "SimpleRNN": lambda activation: [layers.SimpleRNN(4, activation=activation)],
    "Bidirectional": lambda activation: [layers.Bidirectional(layers.LSTM(4, activation=activation))],
}


@pytest.mark.parametrize("taking", TAKING.values(), ids=TAKING)
def test_a_layer_as_an_activation(taking, dtype, assert_same_model, rng):
    x = keras.Input((6, 3))
    outputs = [keras.Sequential(taking(make()))(x) for make in LAYERS.values()]
    assert_same_model(keras.Model(x, outputs), rng.normal(size=(7, 6, 3)))


def test_the_summary_names_a_layer_that_is_an_activation(twins):
    _, ours = twins(keras.Input((3,)), layers.Dense(4, activation=layers.ReLU(max_value=2)), layers.Dense(2))
    assert "units=4, activation=ReLU(max_value=2, negative_slope=0.0, threshold=0.0), use_bias" in ours.summary()


@pytest.mark.parametrize("kind", ["LeakyReLU", "Activation"])
def test_a_layer_as_the_activation_of_gates(kind, dtype, assert_same, rng):
    assert_same(rng.normal(size=(7, 6, 3)), keras.Input((6, 3)), layers.GRU(4, recurrent_activation=LAYERS[kind]()))


@pytest.mark.parametrize("kind", ["ReLU", "Activation of a layer", "Softmax"])
def test_a_layer_as_an_activation_of_masked_steps(kind, twins, assert_same, rng):
    x = rng.normal(size=(7, 6, 3))
    x[0, :2], x[1, 3:], x[2] = 0, 0, 0
    made = [keras.Input((6, 3)), layers.Masking(), layers.Dense(3, activation=LAYERS[kind]())]
    assert_same(x, *made, layers.LSTM(2))
    made.insert(2, layers.Activation(LAYERS[kind]()))
    if kind != "Softmax":
        assert_same(x, *made, layers.LSTM(2))
    else:  # as in Keras, it finds the mask of steps there, and cannot take it
        with pytest.raises(forward.ModelFileError, match=r"layer 'activation.*' cannot take"):
            twins(*made)


@pytest.mark.parametrize(
    "make", [layers.PReLU, lambda: layers.Dropout(0.5), lambda: layers.Dense(4)], ids=["PReLU", "Dropout", "Dense"]
)
def test_refuses_another_layer_as_an_activation(make, twins):
    """Keras does not save the weights of these."""
    activation = make()
    name = type(activation).__name__
    with pytest.raises(forward.UnsupportedLayerError, match=rf"option activation=.* is not supported: {name} as an"):
        twins(keras.Input((3,)), layers.Dense(4, activation=activation))


def test_refuses_a_function_of_ones_own(twins):
    @keras.saving.register_keras_serializable("own")
    def twice(x):
        return 2 * x

    with pytest.raises(forward.UnsupportedLayerError, match=r"option activation=.* is not supported: function as an"):
        twins(keras.Input((3,)), layers.Dense(4, activation=twice))


RELU_OPTIONS = list(product([None, 1.5, 6], [0.0, 0.3], [0.0, 0.4]))


@pytest.mark.parametrize(("max_value", "negative_slope", "threshold"), RELU_OPTIONS)
def test_relu(max_value, negative_slope, threshold, dtype, assert_same, rng):
    x = rng.normal(scale=5, size=(5, 3, 4))
    assert_same(x, keras.Input((3, 4)), layers.ReLU(max_value, negative_slope, threshold))


@pytest.mark.parametrize("negative_slope", [0.0, 0.1, 0.3, 2.0])
def test_leaky_relu(negative_slope, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 3, 4)), keras.Input((3, 4)), layers.LeakyReLU(negative_slope))


@pytest.mark.parametrize("shared_axes", [None, [1], [1, 2], [3, 1]])
def test_prelu(shared_axes, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.PReLU(shared_axes=shared_axes))


@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_elu(alpha, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 3, 4)), keras.Input((3, 4)), layers.ELU(alpha))


@pytest.mark.parametrize("axis", [-1, 1, 2, -2, [1, 2], [-1, 1], [3]])
def test_softmax(axis, dtype, assert_same, rng):
    assert_same(rng.normal(size=(5, 2, 3, 4)), keras.Input((2, 3, 4)), layers.Softmax(axis))


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_softmax_with_a_mask_in_front_behind_with_holes_and_on_all(axis, dtype, assert_same_model, rng):
    x, mask = keras.Input((3, 4)), keras.Input((3, 4), dtype="bool")
    kept = rng.random((6, 3, 4)) < 0.7
    kept[0, :, :2], kept[1, 1:], kept[2] = False, False, False
    assert_same_model(keras.Model([x, mask], layers.Softmax(axis)(x, mask=mask)), [rng.normal(size=(6, 3, 4)), kept])
