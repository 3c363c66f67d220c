"""How one network is trained, whatever its architecture.

With the architecture's own file this is all the code that decides a run's outcome, and it counts for the fingerprint:
what changes here, docstrings, comments and layout apart, trains every network anew.
"""

from __future__ import annotations

import math
import re
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import Input, layers

from .architectures import ARCHITECTURES, Settings, Variant
from .datasets import Dataset
from .journal import Journal, State
from .statistics import macro_f1

Batches = Callable[[np.ndarray], tf.data.Dataset]
STEPS_AT_ONCE = 16  # batches between two returns to Python: 7 % faster, and the same results


class FusedBatchNormalization(layers.BatchNormalization):
    """Keras' layer, in training by TensorFlow's fused operation: the largest network's epoch takes a quarter less.

    The moving variance counts a batch's variance with n - 1 instead of n, which is the same for thousands of pixels.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize by the batch in training, else by the moving mean and variance."""
        if not training:
            return super().call(inputs, training=False)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(inputs, self.gamma, self.beta, epsilon=self.epsilon)
        self.moving_mean.assign(self.momentum * self.moving_mean + (1 - self.momentum) * mean)
        self.moving_variance.assign(self.momentum * self.moving_variance + (1 - self.momentum) * variance)
        return outputs

    def plain(self) -> layers.BatchNormalization:
        """Keras' own layer with the same weights."""
        plain = layers.BatchNormalization.from_config(self.get_config())
        plain.build(self.input.shape)
        plain.set_weights(self.get_weights())
        return plain


def build(variant: Variant, training: Settings, data: Dataset) -> Any:
    """A new Keras model of the layers that the variant's architecture gives."""
    stack = ARCHITECTURES[variant.architecture].build(variant.settings, training, data)
    return keras.Sequential(stack, name=re.sub(r"\W", "_", f"{variant.architecture}_{variant.name}"))


