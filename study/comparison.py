"""Keras against `forward`, layer by layer: where do two models part?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forward

# Two float32 engines that add up in another order differ by less than this part of a layer's largest value.
ROUNDING = 1e-5


def compare_layers(model_path: str | Path, x: Any, weights: str | Path | None = None) -> pd.DataFrame:
    """Run Keras and `forward` on x and compare every layer's output, in the order of computation.

    The model comes as `forward.load_model` takes it, from a `.keras` file or from JSON and its weights, and
    x as `predict` takes it. Columns: layer, class, output shape, max |Δ| and mean |Δ| between the two, and
    a verdict: "equal", "rounding" (all differences under 1e-5 of the layer's largest value), "first difference"
    for the first layer beyond that, and "differs" for the ones after it, which inherit it. Raises ValueError
    for an x that does not fit or holds no sample.
    """
    ours = forward.load_model(model_path, weights)
    inputs = ours.check(x)
    if not len(inputs[0]):
        raise ValueError("there is nothing to compare: x holds no sample")
    found = ours.activations(x)
    table = pd.DataFrame(
        {"layer": name, "class": ours.by_name[call.name].class_name, **_row(theirs_y, ours_y)}
        for call, (name, ours_outputs), theirs_outputs in zip(
            ours.calls, found.items(), _outputs(_keras_model(model_path, weights), ours, inputs), strict=True
        )
        for theirs_y, ours_y in zip(theirs_outputs, _listed(ours_outputs), strict=True)
    )
    differs = table["verdict"] == "differs"
    table.loc[differs & (differs.cumsum() == 1), "verdict"] = "first difference"
    return table


def _keras_model(path: str | Path, weights: str | Path | None) -> Any:
    """The model as Keras loads it, without the loss and metrics that it was trained with, which may be anyone's own."""
    import keras

    if weights is None:
        return keras.models.load_model(path, compile=False)
    model = keras.models.model_from_json(Path(path).read_text("utf-8"))
    model.load_weights(weights)
    return model


def _outputs(model: Any, ours: forward.Model, inputs: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Keras' outputs of the same calls, for the inputs of `ours`."""
    import keras

    operations = {each.name: each for each in getattr(model, "operations", model.layers)}
    tensors = []
    for call in ours.calls:
        nodes = operations[call.name]._inbound_nodes  # a model inside has one of its own in front of its calls
        last = max(other.index for other in ours.calls if other.name == call.name)
        tensors.append(nodes[len(nodes) - 1 - last + call.index].output_tensors)
    by_name = {  # texts as an array with the axes that Keras expects; `forward` takes them without
        entrance.name: x.reshape(len(x), *[1] * len(entrance.shape)) if x.dtype == object else x
        for entrance, x in zip(ours.entrances, inputs, strict=True)
    }
    x = [by_name[tensor._keras_history.operation.name] for tensor in model.inputs]
    outputs = keras.Model(model.inputs, tensors)(x, training=False)
    return [[np.asarray(each) for each in _listed(output)] for output in _listed(outputs)]


def _row(theirs: np.ndarray, ours: np.ndarray) -> dict[str, Any]:
    """NaN beside NaN, or infinite beside infinite, is equal."""
    if theirs.shape != ours.shape:
        return {"output shape": ours.shape, "max |Δ|": np.nan, "mean |Δ|": np.nan, "verdict": "differs"}
    theirs, ours = theirs.astype(np.float64), ours.astype(np.float64)
    same = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
    difference = np.abs(np.subtract(theirs, ours, where=~same, out=np.zeros_like(theirs)))
    most = difference.max(initial=0)
    allowed = ROUNDING * np.abs(theirs[np.isfinite(theirs)]).max(initial=0)
    verdict = "equal" if most == 0 else "rounding" if most <= allowed else "differs"
    mean = difference.mean() if difference.size else 0.0
    return {"output shape": ours.shape, "max |Δ|": most, "mean |Δ|": mean, "verdict": verdict}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
