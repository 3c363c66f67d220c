import inspect
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
from forward.model import archive, limits

from ..files import change_config, change_weights, layer, rewrite


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
    keras.Sequential([keras.Input((3,)), layers.UnitNormalization(name="odd")]).save(tmp_path / "model.keras")
    assert_refused(tmp_path / "model.keras", forward.UnsupportedLayerError, r"layer 'odd' \(UnitNormalization\)")


def test_layer_that_is_not_of_keras(saved):
    change_config(saved, lambda config: layer(config, 1).update(module="elsewhere", registered_name="my>Dense"))
    assert_refused(saved, forward.UnsupportedLayerError, r"layer 'one' \(Dense\) is not one of Keras' own")


def test_layer_of_a_module_of_keras_without_layers(saved):
    change_config(saved, lambda config: layer(config, 1).update(module="keras.utils"))
    words = r"layer 'one' \(Dense\) is not supported \(module keras\.utils, registered as None\)"
    assert_refused(saved, forward.UnsupportedLayerError, words)


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


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5", "metadata.json"])
def test_an_unpacked_file_is_never_read_from_elsewhere(part, saved, tmp_path):
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(saved) as archive:
        archive.extractall(folder)
    forward.load_model(folder)
    (folder / part).rename(tmp_path / "elsewhere")
    (folder / part).symlink_to(tmp_path / "elsewhere")
    assert_refused(folder, forward.ModelFileError, f"'{part}' is a link that leads out of the folder")


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


def test_groups_are_named_as_keras_names_them():
    from keras.src.utils.naming import to_snake_case

    names = [name for name, each in inspect.getmembers(layers, inspect.isclass) if issubclass(each, layers.Layer)]
    assert len(names) > 100
    assert {name: archive.snake_case(name) for name in names} == {name: to_snake_case(name) for name in names}


@pytest.mark.parametrize("name", ["a..b", "..a", "a b.", "é", "a:0"])
def test_names_that_keras_allows(name, tmp_path):
    """They are keys, and lead to no file."""
    keras.Sequential([keras.Input((3,)), layers.Dense(4, name=name)]).save(tmp_path / "model.keras")
    model = forward.load_model(tmp_path / "model.keras")
    assert list(model.activations(np.ones((2, 3)))) == [name]
    assert name in model.summary()


# The limit of config.json


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setattr(limits, "CONFIG_BYTES", 4000)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("rows", [7, 900])
def test_an_embedding_that_began_with_given_vectors(rows, as_json, small_limit, tmp_path, rng):
    """Keras writes the vectors into config.json as text, five times as long as the weights."""
    start = keras.initializers.Constant(rng.normal(size=(rows, 5)).astype(np.float32))
    table = layers.Embedding(rows, 5, embeddings_initializer=start, name='"_initializer": {')
    model = keras.Sequential([keras.Input((3,), dtype="int32"), table, layers.LSTM(4), layers.Dense(2)])
    paths = [tmp_path / "model.json", tmp_path / "model.weights.h5"] if as_json else [tmp_path / "model.keras"]
    if as_json:
        paths[0].write_text(model.to_json(indent=1))
        model.save_weights(paths[1])
    else:
        model.save(paths[0])
    x = rng.integers(0, rows, (6, 3))
    np.testing.assert_allclose(forward.load_model(*paths).predict(x), model(x), rtol=1e-5, atol=1e-6)


def test_a_large_table_takes_no_memory_as_text(tmp_path, rng):
    values = rng.normal(size=(30_000, 8)).astype(np.float32)
    table = layers.Embedding(*values.shape, embeddings_initializer=keras.initializers.Constant(values))
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((3,), dtype="int32"), table]).save(path)
    with zipfile.ZipFile(path) as zipped:
        assert zipped.getinfo("config.json").file_size > 2 * limits.CONFIG_BYTES
    tracemalloc.start()
    model = forward.load_model(path)
    assert tracemalloc.get_traced_memory()[1] < 3 * path.stat().st_size
    tracemalloc.stop()
    np.testing.assert_array_equal(model.predict([[1, 2, 3]]), [values[1:4]])


def vocabulary_model(vectorize, words, width):
    return keras.Sequential([keras.Input((), dtype="string"), vectorize, layers.Embedding(words + 2, width)])


def test_a_vocabulary_has_a_way_out_of_the_limit(small_limit, tmp_path):
    words = [f"word{number}" for number in range(1000)]
    given = layers.TextVectorization(vocabulary=words, output_sequence_length=3)
    vocabulary_model(given, len(words), 2).save(tmp_path / "given.keras")
    assert_refused(tmp_path / "given.keras", forward.ModelFileError, r"too large.*layer\.set_vocabulary\(words\)")
    vocabulary_model(given, len(words), 16).save(tmp_path / "wide.keras")  # the more weights, the more words
    later = layers.TextVectorization(output_sequence_length=3)
    later.set_vocabulary(words)
    vocabulary_model(later, len(words), 2).save(tmp_path / "set.keras")
    texts = ["word7 word999 other", "word0"]
    for name, width in {"wide": 16, "set": 2}.items():
        assert forward.load_model(tmp_path / f"{name}.keras").predict(texts).shape == (2, 3, width)
