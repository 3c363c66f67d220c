"""What is said of an image, against the network itself."""

import numpy as np
import pytest

import forward
from study.show.inside import seeing


@pytest.mark.parametrize("name", ["conv_1a", "pool_1", "conv_2a", "pool_2", "conv_3a", "pool_3"])
def test_the_field_is_the_pixels_that_a_number_hangs_on(network, rng, name):
    model, image = network("cnn"), rng.random((1, 32, 32, 3), dtype=np.float32)
    start, size, step = seeing.field(model, name)
    number = 16 // step  # in the middle of the map, as far as there is one
    first = start + number * step

    def changes(row):
        many = np.repeat(image, 32, axis=0)  # at any column, one pixel in this row is another
        many[np.arange(32), row, np.arange(32)] += 5
        found, before = (model.activations(each)[name][:, number, number] for each in (many, image))
        return not np.allclose(found, before, rtol=1e-3, atol=1e-5)

    for row in {first - 1, first + size} & set(range(32)):
        assert not changes(row)
    assert changes(max(first, 0))
    assert changes(min(first + size - 1, 31))


def test_a_layer_that_there_is_not(network):
    with pytest.raises(ValueError, match="no layer 'conv_9'"):
        seeing.field(network("cnn"), "conv_9")


def test_patches_excite_as_much_as_is_said(network, rng):
    model, images = network("cnn"), rng.random((7, 32, 32, 3), dtype=np.float32)
    found = seeing.exciting(model, images, ["conv_1a", "conv_2a"], 3)
    assert {name: patches.shape for name, (patches, _) in found.items()} == {
        "conv_1a": (32, 3, 3, 3, 3), "conv_2a": (64, 3, 8, 8, 3)
    }  # fmt: skip
    maps = model.activations(images)
    for name, (_, most) in found.items():
        np.testing.assert_allclose(most, -np.sort(-maps[name].max(axis=(1, 2)), axis=0)[:3].T, rtol=1e-5)
    patches, most = found["conv_1a"]
    kernel, bias = model.weights["conv_1a/kernel"], model.weights["conv_1a/bias"]
    mean, variance = (model.weights[f"standardize/{each}"] for each in ("mean", "variance"))
    inside = [(each, n) for each, n in np.ndindex(most.shape) if not (patches[each, n] == 0.5).any()]
    assert len(inside) > 20
    for each, n in inside:
        x = forward.normalization(patches[each, n][np.newaxis], mean, variance)
        y = forward.relu(forward.conv(x, kernel, bias))[0, 0, 0, each]
        np.testing.assert_allclose(y, most[each, n], rtol=1e-4)


def test_the_class_map_adds_up_to_the_score(evidence, rng):
    model = forward.load_model(evidence("cnn").checks[1].run.path)
    image = rng.random((32, 32, 3), dtype=np.float32)
    places = seeing.class_map(model, image)
    assert places.shape == (4, 4, 4)
    features = model.activations(image[np.newaxis])["maximum"]
    z = forward.dense(features, model.weights["classes/kernel"], 0)[0]
    np.testing.assert_allclose(places.sum(axis=(0, 1)), z, rtol=1e-4, atol=1e-5)
    assert (np.abs(places).max(axis=(0, 1)) > 1e-3).all()


def test_occlusion(network, rng):
    model, image = network("cnn"), rng.random((32, 32, 3), dtype=np.float32)
    answer = model.predict(image[np.newaxis])[0].argmax()
    found = seeing.occlusion(model, image, answer)
    assert found.shape == (7, 7)
    covered = image.copy()
    covered[8:16, 20:28] = model.weights["standardize/mean"].reshape(-1)
    lost = model.predict(image[np.newaxis])[0, answer] - model.predict(covered[np.newaxis])[0, answer]
    np.testing.assert_allclose(found[2, 5], lost, atol=1e-5)
    assert np.ptp(found) > 1e-3


def test_the_strongest_maps():
    maps = np.zeros((2, 3, 4))
    maps[..., 1], maps[..., 3], maps[0, 0, 2] = 2, 1, 9
    assert seeing.strongest(maps, 3).tolist() == [1, 2, 3]
