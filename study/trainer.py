"""How one network is trained, whatever its architecture.

With the architecture's own file this is all the code that decides a run's outcome, and it counts for the fingerprint:
what changes here, docstrings, comments and layout apart, trains every network anew.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import Input, layers

from .architectures import ARCHITECTURES, Settings, Variant
from .datasets import Dataset
from .statistics import macro_f1

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


def train(variant: Variant, training: Settings, epochs: int, seed: int, data: Dataset) -> tuple[Any, Settings]:
    """Train a new model in this process; return it and the record of its training.

    The learning rate falls to zero along a cosine over all the epochs. The model has the weights of the
    epoch with the lowest validation loss, and no optimizer.
    """
    _set_up_tensorflow()
    keras.backend.clear_session()  # nothing of an earlier run in this process
    keras.utils.set_random_seed(seed)
    model = build(variant, training, data)
    steps = epochs * -(-len(data.x_train) // training["batch_size"])
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(_learning_rate(variant, training), steps), global_clipnorm=1.0
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # XLA cannot compile strings, and gained nothing for the CNN
        steps_per_execution=STEPS_AT_ONCE,
    )
    start = time.perf_counter()
    history = model.fit(
        data.x_train,
        data.y_train,
        batch_size=training["batch_size"],
        epochs=epochs,
        validation_data=(data.x_val, data.y_val),
        callbacks=[keras.callbacks.EarlyStopping("val_loss", patience=training["patience"], restore_best_weights=True)],
        verbose=0,
    )
    record = {"train_s": time.perf_counter() - start, **_record(model, history.history, data)}
    # A model of Keras' own layers that was never compiled: its file is a third as large.
    stack = [each.plain() if isinstance(each, FusedBatchNormalization) else each for each in model.layers]
    return keras.Sequential([Input(tensor=model.inputs[0]), *stack], name=model.name), record


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


def _record(model: Any, history: dict[str, list], data: Dataset) -> Settings:
    """What is known of a trained model without the test split."""
    best = int(np.argmin(history["val_loss"]))
    return {
        "params": model.count_params(),
        "epochs": len(history["loss"]),
        "best_epoch": best + 1,
        "metrics": {
            "val_loss": float(history["val_loss"][best]),
            "val_f1": _f1(model, data.x_val, data.y_val, data.classes),
            "train_f1": _f1(model, data.x_train, data.y_train, data.classes),
        },
        "history": {key: [float(value) for value in values] for key, values in history.items()},
    }


def _f1(model: Any, x: np.ndarray, y: np.ndarray, classes: tuple[str, ...]) -> float:
    """The macro-F1 of a model as it is used, with no dropout and no augmentation."""
    return macro_f1(y, model.predict(x, batch_size=256, verbose=0).argmax(axis=1), len(classes))
