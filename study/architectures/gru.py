"""GRU networks on NusaX-Senti's sentences."""

from __future__ import annotations

from typing import Any

from . import Architecture, Settings, recurrent


def build(settings: Settings, training: Settings, data: Any) -> list:
    """Keras' GRU between an embedding and a softmax."""
    from keras.layers import GRU

    return recurrent.stack(GRU, "gru", settings, training, data)


ARCHITECTURE = Architecture(
    order=4,
    title="GRU",
    dataset="nusax",
    margin=recurrent.MARGIN,
    baseline=recurrent.BASELINE,
    groups=recurrent.GROUPS,
    build=build,
    training={
        "max_tokens": 2000,
        "sequence_length": 80,
        "embedding_units": 128,
        "word_dropout": 0.7,
        "input_dropout": 0.7,
        "dropout": 0.0,
        "batch_size": 32,
        "learning_rate": 0.0026,
        "epochs": 15,
        "label_smoothing": 0.1,
        "keep": "mean",
    },
    trainings={"equal": recurrent.EQUAL_TRAINING},
    search=recurrent.SEARCH,
    seeds=20,
    conditions=recurrent.CONDITIONS,
    decided_after_test=recurrent.INPUT_DROPOUT,
)
