"""A training recomputed by its formulas: optimizers, rates, smoothed labels, and which weights are kept."""

from typing import Any, NamedTuple

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf

from study import trainer
from study.architectures import ARCHITECTURES, Variant, under, variants
from study.datasets import Dataset
from study.journal import Journal
from study.statistics import macro_f1
from study.trainer import build

from .made_up import RULES

SEED = 3
# Trained by hand, too: 4 epochs of 5 batches, the last one smaller. Settings of the network, and of its training.
RECIPES = {
    "Adam": ({}, {"learning_rate": 0.02}),
    "Adam, rising, smoothed, at a half": (
        {"learning_rate_factor": 0.5},
        {"learning_rate": 0.04, "warm_up": 0.3, "label_smoothing": 0.3},
    ),
    "Nesterov": ({}, {"optimizer": "nesterov", "learning_rate": 0.05, "weight_decay": 0.0}),
    "Nesterov, normalized, decaying, smoothed": (
        {"batch_normalization": True},
        {
            "optimizer": "nesterov",
            "learning_rate": 1.0,  # not that of normalized networks
            "normalized_learning_rate": 0.05,
            "weight_decay": 0.3,
            "warm_up": 0.25,
            "label_smoothing": 0.1,
        },
    ),
}
EPOCHS, BATCH = 4, 9
LONGER = "Nesterov, normalized, decaying, smoothed"  # of which each rule is tried, over more epochs


def data():
    """A colour for each class, which a network learns at once; a third of the validation labels are wrong."""
    rng, y, y_val = np.random.default_rng(3), np.arange(41) % 3, np.arange(30) % 3
    x, x_val = (rng.normal(np.eye(3)[each][:, None, None], 1.5, (len(each), 4, 4, 3)) for each in (y, y_val))
    told = np.where(np.arange(30) < 10, (y_val + 1) % 3, y_val)
    x, x_val = x.astype(np.float32), x_val.astype(np.float32)
    return Dataset("cifar10", "", ("a", "b", "c"), x, y, x_val, told, x[:0], y[:0], "11")


def small(**settings):
    """A CNN of two layers of weights and, if it is normalized, one of normalization; without random numbers."""
    alone = {"filters": (5,), "kernel_sizes": (3,), "dropout_after": "nothing", "head": "maximum"}
    return Variant("cnn", "small", variants("cnn")[0].settings | alone | settings)


class Watch(Journal):
    """Remembers all variables after each epoch."""

    def __init__(self):
        self.variables = []

    def keep(self, state):
        self.variables.append(state().variables)


class Trained(NamedTuple):
    """What a training gave; `p`: the probabilities for the validation data, `by_epoch`: the weights after each."""

    record: dict[str, Any]
    weights: dict[str, np.ndarray]
    p: np.ndarray
    by_epoch: list[dict[str, np.ndarray]]


def train(settings, training, epochs, rule):
    """In a worker: train it by the study's code."""
    watch, examples = Watch(), data()
    chosen = {"batch_size": BATCH, "keep": rule} | training
    model, record = trainer.train(small(**settings), chosen, epochs, SEED, examples, watch)
    names = [name_of(each) for each in model.weights]  # they come first among the variables
    by_epoch = [dict(zip(names, values, strict=False)) for values in watch.variables]
    p = model.predict(examples.x_val, verbose=0)
    return Trained(record, dict(zip(names, model.get_weights(), strict=True)), p, by_epoch)


def name_of(variable):
    """Its layer's name and its own."""
    return "/".join(variable.path.split("/")[-2:])


def trained_by_hand(settings, training):
    """In a worker: {weight: its values} after each step, by the formulas; the gradients are TensorFlow's."""
    trainer._set_up_tensorflow()
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    examples, variant = data(), small(**settings)
    model = build(variant, training, examples)
    weights, smoothing = model.trainable_variables, training.get("label_smoothing", 0)
    steps, found, state = EPOCHS * -(-len(examples.x_train) // BATCH), [], {}
    for step, batch in enumerate(batches(examples)):
        wanted = (np.eye(3)[examples.y_train[batch]] * (1 - smoothing) + smoothing / 3).astype(np.float32)
        with tf.GradientTape() as tape:
            p = model(examples.x_train[batch], training=True)
            loss = -tf.reduce_mean(tf.reduce_sum(wanted * tf.math.log(p), axis=1))
        gradients = [each.numpy().astype(np.float64) for each in tape.gradient(loss, weights)]
        rate = rate_of(step, steps, settings, training)
        change = nesterov if "optimizer" in training else adam
        for each, new in zip(weights, change(weights, gradients, rate, step, training, state), strict=True):
            each.assign(new)
        found.append({name_of(each): each.numpy() for each in weights})
    return found


def batches(examples):
    for epoch in range(EPOCHS):
        order = np.random.default_rng([SEED, epoch]).permutation(len(examples.y_train))
        yield from np.split(order, range(BATCH, len(order), BATCH))


def rate_of(step, steps, settings, training):
    """Linearly from zero to the highest, then along half a cosine to zero."""
    highest = training["normalized_learning_rate" if "batch_normalization" in settings else "learning_rate"]
    highest *= settings.get("learning_rate_factor", 1)
    rising = round(training.get("warm_up", 0) * steps)
    if step < rising:
        return highest * step / rising
    return highest * (1 + np.cos(np.pi * (step - rising) / (steps - rising))) / 2


def adam(weights, gradients, rate, step, training, state):
    """Kingma and Ba, 2015, the gradients cut to a norm of 1 over all weights."""
    norm = np.sqrt(sum(np.sum(each**2) for each in gradients))
    for number, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        gradient = gradient / max(norm, 1)
        first, second = state.get(number, (0, 0))
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        state[number] = first, second
        mean, square = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.999 ** (step + 1))
        yield weight.numpy() - rate * mean / (np.sqrt(square) + 1e-7)


