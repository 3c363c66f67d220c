import shutil
import struct
import tracemalloc
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import forward

from .files import change_config, change_weights, layer, rewrite


@pytest.fixture
def saved(tmp_path):
    """A sound model file: two Dense layers of the same class, so that their groups must be told apart."""
    path = tmp_path / "model.keras"
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="one"), layers.Dense(2, name="two")])
    model.save(path)
    return path


def assert_refused(path, error, words):
    with pytest.raises(error, match=words) as caught:
        forward.load_model(path)
    assert str(path) in str(caught.value)  # names the file


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        forward.load_model(tmp_path / "none.keras")


def test_not_a_zip(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"hello")
    assert_refused(tmp_path / "model.keras", forward.ModelFileError, "not a readable .keras file")


def test_truncated(saved):
    saved.write_bytes(saved.read_bytes()[:-200])
    assert_refused(saved, forward.ModelFileError, "not a readable .keras file")


def test_bit_rot(saved):
    data = bytearray(saved.read_bytes())
    data[data.index(b"Sequential")] ^= 1
    saved.write_bytes(data)
    assert_refused(saved, forward.ModelFileError, "Bad CRC-32")


@pytest.mark.parametrize(("offset", "value"), [(4, 84), (6, 1)])
def test_damaged_zip_header(saved, offset, value):
    """Version and encryption flag of the first entry, in the directory at the file's end."""
    data = bytearray(saved.read_bytes())
    data[data.index(b"PK\x01\x02") + offset + 2] = value
    saved.write_bytes(data)
    assert_refused(saved, forward.ModelFileError, "not a readable .keras file")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_keras_does_not_use(saved, method):
    """zipfile unpacks these without a bound, whatever size is declared."""
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("extra.txt", "x" * 1000, method)
    assert_refused(saved, forward.ModelFileError, "compressed in a way that Keras does not use")


def test_deflated_files_are_read(saved, rng):
    """Someone may have zipped the file again."""
    x = rng.normal(size=(5, 3)).astype(np.float32)
    expected = forward.load_model(saved).predict(x)
    with zipfile.ZipFile(saved) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    np.testing.assert_array_equal(forward.load_model(saved).predict(x), expected)


def test_a_small_declared_size_bounds_what_is_unpacked(saved):
    with zipfile.ZipFile(saved, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("extra.txt", bytes(300 * 2**20))
        packed = archive.getinfo("extra.txt").compress_size
    data = saved.read_bytes()
    saved.write_bytes(data.replace(struct.pack("<LL", packed, 300 * 2**20), struct.pack("<LL", packed, 1024)))
    tracemalloc.start()
    assert_refused(saved, forward.ModelFileError, "Bad CRC-32 for file 'extra.txt'")
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()


def test_root_that_is_no_model(saved):
    change_config(saved, lambda config: [config.update(layer(config, 1).copy()), config.pop("compile_config", None)])
    assert_refused(saved, forward.ModelFileError, "'Dense' is no model")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("part", ["config.json", "model.weights.h5"])
def test_part_that_is_there_twice(saved, part):
    """Which of the two is read would be left to chance: a scanner may see the other one."""
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr(part, archive.read(part))
    assert_refused(saved, forward.ModelFileError, "is there twice")


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5"])
def test_missing_part(saved, part):
    rewrite(saved, part, lambda data: None)
    assert_refused(saved, forward.ModelFileError, f"{part} is missing")


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"class_name": "Sequential"}', "[" * 100_000])
def test_broken_config(saved, text):
    rewrite(saved, "config.json", lambda data: text)
    assert_refused(saved, forward.ModelFileError, r"config\.json")


def test_broken_weights(saved):
    rewrite(saved, "model.weights.h5", lambda data: data[:500])
    assert_refused(saved, forward.ModelFileError, r"model\.weights\.h5: ")


def test_weights_of_another_shape(saved):
    def change(file):
        del file["layers/dense_1/vars/0"]
        file["layers/dense_1/vars/0"] = np.zeros((4, 3), np.float32)

    change_weights(saved, change)
    assert_refused(saved, forward.ModelFileError, r"layer 'two' \(Dense\): kernel is float32 of shape \(4, 3\)")


