"""`make tune`: what is not studied (learning rate, dropout, ...) is searched for each architecture, on validation data.

Optuna proposes settings; each proposal is scored by its macro-F1 on data held out of training, with the weights that
the architecture's rule keeps; the trials say what the other rules would have given. The few texts are split three ways,
so that all 600 of them judge; of the images there are enough for one split. Then the rules are compared on more
networks with the settings that were found.
The winner is put by hand into the architecture's file; a test compares it with the trials in reports/tuning/.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from .architectures import ARCHITECTURES, variants
from .datasets import Dataset
from .errors import TrainingError
from .files import atomic_write
from .pool import Failed, side_by_side
from .store import RULES, TRIALS_DIR

MANY = 1000  # validation examples that are enough for one split: the standard error of their F1 is about 0.015
RULE_SEEDS = (100, 101)
DONE = (TrialState.COMPLETE, TrialState.PRUNED)


def tune(architecture: str, data: Dataset, trials: int | None = None, out: Path = TRIALS_DIR) -> pd.DataFrame:
    """Search until so many trials are finished, those of an earlier call included; return them, the best first.

    Leaves `out`/<architecture>.csv. Through the journal beside it the processes share what they find, and a
    search that was stopped goes on.
    """
    out.mkdir(parents=True, exist_ok=True)
    blind = replace(data, x_test=data.x_test[:0], y_test=data.y_test[:0])  # the test split has no say
    trials = ARCHITECTURES[architecture].search.trials if trials is None else trials
    study = _open(architecture, out / f"{architecture}.journal", 0)
    if not study.trials:  # what the table holds is to be beaten
        study.enqueue_trial({name: ARCHITECTURES[architecture].training[name] for name in space(architecture)})
    workers = max(2, joblib.cpu_count())
    shown = _open(architecture, out / f"{architecture}.journal", 0)  # a thread of its own looks at it

    def note() -> str:
        done = shown.get_trials(deepcopy=False, states=DONE)
        best = max((each.value for each in done), default=None)
        return f"{len(done)} of {trials} trials" + (f", the best {best:.4f}" if done else "")

    calls = [(architecture, blind, out / f"{architecture}.journal", trials, number) for number in range(workers)]
    searched = side_by_side(f"searching for {architecture}", _search, calls, "process", note=note)
    failed = [f"{architecture}: {found.reason}" for _, found in searched if isinstance(found, Failed)]
    if failed and not study.get_trials(deepcopy=False, states=DONE):
        raise TrainingError("\n".join(failed))
    table = _table(study)
    with atomic_write(out / f"{architecture}.csv") as part:
        table.to_csv(part, index=False)
    if failed:
        raise TrainingError("\n".join(failed))
    return table


def compare_rules(architecture: str, data: Dataset, out: Path = TRIALS_DIR) -> pd.DataFrame:
    """Which weights to keep: a row for each network, split and seed, with the macro-F1 of each rule on held-out data.

    The settings are the architecture's, the networks those of `rules_on`. Leaves `out`/<architecture>-rules.csv.
    """
    names, splits = ARCHITECTURES[architecture].search.rules_on, _splits(data)
    calls = [
        (architecture, network, number, seed, split)
        for network in names
        for number, split in enumerate(splits, 1)
        for seed in RULE_SEEDS
    ]
    rows: list[dict[str, Any]] = [{}] * len(calls)
    for number, found in side_by_side(f"rules for {architecture}", _rules, calls, "run"):
        if isinstance(found, Failed):
            raise TrainingError(f"{architecture}: {found.reason}")
        network, split, seed = calls[number][1:4]
        rows[number] = {"network": network, "split": split, "seed": seed, **found}
    table = pd.DataFrame(rows)
    with atomic_write(out / f"{architecture}-rules.csv") as part:
        table.to_csv(part, index=False)
    return table


def _rules(architecture: str, network: str, _number: int, seed: int, data: Dataset) -> dict[str, float]:
    from . import trainer

    training = ARCHITECTURES[architecture].training
    variant = next(each for each in variants(architecture) if each.name == network)
    return trainer.train(variant, training, training["epochs"], seed, data)[1]["rules"]


def space(architecture: str) -> dict[str, BaseDistribution]:
    """Where the search of an architecture looks, as Optuna has it."""
    return {
        name: CategoricalDistribution(each) if isinstance(each, list) else FloatDistribution(*each, log=True)
        for name, each in ARCHITECTURES[architecture].search.space.items()
    }


def chosen(table: pd.DataFrame) -> dict[str, Any]:
    """The settings of the best trial; two digits of a learning rate are enough."""
    best = table.drop(columns=["trial", "val_f1", "tried", *RULES]).to_dict("records")[0]
    return {name: float(f"{value:.2g}") if isinstance(value, float) else value for name, value in best.items()}


def _open(architecture: str, journal: Path, worker: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=architecture,
        storage=JournalStorage(JournalFileBackend(str(journal))),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=8),
        direction="maximize",
        load_if_exists=True,
    )
    seed = 1000 * worker + len(study.trials)  # a search that goes on must not propose the same once more
    study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    return study


def _search(architecture: str, data: Dataset, journal: Path, trials: int, worker: int) -> None:
    """One process of the search: ask for a proposal, try it, tell the score, until enough trials are finished."""
    from . import trainer

    study, family = _open(architecture, journal, worker), ARCHITECTURES[architecture]
    tried = [each for each in variants(architecture) if each.name in family.search.tried_on]
    pieces = list(product(_splits(data), tried, family.search.seeds))
    while len(study.get_trials(states=DONE)) < trials:
        trial, scores = study.ask(space(architecture)), []
        training = family.training | trial.params
        for split, variant, seed in pieces:
            record = trainer.train(variant, training, training["epochs"], seed, split)[1]
            scores.append(record["rules"])
            trial.report(_mean(scores, training["keep"]), len(scores))
            if len(scores) < len(pieces) and trial.should_prune():
                break
        for rule in RULES:
            trial.set_user_attr(rule, _mean(scores, rule))
        pruned = TrialState.PRUNED if len(scores) < len(pieces) else TrialState.COMPLETE
        study.tell(trial, None if pruned == TrialState.PRUNED else _mean(scores, training["keep"]), state=pruned)


def _mean(scores: list[dict[str, float]], rule: str) -> float:
    return float(np.mean([each[rule] for each in scores]))


def _splits(data: Dataset) -> list[Dataset]:
    """The validation data as it is; or where there is little, training and validation data split anew in thirds."""
    from sklearn.model_selection import StratifiedKFold

    if len(data.x_val) > MANY:
        return [data]
    x, y = np.concatenate([data.x_train, data.x_val]), np.concatenate([data.y_train, data.y_val])
    return [
        replace(data, x_train=x[train], y_train=y[train], x_val=x[held_out], y_val=y[held_out])
        for train, held_out in StratifiedKFold(3, shuffle=True, random_state=0).split(x, y)
    ]


def _table(study: optuna.Study) -> pd.DataFrame:
    """A row for each finished trial, the best first; one that was given up has tried fewer networks and splits."""
    table = pd.DataFrame(
        {"trial": each.number, "val_f1": each.value, "tried": len(each.intermediate_values)}
        | each.user_attrs
        | each.params
        for each in study.get_trials(states=DONE)
    )
    return table.sort_values(["tried", "val_f1"], ascending=False, ignore_index=True)
