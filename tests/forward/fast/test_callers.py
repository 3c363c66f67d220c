"""Several callers of `predict` at once, as in a server."""

import threading
import time

import keras
import numpy as np
import pytest
from keras import layers

LONG = 30  # seconds; whoever has not come back by then waits for ever


def start_and_wait(callers):
    for caller in callers:
        caller.start()
    until = time.monotonic() + LONG
    for caller in callers:
        caller.join(max(0, until - time.monotonic()))


def test_the_number_of_threads_changes_nothing(many):
    ours, x = many
    one = ours.predict(x, threads=1)
    for number in (None, 2, 3, 100):
        np.testing.assert_array_equal(ours.predict(x, threads=number), one)


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
def test_threads_must_be_a_number(many, number):
    with pytest.raises(ValueError, match="threads must be a whole number of at least 1"):
        many[0].predict(many[1], threads=number)


def test_callers_do_not_disturb_each_other(many, twin, blas_threads, rng):
    """Nine callers, three models, different numbers of threads: each gets what one alone gets, to the last digit.

    Between two predictions each meets an error, after which the others must not wait for it.
    """
    tokens, small = keras.Input((9,), dtype="int32"), keras.Input((5,))
    stack = layers.Embedding(50, 16, mask_zero=True), layers.Bidirectional(layers.LSTM(12)), layers.Dense(3)
    text, dense = keras.Sequential([tokens, *stack]), keras.Sequential([small, layers.Dense(300), layers.Dense(2)])
    work = [many, (twin(text), rng.integers(0, 50, (3000, 9))), (twin(dense), rng.normal(size=(7, 5)))]
    huge = np.full((20, 30, 40, 3), np.float32(3e38))
    errors, turns = [], threading.Barrier(9)

    def call(number):
        try:
            turns.wait(LONG)
            for turn in range(4):
                model, x = work[(number + turn) % 3]
                found = model.predict(x, threads=[None, 1, 2, 5][(number * turn) % 4])
                np.testing.assert_array_equal(found, expected[id(model)])
                with np.errstate(over="raise"), pytest.raises(FloatingPointError):
                    many[0].predict(huge, threads=2)
        except BaseException as error:
            errors.append(error)

    expected = {id(model): model.predict(x) for model, x in work}
    callers = [threading.Thread(target=call, args=[number], daemon=True) for number in range(9)]
    start_and_wait(callers)
    assert not any(caller.is_alive() for caller in callers), "they wait for each other"
    assert errors == []
    assert blas_threads() == 2


def test_the_first_predictions_of_a_model_may_come_at_once(twin, rng):
    """Then the plan is made."""
    tokens = keras.Input((9,), dtype="int32")
    ours = twin(keras.Sequential([tokens, layers.Embedding(50, 16), layers.LSTM(12), layers.Dense(3)]))
    x, found = rng.integers(0, 50, (20, 9)), []
    callers = [threading.Thread(target=lambda: found.append(ours.predict(x)), daemon=True) for _ in range(6)]
    start_and_wait(callers)
    assert len(found) == 6
    for each in found:
        np.testing.assert_array_equal(each, ours.predict(x))


def test_numpys_error_state_holds_in_threads(many):
    ours, x = many
    huge = np.where(x > 0, x, np.float32(3e38))
    with np.errstate(all="ignore"):
        ours.predict(huge)
    with np.errstate(over="raise", invalid="raise"), pytest.raises(FloatingPointError):
        ours.predict(huge, threads=2)
