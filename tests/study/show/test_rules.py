"""Which weights to keep: the table and the sentences follow what the networks score by each rule."""

import pandas as pd
import pytest

from study.architectures import ARCHITECTURES, variants
from study.show import rules
from study.show.words import signed
from study.store import RULES

from ..made_up import checks, weighed

MARGIN = ARCHITECTURES["lstm"].margin


def found_with(scores, seeds=(0, 1), **record):
    """Evidence whose networks of a variant score this by best, last and mean, on average over the seeds."""
    made = checks({}, seeds=seeds, **record)
    for each in made:
        usual = scores.get(each.run.variant.name, (0.6, 0.61, 0.62))
        each.run.record["rules"] = {
            rule: score + 0.01 * (each.run.seed - 0.5) for rule, score in zip(RULES, usual, strict=True)
        }
    return weighed(made)


@pytest.fixture
def trials(tmp_path, monkeypatch):
    """A folder in place of reports/tuning."""
    monkeypatch.setattr(rules, "TRIALS_DIR", tmp_path)
    return tmp_path


def test_each_rule_has_its_mean_and_how_often_it_is_best(trials):
    scores = rules.by_rule(found_with({"layers-1": (0.8, 0.7, 0.6), "layers-3": (0.5, 0.9, 0.6)}))
    names = [each.name for each in variants("lstm")]
    assert scores.index.tolist() == names
    assert scores.loc["layers-3"].tolist() == pytest.approx([0.5, 0.9, 0.6])
    table = rules.table(scores, rules.searched_by_rule("lstm"))
    number = len(names)
    assert table.columns.tolist() == ["weights kept", "validation macro-F1", "alone the best rule for"]
    assert table["weights kept"].tolist() == [*rules.WORDS.values()]
    assert table["alone the best rule for"].tolist() == [
        f"{each} of {number} variants" for each in (1, 1, number - 2)
    ]  # fmt: skip
    means = scores.mean()
    assert table["validation macro-F1"].tolist() == [f"{each:.3f}" for each in means]
    said = rules.said(scores, rules.searched_by_rule("lstm"))
    assert (
        f"is that of the {rules.WORDS[means.idxmax()]}, and the rules lie {means.max() - means.min():.3f} apart."
        in said
    )
    assert "held out" not in said


def test_what_the_search_held_out_stands_beside_it(trials):
    rows = [
        ("baseline", 1, 100, 0.5, 0.7, 0.6),
        ("baseline", 2, 100, 0.5, 0.72, 0.6),
        ("layers-1", 1, 100, 0.9, 0.8, 0.7),
    ]
    frame = pd.DataFrame(rows, columns=["network", "split", "seed", *RULES])
    frame.to_csv(trials / "lstm-rules.csv", index=False)
    searched = rules.searched_by_rule("lstm")
    assert searched.loc["baseline"].tolist() == pytest.approx([0.5, 0.71, 0.6])
    table = rules.table(rules.by_rule(found_with({})), searched)
    assert table["on the data held out by the search"].tolist() == ["0.700", "0.755", "0.650"]
    assert table["alone the best rule there for"].tolist() == ["1 of 2 networks", "1 of 2 networks", "0 of 2 networks"]
    said = rules.said(rules.by_rule(found_with({})), searched)
    assert "the search scored on the highest mean is that of the last step, and the rules lie 0.105 apart." in said


def test_what_turns_round_with_the_rule_is_named():
    """By more than the margin on both sides: 1 layer does, 3 layers by less."""
    turned = {
        "layers-1": (0.6 + 2 * MARGIN, 0.61, 0.62 - 3 * MARGIN),
        "layers-3": (0.6 + 2 * MARGIN, 0.61, 0.62 - MARGIN / 2),
    }
    found = found_with(turned)
    effects = rules.comparisons(found, rules.by_rule(found))
    row = effects[(effects["group"] == "layers") & (effects["variant"] == "layers-1")].iloc[0]
    assert row[[*RULES]].tolist() == pytest.approx([2 * MARGIN, 0, -3 * MARGIN])
    said = rules.hanging(effects)
    assert f"Of {len(effects)} comparisons these hang on the rule" in said
    ends = f"{rules.WORDS['mean']} {signed(-3 * MARGIN)}, {rules.WORDS['best']} {signed(2 * MARGIN)}"
    assert f"number of layers, 1 against 2 ({ends})" in said
    assert "3 against 2" not in said
    calm = found_with({})
    effects = rules.comparisons(calm, rules.by_rule(calm))
    assert rules.hanging(effects).startswith(f"Of {len(effects)} comparisons none turns round")


def test_the_parts_stand_in_their_order(trials):
    lead, table, said, by_comparison, hanging = rules.parts(found_with({}))
    assert f"Here it is the {rules.WORDS[ARCHITECTURES['lstm'].training['keep']]}," in lead
    assert len(table) == len(RULES)
    assert by_comparison["validation macro-F1"][0] == "1 against 2"
    assert by_comparison.columns.tolist() == ["group", "validation macro-F1", *rules.WORDS.values()]
    assert said.startswith("Over the variants")
    assert hanging.startswith("Of ")


def test_older_networks_have_no_scores_by_the_rules(trials):
    _, told = rules.parts(weighed(checks({})))
    assert told.startswith("These networks were trained before the rules")


def test_a_network_that_diverged_has_no_say():
    found = found_with({"layers-1": (0.1, 0.2, 0.3)})
    for each in found.checks:
        each.run.record["diverged"] = each.run.variant.name == "layers-1"
    assert "layers-1" not in rules.by_rule(found).index


def test_rules_that_give_the_same_are_not_told_apart(trials):
    names = [each.name for each in variants("lstm")]
    scores = rules.by_rule(found_with(dict.fromkeys(names, (0.6, 0.6, 0.6))))
    assert rules.table(scores, rules.searched_by_rule("lstm"))["alone the best rule for"].str.startswith("0 of").all()
    assert rules.said(scores, scores[:0]) == "Over the variants, seeds averaged, all three rules give the same mean."
