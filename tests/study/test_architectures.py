from dataclasses import replace

import pytest

from study import runs
from study.architectures import ARCHITECTURES, pairs, rows, variants
from study.names import find
from study.profiles import BUDGETS, epochs, seeds

from .made_up import ASKED_FOR

EQUAL = ("equal-unmasked", "equal-masked")
GROUPS = [(architecture, group) for architecture, family in ARCHITECTURES.items() for group in family.groups]


@pytest.mark.parametrize(("architecture", "group"), GROUPS)
def test_each_group_has_a_reference(architecture, group):
    """The baseline; a group without it, or a stepwise one, begins with its reference."""
    found = ARCHITECTURES[architecture].groups[group]
    assert len(found.changes) >= 2
    assert list(found.changes.values()).count({}) <= 1
    apart = {} not in found.changes.values()
    assert found.changes[found.reference] == {} or apart
    assert not (found.stepwise or apart) or found.reference == next(iter(found.changes))


def test_pairs():
    groups = ARCHITECTURES["cnn"].groups
    assert groups["filters"].pairs == [("16-32-64", "32-64-128"), ("64-128-256", "32-64-128")]
    assert groups["beyond"].pairs == [
        ("dropout", "baseline"),
        ("normalization", "dropout"),
        ("augmentation", "normalization"),
        ("two-convolutions", "augmentation"),
        ("global-maximum", "two-convolutions"),
        ("longer", "global-maximum"),
        ("longer", "baseline"),
    ]
    assert ("beyond", "layers-1", "beyond-unmasked") in pairs("lstm")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_one_thing_changes_at_a_time(architecture):
    family = ARCHITECTURES[architecture]
    for name, group in family.groups.items():
        for value, reference in group.pairs[:-1] if group.stepwise else group.pairs:
            assert all(group.changes[each].keys() <= family.baseline.keys() for each in (value, reference))
            ours, theirs = (family.baseline | group.changes[each] for each in (value, reference))
            differing = [key for key in ours if ours[key] != theirs[key]]
            # A number of convolutions has to set both of their sequences; everywhere else it is one setting.
            assert len(differing) == (2 if name == "convolutions" else 1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_variant_is_trained_once(architecture):
    found = variants(architecture)
    assert len({each.name for each in found}) == len(found)
    assert len({str(each.settings) for each in found}) == len(found)
    assert found[0].name == "baseline"
    groups = ARCHITECTURES[architecture].groups
    assert found[0].labels.keys() == {name for name, each in groups.items() if {} in each.changes.values()}
    assert sum(len(each.labels) for each in found) == len(rows(architecture))


def test_what_was_asked_for_is_there():
    """In this order; what came later may stand anywhere."""
    for name, groups in ASKED_FOR.items():
        for group, values in groups.items():
            assert [each for each in ARCHITECTURES[name].groups[group].changes if each in values] == values


def test_at_equal_settings_only_the_cell_differs():
    """One training and one set of variants for every kind of cell, whatever was searched for it."""
    cells = {name: family for name, family in ARCHITECTURES.items() if "equal" in family.groups}
    assert cells.keys() >= {"simple_rnn", "lstm", "gru"}
    for profile in BUDGETS:
        jobs = [
            [(job.variant.settings, job.training, job.epochs, job.seed) for job in runs.jobs(name, profile, EQUAL)]
            for name in cells
        ]
        assert jobs[0]
        assert all(each == jobs[0] for each in jobs)
    for family in cells.values():
        assert family.dataset == "nusax"
        assert family.equal_training.keys() == family.training.keys()
        assert family.equal_training != family.training


def test_at_equal_settings_the_epochs_are_equal_too(monkeypatch):
    family = ARCHITECTURES["gru"]
    monkeypatch.setitem(ARCHITECTURES, "gru", replace(family, equal_training=family.equal_training | {"epochs": 4}))
    most = {job.variant.name: job.epochs for job in runs.jobs("gru", "full")}
    assert {most.pop(name) for name in EQUAL} == {4}
    assert set(most.values()) == {family.training["epochs"]}


def test_labels_say_what_the_settings_are():
    for architecture in ARCHITECTURES:
        for each in variants(architecture):
            settings, labels = each.settings, each.labels
            if "filters" in labels:
                assert labels["filters"] == "-".join(map(str, settings["filters"]))
            if "kernel_sizes" in labels:
                assert labels["kernel_sizes"] == "-".join(map(str, settings["kernel_sizes"]))
            if "convolutions" in labels:
                assert labels["convolutions"] == str(len(settings["filters"])) == str(len(settings["kernel_sizes"]))
            if "layers" in labels:
                assert labels["layers"] == str(len(settings["units"]))
            if "cells" in labels:
                assert labels["cells"] == "-".join(map(str, settings["units"]))


def test_published_figures_have_a_variant_of_ours():
    for family in ARCHITECTURES.values():
        for each in family.published:
            assert each.value in family.groups[each.group].changes


def test_published_copies_are_marked():
    """Three of its figures or rows stand twice in the source; the second time they are marked."""
    published = [(name, each) for name, family in ARCHITECTURES.items() for each in family.published]
    assert {(name, each.group, each.value) for name, each in published if each.copied} == {
        *(("cnn", "kernel_sizes", value) for value in ("3-3-3", "5-5-5", "3-5-7")),
        *(("simple_rnn", "direction", value) for value in ("unidirectional", "bidirectional")),
        ("lstm", "direction", "unidirectional"),
    }
    assert all("not comparable" in each.copied for _, each in published if each.copied)


def test_budgets_cover_every_architecture():
    for architecture, family in ARCHITECTURES.items():
        assert all(epochs(architecture, profile) > 0 for profile in BUDGETS)
        assert seeds(architecture, "tiny") == seeds(architecture, "quick") == (0,)
        assert seeds(architecture, "full") == tuple(range(3 if family.dataset == "cifar10" else 10))
    assert BUDGETS["full"].train_samples is None
    assert epochs("lstm", "full") == ARCHITECTURES["lstm"].training["epochs"]
    assert epochs("cnn", "quick") < epochs("cnn", "full")


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="profile 'fast' is not known; choose one of tiny, quick, full"):
        find(BUDGETS, "fast", "profile")


def test_words_do_not_train_anew(monkeypatch):
    """What a page calls a variant, and what it says beside it, decides nothing."""
    [job, *_] = runs.jobs("lstm", "quick")
    before, family = runs.fingerprint(job.describe("data")), ARCHITECTURES["lstm"]
    groups = {
        name: replace(group, title="other", words={"1": "one"}, alone="other {}", lacks={})
        for name, group in family.groups.items()
    }
    other = replace(family, title="other", groups=groups, decided_after_test="nothing")
    monkeypatch.setitem(ARCHITECTURES, "lstm", other)
    assert runs.fingerprint(job.describe("data")) == before
    [again, *_] = runs.jobs("lstm", "quick")
    assert runs.fingerprint(again.describe("data")) == before
