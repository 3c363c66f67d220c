"""Convolutions by either way, and pools on the way: their reference are the plain functions."""

import numpy as np
import pytest

from forward import convolution as plain
from forward import pooling as plain_pooling
from forward.fast import convolution, memory, pooling
from forward.fast import winograd as winograd_room
from forward.fast.convolution import Convolution, conv
from forward.fast.winograd import able, pays, winograd

TOLERANCE = {"float32": 2e-5, "float64": 1e-13}


def assert_close(found, expected):
    assert found.dtype == expected.dtype and found.shape == expected.shape
    limit = TOLERANCE[expected.dtype.name] * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=limit)


def conv_and_pool(x, kernel, bias=0.0, pool=1, groups=1, **window):
    """A convolution and the maximum of its pools, which are made on the way."""
    parts = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
    tail = lambda y, _: pooling.largest(y)  # noqa: E731
    found = [Convolution(own, **window, pool=pool, tail=tail)(part) for part, own in parts]
    return np.concatenate(found, axis=-1) + bias


@pytest.fixture(params=["float32", "float64"])
def random(request, rng):
    """A function: a shape -> random numbers."""
    return lambda *shape: rng.normal(size=shape).astype(request.param)


WAYS = {"winograd": True, "im2col": False}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Either way, wherever it is possible."""
    monkeypatch.setattr(convolution, "pays", lambda *_: WAYS[request.param])
    return request.param


@pytest.mark.parametrize("pool", [(1, 1), (2, 2), (4, 2), (1, 4)])
@pytest.mark.parametrize("size", [(6, 7), (7, 10), (9, 6), (10, 11), (8, 12)])
def test_convolution_and_its_pools(way, pool, size, random):
    x, kernel = random(2, *size, 3), random(3, 3, 3, 5)
    assert_close(conv_and_pool(x, kernel, pool=pool), plain_pooling.max_pool(plain.conv(x, kernel), pool))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel", [(3, 3), (5, 5), (7, 7), (3, 7), (5, 3), (4, 4)])
def test_kernels_of_any_size(way, kernel, padding, random):
    x, kernel, bias = random(2, 9, 12, 3), random(*kernel, 3, 5), random(5)
    expected = plain.conv(x, kernel, bias, padding=padding)
    assert_close(conv(x, kernel, bias, padding=padding), expected)
    assert_close(conv_and_pool(x, kernel, bias, padding=padding, pool=2), plain_pooling.max_pool(expected, 2))


WINDOWS = {
    "valid": {},
    "same": {"padding": "same"},
    "strides": {"strides": (2, 3)},
    "strides same": {"strides": (3, 1), "padding": "same"},
    "dilation": {"dilation_rate": (2, 1)},
    "dilation same": {"dilation_rate": 2, "padding": "same"},
    "groups": {"groups": 3},
    "groups strides": {"groups": 2, "strides": 2, "padding": "same"},
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("size", [(1, 1), (2, 4), (3, 3), (5, 2)])
def test_windows_of_any_kind(size, window, random):
    options = WINDOWS[window]
    x, kernel, bias = random(2, 13, 17, 6), random(*size, 6 // options.get("groups", 1), 12), random(12)
    expected = plain.conv(x, kernel, bias, **options)
    assert_close(conv(x, kernel, bias, **options), expected)
    pool = 2 if min(expected.shape[1:3]) > 1 else (1, 2)
    assert_close(conv_and_pool(x, kernel, bias, **options, pool=pool), plain_pooling.max_pool(expected, pool))


@pytest.mark.parametrize("options", [{}, {"padding": "causal", "dilation_rate": 2}, {"strides": 2, "groups": 2}])
def test_along_one_axis(options, random):
    x, kernel, bias = random(3, 19, 4), random(5, 4 // options.get("groups", 1), 6), random(6)
    expected = plain.conv(x, kernel, bias, **options)
    assert_close(conv(x, kernel, bias, **options), expected)
    assert_close(conv_and_pool(x, kernel, bias, **options, pool=3), plain_pooling.max_pool(expected, 3))


def test_no_samples_and_whole_numbers(rng):
    kernel = rng.normal(size=(3, 3, 24, 20))
    assert conv_and_pool(np.empty((0, 8, 9, 24)), kernel, pool=2).shape == (0, 3, 3, 20)
    x = rng.integers(0, 200, (2, 8, 9, 24)).astype("uint8")
    np.testing.assert_allclose(conv(x, kernel), plain.conv(x.astype(float), kernel), rtol=1e-9)


def test_what_does_not_fit(rng):
    x, kernel = rng.normal(size=(1, 4, 6, 3)), rng.normal(size=(3, 3, 3, 2))
    with pytest.raises(ValueError, match=r"a window of \[3, 3\] does not fit into \[2, 4\]"):
        conv_and_pool(x, kernel, pool=3)
    with pytest.raises(ValueError, match=r"a window of \[5, 3\] does not fit into \[4, 6\]"):
        conv(x, rng.normal(size=(5, 3, 3, 2)))
    with pytest.raises(ValueError, match=r"x of shape \(1, 4, 6, 3\) does not fit a kernel .* and 2 groups"):
        conv(x, kernel, groups=2)
    for size, shape, pool in (((3, 4), (6, 7), (1, 1)), ((3, 3), (6, 7), (1, 1)), ((3, 3), (6, 6), (3, 1))):
        with pytest.raises(ValueError, match="no Winograd's way"):
            winograd(rng.normal(size=(*shape, 2, 3)), rng.normal(size=(36, 3, 5)), size, pool=pool)
    large = rng.normal(size=(8, 5, 66, 96)), rng.normal(size=(3, 3, 96, 96))  # so that Winograd's way would pay
    with pytest.raises(ValueError, match=r"a window of \[4, 4\] does not fit into \[3, 64\]"):
        conv_and_pool(*large, pool=4)


def test_winograd_where_it_pays(rng, monkeypatch):
    kernel = 3, 3, 48, 40
    assert able(kernel[:2])
    assert not able(kernel[:2], strides=(2, 1)) and not able(kernel[:2], dilation=(1, 2))
    assert not able((3, 2)) and not able((3,)) and not able(kernel[:2], pool=(1, 3))
    assert able((3, 7), pool=(4, 8)) and not able((3, 7), pool=(8, 2))
    assert pays((8, 8), kernel)
    assert not pays((8, 8), (3, 3, 3, 40))  # too few channels
    assert not pays((1, 1), kernel)  # most of a tile is thrown away
    x, kernel, bias = rng.normal(size=(20, 10, 10, 48)), rng.normal(size=kernel), rng.normal(size=40)
    ways, names = [], ("winograd", "im2col")
    for name, home in zip(names, (convolution, convolution.Convolution), strict=True):
        own = getattr(home, name)
        monkeypatch.setattr(home, name, lambda *a, own=own, name=name: ways.append(name) or own(*a))
    found = conv(x, kernel, bias)
    monkeypatch.setattr(convolution, "pays", lambda *_: False)
    np.testing.assert_allclose(found, conv(x, kernel, bias), rtol=0, atol=1e-12)
    assert ways == ["winograd", "im2col"]


@pytest.mark.parametrize(("size", "most"), [(3, 2e-7), (5, 2e-7), (7, 2e-7)])
def test_winograd_rounds_little(size, most, rng, monkeypatch):
    """Relative to the largest output, against an exact product; by the points 0, +-1, +-2, ... alone it is more."""
    monkeypatch.setattr(convolution, "pays", lambda *_: True)
    x, kernel = rng.uniform(0, 1, (8, 22, 22, 64)), rng.normal(size=(size, size, 64, 32))
    true = plain.conv(x, kernel)
    error = conv(x.astype("float32"), kernel.astype("float32")) - true
    assert 0 < np.std(error) < most * np.abs(true).max()
    np.testing.assert_allclose(error, 0, atol=8 * most * np.abs(true).max())


def test_a_few_images_and_rows_at_a_time(way, rng, monkeypatch):
    x, kernel = rng.normal(size=(7, 13, 9, 3)), rng.normal(size=(3, 3, 3, 4))
    whole, calls = conv_and_pool(x, kernel, pool=2), []
    tail = lambda y, batch: calls.append((y.shape, batch)) or pooling.largest(y)  # noqa: E731
    step = Convolution(kernel, pool=2, tail=tail)
    for number, most in enumerate((10**9, 40_000, 1)):  # one row of one image is the least
        monkeypatch.setattr(winograd_room, "BLOCK_BYTES", most)
        monkeypatch.setattr(winograd_room, "LARGEST_BLOCK", most)
        monkeypatch.setattr(convolution, "COLUMN_BYTES", most)
        calls.clear()
        np.testing.assert_allclose(step(x), whole, rtol=1e-12)
        assert (len(calls) == 1) == (number == 0)
    assert {batch for _, batch in calls} == {1}
    assert len(calls) == 7 * (3 if way == "winograd" else 5)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("size", [3, 5, 7])
def test_what_is_no_number_stays_in_its_image(way, size, value, random):
    """And is to be seen at every place that the plain function shows it at."""
    x, kernel = random(3, 20, 18, 2), random(size, size, 2, 4)
    x[1, 6, 7, 1] = value
    with np.errstate(invalid="ignore"):
        found, expected = conv(x, kernel), plain.conv(x, kernel)
    assert_close(found[::2], expected[::2])
    assert not np.isfinite(found[1][~np.isfinite(expected[1])]).any()
    assert (found.shape == expected.shape) and not np.isfinite(expected[1]).all()


def test_slabs():
    found = list(memory.at_once(7, 5, 10, 60))
    assert [(part.start, part.stop, len(slabs)) for part, slabs in found] == [(0, 6, 5), (6, 7, 1)]
    assert list(memory.at_once(2, 5, 10, 45)) == [(slice(0, 2), [slice(0, 2), slice(2, 4), slice(4, 5)])]
    assert len(list(memory.at_once(2, 5, 10, 1))) == 2


def test_an_image_that_lies_otherwise_in_memory(way, random):
    """As one convolution leaves it for the next, and as a user may give it."""
    x, kernel = random(5, 9, 8, 3), random(3, 3, 3, 4)
    expected = plain.conv(x, kernel)
    for order in ((1, 2, 0, 3), (3, 1, 2, 0), (0, 2, 1, 3)):
        other = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        assert_close(conv(other, kernel), expected)
        assert_close(conv(other[::-1, :, ::-1], kernel), plain.conv(x[::-1, :, ::-1], kernel))


def test_what_comes_is_left_as_it_was(way, random):
    x, kernel = random(5, 9, 8, 3), random(3, 3, 3, 4)
    before = x.copy()
    Convolution(kernel, before=(x[0, 0, 0], x[0, 0, 0] ** 2 + 1))(x)
    conv(x, kernel, random(4))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [None, 1, 2, (3, 2)])
@pytest.mark.parametrize("pool_size", [2, (3, 1), (2, 5)])
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_pooling(name, pool_size, strides, padding, random):
    fast, slow = getattr(pooling, name), getattr(plain_pooling, name)
    x = random(2, 7, 11, 3)
    assert_close(fast(x, pool_size, strides, padding), slow(x, pool_size, strides, padding))


def test_pooling_of_sequences_and_whole_numbers(rng):
    x = rng.integers(-128, 128, (3, 10, 4)).astype("int8")
    for name in ("max_pool", "average_pool"):
        fast, slow = getattr(pooling, name), getattr(plain_pooling, name)
        np.testing.assert_array_equal(fast(x, 3, 2, "same"), slow(x, 3, 2, "same"))
        with pytest.raises(ValueError, match=r"a window of \[11\] does not fit into \[10\]"):
            fast(x, 11)
