"""A small model of each kind, whose files are sound: what tests then damage."""

import keras
import numpy as np
from keras import layers


def images():
    return [
        keras.Input((6, 6, 2)),
        layers.ZeroPadding2D(1, name="pad"),
        layers.Conv2D(4, 3, name="conv"),
        layers.MaxPooling2D(2, name="pool"),
        layers.AveragePooling2D(2, name="average"),
        layers.Flatten(),
    ]


def tokens():
    return [
        keras.Input((5,), dtype="int32", name="input"),
        layers.Embedding(7, 3, name="table", mask_zero=True),
        layers.Bidirectional(layers.LSTM(2, name="lstm"), name="both"),
    ]


def words():
    vectorize = layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3, name="words")
    return [keras.Input((), dtype="string"), vectorize, layers.Embedding(4, 2)]


def adapted_words():
    vectorize = layers.TextVectorization(output_sequence_length=3, name="words")
    vectorize.adapt(["a b", "b"])
    return [keras.Input((), dtype="string"), vectorize, layers.Embedding(4, 2)]


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="inner")], name="model_inside")
    return [keras.Input((3,)), inner, layers.Dense(2, name="last")]


def graph():
    x = keras.Input((3,), name="input")
    one, two = layers.Dense(2, name="one")(x), layers.Dense(2, name="two")(x)
    return keras.Model(x, layers.Add(name="sum")([one, two]))


def operations():
    x = keras.Input((4, 3), name="input")
    y = layers.Dense(2, activation=layers.LeakyReLU(0.1), name="one")(x) / 2.0 + np.array([0.5, -1.0], "float32")
    y = keras.ops.concatenate([y[:, ::-1, 1:], keras.ops.reshape(x, (-1, 4, 3))], axis=2)
    return keras.Model(x, keras.ops.mean(keras.ops.where(y > 0, y, 0), axis=1))


MODELS = {
    "dense": lambda: [keras.Input((3,), name="input"), layers.Dense(4, name="one"), layers.Dense(2, name="two")],
    "activation": lambda: [keras.Input((3,)), layers.Activation("relu", name="act")],
    "images": images,
    "tokens": tokens,
    "words": words,
    "adapted_words": adapted_words,
    "nested": nested,
    "each_step": lambda: [keras.Input((5, 3)), layers.TimeDistributed(layers.Dense(2, name="step"), name="steps")],
    "graph": graph,
    "operations": operations,
}


def build(kind):
    """The Keras model of that kind."""
    made = MODELS[kind]()
    return keras.Sequential(made) if isinstance(made, list) else made
