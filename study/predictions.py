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
from .profiles import BUDGETS
from .runs import Run, code_digest, fingerprint, versions
from .store import Arrays, check_of, kept, layers_of, there

BATCH_SIZE = 256  # of Keras; numpy cuts its pieces itself
FEW = 16  # examples of a warm-up
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

    The plain way goes over the whole split for the baseline, over some examples for the others: it takes long.
    Kept times are those of the day on which they were measured.
    """
    plain, mark = _plain_and_mark(run, data, around)
    return kept(check_of(run), mark, lambda: predict(run.path, data.x_test, plain))


def kept_of_run(run: Run, data: Dataset, around: dict[str, Any]) -> Arrays | None:
    """What `of_run` has kept; None where it would compute."""
    return there(check_of(run), _plain_and_mark(run, data, around)[1])


def _plain_and_mark(run: Run, data: Dataset, around: dict[str, Any]) -> tuple[int, str]:
    """How many examples the plain way predicts, and the fingerprint of all that decides the predictions."""
    everything, some = len(data.x_test), BUDGETS[run.record["profile"]].plain_examples
    plain = everything if run.variant.name == "baseline" else min(some, everything)
    return plain, fingerprint({"model": run.record["model_sha256"], "plain": plain, **around})


def by_layer(run: Run, x: np.ndarray) -> pd.DataFrame:
    """`comparison.compare_layers` of this run on x, kept beside its model like `of_run`; its shapes become texts."""

    def columns() -> Arrays:
        table = comparison.compare_layers(run.path, x)
        return {name: np.array([each if type(each) is float else str(each) for each in table[name]]) for name in table}

    mark = fingerprint({"model": run.record["model_sha256"], **surroundings(x, code=comparison.__file__)})
    return pd.DataFrame(kept(layers_of(run), mark, columns))


def predict(path: Path, x: np.ndarray, plain_examples: int) -> Arrays:
    """Predict x with Keras and with `forward`, one timed pass of each after a short warm-up.

    Gives `keras` and `numpy`, probabilities (examples, classes); `plain`, those of `spread` examples without the fast
    ways; `seconds` (3,), the times of all three; and `errors` (3,): how far each lies from Keras in float64, the root
    mean square over all its probabilities; NaN if none differs from Keras by more than TOLERANCE.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*destroy the mask")  # the maximum over time needs none
        return _predict(path, x, plain_examples)


def _predict(path: Path, x: np.ndarray, plain_examples: int) -> Arrays:
    from keras.models import load_model

    theirs, ours = load_model(path), forward.load_model(path)
    ways = {
        "keras": (lambda part: theirs.predict(part, batch_size=BATCH_SIZE, verbose=0), x),
        "numpy": (ours.predict, x),
        "plain": (lambda part: ours.predict(part, fast=False), x[spread(plain_examples, len(x))], FEW),
    }
    timed = {name: _timed(*way) for name, way in ways.items()}
    found = {name: probabilities for name, (probabilities, _) in timed.items()}
    seconds = np.array([seconds for _, seconds in timed.values()])
    return found | {"seconds": seconds, "errors": _errors(path, x, found)}


def spread(number: int, examples: int) -> np.ndarray:
    """Which of the examples a way sees that sees so many: evenly spread, as a test split may be in order of classes."""
    return np.arange(number) * examples // max(number, 1)


def _errors(path: Path, x: np.ndarray, found: Arrays) -> np.ndarray:
    """How far each side lies from Keras in float64, if one parts from Keras; NaN if none does.

    Not at most, and not where they part alone: the largest of many roundings is chance, and there Keras may happen to
    be right.
    """
    part = spread(len(found["plain"]), len(x))
    pairs = (found["keras"], found["numpy"]), (found["keras"][part], found["plain"])
    if all((np.abs(keras - numpy) <= TOLERANCE).all() for keras, numpy in pairs):  # so written, a NaN parts
        return np.full(3, np.nan)
    truth = in_float64(path).predict(x, batch_size=BATCH_SIZE, verbose=0)
    distances = found["keras"] - truth, found["numpy"] - truth, found["plain"] - truth[part]
    return np.array([np.sqrt(np.mean(np.square(each))) if each.size else np.nan for each in distances])


def _timed(predict: Callable[..., np.ndarray], x: np.ndarray, warm_up: int | None = None) -> tuple[np.ndarray, float]:
    """The predictions, and how many seconds they took.

    The warm-up is a whole batch and the last one, which may be smaller: TensorFlow traces a model for such a pair. The
    plain way, which prepares nothing, is content with a few examples.
    """
    predict(x[: warm_up or BATCH_SIZE + len(x) % BATCH_SIZE])
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
