import keras
import numpy as np
import pytest
from keras import layers

import forward

from ..files import change_entry

IMAGE = (4, 5, 3)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("axis", [-1, 1, 2, -3])
def test_batch_normalization(axis, center, scale, dtype, assert_same, rng):
    layer = layers.BatchNormalization(axis, center=center, scale=scale, epsilon=0.1)
    assert_same(rng.normal(2, 3, size=(6, *IMAGE)), keras.Input(IMAGE), layer)


@pytest.mark.parametrize("shape", [(5,), (4, 5)])
def test_batch_normalization_on_any_rank(shape, dtype, assert_same, rng):
    assert_same(rng.normal(2, 3, size=(6, *shape)), keras.Input(shape), layers.BatchNormalization())


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("axis", [-1, 1, [1], [1, 2], [3, 1], [-1, 2], [1, 2, 3]])
def test_layer_normalization(axis, center, scale, dtype, assert_same, rng):
    layer = layers.LayerNormalization(axis, center=center, scale=scale, epsilon=0.1)
    assert_same(rng.normal(2, 3, size=(6, *IMAGE)), keras.Input(IMAGE), layer)


def test_layer_normalization_of_whole_numbers(dtype, assert_same, rng):
    """Keras takes their normal values for whole numbers, too, and so cuts them off."""
    assert_same(rng.integers(-50, 50, (6, *IMAGE)), keras.Input(IMAGE, dtype="int32"), layers.LayerNormalization())


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("axis", [-1, 1, 2, None, (1, 3), (-1, 2)])
def test_normalization_adapted(axis, invert, dtype, assert_same, rng):
    layer = layers.Normalization(axis, invert=invert)
    layer.adapt(rng.normal(rng.normal(size=IMAGE), rng.uniform(0.5, 3, IMAGE), (20, *IMAGE)))
    assert_same(rng.normal(2, 3, size=(6, *IMAGE)), keras.Input(IMAGE), layer)


GIVEN = {  # axis, mean, variance
    "numbers": (None, 1.5, 4.0),
    "numbers for all channels": (-1, 1.5, 4.0),
    "lists": (-1, [1.0, 2.0, 3.0], [0.5, 1.0, 4.0]),
    "lists along another axis": (1, [1.0, 2.0, 3.0, 4.0], [0.5, 1.0, 4.0, 9.0]),
    "no variance to speak of": (-1, [1.0, 2.0, 3.0], [0.5, 0.0, 4.0]),
}


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(("axis", "mean", "variance"), GIVEN.values(), ids=GIVEN)
def test_normalization_given(axis, mean, variance, invert, dtype, assert_same, rng):
    layer = layers.Normalization(axis, mean, variance, invert=invert)
    assert_same(rng.normal(2, 3, size=(6, *IMAGE)), keras.Input(IMAGE), layer)


def test_normalization_of_whole_numbers(dtype, assert_same, rng):
    layer = layers.Normalization(mean=[100, 120, 140], variance=[1000, 2000, 3000])
    assert_same(rng.integers(0, 256, (6, *IMAGE)), keras.Input(IMAGE, dtype="uint8"), layer)


def test_pixels_as_they_are(rng):
    """The plain functions take whole numbers as what they are, also those that a byte can hold."""
    x = rng.integers(0, 256, (2, 3, 4), dtype=np.uint8)
    mean, variance, gamma = rng.normal(127, 9, 4), rng.uniform(90, 110, 4), rng.uniform(0.3, 0.7, 4)
    for compute in (
        lambda x: forward.normalization(x, mean, variance),
        lambda x: forward.batch_normalization(x, mean, variance, gamma),
        lambda x: forward.layer_normalization(x, gamma),
        lambda x: forward.group_normalization(x, gamma, groups=2),
        lambda x: forward.up_sampling(x, 2, "bilinear"),
    ):
        np.testing.assert_allclose(compute(x), compute(x.astype(float)), rtol=1e-4, atol=1e-4)


def test_after_training(twins, rng):
    """The moving statistics count, not those of the batch."""
    theirs, ours = twins(keras.Input((5,)), layers.BatchNormalization())
    x = rng.normal(size=(6, 5)).astype("float32")
    np.testing.assert_allclose(ours.predict(x[:1]), theirs(x)[:1], rtol=1e-5, atol=1e-6)
    assert np.abs(ours.predict(x) - theirs(x, training=True)).max() > 0.1


REFUSED = {
    "LayerNormalization rms_scaling=True": lambda: layers.LayerNormalization(rms_scaling=True, name="odd"),
    "BatchNormalization renorm=True": lambda: layers.BatchNormalization(renorm=True, name="odd"),
}


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling=True`")
@pytest.mark.parametrize(("text", "make"), REFUSED.items(), ids=REFUSED)
def test_refuses(text, make, twins):
    kind, option = text.split()
    with pytest.raises(
        forward.UnsupportedLayerError, match=rf"layer 'odd' \({kind}\): option {option} is not supported"
    ):
        twins(keras.Input(IMAGE), make())


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(("groups", "axis"), [(3, -1), (1, -1), (-1, -1), (2, 1), (5, 2), (2, -3)])
def test_group_normalization(groups, axis, center, scale, dtype, assert_same, rng):
    layer = layers.GroupNormalization(groups, axis, center=center, scale=scale, epsilon=0.1)
    assert_same(rng.normal(2, 3, size=(6, *IMAGE)), keras.Input(IMAGE), layer)


def test_group_normalization_refuses(twins, tmp_path):
    with pytest.raises(forward.UnsupportedLayerError, match=r"layer 'odd' .* on whole numbers is not supported"):
        twins(keras.Input(IMAGE, dtype="int32"), layers.GroupNormalization(3, name="odd"))
    twins(keras.Input(IMAGE), layers.GroupNormalization(3, name="odd"))
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(groups=2))
    with pytest.raises(forward.ModelFileError, match="3 channels cannot be cut into 2 equal groups"):
        forward.load_model(tmp_path / "model.keras")
    change_entry(tmp_path / "model.keras", "odd", lambda found: found["config"].update(groups=0))
    with pytest.raises(forward.ModelFileError, match="option groups=0 must be a whole number from 1"):
        forward.load_model(tmp_path / "model.keras")
