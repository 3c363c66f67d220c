from dataclasses import replace

import pytest

from study import runs
from study.architectures import ARCHITECTURES, pairs, rows, under, variants
from study.names import find
from study.profiles import BUDGETS, epochs, seeds

from .made_up import ASKED_FOR, RULES

EQUAL = ("equal-unmasked", "equal-masked")
# Groups and values that cannot change, or on purpose do not change, a single setting.
SEVERAL = {
    "convolutions": {"filters", "kernel_sizes"},  # a number of convolutions is the length of both sequences
    "poolings": {"filters", "kernel_sizes", "poolings"},  # held fixed at three
    "half_cells": {"bidirectional", "units"},
    ("beyond", "dropout"): {"dropout_after", "dropout_rate"},
    ("beyond", "reference"): {"dropout_after", "filters", "stem", "pooled", "training"},
}
GROUPS = [(architecture, group) for architecture, family in ARCHITECTURES.items() for group in family.groups]


@pytest.mark.parametrize(("architecture", "group"), GROUPS)
def test_each_group_has_a_reference(architecture, group):
    """The baseline; a group without it, or a stepwise one, begins with its reference, or names it."""
    found = ARCHITECTURES[architecture].groups[group]
    assert len(found.changes) >= 2
    assert list(found.changes.values()).count({}) <= 1
    apart = {} not in found.changes.values()
    assert found.changes[found.reference] == {} or apart
    assert not (found.stepwise or apart) or found.reference == (found.against or next(iter(found.changes)))


def test_pairs():
    groups = ARCHITECTURES["cnn"].groups
    assert groups["filters"].pairs == [("16-32-64", "32-64-128"), ("64-128-256", "32-64-128")]
    assert groups["beyond"].pairs == [
        ("dropout", "baseline"),
        ("normalization", "dropout"),
        ("augmentation", "normalization"),
        ("two-convolutions", "augmentation"),
        ("global-maximum", "two-convolutions"),
        ("reference", "global-maximum"),
        ("reference", "baseline"),
    ]
    assert ("beyond", "layers-1", "beyond-unmasked") in pairs("lstm")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_one_thing_changes_at_a_time(architecture):
    """One setting, but for those in SEVERAL."""
    family = ARCHITECTURES[architecture]
    for name, group in family.groups.items():
        for value, reference in group.pairs[:-1] if group.stepwise else group.pairs:
            assert all(group.changes[each].keys() <= family.baseline.keys() for each in (value, reference))
            ours, theirs = (family.baseline | group.changes[each] for each in (value, reference))
            differing = {key for key in ours if ours[key] != theirs[key]}
            several = SEVERAL.get((name, value), SEVERAL.get(name))
            assert differing == several if several else len(differing) == 1, f"{name} {value}: {differing}"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_control_changes_what_its_group_changes(architecture):
    """And holds something else fixed: the width of the layers, the cells in all, the poolings, the rate."""
    family = ARCHITECTURES[architecture]
    controls = {name: group for name, group in family.groups.items() if group.control_of}
    assert controls
    for name, group in controls.items():
        theirs = family.groups[group.control_of]
        assert not theirs.control_of
        assert group.title != theirs.title
        settings = {value: family.baseline | changes for value, changes in group.changes.items()}
        match name:
            case "depth":
                assert {value: len(each["units"]) for value, each in settings.items()} == {"1": 1, "2": 2, "3": 3}
                assert len({cells for each in settings.values() for cells in each["units"]}) == 1
            case "half_cells":
                assert [each["bidirectional"] for each in settings.values()] == [False, True]
                one, both = (each["units"] for each in settings.values())
                assert one == tuple(2 * cells for cells in both)
            case "poolings":
                assert {value: len(each["filters"]) for value, each in settings.items()} == {"2": 2, "3": 3, "4": 4}
                assert {each["poolings"] or len(each["filters"]) for each in settings.values()} == {3}
            case "dropout":
                first, lighter, moved = settings.values()
                assert (first, moved) == (family.baseline, family.baseline | theirs.changes["dropout"])
                assert lighter["dropout_rate"] == moved["dropout_rate"] != first["dropout_rate"]
            case _:
                raise AssertionError(f"{name} is not looked at here")


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
        common = min(len(seeds(name, profile)) for name in cells)  # a kind of cell may have more seeds than another
        jobs = [
            [(job.variant.settings, job.training, job.epochs, job.seed) for job in runs.jobs(name, profile, EQUAL)]
            for name in cells
        ]
        alike = [[each for each in some if each[-1] < common] for some in jobs]
        assert len(alike[0]) == common * len(EQUAL)
        assert all(each == alike[0] for each in alike)
    for family in cells.values():
        assert family.dataset == "nusax"
        assert family.trainings["equal"].keys() == family.training.keys()
        assert family.trainings["equal"] != family.training


