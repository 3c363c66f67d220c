"""Results -> sentences. Every word and number below a table comes from here, and changes with the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from .. import full
from ..architectures import ARCHITECTURES
from ..evaluation import best, by_variant, of_value, results
from ..evidence import AGAINST_BASELINES, Evidence, pairs_ahead
from ..findings import by_verdict, data_of, lacking, name_of, pair_of, perhaps_small, removals, value_of
from ..statistics import p_words

GROUPED = {  # how the networks with one verdict against the strongest method are led in
    "worse": "**these lose to it**:",
    "better": "these beat it:",
    "equivalent": "level with it:",
    "not resolved": "not resolved:",
}
HEADINGS = {
    "better": "Made it better",
    "worse": "Made it worse",
    "equivalent": "No difference that matters",
    "not resolved": "Not resolved",
}
SAYS = {
    "agrees": "agreeing with ours",
    "compatible": "compatible with ours",
    "contradicts": "contradicted",
    "cannot be told": "not to be told",
}


def of_group(found: Evidence, group: str) -> str:
    """What a group's results say, as Markdown: a sentence for each comparison, then what cannot be told."""
    about = ARCHITECTURES[found.architecture].groups[group]
    lines = [f"- {_sentence(found, row)}" for row in full.beside(found.of_group(group), found.place).itertuples()]
    names = [of_value(found.checks, group, value)[0].run.variant.name for value in about.changes]
    ends = [_beside_baselines(found, group, names), _dead(found, names), _fit(found, group), _limits(found, group)]
    return "\n".join([f"**{about.title}.**", "", *lines, "", *(f"{each}\n" for each in ends if each)])


AHEAD = (
    "*Ahead*: in how many pairs of the networks trained here, one of each kind, the first has the higher macro-F1 on "
    "this test split."
)
MCNEMAR = (
    "*McNemar*'s exact test asks another question: of the test examples that only one of the two networks gets right, "
    "do the two get so unequal parts by chance alone? Its p, too, belongs to these two networks."
)
ONE_SEED = "**Each network was trained once: all of this is about these networks, not about other seeds.**"


def how_to_read(found: Evidence) -> str:
    """How the tables, dots and verdicts of the groups are to be read, with one seed or with several."""
    single = found.comparisons["n_seeds"].min() == 1
    chance = "of the test examples" if single else "of the seeds and of the test examples"
    margin = ARCHITECTURES[found.architecture].margin
    return f"""
**How to read the verdicts.** A variant is compared with the baseline of its group, or where each adds to the one before
with that one, and the last with the first (*all steps together*), on the same test examples. The 95 % interval of the
difference allows for the chance in the choice {chance}: the results are compatible with all differences in it.

- *Equivalent*: all of it lies within ±{margin:g}, set beforehand as too little to matter.
- *Better* or *worse*: it leaves out zero, also after Holm's correction for the several comparisons of a group; the
  intervals that are shown are not corrected. Where its nearer end is less than {margin:g} from zero, the difference is
  perhaps too little to matter.
- *Not resolved*: the results do not tell, which is not to say that there is no difference.
- {MCNEMAR if single else AHEAD}
- *Training* and *validation* are the macro-F1 on these data, *train - test* the first less that on the test split. A
  network that scores low on its own training data has not learnt them in its epochs; a wide gap is what it has learnt
  by heart.

Judge by the interval of the difference, not by whether two variants' own intervals overlap: these share their examples.
The methods without a network are as scikit-learn has them, not tuned. {ONE_SEED if single else ""}

{_what_full_is(found) if full.speaks_of(found.place) else ""}
"""


def _what_full_is(found: Evidence) -> str:
    return (
        f"The profile `{found.place.profile}` is a short look ({full.less(found.architecture, found.place.profile)}). "
        f"Beside each of its verdicts stands what the profile `full` found, on {_data_of_full([found.architecture])}; "
        "where the two contradict, believe `full`."
    )


def _data_of_full(architectures: list[str]) -> str:
    """The data of the committed tables, which need not be those of this run."""
    return data_of(full.of("results", architectures))


def _sentence(found: Evidence, row: Any) -> str:
    """One comparison: both means, the difference, the verdict, what it means, and what `full` found."""
    ours, theirs = pair_of(row)
    means = [found.sides[name].mean.estimate for name in (row.variant, row.baseline)]
    said = (
        f"**{ours}** against {theirs}: test macro-F1 {means[0]:.3f} against {means[1]:.3f}, a difference of "
        f"{row.effect:+.3f} (95 % interval {row.low:+.3f} to {row.high:+.3f}): **{row.verdict}**."
    )
    return " ".join(part for part in (said, _meaning(found, row), _full_in_words(row, found.place.profile)) if part)


