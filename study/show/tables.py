"""The tables that the notebooks show; in each, DEAD marks a network that predicts one class for everything."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from .. import elsewhere, full, predictions
from ..architectures import ARCHITECTURES, Variant, variants
from ..checks import Check
from ..evaluation import by_variant, of_value, results, values
from ..evidence import Evidence
from ..findings import name_of, pair_of
from ..sides import AGAINST_BASELINES, Side, pairs_ahead
from ..statistics import p_words
from . import readings
from .sentences import say
from .words import signed, within

BUDGET = ("seeds", "epochs", "weights kept")  # columns that say nothing where all networks have the same


class Table(pd.DataFrame):
    """A DataFrame that a notebook shows without its index, with every cell in full, and with a dollar as a dollar.

    `caption` stands above it: Table(rows).captioned("What the rows are").
    """

    _metadata = ["caption"]
    caption = ""

    def captioned(self, caption: str) -> Table:
        self.caption = caption
        return self

    def _repr_html_(self) -> str:
        if self.empty:
            return ""
        with pd.option_context("display.max_colwidth", None, "display.html.use_mathjax", False):
            shown = self.to_html(index=False, border=0)
        head, tag, rest = shown.partition("<thead>")
        return f"{head}<caption>{escape(self.caption)}</caption>{tag}{rest}" if self.caption else shown


def variants_table(architecture: str) -> Table:
    """The variants as the study's table has them: what each one changes, and in which groups it stands."""
    family = ARCHITECTURES[architecture]
    return Table(
        {
            "variant": name_of(architecture, each.name),
            "name in the files": each.name,
            "settings that differ from the baseline": _words(_changes(each)) or f"none: {_words(each.settings)}",
            "groups": ", ".join(family.groups[group].title.lower() for group in each.labels),
        }
        for each in variants(architecture)
    ).captioned(say("captions.variants", title=family.title))


def _changes(variant: Variant) -> dict:
    baseline = ARCHITECTURES[variant.architecture].baseline
    return {key: value for key, value in variant.settings.items() if value != baseline[key]}


def _words(settings: dict) -> str:
    return ", ".join(
        f"{key} {'-'.join(map(str, value)) if isinstance(value, tuple) else value}" for key, value in settings.items()
    )


def group_table(evidence: Evidence, group: str) -> Table:
    """One row for each value of a group, means over seeds; then the strongest method without a network.

    A budget that is the same for all has no column. "train - test" is the generalization gap: macro-F1 on the training
    data less that on the test split. "weights kept" says which: a mean, those of the last step, or of which epoch, of
    several seeds the earliest and the latest.
    """
    about = ARCHITECTURES[evidence.architecture].groups[group]
    lines = []
    for value in values(evidence.architecture, group):
        mine = of_value(evidence.checks, group, value)
        frame = results(mine)
        lines.append(
            {
                about.title: about.in_words(value) + marks(mine),
                **_score(evidence.sides[mine[0].run.variant.name]),
                "seeds": len(mine),
                "training": f"{frame['train_f1'].mean():.3f}",
                "validation": f"{frame['val_f1'].mean():.3f}",
                "train - test": f"{(frame['train_f1'] - frame['test_f1_keras']).mean():.3f}",
                "parameters": f"{frame['params'].iloc[0]:,}",
                "epochs": f"{frame['epochs'].mean():.0f}",
                "weights kept": readings.weights_kept(mine),
                "time, s": f"{frame['train_s'].min():.1f}",
            }
        )
    table = pd.DataFrame(lines, dtype=object)
    seeds = sorted(set(table["seeds"]))
    elsewhere = any(each.run.listed for each in evidence.checks if group in each.run.variant.labels)
    table = table.drop(columns=[name for name in BUDGET if table[name].nunique() == 1])
    rival = [row for row in _baseline_rows(evidence, about.title) if row[about.title] == evidence.rival]
    table = pd.concat([table, pd.DataFrame(rival)]).fillna("")
    said = {"title": _title(evidence, group), "seeds": seeds, "elsewhere": elsewhere}
    return Table(table).captioned(say("captions.group", **said))


