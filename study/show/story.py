"""What a notebook shows, one call for each of its sections: tables, figures and sentences in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from .. import evaluation, findings
from ..datasets import Dataset
from ..evidence import Evidence
from ..predictions import BATCH_SIZE
from ..runs import Place
from . import (
    cells,
    closeups,
    conclusions,
    controls,
    curves,
    ensembles,
    figures,
    folds,
    inside,
    longer,
    origin,
    others,
    published,
    readings,
    rules,
    shares,
    short,
    sizes,
    tables,
    temperatures,
    trying,
    ways,
)
from .sentences import say


def shown(parts: Callable[..., Iterator[Any]]) -> Callable[..., None]:
    """A function that shows what `parts` yields, each as soon as it is computed; a text, unless empty, is Markdown."""

    @wraps(parts)
    def show(*args: Any, **settings: Any) -> None:
        for each in parts(*args, **settings):
            if not isinstance(each, str):
                display(each)
            elif each:
                display(Markdown(each))

    return show


@shown
def data(architecture: str, dataset: Dataset, place: Place, seeds: int | None = None) -> Iterator[Any]:
    """What a notebook runs on, the classes and their shares, and what there is to see of the data."""
    yield readings.setting(architecture, dataset, place, seeds)
    if _items(dataset) == "texts":
        yield readings.examples(dataset)
    else:
        yield figures.one_image_per_class(dataset, place, architecture)
    yield figures.class_balance(dataset, place, architecture)
    yield readings.balance(dataset, place)
    yield say("notebook.macro_f1", classes=len(dataset.classes)) + " " + readings.knowing_nothing(dataset)
    if _items(dataset) == "texts":
        yield figures.text_lengths(dataset, place, architecture)
        yield readings.text_lengths(architecture, dataset)


@shown
def variants(architecture: str) -> Iterator[Any]:
    """The variants as the study's table has them."""
    yield tables.variants_table(architecture)


@shown
def training(evidence: Evidence) -> Iterator[Any]:
    """What was trained, how, and how long it took."""
    yield readings.training(evidence)


@shown
def in_pictures(evidence: Evidence) -> Iterator[Any]:
    """What the layers do: maps, states and gates of the trained networks, by the plain functions of `forward`."""
    yield from inside.parts(evidence)


@shown
def when_to_stop(evidence: Evidence) -> Iterator[Any]:
    """What each of the rules gives that say which weights to keep, and which comparisons hang on it."""
    yield from rules.parts(evidence)


@shown
def how_to_read(evidence: Evidence) -> Iterator[Any]:
    """How the tables, figures and verdicts of the groups are to be read."""
    yield readings.how_to_read(evidence)
    yield conclusions.how_to_read(evidence)


@shown
def group(evidence: Evidence, name: str) -> Iterator[Any]:
    """A group of variants: what else changes, the scores as table and dots, curves, comparisons, verdicts.

    A control also says what it tries to break, and whether it did.
    """
    yield controls.lead(evidence.architecture, name)
    runs = [each.run for each in evidence.checks]
    yield sizes.table(runs, name)
    yield sizes.said(runs, name)
    yield tables.group_table(evidence, name)
    yield figures.scores(evidence, name)
    yield curves.picture(evidence, name)
    yield readings.curves(evidence, name)
    yield tables.comparison_table(evidence, name)
    yield conclusions.of_group(evidence, name)
    yield controls.verdicts(evidence, name)


