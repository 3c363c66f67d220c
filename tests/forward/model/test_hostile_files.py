"""Files made to do harm: each is refused, in time and in little memory, and nothing is run, opened or imported for it.

Each kind of file is a function in the table HOSTILE, which spoils a sound file. All are loaded in
another process (see loader.py), as some are made to crash or to hang whoever reads them.
"""

import io
import itertools
import json
import re
import shutil
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import forward

from ..files import (
    add_entry,
    change_bytes,
    change_config,
    change_entry,
    change_weights,
    entry,
    layer,
    replace_entry,
    rewrite,
)

SECONDS, MEBIBYTES = 1, 200
PART = r"layer|model|input|config\.json|nested"  # what a message names when the file leaves no more to name


@dataclass
class Kind:
    """A kind of hostile file: the sound file that `spoil` changes, and words of the message that refuses it."""

    base: str
    words: str
    spoil: Callable[[Path], None]


HOSTILE = {}


def hostile(words, base="dense"):
    """Put the function into the table HOSTILE."""

    def register(spoil):
        assert spoil.__name__ not in HOSTILE
        HOSTILE[spoil.__name__] = Kind(base, words, spoil)
        return spoil

    return register


# The zip


@hostile("not a readable")
def not_a_zip(path):
    path.write_bytes(b"hello")


@hostile("not a readable")
def empty_file(path):
    path.write_bytes(b"")


@hostile("not a readable")
def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


@hostile("not a readable")
def bit_rot_in_the_configuration(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"Sequential")] ^= 1
    path.write_bytes(data)


@hostile("not a readable")
def bit_rot_in_the_weights(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"\x89HDF") + 3000] ^= 1
    path.write_bytes(data)


@hostile(r"config\.json is missing")
def no_configuration(path):
    rewrite(path, "config.json", lambda data: None)


@hostile(r"model\.weights\.h5 is missing")
def no_weights_file(path):
    rewrite(path, "model.weights.h5", lambda data: None)


@hostile("missing")
def nothing_in_the_zip(path):
    zipfile.ZipFile(path, "w").close()


@hostile(r"config\.json")
def two_configurations(path):
    add_entry(path, "config.json", "{}")


@hostile(r"model\.weights\.h5")
def two_weights_files(path):
    add_entry(path, "model.weights.h5", b"")


@hostile(r"x\.txt")
def entry_that_leaves_the_archive(path):
    add_entry(path, "assets/../../x.txt", "x")


@hostile(r"x\.txt")
def entry_with_backslashes_that_leaves_the_archive(path):
    add_entry(path, "assets\\..\\..\\x.txt", "x")


@hostile(r"x\.txt")
def entry_with_an_absolute_name(path):
    add_entry(path, "/tmp/x.txt", "x")


@hostile("larger")
def decompression_bomb_as_configuration(path):
    """A deflated entry that grows a thousandfold."""
    rewrite(path, "config.json", lambda data: None)
    add_entry(path, "config.json", bytes(2**28), zipfile.ZIP_DEFLATED)


@hostile("larger")
def decompression_bomb_as_weights(path):
    """A bzip2 entry that grows a millionfold."""
    rewrite(path, "model.weights.h5", lambda data: None)
    add_entry(path, "model.weights.h5", bytes(2**28), zipfile.ZIP_BZIP2)


@hostile("larger", "adapted_words")
def decompression_bomb_as_vocabulary(path):
    add_entry(path, "assets/bomb.txt", bytes(2**28), zipfile.ZIP_DEFLATED)


