"""Sound model files, a process that loads what others make of them, and a network that is cut into many pieces."""

import pytest

# Keras, and what Windows lacks, are imported where they are needed: tests/forward/alone does without.


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """A sound file of each kind: name -> path."""
    from . import sound_models

    folder = tmp_path_factory.mktemp("sound")
    paths = {kind: folder / f"{kind}.keras" for kind in sound_models.MODELS}
    for kind, path in paths.items():
        sound_models.build(kind).save(path)
    return paths


@pytest.fixture(scope="session")
def loader(sound):
    """A process that loads hostile files."""
    from .loader import Loader

    with Loader(sound.values(), timeout=3) as loader:
        yield loader


@pytest.fixture
def many(twins, rng):
    """A network that `predict` cuts into many pieces, and its input."""
    import keras
    from keras import layers

    _, ours = twins(
        keras.Input((30, 40, 3)), layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()
    )
    return ours, rng.normal(size=(401, 30, 40, 3)).astype("float32")