def nesterov(weights, gradients, rate, step, training, state):
    """Sutskever et al., 2013; kernels alone decay, in proportion to the rate (Loshchilov and Hutter, 2019)."""
    for number, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        decayed = weight.numpy() * (1 - rate * training["weight_decay"] * (weight.name == "kernel"))
        state[number] = 0.9 * state.get(number, 0) - rate * gradient
        yield decayed + 0.9 * state[number] - rate * gradient


def mean_of(steps):
    """The exponential mean of some weights after each step, over about the last tenth of the steps.

    It begins with those after the first step. Source: Keras' optimizers with `use_ema`.
    """
    momentum, mean = 1 - 10 / len(steps), steps[0]
    for weights in steps[1:]:
        mean = {path: momentum * old + (1 - momentum) * weights[path] for path, old in mean.items()}
    return mean


@pytest.fixture(scope="module")
def trained():
    """{recipe: the weights after each step by hand}, and {(recipe, rule): what a training gave}."""
    hand = [joblib.delayed(trained_by_hand)(*each) for each in RECIPES.values()]
    cases = [(name, EPOCHS, rule) for name in RECIPES for rule in ("last", "mean")]
    cases += [(LONGER, 9, rule) for rule in RULES]
    calls = [joblib.delayed(train)(*RECIPES[name], epochs, rule) for name, epochs, rule in cases]
    found = joblib.Parallel(2)([*hand, *calls])
    return dict(zip(RECIPES, found, strict=False)), dict(zip(cases, found[len(hand) :], strict=True))


def apart(some, others):
    """The largest difference between weights of the same names."""
    return max(np.abs(each - others[path]).max() for path, each in some.items())


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_weights_are_those_of_the_formulas(recipe, trained):
    """Those of the last step, and the mean, which is not the same."""
    steps = trained[0][recipe]
    last, mean = (trained[1][recipe, EPOCHS, rule].weights for rule in ("last", "mean"))
    assert len(steps) == 20
    assert apart(steps[-1], last) < 1e-4
    assert apart(mean_of(steps), mean) < 1e-4
    assert apart(mean_of(steps), last) > 5e-4


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_keeps_its_weights(rule, trained):
    """Of one and the same training, whose best epoch is neither its first nor its last."""
    record, weights, _, by_epoch = found = trained[1][LONGER, 9, rule]
    assert record["history"] == trained[1][LONGER, 9, "last"].record["history"]
    assert record["epochs"] == len(by_epoch) == 9
    assert record["best_epoch"] == np.argmin(record["history"]["val_loss"]) + 1 not in (1, 9)
    assert record["kept"] == rule
    same = [epoch for epoch, each in enumerate(by_epoch, 1) if apart(each, weights) == 0]
    assert same == {"best": [record["best_epoch"]], "last": [9], "mean": []}[rule]
    if rule == "mean":  # of what is trained; the moving statistics are those of the last step
        moved = {path for path, each in weights.items() if np.abs(each - by_epoch[-1][path]).max() > 0}
        assert moved == {path for path in weights if path.endswith(("/kernel", "/bias", "/gamma", "/beta"))}
    assert found.record["rules"].keys() == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_the_record_is_of_the_weights_that_are_kept(rule, trained):
    """Its validation loss is against the labels as they are, though the network learnt smoothed ones."""
    assert RECIPES[LONGER][1]["label_smoothing"] > 0
    record, _, p, _ = trained[1][LONGER, 9, rule]
    told, metrics = data().y_val, record["metrics"]
    np.testing.assert_allclose(metrics["val_loss"], -np.log(p[np.arange(len(told)), told]).mean(), rtol=1e-5)
    epoch = {"best": record["best_epoch"], "last": 9}.get(rule)
    if epoch:
        np.testing.assert_allclose(metrics["val_loss"], record["history"]["val_loss"][epoch - 1], rtol=1e-5)
    else:
        assert np.abs(np.array(record["history"]["val_loss"]) - metrics["val_loss"]).min() > 1e-3
    assert metrics["val_f1"] == record["rules"][rule] == macro_f1(told, p.argmax(axis=1), 3)
    assert record["rules"] == trained[1][LONGER, 9, "best"].record["rules"]
    assert record["rules"]["best"] != record["rules"]["last"]


def test_half_and_double_the_rate_are_conditions():
    """Their networks are trained at another rate, and nothing else of them changes."""
    for name, factor in (("half-rate", 0.5), ("double-rate", 2)):
        studied = {each.name: each for each in variants("lstm")}
        for each in under("lstm", name):
            own, training = studied[each.name.partition("@")[0]], ARCHITECTURES["lstm"].training
            assert trainer._learning_rate(each, training) == factor * trainer._learning_rate(own, training)
