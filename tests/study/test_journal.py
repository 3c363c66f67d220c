"""What is kept of a training under way: broken off anywhere and gone on with, it ends as if it had not been."""

import itertools
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pytest

from study import journal, runs
from study.architectures import ARCHITECTURES, Variant, variants
from study.datasets import Dataset
from study.journal import FileJournal, State

# Each training has a process of its own, in which nothing ran before; TensorFlow is loaded for all of them once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["study.trainer"])

WHOLE = {"history": {"loss": [2.0, 1.0], "val_loss": [1.5, 1.25]}, "seconds": 3.5}
STATE = State(**WHOLE, variables=[np.arange(6.0).reshape(2, 3), np.array(7, "uint32")], best=[np.eye(2)])


def images():
    """A colour for each class; a quarter of the validation labels are wrong."""
    rng, y, y_val = np.random.default_rng(3), np.arange(64) % 3, np.arange(40) % 3
    x, x_val = (rng.normal(np.eye(3)[each][:, None, None], 1, (len(each), 4, 4, 3)) for each in (y, y_val))
    told = np.where(np.arange(40) < 10, (y_val + 1) % 3, y_val)
    return Dataset("cifar10", "", ("a", "b", "c"), x, y, x_val, told, x[:0], y[:0], "11")


def texts():
    """What is learnt in training is wrong in validation: an early epoch is the best."""
    rng, y = np.random.default_rng(4), np.arange(24) % 3
    x = np.array([" ".join(rng.choice(list("abcdefghij"), 5)) for _ in y], dtype=object)
    return Dataset("nusax", "", ("a", "b", "c"), x, y, x, (y + 1) % 3, x[:0], y[:0], "11")


SMALL = {"batch_size": 2, "keep": "mean"}
NORMALIZED = {"filters": (5,), "kernel_sizes": (3,), "head": "maximum", "dropout_after": "blocks"}
SHORT = {"batch_size": 4, "keep": "best", "learning_rate": 0.03, "sequence_length": 5, "word_dropout": 0.1}
NESTEROV = {"optimizer": "nesterov", "weight_decay": 0.1, "warm_up": 0.4, "label_smoothing": 0.1, "keep": "last"}
# Architecture, settings, training, epochs. A CNN's epoch has 32 batches: Keras returns to Python after 16.
TRAININGS = {
    "cnn": ("cnn", NORMALIZED | {"batch_normalization": True, "augmentation": True}, SMALL | {"dropout": 0.4}, 6),
    "lstm": ("lstm", {"units": (4,)}, SHORT, 5),
    "nesterov": ("cnn", NORMALIZED, NESTEROV | {"batch_size": 16, "dropout": 0.4}, 4),
    "no number": ("cnn", NORMALIZED, SMALL, 6),
    "no number at once": ("cnn", NORMALIZED, SMALL, 6),
}
POISONED = {"no number": 4, "no number at once": 1}  # training: the epoch in which its weights become NaN
BREAKS = {  # (training, how it is broken off): after so many epochs, or in the one after
    ("cnn", "between epochs"): 3,
    ("cnn", "in an epoch"): 2,
    ("cnn", "while keeping"): 3,
    ("lstm", "between epochs"): 3,
    ("lstm", "after the last"): 5,
    ("nesterov", "between epochs"): 2,
    ("no number", "after the last"): 4,
}


def trained(name, folder, broken=None, after=0):
    """In a process of its own: the weights, the record, and how many epochs were kept of what had been broken off."""
    from study import trainer

    architecture, settings, chosen, epochs = TRAININGS[name]
    variant = Variant(architecture, "small", variants(architecture)[0].settings | settings)
    data = texts() if architecture == "lstm" else images()
    mine = FileJournal(folder / "seed-0.keras", "mark")
    begun = (mine.last() or State({}, 0.0, [], [])).epochs
    sabotage(trainer, mine, begun, broken, after, POISONED.get(name))
    model, record = trainer.train(variant, ARCHITECTURES[architecture].training | chosen, epochs, 1, data, mine)
    return model.get_weights(), record, begun


