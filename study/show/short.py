"""A page in short: its answers in five lines, and all its comparisons as one figure; they stand on top of the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from .. import full
from ..architectures import ARCHITECTURES
from ..evaluation import results
from ..evidence import Evidence, against_baselines, within_groups
from . import conclusions, forest, readme
from .sentences import say


def parts(evidence: Evidence) -> Iterator[Any]:
    """The lines, how far they carry, and the figure."""
    name, title = evidence.architecture, ARCHITECTURES[evidence.architecture].title
    methods = pd.DataFrame([{"architecture": name} | asdict(each) for each in evidence.baselines])
    rows = evidence.comparisons
    lines = readme.lines(results(evidence.checks), methods, rows)
    seeds = sorted({int(each) for each in rows["n_seeds"]})
    against = full.beside(rows, evidence.place)[lambda each: each["contradicts"]]
    contradicted = [conclusions.pair(row) for row in within_groups(against).itertuples()]
    if number := len(against_baselines(against)):
        contradicted.append(say("page.contradicted_rival", number=number, rival=evidence.rival))
    notice = evidence.data.notice if evidence.data.is_sample else ""
    about = {"contradictions": len(against), "contradicted": contradicted}
    yield say("page.short", lines=lines, seeds=seeds, notice=notice, **about)
    said = say("page.forest_title", title=title, data=evidence.data.title)
    picture = forest.save(rows, evidence.place.figures / f"{name}-forest.png", said, with_forms=True)
    yield replace(picture, caption=say("page.forest", fragile=forest.has_fragile(rows)))
