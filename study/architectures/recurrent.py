"""What the recurrent networks on NusaX-Senti share: all but the cell and the training settings."""

from __future__ import annotations

from typing import Any

from . import Group, Search, Settings

BASELINE = {"units": (64, 32), "bidirectional": False, "mask_zero": True, "over_time": "last", "training": "searched"}
GROUPS = {
    "layers": Group(
        "Number of layers",
        {"1": {"units": (64,)}, "2": {}, "3": {"units": (64, 32, 16)}},
        alone="{} layers",
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
SEEDS = 10

SPACE = {
    "learning_rate": (2e-4, 5e-3),
    "max_tokens": [1000, 2000, 4000],
    "sequence_length": [40, 60, 80],
    "embedding_units": [64, 128, 256],
    "word_dropout": [0.3, 0.5, 0.7],
    "input_dropout": [0.0, 0.3, 0.5],
    "dropout": [0.2, 0.4, 0.6],
    "batch_size": [16, 32],
    "epochs": [10, 15, 20],
}
# The middle of that space, for every kind of cell the same, and searched for none.
EQUAL_TRAINING = {
    "learning_rate": 1e-3,
    "max_tokens": 2000,
    "sequence_length": 60,
    "embedding_units": 128,
    "word_dropout": 0.5,
    "input_dropout": 0.3,
    "dropout": 0.4,
    "batch_size": 32,
    "epochs": 15,
    "patience": 15,
}
TRIED_ON = ("layers-1", "baseline", "beyond-bidirectional")
CLOSER = Search(  # a closer look around what a search over SPACE found
    space={
        "learning_rate": (2.5e-3, 6e-3),
        "embedding_units": [128, 256],
        "word_dropout": [0.5, 0.6, 0.7],
        "input_dropout": [0.5, 0.6, 0.7],
        "dropout": [0.4, 0.5, 0.6],
        "epochs": [10, 15],
    },
    tried_on=TRIED_ON,
    trials=16,
    seeds=(100, 101),
)

# Where the scores stand, this stands beside them.
INPUT_DROPOUT = (
    "input dropout stands before the first recurrent layer alone since two of ten LSTMs of three layers had failed, on "
    "validation and on test data, with input dropout before every layer, as the search had it"
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
