"""The fast ways give what the plain ones give: Winograd, pools on the way, joined layers, packed steps, threads."""

import threading
from itertools import product

import keras
import numpy as np
import pytest
import threadpoolctl
from keras import layers

import forward
from forward import threads
from forward.activations import sigmoid
from forward.model import convolution, fusion, graph
from forward.model.recurrent import gate_sigmoid, pack

from . import naive

TOLERANCE = {"float32": 2e-5, "float64": 1e-13}


def valid(x, kernel):
    """The naive convolution without padding."""
    shape = x.shape[1] - kernel.shape[0] + 1, x.shape[2] - kernel.shape[1] + 1
    return naive.conv2d(x, kernel, np.zeros(kernel.shape[-1]), (1, 1), (shape, (0, 0)))


def pooled(y, p, q):
    """The largest value of each pool of p x q, one by one."""
    shape = len(y), y.shape[1] // p, y.shape[2] // q, y.shape[3]
    result = np.empty(shape)
    for b, i, j, f in np.ndindex(*shape):
        result[b, i, j, f] = y[b, i * p : (i + 1) * p, j * q : (j + 1) * q, f].max()
    return result


@pytest.mark.parametrize("compute", [convolution.winograd, convolution.im2col])
@pytest.mark.parametrize("pool", [(1, 1), (2, 2), (4, 2), (1, 4)])
@pytest.mark.parametrize("size", [(6, 7), (7, 10), (9, 6), (10, 11), (8, 12)])
def test_convolution_and_its_pools(compute, pool, size, dtype, rng):
    x, kernel = rng.normal(size=(2, *size, 3)).astype(dtype), rng.normal(size=(3, 3, 3, 5)).astype(dtype)
    found, expected = compute(x, kernel, pool), pooled(valid(x, kernel), *pool)
    assert found.dtype == dtype and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE[dtype] * np.abs(expected).max())


def test_pools_of_any_size_in_windows_of_any_kind(rng):
    x, kernel, bias = rng.normal(size=(2, 13, 17, 3)), rng.normal(size=(2, 3, 3, 4)), rng.normal(size=4)
    window = {"strides": (2, 1), "padding": "same"}
    found = forward.conv(x, kernel, bias, pool=(2, 3), **window)
    np.testing.assert_allclose(found, pooled(forward.conv(x, kernel, bias, **window), 2, 3), rtol=1e-12)
    steps, line = rng.normal(size=(2, 11, 6)), rng.normal(size=(3, 2, 6))
    found = forward.conv(steps, line, groups=3, pool=3)
    np.testing.assert_allclose(found, forward.max_pool(forward.conv(steps, line, groups=3), 3), rtol=1e-12)


def test_a_pool_must_fit(rng):
    with pytest.raises(ValueError, match=r"a window of \[3, 3\] does not fit into \[2, 4\]"):
        forward.conv(rng.normal(size=(1, 4, 6, 3)), rng.normal(size=(3, 3, 3, 2)), pool=3)


def test_winograd_where_it_pays(rng, monkeypatch):
    x, kernel = rng.normal(size=(20, 10, 10, 48)), rng.normal(size=(3, 3, 48, 40))
    assert convolution.winograd_pays(x, kernel)
    assert not convolution.winograd_pays(x, kernel, strides=2)
    assert not convolution.winograd_pays(x, kernel, dilation_rate=2)
    assert not convolution.winograd_pays(x, kernel, pool=3)
    assert not convolution.winograd_pays(x, kernel[:2])
    assert not convolution.winograd_pays(x[..., :3], kernel[:, :, :3])  # too few channels
    assert not convolution.winograd_pays(x[:1, :6, :6], kernel)  # its kernel is not worth transforming
    ways = []
    for way in (convolution.winograd, convolution.im2col):
        monkeypatch.setattr(
            convolution, way.__name__, lambda *a, way=way, **b: ways.append(way.__name__) or way(*a, **b)
        )
    bias = rng.normal(size=40)
    found = forward.conv(x, kernel, bias)
    monkeypatch.setattr(convolution, "winograd_pays", lambda *_, **__: False)
    np.testing.assert_allclose(found, forward.conv(x, kernel, bias), rtol=0, atol=1e-12)
    assert ways == ["winograd", "im2col"]


def test_winograd_rounds_hardly_more_than_the_product(rng):
    x, kernel = rng.uniform(0, 1, (8, 18, 18, 64)), rng.normal(size=(3, 3, 64, 32))
    true = convolution.im2col(x, kernel)
    small = x.astype("float32"), kernel.astype("float32")
    one, other = (np.std(way(*small) - true) for way in (convolution.winograd, convolution.im2col))
    assert 0 < one < 4 * other
    np.testing.assert_allclose(convolution.winograd(*small), true, rtol=0, atol=2e-6 * np.abs(true).max())


