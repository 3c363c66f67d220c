import pytest

from study.published import PUBLISHED
from study.variants import ARCHITECTURES, BUDGETS, find, rows, variants

GROUPS = [(architecture, group) for architecture, family in ARCHITECTURES.items() for group in family.groups]


@pytest.mark.parametrize(("architecture", "group"), GROUPS)
def test_each_group_has_a_reference(architecture, group):
    """The baseline; the masking groups alone have one of their own, a single layer."""
    found = ARCHITECTURES[architecture].groups[group]
    assert len(found.changes) >= 2
    assert (found.changes[found.reference] == {}) == (group != "masking")
    assert list(found.changes.values()).count({}) == (group != "masking")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_one_thing_changes_at_a_time(architecture):
    family = ARCHITECTURES[architecture]
    for group, value, changes in rows(architecture):
        assert changes.keys() <= family.baseline.keys()
        reference = family.baseline | family.groups[group].changes[family.groups[group].reference]
        settings = family.baseline | changes
        differing = {key for key in settings if settings[key] != reference[key]}
        # A number of convolutions has to set both of their sequences; everywhere else it is one setting.
        allowed = 2 if group == "convolutions" else 1
        assert len(differing) == (0 if value == family.groups[group].reference else allowed)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_variant_is_trained_once(architecture):
    found = variants(architecture)
    assert len({each.name for each in found}) == len(found)
    assert len({str(each.settings) for each in found}) == len(found)
    assert found[0].name == "baseline"
    assert found[0].labels.keys() == ARCHITECTURES[architecture].groups.keys() - {"masking"}
    assert sum(len(each.labels) for each in found) == len(rows(architecture))


def test_what_was_asked_for_is_there():
    values = {
        (name, group): list(family.groups[group].changes)
        for name, family in ARCHITECTURES.items()
        for group in family.groups
    }
    assert values["cnn", "convolutions"] == ["2", "3", "4"]
    assert values["cnn", "filters"] == ["16-32-64", "32-64-128", "64-128-256"]
    assert values["cnn", "kernel_sizes"] == ["3-3-3", "5-5-5", "3-5-7"]
    assert values["cnn", "pooling"] == ["max", "average"]
    for name in ("simple_rnn", "lstm"):
        assert values[name, "layers"] == ["1", "2", "3"]
        assert values[name, "cells"] == ["32-16", "64-32", "128-64"]
        assert values[name, "direction"] == ["unidirectional", "bidirectional"]


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
    for each in PUBLISHED:
        assert each.value in ARCHITECTURES[each.architecture].groups[each.group].changes


def test_published_copies_are_marked():
    """Three of its figures or rows stand twice in the source; the second time they are marked."""
    copied = {(each.architecture, each.group, each.value) for each in PUBLISHED if each.copied}
    assert copied == {
        *(("cnn", "kernel_sizes", value) for value in ("3-3-3", "5-5-5", "3-5-7")),
        *(("simple_rnn", "direction", value) for value in ("unidirectional", "bidirectional")),
        ("lstm", "direction", "unidirectional"),
    }
    assert all("not comparable" in each.copied for each in PUBLISHED if each.copied)


def test_budgets_cover_every_architecture():
    for budget in BUDGETS.values():
        assert budget.epochs.keys() == ARCHITECTURES.keys()
    assert len(BUDGETS["quick"].seeds) == 1
    assert len(BUDGETS["full"].seeds) > 1
    assert BUDGETS["full"].train_samples is None


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="profile 'fast' is not known; choose one of tiny, quick, full"):
        find(BUDGETS, "fast", "profile")
