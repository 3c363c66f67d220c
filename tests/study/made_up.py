"""Made-up runs and results, for what must follow from results of every kind."""

from pathlib import Path

import numpy as np

from study.evaluation import Check
from study.runs import Run
from study.variants import variants


def probabilities(predicted, classes):
    """One-hot, near enough."""
    return np.eye(classes, dtype=np.float32)[predicted] * 0.8 + 0.1


def check(variant, seed, y, predicted, classes=3, **record):
    """A Check of a run that predicted this."""
    record = {
        "params": 1234,
        "epochs": 4,
        "epochs_at_most": 6,
        "best_epoch": 3,
        "train_s": 1.5,
        "data_source": "as trained sha256:00",
        "metrics": {"val_loss": 0.5, "val_f1": 0.6},
        "history": {"loss": [1.0, 0.8, 0.7, 0.6], "val_loss": [1.1, 0.9, 0.5, 0.6]},
        **record,
    }
    p = probabilities(predicted, classes)
    return Check(Run(variant, seed, Path("none.keras"), record), "made up sha256:11", y, classes, p, p.copy(), 0.2, 0.1)


def checks(right, architecture="lstm", seeds=(0,), examples=300, classes=3, **record):
    """Checks of every variant of an architecture; `right` says what share of its answers is right (baseline: 0.7).

    The right answers of a better variant include those of a worse one, as happens with real networks.
    """
    rng = np.random.default_rng(5)
    y = np.arange(examples) % classes
    found = []
    for seed in seeds:
        difficulty = rng.permutation(examples) / examples
        wrong = (y + 1 + rng.integers(0, classes - 1, examples)) % classes
        for variant in variants(architecture):
            share = right.get(variant.name, right.get("baseline", 0.7))
            if share is None:  # a dead network
                found.append(check(variant, seed, y, np.ones(examples, int), classes, **record))
            else:
                found.append(check(variant, seed, y, np.where(difficulty < share, y, wrong), classes, **record))
    return found
