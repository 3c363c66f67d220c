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


@pytest.fixture
def number():
    """How many runs of the LSTM there are, those under other conditions included."""
    under = runs.jobs_under("lstm", "tiny")
    assert under
    return len(runs.jobs("lstm", "tiny")) + sum(map(len, under.values()))


def test_nothing_is_there(place, number):
    lines = status.of(place, ["lstm"]).lines()
    assert lines[0].startswith(f"tiny-sample: 0 of {number} runs are there, {number} are missing; about ")
    assert lines[1:] == [f"  missing, those included: lstm {number}"]
    assert not place.weights.exists()


def test_runs_under_other_conditions_are_counted_where_they_are_there(place, number):
    for some in runs.jobs_under("lstm", "tiny").values():
        for job in some:
            finish(place, job)
    studied = len(runs.jobs("lstm", "tiny"))
    plan = status.of(place, ["lstm"])
    assert plan.summary().startswith(
        f"tiny-sample: {number - studied} of {number} runs are there, {studied} are missin"
    )
    assert {job.variant.condition for job in plan.missing.values()} == {""}


def test_what_is_there_under_way_and_interrupted_is_told_apart(place, number):
    first, second, third, *_ = runs.jobs("lstm", "tiny")
    finish(place, first)
    tell(place, second, os.getpid())
    tell(place, third, 2**22 + 1)  # there is no such process
    text = status.tell(["lstm"], "tiny", "auto", place.out_dir)
    assert f"1 of {number} runs are there, {number - 1} are missing, 2 of them from the epoch where they were " in text
    assert f"{second}: under way in process {os.getpid()} on {platform.node()}, epoch 2/4 loss 0.500, told" in text
    assert f"{third}: interrupted, epoch 2/4 loss 0.500, told" in text
    assert text.endswith(status.HOW)
    plan = status.of(place, ["lstm"])
    assert plan.kept() == f"1 of {number} runs are finished and kept, 2 under way go on from the last epoch kept"
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
    """An architecture is like those on the same data, and not like all; a network of an architecture like its mean."""
    table = {("cnn", "baseline"): 80.0, ("lstm", "baseline"): 3.0, ("lstm", "layers-1"): 1.0}
    table |= {("simple_rnn", "baseline"): 2.0}
    monkeypatch.setattr(status, "_table", lambda: table)

    def costs(architecture):
        found = {each.variant.name: status.epoch_by_table(each) for each in runs.jobs(architecture, "full", number=1)}
        return found["baseline"], found["layers-1"], found["layers-3"]

    assert costs("gru") == (2.5, 1.0, 2.0)
    assert costs("lstm") == (3.0, 1.0, 2.0)
    assert costs("simple_rnn") == (2.0, 2.0, 2.0)


def test_under_a_condition_a_network_costs_what_it_costs_in_the_study_on_its_share_of_the_data(monkeypatch):
    table = {("lstm", "baseline"): 3.0, ("lstm", "layers-1"): 1.0, ("lstm", "beyond-bidirectional"): 8.0}
    monkeypatch.setattr(status, "_table", lambda: table)
    under = runs.jobs_under("lstm", "full")
    half = {each.variant.name: status.epoch_by_table(each) for each in under["half-rate"]}
    assert (half["baseline@half-rate"], half["layers-1@half-rate"]) == (3.0, 1.0)
    quarter = under["share-25"][0]
    seconds = table["lstm", quarter.variant.name.partition("@")[0]]
    assert status.epoch_by_table(quarter) == pytest.approx(0.25 * seconds)


def test_the_time_of_an_architecture_is_scaled_by_its_own_runs_once_there_are_some(monkeypatch):
    table = {("cnn", "baseline"): 80.0, ("lstm", "baseline"): 3.0, ("lstm", "layers-1"): 1.0}
    monkeypatch.setattr(status, "_table", lambda: table)
    (cnn, *_), (lstm, other, *_) = (runs.jobs(name, "full", number=1) for name in ("cnn", "lstm"))
    costs = status.Costs({Path(str(job)): job for job in (cnn, lstm, other)})
    costs.learn(cnn, {"epochs": 2, "train_s": 2 * 400.0})
    assert costs.of(other) == status.SET_UP + other.epochs * 1.0 * 5
    costs.learn(lstm, {"epochs": 4, "train_s": 4 * 6.0})
    assert costs.of(other) == status.SET_UP + other.epochs * 1.0 * 2