def sabotage(trainer, mine, begun, broken, after, poisoned):
    """Keep every state; end this process so many epochs on, and make the weights NaN in the epoch that is poisoned."""
    journal.SHARE = np.inf
    fit, keep, epochs = trainer.keras.Sequential.fit, mine.keep, itertools.count(begun + 1)

    class End(trainer.keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if broken == "in an epoch" and epoch == after + 1:
                os._exit(9)

    def fit_or_end(model, *arguments, **options):
        nonlocal epoch
        epoch = next(epochs)
        if epoch == poisoned:
            model.layers[-1].kernel.assign(model.layers[-1].kernel * np.nan)
        return fit(model, *arguments, callbacks=[End()], **options)

    def keep_or_end(state):
        if broken == "while keeping" and epoch == after + 1:
            os.replace = lambda *_: os._exit(9)
        keep(state)
        if broken in ("between epochs", "after the last") and epoch == after:
            os._exit(9)

    epoch = begun
    trainer.keras.Sequential.fit, mine.keep = fit_or_end, keep_or_end


def in_a_new_process(*arguments):
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as process:
        return process.submit(trained, *arguments).result()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    with ThreadPoolExecutor(2) as side_by_side:
        return dict(
            zip(
                TRAININGS,
                side_by_side.map(lambda name: in_a_new_process(name, tmp_path_factory.mktemp("whole")), TRAININGS),
                strict=True,
            )
        )


@pytest.fixture(scope="module")
def gone_on(unbroken, tmp_path_factory):
    def one(name, broken, after):
        folder = tmp_path_factory.mktemp("broken")
        with pytest.raises(BrokenProcessPool):
            in_a_new_process(name, folder, broken, after)
        return in_a_new_process(name, folder)

    with ThreadPoolExecutor(2) as side_by_side:
        found = side_by_side.map(lambda each: one(*each, BREAKS[each]), BREAKS)
        return dict(zip(BREAKS, found, strict=True))


@pytest.mark.parametrize("case", BREAKS, ids=", ".join)
def test_gone_on_with_it_ends_as_if_it_had_not_been_broken_off(case, unbroken, gone_on):
    weights, record, begun = gone_on[case]
    expected_weights, expected, _ = unbroken[case[0]]
    assert begun == BREAKS[case]
    assert record.pop("train_s") > 0
    np.testing.assert_equal(record, {key: value for key, value in expected.items() if key != "train_s"})
    for one, other in zip(weights, expected_weights, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_these_trainings_end_in_every_way(unbroken):
    """All epochs, with every rule which weights to keep; no number after sound epochs, and at once."""
    ends = {
        name: (record["epochs"], record["best_epoch"], record["diverged"]) for name, (_, record, _) in unbroken.items()
    }
    for name in ("cnn", "lstm", "nesterov"):
        assert (ends[name][0], ends[name][2]) == (TRAININGS[name][-1], False)
    kept = {name: record["kept"] for name, (_, record, _) in unbroken.items()}
    assert kept == {"cnn": "mean", "lstm": "best", "nesterov": "last"} | dict.fromkeys(POISONED, "best")
    epochs, best, _ = ends["lstm"]  # whose best weights are from before the break
    assert best < BREAKS["lstm", "between epochs"] < epochs == BREAKS["lstm", "after the last"]
    assert ends["no number"][0] == 4 and 0 < ends["no number"][1] < 4 and ends["no number"][2]
    assert ends["no number at once"] == (1, 0, True)
    assert np.isnan(unbroken["no number at once"][1]["metrics"]["val_loss"])


def kept(tmp_path, state=STATE, mark="mark"):
    """A journal in which a state was kept."""
    found = FileJournal(tmp_path / "seed-0.keras", mark)
    found.keep(lambda: state)
    return found


def test_what_was_kept_is_there(tmp_path):
    found = kept(tmp_path).last()
    np.testing.assert_equal(vars(found), vars(STATE))
    assert [each.dtype for each in found.variables] == ["float64", "uint32"]
    assert [path.name for path in tmp_path.iterdir()] == ["seed-0.state.npz"]


@pytest.mark.parametrize("damage", ["gone", "empty", "torn", "zeros", "bit", "no archive", "other", "fewer", "edited"])
def test_what_is_not_the_state_of_this_run_is_none(damage, tmp_path):
    mine = kept(tmp_path)
    content = mine.state.read_bytes()
    with np.load(mine.state) as file:
        arrays = dict(file)
    match damage:
        case "gone":
            mine.state.unlink()
        case "empty":
            mine.state.write_bytes(b"")
        case "torn":
            mine.state.write_bytes(content[: len(content) // 2])
        case "zeros":  # as power loss leaves it
            mine.state.write_bytes(bytes(len(content)))
        case "bit":
            middle = content.index(STATE.variables[0].tobytes()) + 12
            mine.state.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        case "no archive":
            mine.state.write_text("a state")
        case "other":
            kept(tmp_path, mark="of another run")
        case "fewer":
            np.savez(mine.state, **{name: each for name, each in arrays.items() if name != "variable_1"})
        case "edited":
            np.savez(mine.state, **arrays | {"history": json.dumps(WHOLE["history"] | {"loss": [2.0, 0.5]})})
    assert mine.last() is None


def test_a_training_whose_state_is_damaged_begins_anew(unbroken, tmp_path):
    kept(tmp_path).state.write_bytes(b"half")
    (weights, record, begun), (expected, whole, _) = (
        in_a_new_process("no number at once", tmp_path),
        unbroken["no number at once"],
    )
    assert begun == 0
    np.testing.assert_equal(record["history"], whole["history"])
    np.testing.assert_equal(weights, expected)


def test_keeping_takes_no_more_than_its_share(tmp_path, monkeypatch):
    """An epoch takes 2 seconds, keeping a state 1."""
    now, written = 0.0, 0
    monkeypatch.setattr(journal.time, "perf_counter", lambda: now)

    def state():
        nonlocal now, written
        now, written = now + 1, written + 1
        return STATE

    mine = FileJournal(tmp_path / "seed-0.keras", "mark")
    for _ in range(200):
        now += 2
        mine.keep(state)
    assert 0.8 * journal.SHARE < written / now <= journal.SHARE


def test_how_far_it_is_is_told(tmp_path):
    model = tmp_path / "seed-0.keras"
    assert journal.told_of(model) is None
    mine = FileJournal(model, "mark")
    mine.tell(State({}, 0.0, [], []), 7)
    told = journal.told_of(model)
    assert (told.epoch, told.epochs, told.loss, told.val_loss) == (0, 7, None, None)
    mine.tell(STATE, 7)
    told = journal.told_of(model)
    assert (told.epoch, told.epochs, told.loss, told.val_loss, told.seconds) == (2, 7, 1.0, 1.25, 3.5)
    assert told.process == os.getpid()
    journal.files_of(model)[1].write_text('{"epoch": 3')
    assert journal.told_of(model) is None


def test_of_a_run_that_is_saved_nothing_else_is_left(tmp_path):
    job, place = runs.jobs("lstm", "tiny")[0], runs.Place("tiny", True, tmp_path)
    path = place.model(job.variant, job.seed)
    path.parent.mkdir(parents=True)
    mine = kept(path.parent)
    mine.tell(STATE, 7)
    other = replace(job, seed=1)
    FileJournal(place.model(other.variant, other.seed), "mark").keep(lambda: STATE)
    assert len(list(path.parent.iterdir())) == 3
    runs.save_run(job, place, runs.Finished({"fingerprint": "mark"}, b"model"))
    assert sorted(each.name for each in path.parent.iterdir()) == ["seed-0.json", "seed-0.keras", "seed-1.state.npz"]
