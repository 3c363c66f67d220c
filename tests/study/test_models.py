"""What the study adds to Keras' layers."""

import keras
import numpy as np
import pytest

from study import data
from study.models import FusedBatchNormalization, build
from study.variants import ARCHITECTURES, variants


def random_layers(rng):
    """The fused layer and Keras' own with the same random weights, and images with a mean far from zero."""
    x = rng.normal(2, 3, (6, 5, 4, 7)).astype(np.float32)
    weights = [rng.uniform(0.5, 2, 7).astype(np.float32) for _ in range(4)]
    found = FusedBatchNormalization(momentum=0.8), keras.layers.BatchNormalization(momentum=0.8)
    for layer in found:
        layer.build(x.shape)
        layer.set_weights(weights)
    return x, *found


def test_the_fused_normalization_is_keras_own():
    x, fused, own = random_layers(np.random.default_rng(0))
    before = own.get_weights()
    np.testing.assert_allclose(fused(x, training=True), own(x, training=True), atol=1e-5)
    n = x[..., 0].size
    gamma, beta, mean, variance = fused.get_weights()
    np.testing.assert_array_equal((gamma, beta), own.get_weights()[:2])
    np.testing.assert_allclose(mean, own.get_weights()[2], rtol=1e-5)
    assert np.abs(mean - before[2]).min() > 1e-3
    # the batch's part of the moving variance counts with n - 1
    batch = own.get_weights()[3] - 0.8 * before[3]
    np.testing.assert_allclose(variance - 0.8 * before[3], batch * n / (n - 1), rtol=1e-4)
    own.set_weights(fused.get_weights())
    np.testing.assert_array_equal(fused(x, training=False), own(x, training=False))


def test_its_plain_layer_has_the_same_weights():
    x, fused, _ = random_layers(np.random.default_rng(1))
    model = keras.Sequential([keras.Input(x.shape[1:]), fused])
    plain = fused.plain()
    assert type(plain) is keras.layers.BatchNormalization
    assert plain.get_config() == fused.get_config()
    np.testing.assert_array_equal(plain(x, training=False), model(x, training=False))


@pytest.mark.parametrize("architecture", ["simple_rnn", "lstm"])
def test_only_the_first_recurrent_layer_has_the_input_dropout(architecture):
    variant = next(each for each in variants(architecture) if each.name == "layers-3")
    training = ARCHITECTURES[architecture].training | {"input_dropout": 0.37}
    model = build(variant, training, data.load("nusax", source="sample"))
    assert [each.dropout for each in model.layers if isinstance(each, keras.layers.RNN)] == [0.37, 0, 0]
