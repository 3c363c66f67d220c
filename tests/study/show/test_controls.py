"""A control says what it tries to break, and whether it did: by the verdicts of both groups."""

import re

import pytest

from study.architectures import ARCHITECTURES
from study.show import conclusions, controls, readme
from study.show.words import signed

from ..made_up import results, tables

CONTROLS = [
    (name, group)
    for name, family in ARCHITECTURES.items()
    for group, about in family.groups.items()
    if about.control_of
]

EVERY_GROUP = True


def test_there_are_controls():
    assert {group for _, group in CONTROLS} == {"depth", "half_cells", "dropout", "poolings"}


@pytest.mark.parametrize(("architecture", "group"), CONTROLS)
def test_every_control_names_the_group_that_it_tries_to_break(architecture, group):
    groups = ARCHITECTURES[architecture].groups
    lead = controls.lead(architecture, group)
    assert f"{groups[group].title}.**" in lead
    assert f"*{groups[groups[group].control_of].title}*" in lead


def test_a_group_that_is_none_says_nothing():
    found = results({})
    assert controls.lead("lstm", "layers") == controls.verdicts(found, "layers") == ""
    assert controls.step_apart("lstm", "depth") == controls.step_apart("cnn", "beyond") == ""


def test_a_step_is_taken_apart():
    assert controls.step_apart("cnn", "dropout") == "dropout"
    assert controls.lead("cnn", "dropout") == (
        "**A step taken apart: What the dropout step does.** *Lighter dropout after the blocks* is one step under "
        "*Beyond the baseline*. Here it is 2: lighter dropout, then after the blocks."
    )
    found = results({"baseline": 0.5, "dropout-lighter": 0.9, "beyond-dropout": 0.7}, architecture="cnn", seeds=(0, 1))
    there = found.of_group("beyond").set_index("variant")["effect"]["beyond-dropout"]
    lighter, moved, _ = found.of_group("dropout")["effect"]
    assert there > 0 > moved
    assert controls.verdicts(found, "dropout") == (
        f"**What becomes of the step.** Under *Beyond the baseline*, lighter dropout after the blocks is better "
        f"({signed(there)}). Of this, lighter dropout is better ({signed(lighter)}), after the blocks is worse "
        f"({signed(moved)})."
    )


@pytest.mark.parametrize("architecture", ["cnn", "lstm"])
def test_a_control_compares_what_its_group_compares(architecture):
    groups = ARCHITECTURES[architecture].groups
    for name, group in groups.items():
        if group.control_of and not controls.step_apart(architecture, name):
            assert group.pairs == groups[group.control_of].pairs


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ({"layers-1": 0.5, "depth-2": 0.7}, "- 1 against 2: worse there ({}), worse here ({}): it **holds**."),
        ({"layers-1": 0.8, "depth-2": 0.95}, "- 1 against 2: better there ({}), worse here ({}): it is **broken**."),
    ],
)
def test_what_becomes_of_a_finding(right, said):
    """1 against 2 is there layers-1 against the baseline, and here layers-1 against depth-2."""
    found = results(right, seeds=(0, 1, 2), spread=0.001)
    effects = [found.of_group(group).set_index("variant")["effect"]["layers-1"] for group in ("layers", "depth")]
    assert said.format(*map(signed, effects)) in controls.verdicts(found, "depth").split("\n")


@pytest.mark.parametrize(
    ("there", "here", "says"),
    [
        ("better", "better", "holds"),
        ("better", "worse", "broken"),
        ("equivalent", "better", "broken"),
        ("worse", "not resolved", "lost"),
        ("not resolved", "better", "nothing"),
        ("not resolved", "not resolved", "nothing"),
    ],
)
def test_outcomes(there, here, says):
    assert controls.outcome(there, here) == says


def test_the_list_of_verdicts_has_it_behind_what_it_breaks():
    right = {"baseline": 0.6, "direction-bidirectional": 0.7, "half_cells-bidirectional": 0.601}
    rows = results(right, architecture="simple_rnn", seeds=range(10), spread=0.02).comparisons
    [said] = [line for line in conclusions.overall(rows).splitlines() if "direction: bidirectional" in line]
    control = r"; direction, as many cells in all: [+−]?0\.0\d\d, (equivalent|not resolved)\)"
    assert re.search(control, said)
    held = results(right | {"half_cells-bidirectional": 0.7}, architecture="simple_rnn", seeds=range(10), spread=0.02)
    assert "; direction, as many cells in all: " not in conclusions.overall(held.comparisons)


def test_the_answers_have_it_behind_what_it_breaks():
    both = {("direction", "direction-bidirectional"): (0.05, "better")}
    fewer = {("half_cells", "half_cells-bidirectional"): (0.01, "not resolved")}
    said = readme.lines(*tables("lstm", both | fewer))[2]
    assert "bidirectional (+0.050; direction, as many cells in all: +0.010, not resolved) is better" in said
    held = {("half_cells", "half_cells-bidirectional"): (0.04, "better")}
    assert "bidirectional (+0.050) is better" in readme.lines(*tables("lstm", both | held))[2]