def _meaning(found: Evidence, row: Any) -> str:
    """What a verdict means, for a reader who has no statistics."""
    if row.verdict == "equivalent":
        return f"All of the interval lies within ±{row.margin:g}, set beforehand as too little to matter."
    if row.verdict in ("better", "worse"):
        small = "Perhaps by too little to matter. " if perhaps_small(row) else ""
        if row.n_seeds == 1:
            return f"{small}That holds for these two networks."
        ahead, number = pairs_ahead(found.sides[row.variant], found.sides[row.baseline])
        return f"{small}It is ahead in {ahead} of {number} pairs of networks on this test split."
    if found.sides[row.variant].dead and found.sides[row.baseline].dead:
        return "Both have learnt nothing, so this says nothing of what they differ in."
    if row.low <= 0 <= row.high:
        return f"{_at_most('At best', row.high, 'gain')}, {_at_most('at worst', -row.low, 'loss')}."
    return (
        f"The interval leaves out zero, but not by enough where several comparisons are made at once "
        f"(p {p_words(row.p_holm)} after Holm)."
    )


def _at_most(when: str, size: float, what: str) -> str:
    """`at worst a loss of 0.039`, or `at best no gain` where it rounds to nothing."""
    return f"{when} a {what} of {size:.3f}" if round(size, 3) else f"{when} no {what}"


def _full_in_words(row: Any, profile: str) -> str:
    """What `full` found of the same comparison, and whether this contradicts it; `row` is one of `full.beside`."""
    if not isinstance(row.full_verdict, str):
        return ""
    said = f"`full` found: **{row.full_verdict}**, {row.full_effect:+.3f} ({row.full_low:+.3f} to {row.full_high:+.3f})"
    if not row.contradicts:
        return f"{said}."
    return f"{said}. **The two contradict each other**: here {full.less(row.architecture, profile)}."


def _beside_baselines(found: Evidence, group: str, names: list[str]) -> str:
    """How the variants of a group stand against the strongest method without a network."""
    rows = found.of_group(AGAINST_BASELINES)
    return _against(rows[rows["variant"].isin(names)], group, found.sides[found.rival].mean.estimate)


def _against(rows: pd.DataFrame, group: str, score: float | None = None) -> str:
    """The verdicts on some networks of an architecture against its strongest method without a network."""
    parts = []
    for verdict, words in GROUPED.items():
        some = rows[rows["verdict"] == verdict]
        if len(some) == len(rows) > 1:
            every = "both" if len(rows) == 2 else f"all {len(rows)}"
            parts.append(f"{words} {every} ({some['effect'].min():+.3f} to {some['effect'].max():+.3f})")
        elif len(some):
            names = (
                f"{value_of(row.architecture, group, row.variant)} ({row.effect:+.3f})" for row in some.itertuples()
            )
            parts.append(f"{words} {', '.join(names)}")
    rival = rows["baseline"].iloc[0] + ("" if score is None else f": {score:.3f}")
    return f"Against the method without a network that is best on validation data ({rival}): {'; '.join(parts)}."


def against_baselines(comparisons: pd.DataFrame, with_full: bool = False) -> str:
    """Which networks of each architecture lose to a method without a network, here and in full, as a Markdown list."""
    lines = []
    for name, mine in _with_baselines(comparisons).groupby("architecture", sort=False):
        lines.append(f"- **{ARCHITECTURES[name].title}.** {_against(mine, '')}")
        if with_full:
            lines.append(f"    - `full`: {_against(_with_baselines(full.of('comparisons', [name])), '')}")
    return "\n".join(lines)


def _with_baselines(comparisons: pd.DataFrame) -> pd.DataFrame:
    return comparisons[comparisons["group"] == AGAINST_BASELINES]


def limits(comparisons: pd.DataFrame) -> str:
    """What the verdicts of several architectures do not cover."""
    seeds = " Where each network was trained once, another seed may reverse a verdict."
    return (
        "These verdicts hold for these data, these budgets, and training settings chosen on few of the variants. "
        "Holm's correction was made within each group, not over this list. What is not resolved may still differ: more "
        f"seeds or more test examples would tell.{seeds if comparisons['n_seeds'].min() == 1 else ''}"
    )


