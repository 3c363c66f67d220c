"""`python -m forward`, as one would call it in a shell."""

import csv
import io
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

import forward
from forward import __main__ as command
from study.files import ROOT
from tests.conftest import scramble

RNG = np.random.default_rng(13)
X = RNG.normal(size=(5, 4)).astype(np.float32)
PIXELS = RNG.integers(0, 256, (7, 3, 2, 1), dtype=np.uint8)


def many(end):
    """Two inputs, or two outputs."""
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    both = [layers.Dense(3)(x), layers.Dense(2)(x)]
    return keras.Model([x, y], layers.Add()([x, y])) if end == "inputs" else keras.Model(x, both)


def images(*first, inner=False):
    """A network for 3 x 2 pixels that begins with some layers, perhaps in a model of their own."""
    first = [keras.Sequential([keras.Input((3, 2, 1)), *first], name="first")] if inner else first
    return keras.Sequential([keras.Input((3, 2, 1), name="pixels"), *first, layers.Flatten(), layers.Dense(3)])


def normalization(**axes):
    layer = layers.Normalization(name="standardize", **axes)
    layer.adapt(PIXELS / np.float32(255))
    return layer


def sentences(**options):
    words = layers.TextVectorization(output_sequence_length=6, vocabulary=["enak", "sekali", "tidak", "a"], **options)
    rest = [layers.Embedding(6, 3), layers.LSTM(2), layers.Softmax()]
    return keras.Sequential([keras.Input((), dtype="string"), words, *rest])


MODELS = {
    "numbers": lambda: keras.Sequential([keras.Input((4,), name="four"), layers.Dense(3, activation="softmax")]),
    "sentences": sentences,
    "characters": lambda: sentences(split="character", standardize=None),
    "tokens": lambda: keras.Sequential([keras.Input((4,), dtype="int32"), layers.Embedding(9, 3)]),
    "inputs": lambda: many("inputs"),
    "outputs": lambda: many("outputs"),
    "plain": images,
    "own": lambda: images(normalization()),
    "everywhere": lambda: images(normalization(axis=None)),
    "each": lambda: images(normalization(axis=(1, 2))),
    "inside": lambda: images(normalization(), inner=True),
    "rescaled": lambda: images(layers.Rescaling(1 / 255, -0.5), normalization()),
    "inverted": lambda: images(layers.Normalization(mean=9, variance=2, invert=True)),
    "only_rescaled": lambda: images(layers.Rescaling(1 / 255)),
    "loud": lambda: keras.Sequential([keras.Input((4,)), layers.Activation("exponential")]),
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """The model files by name, and inputs."""
    folder = tmp_path_factory.mktemp("models")
    found = {name: folder / f"{name}.keras" for name in MODELS}
    for name, build in MODELS.items():
        keras.utils.set_random_seed(1)
        model = build()
        scramble(model, RNG)
        model.save(found[name])
        if name == "numbers":
            (folder / "numbers.json").write_text(model.to_json())
            model.save_weights(folder / "numbers.weights.h5")
    found |= {"x": folder / "x.npy", "pixels": folder / "pixels.npy", "json": folder / "numbers.json", "folder": folder}
    np.save(found["x"], X)
    np.save(found["pixels"], PIXELS)
    return found


@pytest.fixture
def run(capsys):
    def call(*arguments):
        capsys.readouterr()
        status = command.main([str(each) for each in arguments])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def refused(run):
    """A function: arguments -> the one line that refuses them."""

    def call(*arguments):
        status, output, errors = run(*arguments)
        assert (status, output) == (2, "")
        assert errors.startswith("python -m forward: ")
        assert errors.endswith("\n")
        assert errors.count("\n") == 1
        return errors

    return call


def likeliest(y, names):
    return "".join(f"{names[row.argmax()]}\t{row.max():.4f}\n" for row in y)


def test_summary(paths, run):
    status, output, _ = run("summary", paths["numbers"])
    assert status == 0
    layers_, _, rest = output.partition("\n\n")
    assert layers_ == forward.load_model(paths["numbers"]).summary()
    assert rest.splitlines()[0] == "input 'four': float32 values, shape (samples, 4)"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain", ["(samples, 3, 2, 1)", "no Rescaling or Normalization inside: give values in the scale"]),
        ("inverted", ["no Rescaling or Normalization inside"]),
        ("own", ["layer 'standardize' (Normalization): adapted to values with mean {mean}, standard deviation {sd}"]),
        ("inside", ["layer 'standardize' (Normalization): adapted to values with mean {mean}, standard"]),
        ("rescaled", ["(Rescaling): x * 0.00392 + -0.5", "(Normalization): adapted"]),
        ("sentences", [": string values, shape (samples)"]),
        ("tokens", [": int32 values, shape (samples, 4)"]),
        ("inputs", ["input 'x': float32", "input 'y': float32"]),
    ],
)
def test_summary_says_what_the_input_must_be(name, words, paths, run):
    _, output, _ = run("summary", paths[name])
    scaled = PIXELS / 255
    for each in words:
        assert each.format(mean=f"{scaled.mean():.3g}", sd=f"{scaled.std():.3g}") in output
    assert ("no Rescaling" in output) == (name in ("plain", "inverted", "inputs"))
    assert ("adapted to" in output) == (name in ("own", "inside", "rescaled"))