@hostile("larger")
def declared_far_larger_than_the_file(path):
    """The directory at the end of the zip says 4 GB where there are a few bytes."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, start + 24, 2**32 - 2)
    path.write_bytes(data)


@hostile("not a readable")
def decompression_bomb_that_declares_a_small_size(path):
    rewrite(path, "config.json", lambda data: None)
    size = 2**28 + 0x345678  # bytes that do not stand elsewhere, as those of 2**28 may in an entry's time
    add_entry(path, "config.json", bytes(size), zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", size), struct.pack("<I", 2000)))


@hostile("(?s)convert.*keras")
def cve_2025_9905_legacy_h5_model(path):
    """CVE-2025-9905: the legacy format, in which safe_mode was ignored."""
    legacy = path.with_suffix(".h5")
    with h5py.File(legacy, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": []}})
        file.create_group("model_weights")
    legacy.replace(path)


# The JSON


def json_text(text):
    return lambda path: rewrite(path, "config.json", lambda data: text)


BROKEN_JSON = {
    "empty": "",
    "cut": "{",
    "list": "[]",
    "number": "3",
    "string": '"Sequential"',
    "null": "null",
    "no_name": '{"class_name": "Sequential", "module": "keras", "config": {}}',
    "no_utf_8": b'{"class_name": "\xff"}',
    "nested_lists": "[" * 100_000 + "]" * 100_000,
    "nested_objects": '{"config":' * 100_000 + "0" + "}" * 100_000,
    "endless_number": "9" * 100_000,
    "many_objects": "[" + '{"":{}},' * 2**22 + "0]",
    "many_objects_in_4_MB": "[" + '{"":{}},' * 500_000 + "0]",
}
for name, text in BROKEN_JSON.items():
    HOSTILE[f"json_{name}"] = Kind("dense", r"config\.json", json_text(text))


INITIALIZERS = {  # what is cut out where it is long, without an end or with too many parts
    "of_objects": "[" + "{}," * 2**21 + "0]",
    "of_open_lists": "[" * 2**22,
    "of_open_objects": '{"a_initializer": ' * 2**18,
    "of_open_numbers": "[1," * 2**21,
    "of_an_open_text": '["' + 'a\\"' * 2**21,
    "of_many_texts": '["' + '"a' * 2**21,
    "many": "{}" + ', "a_initializer": {}' * 2**19,
}
for name, text in INITIALIZERS.items():
    text = f'{{"class_name": "Sequential", "config": {{"name": "a", "layers": [], "a_initializer": {text}}}}}'
    HOSTILE[f"json_initializer_{name}"] = Kind("dense", r"config\.json", json_text(text))


def wrapped(class_name, depth):
    """Layers inside layers, `depth` deep: what JSON still reads may be too deep for whoever builds it."""

    def spoil(path):
        def change(config):
            inner = layer(config, 1)
            for number in range(depth):
                name = {"name": f"level_{number}"}
                inside = {"layers": [layer(config, 0), inner]} if class_name == "Sequential" else {"layer": inner}
                module = "keras" if class_name == "Sequential" else "keras.layers"
                inner = {"module": module, "class_name": class_name, "config": name | inside, "registered_name": None}
            config["config"]["layers"][1] = inner

        change_config(path, change)

    return spoil


for class_name, depth in itertools.product(["Sequential", "TimeDistributed"], [50, 100, 200, 300]):
    HOSTILE[f"{class_name}_{depth}_deep"] = Kind("dense", PART, wrapped(class_name, depth))


@hostile("layers", "dense")
def no_list_of_layers(path):
    change_config(path, lambda config: config["config"].update(layers={"0": {}}))


@hostile(PART, "dense")
def no_layers_at_all(path):
    change_config(path, lambda config: config["config"].update(layers=[]))


@hostile("layer", "dense")
def layers_that_are_text(path):
    change_config(path, lambda config: config["config"].update(layers=["Dense", "Dense"]))


# Code in the configuration

LAMBDA = keras.saving.serialize_keras_object(layers.Lambda(lambda x: __import__("os").system("true"), name="evil"))
assert LAMBDA["config"]["function"]["class_name"] == "__lambda__"  # it does hold bytecode


def function(module, name):
    """A function as Keras serializes it."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def call_of(module, name, *args):
    """A function in the place of a layer, with a call: what Keras' graphs would have run."""
    node = {"args": list(args), "kwargs": {}}
    return function(module, name) | {"name": name, "inbound_nodes": [node]}


# where it stands -> (the sound file, the object that is replaced, the group of its weights, the group that moves up)
PLACES = {
    "model": ("dense", "one", "layers/dense", "layers/dense_1"),
    "model_inside_a_model": ("nested", "inner", "layers/sequential/layers/dense", None),
    "TimeDistributed": ("each_step", "step", "layers/time_distributed/layer", None),
    "Bidirectional": ("tokens", "forward_lstm", "layers/bidirectional/forward_layer", None),
    "backward_layer_of_Bidirectional": ("tokens", "backward_lstm", "layers/bidirectional/backward_layer", None),
    "graph": ("graph", "one", "layers/dense", "layers/dense_1"),
}


def put(place, new):
    """Put an object without weights into that place; the file is sound but for it."""
    base, name, group, next_group = PLACES[place]

    def remove(file):
        del file[group]
        if next_group:
            file.move(next_group, group)

    def spoil(path):
        replace_entry(path, name, new)
        change_weights(path, remove)

    return base, spoil


for place in PLACES:
    base, spoil = put(place, LAMBDA)
    HOSTILE[f"cve_2024_3660_Lambda_bytecode_in_{place}"] = Kind(base, "Lambda", spoil)

for class_name, settings in {
    "TorchModuleWrapper": {"module": "gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu"},
    "TFSMLayer": {"filepath": "/tmp/saved_model", "call_endpoint": "serve"},
}.items():
    cve = {"TorchModuleWrapper": "cve_2025_49655", "TFSMLayer": "cve_2026_1462"}[class_name]
    loads_files = {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": "evil"} | settings,
        "registered_name": None,
    }
    for place in PLACES:
        base, spoil = put(place, loads_files)
        HOSTILE[f"{cve}_{class_name}_in_{place}"] = Kind(base, class_name, spoil)


def insert_layers(*new):
    return lambda path: change_config(path, lambda config: config["config"]["layers"].extend(new))


FUNCTIONS = {
    "cve_2025_1550_function_of_a_module": [call_of("os", "system", "true")],
    "cve_2025_1550_builtin": [call_of("builtins", "exec", "1")],
    "cve_2025_8747_keras_function_that_downloads": [
        call_of("keras.utils", "get_file", "x", "https://example.org/x"),
    ],
    "cve_2025_9906_safety_switched_off_first": [
        call_of("keras.config", "enable_unsafe_deserialization"),
        LAMBDA | {"name": "evil", "inbound_nodes": []},
    ],
}
for (name, new), base in itertools.product(FUNCTIONS.items(), ["dense", "graph"]):
    HOSTILE[f"{name}_in_{base}"] = Kind(base, r"config\.json|layer", insert_layers(*new))


