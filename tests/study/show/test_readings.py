"""What is said beside figures and tables follows from what they show."""

from dataclasses import replace

import numpy as np
import pytest

from study import datasets
from study.architectures import ARCHITECTURES
from study.runs import Place
from study.show import readings

from ..made_up import checks, results, weighed

BLANK = "\N{NO-BREAK SPACE}"


def test_the_floor_is_that_of_the_data(tmp_path):
    even = datasets.load("nusax", tmp_path, "sample")
    assert "has a loss of 1.10" in readings.knowing_nothing(even)
    assert "accuracy of 0.33 and a test macro-F1 of only 0.1667" in readings.knowing_nothing(even)
    uneven = replace(even, y_train=np.repeat([0, 1, 2], [192, 119, 189]), y_test=np.repeat([0, 1, 2], [153, 96, 151]))
    assert "has a loss of 1.08" in readings.knowing_nothing(uneven)
    assert "*negative* to everything a test accuracy of 0.38 and a test macro-F1 of only 0.1844" in (
        readings.knowing_nothing(uneven)
    )


def test_the_floor_knows_the_training_data_alone(tmp_path):
    even = datasets.load("nusax", tmp_path, "sample")
    apart = replace(even, y_train=np.repeat([0, 1, 2], [1, 8, 1]), y_test=np.repeat([0, 1, 2], [6, 3, 1]))
    said = readings.knowing_nothing(apart)
    assert "has a loss of 0.64" in said
    assert "*neutral* to everything a test accuracy of 0.30 and a test macro-F1 of only 0.1538" in said