@shown
def conditions(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """The networks under other conditions, beside the study's own; `rows` are conditions.csv."""
    yield from others.parts(evidence, rows)


@shown
def more_epochs(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """Whether the order of a group holds when its networks train for more epochs; `rows` are longer.csv."""
    yield from longer.parts(evidence, rows)


@shown
def kinds_of_cells(dataset: Dataset, place: Place, seeds: int | None = None) -> Iterator[Any]:
    """One kind of cell beside the others: at equal settings, and each with its own best network."""
    yield from cells.parts(dataset, place, seeds)


@shown
def baselines(evidence: Evidence) -> Iterator[Any]:
    """The methods without a network, and every variant against the strongest of them."""
    yield tables.baselines_table(evidence)
    yield say("notebook.baselines", items=_items(evidence.data))
    yield tables.comparison_table(evidence)


@shown
def elsewhere(evidence: Evidence) -> Iterator[Any]:
    """What others published on this test split, beside ours, and what keeps the two from being compared."""
    if not published.is_there(evidence.data):
        yield say("published.not_of_this_data", title=evidence.data.title)
        return
    yield say("published.lead")
    yield published.table(evidence)
    yield published.caution(evidence.data)


@shown
def together(evidence: Evidence) -> Iterator[Any]:
    """What networks of one variant that differ in the seed alone reach together."""
    yield from ensembles.parts(evidence)


@shown
def second_estimate(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """The networks against the methods without one, over five folds of all examples; `rows` are folds.csv."""
    yield from folds.parts(evidence, rows)


@shown
def less_data(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Any]:
    """A network and its rival on ever larger parts of the training data; `rows` are shares.csv."""
    yield from shares.parts(evidence, rows)


@shown
def closer_look(evidence: Evidence) -> Iterator[Any]:
    """Classes, confusion, calibration, and the hardest examples."""
    items = _items(evidence.data)
    yield say("notebook.closer_look", classes=len(evidence.data.classes))
    yield closeups.class_table(evidence)
    yield readings.classes(evidence)
    yield closeups.confusion(evidence)
    yield closeups.calibration_table(evidence)
    yield closeups.calibration(evidence)
    yield readings.calibration(evidence)
    yield say("notebook.calibration")
    yield temperatures.reading(evidence)
    if items == "texts":
        yield closeups.f1_by_length(evidence)
        yield readings.by_length(evidence)
        yield say("notebook.quarters")
    yield closeups.hardest_texts(evidence) if items == "texts" else closeups.hardest_images(evidence)


@shown
def try_it(evidence: Evidence) -> Iterator[Any]:
    """In a live notebook a field to type or draw in, in a report an example of what it shows."""
    yield from trying.parts(evidence)


@shown
def predictions(probabilities: np.ndarray, classes: Sequence[str], **about: Sequence[str]) -> Iterator[Any]:
    """What a model says of a few samples."""
    yield tables.predictions_table(probabilities, classes, **about)


@shown
def check(evidence: Evidence, examples: Sequence) -> Iterator[Any]:
    """Keras, numpy and its plain way: the baseline layer by layer on a few examples, every network on the test split.

    Raises AssertionError if they differ, after the tables.
    """
    items = _items(evidence.data)
    yield say("notebook.layers", items=items, number=len(examples))
    yield tables.layer_table(evidence.checks, examples)
    yield say("notebook.check", items=items, batch_size=BATCH_SIZE)
    yield tables.check_table(evidence.checks)
    whole = all(each.examples("plain") in (0, len(each.y)) for each in evidence.checks)
    yield say("notebook.ways", items=items, whole=whole)
    yield ways.ways_table(evidence.checks)
    yield ways.three_ways(evidence)
    evaluation.assert_equal(evidence.checks)
    yield readings.equal(evidence.checks)


@shown
def earlier_report(evidence: Evidence) -> Iterator[Any]:
    """Our scores and findings beside those of the earlier report, where both are of texts in one language."""
    if evidence.place.language and not evidence.place.is_sample:
        yield say("earlier.another_language")
        return
    rows = findings.earlier(evidence.comparisons, evidence.place)
    yield readings.earlier_report([evidence.architecture])
    yield figures.against_earlier(evidence)
    yield tables.earlier_table(rows)
    yield readings.earlier(rows)
    yield readings.earlier_caution(evidence.architecture, evidence.data, evidence.place)


@shown
def in_short(evidence: Evidence) -> Iterator[Any]:
    """The answers in five lines and one figure, which a page has on top."""
    yield from short.parts(evidence)


@shown
def references(evidence: Evidence) -> Iterator[Any]:
    """What the page rests on."""
    yield origin.references(evidence.architecture, _items(evidence.data))


@shown
def provenance(evidence: Evidence) -> Iterator[Any]:
    """What the page was made with, and its networks."""
    yield from origin.parts(evidence)


@shown
def summary(evidence: Evidence) -> Iterator[Any]:
    """The best variant, and what the groups could resolve."""
    yield conclusions.summary(evidence)


def _items(data: Dataset) -> str:
    """What the samples of a data set are."""
    return "texts" if data.x_train.ndim == 1 else "images"
