"""Results -> what the verdicts say: the values of templates/verdicts.md, which change with the results."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import elsewhere, full, robustness, store
from ..architectures import ARCHITECTURES, variants
from ..evaluation import by_variant, of_value, results
from ..evidence import Evidence, against_baselines, within_groups
from ..findings import (
    alone,
    by_verdict,
    data_of,
    is_fragile,
    lacking,
    name_of,
    pair_of,
    perhaps_small,
    removals,
    totals,
    value_of,
)
from ..sides import KEY, pairs_ahead
from . import controls
from .sentences import say

ALIKE = 0.005  # macro-F1 on training data that differ by less are called alike
WORST_FIRST = ("worse", "better", "equivalent", "not resolved")


def of_group(evidence: Evidence, group: str) -> str:
    """What a group's results say, as Markdown: a sentence for each comparison, then what cannot be told."""
    about, rows = ARCHITECTURES[evidence.architecture].groups[group], evidence.of_group(group)
    names = [of_value(evidence.checks, group, value)[0].run.variant.name for value in about.changes]
    return say(
        "verdicts.group",
        title=about.title,
        rows=[
            _compared(evidence, row)
            for row in elsewhere.beside(full.beside(rows, evidence.place), evidence.place).itertuples()
        ],
        against=_beside_baselines(evidence, group, names),
        dead=_dead(evidence, names),
        fit=_fit(evidence, group),
        limits=say(
            "verdicts.limits",
            seeds=sorted({len(evidence.sides[name].scores) for name in names}),
            examples=len(evidence.data.y_test),
            comparisons=len(rows),
        ),
    )


def how_to_read(evidence: Evidence) -> str:
    """How the tables, dots and verdicts of the groups are to be read, with one seed or with several."""
    profile, spent, lacking = evidence.place.profile, None, ""
    if full.speaks_of(evidence.place):
        lacking = lacking_in_full([evidence.architecture])
    if full.speaks_of(evidence.place) and len(full.of("results", [evidence.architecture])):
        less = full.less(evidence.architecture, profile, _seeds(evidence.comparisons))
        spent = {"profile": profile, "less": less, "data": data_of_full([evidence.architecture])}
    titles, tried = ARCHITECTURES[evidence.architecture].conditions, set(evidence.robustness["method"])
    return say(
        "verdicts.how_to_read",
        single=evidence.comparisons["n_seeds"].min() == 1,
        margin=ARCHITECTURES[evidence.architecture].margin,
        conditions=[titles[each].title for each in robustness.CONDITIONS if each in tried],
        anew=robustness.anew(within_groups(evidence.robustness), ARCHITECTURES[evidence.architecture].margin),
        languages=elsewhere.beside(evidence.comparisons, evidence.place)["seeds"].max(),
        spent=spent,
        lacking=lacking,
    )


def _seeds(comparisons: pd.DataFrame) -> int:
    """How many networks of a variant are compared."""
    return int(comparisons["n_seeds"].min())


def lacking_in_full(architectures: list[str]) -> str:
    """What the committed tables do not have of these architectures, empty if nothing."""
    lacking = {name: full.lacking(name) for name in architectures}
    return say(
        "verdicts.lacking",
        architectures=[
            (ARCHITECTURES[name].title, [name_of(name, each) for each in some if len(some) < len(variants(name))])
            for name, some in lacking.items()
            if some
        ],
    )


def data_of_full(architectures: list[str]) -> str:
    """The data of the committed tables, which need not be those of this run."""
    return data_of(full.of("results", architectures))


def _row(row: Any, several: bool = True) -> dict[str, Any]:
    """A comparison as the templates take it; of several architectures each is named."""
    ours, theirs = pair_of(row)
    about = ARCHITECTURES[row.architecture]
    return row._asdict() | {
        "ours": ours,
        "theirs": theirs,
        "network": about.title if several else "",
        "title": about.groups[row.group].title.lower(),
        "small": perhaps_small(row),
        "fragile": is_fragile(row),
        "checked": _checked(row),
        "lacking": lacking(row),
        "full": _in_full(row),
    }


