"""`python -m forward`, as one would call it in a shell."""

import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward.__main__ import main


@pytest.fixture
def numbers(twins, tmp_path, rng):
    twins(keras.Input((4,)), layers.Dense(3, activation="softmax", name="classes"))
    x = rng.normal(size=(5, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    return tmp_path / "model.keras", tmp_path / "x.npy", x


@pytest.fixture
def sentences(twins, tmp_path):
    words = layers.TextVectorization(output_sequence_length=4)
    words.adapt(["enak sekali tidak"])
    twins(keras.Input((), dtype="string"), words, layers.Embedding(5, 3), layers.LSTM(2, activation="softmax"))
    (tmp_path / "x.txt").write_text("enak sekali\ntidak enak\n", encoding="utf-8")
    return tmp_path / "model.keras", tmp_path / "x.txt"


def run(capsys, *arguments):
    status = main([str(each) for each in arguments])
    return status, *capsys.readouterr()


def test_summary(numbers, capsys):
    status, output, _ = run(capsys, "summary", numbers[0])
    assert status == 0
    assert output.strip() == forward.load_model(numbers[0]).summary()


def test_predict_writes_the_predictions(numbers, capsys, tmp_path):
    path, x_path, x = numbers
    status, output, _ = run(capsys, "predict", path, x_path, "--output", tmp_path / "y.npy", "--batch-size", 2)
    assert (status, output.strip()) == (0, f"{tmp_path / 'y.npy'}: (5, 3) float32")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), forward.load_model(path).predict(x), rtol=1e-6)


def test_predict_prints_the_predictions(numbers, capsys):
    path, x_path, x = numbers
    _, output, _ = run(capsys, "predict", path, x_path)
    found = np.array(output.replace("[", "").replace("]", "").split(), float).reshape(5, 3)
    np.testing.assert_allclose(found, forward.load_model(path).predict(x), atol=1e-6)


def test_predict_names_the_classes_of_texts(sentences, capsys):
    path, x_path = sentences
    status, output, _ = run(capsys, "predict", path, x_path, "--classes", "bad,good")
    y = forward.load_model(path).predict(["enak sekali", "tidak enak"])
    assert status == 0
    assert output.splitlines() == [f"{['bad', 'good'][row.argmax()]}\t{row.max():.4f}" for row in y]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "{model}", "none.npy"], "none.npy"),
        (["predict", "none.keras", "{x}"], "none.keras"),
        (["predict", "{model}", "{model}"], "expected a .npy or a .txt file"),
        (["predict", "{x}", "{x}"], "not a readable .keras file"),
        (["predict", "{model}", "{x}", "--batch-size", "0"], "batch_size must be a whole number"),
        (["predict", "{model}", "{x}", "--classes", "a,b"], "each of --classes ['a', 'b']"),
        (["predict", "{model}", "{x}", "--output", "{folder}/none/y.npy"], "none/y.npy"),
        (["summary", "none.keras"], "none.keras"),
    ],
)
def test_bad_files_are_told_in_one_line(arguments, words, numbers, capsys, tmp_path):
    names = {"{model}": numbers[0], "{x}": numbers[1], "{folder}/none/y.npy": tmp_path / "none" / "y.npy"}
    status, output, errors = run(capsys, *(names.get(each, each) for each in arguments))
    assert (status, output) == (2, "")
    assert errors.startswith("python -m forward: ")
    assert words in errors
    assert len(errors.splitlines()) == 1


def test_an_empty_file_is_told(numbers, capsys, tmp_path):
    (tmp_path / "empty.npy").touch()
    status, _, errors = run(capsys, "predict", numbers[0], tmp_path / "empty.npy")
    assert (status, len(errors.splitlines())) == (2, 1)


def test_a_text_is_a_line(sentences, capsys, tmp_path):
    """And only a line break ends one."""
    (tmp_path / "x.txt").write_text("enak\u2028sekali\ntidak\x0cenak\n\nenak", encoding="utf-8")
    _, output, _ = run(capsys, "predict", *sentences, "--classes", "bad,good")
    assert len(output.splitlines()) == 4


def test_arrays_of_objects_are_never_unpickled(numbers, capsys, tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    status, _, errors = run(capsys, "predict", numbers[0], tmp_path / "objects.npy")
    assert status == 2
    assert "Python objects in dtype" in errors


@pytest.mark.parametrize("arguments", [[], ["guess"], ["predict"], ["predict", "a", "b", "--batch-size", "x"]])
def test_bad_use(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m forward" in capsys.readouterr().err