def test_winograd_a_few_images_at_a_time(rng, monkeypatch):
    x, kernel = rng.normal(size=(7, 9, 7, 3)), rng.normal(size=(3, 3, 3, 4))
    whole = convolution.winograd(x, kernel)
    monkeypatch.setattr(convolution, "BLOCK_BYTES", 2 * 2 * 2 * 36 * 7 * 8)  # two images at a time
    np.testing.assert_allclose(convolution.winograd(x, kernel), whole, rtol=1e-12)


def joined(model):
    return [type(call.layer) for call in model.plan if call.layer]


@pytest.mark.parametrize("activation", ["linear", "relu", "relu6"])
def test_convolution_joined_to_its_pooling(activation, twins, rng):
    theirs, ours = twins(
        keras.Input((18, 14, 3)), layers.Conv2D(32, 3, padding="same", activation=activation), layers.MaxPooling2D(2),
        layers.Conv2D(40, 3, activation=activation), layers.MaxPooling2D((2, 1)),
    )  # fmt: skip
    assert joined(ours) == [fusion.PooledConvolution] * 2
    x = rng.normal(size=(21, 18, 14, 3)).astype("float32")
    expected = np.asarray(theirs(x))
    # The sums round by their own size, which relu6 hides.
    sums = keras.ops.conv(theirs.layers[1](theirs.layers[0](x)), theirs.layers[2].kernel)
    for found in (ours.predict(x), ours.forward(x)):
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6 * np.abs(sums).max())
    assert ours.activations(x)[ours.layers[0].name].shape == (21, 18, 14, 32)


@pytest.mark.parametrize(
    "second",
    [
        layers.MaxPooling2D(2, padding="same"), layers.MaxPooling2D(3, strides=2), layers.AveragePooling2D(2),
        layers.MaxPooling2D(2, dtype="float64"),
    ],
    ids=["same", "overlapping", "average", "another dtype"],
)  # fmt: skip
def test_not_joined(second, twins, rng):
    theirs, ours = twins(keras.Input((7, 9, 3)), layers.Conv2D(4, 2, activation="relu"), second)
    assert joined(ours) == []
    x = rng.normal(size=(5, 7, 9, 3)).astype("float32")
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-5)


def test_large_pools_and_tables_are_not_joined(twins, monkeypatch, rng):
    theirs, ours = twins(keras.Input((13, 11, 3)), layers.Conv2D(4, 2), layers.MaxPooling2D((2, 5)))
    x = rng.normal(size=(3, 13, 11, 3)).astype("float32")
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-5)
    assert joined(ours) == []
    stack = keras.Input((5,), dtype="int32"), layers.Embedding(9, 2), layers.Bidirectional(layers.GRU(4))
    for most, expected in ((9 * 24, [fusion.EmbeddedRecurrence]), (9 * 24 - 1, [])):
        monkeypatch.setattr(fusion, "LARGEST_TABLES", most)
        theirs, ours = twins(*stack)
        assert joined(ours) == expected
        np.testing.assert_allclose(
            ours.predict([[1, 2, 8, 0, 4]]), theirs(np.array([[1, 2, 8, 0, 4]])), rtol=0, atol=1e-6
        )


def test_a_pair_of_layers_has_one_table(twin, monkeypatch):
    tokens, embedded, recurrent = keras.Input((5,), dtype="int32"), layers.Embedding(9, 2), layers.GRU(5)
    y = tokens
    for _ in range(3):
        y = recurrent(embedded(y))
    monkeypatch.setattr(fusion, "LARGEST_TABLES", 9 * 15)  # for a single one
    ours = twin(keras.Model(tokens, y))
    assert joined(ours) == [fusion.EmbeddedRecurrence] * 3
    assert len({id(call.layer) for call in ours.plan}) == 1


def test_a_table_far_larger_than_its_weights_is_not_made(twins):
    _, ours = twins(keras.Input((5,), dtype="int32"), layers.Embedding(1000, 1), layers.SimpleRNN(5))
    assert joined(ours) == []


def test_an_activation_that_falls_is_not_joined(twins, rng):
    theirs, ours = twins(keras.Input((7, 9, 3)), layers.Conv2D(4, 2, activation="silu"), layers.MaxPooling2D(2))
    assert joined(ours) == []
    x = rng.normal(size=(5, 7, 9, 3)).astype("float32")
    np.testing.assert_allclose(ours.predict(x), theirs(x), rtol=0, atol=1e-5)


