"""Two kills of a training: nothing is lost, no process stays, and the results are the same. In earnest: chaos.py."""

import random

import pytest

from tests.chaos import Copy, Kill, Tally, compare, one_round

pytestmark = pytest.mark.slow


def test_what_is_killed_goes_on(tmp_path):
    """The driver, as soon as a state is kept; then, by SIGTERM, as the first model appears."""
    tally, chance = Tally(), random.Random(1)
    reference, copy = (
        Copy(tmp_path / name, ("train", "ARCH=simple_rnn"), ("no group",)) for name in ("reference", "killed")
    )
    unbroken = reference.start(f"{tmp_path} reference")
    kills = [Kill("driver", 300, ".state.npz", chance), Kill("driver, SIGTERM", 300, ".keras", chance)]
    one_round(copy, iter(kills), len(kills), tally, patience=20)
    assert unbroken.wait() == 0, reference.log.read_text()
    compare(copy, reference, tally)
    assert tally.kills == {"driver": 1, "driver, SIGTERM": 1}
    assert (tally.wrong, tally.lost, tally.orphans) == ([], 0, 0)
    assert len(copy.finished()) == len(reference.finished()) == 2  # the baseline, and it at half the learning rate
