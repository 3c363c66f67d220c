"""What the full study costs on more workers."""

import pandas as pd
import pytest

from study import full, reckoning, status
from study.architectures import ARCHITECTURES
from study.runs import jobs, jobs_under


def test_the_longest_that_waits_goes_to_the_next_that_is_free():
    seconds = pd.Series([2.0, 3.0, 7.0, 5.0, 4.0]) * 3600
    assert [reckoning.hours(seconds, workers) for workers in (1, 2, 3, 9)] == [21, 11, 7, 7]  # 7 + 4, 5 + 3 + 2


def test_training_is_shared_between_workers_and_the_check_is_not():
    found = reckoning.on_workers(pd.DataFrame({"train_s": [7200.0] * 4 + [3600.0], "check_s": [720.0] * 5}))
    found = found.set_index("workers")
    assert found["check"].tolist() == pytest.approx([1.0] * len(reckoning.WORKERS))
    assert found.loc[[1, 2, 8], "training"].tolist() == pytest.approx([9, 5, 2])
    assert found.loc[[1, 2, 8], "both"].tolist() == pytest.approx([10, 6, 3])
    assert found.loc[[1, 2, 8], "busy"].tolist() == pytest.approx([1, 0.9, 9 / 16])


def test_every_run_of_full_is_counted_and_only_those_of_the_study_are_checked():
    found = reckoning.costs()
    results = full.table("results")
    for name in ARCHITECTURES:
        mine = found[found["architecture"] == name]
        studied = jobs(name, "full")
        assert len(mine) == len(studied) + sum(map(len, jobs_under(name, "full").values()))
        apart = mine["variant"].str.contains("@")
        assert (mine["check_s"] == 0).tolist() == apart.tolist()
        rows = results[results["architecture"] == name]
        beside = (rows["keras_s"] + rows["numpy_s"]).mean()
        assert mine[~apart]["check_s"].tolist() == pytest.approx([reckoning.CHECK_S + beside] * len(studied))
        assert mine["train_s"].iloc[0] == pytest.approx(
            status.SET_UP + studied[0].epochs * status.epoch_by_table(studied[0])
        )
