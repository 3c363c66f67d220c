"""Whether the networks that lie here give what the committed tables say, in numpy alone, and what Keras says today."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np
import pandas as pd

import forward

from . import datasets, evaluation, predictions, store
from .architectures import ARCHITECTURES, variants
from .checks import Check, of_arrays
from .datasets import Dataset
from .errors import MismatchError
from .predictions import TOLERANCE
from .runs import Place, Run, damage, record_of
from .statistics import macro_f1

KERAS = find_spec("keras") is not None


def tell(architectures: Sequence[str], data_dir: str, source: str, place: Place) -> Iterator[str]:
    """A line for each architecture: first numpy against the tables, without Keras, then numpy against Keras.

    Raises MismatchError that names the networks, if a file is not as it was written or an answer is another, and
    DataError if there is no data to answer for.
    """
    there = {name: found for name in architectures if (found := networks(name, place))}
    if not there:
        raise MismatchError(f"no network lies in {place.weights}: make report PROFILE={place.profile} trains them")
    data = {name: datasets.load(ARCHITECTURES[name].dataset, data_dir, source) for name in there}
    for name, runs in there.items():
        yield against_tables(name, runs, data[name], place)
    if not KERAS:
        yield "Keras is not installed here: numpy was held against the tables alone"
        return
    for name, runs in there.items():
        yield against_keras(name, runs, data[name])


def networks(architecture: str, place: Place) -> list[Run]:
    """The network with seed 0 of each variant that lies here. Raises MismatchError for one that is damaged."""
    found = []
    for variant in variants(architecture):
        path = place.model(variant, 0)
        record = record_of(path)
        if not path.exists():
            continue
        if record is None:
            raise MismatchError(f"{path} has no record beside it: nothing says what it was when it was written")
        if broken := damage(path):
            raise MismatchError("\n".join(f"{file} {why}" for file, why in broken.items()))
        found.append(Run(variant, 0, path, record))
    return found


def against_tables(architecture: str, runs: list[Run], data: Dataset, place: Place) -> str:
    """numpy's answers to the whole test split beside those in predictions.csv, its macro-F1 beside results.csv.

    Where two classes are as probable, to within what the check allows, another processor may round to the other: that
    is the same answer.
    """
    began, title = time.perf_counter(), ARCHITECTURES[architecture].title
    about = f"{title}: {len(runs)} networks with their checksums"
    results, answers = (_of_seed_0(name, place, architecture) for name in ("results", "predictions"))
    if results.empty:
        return f"{about}; there is no table of them yet"
    if data.source not in set(results["data_source"]):
        return f"{about}; {data.title} is not the data of the tables, so their answers are not compared"
    wrong = []
    for run in runs:
        if (name := run.variant.name) not in results.index:
            wrong.append(f"{run.path} is not in the tables of {place.reports}")
            continue
        p = forward.load_model(run.path).predict(data.x_test)
        stored = store.from_digits(answers.loc[name, "predicted"])
        said = p.argmax(axis=1)
        tied = np.abs(p[np.arange(len(p)), stored] - p.max(axis=1)) <= TOLERANCE
        score = macro_f1(data.y_test, np.where(tied, stored, said), len(data.classes))
        if not tied.all() or not np.isclose(score, results.loc[name, "test_f1_numpy"], rtol=0, atol=1e-9):
            wrong.append(f"{run.path}: {np.sum(~tied)} of {len(p)} answers are not those in the tables")
    if wrong:
        raise MismatchError("\n".join(wrong))
    seconds = time.perf_counter() - began
    number = len(runs) * len(data.x_test)
    return f"{about}; numpy: {number:,} answers and {len(runs)} macro-F1 as in the tables, {seconds:.1f} s"


def against_keras(architecture: str, runs: list[Run], data: Dataset) -> str:
    """numpy beside Keras on the whole test split, by the study's own rule; nothing is taken from an earlier check."""
    began, title = time.perf_counter(), ARCHITECTURES[architecture].title
    checks = [_fresh(run, data) for run in runs]
    wrong = evaluation.unequal(evaluation.results(checks))
    if len(wrong):
        raise MismatchError(f"{title}: numpy and Keras differ in {', '.join(wrong['variant'])}")
    largest = max(each.largest() for each in checks)
    number, seconds = len(runs) * len(data.x_test), time.perf_counter() - began
    return f"{title}: numpy and Keras give the same {number:,} classes, max |Δp| {largest:.1e}, {seconds:.1f} s"


def _of_seed_0(name: str, place: Place, architecture: str) -> pd.DataFrame:
    rows = store.read(name, place, architecture)
    return rows[rows["seed"] == 0].set_index("variant")


def _fresh(run: Run, data: Dataset) -> Check:
    return of_arrays(run, data, predictions.predict(run.path, data.x_test, plain_examples=0))
