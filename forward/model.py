"""The way in: from a file to a model."""

from pathlib import Path

from . import keras_file
from .errors import ModelFileError
from .layers.graph import BROKEN, Model
from .layers.table import build


def load_model(path: str | Path, weights: str | Path | None = None) -> Model:
    """Load a Sequential or Functional model from a `.keras` file, or from JSON (`model.to_json()`) and `.weights.h5`.

    Raises FileNotFoundError, ModelFileError for a file that is damaged, inconsistent or dangerous, and
    UnsupportedLayerError, which is one, for a layer or an option that this package does not compute.
    """
    try:
        saved = keras_file.read(path, weights)
        if saved.class_name not in ("Functional", "Sequential"):
            raise ModelFileError(f"{saved.class_name[:80]!r} is no model")
        return build(saved, None)
    except ModelFileError as error:
        raise type(error)(f"{path}: {error}") from error
    except BROKEN as error:
        raise ModelFileError(f"{path}: its settings do not fit together ({error})") from error
    except RecursionError as error:
        raise ModelFileError(f"{path}: its parts are nested too deeply") from error
