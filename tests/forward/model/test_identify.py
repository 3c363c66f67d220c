"""Files that were taken for a model: each is told what it is, with a way out; Keras' own ways out are tried."""

import io
import json
import os
import pickle
import re
import shutil
import zipfile
import zlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import forward

from ..files import change_config


def difference(y, p):
    """A loss that Keras does not know: why an advice needs compile=False."""
    return keras.ops.mean(y - p)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """A folder with every kind of file that Keras writes of one model."""
    folder = tmp_path_factory.mktemp("kinds")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="one"), layers.Dense(2, name="two")])
    (folder / "name.json").write_text(model.to_json())
    model.compile("adam", difference)
    model.save(folder / "model.keras")
    model.save(folder / "legacy.h5")
    model.save_weights(folder / "name.weights.h5")
    shutil.copy(folder / "legacy.h5", folder / "renamed.keras")
    with h5py.File(folder / "legacy.h5") as source:  # as save_weights("plain.h5") of Keras 2 left them
        for name in ("plain.h5", "old.weights.h5"):
            with h5py.File(folder / name, "w") as target:
                target.attrs.update(source["model_weights"].attrs)
                for group in source["model_weights"].values():
                    source.copy(group, target)
    return folder


@pytest.fixture
def here(kinds, tmp_path, monkeypatch):
    """A copy of it, the current folder, so that advice can be followed to the letter."""
    shutil.copytree(kinds, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path, weights=None, error=forward.ModelFileError):
    with pytest.raises(error) as caught:
        forward.load_model(path, weights)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    return message