def test_a_statistic_for_each_place_is_shown_as_its_range(paths, run):
    mean, sd = (f(PIXELS / 255, axis=(0, 3)) for f in (np.mean, np.std))
    _, output, _ = run("summary", paths["each"])
    assert f"mean {mean.min():.3g} to {mean.max():.3g}, standard deviation {sd.min():.3g} to {sd.max():.3g}" in output


def test_weights_of_a_json_model(paths, run):
    json_model = (paths["json"], "--weights", paths["folder"] / "numbers.weights.h5")
    assert run("predict", *json_model, paths["x"]) == run("predict", paths["numbers"], paths["x"])
    status, output, _ = run("summary", *json_model)
    assert (status, output) == run("summary", paths["numbers"])[:2]


def test_predict_prints_the_predictions(paths, run):
    _, output, _ = run("predict", paths["numbers"], paths["x"])
    found = np.array(output.replace("[", "").replace("]", "").split(), float).reshape(5, 3)
    np.testing.assert_allclose(found, forward.load_model(paths["numbers"]).predict(X), atol=1e-6)


@pytest.mark.parametrize("kind", ["npy", "csv", "json", "CSV"])
@pytest.mark.parametrize("names", [[], ["bad", "good", "no"]])
def test_predict_writes_by_the_name_of_the_output(kind, names, paths, run, tmp_path):
    file, classes = tmp_path / f"y.{kind}", ["--classes", " , ".join(names)] if names else []
    status, output, _ = run("predict", paths["numbers"], paths["x"], "--output", file, "--batch-size", 2, *classes)
    y = forward.load_model(paths["numbers"]).predict(X, batch_size=2)
    assert (status, output) == (0, likeliest(y, names) if names else f"{file}: (5, 3) float32\n")
    if kind == "npy":
        found = np.load(file)
    elif kind == "json":
        rows = json.loads(file.read_text())
        assert not names or [list(row) for row in rows] == [names] * 5
        found = [list(row.values()) for row in rows] if names else rows
    else:
        first, *rows = csv.reader(io.StringIO(file.read_text()))
        assert first == (names or ["0", "1", "2"])
        found = [list(map(float, row)) for row in rows]
    np.testing.assert_array_equal(np.asarray(found, np.float32), y)  # all digits, and no more
    assert kind == "npy" or len(file.read_text()) < 5 * 3 * 24 + 50
    assert os.listdir(tmp_path) == [file.name]