def train(
    variant: Variant, training: Settings, epochs: int, seed: int, data: Dataset, journal: Journal | None = None
) -> tuple[Any, Settings]:
    """Train a new model in this process; return it and the record of its training.

    The learning rate falls to zero along a cosine over all the epochs. Which weights the model has, `training["keep"]`
    says: those of the epoch with the lowest validation loss ("best"), those of the last step ("last"), or the mean over
    about the last tenth of the steps ("mean"). It has no optimizer. A training whose loss is no number any more has
    diverged: it ends there with the best weights, and without one sound epoch with those that it began with.

    From what `journal` kept of it, a training that was broken off goes on, and ends as if it had not been.
    """
    journal = journal or Journal()
    _set_up_tensorflow()
    keras.backend.clear_session()  # nothing of an earlier run in this process
    keras.utils.set_random_seed(seed)
    model = build(variant, training, data)
    _compile(model, variant, training, epochs * -(-len(data.x_train) // training["batch_size"]))
    state = journal.last()
    state = _restored(model, state) if state else State({}, 0.0, [], model.get_weights())
    classes, smoothing = len(data.classes), training.get("label_smoothing", 0.0)
    batches = _batches_of(data.x_train, _wanted(data.y_train, classes, smoothing), training["batch_size"])
    validation = _batches_of(data.x_val, _wanted(data.y_val, classes), 256)(np.arange(len(data.y_val)))
    journal.tell(state, epochs)
    while state.epochs < epochs and not state.diverged:
        state = _one_epoch(model, state, seed, len(data.y_train), batches, validation)
        journal.tell(state, epochs)
        journal.keep(lambda state=state: replace(state, variables=[each.numpy() for each in _variables(model)]))
    rules = _judged(model, state, data)
    kept = "best" if state.diverged else training["keep"]
    model.set_weights(rules[kept][0])
    scores = {rule: score for rule, (_, score) in rules.items()}
    record = {"train_s": state.seconds, "kept": kept, "rules": scores, **_record(model, state, data, validation)}
    # A model of Keras' own layers that was never compiled: its file is a third as large.
    stack = [each.plain() if isinstance(each, FusedBatchNormalization) else each for each in model.layers]
    return keras.Sequential([Input(tensor=model.inputs[0]), *stack], name=model.name), record


def _compile(model: Any, variant: Variant, training: Settings, steps: int) -> None:
    highest, warm_up = _learning_rate(variant, training), round(training.get("warm_up", 0.0) * steps)
    begin = {"initial_learning_rate": 0.0, "warmup_target": highest, "warmup_steps": warm_up}
    schedule = keras.optimizers.schedules.CosineDecay(
        **(begin if warm_up else {"initial_learning_rate": highest}), decay_steps=steps - warm_up
    )
    mean = {"use_ema": True, "ema_momentum": max(0.0, 1 - 10 / steps)}
    if training.get("optimizer") == "nesterov":
        optimizer = _averaging(keras.optimizers.SGD)(
            schedule, momentum=0.9, nesterov=True, weight_decay=training["weight_decay"], **mean
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    else:
        optimizer = _averaging(keras.optimizers.Adam)(schedule, global_clipnorm=1.0, **mean)
    model.compile(
        optimizer=optimizer,
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # XLA cannot compile strings, and gained nothing for the CNN
        steps_per_execution=STEPS_AT_ONCE,
    )
    model.optimizer.build(model.trainable_variables)


@cache
def _averaging(kind: type) -> type:
    """This optimizer, but Keras does not put the mean of the weights into their place at the end of each `fit`."""

    class Averaging(kind):
        def finalize_variable_values(self, var_list: list) -> None:
            pass

        def put_mean(self, variables: list) -> None:
            super().finalize_variable_values(variables)

    return Averaging


def _wanted(y: np.ndarray, classes: int, smoothing: float = 0.0) -> np.ndarray:
    """The probabilities that a network is to learn: (examples, classes), 1 for the class, smoothed.

    Source: Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2016.
    """
    return np.eye(classes, dtype=np.float32)[y] * (1 - smoothing) + np.float32(smoothing / classes)


def _one_epoch(model: Any, state: State, seed: int, examples: int, batches: Batches, validation: Any) -> State:
    """Train for one epoch more.

    The order of the examples depends on the seed and the epoch, the layers' random numbers on states among the
    variables, and nothing on what happened in this process before: so a training can go on in another.
    """
    start = time.perf_counter()
    order = np.random.default_rng([seed, state.epochs]).permutation(examples)
    losses = model.fit(batches(order), validation_data=validation, shuffle=False, verbose=0).history
    history = {name: [*state.history.get(name, []), float(value)] for name, [value] in losses.items()}
    longer = State(history, 0.0, [], state.best)
    best = model.get_weights() if longer.best_epoch == longer.epochs else state.best
    return State(history, state.seconds + time.perf_counter() - start, [], best)


def _batches_of(x: np.ndarray, y: np.ndarray, batch_size: int) -> Batches:
    """A function: the numbers of some examples -> their batches, in this order.

    What Keras makes of arrays is the same, and takes longer to set up than a tenth of a text's epoch.
    """
    x, y = tf.constant(x.tolist() if x.dtype == object else x), tf.constant(y)

    def batches(numbers: np.ndarray) -> tf.data.Dataset:
        pieces = tf.data.Dataset.from_tensor_slices(numbers).batch(batch_size)
        return pieces.map(lambda piece: (tf.gather(x, piece), tf.gather(y, piece)))

    return batches


def _variables(model: Any) -> list[Any]:
    """All that training changes: weights, moments, counters, and the states of the random numbers."""
    return [*model.variables, *model.optimizer.variables]


def _restored(model: Any, state: State) -> State:
    for variable, value in zip(_variables(model), state.variables, strict=True):
        variable.assign(value)
    return state


def _learning_rate(variant: Variant, training: Settings) -> float:
    """Networks with batch normalization bear a larger one, which is searched by itself."""
    normalized = variant.settings.get("batch_normalization") and "normalized_learning_rate" in training
    chosen = training["normalized_learning_rate" if normalized else "learning_rate"]
    return chosen * variant.settings.get("learning_rate_factor", 1)


def _set_up_tensorflow() -> None:
    """One thread and deterministic operations, once per worker process."""
    # The maximum over time needs no mask: a masked step repeats the last output, or is zero in both directions.
    warnings.filterwarnings("ignore", message=".*destroy the mask")
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()


def _judged(model: Any, state: State, data: Dataset) -> dict[str, tuple[list[np.ndarray], float]]:
    """The weights that each rule would keep, and their macro-F1 on the validation data."""
    last = model.get_weights()
    model.optimizer.put_mean(model.trainable_variables)
    weights = {"best": state.best, "last": last, "mean": model.get_weights()}
    scores = {}
    for rule, each in weights.items():
        model.set_weights(each)
        scores[rule] = _f1(model, data.x_val, data.y_val, data.classes)
    return {rule: (weights[rule], scores[rule]) for rule in weights}


def _record(model: Any, state: State, data: Dataset, validation: Any) -> Settings:
    """What is known of a trained model without the test split."""
    return {
        "params": model.count_params(),
        "epochs": state.epochs,
        "best_epoch": state.best_epoch,
        "diverged": state.diverged,
        "metrics": {
            "val_loss": float(model.evaluate(validation, verbose=0)[0]) if state.best_epoch else math.nan,
            "val_f1": _f1(model, data.x_val, data.y_val, data.classes),
            "train_f1": _f1(model, data.x_train, data.y_train, data.classes),
        },
        "history": state.history,
    }


def _f1(model: Any, x: np.ndarray, y: np.ndarray, classes: tuple[str, ...]) -> float:
    """The macro-F1 of a model as it is used, with no dropout and no augmentation."""
    return macro_f1(y, model.predict(x, batch_size=256, verbose=0).argmax(axis=1), len(classes))
