import shutil
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

import forward

from ..files import change_entry, rewrite

TRAINING = ["Makanannya ENAK sekali!", "pelayannya kasar, lambat", "enak, enak... dan murah", "café Élan élan buka"]
TRICKY = [
    "makanannya enak sekali",
    "MAKANANNYA eNaK",
    "café CAFÉ Élan élan",  # only ASCII letters are lowered
    "enak\u00a0sekali enak\u2003sekali",  # other than ASCII whitespace does not split
    "  enak\tsekali\r\nkasar \x0b \x0c lambat  ",
    "e.n-a'k [enak] {sekali}~ #enak @enak",
    "tidak dikenal sama sekali",
    "",
    " ... ",
    "enak " * 20,
    "😀 enak 😀enak",
]


STANDARDIZE = [None, "lower", "strip_punctuation", "lower_and_strip_punctuation"]
MODES = ["multi_hot", "count", "tf_idf"]


@pytest.fixture
def words():
    layer = layers.TextVectorization(max_tokens=9, output_sequence_length=5, name="words")
    layer.adapt(TRAINING)
    return layer


@pytest.fixture
def assert_same_text(assert_same_model):
    """A function: options of TextVectorization -> the same for all texts at once, after it has read some."""

    def check(*layers_behind, adapt=True, **options):
        words = layers.TextVectorization(**options)
        if adapt:
            words.adapt(TRAINING)
        model = keras.Sequential([keras.Input((), dtype="string"), words, *layers_behind])
        assert_same_model(model, TRICKY, batch_size=len(TRICKY))

    return check


def test_same_tokens_as_keras(words, assert_same):
    assert_same(TRICKY, keras.Input((), dtype="string"), words)


def test_texts_in_a_column(words, assert_same_model):
    model = keras.Sequential([keras.Input((1,), dtype="string"), words])
    assert_same_model(model, np.array(TRICKY, dtype=object)[:, np.newaxis])


@pytest.mark.parametrize("ngrams", [None, 2, (1, 3)])
@pytest.mark.parametrize("split", ["whitespace", "character"])
@pytest.mark.parametrize("standardize", STANDARDIZE)
def test_int(standardize, split, ngrams, assert_same_text):
    """As many numbers as the longest text has tokens."""
    assert_same_text(standardize=standardize, split=split, ngrams=ngrams)


@pytest.mark.parametrize("output_sequence_length", [None, 1, 7, 40])
@pytest.mark.parametrize("max_tokens", [None, 6])
def test_int_of_any_length(max_tokens, output_sequence_length, assert_same_text):
    assert_same_text(max_tokens=max_tokens, output_sequence_length=output_sequence_length)


@pytest.mark.parametrize("ngrams", [None, 2, (1, 3)])
@pytest.mark.parametrize("split", ["whitespace", "character"])
@pytest.mark.parametrize("mode", MODES)
def test_counts(mode, split, ngrams, dtype, assert_same_text):
    assert_same_text(output_mode=mode, split=split, ngrams=ngrams)