def test_at_equal_settings_the_epochs_are_equal_too(monkeypatch):
    family = ARCHITECTURES["gru"]
    trainings = {"equal": family.trainings["equal"] | {"epochs": 4}}
    monkeypatch.setitem(ARCHITECTURES, "gru", replace(family, trainings=trainings))
    most = {job.variant.name: job.epochs for job in runs.jobs("gru", "full")}
    assert {most.pop(name) for name in EQUAL} == {4}
    assert set(most.values()) == {family.training["epochs"]}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_training_is_that_of_some_variants_and_has_a_rule(architecture):
    family = ARCHITECTURES[architecture]
    named = {each.settings["training"] for each in variants(architecture)}
    assert named == {"searched", *family.trainings}
    for each in (family.training, *family.trainings.values()):
        assert each["keep"] in RULES
        assert each.keys() >= {"learning_rate", "batch_size", "label_smoothing", "epochs"}
    for each in variants(architecture):
        expected = family.trainings.get(each.settings["training"], family.training)
        assert runs.Job(each, 0, "full").training is expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_condition_changes_one_thing(architecture):
    """Of networks that there are: the rate, the epochs, or the data."""
    family = ARCHITECTURES[architecture]
    names = [each.name for each in variants(architecture)]
    assert family.conditions
    for name, each in family.conditions.items():
        assert set(each.networks) <= set(names)
        assert len(set(each.networks)) == len(each.networks) > 0
        [(what, amount)] = (each.changes | each.data).items()
        match what:
            case "learning_rate_factor" | "epochs_factor":
                assert amount != 1
                assert what in each.changes
            case "share":
                assert name == f"share-{100 * amount:.0f}"
            case "fold":
                assert name == f"fold-{amount}"
        assert what in {"learning_rate_factor", "epochs_factor", "share", "fold"}
        assert [one.name for one in under(architecture, name)] == [f"{n}@{name}" for n in names if n in each.networks]
        for one in under(architecture, name):
            own = next(other for other in variants(architecture) if other.name == one.name.partition("@")[0])
            assert (one.settings, one.labels) == (own.settings | each.changes, own.labels)
            assert (one.condition, own.condition) == (name, "")


def test_every_network_of_texts_is_tried_at_other_rates():
    for name, family in ARCHITECTURES.items():
        for condition in {"half-rate", "double-rate"} & family.conditions.keys():
            assert sorted(family.conditions[condition].networks) == sorted(each.name for each in variants(name))
    assert {"half-rate", "double-rate"} <= ARCHITECTURES["lstm"].conditions.keys()


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
            if "poolings" in labels:
                assert labels["poolings"] == str(len(settings["filters"])) == str(len(settings["kernel_sizes"]))
            for group in {"layers", "depth"} & labels.keys():
                assert labels[group] == str(len(settings["units"]))
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
        assert seeds(architecture, "full") == tuple(range(family.seeds))
        names = {each.name for each in variants(architecture)}
        assert family.fewer_seeds.keys() <= names
        assert all(0 < number < family.seeds for number in family.fewer_seeds.values())
    assert BUDGETS["full"].train_samples is None
    assert epochs("lstm", "full") == ARCHITECTURES["lstm"].training["epochs"]
    assert epochs("cnn", "quick") < epochs("cnn", "full")


def test_a_network_that_takes_long_has_fewer_seeds(monkeypatch):
    """In `full`, and where no number is asked for."""
    family = replace(ARCHITECTURES["lstm"], seeds=4, fewer_seeds={"layers-3": 2})
    monkeypatch.setitem(ARCHITECTURES, "lstm", family)
    assert seeds("lstm", "full", variant="layers-3") == (0, 1)
    assert seeds("lstm", "full", variant="layers-1") == seeds("lstm", "full") == (0, 1, 2, 3)
    assert seeds("lstm", "quick", variant="layers-3") == (0,)
    assert seeds("lstm", "full", 3, "layers-3") == (0, 1, 2)
    trained = [(job.variant.name, job.seed) for job in runs.jobs("lstm", "full", ("layers-3", "layers-1"))]
    assert trained == [*(("layers-1", seed) for seed in range(4)), ("layers-3", 0), ("layers-3", 1)]


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="profile 'fast' is not known; choose one of tiny, quick, full"):
        find(BUDGETS, "fast", "profile")


def test_words_do_not_train_anew(monkeypatch):
    """What a page calls a variant, and what it says beside it, decides nothing."""
    [job, *_] = runs.jobs("lstm", "quick")
    before, family = runs.fingerprint(job.describe("data")), ARCHITECTURES["lstm"]
    groups = {
        name: replace(group, title="other", words={"1": "one"}, alone="other {}", lacks={}, control_of="")
        for name, group in family.groups.items()
    }
    other = replace(family, title="other", groups=groups, decided_after_test="nothing")
    monkeypatch.setitem(ARCHITECTURES, "lstm", other)
    assert runs.fingerprint(job.describe("data")) == before
    [again, *_] = runs.jobs("lstm", "quick")
    assert runs.fingerprint(again.describe("data")) == before