@hostile("enable_unsafe|config|layer")
def cve_2025_9906_safety_switched_off_by_the_model_itself(path):
    rewrite(path, "config.json", lambda data: json.dumps(call_of("keras.config", "enable_unsafe_deserialization")))


# what is changed -> changes to the layer's own entry
FOREIGN = {
    "module_of_python": {"module": "os"},
    "module_of_the_user": {"module": "elsewhere"},
    "module_of_keras_but_not_of_layers": {"module": "keras.utils"},
    "module_that_begins_like_keras": {"module": "keras.layers.evil"},
    "module_with_a_dunder": {"module": "keras.layers.__init__"},
    "module_that_is_a_list": {"module": ["keras.layers"]},
    "module_that_is_null": {"module": None},
    "module_of_a_million_letters": {"module": "x" * 10**6},
    "registered_name_of_the_user": {"registered_name": "mine>Dense"},
    "registered_name_of_another_layer": {"registered_name": "Lambda"},
    "registered_name_that_is_a_list": {"registered_name": ["Dense"]},
    "class_with_a_dunder": {"class_name": "__import__"},
    "class_with_a_path": {"class_name": "../Dense"},
    "class_that_is_no_text": {"class_name": ["Dense"]},
    "class_in_small_letters": {"class_name": "dense"},
    "class_of_the_package_itself": {"class_name": "Layer"},
}
for (name, changes), (place, (base, target, *_)) in itertools.product(FOREIGN.items(), PLACES.items()):

    def spoil(path, target=target, changes=changes):
        change_entry(path, target, lambda found: found.update(changes))

    HOSTILE[f"{name}_in_{place}"] = Kind(base, PART, spoil)

for name, module in {"os": "os", "user": "elsewhere"}.items():

    def spoil(path, module=module):
        change_config(path, lambda config: config.update(module=module))

    HOSTILE[f"model_of_module_{name}"] = Kind("dense", module, spoil)


def setting(name, **changes):
    """A function that changes settings of the object of that name."""
    return lambda path: change_entry(path, name, lambda found: found["config"].update(changes))


ACTIVATIONS = {
    "function_of_python": function("builtins", "print"),
    "function_of_keras": function("keras.activations", "relu"),
    "lambda": LAMBDA["config"]["function"],
    "layer": {"module": "keras.layers", "class_name": "Lambda", "config": LAMBDA["config"], "registered_name": None},
    "dunder": "__import__",
    "attribute": "relu.__globals__",
    "name_of_python": "eval",
    "list": ["relu"],
    "number": 3,
    "object": {},
}
# where it stands -> (the sound file, the layer, the setting)
ACTIVATED = {
    "Dense": ("dense", "one", "activation"),
    "Activation": ("activation", "act", "activation"),
    "model_inside_a_model": ("nested", "inner", "activation"),
    "TimeDistributed": ("each_step", "step", "activation"),
    "LSTM_in_Bidirectional": ("tokens", "forward_lstm", "activation"),
    "gates_of_LSTM_in_Bidirectional": ("tokens", "backward_lstm", "recurrent_activation"),
    "graph": ("graph", "one", "activation"),
}
for (name, value), (place, (base, target, key)) in itertools.product(ACTIVATIONS.items(), ACTIVATED.items()):
    HOSTILE[f"activation_{name}_in_{place}"] = Kind(base, f"{target}.*{key}", setting(target, **{key: value}))


@hostile("(?s)one.*dtype")
def dtype_policy_of_another_module(path):
    policy = {"module": "os", "class_name": "system", "config": {"name": "float32"}, "registered_name": None}
    setting("one", dtype=policy)(path)


LAYER_NAMES = {
    "cve_2026_12479_layer_name_that_leaves_the_folder": "../../x",
    "cve_2026_12479_layer_name_with_backslashes": "..\\..\\x",
    "cve_2026_12479_layer_name_with_an_absolute_path": "/tmp/x",
    "layer_name_of_dots": "..",
    "layer_name_with_a_dunder": "__class__",
    "layer_name_with_a_null_byte": "one\0two",
    "layer_name_that_is_a_number": 3,
    "layer_name_that_is_a_list": ["one"],
}
for (name, value), base in itertools.product(LAYER_NAMES.items(), ["dense", "graph"]):

    def spoil(path, value=value):
        def change(found):
            found["config"]["name"] = value
            if "name" in found:
                found["name"] = value

        change_entry(path, "one", change)

    HOSTILE[f"{name}_in_{base}"] = Kind(base, "name", spoil)


# Sizes

