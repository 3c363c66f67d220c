"""The way in: from a file to a model."""

import os
import stat
import warnings
from pathlib import Path

import numpy as np

from ..errors import ModelFileError
from . import archive
from .archive import brief
from .graph import BROKEN
from .model import Model
from .registry import build


def load_model(path: str | Path, weights: str | Path | None = None) -> Model:
    """Load a Sequential or Functional model from a `.keras` file, or from JSON (`model.to_json()`) and `.weights.h5`.

    A `.keras` file may be unpacked, a folder. Warns of weights that are NaN or infinite. Raises TypeError for what
    is no path, FileNotFoundError, ModelFileError for a file that is damaged, inconsistent or dangerous, and
    UnsupportedLayerError, which is one, for a layer or an option that this package does not compute.
    """
    for each in (path,) if weights is None else (path, weights):
        if not isinstance(each, str | os.PathLike):
            hint = "; save a Keras model with model.save('name.keras')" if hasattr(each, "save") else ""
            raise TypeError(f"load_model takes the path of a .keras file, not {brief(each)}{hint}")
        if not os.path.isdir(each) and not stat.S_ISREG(os.stat(each).st_mode):  # it might never end, or never answer
            kinds = "a device, a pipe or a socket; write what comes from it into a file first"
            raise ModelFileError(f"{each}: it is no regular file, but {kinds}")
    try:
        saved = archive.read(path, weights)
        if saved.class_name not in ("Functional", "Sequential"):
            raise ModelFileError(f"{saved.class_name[:80]!r} is no model")
        model = build(saved, None)
    except ModelFileError as error:
        raise type(error)(f"{path}: {error}") from error
    except MemoryError as error:
        raise ModelFileError(f"{path}: it does not fit into memory") from error
    except BROKEN as error:
        raise ModelFileError(f"{path}: its settings do not fit together ({error})") from error
    except RecursionError as error:
        raise ModelFileError(f"{path}: its parts are nested too deeply") from error
    if bad := [name for name, array in model.weights.items() if not np.isfinite(array).all()]:
        names = ", ".join(bad[:3]) + (f" and {len(bad) - 3} more" if len(bad) > 3 else "")
        warnings.warn(f"{path}: the weights {names} hold NaN or infinite values", stacklevel=2)
    return model
