"""Simple recurrent networks on NusaX-Senti's sentences."""

from __future__ import annotations

from typing import Any

from . import Architecture, Published, Settings, recurrent


def build(settings: Settings, training: Settings, data: Any) -> list:
    """Keras' SimpleRNN between an embedding and a softmax."""
    from keras.layers import SimpleRNN

    return recurrent.stack(SimpleRNN, "simple_rnn", settings, training, data)


COPIED = "copied in the source, not comparable (repeats its layer row digit for digit)"

ARCHITECTURE = Architecture(
    order=2,
    title="SimpleRNN",
    dataset="nusax",
    margin=recurrent.MARGIN,
    baseline=recurrent.BASELINE,
    groups=recurrent.GROUPS,
    build=build,
    training={
        "max_tokens": 2000,
        "sequence_length": 60,
        "embedding_units": 256,
        "word_dropout": 0.3,
        "input_dropout": 0.0,
        "dropout": 0.0,
        "batch_size": 32,
        "learning_rate": 6.6e-4,
        "label_smoothing": 0.2,
        "epochs": 15,
        "keep": "mean",
    },
    trainings={"equal": recurrent.EQUAL_TRAINING},
    search=recurrent.SEARCH,
    seeds=40,
    conditions=recurrent.CONDITIONS,
    decided_after_test=recurrent.INPUT_DROPOUT,
    published=(
        Published("layers", "1", 0.3825),
        Published("layers", "2", 0.3084),
        Published("layers", "3", 0.2720),
        Published("cells", "32-16", 0.3048),
        Published("cells", "64-32", 0.2804),
        Published("cells", "128-64", 0.3441),
        Published("direction", "unidirectional", 0.3825, COPIED),
        Published("direction", "bidirectional", 0.3084, COPIED),
    ),
)
