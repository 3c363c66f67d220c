"""How one network is trained, whatever its architecture.

With the architecture's own file this is all the code that decides a run's outcome, and it counts for the fingerprint:
what changes here, docstrings, comments and layout apart, trains every network anew.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
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
    return keras.Sequential(stack, name=f"{variant.architecture}_{variant.name}".replace("-", "_"))


def train(
    variant: Variant, training: Settings, epochs: int, seed: int, data: Dataset, journal: Journal | None = None
) -> tuple[Any, Settings]:
    """Train a new model in this process; return it and the record of its training.

    The learning rate falls to zero along a cosine over all the epochs. The model has the weights of the
    epoch with the lowest validation loss, and no optimizer. A training whose loss is no number any more has
    diverged: it ends there, and without one sound epoch the model has the weights that it began with.

    From what `journal` kept of it, a training that was broken off goes on, and ends as if it had not been.
    """
    journal = journal or Journal()
    _set_up_tensorflow()
    keras.backend.clear_session()  # nothing of an earlier run in this process
    keras.utils.set_random_seed(seed)
    model = build(variant, training, data)
    _compile(model, _learning_rate(variant, training), epochs * -(-len(data.x_train) // training["batch_size"]))
    state = journal.last()
    state = _restored(model, state) if state else State({}, 0.0, [], model.get_weights())
    batches = _batches_of(data.x_train, data.y_train, training["batch_size"])
    validation = _batches_of(data.x_val, data.y_val, training["batch_size"])(np.arange(len(data.y_val)))
    journal.tell(state, epochs)
    while not _ended(state, epochs, training["patience"]):
        state = _one_epoch(model, state, seed, len(data.y_train), batches, validation)
        journal.tell(state, epochs)
        journal.keep(lambda state=state: replace(state, variables=[each.numpy() for each in _variables(model)]))
    model.set_weights(state.best)
    record = {"train_s": state.seconds, **_record(model, state, data)}
    # A model of Keras' own layers that was never compiled: its file is a third as large.
    stack = [each.plain() if isinstance(each, FusedBatchNormalization) else each for each in model.layers]
    return keras.Sequential([Input(tensor=model.inputs[0]), *stack], name=model.name), record


def _compile(model: Any, learning_rate: float, steps: int) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(learning_rate, steps), global_clipnorm=1.0
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # XLA cannot compile strings, and gained nothing for the CNN
        steps_per_execution=STEPS_AT_ONCE,
    )
    model.optimizer.build(model.trainable_variables)


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


def _ended(state: State, epochs: int, patience: int) -> bool:
    """After all epochs, or so many without a lower validation loss, or one whose loss is no number."""
    waited = state.epochs - state.best_epoch
    return state.epochs == epochs or state.diverged or (state.best_epoch > 0 and waited >= patience)


def _variables(model: Any) -> list[Any]:
    """All that training changes: weights, moments, counters, and the states of the random numbers."""
    return [*model.variables, *model.optimizer.variables]


def _restored(model: Any, state: State) -> State:
    for variable, value in zip(_variables(model), state.variables, strict=True):
        variable.assign(value)
    return state


def _learning_rate(variant: Variant, training: Settings) -> float:
    """Networks with batch normalization bear a larger one, which is searched by itself."""
    normalized = variant.settings.get("batch_normalization", False)
    return training["normalized_learning_rate" if normalized else "learning_rate"]


def _set_up_tensorflow() -> None:
    """One thread and deterministic operations, once per worker process."""
    # The maximum over time needs no mask: a masked step repeats the last output, or is zero in both directions.
    warnings.filterwarnings("ignore", message=".*destroy the mask")
    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()


def _record(model: Any, state: State, data: Dataset) -> Settings:
    """What is known of a trained model without the test split."""
    best = state.best_epoch
    return {
        "params": model.count_params(),
        "epochs": state.epochs,
        "best_epoch": best,
        "diverged": state.diverged,
        "metrics": {
            "val_loss": state.history["val_loss"][best - 1] if best else math.nan,
            "val_f1": _f1(model, data.x_val, data.y_val, data.classes),
            "train_f1": _f1(model, data.x_train, data.y_train, data.classes),
        },
        "history": state.history,
    }


def _f1(model: Any, x: np.ndarray, y: np.ndarray, classes: tuple[str, ...]) -> float:
    """The macro-F1 of a model as it is used, with no dropout and no augmentation."""
    return macro_f1(y, model.predict(x, batch_size=256, verbose=0).argmax(axis=1), len(classes))
