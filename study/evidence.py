"""What the results are worth: every comparison of the study, with its interval and its verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from . import ensembles, evaluation, statistics, store, temperature
from .architectures import ARCHITECTURES, pairs
from .baselines import Baseline, fit_once
from .datasets import Dataset
from .evaluation import Check, by_variant, one_class
from .profiles import limited
from .runs import Place
from .statistics import Interval, macro_f1

AGAINST_BASELINES = "baselines"  # the family of comparisons with the strongest method that is no network
COLUMNS = ["architecture", "group", "variant", "baseline", "metric", "n_seeds"]
COLUMNS += ["effect", "low", "high", "p_improvement", "margin", "verdict"]


@dataclass(frozen=True)
class Side:
    """The networks of a variant, one per seed, or a method without a network, which is only one.

    Shapes: predicted, the classes, (networks, examples); scores, their macro-F1, (networks,);
    resampled, the same on bootstrap samples of the examples, (networks, RESAMPLES).
    """

    predicted: np.ndarray
    scores: np.ndarray
    resampled: np.ndarray

    @property
    def mean(self) -> Interval:
        """The mean macro-F1 with its interval."""
        return _within(statistics.interval(self.scores, self.resampled), 0, 1)

    @property
    def dead(self) -> bool:
        """Whether most of these networks predict one class for everything."""
        return float(np.mean([one_class(each) for each in self.predicted])) > 0.5


@dataclass(frozen=True)
class Evidence:
    """An architecture's results: checked networks, methods without a network, and every comparison of them.

    `temperatures` has a row for each network, see study.temperature, or none where it was not asked for.
    """

    data: Dataset
    place: Place
    checks: list[Check]
    baselines: list[Baseline]
    sides: dict[str, Side]
    comparisons: pd.DataFrame
    temperatures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=temperature.COLUMNS))

    @property
    def architecture(self) -> str:
        return self.checks[0].run.variant.architecture

    @property
    def best(self) -> str:
        """The name of the variant with the best mean macro-F1 on the validation data."""
        return evaluation.best(
            pd.DataFrame(
                {"variant": each.run.variant.name, "val_f1": each.run.record["metrics"]["val_f1"]}
                for each in self.checks
            )
        )

    @property
    def rival(self) -> str:
        """The strongest method without a network, by the validation data."""
        return strongest(self.baselines)

    def hardest(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The test examples to whose class the best variant gives the least probability, and its probabilities.

        Means over seeds. Shapes: (number,), (number, classes).
        """
        mean = np.mean([each.keras for each in by_variant(self.checks)[self.best]], axis=0)
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


def pairs_ahead(ours: Side, theirs: Side) -> tuple[int, int]:
    """In how many pairs, one network of each side, ours has the higher macro-F1 on the test split; and all pairs."""
    ahead = ours.scores[:, np.newaxis] > theirs.scores
    return int(ahead.sum()), ahead.size


def strongest(baselines: list[Baseline]) -> str:
    """The name of the method with the best macro-F1 on the validation data."""
    return max(baselines, key=lambda each: each.val_f1).name


def gather(checks: list[Check], data: Dataset, place: Place) -> Evidence:
    """Fit the methods without a network, compare everything, and write all tables of the report."""
    architecture, less = checks[0].run.variant.architecture, limited(data, place.profile)
    baselines = fit_once(less, store.baselines_of(architecture, place))
    answers = {name: np.stack([each.predicted for each in mine]) for name, mine in by_variant(checks).items()}
    evidence = weighed(checks, data, place, answers, baselines)
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
        "comparisons": evidence.comparisons[COLUMNS],
    }
    not_always = {"ensembles": ensembles.measured(evidence.checks), "temperatures": evidence.temperatures}
    for name, rows in (tables | not_always).items():
        if len(rows):
            store.write(name, evidence.place, rows)


def saved(architecture: str, data: Dataset, place: Place) -> Evidence:
    """The evidence as `gather` left it: no training, no Keras; only what is said of layers needs the networks."""
    answers, baselines = saved_answers(architecture, place)
    evidence = weighed(evaluation.saved(architecture, data, place), data, place, answers, baselines)
    if (temperatures := store.read_if_there("temperatures", place)) is None:
        return evidence
    return replace(evidence, temperatures=temperatures[temperatures["architecture"] == architecture])


