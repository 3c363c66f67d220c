"""`predict`: how it cuts the samples, and the ways that it takes."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from forward.model import model


def test_pieces_are_small_and_whole(many):
    ours, x = many
    pieces = ours.pieces([x], None)
    sizes = [piece.stop - piece.start for piece in pieces]
    assert 3 < len(pieces) < 30 and max(sizes) * 28 * 38 * 8 * 4 <= model.PIECE_BYTES and max(sizes) - min(sizes) <= 1
    assert [n for piece in pieces for n in range(piece.start, piece.stop)] == list(range(401))
    assert ours.pieces([x], 401) == pieces  # a larger batch_size does not take more memory
    assert max(piece.stop - piece.start for piece in ours.pieces([x], 7)) == 7


WIDE = {
    "gates": (keras.Input((200, 1)), lambda: [layers.LSTM(128), layers.Dense(3)], 200 * 4 * 128 / 32),
    "gates in two directions": (keras.Input((200, 1)), lambda: [layers.Bidirectional(layers.LSTM(64))], 200 * 256 / 32),
    "inside a model": (keras.Input((9,)), lambda: [keras.Sequential([layers.Dense(50_000), layers.Dense(2)])], 50_000),
    "inside each step": (
        keras.Input((40, 9)),
        lambda: [layers.TimeDistributed(keras.Sequential([layers.Dense(2_000), layers.Dense(2)]))], 80_000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WIDE)
def test_pieces_heed_what_is_wide_inside(kind, twins):
    entrance, make, numbers = WIDE[kind]
    _, ours = twins(entrance, *make())
    x = np.empty((20_000, *entrance.shape[1:]), np.float32)
    size = max(piece.stop - piece.start for piece in ours.pieces([x], None))
    assert model.PIECE_BYTES / 2 < size * numbers * 4 <= model.PIECE_BYTES


def test_pieces_of_steps_are_large_also_inside_a_model(twins):
    entrance = keras.Input((200, 1))
    pieces = []
    for layer in (layers.LSTM(128), keras.Sequential([keras.Sequential([layers.LSTM(128)])])):
        _, ours = twins(entrance, layer)
        pieces.append(ours.pieces([np.empty((5_000, 200, 1), np.float32)], None))
    assert pieces[0] == pieces[1]


def test_pieces_of_any_length(twins):
    _, ours = twins(keras.Input((None,), dtype="int32"), layers.Embedding(9, 16), layers.GlobalMaxPooling1D())
    for length in (10, 1000):
        piece = ours.pieces([np.zeros((100_000, length), np.int64)], None)[0]
        assert model.PIECE_BYTES / 2 < (piece.stop - piece.start) * length * 16 * 4 <= model.PIECE_BYTES


def test_a_file_is_read_piece_by_piece(many, tmp_path, monkeypatch):
    ours, x = many
    np.save(tmp_path / "x.npy", (x > 0).astype("uint8"))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(ours.check(mapped)[0], mapped)  # nothing is converted as a whole
    sizes, check = [], type(ours.entrances[0]).check
    monkeypatch.setattr(type(ours.entrances[0]), "check", lambda layer, x: sizes.append(len(x)) or check(layer, x))
    found = ours.predict(mapped)
    assert sum(sizes) == 401 and max(sizes) == 101
    np.testing.assert_array_equal(found, ours.predict(np.asarray(mapped)))


def test_texts_padded_to_the_longest_of_their_batch_stay_in_their_batch(twins):
    words = layers.TextVectorization()
    words.adapt(["enak sekali tidak"])
    stack = words, layers.Embedding(5, 4), layers.GlobalAveragePooling1D()
    inside = keras.Sequential([keras.Input((), dtype="string"), *stack])
    theirs, ours = twins(keras.Input((), dtype="string"), inside, layers.Dense(2000))
    x = np.array(["enak", "tidak enak", "enak sekali tidak", "sekali"] * 150, dtype=object)
    for size in (2, 256):
        np.testing.assert_allclose(ours.predict(x, size), theirs.predict(x, size, verbose=0), rtol=0, atol=1e-6)


def test_the_plain_ways_take_one_piece_after_the_other(many):
    ours, x = many
    with pytest.raises(ValueError, match="threads=2 needs the fast ways"):
        ours.predict(x, threads=2, fast=False)
    np.testing.assert_array_equal(ours.predict(x[:9], threads=1, fast=False), ours.forward(x[:9]))


BROKEN = """
import sys
sys.modules["forward.fast.winograd"] = None
import forward
"""


def test_a_broken_fast_way_is_no_missing_one():
    """It would only be slow, and nobody would know why."""
    run = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True)
    assert run.returncode == 1
    assert "forward.fast.winograd" in run.stderr


COPIED = {  # what the plain functions copy of a sample, in numbers
    "windows": ((30, 40, 3), lambda: [layers.Conv2D(8, 5)], 26 * 36 * 75),
    "windows of each channel": ((31, 6), lambda: [layers.DepthwiseConv1D(7)], 25 * 7 * 6),
    "inside a model": ((30, 40, 3), lambda: [keras.Sequential([layers.Conv2D(2, 5), layers.Flatten()])], 26 * 36 * 75),
    "inside each step": ((9, 12, 13, 3), lambda: [layers.TimeDistributed(layers.Conv2D(2, 5))], 9 * 8 * 9 * 75),
}


@pytest.mark.parametrize("kind", COPIED)
def test_pieces_heed_what_the_plain_functions_copy(kind, twins):
    shape, make, numbers = COPIED[kind]
    _, ours = twins(keras.Input(shape), *make())
    pieces = ours.pieces([np.empty((9_000, *shape), np.float32)], None, fast=False)
    size = max(piece.stop - piece.start for piece in pieces)
    assert model.PIECE_BYTES / 2 < size * numbers * 4 <= model.PIECE_BYTES