def _dead(found: Evidence, names: list[str]) -> str:
    """Name the networks that predict one class for everything."""
    dead = {
        name: [str(each.run.seed) for each in mine if each.dead]
        for name, mine in by_variant(found.checks).items()
        if name in names
    }
    parts = [
        f"{name_of(found.architecture, name)} ({_seeds(seeds, len(found.sides[name].scores))})"
        for name, seeds in dead.items()
        if seeds
    ]
    return f"**Dead**, one class for everything: {'; '.join(parts)}." if parts else ""


def _seeds(which: list[str], number: int) -> str:
    return f"all {number} seeds" if 1 < len(which) == number else f"seed{'s' * (len(which) > 1)} {', '.join(which)}"


def _fit(found: Evidence, group: str) -> str:
    """How well a group's networks have learnt their training data, and how much of it holds on validation data."""
    about = ARCHITECTURES[found.architecture].groups[group]
    fitted = {
        about.in_words(value): results(of_value(found.checks, group, value))[["train_f1", "val_f1"]].mean()
        for value in about.changes
    }
    said = {value: f"{scores['train_f1']:.3f} against {scores['val_f1']:.3f}" for value, scores in fitted.items()}
    least, *_, most = sorted(fitted, key=lambda value: fitted[value]["train_f1"])
    widest = max(fitted, key=lambda value: fitted[value]["train_f1"] - fitted[value]["val_f1"])
    if fitted[most]["train_f1"] - fitted[least]["train_f1"] < 0.005:
        learnt = f"all have learnt their training data nearly alike ({said[least]} to {said[most]})"
    else:
        learnt = f"{least} has learnt its training data least ({said[least]}), {most} most ({said[most]})"
    return f"Macro-F1 on training against validation data: {learnt}; the gap is widest for {widest} ({said[widest]})."


def _limits(found: Evidence, group: str) -> str:
    rows, examples = found.of_group(group), len(found.data.y_test)
    seeds = rows["n_seeds"].iloc[0]
    family = f"; better and worse are corrected by Holm for {len(rows)} comparisons" if len(rows) > 1 else ""
    if seeds == 1:
        return (
            f"*The intervals cover the choice of the {examples:,} test examples, not that of the seed: each network "
            f"was trained once, and another seed may reverse a small difference{family}.*"
        )
    return f"*Means over {seeds} seeds; the intervals cover chance in seeds and in {examples:,} test examples{family}.*"


def summary(found: Evidence) -> str:
    """The last paragraph of a notebook: the best variant by validation, and what the groups could resolve."""
    names = list(by_variant(found.checks))
    mean, baseline = (found.sides[name].mean for name in (found.best, "baseline"))
    start = (
        f"Of the {len(names)} variants of the {ARCHITECTURES[found.architecture].title}, "
        f"**{name_of(found.architecture, found.best)}** has the best macro-F1 on the validation data; on the test "
        f"split it reaches {mean.estimate:.3f} ({mean.low:.3f} to {mean.high:.3f})."
    )
    if found.best != "baseline":
        start += f" The baseline: {baseline.estimate:.3f} ({baseline.low:.3f} to {baseline.high:.3f})."
    if full.speaks_of(found.place):
        start += _best_in_full(found)
    ends = [_beside_baselines(found, "", names), _dead(found, names)]
    compared = overall(full.beside(found.comparisons, found.place))
    return "\n\n".join([start, compared, *(each for each in ends if each)])


def _best_in_full(found: Evidence) -> str:
    """What `full` has of the best variant, which on few seeds may be the luckiest, and which is best there."""
    theirs = full.of("results", [found.architecture])
    means = theirs.groupby("variant")["test_f1_keras"].mean()
    there = best(theirs)
    if there == found.best:
        return f" `full`: the same variant is best, with a mean of {means[there]:.3f} on the test split."
    here = f"a mean of {means[found.best]:.3f} on the test split" if found.best in means else "no such variant"
    return f" `full`: {here}; best is **{name_of(found.architecture, there)}** there, with {means[there]:.3f}."


def overall(comparisons: pd.DataFrame) -> str:
    """All comparisons by what they say, as a Markdown list: what mattered, what did not, what is not resolved.

    What `full.beside` adds stands beside each. What is worse on purpose stands apart, once for each architecture.
    """
    several = comparisons["architecture"].nunique() > 1
    lines = []
    for verdict, rows in by_verdict(comparisons).items():
        lines += [f"- **{HEADINGS[verdict]}**", *(f"    - {_short(row, several)}" for row in rows.itertuples())]
    if len(rows := removals(comparisons)):
        lines += [
            "- **What was taken away on purpose**",
            *(f"    - {_where(row, several)}{removal(row)}" for row in rows.itertuples()),
        ]
    return "\n".join(lines)


