"""What is told of a training: before it, while it is under way, and after it was broken off."""

import json
import os
import platform
import time
from pathlib import Path

import pytest

from study import journal, runs, status
from study.journal import Told


@pytest.fixture
def place(tmp_path):
    return runs.Place("tiny", True, tmp_path)


def tell(place, job, process, epoch=2, seconds=10.0):
    """What the training of a job leaves while it is under way, its state among it."""
    model = place.model(job.variant, job.seed)
    model.parent.mkdir(parents=True, exist_ok=True)
    journal.write(model, Told(epoch, 4, 0.5, 0.6, seconds, process, platform.node(), time.time()))
    journal.files_of(model)[0].touch()
    return model


def finish(place, job, seconds=8.0):
    """A finished run, as far as it can be told without its data."""
    record = {**job.describe("data"), "train_s": seconds, "epochs": job.epochs}
    runs.save_run(job, place, runs.Finished(json.loads(json.dumps(record)), b"a model", None))


def test_nothing_is_there(place):
    lines = status.of(place, ["lstm"]).lines()
    assert lines[0].startswith("tiny-sample: 0 of 11 runs are there, 11 are missing; about ")
    assert lines[1:] == ["  missing, those included: lstm 11"]
    assert not place.weights.exists()


def test_what_is_there_under_way_and_interrupted_is_told_apart(place):
    first, second, third, *_ = runs.jobs("lstm", "tiny")
    finish(place, first)
    tell(place, second, os.getpid())
    tell(place, third, 2**22 + 1)  # there is no such process
    text = status.tell(["lstm"], "tiny", "auto", place.out_dir)
    assert "1 of 11 runs are there, 10 are missing, 2 of them from the epoch where they were broken off; about" in text
    assert f"{second}: under way in process {os.getpid()} on {platform.node()}, epoch 2/4 loss 0.500, told" in text
    assert f"{third}: interrupted, epoch 2/4 loss 0.500, told" in text
    assert text.endswith(status.HOW)
    plan = status.of(place, ["lstm"])
    assert plan.kept() == "1 of 11 runs are finished and kept, 2 under way go on from the last epoch kept"
    assert f"{second} epoch 2/4" in plan.note()
    assert str(third) not in plan.note()


@pytest.mark.parametrize("change", ["code", "settings", "versions", "model"])
def test_a_run_of_other_code_or_damaged_is_not_there(place, change):
    job = runs.jobs("lstm", "tiny")[0]
    finish(place, job)
    assert status.fits(job, place)
    path = place.model(job.variant, job.seed)
    if change == "model":
        path.write_bytes(b"another")
    else:
        record = json.loads(path.with_suffix(".json").read_text())
        runs.save_run(job, place, runs.Finished({**record, change: {}}, b"a model", None))
    assert not status.fits(job, place)


def test_the_estimate_goes_by_what_the_runs_take_here(place):
    jobs = runs.jobs("lstm", "tiny")
    plan = status.Plan([(job, place) for job in jobs])
    before = plan.costs.of(jobs[1])
    slow = 1000 * plan.costs.theirs[status._kind(jobs[0])]
    plan.done(place.model(jobs[0].variant, 0), {"train_s": slow * jobs[0].epochs, "epochs": jobs[0].epochs})
    assert plan.costs.of(jobs[1]) - status.SET_UP == pytest.approx(1000 * (before - status.SET_UP))
    told = Told(3, 4, 0.5, 0.6, 30.0, os.getpid(), platform.node(), time.time())
    assert plan.costs.of(jobs[1], told) == status.SET_UP + 10


def test_what_the_table_does_not_have_costs_what_the_like_costs(monkeypatch):
    """An architecture that was not searched is like the one whose settings it has, and not like the mean of all."""
    table = {("cnn", "baseline"): 80.0, ("lstm", "baseline"): 3.0, ("lstm", "layers-1"): 1.0}
    monkeypatch.setattr(status, "_table", lambda: table)
    costs = {each.variant.name: status.epoch_by_table(each) for each in runs.jobs("gru", "full", number=1)}
    assert (costs["baseline"], costs["layers-1"], costs["layers-3"]) == (3.0, 1.0, 2.0)


def test_the_time_of_an_architecture_is_scaled_by_its_own_runs_once_there_are_some(monkeypatch):
    table = {("cnn", "baseline"): 80.0, ("lstm", "baseline"): 3.0, ("lstm", "layers-1"): 1.0}
    monkeypatch.setattr(status, "_table", lambda: table)
    (cnn, *_), (lstm, other, *_) = (runs.jobs(name, "full", number=1) for name in ("cnn", "lstm"))
    costs = status.Costs({Path(str(job)): job for job in (cnn, lstm, other)})
    costs.learn(cnn, {"epochs": 2, "train_s": 2 * 400.0})
    assert costs.of(other) == status.SET_UP + other.epochs * 1.0 * 5
    costs.learn(lstm, {"epochs": 4, "train_s": 4 * 6.0})
    assert costs.of(other) == status.SET_UP + other.epochs * 1.0 * 2
