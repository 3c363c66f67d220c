"""The tables that the notebooks show; in each, DEAD marks a network that predicts one class for everything."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .comparison import compare
from .evaluation import Check, mean_f1, of_value, results, values
from .published import PUBLISHED
from .variants import ARCHITECTURES, Variant, variants


class Table(pd.DataFrame):
    """A DataFrame that a notebook shows without its index and with every cell in full."""

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            return self.to_html(index=False, border=0)


def variants_table(architecture: str) -> Table:
    """The variants as the study's table has them: what each one changes, and in which groups it stands."""
    family = ARCHITECTURES[architecture]
    return Table(
        {
            "variant": each.name,
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


def group_table(checks: list[Check], group: str) -> Table:
    """One row for each value of a group, means over seeds."""
    architecture = checks[0].run.variant.architecture
    lines = []
    for value in values(architecture, group):
        mine = of_value(checks, group, value)
        frame = results(mine)
        lines.append(
            {
                ARCHITECTURES[architecture].groups[group].title: value + _dead(mine),
                "macro-F1, validation": f"{frame['val_f1'].mean():.4f}",
                "macro-F1, test": _spread(frame["test_f1_keras"]),
                "parameters": f"{frame['params'].iloc[0]:,}",
                "best epoch": f"{frame['best_epoch'].mean():.0f} of {frame['epochs'].mean():.0f}",
                "training, s": f"{frame['train_s'].mean():.1f}",
                "seeds": len(mine),
            }
        )
    return Table(lines)


def _spread(scores: pd.Series) -> str:
    """The mean, and with several seeds their range."""
    mean = f"{scores.mean():.4f}"
    return mean if len(scores) == 1 else f"{mean} ({scores.min():.4f} to {scores.max():.4f})"


def _dead(checks: list[Check]) -> str:
    """The mark of a network that predicts one class for everything, with its seeds where there are several."""
    dead = [str(each.run.seed) for each in checks if each.dead]
    if not dead:
        return ""
    return " DEAD" if len(checks) == 1 else f" DEAD (seed {', '.join(dead)})"


def layer_table(checks: list[Check], x: Sequence) -> Table:
    """Keras against numpy on x in the baseline, the first of the runs: a row for each layer."""
    table = compare(checks[0].run.path, x)
    for column in ("max |Δ|", "mean |Δ|"):
        table[column] = [f"{value:.1e}" for value in table[column]]
    return Table(table)


def check_table(checks: list[Check]) -> Table:
    """Keras against numpy, a row a run: agreement, differences, both macro-F1 in every digit, both times."""
    several = len({each.run.seed for each in checks}) > 1
    return Table(
        {
            "variant": each.run.variant.name + (f", seed {each.run.seed}" if several else "") + _dead([each]),
            "agreement": f"{each.agreeing}/{len(each.y)}",
            "max |Δp|": f"{each.differences.max():.1e}",
            "mean |Δp|": f"{each.differences.mean():.1e}",
            "macro-F1, Keras": repr(each.f1(each.keras)),
            "macro-F1, numpy": repr(each.f1(each.numpy)),
            "Keras, s": f"{each.keras_s:.2f}",
            "numpy, s": f"{each.numpy_s:.2f}",
        }
        for each in checks
    )


def published_table(checks: list[Check]) -> Table:
    """Our test macro-F1 beside that of the earlier report, a row for each value that it published."""
    architecture = checks[0].run.variant.architecture
    lines = []
    for each in PUBLISHED:
        if each.architecture == architecture:
            ours = of_value(checks, each.group, each.value)
            lines.append(
                {
                    "group": ARCHITECTURES[architecture].groups[each.group].title,
                    "value": each.value + _dead(ours),
                    "ours": f"{mean_f1(ours):.4f}",
                    "published": repr(each.macro_f1),
                    "difference": "" if each.copied else f"{mean_f1(ours) - each.macro_f1:+.4f}",
                    "note": each.copied,
                }
            )
    return Table(lines)
