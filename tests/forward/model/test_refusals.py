"""Refusals that no other test reaches: a file for each, changed in one place, and the words that say what is wrong."""

import shutil

import keras
import pytest
from keras import layers, ops

import forward

from ..files import change_config, change_entry, change_weights, replace_entry


def settings(name, **changes):
    """Other settings of the layer of that name."""
    return lambda path: change_entry(path, name, lambda found: found["config"].update(changes))


def instead(class_name, **config):
    """Another layer, without weights, in the place of the one called "act"."""
    new = {"module": "keras.layers", "class_name": class_name, "config": {"name": "act", **config}}
    return lambda path: replace_entry(path, "act", new)


def call(name, change):
    """Another call of that layer: `change` works on the positional arguments and those by name."""

    def apply(found):
        node = found["inbound_nodes"][0]
        change(node["args"], node["kwargs"])

    return lambda path: change_entry(path, name, apply)


def input_shape(*sizes):
    """Another shape of the first input."""

    def change(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, *sizes]

    return lambda path: change_config(path, change)


def backward(**changes):
    """Other settings of the layer that reads backwards."""

    def change(found):
        found["config"]["backward_layer"]["config"].update(changes)

    return lambda path: change_entry(path, "both", change)


def no_recurrence(path):
    """Two layers without weights inside Bidirectional."""

    def change(found):
        for key in ("layer", "backward_layer"):
            found["config"][key] = {"module": "keras.layers", "class_name": "Flatten", "config": {"name": key}}
            found["config"][key]["config"]["data_format"] = "channels_last"

    change_entry(path, "both", change)
    change_weights(path, lambda file: file.pop("layers/bidirectional"))


def nested_activations(path):
    value = "relu"
    for _ in range(250):
        config = {"name": "act", "activation": value}
        value = {"module": "keras.layers", "class_name": "Activation", "config": config}
    settings("act", activation=value)(path)


def batch_normalization(axis):
    return instead("BatchNormalization", axis=axis, epsilon=0.1, center=True, scale=True)


SPOILED = {  # the sound file, what is done to it, what the message says of it
    "a list for one input": ("graph", call("one", lambda args, named: args.__setitem__(0, args * 2)), "cannot take an"),
    "one input for a list": ("graph", call("sum", lambda args, named: args.__setitem__(0, args[0][0])), "takes a list"),
    "no input": ("graph", call("sum", lambda args, named: args[0].clear()), r"layer 'sum' .* is called with \[\]"),
    "an unknown keyword": (
        "graph",
        call("one", lambda args, named: named.update(scale=args[0])),
        r"layer 'one' \(Dense\): a call with {'scale'} is not supported",
    ),
    "a state for a layer without": (
        "graph",
        call("one", lambda args, named: args.append(False)),
        r"layer 'one' \(Dense\): a call with {'initial_state'} is not supported",
    ),
    "a mask that is a number": (
        "graph",
        call("one", lambda args, named: named.update(mask=1)),
        r"called with a mask of \[1",
    ),
    "images without channels": ("images", input_shape(6, 6), r"layer 'pad' .* cannot take an input of shape"),
    "sequences without steps": ("tokens", input_shape(), r"\(LSTM\) takes \(batch, time, features\), but gets"),
    "not a number": ("activation", instead("ELU", alpha=float("nan")), "option alpha=nan must be a finite number"),
    "an infinite number": ("activation", instead("ELU", alpha=float("inf")), "option alpha=inf must be a finite"),
    "a text for a number": ("activation", instead("ELU", alpha="1"), "option alpha='1' must be a finite number"),
    "no list of sizes": ("activation", instead("Reshape", target_shape=3), "option target_shape=3 must be a list"),
    "two sizes of -1": ("activation", instead("Reshape", target_shape=[-1, -1]), "of which one may be -1"),
    "statistics of samples": ("activation", batch_normalization(0), r"axis=\(0,\) does not fit an input with 2 axes"),
    "statistics along an axis twice": ("activation", batch_normalization([1, -1]), r"axis=\(-1, 1\) does not fit"),
    "a chain with two ends": ("tokens", settings("both", merge_mode=None), "layer 'both' has several outputs"),
    "no recurrence": ("tokens", no_recurrence, r"layer 'both' .*: Flatten inside is not supported; only recurrent"),
    "one direction": ("tokens", backward(go_backwards=False), "both layers read in the same direction"),
    "one sequence": ("tokens", backward(return_sequences=True), "only one of the two layers returns its sequences"),
    "one state": ("tokens", backward(return_state=True), "only one of the two layers returns its sequences or states"),
    "more words than tokens": ("words", settings("words", max_tokens=3, pad_to_max_tokens=True), "max_tokens=3, but"),
    "activations inside activations": ("activation", nested_activations, "its parts are nested too deeply"),
}


@pytest.mark.parametrize(("base", "spoil", "words"), SPOILED.values(), ids=SPOILED)
def test_spoiled(base, spoil, words, sound, tmp_path):
    path = tmp_path / "model.keras"
    shutil.copy(sound[base], path)
    spoil(path)
    with pytest.raises(forward.ModelFileError, match=words) as error:
        forward.load_model(path)
    assert str(error.value).startswith(f"{path}: ")


def two_precisions():
    return keras.Sequential([keras.Input((5, 3)), layers.TimeDistributed(layers.Dense(2, dtype="float64"))])


def reshaped_by_shape():
    x = keras.Input((5, 3))
    return keras.Model(x, ops.reshape(x, (ops.shape(x)[0], 15)))


MADE = {  # what Keras itself makes of some models
    "two precisions": (two_precisions, r"\(TimeDistributed\) computes in float32, but layer .* inside in float64"),
    "an unknown size": (reshaped_by_shape, r"keras\.ops\.reshape .*: option newshape=\[None, 15\] is not supported"),
}


@pytest.mark.parametrize(("make", "words"), MADE.values(), ids=MADE)
def test_made_by_keras(make, words, tmp_path):
    make().save(tmp_path / "model.keras")
    with pytest.raises(forward.UnsupportedLayerError, match=words):
        forward.load_model(tmp_path / "model.keras")


def test_a_model_inside_with_too_many_inputs(tmp_path):
    end, x = keras.Input((3,)), keras.Input((3,))
    inner = keras.Model(end, layers.Dense(2)(end), name="inside")
    keras.Model(x, inner(x)).save(tmp_path / "model.keras")
    call("inside", lambda args, named: args.__setitem__(0, args * 2))(tmp_path / "model.keras")
    with pytest.raises(forward.ModelFileError, match="takes 1 inputs, but got 2"):
        forward.load_model(tmp_path / "model.keras")


def test_arithmetic_on_texts(tmp_path):
    text, x = keras.Input((), dtype="string", name="text"), keras.Input((4,), name="x")
    y = layers.TextVectorization(vocabulary=["a"], output_mode="count")(text)
    keras.Model([text, x], layers.Concatenate()([y, x * 2.0])).save(tmp_path / "model.keras")

    def change(config):
        calls = {each["class_name"]: each["inbound_nodes"] for each in config["config"]["layers"]}
        calls["Multiply"][0]["args"][0] = calls["TextVectorization"][0]["args"][0]

    change_config(tmp_path / "model.keras", change)
    with pytest.raises(forward.UnsupportedLayerError, match="an operation on float and object is not supported"):
        forward.load_model(tmp_path / "model.keras")