TEXTUAL = {"text": "4", "path": "../4", "true": True, "fraction": 2.5, "nan": float("nan"), "infinity": float("inf")}
NUMBERS = {"negative": -1, "zero": 0, "huge": 2**31, "more_than_64_bits": 2**64, "hundreds_of_digits": 10**400}
COMMON = NUMBERS | TEXTUAL | {"object": {}, "empty_list": [], "list_of_lists": [[[]]]}
PAIRS = {"one_of_two": [3], "three": [3, 3, 3], "negative_one": [3, -1], "zero_and_one": [1, 0], "text_one": [3, "3"]}
PAIRS |= {"huge_one": [3, 2**31], "null_one": [3, None]}
# (the sound file, the layer, the setting) -> values that it cannot have
SIZES = {
    ("dense", "one", "units"): COMMON | {"null": None},
    ("graph", "one", "units"): COMMON | {"null": None},
    ("images", "conv", "filters"): COMMON | {"null": None},
    ("images", "conv", "kernel_size"): COMMON | PAIRS | {"null": None},
    ("images", "conv", "strides"): COMMON | PAIRS | {"null": None},
    ("images", "conv", "dilation_rate"): COMMON | PAIRS | {"null": None},
    ("images", "conv", "groups"): COMMON | {"null": None, "no_divisor": 3},
    ("images", "pool", "pool_size"): COMMON | PAIRS | {"null": None, "larger_than_the_image": [9, 9]},
    ("images", "average", "strides"): COMMON | PAIRS,
    ("images", "pad", "padding"): {key: value for key, value in COMMON.items() if key != "zero"}
    | {
        "null": None,
        "negative_pair": [[1, 1], [1, -1]],
        "huge_pair": [[1, 1], [1, 2**40]],
        "text_pair": [[1, 1], [1, "1"]],
        "three_pairs": [[1, 1]] * 3,
        "deep": [[[1], [1]], [[1], [1]]],
    },
    ("tokens", "table", "input_dim"): COMMON | {"null": None},
    ("tokens", "table", "output_dim"): COMMON | {"null": None},
    ("tokens", "forward_lstm", "units"): COMMON | {"null": None},
    ("each_step", "step", "units"): COMMON | {"null": None},
    ("nested", "inner", "units"): COMMON | {"null": None},
    ("words", "words", "output_sequence_length"): COMMON,
}
for (base, target, key), values in SIZES.items():
    for name, value in values.items():
        HOSTILE[f"{key}_of_{target}_in_{base}_{name}"] = Kind(base, target, setting(target, **{key: value}))

INPUT_SHAPES = {
    "negative": [None, -3],
    "zero": [None, 0],
    "text": [None, "3"],
    "huge": [None, 2**31],
    "more_than_64_bits": [None, 2**64],
    "deep": [None, [3]],
    "is_text": "3",
    "is_a_number": 3,
    "is_empty": [],
    "is_null": None,
    "has_64_axes": [None, *[3] * 64],
}
for (name, value), base in itertools.product(INPUT_SHAPES.items(), ["dense", "graph"]):
    HOSTILE[f"input_shape_{name}_in_{base}"] = Kind(base, PART, setting("input", batch_shape=value))


@hostile(PART, "images")
def shape_bomb_by_many_paddings(path):
    """Each layer makes the image four times as large in both directions; no single setting is large."""

    def change(config):
        found = entry(config, "pad")
        more = [json.loads(json.dumps(found)) for _ in range(30)]
        for number, each in enumerate(more):
            each["config"] |= {"name": f"pad_{number}", "padding": [[2**20, 2**20], [2**20, 2**20]]}
        config["config"]["layers"][1:1] = more

    change_config(path, change)


# Vocabularies

VOCABULARIES = {
    "cve_2025_12058_path": "/etc/hostname",
    "cve_2025_12058_address": "http://127.0.0.1:9/words.txt",
    "cve_2025_12058_file_address": "file:///etc/hostname",
    "cve_2025_12058_path_in_an_object": {"module": "os", "class_name": "PathLike", "config": "/etc/hostname"},
    "of_numbers": [1, 2],
    "of_lists": [["a"], ["b"]],
    "with_null": ["a", None],
    "number": 2,
}
for (name, value), base in itertools.product(VOCABULARIES.items(), ["words", "adapted_words"]):
    HOSTILE[f"vocabulary_{name}_in_{base}"] = Kind(base, "(?s)words.*vocabulary", setting("words", vocabulary=value))


@hostile("lookup")
def cve_2025_12058_string_lookup_with_a_path(path):
    """CVE-2025-12058: StringLookup reads a vocabulary from wherever the file says."""
    config = {"name": "lookup", "vocabulary": "/etc/hostname", "invert": False}
    lookup = {"module": "keras.layers", "class_name": "StringLookup", "config": config, "registered_name": None}
    put("model", lookup)[1](path)


@hostile("(?s)words.*vocabulary", "words")
def no_vocabulary(path):
    setting("words", vocabulary=None)(path)


@hostile("words", "adapted_words")
def vocabulary_that_is_no_utf_8(path):
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if each.endswith("vocabulary.txt")]
    for name in names:
        rewrite(path, name, lambda data: b"\xff\xfe\n")


@hostile("words", "words")
def idf_weights_from_a_path(path):
    setting("words", output_mode="tf_idf", idf_weights="/etc/hostname")(path)


# Graphs


def graph_setting(**changes):
    return lambda path: change_config(path, lambda config: config["config"].update(changes))


def inbound(name, source):
    """A function that lets a layer of the graph be fed by another one."""

    def change(found):
        for parent, each in list(entries_of_tensors(found["inbound_nodes"])):
            parent[each]["config"]["keras_history"] = source

    return lambda path: change_entry(path, name, change)