def assert_same(path):
    """What the advice led to is the model."""
    x = np.random.default_rng(3).normal(size=(5, 3)).astype(np.float32)
    expected = keras.models.load_model("model.keras", compile=False)(x)
    np.testing.assert_allclose(forward.load_model(path).predict(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["legacy.h5", "renamed.keras"])
def test_the_advice_for_a_legacy_model_works(name, here):
    message = refusal(name)
    if new := re.search(r"rename it to '(.*?)'", message):
        Path(name).rename(new[1])
    assert bool(new) == (name == "renamed.keras")
    eval(re.search(r"(keras\.models\.load_model\(.*?\)\.save\('(.*?)'\))", message)[1])
    assert_same(Path(name).with_suffix(".keras"))


@pytest.mark.parametrize("with_json", [False, True])
@pytest.mark.parametrize("name", ["plain.h5", "old.weights.h5"])
def test_the_advice_for_legacy_weights_works(name, with_json, here):
    message = refusal("name.json", name) if with_json else refusal(name)
    assert "weights alone, in the legacy HDF5 format" in message
    if new := re.search(r"rename it to '(.*?)'", message):
        Path(name).rename(new[1])
    assert bool(new) == (name == "old.weights.h5")
    model = keras.models.model_from_json(Path("name.json").read_text())
    eval(re.search(r"model\.load_weights\(.*?\)", message)[0])
    model.save("name.keras")
    assert_same("name.keras")


def test_the_advice_for_a_legacy_model_beside_json_works(here):
    message = refusal("name.json", "legacy.h5")
    eval(re.search(r"(keras\.models\.load_model\(.*?\)\.save\('(.*?)'\))", message)[1])
    assert_same("legacy.keras")


def test_weights_alone_and_json_alone_lead_to_each_other(here):
    assert "load_model('model.json', weights='name.weights.h5')" in refusal("name.weights.h5")
    assert "it is JSON" in (message := refusal("name.json"))
    assert "load_model('model.json', weights='name.weights.h5')" in message
    x = np.ones((2, 3), np.float32)
    found = forward.load_model("name.json", weights="name.weights.h5").predict(x)
    np.testing.assert_array_equal(found, forward.load_model("model.keras").predict(x))


def zip_of(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def array_file(save, *arrays):
    buffer = io.BytesIO()
    save(buffer, *arrays)
    return buffer.getvalue()


def hdf5_file():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["images"] = np.zeros((3, 2))
    return buffer.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0a" * 32 + b"\nsize 15131\n"
FILES = {  # how the file begins -> words of the message
    "empty": (b"", "empty.*again"),
    "git_lfs": (POINTER, "Git LFS pointer.*git lfs pull"),
    "html": (b"\n<!DOCTYPE html>\n<html><body>Not found</body></html>", "web page.*raw link"),
    "html_small": (b"<html lang='en'>", "web page"),
    "xml_of_a_store": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "web page"),
    "pickle": (pickle.dumps({"weights": [1.0]}), "pickle, which is never opened"),
    "npy": (array_file(np.save, np.zeros(3)), "numpy array"),
    "npz": (array_file(np.savez, np.zeros(3)), "numpy arrays"),
    "tflite": (b"\x1c\0\0\0TFL3\x14\0", "TensorFlow Lite"),
    "onnx": (b"\x08\x08\x12\x07tf2onnx\x1a\x06", "ONNX"),
    "onnx_without_a_producer": (b"\x08\x0a:\xc4\x01", "ONNX"),
    "saved_model_pb": (b"\x08\x01\x12\x8c\xf4\x02\n\x9b", "SavedModel.*Keras 2"),
    "safetensors": (b'\x40\0\0\0\0\0\0\0{"weight":{"dtype":"F32"}}', "weights alone, for another library"),
    "gguf": (b"GGUF\3\0\0\0", "weights alone, for another library"),
    "gzip": (b"\x1f\x8b\x08\0\0", "packed; unpack"),
    "tar": (b"model.keras".ljust(257, b"\0") + b"ustar\0", "packed; unpack"),
    "zlib": (zlib.compress(b"weights", 3), "packed; unpack"),
    "weights_in_shards": (b'{"metadata": {"total_size": 1}, "weight_map": {}}', "without max_shard_size"),
    "json_with_a_mark": (b'\xef\xbb\xbf {"class_name": "Sequential"}', "it is JSON"),
    "pytorch": (zip_of("archive/data.pkl", "archive/version"), "PyTorch"),
    "zipped_saved_model": (zip_of("m/saved_model.pb", "m/variables/variables.index"), "SavedModel.*Keras 2"),
    "zipped_again": (zip_of("best.keras", "notes.txt"), "load the .keras file in it: 'best.keras'"),
    "zipped_folder": (zip_of("best/config.json", "best/model.weights.h5"), "load the folder in it, unpacked"),
    "other_zip": (zip_of("a.txt"), r"config\.json is missing; save it again"),
    "hdf5_of_something_else": (hdf5_file(), "HDF5 file, but no model of Keras"),
    "text": (b"epoch,loss\n1,0.5\n", r"begins with b'epoch,loss.*save it again"),
}


@pytest.mark.parametrize("name", FILES)
def test_other_files_are_told_what_they_are(name, tmp_path):
    data, words = FILES[name]
    (tmp_path / "model.keras").write_bytes(data)
    assert re.search(words, refusal(tmp_path / "model.keras"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("keras_metadata.pb", "part of what TensorFlow saved; .*in Keras 2"),
        ("c-1.index", "part of a checkpoint of TensorFlow; in Keras 2"),
        ("c-1.data-00000-of-00001", "part of a checkpoint of TensorFlow; in Keras 2"),
        ("checkpoint", "part of a checkpoint of TensorFlow; in Keras 2"),
    ],
)
def test_files_of_tensorflow_that_only_their_names_tell(name, words, tmp_path):
    (tmp_path / name).write_bytes(b"\n\x03abc")
    assert re.search(words, refusal(tmp_path / name))


def test_a_download_that_was_cut_short(here):
    data = Path("model.keras").read_bytes()
    Path("model.keras").write_bytes(data[: len(data) // 2])
    assert "a zip that is damaged or cut short; copy or download it again" in refusal("model.keras")


@pytest.mark.parametrize(
    ("text", "weights", "words"),
    [
        ("model.keras", "name.weights.h5", "the first file is the JSON .* loaded without weights="),
        ("name.weights.h5", "name.json", "the first file is the JSON .* has weights alone"),
        ("name.json", "model.keras", "weights='model.keras': it is a zip; .* loaded without weights="),
        ("name.json", "name.json", "weights='name.json': it is JSON"),
        ("name.json", "pointer", "weights='pointer': .* git lfs pull"),
        ("pointer", "name.weights.h5", "the first file is the JSON .* git lfs pull"),
        ("folder", "name.weights.h5", "'folder' is a folder; with weights=, both are files"),
        ("name.json", "folder", "'folder' is a folder; with weights=, both are files"),
        ("twice.json", "name.weights.h5", "write model.to_json.* as it is, without json.dump"),
        ("name.json", "of_keras_2.h5", "weights alone, written by Keras 2; in Keras 2"),
    ],
)
def test_pairs_of_files_that_are_no_pair(text, weights, words, here):
    Path("pointer").write_bytes(POINTER)
    Path("folder").mkdir()
    Path("twice.json").write_text(json.dumps(Path("name.json").read_text()))
    with h5py.File("of_keras_2.h5", "w") as file:
        file["_layer_checkpoint_dependencies/one/vars/0"] = np.zeros((3, 4), np.float32)
    assert re.search(words, refusal(text, weights))


def test_json_that_a_shell_wrote_in_utf_16(here):
    Path("name.json").write_text(Path("name.json").read_text(), encoding="utf-16")
    assert forward.load_model("name.json", weights="name.weights.h5").predict(np.ones((2, 3))).shape == (2, 2)


def test_files_of_keras_2(here):
    """It wrote its version into metadata.json, and into JSON."""
    parts = {"metadata.json": '{"keras_version": "2.15.0", "date_saved": "2024-01-02@03:04:05"}'}
    with zipfile.ZipFile("model.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | parts
    with zipfile.ZipFile("model.keras", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    config = json.loads(Path("name.json").read_text())
    Path("name.json").write_text(json.dumps(config | {"keras_version": "2.4.0-tf", "backend": "tensorflow"}))
    message = refusal("model.keras")
    assert "it was written by Keras 2.15.0, and Keras 3 cannot read such a file either" in message
    assert "in Keras 2 (pip install tf-keras) tf_keras.models.load_model(path).save('name.h5')" in message
    assert "keras.models.load_model('name.h5', compile=False).save('name.keras')" in message
    for weights in ("name.weights.h5", "plain.h5"):
        assert "written by Keras 2.4.0-tf" in (message := refusal("name.json", weights))
        assert "model_from_json" in message


# Folders


def test_an_unpacked_file_loads(sound, tmp_path):
    """Its vocabulary, an asset, included."""
    with zipfile.ZipFile(sound["adapted_words"]) as archive:
        archive.extractall(tmp_path / "model")
    x = ["a b", "b c a b"]
    expected = forward.load_model(sound["adapted_words"]).predict(x)
    np.testing.assert_array_equal(forward.load_model(tmp_path / "model").predict(x), expected)
    (tmp_path / "model" / "metadata.json").unlink()
    np.testing.assert_array_equal(forward.load_model(tmp_path / "model").predict(x), expected)
    found = next(each for each in (tmp_path / "model").rglob("vocabulary.txt"))
    elsewhere = found.rename(tmp_path / "vocabulary.txt")
    found.symlink_to(elsewhere)
    assert "'vocabulary.txt' is a link that leads out of the folder" in refusal(tmp_path / "model")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], r"without config\.json; save it again"),
        (["config.json"], r"without model\.weights\.h5; save it again"),
        (["saved_model.pb", "keras_metadata.pb"], "SavedModel of TensorFlow; take the Keras model .* in Keras 2"),
        (["checkpoint", "w.index", "w.data-00000-of-00001"], "checkpoint of TensorFlow; in Keras 2"),
        (["best.keras"], "load the .keras file in it: 'best.keras'"),
    ],
)
def test_other_folders_are_told_what_they_are(names, words, tmp_path):
    for name in names:
        (tmp_path / name).write_bytes(b"{}")
    assert re.search(
        f"it is a folder {'.*' if names else ''}{words}|it is a folder without.*{words}", refusal(tmp_path)
    )


@pytest.mark.parametrize("path", [5, None, b"model.keras", io.BytesIO(b"PK"), ["model.keras"]], ids=type)
def test_what_is_no_path(path):
    with pytest.raises(TypeError, match=r"load_model takes the path of a \.keras file, not "):
        forward.load_model(path)


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/dev/zero"), os.mkfifo], ids=["device", "pipe"])
def test_what_might_never_end(make, kinds, tmp_path):
    make(path := tmp_path / "model")
    for given in ([path], [path, kinds / "name.weights.h5"], [kinds / "name.json", path]):
        with pytest.raises(forward.ModelFileError, match=rf"^{re.escape(str(path))}: it is no regular file, but a"):
            forward.load_model(*given)


def test_a_file_larger_than_memory(kinds, monkeypatch):
    def none_left(path):
        raise MemoryError

    monkeypatch.setattr(Path, "read_bytes", none_left)
    with pytest.raises(forward.ModelFileError, match=r"name\.json: it does not fit into memory$"):
        forward.load_model(kinds / "name.json", kinds / "name.weights.h5")


def test_weights_that_are_no_path(kinds):
    with pytest.raises(TypeError, match=r"takes the path of a \.keras file, not 0"):
        forward.load_model(kinds / "name.json", weights=0)


def test_a_keras_model_is_no_path(kinds):
    with pytest.raises(TypeError, match=r"not <.*save a Keras model with model\.save\('name\.keras'\)"):
        forward.load_model(keras.models.load_model(kinds / "model.keras", compile=False))


# What Keras wrote, and this package does not compute


@keras.saving.register_keras_serializable("mine")
class Registered(layers.Layer):
    def call(self, x):
        return 2 * x


class Nameless(layers.Layer):
    def call(self, x):
        return 2 * x

    def get_config(self):
        return {}


class NamelessOperation(keras.Operation):
    def call(self, x):
        return x + 1

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)

    def get_config(self):
        return {}


