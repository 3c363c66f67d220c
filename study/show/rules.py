"""Which weights to keep: what the networks would score on validation data by each of the three rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..architectures import ARCHITECTURES, pairs
from ..evaluation import by_variant, results
from ..evidence import Evidence
from ..findings import pair_of
from ..listed import BY_RULE
from ..store import RULES, TRIALS_DIR
from .sentences import say
from .tables import Table
from .words import signed

WORDS = {"best": "best epoch", "last": "last step", "mean": "mean over the last tenth of the steps"}


def parts(evidence: Evidence) -> Iterator[Any]:
    """What is shown: the rules, what each gives, and which comparisons hang on the choice."""
    yield say("rules.lead", kept=WORDS[ARCHITECTURES[evidence.architecture].training["keep"]])
    scores, searched = by_rule(evidence), searched_by_rule(evidence.architecture)
    if scores.empty:
        yield say("rules.nothing")
        return
    title = ARCHITECTURES[evidence.architecture].title
    yield table(scores, searched).captioned(say("captions.rules", title=title))
    yield said(scores, searched)
    effects = comparisons(evidence, scores)
    rows = Table(_row(row) for row in effects.itertuples())
    yield rows.captioned(say("captions.by_rule", title=title))
    yield hanging(effects)


def by_rule(evidence: Evidence) -> pd.DataFrame:
    """The mean macro-F1 on validation data, a row for each variant, a column for each rule; older networks have none.

    One that diverged has no say.
    """
    sound = [each for each in evidence.checks if not each.diverged]
    frame = results(sound)
    columns = [BY_RULE + rule for rule in RULES]
    if not set(columns) <= set(frame):
        return pd.DataFrame(columns=[*RULES])
    names = list(by_variant(sound))
    return frame.groupby("variant")[columns].mean().reindex(names).set_axis([*RULES], axis=1).dropna()


def searched_by_rule(architecture: str) -> pd.DataFrame:
    """The same on the data that `make tune` held out, a row for each network; empty if the rules were not compared."""
    path = TRIALS_DIR / f"{architecture}-rules.csv"
    if not path.exists():
        return pd.DataFrame(columns=[*RULES])
    return pd.read_csv(path).groupby("network", sort=False)[[*RULES]].mean()


def table(scores: pd.DataFrame, searched: pd.DataFrame) -> Table:
    """A row for each rule: means over networks, and of how many it gives the best."""
    lines = []
    for rule in RULES:
        line = {"weights kept": WORDS[rule], "validation macro-F1": f"{scores[rule].mean():.3f}"}
        line["alone the best rule for"] = f"{_winners(scores)[rule]} of {len(scores)} variants"
        if len(searched):
            line["on the data held out by the search"] = f"{searched[rule].mean():.3f}"
            line["alone the best rule there for"] = f"{_winners(searched)[rule]} of {len(searched)} networks"
        lines.append(line)
    return Table(lines)


def _winners(scores: pd.DataFrame) -> pd.Series:
    """For how many networks each rule alone gives the best score."""
    alone = scores[scores.eq(scores.max(axis=1), axis=0).sum(axis=1) == 1]
    return alone.idxmax(axis=1).value_counts().reindex([*RULES], fill_value=0)


def said(scores: pd.DataFrame, searched: pd.DataFrame) -> str:
    """By which rule the mean is highest, and how far the rules lie apart."""
    told = []
    for frame in (scores, searched):
        means = frame.mean() if len(frame) else None
        told.append(means is not None and {"rule": WORDS[means.idxmax()], "apart": means.max() - means.min()})
    return say("rules.said", here=told[0], searched=told[1] or None)


def comparisons(evidence: Evidence, scores: pd.DataFrame) -> pd.DataFrame:
    """The comparisons within the groups, each with the difference on validation data by each rule."""
    there = [each for each in pairs(evidence.architecture) if {*each[1:]} <= set(scores.index)]
    rows = [
        [evidence.architecture, *names, *(scores.loc[names[1]] - scores.loc[names[2]])[[*RULES]]] for names in there
    ]
    return pd.DataFrame(rows, columns=["architecture", "group", "variant", "baseline", *RULES])


def _row(row: Any) -> dict[str, str]:
    """A comparison as the table has it."""
    found = {"group": ARCHITECTURES[row.architecture].groups[row.group].title}
    found["validation macro-F1"] = " against ".join(pair_of(row))
    return found | {WORDS[rule]: signed(getattr(row, rule)) for rule in RULES}


def hanging(effects: pd.DataFrame) -> str:
    """Which comparisons turn round with the rule, beyond the margin on both sides."""
    margin, turned = ARCHITECTURES[effects["architecture"].iloc[0]].margin, []
    for row in effects.itertuples():
        by = {rule: getattr(row, rule) for rule in RULES}
        ends = [min(by, key=by.__getitem__), max(by, key=by.__getitem__)]
        if by[ends[0]] < -margin and by[ends[1]] > margin:
            title = ARCHITECTURES[row.architecture].groups[row.group].title
            by_words = [(WORDS[rule], by[rule]) for rule in ends]
            turned.append({"title": title, "pair": " against ".join(pair_of(row)), "ends": by_words})
    return say("rules.hanging", number=len(effects), turned=turned, margin=margin)
