"""The tables that the notebooks show; in each, DEAD marks a network that predicts one class for everything."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from .. import elsewhere, full, predictions, statistics
from ..architectures import ARCHITECTURES, Variant, variants
from ..evaluation import Check, by_variant, of_value, results, values
from ..evidence import AGAINST_BASELINES, Evidence
from ..findings import name_of, pair_of
from ..sides import Side, pairs_ahead
from ..statistics import p_words
from . import readings

SCALED = {  # columns of temperatures.csv
    "temperature": "temperature",
    "scaled_error": "calibration error, scaled",
    "loss": "loss",
    "scaled_loss": "loss, scaled",
}


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
    )


def _changes(variant: Variant) -> dict:
    baseline = ARCHITECTURES[variant.architecture].baseline
    return {key: value for key, value in variant.settings.items() if value != baseline[key]}


def _words(settings: dict) -> str:
    return ", ".join(
        f"{key} {'-'.join(map(str, value)) if isinstance(value, tuple) else value}" for key, value in settings.items()
    )


def group_table(evidence: Evidence, group: str) -> Table:
    """One row for each value of a group, means over seeds; then the methods without a network.

    "train - test" is the generalization gap: macro-F1 on the training data less that on the test split. "weights kept"
    says which: a mean, those of the last step, or of which epoch, of several seeds the earliest and the latest.
    """
    about = ARCHITECTURES[evidence.architecture].groups[group]
    lines = []
    for value in values(evidence.architecture, group):
        mine = of_value(evidence.checks, group, value)
        frame = results(mine)
        lines.append(
            {
                about.title: about.in_words(value) + _marks(mine),
                **_score(evidence.sides[mine[0].run.variant.name]),
                "seeds": len(mine),
                "training": f"{frame['train_f1'].mean():.3f}",
                "validation": f"{frame['val_f1'].mean():.3f}",
                "train - test": f"{(frame['train_f1'] - frame['test_f1_keras']).mean():.3f}",
                "parameters": f"{frame['params'].iloc[0]:,}",
                "epochs": f"{frame['epochs'].mean():.0f}",
                "weights kept": readings.weights_kept(mine),
                "time, s": f"{frame['train_s'].mean():.1f}",
            }
        )
    lines += _baseline_rows(evidence, about.title)
    return Table(pd.DataFrame(lines, dtype=object).fillna(""))


def _score(side: Side) -> dict[str, str]:
    mean = side.mean
    return {"macro-F1, test": f"{mean.estimate:.3f}", "95 % interval": f"{mean.low:.3f} to {mean.high:.3f}"}


def baselines_table(evidence: Evidence) -> Table:
    """The methods without a network, and what those chose on the training data that had a choice."""
    table = Table(_baseline_rows(evidence, "method"))
    chosen = [each.settings for each in evidence.baselines]
    return Table(table.assign(chosen=chosen)) if any(chosen) else table


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
    return Table(_compared(evidence, row) for row in rows.itertuples())


def _compared(evidence: Evidence, row: Any) -> dict[str, str]:
    ahead, number = pairs_ahead(evidence.sides[row.variant], evidence.sides[row.baseline])
    ours, theirs = pair_of(row)
    cells = {
        "variant": ours,
        "compared with": theirs,
        "difference": f"{row.effect:+.3f}",
        "95 % interval": f"{row.low:+.3f} to {row.high:+.3f}",
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
        cells["full found"] = f"{row.full_effect:+.3f}, {row.full_verdict}{marks}"
    return cells


def _in_languages(row: Any) -> str:
    """In how many other languages the difference is as small, or of the same sign."""
    small = row.verdict == "equivalent"
    return f"{row.small if small else row.same:.0f} of {row.others:.0f}"


def class_table(evidence: Evidence) -> Table:
    """The F1 of each class, means over seeds, a row for each variant and each method without a network."""
    classes = evidence.data.classes
    lines = []
    for name, side in evidence.sides.items():
        scores = [
            f1_score(evidence.data.y_test, each, labels=np.arange(len(classes)), average=None, zero_division=0)
            for each in side.predicted
        ]
        lines.append(
            {"variant": name_of(evidence.architecture, name)}
            | _formatted(dict(zip(classes, np.mean(scores, axis=0), strict=True)))
        )
    return Table(lines)


def calibration_table(evidence: Evidence) -> Table:
    """How sure the networks are and how often right: means over seeds, a row for each variant.

    Where temperatures were fitted, also what they are, and the error and the loss as they are and scaled.
    """
    lines, by_name = [], evidence.temperatures.groupby("variant")
    for name, mine in by_variant(evidence.checks).items():
        right = np.mean([each.predicted == each.y for each in mine])
        sure = np.mean([each.keras.max(axis=1) for each in mine])
        error = np.mean([statistics.calibration_error(each.y, each.keras) for each in mine])
        scores = {"right answers": right, "mean confidence": sure, "calibration error": error}
        if name in by_name.groups:
            means = by_name.get_group(name)[list(SCALED)].mean()
            scores |= {said: means[column] for column, said in SCALED.items()}
        lines.append({"variant": name_of(evidence.architecture, name) + _marks(mine)} | _formatted(scores))
    return Table(lines)


def _formatted(scores: dict[str, float]) -> dict[str, str]:
    return {key: f"{value:.3f}" for key, value in scores.items()}


def hardest_texts(evidence: Evidence, number: int = 5) -> Table:
    """The test texts to whose class the best variant gives the least probability, with all the probabilities."""
    which, probabilities = evidence.hardest(number)
    return Table(
        {"text": evidence.data.x_test[each], "class": evidence.data.classes[evidence.data.y_test[each]]}
        | _formatted(dict(zip(evidence.data.classes, p, strict=True)))
        for each, p in zip(which, probabilities, strict=True)
    )


def _marks(checks: list[Check]) -> str:
    """What is wrong with networks: they predict one class for everything, or diverged; with the seeds if several."""
    words = ""
    for mark in ("dead", "diverged"):
        if seeds := [str(each.run.seed) for each in checks if getattr(each, mark)]:
            words += f" {mark.upper()}" + (f" (seed {', '.join(seeds)})" if len(checks) > 1 else "")
    return words


def predictions_table(probabilities: np.ndarray, classes: Sequence[str], **about: Sequence[str]) -> Table:
    """What a model says of a few samples: a row for each, with `about` in front, its answer and all probabilities."""
    return Table(
        {name: column[number] for name, column in about.items()}
        | {"answer": classes[p.argmax()]}
        | _formatted(dict(zip(classes, p, strict=True)))
        for number, p in enumerate(probabilities)
    )


def layer_table(checks: list[Check], x: Sequence) -> Table:
    """Keras against numpy on x in the baseline, the first of the runs: a row for each layer."""
    table = predictions.by_layer(checks[0].run, x)
    for column in ("max |Δ|", "mean |Δ|"):
        table[column] = [f"{value:.1e}" for value in table[column]]
    return Table(table)


def check_table(checks: list[Check]) -> Table:
    """Keras against numpy, a row a run: agreement, differences, both macro-F1 in every digit, both times.

    Where some network was measured against float64, as its differences are large, the distances stand there, too.
    """
    several = len({each.run.seed for each in checks}) > 1
    rows = [
        {
            "variant": name_of(each.run.variant.architecture, each.run.variant.name)
            + (f", seed {each.run.seed}" if several else "")
            + _marks([each]),
            "agreement": f"{each.agreeing()}/{len(each.y)}",
            "max |Δp|": f"{each.differences().max():.1e}",
            "mean |Δp|": f"{each.differences().mean():.1e}",
            "Keras from float64": "" if np.isnan(each.keras_error) else f"{each.keras_error:.1e}",
            "numpy from float64": "" if np.isnan(each.numpy_error) else f"{each.numpy_error:.1e}",
            "macro-F1, Keras": repr(each.f1(each.keras)),
            "macro-F1, numpy": repr(each.f1(each.numpy)),
            "Keras, s": f"{each.keras_s:.2f}",
            "numpy, s": f"{each.numpy_s:.2f}",
        }
        for each in checks
    ]
    table = Table(rows)
    if np.isnan([each.numpy_error for each in checks]).all():
        del table["Keras from float64"], table["numpy from float64"]
    return table


def earlier_table(rows: pd.DataFrame, several: bool = False) -> Table:
    """The rows of `findings.published`, to be read; `several` architectures are named."""
    return Table(
        ({"network": ARCHITECTURES[row.architecture].title} if several else {})
        | {
            "group": ARCHITECTURES[row.architecture].groups[row.group].title,
            "value": row.value,
            "compared with": row.reference,
            "published": f"{row.published:+.3f}",
            "full" if row.from_full else "ours": f"{row.effect:+.3f} ({row.low:+.3f} to {row.high:+.3f})",
            "the finding": readings.finding(row),
        }
        for row in rows.itertuples()
    )