def _short(row: Any, with_architecture: bool) -> str:
    beside = _full_behind(row, lambda effect, verdict: f"{verdict} ({effect:+.3f})")
    small = ", perhaps too little to matter" if perhaps_small(row) else ""
    return f"{_what(row, with_architecture)} ({row.effect:+.3f}{small}){beside}"


def _what(row: Any, with_architecture: bool) -> str:
    """What is compared with what: `LSTM, number of layers: 1 against 2`."""
    group = ARCHITECTURES[row.architecture].groups[row.group]
    ours, theirs = pair_of(row)
    return f"{_where(row, with_architecture)}{group.title.lower()}: {ours} against {theirs}"


def _where(row: Any, with_architecture: bool) -> str:
    return f"{ARCHITECTURES[row.architecture].title}, " if with_architecture else ""


def removal(row: Any) -> str:
    """What a part is worth: `removing the mask costs 0.291`, with its interval, and what `full` found of it."""
    sign = 1 if row.effect >= 0 else -1
    low, high = sorted((sign * row.low, sign * row.high))
    within = f" (95 % interval {low:+.3f} to {high:+.3f})"
    within += ", perhaps too little to matter" if perhaps_small(row) else ""
    beside = _full_behind(row, lambda effect, verdict: f"it {_cost(effect, verdict)}")
    return f"removing {lacking(row)} {_cost(row.effect, row.verdict, within)}{beside}"


def _cost(effect: float, verdict: str, within: str = "") -> str:
    """What goes with a part that is worth so much: `costs 0.291`."""
    unclear = {"equivalent": ", too little to matter", "not resolved": ", not resolved"}.get(verdict, "")
    return f"{'costs' if effect >= 0 else 'gains'} {abs(effect):.3f}{within}{unclear}"


def _full_behind(row: Any, in_words: Callable[[float, str], str]) -> str:
    """What `full` found of the same comparison, to stand behind ours; empty where `full.beside` was not asked."""
    if not isinstance(verdict := getattr(row, "full_verdict", None), str):
        return ""
    theirs = in_words(row.full_effect, verdict)
    return f"; **`full` contradicts: {theirs}**" if row.contradicts else f"; `full`: {theirs}"


def against_full(comparisons: pd.DataFrame, profile: str) -> str:
    """How the verdicts of a smaller profile stand to those of full, and why; for the rows of `full.beside`."""
    rows = comparisons[(comparisons["group"] != AGAINST_BASELINES) & comparisons["full_verdict"].notna()]
    others, against = (rows["verdict"] != rows["full_verdict"]).sum(), rows[rows["contradicts"]]
    listed = "".join(
        f"\n- {_what(row, True)}: {row.verdict} here ({row.effect:+.3f}), {row.full_verdict} in `full` "
        f"({row.full_effect:+.3f})."
        for row in against.itertuples()
    )
    spent = ((ARCHITECTURES[name].title, full.less(name, profile)) for name in rows["architecture"].unique())
    contradict = f"{len(against) or 'none'} contradict{'s' * (len(against) < 2)}"
    return (
        f"Of {len(rows)} verdicts on this profile's networks, {others or 'none'} are not those of the profile `full`, "
        f"and {contradict} it. Where the two differ, believe `full`: less was spent here "
        f"({'; '.join(f'{title}: {less}' for title, less in spent if less)}), and one training is partly luck."
        + (f" They contradict each other in:\n{listed}" if listed else "")
    )


def beside_published(rows: pd.DataFrame) -> str:
    """How many findings of the earlier report hold, in a sentence, from the rows of `findings.published`."""
    if rows.empty:
        return "Each network was trained once: that cannot tell whether a finding of the earlier report holds."
    counts = rows["says"].str.partition(":")[0].value_counts()
    parts = [f"{words} {counts.get(each, 0)}" for each, words in SAYS.items()]
    once = (
        "Each network was trained once here, which cannot tell whether a finding of the earlier report holds; the "
        f"profile `full` can, and these are its results, on {_data_of_full(list(rows['architecture'].unique()))}. "
        if rows["from_full"].any()
        else ""
    )
    return (
        f"{once}Differences that the earlier report published: {len(rows)}; "
        f"{', '.join(parts)}. Only the direction is compared, and only where its difference is larger than those "
        "between its own runs of the baseline. *Compatible*: its difference and ours are both too small to matter."
    )
