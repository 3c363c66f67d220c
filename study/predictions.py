"""A finished run's predictions by Keras and by `forward`, their times, and Keras in float64 where the two part."""

from __future__ import annotations

import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forward

from . import comparison
from .datasets import Dataset, digest
from .files import ROOT
from .kept import Arrays, kept
from .runs import Run, code_digest, fingerprint, versions

BATCH_SIZE = 256  # of Keras; numpy cuts its pieces itself
TOLERANCE = 1e-6  # of a probability; where two float32 engines lie further apart, float64 judges both


def surroundings(*data: np.ndarray, code: str = __file__) -> dict[str, Any]:
    """All that decides what Keras and `forward` make of these arrays, the model apart; `code` runs the two."""
    return {
        "data": digest(*data),
        "code": code_digest(*sorted((ROOT / "forward").rglob("*.py")), Path(code)),
        "versions": versions("keras", "numpy", "tensorflow"),
    }


def of_run(run: Run, data: Dataset, around: dict[str, Any]) -> Arrays:
    """`predict` of this run on the test split, kept beside its model; computed again if that or `around` changes.

    Kept times are those of the day on which they were measured.
    """
    mark = fingerprint({"model": run.record["model_sha256"], **around})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*destroy the mask")  # the maximum over time needs none
        return kept(run.path.with_suffix(".check.npz"), mark, lambda: predict(run.path, data.x_test))


def by_layer(run: Run, x: np.ndarray) -> pd.DataFrame:
    """`comparison.compare` of this run on x, kept beside its model like `of_run`; its shapes become texts."""

    def columns() -> Arrays:
        table = comparison.compare(run.path, x)
        return {name: np.array([each if type(each) is float else str(each) for each in table[name]]) for name in table}

    mark = fingerprint({"model": run.record["model_sha256"], **surroundings(x, code=comparison.__file__)})
    return pd.DataFrame(kept(run.path.with_suffix(".layers.npz"), mark, columns))


def predict(path: Path, x: np.ndarray) -> Arrays:
    """Predict x with Keras and with `forward`, one timed pass of each after a short warm-up.

    Gives `keras` and `numpy`, probabilities (examples, classes); `seconds` (2,), the times of both; and
    `errors` (2,): how far each lies at most from Keras in float64, on the examples of which a probability
    differs by more than TOLERANCE; NaN if there are none.
    """
    from keras.models import load_model

    theirs, ours = load_model(path), forward.load_model(path)
    keras, keras_s = _timed(lambda part: theirs.predict(part, batch_size=BATCH_SIZE, verbose=0), x)
    numpy, numpy_s = _timed(ours.predict, x)
    far = ~(np.abs(keras.astype(np.float64) - numpy) <= TOLERANCE).all(axis=1)  # so written, a NaN is far
    errors = [np.nan, np.nan]
    if far.any():
        truth = in_float64(path).predict(x[far], batch_size=BATCH_SIZE, verbose=0)
        errors = [np.abs(side[far] - truth).max() for side in (keras, numpy)]
    return {"keras": keras, "numpy": numpy, "seconds": np.array([keras_s, numpy_s]), "errors": np.array(errors)}


def _timed(predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> tuple[np.ndarray, float]:
    """The predictions, and how many seconds they took.

    The warm-up is a whole batch and the last one, which may be smaller: TensorFlow traces a model for such a pair.
    """
    predict(x[: BATCH_SIZE + len(x) % BATCH_SIZE])
    start = time.perf_counter()
    return predict(x), time.perf_counter() - start


def in_float64(path: Path) -> Any:
    """The Keras model of a file, with the same weights, computing in float64."""
    from keras.models import load_model

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                target.writestr(name, content.replace(b'"float32"', b'"float64"') if name == "config.json" else content)
        return load_model(copy)
