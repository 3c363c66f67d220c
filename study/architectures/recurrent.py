"""What the recurrent networks on NusaX-Senti share: all but the cell and the training settings."""

from __future__ import annotations

from typing import Any

from . import Condition, Group, Search, Settings

BASELINE = {"units": (64, 32), "bidirectional": False, "mask_zero": True, "over_time": "last", "training": "searched"}
GROUPS = {
    "layers": Group(
        "Number of layers",
        {"1": {"units": (64,)}, "2": {}, "3": {"units": (64, 32, 16)}},
        alone="{} layers",
    ),
    "depth": Group(
        "Number of layers, equally wide",
        {"1": {"units": (64,)}, "2": {"units": (64, 64)}, "3": {"units": (64, 64, 64)}},
        alone="{} layers of 64 cells",
        control_of="layers",
        against="2",
    ),
    "cells": Group(
        "Cells per layer",
        {"32-16": {"units": (32, 16)}, "64-32": {}, "128-64": {"units": (128, 64)}},
        alone="{} cells",
    ),
    "direction": Group(
        "Direction",
        {"unidirectional": {}, "bidirectional": {"bidirectional": True}},
    ),
    "half_cells": Group(
        "Direction, as many cells in all",
        {"unidirectional": {}, "bidirectional": {"units": (32, 16), "bidirectional": True}},
        words={"bidirectional": "bidirectional, half cells"},
        control_of="direction",
    ),
    "beyond": Group(
        "Beyond the baseline, one layer",
        {
            "unmasked": {"units": (64,), "mask_zero": False},
            "masked": {"units": (64,)},
            "maximum": {"units": (64,), "over_time": "maximum"},
            "bidirectional": {"units": (64,), "over_time": "maximum", "bidirectional": True},
        },
        stepwise=True,
        words={
            "unmasked": "not masked",
            "maximum": "maximum over time",
            "bidirectional": "both directions",
        },
        alone="1 layer with all steps up to {}",
        lacks={"unmasked": "the mask"},
    ),
    "equal": Group(
        "At equal settings, one layer",
        {
            "unmasked": {"units": (64,), "training": "equal", "mask_zero": False},
            "masked": {"units": (64,), "training": "equal"},
        },
        words={"unmasked": "not masked"},
        alone="1 layer at equal settings, {}",
        lacks={"unmasked": "the mask at equal settings"},
    ),
}
MARGIN = 0.03
EVERY = (
    "baseline", "layers-1", "layers-3", "cells-32-16", "cells-128-64", "direction-bidirectional", "beyond-unmasked",
    "beyond-maximum", "beyond-bidirectional", "depth-2", "depth-3", "half_cells-bidirectional", "equal-unmasked",
    "equal-masked",
)  # fmt: skip
CURVE = ("beyond-bidirectional",)
SHARES = (5, 10, 25, 50)
FOLDS = (1, 2, 3, 4, 5)
CONDITIONS = {
    "half-rate": Condition("half the learning rate", EVERY, {"learning_rate_factor": 0.5}),
    "double-rate": Condition("double the learning rate", EVERY, {"learning_rate_factor": 2}),
    **{
        f"share-{each}": Condition(f"{each} % of the training texts", CURVE, data={"share": each / 100})
        for each in SHARES
    },
    **{f"fold-{each}": Condition(f"fold {each} of 5", CURVE, data={"fold": each}) for each in FOLDS},
}

SPACE = {
    "learning_rate": (2e-4, 1e-2),
    "max_tokens": [500, 1000, 2000, 4000],
    "sequence_length": [20, 30, 40, 60, 80],
    "embedding_units": [32, 64, 128, 256, 512],
    "word_dropout": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    "input_dropout": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    "dropout": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    "label_smoothing": [0.0, 0.1, 0.2, 0.3],
}
# The middle of the space of an earlier search, for every kind of cell the same, and searched for none.
EQUAL_TRAINING = {
    "learning_rate": 1e-3,
    "max_tokens": 2000,
    "sequence_length": 60,
    "embedding_units": 128,
    "word_dropout": 0.5,
    "input_dropout": 0.3,
    "dropout": 0.4,
    "label_smoothing": 0.0,
    "batch_size": 32,
    "epochs": 15,
    "keep": "mean",
}
SEARCH = Search(
    space=SPACE,
    tried_on=("layers-1", "baseline", "beyond-bidirectional"),
    trials=24,
    rules_on=("baseline", "layers-1", "layers-3", "cells-32-16", "cells-128-64", "direction-bidirectional"),
)

# Where the scores stand, this stands beside them.
INPUT_DROPOUT = (
    "input dropout stands before the first recurrent layer only: with it before every layer, as in the search, two of "
    "ten LSTMs of three layers had failed, on validation and on test data"
)


def stack(cell: Any, name: str, settings: Settings, training: Settings, data: Any) -> list:
    """Vocabulary -> Embedding -> recurrent layers, the last state or a maximum -> Dropout -> Dense(softmax).

    `cell` is the class of Keras' recurrent layer. Word dropout leaves out whole words: their vector is zero. Source:
    Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods for Text Classification, 2015. Input dropout
    leaves out single numbers of the vectors, before the first layer alone: with it before each of them, some deep
    networks failed.
    """
    from keras import Input, layers

    words = layers.TextVectorization(
        training["max_tokens"], output_sequence_length=training["sequence_length"], name="words"
    )
    words.adapt(data.x_train.tolist())
    found = [
        Input((), dtype="string"),
        words,
        layers.Embedding(
            words.vocabulary_size(), training["embedding_units"], mask_zero=settings["mask_zero"], name="embedding"
        ),
        layers.Dropout(training["word_dropout"], noise_shape=(None, None, 1), name="word_dropout"),
    ]
    for number, units in enumerate(settings["units"], 1):
        layer = cell(
            units,
            return_sequences=number < len(settings["units"]) or settings["over_time"] == "maximum",
            dropout=training["input_dropout"] if number == 1 else 0.0,
            name=f"{name}_{number}",
        )
        found.append(layers.Bidirectional(layer, name=f"both_{number}") if settings["bidirectional"] else layer)
    if settings["over_time"] == "maximum":
        found.append(layers.GlobalMaxPooling1D(name="maximum"))
    found.append(layers.Dropout(training["dropout"], name="dropout"))
    found.append(layers.Dense(len(data.classes), activation="softmax", name="classes"))
    return found