def _checked(row: Any) -> tuple[int, int] | None:
    """In how many of how many checks a verdict holds; None where there was nothing to check, or the table is older."""
    return (int(row.holds), int(row.checks)) if getattr(row, "checks", 0) > 0 else None


def _in_full(row: Any) -> dict[str, Any] | None:
    """What `full` found of the same comparison; None where `full.beside` was not asked, or has none."""
    if not isinstance(getattr(row, "full_verdict", None), str):
        return None
    found = {"effect": row.full_effect, "verdict": row.full_verdict, "contradicts": row.contradicts}
    found["fragile"] = getattr(row, "full_fragile", False) in (True,)
    return found | {each: getattr(row, f"full_{each}", None) for each in ("low", "high")}


def _compared(evidence: Evidence, row: Any) -> dict[str, Any]:
    """A comparison with both means, and in how many pairs of networks the first is ahead."""
    sides = evidence.sides[row.variant], evidence.sides[row.baseline]
    return _row(row) | {
        "means": [side.mean.estimate for side in sides],
        "ahead": pairs_ahead(*sides),
        "both_dead": all(side.dead for side in sides),
        **_tried(evidence, row),
        "elsewhere": {name: int(getattr(row, name)) for name in elsewhere.COUNTS} if row.others > 0 else None,
        "less": full.less(row.architecture, evidence.place.profile, row.n_seeds),
    }


def _tried(evidence: Evidence, row: Any) -> dict[str, list]:
    """In which checks a verdict does not hold, with theirs, and in which it is not resolved but agrees.

    Methods are called by their name, conditions by their title.
    """
    if _checked(row) is None:
        return {"broken": [], "agreeing": []}
    family, key = ARCHITECTURES[row.architecture], [getattr(row, name) for name in KEY]
    names = {name: each.title for name, each in family.conditions.items()}
    broken = robustness.broken(evidence.robustness, key, family.margin)
    agreeing = robustness.agreeing(evidence.robustness, key, family.margin)
    return {
        "broken": [(names.get(each, each), said) for each, said in broken],
        "agreeing": [names[each] for each in agreeing],
    }


def _beside_baselines(evidence: Evidence, group: str, names: list[str]) -> str:
    """How the variants of a group stand against the strongest method without a network."""
    rows = against_baselines(evidence.comparisons)
    return _against(rows[rows["variant"].isin(names)], group, evidence.sides[evidence.rival].mean.estimate)


def _against(rows: pd.DataFrame, group: str, score: float | None = None) -> str:
    """The verdicts on some networks of an architecture against its strongest method without a network."""
    parts = []
    for verdict in WORST_FIRST:
        some = rows[rows["verdict"] == verdict]
        networks = [(value_of(row.architecture, group, row.variant), row.effect) for row in some.itertuples()]
        ends = {"low": some["effect"].min(), "high": some["effect"].max()}
        every = len(some) if len(some) == len(rows) > 1 else 0
        fragile = [name for (name, _), row in zip(networks, some.itertuples(), strict=True) if is_fragile(row)]
        if len(some):
            parts.append({"verdict": verdict, "every": every, "networks": networks, "fragile": fragile, **ends})
    return say("verdicts.against", rival=rows["baseline"].iloc[0], score=score, parts=parts)


def beside_baselines(comparisons: pd.DataFrame, with_full: bool = False) -> str:
    """Which networks of each architecture lose to a method without a network, here and in full, as a Markdown list."""
    several = []
    for name, mine in against_baselines(comparisons).groupby("architecture", sort=False):
        theirs = against_baselines(full.of("comparisons", [name])) if with_full else mine[:0]
        in_full = _against(theirs, "") if len(theirs) else ""
        several.append((ARCHITECTURES[name].title, _against(mine, ""), in_full))
    return say("verdicts.against_baselines", several=several)


def limits(comparisons: pd.DataFrame) -> str:
    """What the verdicts of several architectures do not cover."""
    return say("verdicts.what_is_not_covered", single=comparisons["n_seeds"].min() == 1)


