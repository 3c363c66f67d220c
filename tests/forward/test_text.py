import keras
import numpy as np
import pytest
from keras import layers

import forward

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


@pytest.fixture
def words():
    layer = layers.TextVectorization(max_tokens=9, output_sequence_length=5, name="words")
    layer.adapt(TRAINING)
    return layer


def test_same_tokens_as_keras(words, twins):
    theirs, ours = twins(keras.Input((), dtype="string"), words)
    np.testing.assert_array_equal(ours.predict(TRICKY), np.asarray(theirs(np.array(TRICKY, dtype=object))))


def test_vocabulary_inside_the_configuration(twins):
    words = layers.TextVectorization(vocabulary=["enak", "kasar"], output_sequence_length=4)
    theirs, ours = twins(keras.Input((), dtype="string"), words)
    np.testing.assert_array_equal(ours.predict(TRICKY), np.asarray(theirs(np.array(TRICKY, dtype=object))))
    assert ours.predict(["kasar enak lain"]).tolist() == [[3, 2, 1, 0]]


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
    ],
)
def test_refuses(option, value, tmp_path):
    settings = {"output_sequence_length": None if option == "output_mode" else 5, option: value}
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