def saved_answers(architecture: str, place: Place) -> tuple[dict[str, np.ndarray], list[Baseline]]:
    """All that the comparisons rest on: predictions.csv, {variant: (seeds, examples)}, and baselines.csv."""
    networks = store.read("predictions", place, architecture)
    answers = {
        name: np.stack([store.from_digits(each) for each in rows["predicted"]])
        for name, rows in networks.groupby("variant", sort=False)
    }
    methods = store.read("baselines", place, architecture).drop(columns="architecture").fillna({"settings": ""})
    rows = (row | {"predicted": store.from_digits(row["predicted"])} for row in methods.to_dict("records"))
    return answers, [Baseline(**row) for row in rows]


def weighed(
    checks: list[Check], data: Dataset, place: Place, answers: dict[str, np.ndarray], baselines: list[Baseline]
) -> Evidence:
    """Score and compare the answers of networks and of methods without one."""
    architecture = checks[0].run.variant.architecture
    sides = sides_of(data.y_test, len(data.classes), answers, baselines)
    return Evidence(data, place, checks, baselines, sides, compare(architecture, data.y_test, sides, baselines))


def sides_of(y: np.ndarray, classes: int, answers: dict[str, np.ndarray], baselines: list[Baseline]) -> dict[str, Side]:
    """Score every variant and every baseline, on the test examples and on bootstrap samples of them."""
    answers = answers | {each.name: each.predicted[np.newaxis] for each in baselines}
    resampled = statistics.resampled_f1(y, np.concatenate(list(answers.values())), classes)  # drawing takes the time
    ends = np.cumsum([len(each) for each in answers.values()])
    return {
        name: Side(each, np.array([macro_f1(y, predicted, classes) for predicted in each]), samples)
        for (name, each), samples in zip(answers.items(), np.split(resampled, ends[:-1]), strict=True)
    }


def compare(architecture: str, y: np.ndarray, sides: dict[str, Side], baselines: list[Baseline]) -> pd.DataFrame:
    """A row for each comparison of an architecture: COLUMNS, then three p-values.

    p_value is that of no difference in macro-F1, p_holm Holm's for it in its group, and p_mcnemar, where
    single networks are compared, that of no difference between their answers. Every variant also meets
    the strongest of the baselines.
    """
    rival = strongest(baselines)
    variants = [name for name in sides if all(name != each.name for each in baselines)]
    within = [each for each in pairs(architecture) if {*each[1:]} <= sides.keys()]  # all, where all are trained
    rows = [
        {"architecture": architecture, "group": group, "variant": ours, "baseline": theirs, "metric": "macro_f1"}
        | difference(y, sides[ours], sides[theirs])
        for group, ours, theirs in [*within, *((AGAINST_BASELINES, name, rival) for name in variants)]
    ]
    table = judged(pd.DataFrame(rows), ARCHITECTURES[architecture].margin)
    return table[[*COLUMNS, "p_value", "p_holm", "p_mcnemar"]]


def judged(differences: pd.DataFrame, margin: float) -> pd.DataFrame:
    """What `difference` gives with margin, p_holm, Holm's p-value in its `group`, and verdict."""
    table = differences.assign(margin=margin)
    table["p_holm"] = table.groupby("group")["p_value"].transform(statistics.holm)
    table["verdict"] = [
        "not resolved"  # two that have learnt nothing are alike, and say nothing of what they differ in
        if row.both_dead
        else statistics.verdict(row.effect, row.low, row.high, row.p_holm, row.margin)
        for row in table.itertuples()
    ]
    return table


def difference(y: np.ndarray, ours: Side, theirs: Side) -> dict[str, float | bool]:
    """How much better our side is."""
    found = statistics.interval(ours.scores, ours.resampled, theirs.scores, theirs.resampled)
    found = _within(found, -1, 1)
    single = len(ours.scores) == len(theirs.scores) == 1
    return {
        "n_seeds": len(ours.scores),
        "effect": found.estimate,
        "low": found.low,
        "high": found.high,
        "p_improvement": statistics.probability_of_improvement(ours.resampled, theirs.resampled),
        "p_value": found.p_value,
        "p_mcnemar": statistics.mcnemar(y, ours.predicted[0], theirs.predicted[0]) if single else np.nan,
        "both_dead": ours.dead and theirs.dead,
    }


def _within(found: Interval, lowest: float, highest: float) -> Interval:
    """No interval reaches further than the scale."""
    return replace(found, low=max(found.low, lowest), high=min(found.high, highest))
