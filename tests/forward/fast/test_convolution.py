"""Winograd's way, one matrix product, and pools on the way: their reference are the plain functions."""

import numpy as np
import pytest

from forward import convolution as plain
from forward import pooling as plain_pooling
from forward.fast import convolution, memory, pooling
from forward.fast.convolution import conv, im2col
from forward.fast.winograd import winograd, winograd_pays

TOLERANCE = {"float32": 2e-5, "float64": 1e-13}


def assert_close(found, expected):
    assert found.dtype == expected.dtype and found.shape == expected.shape
    limit = TOLERANCE[expected.dtype.name] * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=limit)


@pytest.fixture(params=["float32", "float64"])
def random(request, rng):
    """A function: a shape -> random numbers."""
    return lambda *shape: rng.normal(size=shape).astype(request.param)


@pytest.mark.parametrize("compute", [winograd, im2col])
@pytest.mark.parametrize("pool", [(1, 1), (2, 2), (4, 2), (1, 4)])
@pytest.mark.parametrize("size", [(6, 7), (7, 10), (9, 6), (10, 11), (8, 12)])
def test_convolution_and_its_pools(compute, pool, size, random):
    x, kernel = random(2, *size, 3), random(3, 3, 3, 5)
    assert_close(compute(x, kernel, pool), plain_pooling.max_pool(plain.conv(x, kernel), pool))


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
    assert_close(conv(x, kernel, bias, **options, pool=pool), plain_pooling.max_pool(expected, pool))


@pytest.mark.parametrize("options", [{}, {"padding": "causal", "dilation_rate": 2}, {"strides": 2, "groups": 2}])
def test_along_one_axis(options, random):
    x, kernel, bias = random(3, 19, 4), random(5, 4 // options.get("groups", 1), 6), random(6)
    expected = plain.conv(x, kernel, bias, **options)
    assert_close(conv(x, kernel, bias, **options), expected)
    assert_close(conv(x, kernel, bias, **options, pool=3), plain_pooling.max_pool(expected, 3))


def test_no_samples_and_whole_numbers(rng):
    kernel = rng.normal(size=(3, 3, 24, 20))
    assert conv(np.empty((0, 8, 9, 24)), kernel, pool=2).shape == (0, 3, 3, 20)
    x = rng.integers(0, 200, (2, 8, 9, 24)).astype("uint8")
    np.testing.assert_allclose(conv(x, kernel), plain.conv(x.astype(float), kernel), rtol=1e-9)


def test_what_does_not_fit(rng):
    x, kernel = rng.normal(size=(1, 4, 6, 3)), rng.normal(size=(3, 3, 3, 2))
    with pytest.raises(ValueError, match=r"a window of \[3, 3\] does not fit into \[2, 4\]"):
        conv(x, kernel, pool=3)
    with pytest.raises(ValueError, match=r"a window of \[5, 3\] does not fit into \[4, 6\]"):
        conv(x, rng.normal(size=(5, 3, 3, 2)))
    with pytest.raises(ValueError, match=r"x of shape \(1, 4, 6, 3\) does not fit a kernel .* and 2 groups"):
        conv(x, kernel, groups=2)
    for wrong, pool in ((kernel[:2], 1), (kernel[:, :, :2], 1), (kernel, 3)):
        with pytest.raises(ValueError, match="no Winograd's way"):
            winograd(x, wrong, pool)
    large = rng.normal(size=(8, 5, 66, 96)), rng.normal(size=(3, 3, 96, 96))  # so that Winograd's way would pay
    with pytest.raises(ValueError, match=r"a window of \[4, 4\] does not fit into \[3, 64\]"):
        conv(*large, pool=4)


def test_winograd_where_it_pays(rng, monkeypatch):
    x, kernel = rng.normal(size=(20, 10, 10, 48)), rng.normal(size=(3, 3, 48, 40))
    assert winograd_pays(x, kernel)
    assert not winograd_pays(x, kernel, strides=2)
    assert not winograd_pays(x, kernel, dilation_rate=2)
    assert not winograd_pays(x, kernel, pool=3)
    assert not winograd_pays(x, kernel[:2])
    assert not winograd_pays(x[..., :3], kernel[:, :, :3])  # too few channels
    assert not winograd_pays(x[:1, :6, :6], kernel)  # its kernel is not worth transforming
    ways = []
    for way in (winograd, im2col):
        monkeypatch.setattr(
            convolution, way.__name__, lambda *a, way=way, **b: ways.append(way.__name__) or way(*a, **b)
        )
    bias = rng.normal(size=40)
    found = conv(x, kernel, bias)
    monkeypatch.setattr(convolution, "winograd_pays", lambda *_, **__: False)
    np.testing.assert_allclose(found, conv(x, kernel, bias), rtol=0, atol=1e-12)
    assert ways == ["winograd", "im2col"]


def test_winograd_rounds_hardly_more_than_the_product(rng):
    x, kernel = rng.uniform(0, 1, (8, 18, 18, 64)), rng.normal(size=(3, 3, 64, 32))
    true = im2col(x, kernel)
    small = x.astype("float32"), kernel.astype("float32")
    one, other = (np.std(way(*small) - true) for way in (winograd, im2col))
    assert 0 < one < 4 * other
    np.testing.assert_allclose(winograd(*small), true, rtol=0, atol=2e-6 * np.abs(true).max())


@pytest.mark.parametrize("compute", [winograd, im2col])
def test_a_few_images_at_a_time(compute, rng, monkeypatch):
    x, kernel = rng.normal(size=(7, 9, 7, 3)), rng.normal(size=(3, 3, 3, 4))
    whole = compute(x, kernel)
    bytes_each = {winograd: 2 * 2 * 36 * 7 * 8, im2col: 7 * 5 * 27 * 8}[compute]
    monkeypatch.setattr(memory, "BLOCK_BYTES", 2 * bytes_each)
    assert [part.start for part in memory.blocks(7, bytes_each)] == [0, 2, 4, 6]
    np.testing.assert_allclose(compute(x, kernel), whole, rtol=1e-12)
    monkeypatch.setattr(memory, "BLOCK_BYTES", 1)  # one is the least
    np.testing.assert_allclose(compute(x, kernel), whole, rtol=1e-12)


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