def test_what_is_needed_elsewhere_is_not_joined(twin, rng):
    x, tokens = keras.Input((6, 8, 3)), keras.Input((5,), dtype="int32")
    y, embedded = layers.Conv2D(4, 2, activation="relu")(x), layers.Embedding(7, 3)(tokens)
    images, words = rng.normal(size=(3, 6, 8, 3)).astype("float32"), rng.integers(0, 7, (3, 5))
    models = (x, [layers.MaxPooling2D(2)(y), y], images), (tokens, [layers.SimpleRNN(4)(embedded), embedded], words)
    for entrance, ends, given in models:
        model = keras.Model(entrance, ends)
        ours = twin(model)
        assert joined(ours) == []
        for found, expected in zip(ours.predict(given), model(given), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


RECURRENT = {
    "SimpleRNN": lambda: layers.SimpleRNN(4, return_sequences=True),
    "LSTM backwards": lambda: layers.LSTM(4, go_backwards=True),
    "GRU": lambda: layers.GRU(4, return_sequences=True),
    "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
}


@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("recurrent", RECURRENT)
def test_embedding_joined_to_its_recurrent_layer(recurrent, mask_zero, twins, rng):
    stack = layers.Embedding(9, 6, mask_zero=mask_zero), RECURRENT[recurrent]()
    theirs, ours = twins(keras.Input((7,), dtype="int32"), *stack)
    assert joined(ours) == [fusion.EmbeddedRecurrence]
    x = rng.integers(0, 9, (11, 7)) * rng.integers(0, 2, (11, 7))  # masked in front, behind and between
    x[3] = 0
    for found in (ours.predict(x), ours.forward(x)):
        np.testing.assert_allclose(found, theirs(x), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="tokens from 0 to 9: the embedding has the rows 0 to 8"):
        ours.predict([[9, 0, 0, 0, 0, 0, 0]])


def test_one_hot_and_tokens_are_the_same(rng):
    tokens = rng.integers(0, 5, (3, 4))
    weights = rng.normal(size=(5, 8)), rng.normal(size=(2, 8)), rng.normal(size=8)
    np.testing.assert_allclose(forward.lstm(tokens, *weights), forward.lstm(np.eye(5)[tokens], *weights), rtol=1e-12)


def test_pack(rng):
    mask = rng.integers(0, 2, (9, 6)).astype(bool)
    mask[4] = False
    order, (places, times), widths = pack(mask)
    counts = mask.sum(axis=1)
    assert sorted(order) == list(range(9)) and (np.diff(counts[order]) <= 0).all()
    expected = [
        (order.tolist().index(row), np.nonzero(mask[row])[0][number])
        for number, row in product(range(counts.max()), order)
        if number < counts[row]
    ]
    assert list(zip(places, times, strict=True)) == expected
    assert widths == [int((counts > number).sum()) for number in range(counts.max())]


def test_states_of_another_type(rng):
    x, weights = rng.normal(size=(3, 5, 4)), (rng.normal(size=(4, 8)), rng.normal(size=(2, 8)), rng.normal(size=8))
    states = [rng.integers(-1, 2, (3, 2)) for _ in range(2)]
    expected = forward.lstm(x, *weights, initial_state=[each.astype(float) for each in states])
    np.testing.assert_array_equal(forward.lstm(x, *weights, initial_state=states), expected)


def test_no_steps_at_all(twins, rng):
    weights = rng.normal(size=(4, 8)), rng.normal(size=(2, 8)), rng.normal(size=8)
    x = np.empty((3, 0, 4))
    np.testing.assert_array_equal(forward.lstm(x, *weights), np.zeros((3, 2)))
    assert forward.lstm(x, *weights, return_sequences=True).shape == (3, 0, 2)
    words = layers.TextVectorization()
    words.adapt(["enak sekali"])
    _, ours = twins(keras.Input((), dtype="string"), words, layers.Embedding(4, 3, mask_zero=True), layers.LSTM(2))
    np.testing.assert_array_equal(ours.predict(["", ""]), np.zeros((2, 2)))


def test_a_mask_must_fit(rng):
    x, weights = rng.normal(size=(3, 5, 4)), (rng.normal(size=(4, 8)), rng.normal(size=(2, 8)), rng.normal(size=8))
    for shape in ((3, 4), (3, 6), (3, 1), (2, 5)):
        with pytest.raises(ValueError, match=r"a mask of shape .* does not fit 3 sequences of 5 steps"):
            forward.lstm(x, *weights, mask=np.ones(shape, bool))


def test_a_pool_must_fit_in_winograd_too(rng):
    with pytest.raises(ValueError, match=r"a window of \[4, 4\] does not fit into \[3, 64\]"):
        forward.conv(rng.normal(size=(8, 5, 66, 96)), rng.normal(size=(3, 3, 96, 96)), pool=4)


def test_masked_steps_are_not_computed(rng):
    """They could not be: their numbers would spoil everything."""
    x, weights = rng.normal(size=(3, 5, 4)), (rng.normal(size=(4, 8)), rng.normal(size=(2, 8)), rng.normal(size=8))
    mask = rng.integers(0, 2, (3, 5)).astype(bool)
    mask[1] = [False, True, False, True, False]
    spoilt = np.where(mask[..., np.newaxis], x, np.nan)
    found = forward.lstm(spoilt, *weights, mask=mask, return_sequences=True)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, forward.lstm(x, *weights, mask=mask, return_sequences=True))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-7), ("float64", 3e-16)])