def entries_of_tensors(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(items):
        if isinstance(each, dict) and each.get("class_name") == "__keras_tensor__":
            yield value, key
        else:
            yield from entries_of_tensors(each)


def inbound_nodes(name, nodes):
    return lambda path: change_entry(path, name, lambda found: found.update(inbound_nodes=nodes))


GRAPHS = {
    "fed_by_itself": inbound("one", ["one", 0, 0]),
    "fed_by_what_it_feeds": inbound("one", ["sum", 0, 0]),
    "fed_by_no_layer": inbound("one", ["nobody", 0, 0]),
    "fed_by_a_dunder": inbound("one", ["__class__", 0, 0]),
    "fed_by_a_call_that_is_not_there": inbound("one", ["input", 7, 0]),
    "fed_by_a_negative_call": inbound("one", ["input", -1, 0]),
    "fed_by_an_output_that_is_not_there": inbound("one", ["input", 0, 7]),
    "fed_by_a_negative_output": inbound("one", ["input", 0, -1]),
    "fed_by_a_huge_output": inbound("one", ["input", 0, 2**64]),
    "fed_by_text": inbound("one", "input"),
    "fed_by_lists": inbound("one", [["input"], [0], [0]]),
    "nodes_that_are_text": inbound_nodes("one", "os.system"),
    "nodes_that_are_numbers": inbound_nodes("one", [1, 2]),
    "nodes_that_are_null": inbound_nodes("one", None),
    "nodes_without_arguments": inbound_nodes("one", [{}]),
    "nodes_with_a_function": inbound_nodes("one", [{"args": [function("os", "system")], "kwargs": {}}]),
    "nodes_with_a_shell_command": inbound_nodes("one", [{"args": ["true"], "kwargs": {}}]),
    "outputs_of_no_layer": graph_setting(output_layers=["nobody", 0, 0]),
    "outputs_that_are_text": graph_setting(output_layers="sum"),
    "outputs_that_are_null": graph_setting(output_layers=None),
    "no_outputs": graph_setting(output_layers=[]),
    "inputs_of_no_layer": graph_setting(input_layers=["nobody", 0, 0]),
    "inputs_that_are_a_layer_inside": graph_setting(input_layers=["one", 0, 0]),
    "no_inputs": graph_setting(input_layers=[]),
    "inputs_that_are_null": graph_setting(input_layers=None),
}
for name, spoil in GRAPHS.items():
    HOSTILE[f"graph_{name}"] = Kind("graph", PART, spoil)


@hostile("same name|one", "graph")
def two_layers_of_one_name(path):
    def change(found):
        found["name"] = found["config"]["name"] = "one"

    change_entry(path, "two", change)


def tensors(*sources):
    return [
        {"class_name": "__keras_tensor__", "config": {"shape": [None, 2], "dtype": "float32", "keras_history": source}}
        for source in sources
    ]


def doublings(class_name, number, **settings):
    """A chain of layers that take the one before twice: without care, the work doubles with each."""

    def spoil(path):
        def change(config):
            before = "sum"
            for each in range(number):
                made = json.loads(json.dumps(entry(config, "sum")))
                made["name"] = made["config"]["name"] = f"double_{each}"
                made |= {"class_name": class_name}
                made["config"] |= settings
                made["inbound_nodes"] = [{"args": [tensors([before, 0, 0], [before, 0, 0])], "kwargs": {}}]
                config["config"]["layers"].append(made)
                before = made["name"]
            config["config"]["output_layers"] = [before, 0, 0]

        change_config(path, change)

    return spoil


HOSTILE["shape_bomb_by_concatenation"] = Kind("graph", "double_", doublings("Concatenate", 60, axis=-1))


@hostile("makes more than 20,000 calls of layers", "graph")
def steps_without_end(path):
    """A recurrent layer over millions of steps, again and again: each call is one, and takes a minute."""

    def change(config):
        own = config["config"]
        own["layers"], own["output_layers"] = own["layers"][:1], ["steps", 1, 0]
        (given,) = tensors([own["layers"][0]["config"]["name"], 0, 0])
        more = {"module": "keras.layers", "registered_name": None}
        repeat = {"name": "repeat", "n": 2**24, "dtype": "float32"}
        own["layers"][0]["config"]["batch_shape"] = [None, 1]
        calls = [{"args": [given], "kwargs": {}}]
        own["layers"].append(more | {"class_name": "RepeatVector", "name": "repeat", "config": repeat} | {
            "inbound_nodes": calls})  # fmt: skip
        recurrent = layers.SimpleRNN(1, return_sequences=True, use_bias=False, name="steps").get_config()
        calls = [{"args": tensors(source), "kwargs": {}} for source in (["repeat", 0, 0], ["steps", 0, 0])]
        own["layers"].append(more | {"class_name": "SimpleRNN", "name": "steps", "config": recurrent} | {
            "inbound_nodes": calls})  # fmt: skip

    def weigh(file):
        del file["layers"]
        for number in range(2):
            file[f"layers/simple_rnn/cell/vars/{number}"] = np.ones((1, 1), "float32")

    change_config(path, change)
    change_weights(path, weigh)


# The weights


def hdf5(words, base="dense"):
    """Put the function into the table HOSTILE; it works on the open HDF5 file."""

    def register(spoil):
        words_or_part = rf"{words}|model\.weights\.h5"  # what cannot be read at all may have no name yet
        HOSTILE[spoil.__name__] = Kind(base, words_or_part, lambda path: change_weights(path, spoil))
        return spoil

    return register


KERNEL, BIAS = "layers/dense/vars/0", "layers/dense/vars/1"  # (3, 4) and (4,)


def replace_kernel(file, value):
    del file[KERNEL]
    file[KERNEL] = value


WRONG_KERNELS = {
    "transposed": np.zeros((4, 3), np.float32),
    "flat": np.zeros(12, np.float32),
    "one_axis_more": np.zeros((3, 4, 1), np.float32),
    "scalar": np.float32(1),
    "empty": np.zeros((0, 4), np.float32),
    "without_shape": h5py.Empty("float32"),
    "int32": np.zeros((3, 4), np.int32),
    "bool": np.zeros((3, 4), bool),
    "float16": np.zeros((3, 4), np.float16),
    "float64": np.zeros((3, 4), np.float64),
    "complex": np.zeros((3, 4), np.complex64),
    "text": np.full((3, 4), b"text"),
    "void": np.zeros((3, 4), "V4"),
    "compound": np.zeros((3, 4), [("a", np.float32)]),
    "type": np.dtype("float32"),
    "array_type": np.zeros(3, [("a", np.float32, (4,))]),
}
for name, value in WRONG_KERNELS.items():

    def spoil(path, value=value):
        change_weights(path, lambda file: replace_kernel(file, value))

    HOSTILE[f"kernel_{name}"] = Kind("dense", r"one|layers/dense|model\.weights\.h5", spoil)


@hdf5("one|layers/dense")
def kernel_of_texts_of_any_length(file):
    replace_kernel(file, np.full((3, 4), "text", h5py.string_dtype()))


@hdf5("one|layers/dense")
def kernel_of_references(file):
    replace_kernel(file, np.full((3, 4), file["layers"].ref, h5py.ref_dtype))


@hdf5("one")
def kernel_that_is_a_group(file):
    del file[KERNEL]
    file.create_group(KERNEL)


@hdf5("one|layers/dense")
def dataset_inside_a_group_in_place_of_the_kernel(file):
    del file[KERNEL]
    file[f"{KERNEL}/0"] = np.zeros((3, 4), np.float32)


@hdf5("one|layers/dense")
def layer_group_that_is_a_dataset(file):
    del file["layers/dense"]
    file["layers/dense"] = np.zeros((3, 4), np.float32)


@hdf5("one|layers")
def all_groups_that_are_one_dataset(file):
    del file["layers"]
    file["layers"] = np.zeros((3, 4), np.float32)


@hdf5("one|layers")
def no_weights_at_all(file):
    del file["layers"]


@hdf5("one")
def bias_missing(file):
    del file[BIAS]


@hdf5("one")
def weight_too_many(file):
    file["layers/dense/vars/2"] = np.zeros(4, np.float32)


@hdf5("dense_2")
def weights_of_no_layer(file):
    file["layers/dense_2/vars/0"] = np.zeros(3, np.float32)


@hdf5("(?s)words|lookup|layers", "words")
def weights_of_a_layer_that_has_none(file):
    file["layers/text_vectorization/vars/0"] = np.zeros(3, np.float32)


@hdf5("layers/dense/vars/0")
def cve_2026_1669_external_link(file):
    """CVE-2026-1669: a link that opens another HDF5 file."""
    del file[KERNEL]
    file[KERNEL] = h5py.ExternalLink("/tmp/other.h5", "/x")


@hdf5("layers/dense")
def cve_2026_1669_external_link_in_place_of_a_group(file):
    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink("/tmp/other.h5", "/x")


@hdf5("layers/dense/vars/0")
def cve_2026_1669_external_storage(file):
    """CVE-2026-1669: a dataset whose values are the bytes of any file."""
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 4), "float32", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


