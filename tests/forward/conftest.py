"""Sound model files, and a process that loads what others make of them."""

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