def _title(evidence: Evidence, group: str = "") -> str:
    """An architecture's title, and that of one of its groups, as captions begin."""
    family = ARCHITECTURES[evidence.architecture]
    return f"{family.title}, {family.groups[group].title.lower()}" if group else family.title


def _score(side: Side) -> dict[str, str]:
    mean = side.mean
    return {"macro-F1, test": f"{mean.estimate:.3f}", "95 % interval": f"{mean.low:.3f} to {mean.high:.3f}"}


def baselines_table(evidence: Evidence) -> Table:
    """The methods without a network, and what those chose on the training data that had a choice."""
    table = Table(_baseline_rows(evidence, "method"))
    chosen = [each.settings for each in evidence.baselines]
    table = Table(table.assign(chosen=chosen)) if any(chosen) else table
    return table.captioned(say("captions.baselines", title=_title(evidence)))


def _baseline_rows(evidence: Evidence, title: str) -> list[dict[str, str]]:
    """A row for each method without a network, its name under `title`."""
    return [
        {title: each.name, **_score(evidence.sides[each.name]), "validation": f"{each.val_f1:.3f}"}
        for each in evidence.baselines
    ]


def comparison_table(evidence: Evidence, group: str = AGAINST_BASELINES) -> Table:
    """Each comparison of a group, or of every variant with the strongest baseline: difference, tests, verdict.

    Where there are such, in how many of the checks it holds, and in how many of the other languages the difference has
    its sign, or is as small. Beside a smaller profile's verdicts stand those of `full`, with a mark where the two
    contradict.
    """
    rows = elsewhere.beside(full.beside(evidence.of_group(group), evidence.place), evidence.place)
    caption = say("captions.against_baselines", title=_title(evidence), rival=evidence.rival)
    if group != AGAINST_BASELINES:
        single = rows["n_seeds"].max() == 1
        caption = say("captions.comparison", title=_title(evidence, group), single=single)
    return Table(pd.DataFrame(_compared(evidence, row) for row in rows.itertuples()).fillna("–")).captioned(caption)


def _compared(evidence: Evidence, row: Any) -> dict[str, str]:
    ahead, number = pairs_ahead(evidence.sides[row.variant], evidence.sides[row.baseline])
    ours, theirs = pair_of(row)
    cells = {
        "variant": ours,
        "compared with": theirs,
        "difference": signed(row.effect),
        "95 % interval": within(row.low, row.high),
        **({"ahead": f"{ahead} of {number}"} if row.n_seeds > 1 else {}),
        "p differ": p_words(row.p_holm).removeprefix("= "),
        "p equal": p_words(row.p_holm_equal).removeprefix("= "),
        **({"p (McNemar)": p_words(row.p_mcnemar).removeprefix("= ")} if row.n_seeds == 1 else {}),
        "verdict": row.verdict + ", fragile" * row.fragile,
        **({"holds in": f"{row.holds:.0f} of {row.checks:.0f}"} if row.checks > 0 else {}),
        **({"other languages": _in_languages(row)} if row.others > 0 else {}),
    }
    if isinstance(row.full_verdict, str):
        fragile = ", fragile" * (getattr(row, "full_fragile", False) in (True,))
        marks = fragile + " (contradicts)" * row.contradicts
        cells["full found"] = f"{signed(row.full_effect)}, {row.full_verdict}{marks}"
    return cells


def _in_languages(row: Any) -> str:
    """In how many other languages the difference is as small, or of the same sign."""
    small = row.verdict == "equivalent"
    return f"{row.small if small else row.same:.0f} of {row.others:.0f}"


def formatted(scores: dict[str, float]) -> dict[str, str]:
    return {key: f"{value:.3f}" for key, value in scores.items()}


def marks(checks: list[Check]) -> str:
    """What is wrong with networks: they predict one class for everything, or diverged; with the seeds if several."""
    words = ""
    for mark in ("dead", "diverged"):
        if seeds := [str(each.run.seed) for each in checks if getattr(each, mark)]:
            every = f"all {len(seeds)} seeds" if len(seeds) == len(checks) else f"seed {', '.join(seeds)}"
            words += f" {mark.upper()}" + (f" ({every})" if len(checks) > 1 else "")
    return words