@hdf5("layers/dense/vars/0")
def cve_2026_1669_virtual_dataset(file):
    """CVE-2026-1669: a dataset put together from other files."""
    layout = h5py.VirtualLayout((3, 4), "float32")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (3, 4))
    del file[KERNEL]
    file.create_virtual_dataset(KERNEL, layout)


@hdf5("elsewhere")
def external_link_beside_the_weights(file):
    file["elsewhere"] = h5py.ExternalLink("/tmp/other.h5", "/x")


@hdf5("layers/dense/vars/0")
def soft_link_that_leaves_the_tree(file):
    file["elsewhere"] = np.zeros((3, 4), np.float32)
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("/elsewhere")


@hdf5("layers/dense/vars/0")
def soft_link_upwards(file):
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("../../dense_1/vars/0")


@hdf5("layers/dense/vars/2")
def soft_link_to_nowhere(file):
    file["layers/dense/vars/2"] = h5py.SoftLink("/nowhere")


@hdf5("layers/dense/vars/2|layers/dense/vars/3")
def soft_links_in_a_circle(file):
    file["layers/dense/vars/2"] = h5py.SoftLink("/layers/dense/vars/3")
    file["layers/dense/vars/3"] = h5py.SoftLink("/layers/dense/vars/2")


@hdf5("layers/dense/vars/0")
def cve_2026_0897_shape_bomb(file):
    """CVE-2026-0897: a dataset that declares a terabyte and holds nothing."""
    del file[KERNEL]
    file.create_dataset(KERNEL, (2**20, 2**18), "float32")


@hostile(r"layers/dense/vars/0|model\.weights\.h5")
def cve_2026_0897_shape_bomb_that_the_configuration_agrees_with(path):
    setting("one", units=2**24)(path)
    change_weights(path, lambda file: (file.pop(KERNEL), file.create_dataset(KERNEL, (3, 2**24), "float32")))


@hdf5("layers/dense/vars/0")
def contiguous_dataset_without_values(file):
    """A few bytes that the file does not hold: HDF5 would make up zeros."""
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 4), "float32")