@pytest.mark.parametrize("max_tokens", [6, 50])
@pytest.mark.parametrize("pad_to_max_tokens", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_pad_to_max_tokens(mode, pad_to_max_tokens, max_tokens, assert_same_text):
    """50 are more than there are."""
    assert_same_text(output_mode=mode, max_tokens=max_tokens, pad_to_max_tokens=pad_to_max_tokens)


@pytest.mark.parametrize("mode", MODES)
def test_counts_go_on_to_other_layers(mode, dtype, assert_same_text):
    assert_same_text(layers.Dense(3, activation="softmax"), output_mode=mode)


@pytest.mark.parametrize("pad_to_max_tokens", [True, False])
@pytest.mark.parametrize("mode", ["int", *MODES])
def test_given_vocabulary(mode, pad_to_max_tokens, assert_same_text):
    options = {"output_mode": mode, "vocabulary": ["enak", "kasar", "tidak dikenal"], "ngrams": 2, "max_tokens": 9}
    options |= {"pad_to_max_tokens": pad_to_max_tokens} if mode != "int" else {}
    options |= {"idf_weights": [0.5, 2.0, 3.0]} if mode == "tf_idf" else {}
    assert_same_text(adapt=False, **options)


def test_vocabulary_inside_the_configuration(twins):
    words = layers.TextVectorization(vocabulary=["enak", "kasar"], output_sequence_length=4)
    _, ours = twins(keras.Input((), dtype="string"), words)
    assert ours.predict(["kasar enak lain"]).tolist() == [[3, 2, 1, 0]]


@pytest.mark.parametrize("mode", ["int", "count"])
def test_words_that_hold_marks_which_python_takes_for_ends_of_lines(mode, assert_same):
    """Keras writes a word on each line. Only "\\n" ends one; else every later word would get another number."""
    texts = [f"makanannya enak sekali{mark}harga murah" for mark in "\u0085\u2028\u2029\x1c\x1d\x1e"]
    texts += ["enak sekali", "murah sekali", "harga"]
    words = layers.TextVectorization(output_mode=mode, **({"output_sequence_length": 4} if mode == "int" else {}))
    words.adapt([texts[0], *texts])
    assert_same(texts, keras.Input((), dtype="string"), words)


@pytest.mark.parametrize("mode", ["int", "count"])
@pytest.mark.parametrize("name", ["words", "adapted_words"])
def test_refuses_a_vocabulary_in_which_a_word_stands_twice(name, mode, sound, tmp_path):
    shutil.copy(sound[name], path := tmp_path / "model.keras")

    def change(entry):
        entry["config"]["output_mode"] = mode
        entry["config"]["vocabulary"] = entry["config"]["vocabulary"] and ["b", "a", "b"]

    change_entry(path, "words", change)
    if name == "adapted_words":
        with zipfile.ZipFile(path) as archive:
            asset = next(each for each in archive.namelist() if each.endswith("text_vectorization/vocabulary.txt"))
        rewrite(path, asset, lambda data: data + b"\nb")
    with pytest.raises(forward.ModelFileError, match=r"layer 'words' .*: the vocabulary has the word 'b' twice"):
        forward.load_model(path)


def test_refuses_a_vocabulary_with_the_word_of_padding(sound, tmp_path):
    shutil.copy(sound["words"], path := tmp_path / "model.keras")
    change_entry(path, "words", lambda entry: entry["config"].update(vocabulary=["a", "", "b"]))
    with pytest.raises(forward.ModelFileError, match="the vocabulary has the word '' twice"):
        forward.load_model(path)


def test_batches_of_different_lengths_are_refused(twins):
    words = layers.TextVectorization(vocabulary=["enak"])
    _, ours = twins(keras.Input((), dtype="string"), words)
    assert ours.predict(["enak", "a b"]).tolist() == [[2, 0], [1, 1]]
    with pytest.raises(ValueError, match="take a batch_size that holds all of x"):
        ours.predict(["enak", "a b"], batch_size=1)


def test_predicts_from_sentences(words, twins):
    theirs, ours = twins(
        keras.Input((), dtype="string"),
        words,
        layers.Embedding(9, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(3)),
        layers.Dense(2, activation="softmax"),
    )
    expected = np.asarray(theirs(np.array(TRICKY, dtype=object)))
    np.testing.assert_allclose(ours.predict(TRICKY), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(ours.predict(np.array(TRICKY)), ours.predict(TRICKY))
    np.testing.assert_array_equal(ours.predict(np.array(TRICKY)[:, np.newaxis]), ours.predict(TRICKY))


def test_plain_function():
    vocabulary = {b"": 0, b"[UNK]": 1, b"enak": 2}
    assert forward.text_vectorization(["Enak! enak?", "x"], vocabulary, 3).tolist() == [[2, 2, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("split", None),
        ("output_mode", "one_hot"),
        ("encoding", "latin-1"),
        ("ragged", True),
    ],
)
def test_refuses(option, value, tmp_path):
    settings = {"output_sequence_length": 5 if option in ("split", "encoding") else None, option: value}
    words = layers.TextVectorization(**settings, name="odd")
    words.adapt(TRAINING)
    keras.Sequential([keras.Input((), dtype="string"), words]).save(tmp_path / "model.keras")
    with pytest.raises(forward.UnsupportedLayerError, match=rf"layer 'odd' \(TextVectorization\): option {option}="):
        forward.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("texts", [[1, 2], [b"enak"], [None], "enak", [["enak", "kasar"]], [["a"], ["b", "c"]]])
def test_takes_strings_only(texts, words, twins):
    _, ours = twins(keras.Input((), dtype="string"), words)
    with pytest.raises(ValueError, match="takes string values"):
        ours.predict(texts)