def test_weights_of_another_type(saved):
    def change(file):
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = np.zeros(4, np.int32)

    change_weights(saved, change)
    assert_refused(saved, forward.ModelFileError, r"layer 'one' \(Dense\): bias is int32")


def test_missing_weights(saved):
    change_weights(saved, lambda file: file["layers/dense/vars"].pop("1"))
    assert_refused(saved, forward.ModelFileError, r"layer 'one' \(Dense\) needs the weights kernel, bias \(2\)")


def test_weights_of_no_layer(saved):
    change_weights(saved, lambda file: file.create_dataset("layers/dense_2/vars/0", data=np.zeros(3)))
    assert_refused(saved, forward.ModelFileError, "weights of no layer")


def test_missing_setting(saved):
    change_config(saved, lambda config: layer(config, 1)["config"].pop("use_bias"))
    assert_refused(saved, forward.ModelFileError, r"layer 'one' \(Dense\): the configuration lacks use_bias")


def test_unknown_setting(saved):
    change_config(saved, lambda config: layer(config, 1)["config"].update(temperature=2))
    assert_refused(saved, forward.UnsupportedLayerError, r"layer 'one' \(Dense\): option temperature=2 is not known")


@pytest.mark.parametrize("units", [0, -4, 2.5, "4", True, None])
def test_impossible_size(saved, units):
    change_config(saved, lambda config: layer(config, 1)["config"].update(units=units))
    assert_refused(saved, forward.ModelFileError, r"layer 'one' \(Dense\): option units=")


def test_unsupported_layer(tmp_path):
    keras.Sequential([keras.Input((3,)), layers.GroupNormalization(1, name="odd")]).save(tmp_path / "model.keras")
    assert_refused(tmp_path / "model.keras", forward.UnsupportedLayerError, r"layer 'odd' \(GroupNormalization\)")


def test_layer_that_is_not_of_keras(saved):
    change_config(saved, lambda config: layer(config, 1).update(module="elsewhere", registered_name="my>Dense"))
    assert_refused(saved, forward.UnsupportedLayerError, r"layer 'one' \(Dense\) is not one of Keras' own")


def test_vocabulary_is_never_read_from_elsewhere(tmp_path):
    words = layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3, name="words")
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((), dtype="string"), words]).save(path)
    elsewhere = tmp_path / "words.txt"
    elsewhere.write_text("secret")
    change_config(path, lambda config: layer(config, 1)["config"].update(vocabulary=str(elsewhere)))
    assert_refused(path, forward.ModelFileError, "layer 'words' .*the vocabulary must be a list of strings")


def test_weights_are_never_read_from_elsewhere(saved, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(range(48)))

    def change(file):
        del file["layers/dense/vars/0"]
        external = [(str(tmp_path / "secret"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("layers/dense/vars/0", (3, 4), "float32", external=external)

    change_weights(saved, change)
    assert_refused(saved, forward.ModelFileError, r"layers/dense/vars/0 .* other files")


def test_virtual_weights(saved, tmp_path):
    def change(file):
        del file["layers/dense/vars/0"]
        layout = h5py.VirtualLayout((3, 4), "float32")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (3, 4))
        file.create_virtual_dataset("layers/dense/vars/0", layout)

    change_weights(saved, change)
    assert_refused(saved, forward.ModelFileError, r"layers/dense/vars/0 .* other files")


def test_groups_are_numbered_by_class(saved, rng):
    """dense is layer one and dense_1 layer two, whatever their names."""
    theirs = keras.models.load_model(saved)
    x = rng.normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(forward.load_model(saved).predict(x), theirs(x), rtol=1e-5, atol=1e-6)


def test_file_may_move(saved, tmp_path, rng):
    x = rng.normal(size=(5, 3))
    model = forward.load_model(saved)
    shutil.move(saved, tmp_path / "moved.keras")
    assert model.predict(x).shape == (5, 2)
