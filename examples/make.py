"""Train the two networks of this folder, and write down what Keras predicts with them.

    .venv/bin/python examples/make.py

sentiment.keras: one LSTM on NusaX-Senti, for sentences.txt. digits.keras: three small convolutions on scikit-learn's
handwritten digits, the study's sample data, for digits.npy, of which none was trained on. expected.json: the classes
and, by Keras, their probabilities.
"""

import json
from pathlib import Path

import numpy as np

from study import datasets, trainer
from study.architectures import ARCHITECTURES, Variant

HERE = Path(__file__).resolve().parent


def train(name, architecture, dataset, epochs, settings, **training):
    """A network of the study's, with these settings instead of the baseline's, as `name`.keras."""
    family = ARCHITECTURES[architecture]
    variant = Variant(architecture, name, family.baseline | settings)
    model, record = trainer.train(variant, family.training | training, epochs, 0, dataset)
    model.save(HERE / f"{name}.keras")
    print(f"{name}: macro-F1 on validation data {record['metrics']['val_f1']:.3f}")
    return model


def expected(model, x, dataset):
    """What Keras predicts."""
    return {"classes": dataset.classes, "probabilities": model.predict(x, verbose=0).tolist()}


def main():
    nusax = datasets.load("nusax", source="real")
    sentiment = train("sentiment", "lstm", nusax, 15, {"units": (64,)}, embedding_units=64)
    sentences = np.array((HERE / "sentences.txt").read_text().splitlines(), dtype=object)

    images = datasets.load("cifar10", source="sample")
    settings = {"filters": (8, 16, 32), "batch_normalization": True, "head": "maximum"}
    digits = train("digits", "cnn", images, 60, settings)
    first = [np.flatnonzero(images.y_test == digit)[0] for digit in range(len(images.classes))]  # one of each
    np.save(HERE / "digits.npy", (images.x_test[first] * 255).round().astype(np.uint8))

    results = {
        "sentiment": expected(sentiment, sentences, nusax),
        "digits": expected(digits, images.x_test[first], images),
    }
    (HERE / "expected.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