def _dead(evidence: Evidence, names: list[str]) -> str:
    """Name the networks that predict one class for everything, and those whose training diverged."""
    found: dict[str, list] = {"dead": [], "diverged": []}
    for name, mine in by_variant(evidence.checks).items():
        for mark, networks in found.items():
            seeds = [each.run.seed for each in mine if getattr(each, mark)]
            if name in names and seeds:
                networks.append((name_of(evidence.architecture, name), seeds, len(seeds) == len(mine)))
    return say("verdicts.dead", **found)


def _fit(evidence: Evidence, group: str) -> str:
    """How well a group's networks have learnt their training data, and how much of it holds on validation data."""
    about = ARCHITECTURES[evidence.architecture].groups[group]
    fitted = []
    for value in about.changes:
        means = results(of_value(evidence.checks, group, value))[["train_f1", "val_f1"]].mean()
        fitted.append({"name": alone(evidence.architecture, group, value), **means})
    least, *_, most = sorted(fitted, key=lambda each: each["train_f1"])
    widest = max(fitted, key=lambda each: each["train_f1"] - each["val_f1"])
    alike = most["train_f1"] - least["train_f1"] < ALIKE
    return say("verdicts.fit", least=least, most=most, widest=widest, alike=alike)


def summary(evidence: Evidence) -> str:
    """The last paragraph of a notebook: the best variant by validation, and what the groups could resolve."""
    names = list(by_variant(evidence.checks))
    mean, baseline = (evidence.sides[name].mean for name in (evidence.best, "baseline"))
    return say(
        "verdicts.summary",
        variants=len(names),
        title=ARCHITECTURES[evidence.architecture].title,
        best=name_of(evidence.architecture, evidence.best),
        mean=mean,
        baseline=baseline if evidence.best != "baseline" else None,
        full=_best_in_full(evidence) if full.speaks_of(evidence.place) else None,
        compared=overall(full.beside(evidence.comparisons, evidence.place)),
        against=_beside_baselines(evidence, "", names),
        dead=_dead(evidence, names),
    )


def _best_in_full(evidence: Evidence) -> dict[str, Any] | None:
    """What `full` has of the best variant, which on few seeds may be the luckiest, and which is best there."""
    theirs = full.of("results", [evidence.architecture])
    if theirs.empty:
        return None
    means = theirs.groupby("variant")["test_f1_keras"].mean()
    there = store.best(theirs)
    return {
        "same": there == evidence.best,
        "mean": means.get(evidence.best),
        "best": name_of(evidence.architecture, there),
        "best_mean": means[there],
    }


def overall(comparisons: pd.DataFrame) -> str:
    """All comparisons by what they say, as a Markdown list: what mattered, what did not, what is not resolved.

    What `full.beside` adds stands beside each. What is worse on purpose stands apart, once for each architecture.
    """
    several = comparisons["architecture"].nunique() > 1
    return say(
        "verdicts.overall",
        by_verdict={
            verdict: [
                _row(row, several) | {"control": controls.breaking(row, comparisons)} for row in rows.itertuples()
            ]
            for verdict, rows in by_verdict(comparisons).items()
        },
        removals=[_row(row, several) for row in removals(comparisons).itertuples()],
        totals=[_row(row, several) for row in totals(comparisons).itertuples()],
    )


def pair(row: Any) -> str:
    """What a comparison within a group compares: `number of layers: 1 against 2`."""
    return say("verdicts.what", row=_row(row, several=False))


def removal(row: Any) -> str:
    """What a part is worth: `removing the mask costs 0.291`, with its interval, and what `full` found of it."""
    return say("verdicts.removal", row=_row(row))


def against_full(comparisons: pd.DataFrame, profile: str) -> str:
    """How the verdicts of a smaller profile stand to those of full, and why; for the rows of `full.beside`."""
    rows = within_groups(comparisons)
    rows = rows[rows["full_verdict"].notna()]
    spent = (
        (ARCHITECTURES[name].title, full.less(name, profile, _seeds(mine)))
        for name, mine in rows.groupby("architecture", sort=False)
    )
    return say(
        "verdicts.against_full",
        number=len(rows),
        others=(rows["verdict"] != rows["full_verdict"]).sum(),
        contradicting=[_row(row) for row in rows[rows["contradicts"]].itertuples()],
        spent=[(title, less) for title, less in spent if less],
    )
