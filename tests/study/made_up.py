"""Made-up runs and results, for what must follow from results of every kind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from study import evidence, store
from study.architectures import ARCHITECTURES, pairs, variants
from study.baselines import Baseline
from study.checks import Check
from study.datasets import Dataset
from study.evaluation import by_variant
from study.predictions import spread
from study.runs import Place, Run
from study.statistics import macro_f1

RIVAL = "linear SVM, word counts"
RULES = ("best", "last", "mean")  # which weights a network may keep
# The variants that the study was asked for, by architecture and group, in this order.
OF_TEXTS = {
    "layers": ["1", "2", "3"],
    "cells": ["32-16", "64-32", "128-64"],
    "direction": ["unidirectional", "bidirectional"],
    "beyond": ["unmasked", "masked", "maximum", "bidirectional"],
    "equal": ["unmasked", "masked"],
}
ASKED_FOR = dict.fromkeys(("simple_rnn", "lstm", "gru"), OF_TEXTS) | {
    "cnn": {
        "convolutions": ["2", "3", "4"],
        "filters": ["16-32-64", "32-64-128", "64-128-256"],
        "kernel_sizes": ["3-3-3", "5-5-5", "3-5-7"],
        "pooling": ["max", "average"],
        "beyond": [
            "baseline",
            "dropout",
            "normalization",
            "augmentation",
            "two-convolutions",
            "global-maximum",
            "reference",
        ],
    }
}
PLAIN = 100  # examples that the plain side predicts, but of the baseline


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
        "fingerprint": "0a",
        "metrics": {"val_loss": 0.5, "val_f1": 0.6, "train_f1": 0.9},
        "history": {"loss": [1.0, 0.8, 0.7, 0.6], "val_loss": [1.1, 0.9, 0.5, 0.6]},
        **record,
    }
    p = probabilities(predicted, classes)
    plain = p.copy() if variant.name == "baseline" else p[spread(PLAIN, len(p))]
    run = Run(variant, seed, Path("none.keras"), record)
    return Check(run, "made up sha256:11", y, classes, p, p.copy(), 0.2, 0.1, plain=plain, plain_s=0.3)


def checks(right, architecture="lstm", seeds=(0,), examples=300, classes=3, spread=0.0, **record):
    """Checks of every variant of an architecture; `right` says what share of its answers is right (baseline: 0.7).

    The right answers of a better variant include those of a worse one, as happens with real networks.
    `spread` is the standard deviation of the share from seed to seed.
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
                share += spread * rng.standard_normal()
                found.append(check(variant, seed, y, np.where(difficulty < share, y, wrong), classes, **record))
    return found


def weighed(found, rival=0.3, place=None):
    """The evidence of some checks; the strongest method without a network is right so often."""
    y, classes = found[0].y, found[0].classes
    answer = np.where(np.random.default_rng(6).random(len(y)) < rival, y, (y + 1) % classes)
    baselines = [
        Baseline("majority class", 0.2, macro_f1(y, np.zeros_like(y), classes), np.zeros_like(y)),
        Baseline(RIVAL, 0.3, macro_f1(y, answer, classes), answer),
    ]
    texts = np.array([f"text {'word ' * (number % 40)}" for number in range(len(y))], dtype=object)
    data = Dataset("nusax", "made up", tuple("abcdefghij"[:classes]), texts, y, texts, y, texts, y, "11")
    answers = {name: np.stack([each.predicted for each in mine]) for name, mine in by_variant(found).items()}
    return evidence.weighed(found, data, place or Place("full", False), answers, baselines)


def keep(found):
    """Leave of made-up evidence what `evidence.gather` leaves, and the kept predictions."""
    for each in found.checks:
        path = store.check_of(replace(each.run, path=found.place.model(each.run.variant, each.run.seed)))
        sides = ("keras", "numpy", "plain")
        arrays = {side: getattr(each, side) for side in sides}
        arrays["seconds"] = np.array([getattr(each, f"{side}_s") for side in sides])
        arrays["errors"] = np.array([getattr(each, f"{side}_error") for side in sides])
        store.kept(path, "mark", lambda arrays=arrays: arrays)
    evidence.save(found)


def results(right, rival=0.3, **settings):
    """The evidence of made-up checks."""
    return weighed(checks(right, **settings), rival)


def comparisons(architecture, said=None, n_seeds=10):
    """The rows of comparisons.csv of an architecture: "not resolved" and 0, but where `said` has another verdict.

    `said`: {(group, variant, baseline) or (group, variant): (effect, verdict)}.
    """
    names = [each.name for each in variants(architecture)]
    rows = []
    for key in [*pairs(architecture), *((evidence.AGAINST_BASELINES, name, RIVAL) for name in names)]:
        effect, verdict = (said or {}).get(key, (said or {}).get(key[:2], (0.0, "not resolved")))
        group, ours, theirs = key
        rows.append([architecture, group, ours, theirs, "macro_f1", n_seeds, effect, effect - 0.004, effect + 0.002])
        rows[-1] += [0.5, ARCHITECTURES[architecture].margin, verdict]
    return pd.DataFrame(rows, columns=evidence.COLUMNS)


def tables(architecture, said=None, scores=None, seeds=(0, 1), **columns):
    """results, baselines and comparisons of an architecture; `scores`: {variant: (validation, test)}, else 0.6, 0.5."""
    rows = [
        {
            "architecture": architecture,
            "group": ";".join(each.labels),
            "variant": each.name,
            "seed": seed,
            "params": 1234,
            "val_f1": (scores or {}).get(each.name, (0.6, 0.5))[0],
            "test_f1_keras": (scores or {}).get(each.name, (0.6, 0.5))[1],
            "test_f1_numpy": (scores or {}).get(each.name, (0.6, 0.5))[1],
            "agreement": 1.0,
            "max_abs_diff": 1e-7,
            "keras_s": 0.8,
            "numpy_s": 0.2,
            "train_s": 10.0,
            "plain_examples": 4,
            "plain_agreement": 1.0,
            "plain_max_abs_diff": 1e-7,
            "plain_s": 3.0,
            "data_source": "made up sha256:11",
            "dead": False,
            **columns,
        }
        for each in variants(architecture)
        for seed in seeds
    ]
    methods = [("majority class", 0.2, 0.21), (RIVAL, 0.4, 0.41), ("best on test data alone", 0.3, 0.45)]
    baselines = pd.DataFrame(methods, columns=["name", "val_f1", "test_f1"])
    baselines.insert(0, "architecture", architecture)
    baselines["predicted"] = "0120"
    return pd.DataFrame(rows), baselines, comparisons(architecture, said, len(seeds))
