"""Temperature scaling: one number for each network that makes it as sure as it is right, fitted on validation data.

Its logits, here the logarithms of its probabilities, are divided by the temperature before the softmax: above 1 it
becomes less sure, below 1 surer, and its answers stay the same. `temperatures.csv`: COLUMNS, for each network its
temperature, and on the test split the calibration error and the crossentropy loss as it is and scaled.

Source: Guo et al., On Calibration of Modern Neural Networks, 2017.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import forward

from . import store
from .checks import Check, Listed
from .datasets import Dataset
from .predictions import surroundings
from .progress import progress
from .runs import Run, fingerprint
from .statistics import calibration_error

COLUMNS = ["architecture", "variant", "seed", "examples", "temperature"]
COLUMNS += ["error", "scaled_error", "loss", "scaled_loss"]
ENOUGH = 2000  # validation examples for one number; the data set has shuffled them
FURTHEST = 20  # from 1, a temperature or its inverse
TINY = np.finfo(np.float32).tiny  # a probability of zero has no logarithm


def measured(checks: list[Check], data: Dataset) -> pd.DataFrame:
    """COLUMNS of these networks, fitted on the validation examples of `data`, which `forward` predicts.

    Of a network that is not there, what temperatures.csv has of it.
    """
    x, y = data.x_val[:ENOUGH], data.y_val[:ENOUGH]
    around, rows = surroundings(x, code=__file__), []
    with progress(total=len(checks), desc="predicting validation data with numpy", unit="run") as bar:
        for each in checks:
            if isinstance(each, Listed):
                rows.append({name: each.row[name] for name in COLUMNS})
            else:
                rows.append(_row(each, y, _predicted(each.run, x, around)))
            bar.update()
    return pd.DataFrame(rows, columns=COLUMNS)


def _predicted(run: Run, x: np.ndarray, around: dict) -> np.ndarray:
    """The probabilities that `forward` gives a network's validation examples; kept beside the model."""
    mark = fingerprint({"model": run.record["model_sha256"], **around})
    path = run.path.with_suffix(".validation.npz")
    return store.kept(path, mark, lambda: {"numpy": forward.load_model(run.path).predict(x)})["numpy"]


def _row(check: Check, y: np.ndarray, probabilities: np.ndarray) -> dict:
    about = {"architecture": check.run.variant.architecture, "variant": check.run.variant.name, "seed": check.run.seed}
    temperature = fitted(y, probabilities)
    after = scaled(check.keras, temperature)
    about |= {"examples": len(y), "temperature": temperature}
    about |= {"error": calibration_error(check.y, check.keras), "scaled_error": calibration_error(check.y, after)}
    return about | {"loss": crossentropy(check.y, check.keras), "scaled_loss": crossentropy(check.y, after)}


def fitted(y: np.ndarray, probabilities: np.ndarray) -> float:
    """The temperature with the least crossentropy. Shapes: y (examples,), probabilities (examples, classes)."""
    from scipy.optimize import minimize_scalar

    ends = (-np.log(FURTHEST), np.log(FURTHEST))
    found = minimize_scalar(lambda log: crossentropy(y, scaled(probabilities, np.exp(log))), bounds=ends)
    return float(np.exp(found.x))


def scaled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log(probabilities) / temperature), over the last axis, in float64."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), TINY)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def crossentropy(y: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean of -log of the true class' probability. Shapes: y (examples,), probabilities (examples, classes)."""
    right = probabilities[np.arange(len(y)), y].astype(np.float64)
    return float(-np.log(np.maximum(right, TINY)).mean())