def test_gate_sigmoid(dtype, tolerance):
    x = np.linspace(-50, 50, 1001, dtype=dtype)
    before = x.copy()
    np.testing.assert_allclose(gate_sigmoid(x), sigmoid(x), rtol=0, atol=tolerance)
    np.testing.assert_array_equal(x, before)


def test_cells_leave_their_input_alone(rng):
    for cell, width, n in ((forward.simple_rnn_cell, 1, 1), (forward.lstm_cell, 4, 2), (forward.gru_cell, 3, 1)):
        given = [
            rng.normal(size=(5, width * 3)),
            [rng.normal(size=(5, 3)) for _ in range(n)],
            rng.normal(size=(3, width * 3)),
        ]
        before = [np.copy(given[0]), *map(np.copy, given[1]), np.copy(given[2])]
        cell(*given)
        for after, was in zip([given[0], *given[1], given[2]], before, strict=True):
            np.testing.assert_array_equal(after, was)


@pytest.fixture
def many(twins, rng):
    """A network that `predict` cuts into many pieces, and its input."""
    _, ours = twins(
        keras.Input((30, 40, 3)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()
    )
    return ours, rng.normal(size=(401, 30, 40, 3)).astype("float32")


def test_pieces_are_small_and_whole(many):
    ours, x = many
    pieces = ours.pieces([x], None)
    sizes = [piece.stop - piece.start for piece in pieces]
    assert 3 < len(pieces) < 30 and max(sizes) * 28 * 38 * 8 * 4 <= graph.PIECE_BYTES and max(sizes) - min(sizes) <= 1
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
    assert graph.PIECE_BYTES / 2 < size * numbers * 4 <= graph.PIECE_BYTES


def test_pieces_of_any_length(twins):
    _, ours = twins(keras.Input((None,), dtype="int32"), layers.Embedding(9, 16), layers.GlobalMaxPooling1D())
    for length in (10, 1000):
        piece = ours.pieces([np.zeros((100_000, length), np.int64)], None)[0]
        assert graph.PIECE_BYTES / 2 < (piece.stop - piece.start) * length * 16 * 4 <= graph.PIECE_BYTES


def test_the_number_of_threads_changes_only_rounding(many):
    ours, x = many
    one = ours.predict(x, threads=1)
    for number in (None, 2, 3, 100):  # with more threads than pieces, a matrix product has several of its own
        np.testing.assert_allclose(ours.predict(x, threads=number), one, rtol=0, atol=2e-6 * one.max())


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
def test_threads_must_be_a_number(many, number):
    with pytest.raises(ValueError, match="threads must be a whole number of at least 1"):
        many[0].predict(many[1], threads=number)


def blas_threads():
    return [each["num_threads"] for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"]


def test_blas_has_one_thread_in_each_and_gets_its_own_back():
    before, seen = blas_threads(), set()

    def work(piece):
        seen.add((threading.current_thread().name, *blas_threads()))
        if piece == 7:
            raise ArithmeticError
        return piece * 2

    assert threads.spread(work, range(6), 2) == [0, 2, 4, 6, 8, 10]
    assert seen and all(set(each[1:]) == {1} for each in seen)
    assert not any(each[0] == threading.main_thread().name for each in seen)
    with pytest.raises(ArithmeticError):
        threads.spread(work, range(9), 2)
    assert blas_threads() == before


def test_predictions_at_the_same_time_do_not_disturb_each_other(many):
    ours, x = many
    before, expected, found = blas_threads(), ours.predict(x), []
    callers = [threading.Thread(target=lambda: found.append(ours.predict(x))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(found) == 4 and all(np.array_equal(each, expected) for each in found)
    assert blas_threads() == before


def test_numpys_error_state_holds_in_threads(many):
    ours, x = many
    huge = np.where(x > 0, x, np.float32(3e38))
    with np.errstate(all="ignore"):
        ours.predict(huge)
    with np.errstate(over="raise", invalid="raise"), pytest.raises(FloatingPointError):
        ours.predict(huge, threads=2)


def test_without_threadpoolctl(many, monkeypatch):
    ours, x = many
    expected = ours.predict(x)
    monkeypatch.setattr(threads, "threadpoolctl", None)
    np.testing.assert_allclose(ours.predict(x), expected, rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match="threads=2 needs threadpoolctl"):
        ours.predict(x, threads=2)


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