def test_text_lengths_are_counted(tmp_path):
    length = ARCHITECTURES["simple_rnn"].training["sequence_length"]
    written = ["a " * words for words in (length // 2, length // 2, length // 2, length, length + 20)]
    texts = replace(datasets.load("nusax", tmp_path, "sample"), x_train=np.array(written, dtype=object))
    text = readings.text_lengths("simple_rnn", texts)
    assert f"holds {length} words. 20\N{NO-BREAK SPACE}% of the training texts are longer and are cut" in text
    assert (
        f"half of them have {length // 2} words or fewer, and on average 30\N{NO-BREAK SPACE}% of the input is padding"
        in text
    )


def test_balance_is_that_of_what_is_used(tmp_path):
    even = datasets.load("nusax", tmp_path, "sample")
    said = readings.balance(even, Place("full", True))
    assert (
        said
        == f"Every class makes up 33{BLANK}% of the training samples; the shares in the test split are nearly the same."
    )
    uneven = replace(even, y_train=np.repeat([0, 1, 2], [210, 63, 147]), y_test=np.repeat([0, 1, 2], [84, 42, 84]))
    assert readings.balance(uneven, Place("full", True)) == (
        f"Of the training samples *neutral* makes up 15{BLANK}%, *negative* 50{BLANK}%; "
        f"the shares in the test split are the same within 10{BLANK}%."
    )


def test_curves_are_read_at_the_first_epoch_and_where_the_weights_were_kept():
    found = checks({}, seeds=(0, 1))
    losses = {"baseline": ([1.0, 0.4], [2.0, 0.9]), "cells-32-16": ([1.1, 0.3], [1.8, 0.5])}
    for each in found:
        loss, val_loss = losses.get(each.run.variant.name, ([1.2, 0.2], [1.9, 0.7]))
        shift = 0.1 if each.run.seed else -0.1
        each.run.record["history"] = {"loss": [a + shift for a in loss], "val_loss": [a + shift for a in val_loss]}
        each.run.record["best_epoch"] = 2
        each.run.record["metrics"] = {"val_loss": val_loss[-1] + shift, "val_f1": 0.6, "train_f1": 0.9}
    assert readings.curves(weighed(found), "cells") == (
        "After the first epoch the validation loss is lowest for 32-16 cells (1.80) and highest for 64-32 cells "
        "(2.00); with the weights that were kept, at the diamonds, it is lowest for 32-16 cells (0.50) and highest for "
        "64-32 cells (0.90). The training loss of the epoch in which they were kept is lowest for 128-64 cells (0.20) "
        "and highest for 64-32 cells (0.40)."
    )


def test_a_mean_of_weights_has_a_validation_loss_of_its_own_and_the_last_epoch():
    found = checks({})
    for each in found:
        loss = {"baseline": 0.31, "cells-32-16": 0.21}.get(each.run.variant.name, 0.26)
        each.run.record["history"] = {"loss": [1.0, 0.9, 0.8, 1 - loss], "val_loss": [1.1, 0.4, 0.5, 0.6]}
        metrics = each.run.record["metrics"] | {"val_loss": loss}
        each.run.record.update(kept="mean", best_epoch=2, metrics=metrics)
    said = readings.curves(weighed(found), "cells")
    assert "at the diamonds, it is lowest for 32-16 cells (0.21) and highest for 64-32 cells (0.31)" in said
    assert said.endswith(" is lowest for 64-32 cells (0.69) and highest for 32-16 cells (0.79).")


KEPT = {
    "best": "What is kept is the weights of the *best epoch*, the one with the lowest validation loss.",
    "last": "What is kept is the weights after the last step.",
    "mean": "What is kept is the mean of the weights over about the last tenth of the steps.",
}


@pytest.mark.parametrize("rule", KEPT)
def test_the_page_says_which_weights_are_kept(rule):
    said = readings.training(results({}, kept=rule))
    assert [each for each, sentence in KEPT.items() if sentence in said] == [rule]


def test_networks_of_another_rule_are_named_and_diverged_ones_are_not():
    found = checks({}, kept="mean")
    others = {"layers-1": {"kept": "last"}, "layers-3": {"kept": "best", "diverged": True}}
    for each in found:
        each.run.record.update(others.get(each.run.variant.name, {}))
    said = readings.training(weighed(found))
    assert "over about the last tenth of the steps; of 1 layer it is the weights after the last step. " in said
    assert "best epoch" not in said


def test_fewer_seeds_are_named():
    found = [each for each in checks({}, seeds=(0, 1, 2)) if each.run.variant.name != "layers-3" or each.run.seed < 2]
    number = len({each.run.variant.name for each in found})
    said = readings.training(weighed(found))
    assert f"There are {3 * number - 1} networks, {number} variants with 3 seeds each, 2 for 3 layers; to train" in said
    assert "seeds each; to train" in readings.training(results({}, seeds=(0, 1)))


def test_how_many_networks_are_not_there_is_said():
    found = checks({}, seeds=(0, 1))
    assert "They are in `weights/full/lstm`. What" in readings.training(weighed(found))
    listed = [replace(each, run=replace(each.run, listed={"a": "row"})) for each in found[:3]]
    said = readings.training(weighed(listed + found[3:]))
    assert "They are in `weights/full/lstm`, except 3, of which only the rows in the tables are kept. What" in said


def test_how_a_network_is_trained_follows_its_settings(monkeypatch):
    """Optimizer, rise of the rate and smoothed labels: of some networks, of all, of none."""
    family = ARCHITECTURES["lstm"]
    plain = family.training | {"label_smoothing": 0.0}
    other = plain | {"optimizer": "nesterov", "weight_decay": 0.1, "warm_up": 0.1, "label_smoothing": 0.1}
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(family, training=plain, trainings={"equal": other}))
    found, named = results({}), "1 layer at equal settings, not masked and 1 layer at equal settings, masked"
    assert f"over all the epochs, for {named} after a rise from zero; {named}: Nesterov's" in readings.training(found)
    assert f"{named} learn smoothed labels" in readings.how_to_read(found)
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(family, training=other, trainings={"equal": plain}))
    assert f"All but {named} learn smoothed labels" in readings.how_to_read(found)
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(family, training=other, trainings={"equal": other}))
    assert "Every network learns smoothed labels" in readings.how_to_read(found)
    monkeypatch.setitem(ARCHITECTURES, "lstm", replace(family, training=plain, trainings={"equal": plain}))
    assert "over all the epochs. What is kept" in readings.training(found)
    assert "smoothed" not in readings.how_to_read(found)
    assert "a mean of weights" not in readings.how_to_read(found)
    assert "a mean of weights stands at the last epoch" in readings.how_to_read(results({}, kept="mean"))


def test_losses_that_print_alike_have_no_lowest():
    found = results({})
    said = readings.curves(found, "cells")
    assert said == (
        "After the first epoch the validation loss is nearly the same for all (1.10); with the weights that were kept, "
        "at the diamonds, it is nearly the same for all (0.50). The training loss of the epoch in which they were "
        "kept is nearly the same for all (0.70)."
    )


def test_the_hardest_class_and_what_is_mixed_up():
    found = results({})
    y = found.data.y_test
    answer = np.where((y == 2) & (np.arange(len(y)) % 2 == 0), 0, y)  # half of c is taken for a
    found.sides[found.best].predicted[:] = answer
    said = readings.classes(found, most=1)
    assert said == f"Easiest is *b* (F1 1.000), hardest *c* (0.667). Most often it takes *c* for *a* (50{BLANK}%)."


def test_calibration_says_who_is_too_sure():
    found = results({"baseline": 0.7})
    said = readings.calibration(found)
    right = np.mean(found.checks[0].predicted == found.checks[0].y)
    assert said.startswith(
        f"baseline: right in {100 * right:.0f}{BLANK}% of the test examples, on average 90{BLANK}% sure"
    )
    assert said.count("sure: too sure") == 1
    sure = results({"baseline": 0.97})
    assert "sure: not sure enough" in readings.calibration(sure)
    for share, said in ((0.87, "sure: too sure"), (0.89, "sure: as sure as right"), (0.91, "sure: as sure as right")):
        assert said in readings.calibration(results({"baseline": share}))