def test_an_axis_more_goes_into_json(paths, run, tmp_path):
    np.save(tmp_path / "x.npy", tokens := np.arange(8).reshape(2, 4))
    assert run("predict", paths["tokens"], tmp_path / "x.npy", "--output", tmp_path / "y.json")[0] == 0
    found = np.array(json.loads((tmp_path / "y.json").read_text()), np.float32)
    np.testing.assert_array_equal(found, forward.load_model(paths["tokens"]).predict(tokens))


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        ("enak sekali\ntidak enak\n", ["enak sekali", "tidak enak"]),
        ("\ufeffenak sekali\ntidak enak", ["enak sekali", "tidak enak"]),
        ("enak\r\ntidak\r\n", ["enak", "tidak"]),
        ("enak\rtidak\r", ["enak", "tidak"]),
        ("enak\n\n\n", ["enak", "", ""]),
        ("enak\u2028sekali\x0c\x85\x1ctidak\n\nenak", ["enak\u2028sekali\x0c\x85\x1ctidak", "", "enak"]),
    ],
)
@pytest.mark.parametrize("source", ["x.txt", "X.TXT", "-"])
def test_a_text_is_a_line(data, texts, source, paths, run, tmp_path, monkeypatch):
    """And only a line break ends one. Of characters, none is lost and none is added."""
    (tmp_path / source).write_bytes(data.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    source = "-" if source == "-" else tmp_path / source
    status, output, _ = run("predict", paths["characters"], source, "--classes", " bad ,\tgood ")
    assert (status, output) == (0, likeliest(forward.load_model(paths["characters"]).predict(texts), ["bad", "good"]))


@pytest.mark.parametrize("text", ["enak sekali", "enak", "tidak!", "enak. Sekali.", "a/b enak", "a\nenak", "- a"])
def test_one_text_as_an_argument(text, paths, run):
    status, output, _ = run("predict", paths["sentences"], text, "--classes", "bad,good")
    assert (status, output) == (0, likeliest(forward.load_model(paths["sentences"]).predict([text]), ["bad", "good"]))


def test_an_array_of_texts(paths, run, tmp_path):
    texts = ["enak sekali", "tidak"]
    np.save(tmp_path / "x.npy", np.array(texts))
    _, output, _ = run("predict", paths["sentences"], tmp_path / "x.npy", "--classes", "bad,good")
    assert output == likeliest(forward.load_model(paths["sentences"]).predict(texts), ["bad", "good"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{numbers}", "none.npy"], "none.npy"),
        (["none.keras", "{x}"], "none.keras"),
        (["{x}", "{x}"], "not a readable .keras file"),
        (["{folder}", "{x}"], "{folder}"),
        (["{numbers}", "{numbers}"], "numbers.keras: the model takes an array, float32 values, from a .npy file"),
        (["{numbers}", "-"], "takes an array, float32 values, from a .npy file"),
        (["{numbers}", "satu kalimat"], "satu kalimat: the model takes an array"),
        (["{tokens}", "x.txt"], "int32 values, from a .npy file"),
        (["{sentences}", "{numbers}"], "expected a .npy or a .txt file; - reads"),
        (["{sentences}", "/dev/null"], "/dev/null: expected a .npy or a .txt file"),
        (["{sentences}", "{folder}"], "expected a .npy or a .txt file"),
        (["{sentences}", "none.txt"], "none.txt"),
        (["{sentences}", "texts.tsv"], "texts.tsv: no such file"),
        (["{sentences}", "folder/texts"], "folder/texts: no such file"),
        (["{sentences}", ""], "INPUT: holds no text"),
        (["{sentences}", " "], "holds no text"),
        (["{sentences}", "{x}"], "takes string values of shape ('samples',), but got shape (5, 4)"),
        (["{sentences}", "enak", "--divide", "255"], "the model takes string values, which are not divided"),
        (["{numbers}", "{pixels}"], "pixels.npy: input 'four' takes float32 values of shape ('samples', 4), but got"),
        (["{tokens}", "{x}"], "x.npy: input"),
        (["{tokens}", "{x}", "--divide", "255"], "takes int32 values, which are not divided"),
        (["{numbers}", "{x}", "--divide", "1e-44"], "sample 0 of 0 to 4 holds NaN or infinite values (as float32)"),
        (["{numbers}", "{x}", "--batch-size", "0"], "--batch-size 0: must be at least 1"),
        (["{numbers}", "{x}", "--batch-size", "-3"], "--batch-size -3: must be at least 1"),
        (["{numbers}", "{x}", "--divide", "0"], "--divide 0.0: must be a number above 0"),
        (["{numbers}", "{x}", "--divide", "nan"], "--divide nan: must be"),
        (["{numbers}", "{x}", "--divide", "inf"], "--divide inf: must be"),
        (["{numbers}", "{x}", "--classes", "a,b"], "no column for each of --classes ['a', 'b']"),
        (["{tokens}", "{x}", "--classes", "a,b,c"], "no column for each"),
        (["{numbers}", "{x}", "--classes", "a,b, a"], "each class needs a name of its own"),
        (["{numbers}", "{x}", "--classes", "a,, b"], "each class needs a name of its own"),
        (["{numbers}", "{x}", "--classes", ""], "each class needs a name of its own"),
        (["{inputs}", "{x}"], "inputs.keras: has 2 inputs and 1 outputs"),
        (["{outputs}", "{x}"], "outputs.keras: has 1 inputs and 2 outputs"),
        (["{numbers}", "none.npy", "--output", "{folder}/none/y.npy"], "none/y.npy"),
        (["{numbers}", "none.npy", "--output", "{x}/y.npy"], "x.npy/y.npy"),
        (["{numbers}", "none.npy", "--output", "y.txt"], "y.txt: predictions are written to a file that ends in .npy"),
        (["{numbers}", "none.npy", "--output", "y"], "ends in .npy, .csv, .json"),
        (["{tokens}", "none.npy", "--output", "{folder}/y.csv"], "no row of a table; write .npy or .json"),
        (["{json}", "{x}", "--weights", "none.weights.h5"], "none.weights.h5"),
        (["{json}", "{x}"], "numbers.json: its weights are in another file: --weights FILE.weights.h5"),
        (["{numbers}", "{x}", "--weights", "{x}"], "numbers.keras: has its weights inside; leave --weights out"),
    ],
)
def test_bad_use_is_told_in_one_line(arguments, words, refused, paths):
    assert words.format(**paths) in refused("predict", *(each.format(**paths) for each in arguments))


def test_standard_input_may_be_closed(refused, paths, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert "-: standard input is closed" in refused("predict", paths["sentences"], "-")


def test_a_model_that_is_not_there(refused):
    assert "none.keras" in refused("summary", "none.keras")


def npz(path):
    with open(path, "wb") as file:
        np.savez(file, x=X)


def changed(change):
    """The bytes of a .npy file, changed."""

    def make(path):
        np.save(path, X)
        path.write_bytes(change(path.read_bytes()))

    return make


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("x.npy", lambda path: path.touch(), "is empty"),
        ("x.npy", lambda path: path.write_text("enak sekali\n"), "is no .npy file"),
        ("x.npy", lambda path: path.write_bytes(b"\x80\x04N."), "is no .npy file"),
        ("x.npy", npz, "is a .npz archive"),
        ("x.npy", changed(lambda data: data[:-1]), "is a damaged .npy file"),
        ("x.npy", changed(lambda data: data[:20]), "is a damaged .npy file"),
        ("x.npy", changed(lambda data: data[:7]), "is a damaged .npy file"),
        ("x.npy", changed(lambda data: data.replace(b"{", b"(")), "is a damaged .npy file"),
        ("x.npy", changed(lambda data: data[:8] + b"\xff\xff" + data[10:] + b" " * 2**16), "is a damaged .npy file"),
        ("x.npy", lambda path: np.save(path, np.array(["a", {}], object)), "holds Python objects"),
        ("x.npy", lambda path: np.save(path, np.float32(1)), "shape ()"),
        ("x.npy", lambda path: np.save(path, X[:0]), "holds no sample"),
        ("x.npy", lambda path: np.save(path, X.astype([("a", "f4")])), "but got [('a', '<f4')]"),
        ("x.npy", lambda path: np.save(path, X.astype(complex)), "but got complex128"),
        ("x.npy", lambda path: np.save(path, X.astype(str)), "but got <U"),
        ("x.npy", lambda path: path.mkdir(), "is no regular file"),
        ("x.npy", os.mkfifo, "is no regular file"),
        ("x.npy", lambda path: path.symlink_to(path), "x.npy"),
        ("x.txt", lambda path: path.touch(), "holds no text"),
        ("x.txt", lambda path: path.write_text("\ufeff"), "holds no text"),
        ("x.txt", lambda path: path.write_bytes(b"enak\ns\xe9kali"), "byte 6 is no UTF-8; save it as UTF-8"),
        ("x.txt", lambda path: path.write_text("enak", "utf-16"), "byte 0 is no UTF-8"),
        ("x.txt", lambda path: path.write_text("enak", "utf-16-le"), "holds NUL characters"),
        ("x.txt", lambda path: path.mkdir(), "is no regular file"),
        ("x.txt", lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
        ("x.txt", os.mkfifo, "is no regular file"),
    ],
)
def test_bad_inputs_are_told_by_name(name, make, words, refused, paths, tmp_path):
    make(tmp_path / name)
    errors = refused("predict", paths["numbers" if name == "x.npy" else "sentences"], tmp_path / name)
    assert words in errors
    assert str(tmp_path / name) in errors
    assert "pickle" not in errors


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_numbers_that_are_not_finite_do_not_go_in(bad, refused, paths, tmp_path):
    x = np.tile(X, (500, 1)).astype(np.float64)
    x[[2041, 2043], 3] = bad
    np.save(tmp_path / "x.npy", x)
    errors = refused("predict", paths["numbers"], tmp_path / "x.npy", "--divide", "1")
    assert f"{tmp_path / 'x.npy'}: sample 2041 of 0 to 2499 holds NaN or infinite values (as float32)" in errors


def test_nor_do_they_come_out(run, paths, tmp_path):
    np.save(tmp_path / "x.npy", np.float32([[0, 1, 2, 3], [4, 5, 6, 1000]]))
    (tmp_path / "y.npy").write_text("of before")
    status, output, errors = run("predict", paths["loud"], tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    assert (status, output) == (2, "")
    assert errors == f"python -m forward: {paths['loud']}: its prediction for sample 1 of 0 to 1 is not finite\n"
    assert (tmp_path / "y.npy").read_text() == "of before"


def test_weights_that_are_not_finite_are_told_in_a_line(paths, run, tmp_path):
    model = keras.models.load_model(paths["numbers"])
    model.layers[-1].set_weights([np.full((4, 3), np.nan), np.zeros(3)])
    model.save(tmp_path / "nan.keras")
    status, output, errors = run("summary", tmp_path / "nan.keras")
    assert status == 0 and "Dense" in output
    told = f"{tmp_path / 'nan.keras'}: the weights {model.layers[-1].name}/kernel hold NaN or infinite values"
    assert errors == f"python -m forward: warning: {told}\n"
    status, output, errors = run("predict", tmp_path / "nan.keras", paths["x"], "--classes", "a,b,c")
    assert (status, output) == (2, "")
    assert [line.split(": ")[1] for line in errors.splitlines()] == ["warning", str(tmp_path / "nan.keras")]


@pytest.mark.parametrize("name", ["own", "everywhere", "each", "inside"])
def test_images_in_another_scale_are_refused(name, refused, run, paths, tmp_path):
    errors = refused("predict", paths[name], paths["pixels"])
    assert "pixels.npy: layer 'standardize' (Normalization): adapted to values with mean" in errors
    assert "--divide 255 makes 0 to 1 of 0 to 255" in errors
    assert "pixels.npy: layer" in refused("predict", paths[name], paths["pixels"], "--divide", "2")
    scaled = PIXELS / np.float32(255)
    np.save(tmp_path / "scaled.npy", scaled)
    expected = run("predict", paths[name], tmp_path / "scaled.npy")
    assert expected[::2] == (0, "")
    assert run("predict", paths[name], paths["pixels"], "--divide", 255) == expected
    run("predict", paths[name], paths["pixels"], "--divide", 255, "--output", tmp_path / "y.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), forward.load_model(paths[name]).predict(scaled))
    assert run("predict", paths[name], paths["pixels"], "--divide", 1)[0] == 0


@pytest.mark.parametrize(
    ("name", "warned"), [("plain", True), ("rescaled", False), ("only_rescaled", False), ("inverted", False)]
)
def test_a_network_that_says_nothing_of_its_scale(name, warned, run, paths):
    status, _, errors = run("predict", paths[name], paths["pixels"])
    assert status == 0
    assert errors.startswith("python -m forward: warning: values of 0 to 255 go into the network as") == warned
    assert errors.count("\n") == warned
    for divisor in (1, 255):
        assert run("predict", paths[name], paths["pixels"], "--divide", divisor)[::2] == (0, "")


def test_a_constant_feature_does_not_count(run, tmp_path):
    """A feature that never changed has a deviation of 0, so any other value is infinitely far."""
    standardize = layers.Normalization()
    standardize.adapt(np.concatenate([X, np.ones((5, 1))], axis=1))
    keras.Sequential([keras.Input((5,)), standardize]).save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", np.concatenate([X, np.full((5, 1), 2)], axis=1))
    assert run("predict", tmp_path / "model.keras", tmp_path / "x.npy")[0] == 0


@pytest.mark.parametrize("kind", [".npy", ".csv", ".json"])
def test_an_error_leaves_the_file_as_it_was(kind, refused, paths, tmp_path, monkeypatch):
    (tmp_path / f"y{kind}").write_text("of before")

    def full(file, *_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command, "write", full)
    errors = refused("predict", paths["numbers"], paths["x"], "--output", tmp_path / f"y{kind}")
    assert f"No space left on device: '{tmp_path / 'y'}{kind}'" in errors
    assert (tmp_path / f"y{kind}").read_text() == "of before"
    assert os.listdir(tmp_path) == [f"y{kind}"]


def test_a_folder_is_no_output_and_a_link_stays_one(refused, run, paths, tmp_path):
    (tmp_path / "folder.npy").mkdir()
    assert "Is a directory" in refused("predict", paths["numbers"], "none.npy", "--output", tmp_path / "folder.npy")
    (tmp_path / "link.npy").symlink_to(tmp_path / "y.npy")
    assert run("predict", paths["numbers"], paths["x"], "--output", tmp_path / "link.npy")[0] == 0
    assert (tmp_path / "link.npy").is_symlink()
    assert np.load(tmp_path / "y.npy").shape == (5, 3)


@pytest.mark.parametrize(
    ("raised", "status", "words"), [(KeyboardInterrupt, 130, ""), (MemoryError, 2, "out of memory")]
)
def test_what_stops_it(raised, status, words, run, paths, tmp_path, monkeypatch):
    def stop(*_):
        raise raised

    monkeypatch.setattr(command.Model, "predict", stop)
    found = run("predict", paths["numbers"], paths["x"], "--output", tmp_path / "y.npy")
    assert found == (status, "", words and f"python -m forward: {words}\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("device", "status", "words"), [("pipe", 141, b""), ("/dev/full", 2, b"No space left on device")]
)
def test_nobody_reads_the_output(device, status, words, paths):
    if device == "pipe":
        end, output = os.pipe()
        os.close(end)
    else:
        output = os.open(device, os.O_WRONLY)
    arguments = [sys.executable, "-m", "forward", "summary", paths["numbers"]]
    done = subprocess.run(arguments, cwd=ROOT, stdout=output, stderr=subprocess.PIPE)
    os.close(output)
    assert done.returncode == status
    assert words in done.stderr
    assert done.stderr.count(b"\n") == bool(words)


@pytest.mark.parametrize("arguments", [[], ["guess"], ["predict"], ["predict", "a", "b", "--batch-size", "x"]])
def test_bad_use(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m forward" in capsys.readouterr().err
