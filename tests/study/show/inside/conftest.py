"""Small networks with random weights, saved and loaded again, and what the pictures take of the study's results."""

from types import SimpleNamespace

import numpy as np
import pytest

import forward
from study.architectures import ARCHITECTURES, variants
from study.datasets import Dataset
from study.runs import Place, Run

from ....conftest import scramble

TEXTS = (
    "Enak sekali, tidak mahal!", "tidak begitu enak", "mahal", "sekali ini tidak",
    "tempat - ini enak dan tidak mahal sekali kata teman saya", "teman saya kata mahal dan tidak enak sekali",
)  # fmt: skip
NEEDED = {
    "lstm": ("baseline", "layers-1", "beyond-unmasked"),
    "gru": ("baseline", "layers-1", "beyond-unmasked"),
    "simple_rnn": ("baseline", "layers-1", "beyond-unmasked"),
    "cnn": ("baseline", "beyond-global-maximum"),
}


def texts():
    """More texts than classes, of several lengths."""
    x = np.array([*TEXTS, *(f"{each} saya" for each in TEXTS)], dtype=object)
    y = np.arange(len(x)) % 3
    return Dataset("nusax", "made up", ("bad", "so so", "good"), x[:-1], y[:-1], x, y, x, y, "11")


def images():
    rng = np.random.default_rng(3)
    x, y = rng.random((12, 32, 32, 3), dtype=np.float32), np.arange(12) % 4
    return Dataset("cifar10", "made up", tuple("abcd"), x, y, x, y, x, y, "11", is_sample=True)


@pytest.fixture
def evidence(tmp_path):
    """A function: an architecture -> its first networks with random weights, and what they answer."""
    import keras

    def make(architecture):
        rng = np.random.default_rng(7)
        data = images() if architecture == "cnn" else texts()
        family, checks = ARCHITECTURES[architecture], []
        place = Place("tiny", data.is_sample, tmp_path)
        for variant in variants(architecture):
            if variant.name in NEEDED[architecture]:
                small = {"sequence_length": 25, "embedding_units": 5, "dense_units": 11}
                training = family.training_of(variant.settings) | small
                model = keras.Sequential(family.build(variant.settings, training, data))
                stack = [each.plain() if hasattr(each, "plain") else each for each in model.layers]  # as it is trained
                model = keras.Sequential([keras.Input(tensor=model.inputs[0]), *stack])
                scramble(model, rng)
                for weight in model.trainable_weights if architecture == "cnn" else ():
                    weight.assign(weight * 1.5 / np.sqrt(np.prod(weight.shape[:-1])))  # or one class would have it all
                path = place.model(variant, 0)
                path.parent.mkdir(parents=True)
                model.save(path)
                p = forward.load_model(path).predict(data.x_test)
                run = Run(variant, 0, path, {})
                checks.append(SimpleNamespace(run=run, keras=p, predicted=p.argmax(axis=1), y=data.y_test))
        return SimpleNamespace(architecture=architecture, data=data, place=place, checks=checks)

    return make


@pytest.fixture
def network(evidence):
    """A function: an architecture -> its baseline, loaded."""
    return lambda architecture: forward.load_model(evidence(architecture).checks[0].run.path)