def test_quarters_by_length():
    texts = np.array(["w " * n for n in (1, 2, 3, 4, 5, 6, 7, 8)], dtype=object)
    labels, quarter = readings.quarters(texts)
    assert labels == ["1", "2 to 3", "4 to 5", "6 to 8"]
    assert quarter.tolist() == [0, 1, 1, 2, 2, 3, 3, 3]


def test_by_length_counts_right_answers_at_the_ends():
    found = results({})
    _, quarter = readings.quarters(found.data.x_test)
    y = found.data.y_test
    found.sides[found.best].predicted[:] = np.where(quarter == 0, y, (y + 1) % 3)
    said = readings.by_length(found)
    assert f"is right in 100{BLANK}% of the {(quarter == 0).sum()} texts of" in said
    assert f"and in 0{BLANK}% of the {(quarter == quarter.max()).sum()} texts of" in said
    rarest = min(np.bincount(y[quarter == part]).min() for part in range(4))
    assert f"(the fewest texts of a class in a quarter are {rarest})" in said


def test_setting_tells_what_was_decided_after_a_test_score(tmp_path):
    sample = datasets.load("nusax", tmp_path, "sample")
    real, place = replace(sample, is_sample=False), Place("quick", False, tmp_path)
    told = f"| decided after a test score was seen | {ARCHITECTURES['lstm'].decided_after_test} |"
    assert told in readings.setting("lstm", real, place)
    assert "decided after" not in readings.setting("cnn", real, place)
    assert "decided after" not in readings.setting("lstm", sample, place)
    javanese = readings.setting("lstm", real, Place("quick", False, tmp_path, "javanese"), 3)
    assert f"seen | on Indonesian texts: {ARCHITECTURES['lstm'].decided_after_test}" in javanese
    key, value = list(ARCHITECTURES["lstm"].training.items())[-1]
    assert f"{key} {value}; searched on Indonesian texts |" in javanese
    assert "3 seeds (0 to 2) |" in javanese


def test_setting_names_every_training_and_who_has_fewer_seeds(tmp_path, monkeypatch):
    sample, place = datasets.load("nusax", tmp_path, "sample"), Place("full", True, tmp_path)
    family = ARCHITECTURES["lstm"]
    trainings = {"equal": {"epochs": 15, "dropout": 0.37}, "third": {"dropout": 0.73, "keep": "last"}}
    changed = replace(family, trainings=trainings, seeds=4, fewer_seeds={"layers-3": 2})
    monkeypatch.setitem(ARCHITECTURES, "lstm", changed)
    said = readings.setting("lstm", sample, place)
    assert "| training equal | epochs 15, dropout 0.37 |\n| training third | dropout 0.73, keep last |\n" in said
    assert "; 4 seeds (0 to 3); 2 for 3 layers |" in said
    assert "; 5 seeds (0 to 4) |" in readings.setting("lstm", sample, place, 5)


def test_setting_names_what_it_ran_on(tmp_path):
    texts = datasets.load("nusax", tmp_path, "sample")
    text = readings.setting("lstm", texts, Place("tiny", True, tmp_path))
    assert text.startswith("> **SAMPLE DATA, not NusaX-Senti.**")
    for part in (
        texts.checksum,
        "60 of 420 training, 40 of 90 validation, 210 test",
        "1 seed (number 0)",
        "learning_rate",
        "tensorflow 2.",
    ):
        assert part in text


def test_the_comparison_with_published_figures_says_what_it_is_worth(tmp_path):
    sample = datasets.load("nusax", tmp_path, "sample")
    real = replace(sample, is_sample=False)
    assert "not comparable" in readings.earlier_caution("lstm", sample, Place("full", True))
    assert "60 of 420 samples, for at most 1 epoch; the" in readings.earlier_caution("lstm", real, Place("tiny", False))
    assert "all training samples" in readings.earlier_caution("lstm", real, Place("full", False))


def test_the_networks_that_train_longer_are_named(monkeypatch):
    family = ARCHITECTURES["cnn"]
    most = family.training["epochs"] + 2
    monkeypatch.setitem(ARCHITECTURES, "cnn", replace(family, trainings={"reference": {"epochs": most}}))
    reference = f"all steps up to {family.groups['beyond'].words['reference']}"
    assert readings.epochs_allowed("cnn", "full") == f"{most - 2} epochs, {most} for {reference}"
    assert readings.epochs_allowed("lstm", "tiny") == "1 epoch"