@hdf5("layers/dense/vars/0")
def chunked_shape_bomb_without_values(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, (2**20, 2**18), "float32", chunks=(4, 4))


@hdf5("layers/dense/vars/0")
def compressed_bomb(file):
    """A gzip chunk that grows a thousandfold."""
    del file[KERNEL]
    file.create_dataset(KERNEL, data=np.zeros((3, 2**22), np.float32), compression="gzip", chunks=(3, 2**22))


@hdf5("layers/dense/vars/0")
def compressed_weights_of_the_right_shape(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, data=np.zeros((3, 4), np.float32), compression="gzip")


@hdf5("layers/dense/vars/0")
def chunked_weights_of_the_right_shape(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, data=np.zeros((3, 4), np.float32), chunks=(3, 4), maxshape=(None, 4))


@hdf5("dense_2|weights of no layer")
def two_thousand_groups(file):
    for number in range(2, 2_000):
        file.create_group(f"layers/dense_{number}/vars/0")
    file["layers/dense_2/vars/1"] = np.zeros(1, np.float32)


@hostile(r"model\.weights\.h5")
def weights_file_cut(path):
    change_bytes(path, lambda data: data.__delitem__(slice(500, None)))


@hostile(r"model\.weights\.h5")
def weights_file_cut_by_its_last_byte(path):
    change_bytes(path, lambda data: data.pop())


@hostile(r"model\.weights\.h5")
def weights_file_empty(path):
    change_bytes(path, lambda data: data.clear())


@hostile(r"model\.weights\.h5")
def weights_file_of_another_format(path):
    change_bytes(path, lambda data: data.__setitem__(slice(None), b"PK\x03\x04" * 1000))


def trees(data):
    """Where the B-trees of the groups begin: signature, type, level, entries (2 bytes), left, right, key, child, ..."""
    return [found.start() for found in re.finditer(b"TREE", data)]


def tie_btree(data):
    """Make a B-tree its own child: the HDF5 library descends into it until the stack is full, and the process dies."""
    start = trees(data)[0]
    data[start + 5] = 1
    struct.pack_into("<Q", data, start + 32, start)


@hostile(r"model\.weights\.h5")
def btree_that_is_its_own_child(path):
    change_bytes(path, tie_btree)


def move_kernel(address):
    """A function that lets the kernel's values begin elsewhere in the file."""

    def change(data):
        with h5py.File(io.BytesIO(data), "r") as file:
            offset = file[KERNEL].id.get_offset()
        old, new = struct.pack("<QQ", offset, 48), struct.pack("<QQ", address, 48)
        assert data.count(old) == 1
        data[:] = data.replace(old, new)

    return lambda path: change_bytes(path, change)


for name, address in {"behind_the_end": 10**6, "at_the_end": 12550, "far_away": 2**62, "negative": 2**64 - 16}.items():
    HOSTILE[f"kernel_{name}"] = Kind("dense", r"model\.weights\.h5", move_kernel(address))


# What is damaged where a reader need not look


def btree_that_is_its_own_neighbour(path):
    """The HDF5 library goes round and round in it, at the latest when it visits all objects."""
    change_bytes(path, lambda data: struct.pack_into("<Q", data, trees(data)[0] + 16, trees(data)[0]))


def btrees_that_are_each_others_neighbours(path):
    def change(data):
        first, *_, last = trees(data)
        struct.pack_into("<Q", data, last + 16, first)
        struct.pack_into("<Q", data, first + 16, last)

    change_bytes(path, change)


def group_that_contains_itself(path):
    change_weights(path, lambda file: file.__setitem__("layers/dense/vars/2", file["layers"]))


DAMAGED = [
    btree_that_is_its_own_neighbour,
    btrees_that_are_each_others_neighbours,
    group_that_contains_itself,
]


# What is asserted


def assert_refused(verdict, *paths):
    """Refused with ModelFileError, which begins with the path, fast, in little memory; and nothing else is touched."""
    assert verdict.outcome == "refused", verdict
    assert verdict.message.startswith(tuple(map(str, paths)))
    assert len(verdict.message) < 2000
    assert verdict.events == []
    assert verdict.seconds < SECONDS
    assert verdict.mebibytes < MEBIBYTES


def test_sound_files_load(sound, loader):
    """What is spoiled above is sound before, for Keras and for forward."""
    for path in sound.values():
        assert keras.models.load_model(path).layers
        verdict = loader.load(path)
        assert (verdict.outcome, verdict.events) == ("loaded", []), verdict


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused(name, sound, loader, tmp_path):
    kind, path = HOSTILE[name], tmp_path / "model.keras"
    shutil.copy(sound[kind.base], path)
    before = path.read_bytes()
    kind.spoil(path)
    assert path.read_bytes() != before
    verdict = loader.load(path)
    assert_refused(verdict, path)
    assert re.search(kind.words, verdict.message.removeprefix(str(path))), verdict.message


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_in_unread_places_does_no_harm(damage, sound, loader, tmp_path):
    """Refused, or loaded with the right values; but no hang, no crash, no other error."""
    path, x = tmp_path / "model.keras", [[1.0, 2.0, 3.0]]
    shutil.copy(sound["dense"], path)
    damage(path)
    verdict = loader.load(path, x=x)
    if verdict.outcome != "loaded":
        assert_refused(verdict, path)
    else:
        expected = forward.load_model(sound["dense"]).predict(x)
        np.testing.assert_array_equal(forward.load_model(path).predict(x), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("base", "name"), [("dense", "two"), ("nested", "inner"), ("tokens", "backward_lstm")])
