"""Rows of what is trained, for another machine: of all that is there, once, and of no network that numpy gets wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from study import evaluation, listed, store, training, unfinished
from study.errors import MismatchError
from study.runs import Place, Run, jobs

ARCHITECTURE = "simple_rnn"


@pytest.fixture(scope="module")
def texts():
    from study import datasets

    return datasets.load("nusax", source="sample")


def train(texts, place, number):
    """The first so many networks of the study and all under conditions, at the tiny budget."""
    from study import conditions

    some = jobs(ARCHITECTURE, "tiny")[:number]
    training.train_all([(some, texts), *conditions.batches(ARCHITECTURE, texts, place)], place)
    return some


@pytest.mark.slow
def test_rows_are_kept_and_added_to(texts, tmp_path, capsys):
    here = Place("tiny", True, tmp_path / "here")
    aside = replace(here, unfinished=True)
    first = train(texts, here, 2)
    said = unfinished.keep(ARCHITECTURE, texts, here)
    assert "rows of 2 networks" in said
    before = {name: store.read(name, aside) for name in listed.TABLES}
    assert before["results"]["variant"].tolist() == [job.variant.name for job in first]
    assert len(before["conditions"]) > 2

    train(texts, here, 3)
    assert "rows of 1 networks, and of 0 under" in unfinished.keep(ARCHITECTURE, texts, here)
    after = {name: store.read(name, aside) for name in listed.TABLES}
    assert [len(after[name]) - len(before[name]) for name in listed.TABLES] == [1, 1, 1, 1, 0]
    assert after["results"].duplicated("variant").sum() == 0

    # another machine: nothing under conditions is trained again, networks with seed 0 are
    there = Place("tiny", True, tmp_path / "there")
    for name in listed.TABLES:
        store.write(name, replace(there, unfinished=True), after[name])
    from study import conditions

    batches = conditions.batches(ARCHITECTURE, texts, there)
    assert all(run.listed for run in training.train_all(batches, there))
    assert training.there([(first, texts)], there) == []
    assert not list(there.weights.rglob("*.keras"))


def test_a_variant_is_finished_with_all_its_seeds():
    wanted = jobs("lstm", "full", only=("baseline", "layers-1"), number=3)
    runs = [Run(job.variant, job.seed, Path("none"), {}) for job in wanted if str(job) != "lstm layers-1 seed 1"]
    assert unfinished._missing(wanted, runs) == {"layers-1"}


@pytest.mark.slow
def test_a_network_that_differs_is_named_and_all_others_are_kept(texts, tmp_path, monkeypatch):
    here = Place("tiny", True, tmp_path)
    right, wrong = jobs(ARCHITECTURE, "tiny")[:2]
    training.train_all([([right, wrong], texts)], here)
    check = evaluation.check

    def differing(*given):
        return [
            replace(each, numpy=np.roll(each.numpy, 1, axis=1)) if each.run.variant == wrong.variant else each
            for each in check(*given)
        ]

    monkeypatch.setattr(evaluation, "check", differing)
    with pytest.raises(MismatchError, match=f"differ in {wrong.variant.name}; all else is kept"):
        unfinished.keep(ARCHITECTURE, texts, here)
    assert store.read("results", replace(here, unfinished=True))["variant"].tolist() == [right.variant.name]
    with pytest.raises(MismatchError, match=wrong.variant.name):  # now there is nothing else
        unfinished.keep(ARCHITECTURE, texts, here)