def predictions_table(probabilities: np.ndarray, classes: Sequence[str], **about: Sequence[str]) -> Table:
    """What a model says of a few samples: a row for each, with `about` in front, its answer and all probabilities."""
    return Table(
        {name: column[number] for name, column in about.items()}
        | {"answer": classes[p.argmax()]}
        | formatted(dict(zip(classes, p, strict=True)))
        for number, p in enumerate(probabilities)
    ).captioned(say("captions.predictions"))


def layer_table(checks: list[Check], x: Sequence) -> Table:
    """Keras against numpy on x in the baseline, the first of the runs: a row for each layer."""
    table = predictions.by_layer(checks[0].run, x)
    for column in ("max |Δ|", "mean |Δ|"):
        table[column] = [f"{value:.1e}" for value in table[column]]
    title = ARCHITECTURES[checks[0].run.variant.architecture].title
    return Table(table).captioned(say("captions.by_layer", title=title, samples=len(x)))


def check_table(checks: list[Check]) -> Table:
    """Keras against numpy, a row a variant: agreement, differences, both macro-F1, which may be the same, both times.

    Of several seeds there stand the sum of the agreements, the largest difference and distance, the least of times,
    and else the mean. The distances are from float64, where some network was measured against it, as its differences
    are large.
    """
    table = Table([_checked(each) for each in by_variant(checks).values()])
    if (table["networks"] == 1).all():
        del table["networks"]
    if np.isnan([each.numpy_error for each in checks]).all():
        del table["Keras from float64"], table["numpy from float64"]
    title = ARCHITECTURES[checks[0].run.variant.architecture].title
    several = "networks" in table
    return table.captioned(say("captions.check", title=title, examples=len(checks[0].y), several=several))


def _checked(checks: list[Check]) -> dict[str, Any]:
    """The row of a variant, from the checks of its seeds."""
    variant = checks[0].run.variant
    scores = pd.DataFrame(
        {"keras": [each.f1("keras") for each in checks], "numpy": [each.f1("numpy") for each in checks]}
    )
    same = int((scores["keras"] == scores["numpy"]).sum())
    other = f"{scores['numpy'].mean():.6f}" if len(checks) == 1 else f"the same in {same} of {len(checks)}"
    errors = pd.DataFrame([(each.keras_error, each.numpy_error) for each in checks]).max()
    return {
        "variant": name_of(variant.architecture, variant.name) + marks(checks),
        "networks": len(checks),
        "agreement": f"{sum(each.agreeing() for each in checks)}/{sum(len(each.y) for each in checks)}",
        "max |Δp|": f"{max(each.largest() for each in checks):.1e}",
        "mean |Δp|": f"{np.nanmean([each.mean_difference() for each in checks]):.1e}",
        "Keras from float64": "" if np.isnan(errors[0]) else f"{errors[0]:.1e}",
        "numpy from float64": "" if np.isnan(errors[1]) else f"{errors[1]:.1e}",
        "macro-F1, Keras": f"{scores['keras'].mean():.6f}",
        "numpy's": "the same" if same == len(checks) else other,
        "Keras, s": f"{min(each.keras_s for each in checks):.2f}",
        "numpy, s": f"{min(each.numpy_s for each in checks):.2f}",
    }


def earlier_table(rows: pd.DataFrame, several: bool = False) -> Table:
    """The rows of `findings.earlier`, to be read; `several` architectures are named."""
    architectures = rows["architecture"].unique()
    return Table(
        ({"network": ARCHITECTURES[row.architecture].title} if several else {})
        | {
            "group": ARCHITECTURES[row.architecture].groups[row.group].title,
            "value": row.value,
            "compared with": row.reference,
            "published": signed(row.published),
            "full" if row.from_full else "ours": f"{signed(row.effect)} ({within(row.low, row.high)})",
            "the finding": readings.finding(row),
        }
        for row in rows.itertuples()
    ).captioned(say("captions.earlier", title=", ".join(ARCHITECTURES[each].title for each in architectures)))