def test_weights_that_are_no_numbers_warn(base, name, value, sound, tmp_path):
    group = {
        "two": "layers/dense_1/vars/1",
        "inner": "layers/sequential/layers/dense/vars/1",
        "backward_lstm": "layers/bidirectional/backward_layer/cell/vars/2",
    }
    path = tmp_path / "model.keras"
    shutil.copy(sound[base], path)
    change_weights(path, lambda file: file[group[name]].__setitem__(1, value))
    with pytest.warns(UserWarning, match=f"{name}.*(NaN|inf)") as caught:
        forward.load_model(path)
    assert len(caught) == 1
    assert str(caught[0].message).startswith(f"{path}: ")
    assert caught[0].filename == __file__  # points at who loads


def test_sound_weights_do_not_warn(sound):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forward.load_model(sound["tokens"])


def test_foreign_objects_that_do_not_matter_are_never_looked_up(sound, loader, tmp_path):
    """What training alone needs is not read; Keras would call these functions."""
    path = tmp_path / "model.keras"
    shutil.copy(sound["dense"], path)
    setting("one", kernel_initializer=function("os", "system"), bias_regularizer=LAMBDA)(path)
    change_config(path, lambda config: config.update(compile_config={"optimizer": function("os", "system")}))
    verdict = loader.load(path)
    assert verdict.outcome in ("loaded", "refused")
    assert verdict.events == []


# A JSON file and a weights file


@pytest.fixture
def pair(sound, tmp_path):
    """The sound dense model as a JSON file and a weights file."""
    text, weights = tmp_path / "model.json", tmp_path / "model.weights.h5"
    with zipfile.ZipFile(sound["dense"]) as archive:
        text.write_bytes(archive.read("config.json"))
        weights.write_bytes(archive.read("model.weights.h5"))
    return text, weights


def test_pair_of_files_loads(pair, loader):
    verdict = loader.load(*pair)
    assert (verdict.outcome, verdict.events) == ("loaded", [])


def spoil_configuration(text, weights, change):
    config = json.loads(text.read_text())
    change(config)
    text.write_text(json.dumps(config))


def legacy_weights(text, weights):
    """What save_weights left in Keras 2: a group for each layer's name."""
    with h5py.File(weights, "w") as file:
        file.attrs["layer_names"] = [b"one", b"two"]
        file["one/one/kernel:0"] = np.zeros((3, 4), np.float32)


def external_link(text, weights):
    with h5py.File(weights, "r+") as file:
        del file[KERNEL]
        file[KERNEL] = h5py.ExternalLink("/tmp/other.h5", "/x")


def endless_btree(text, weights):
    data = bytearray(weights.read_bytes())
    tie_btree(data)
    weights.write_bytes(data)


PAIRS_OF_FILES = {
    "json_cut": lambda text, weights: text.write_text("{"),
    "json_nested": lambda text, weights: text.write_text("[" * 100_000),
    "json_is_a_zip": lambda text, weights: zipfile.ZipFile(text, "w").close(),
    "json_is_hdf5": lambda text, weights: text.write_bytes(weights.read_bytes()),
    "weights_are_json": lambda text, weights: weights.write_bytes(text.read_bytes()),
    "weights_are_empty": lambda text, weights: weights.write_bytes(b""),
    "weights_are_legacy": legacy_weights,
    "weights_link_elsewhere": external_link,
    "weights_crash_hdf5": endless_btree,
    "lambda": lambda text, weights: spoil_configuration(
        text, weights, lambda config: config["config"]["layers"].insert(1, LAMBDA)
    ),
}


@pytest.mark.parametrize("name", PAIRS_OF_FILES)
def test_hostile_pair_of_files_is_refused(name, pair, loader):
    PAIRS_OF_FILES[name](*pair)
    assert_refused(loader.load(*pair), *pair)


# Keras' advisories, and a watch that can see


ADVISORIES = ["2024_3660", "2025_1550", "2025_8747", "2025_9905", "2025_9906", "2025_12058", "2025_49655"]
ADVISORIES += ["2026_0897", "2026_1462", "2026_1669", "2026_12479"]


@pytest.mark.parametrize("advisory", ADVISORIES)
def test_every_advisory_has_its_file(advisory):
    assert any(f"cve_{advisory}_" in name for name in HOSTILE)


def test_keras_knows_the_lambda(sound, tmp_path):
    """The hostile Lambda is a real one: Keras sees through it, and refuses unless safe_mode is off."""
    path = tmp_path / "model.keras"
    shutil.copy(sound["dense"], path)
    replace_entry(path, "one", LAMBDA)
    with pytest.raises(ValueError, match="Lambda"):
        keras.models.load_model(path)


@pytest.mark.parametrize("number", [40, 200])
def test_graph_that_doubles_its_work_loads(number, sound, loader, tmp_path):
    """Each layer adds the one before to itself: 2 ** number paths lead through this sound graph."""
    path = tmp_path / "model.keras"
    shutil.copy(sound["graph"], path)
    doublings("Add", number)(path)
    verdict = loader.load(path, x=[[1.0, 2.0, 3.0]])
    assert verdict.outcome == "loaded", verdict
    assert verdict.seconds < SECONDS
