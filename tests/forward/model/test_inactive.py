"""What acts in training alone."""

import keras
import pytest
from keras import layers

from forward.model.inactive import Inactive
from forward.model.registry import LAYERS

INACTIVE = {
    "ActivityRegularization": {"l1": 0.1, "l2": 0.2},
    "AlphaDropout": {"rate": 0.4},
    "Dropout": {"rate": 0.9, "noise_shape": (None, 1, 3), "seed": 7},
    "GaussianDropout": {"rate": 0.4},
    "GaussianNoise": {"stddev": 0.4},
    "Identity": {},
    "SpatialDropout1D": {"rate": 0.4},
    "SpatialDropout2D": {"rate": 0.4},
}
AUGMENTING = {
    "Brightness": {"factor": 0.3},
    "ColorDegeneration": {"factor": 0.3},
    "ColorJitter": {"brightness_factor": 0.2, "hue_factor": 0.1},
    "Contrast": {"factor": 0.3},
    "ElasticTransform": {},
    "Erasing": {"factor": 0.9},
    "Flip": {"mode": "vertical"},
    "GaussianBlur": {},
    "Grayscale": {"factor": 0.9},
    "Hue": {"factor": 0.3},
    "Invert": {},
    "Perspective": {},
    "Posterization": {"factor": 4},
    "Rotation": {"factor": 0.3},
    "Saturation": {"factor": (0.2, 0.7)},
    "Sharpness": {"factor": 0.3},
    "Shear": {"x_factor": 0.2},
    "Translation": {"height_factor": 0.2, "width_factor": 0.3},
    "Zoom": {"height_factor": 0.2},
}


def test_every_inactive_layer_is_in_the_tables():
    known = {name for name, each in LAYERS.items() if issubclass(each, Inactive)}
    assert known == {*INACTIVE, *(f"Random{name}" for name in AUGMENTING)}


@pytest.mark.parametrize("name", INACTIVE)
def test_inactive_when_not_training(name, dtype, assert_same, rng):
    shape = (2, 4, 3) if name.endswith("2D") else (4, 3)
    assert_same(rng.normal(size=(5, *shape)), keras.Input(shape), getattr(layers, name)(**INACTIVE[name]))


@pytest.mark.parametrize("kind", ["uint8", None])
@pytest.mark.parametrize("name", AUGMENTING)
def test_augmentation_is_inactive_when_not_training(name, kind, dtype, assert_same, rng):
    x, augment = rng.integers(0, 256, (4, 6, 5, 3)), getattr(layers, f"Random{name}")(**AUGMENTING[name])
    assert_same(x.astype(kind or dtype), keras.Input((6, 5, 3), dtype=kind), augment)