class Subclassed(keras.Model):
    def call(self, x):
        return 2 * x


def functional(*calls, shape=(4, 3)):
    start = x = keras.Input(shape)
    for call in calls:
        x = call(x)
    return keras.Model(start, x)


def subclassed():
    model = Subclassed()
    model(np.ones((2, 3)))
    return model


CUSTOM = "is not one of Keras' own, and the code of a custom class is not in the file"
UNSUPPORTED = {
    "registered_class": (lambda: functional(Registered(name="it")), rf"layer 'it' \(Registered\) {CUSTOM}"),
    "class_without_a_name": (lambda: functional(Nameless(name="it")), rf"layer 'it' \(Nameless\) {CUSTOM}"),
    "in_a_chain": (lambda: keras.Sequential([keras.Input((3,)), Nameless(name="it")]), f"Nameless {CUSTOM}"),
    "operation_without_a_name": (
        lambda: functional(NamelessOperation(name="it")),
        rf"layer 'it' \(NamelessOperation\) {CUSTOM}",
    ),
    "subclassed_model": (subclassed, rf"Subclassed\)? {CUSTOM}"),
    "operation_of_keras": (
        lambda: functional(lambda x: keras.ops.image.resize(x, (6, 6)), shape=(4, 3, 2)),
        r"the operation keras\.ops\.resize \('resize.*'\) is not supported",
    ),
    "layer_with_several_inputs": (
        lambda: functional(lambda x: layers.MultiHeadAttention(2, 3, name="it")(x, x)),
        r"layer 'it' \(MultiHeadAttention\) is not supported",
    ),
    "layer_in_a_model_inside": (
        lambda: functional(functional(lambda x: layers.Attention(name="it")([x, x]))),
        r"layer 'it' \(Attention\) is not supported",
    ),
    "group_in_capitals": (
        lambda: functional(layers.ConvLSTM2D(2, 3, name="it"), shape=(4, 5, 6, 2)),
        r"layer 'it' \(ConvLSTM2D\) is not supported",
    ),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_computed_is_named(name, tmp_path):
    make, words = UNSUPPORTED[name]
    make().save(tmp_path / "model.keras")
    assert re.search(words, refusal(tmp_path / "model.keras", error=forward.UnsupportedLayerError))


def test_the_dtype_policy_of_keras_3_4(kinds, tmp_path):
    shutil.copy(kinds / "model.keras", tmp_path)

    def rename(value):
        if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
            value["class_name"] = "FloatDTypePolicy"
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            rename(each)

    change_config(tmp_path / "model.keras", rename)
    x = np.ones((2, 3), np.float32)
    expected = forward.load_model(kinds / "model.keras").predict(x)
    np.testing.assert_array_equal(forward.load_model(tmp_path / "model.keras").predict(x), expected)
