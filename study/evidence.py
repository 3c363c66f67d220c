"""What the results are worth: every comparison of the study, with its interval and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from . import ensembles, evaluation, robustness, store, temperature
from .architectures import ARCHITECTURES, pairs
from .baselines import Baseline, fit_once
from .checks import Check
from .datasets import Dataset
from .evaluation import by_variant
from .profiles import limited
from .runs import Place
from .sides import AGAINST_BASELINES, KEY, Side, difference, judged, sides_of

COLUMNS = ["architecture", "group", "variant", "baseline", "metric", "n_seeds"]
COLUMNS += ["effect", "low", "high", "p_improvement", "margin", "verdict"]
P_VALUES = ["p_value", "p_equal", "p_holm", "p_holm_equal"]


@dataclass(frozen=True)
class Evidence:
    """An architecture's results: checked networks, methods without a network, and every comparison of them.

    `robustness`: the comparisons within groups by other methods and under other conditions. `temperatures` has a row
    for each network, see study.temperature, or none where it was not asked for.
    """

    data: Dataset
    place: Place
    checks: list[Check]
    baselines: list[Baseline]
    sides: dict[str, Side]
    comparisons: pd.DataFrame
    robustness: pd.DataFrame
    temperatures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=temperature.COLUMNS))

    @property
    def architecture(self) -> str:
        return self.checks[0].run.variant.architecture

    @property
    def best(self) -> str:
        """The name of the variant with the best mean macro-F1 on the validation data."""
        return store.best(
            pd.DataFrame(
                {"variant": each.run.variant.name, "val_f1": each.run.record["metrics"]["val_f1"]}
                for each in self.checks
            )
        )

    @property
    def rival(self) -> str:
        """The strongest method without a network, by the validation data."""
        return strongest(self.baselines)

    def with_probabilities(self, variant: str) -> list[Check]:
        """The checks of a variant's networks that are there; tables alone tell of the others, without probabilities."""
        return [each for each in by_variant(self.checks)[variant] if not each.run.listed]

    def hardest(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The test examples to whose class the best variant gives the least probability, and its probabilities.

        Means over seeds. Shapes: (number,), (number, classes).
        """
        mean = np.mean([each.keras for each in self.with_probabilities(self.best)], axis=0)
        y = self.data.y_test
        which = np.argsort(mean[np.arange(len(y)), y], kind="stable")[:number]
        return which, mean[which]

    def of_group(self, group: str) -> pd.DataFrame:
        """The comparisons within a group, or, for AGAINST_BASELINES, those with the strongest baseline."""
        return self.comparisons[self.comparisons["group"] == group]


def within_groups(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Those of the comparisons that are of one network with another of its group."""
    return comparisons[comparisons["group"] != AGAINST_BASELINES]


def against_baselines(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Those of the comparisons that are of a network with the strongest method without one."""
    return comparisons[comparisons["group"] == AGAINST_BASELINES]


def strongest(baselines: list[Baseline]) -> str:
    """The name of the method with the best macro-F1 on the validation data."""
    return max(baselines, key=lambda each: each.val_f1).name


def gather(checks: list[Check], data: Dataset, place: Place) -> Evidence:
    """Fit the methods without a network, compare everything, and write all tables of the report."""
    architecture, less = checks[0].run.variant.architecture, limited(data, place.profile)
    baselines = fit_once(less, store.baselines_of(architecture, place))
    answers = {name: np.stack([each.predicted for each in mine]) for name, mine in by_variant(checks).items()}
    evidence = weighed(checks, data, place, answers, baselines, saved_conditions(architecture, data, place))
    evidence = replace(evidence, temperatures=temperature.measured(checks, less))
    save(evidence)
    return evidence


def save(evidence: Evidence) -> None:
    """Put an architecture's rows into every table of the report."""
    baselines = [asdict(each) | {"predicted": store.as_digits(each.predicted)} for each in evidence.baselines]
    tables = {
        "results": evaluation.results(evidence.checks),
        "history": evaluation.histories(evidence.checks),
        "predictions": evaluation.answers(evidence.checks),
        "baselines": pd.DataFrame([{"architecture": evidence.architecture} | each for each in baselines]),
        "comparisons": evidence.comparisons[[*COLUMNS, *P_VALUES, *robustness.COUNTS]],
        "robustness": evidence.robustness,
        "ensembles": ensembles.measured(evidence.checks, evidence.place),
        "temperatures": evidence.temperatures,
    }
    for name, rows in tables.items():
        store.write(name, evidence.place, rows, evidence.architecture)
    store.take_over(evidence.architecture, evidence.place)


def saved(architecture: str, data: Dataset, place: Place) -> Evidence:
    """The evidence as `gather` left it: no training, no Keras; only what is said of layers needs the networks."""
    answers, baselines = saved_answers(architecture, place)
    tried = saved_conditions(architecture, data, place)
    evidence = weighed(evaluation.saved(architecture, data, place), data, place, answers, baselines, tried)
    temperatures = store.rows_of("temperatures", place, architecture)
    return replace(evidence, temperatures=temperatures) if len(temperatures) else evidence


def saved_answers(architecture: str, place: Place) -> tuple[dict[str, np.ndarray], list[Baseline]]:
    """All that the comparisons rest on: predictions.csv, {variant: (seeds, examples)}, and baselines.csv."""
    networks = store.read("predictions", place, architecture)
    methods = store.read("baselines", place, architecture).drop(columns="architecture")
    rows = (row | {"predicted": store.from_digits(row["predicted"])} for row in methods.to_dict("records"))
    return _answers(networks), [Baseline(**row) for row in rows]


def saved_conditions(architecture: str, data: Dataset, place: Place) -> dict[str, dict[str, Side]]:
    """conditions.csv: {condition: its sides}, of those under which verdicts are tried; empty as long as there are none.

    Their networks are other ones on the same test examples.
    """
    rows = store.rows_of("conditions", place, architecture)
    if rows.empty:
        return {}
    return {
        condition: sides_of(data.y_test, len(data.classes), _answers(mine))
        for condition, mine in rows.groupby("condition", sort=False)
        if condition in robustness.CONDITIONS
    }


def _answers(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """{variant: the classes that its networks predict, (seeds, examples)}."""
    return {
        name: np.stack([store.from_digits(each) for each in mine["predicted"]])
        for name, mine in rows.groupby("variant", sort=False)
    }


def weighed(
    checks: list[Check],
    data: Dataset,
    place: Place,
    answers: dict[str, np.ndarray],
    baselines: list[Baseline],
    tried: Mapping[str, Mapping[str, Side]] | None = None,
) -> Evidence:
    """Score and compare the answers of networks and of methods without one, and try to break the verdicts."""
    architecture = checks[0].run.variant.architecture
    sides = sides_of(data.y_test, len(data.classes), answers, baselines)
    comparisons = compare(architecture, data.y_test, sides, baselines)
    again = robustness.table(comparisons, sides, tried or {})
    counts = robustness.counted(again, ARCHITECTURES[architecture].margin)
    comparisons = comparisons.merge(counts, how="left", on=KEY, validate="one_to_one")
    comparisons["fragile"] = comparisons["fragile"].eq(True)
    return Evidence(data, place, checks, baselines, sides, comparisons, again)


def compare(architecture: str, y: np.ndarray, sides: dict[str, Side], baselines: list[Baseline]) -> pd.DataFrame:
    """A row for each comparison of an architecture: COLUMNS, P_VALUES and p_mcnemar.

    p_value is that of no difference in macro-F1, p_equal that of one of the margin or more; p_holm and p_holm_equal are
    these, corrected over their group. p_mcnemar, where single networks are compared, is that of no difference between
    their answers. Every variant also meets the strongest of the baselines.
    """
    rival, margin = strongest(baselines), ARCHITECTURES[architecture].margin
    variants = [name for name in sides if all(name != each.name for each in baselines)]
    within = [each for each in pairs(architecture) if {*each[1:]} <= sides.keys()]  # all, where all are trained
    rows = [
        {"architecture": architecture, "group": group, "variant": ours, "baseline": theirs, "metric": "macro_f1"}
        | difference(y, sides[ours], sides[theirs], margin)
        for group, ours, theirs in [*within, *((AGAINST_BASELINES, name, rival) for name in variants)]
    ]
    return judged(pd.DataFrame(rows))[[*COLUMNS, *P_VALUES, "p_mcnemar"]]
