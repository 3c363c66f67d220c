"""Keras against `forward`, layer by layer: where do two models part?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forward

# Two float32 engines that add up in another order differ by less than this part of a layer's largest value.
ROUNDING = 1e-5


def compare(model_path: str | Path, x: Any) -> pd.DataFrame:
    """Run Keras and `forward` on x and compare every layer's output, in the order of computation.

    Columns: layer, class, output shape, max |Δ| and mean |Δ| between the two, and a verdict: "equal",
    "rounding" (all differences under 1e-5 of the layer's largest value), "first difference" for the
    first layer beyond that, and "differs" for the ones after it, which inherit it.
    """
    from keras.models import load_model

    theirs, ours = load_model(model_path), forward.load_model(model_path)
    found = ours.activations(x)
    table = pd.DataFrame(
        _row(name, theirs_y, ours_y)
        for (name, ours_outputs), theirs_outputs in zip(found.items(), _outputs(theirs, x, list(found)), strict=True)
        for theirs_y, ours_y in zip(theirs_outputs, _listed(ours_outputs), strict=True)
    )
    classes = {layer.name: layer.class_name for layer in ours.layers}
    table.insert(1, "class", [classes[name.partition(":")[0]] for name in table["layer"]])
    differs = table["verdict"] == "differs"
    table.loc[differs & (differs.cumsum() == 1), "verdict"] = "first difference"
    return table


def _outputs(model: Any, x: Any, names: list[str]) -> list[list[np.ndarray]]:
    """Keras' outputs of the calls that `forward` names "layer" or, from the second call on, "layer:call"."""
    import keras

    calls = [(name.partition(":")[0], int(name.partition(":")[2] or 0)) for name in names]
    operations = {each.name: each for each in getattr(model, "operations", model.layers)}
    tensors = []
    for name, index in calls:
        nodes = operations[name]._inbound_nodes  # a model inside has one of its own in front of its calls
        last = max(number for other, number in calls if other == name)
        tensors.append(nodes[len(nodes) - 1 - last + index].output_tensors)
    if len(model.inputs) == 1 and not isinstance(x, dict):
        x = [np.array(x, dtype=object) if isinstance(x[0], str) else np.asarray(x)]
    outputs = keras.Model(model.inputs, tensors)(x, training=False)
    return [[np.asarray(each) for each in _listed(output)] for output in _listed(outputs)]


def _row(name: str, theirs: np.ndarray, ours: np.ndarray) -> dict[str, Any]:
    row = {"layer": name, "output shape": ours.shape}
    if theirs.shape != ours.shape:
        return row | {"max |Δ|": np.nan, "mean |Δ|": np.nan, "verdict": "differs"}
    difference = np.abs(theirs.astype(np.float64) - ours)
    most = difference.max(initial=0)
    allowed = ROUNDING * np.abs(theirs.astype(np.float64)).max(initial=0)
    verdict = "equal" if most == 0 else "rounding" if most <= allowed else "differs"
    return row | {"max |Δ|": most, "mean |Δ|": difference.mean() if difference.size else 0.0, "verdict": verdict}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
