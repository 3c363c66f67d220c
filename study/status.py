"""How far the training of a place is: which runs are there, under way or missing, and how long the rest will take."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import joblib
import psutil

from . import listed, store
from .architectures import ARCHITECTURES
from .datasets import DATASETS
from .files import ROOT
from .journal import Told, files_of, told_of
from .profiles import BUDGETS
from .progress import in_notebook
from .runs import PACKAGES, Job, Place, code_of, damage, jobs, jobs_under, record_of, versions
from .stopping import last_words

ELSEWHERE = 900.0  # seconds of silence after which a training on another host counts as interrupted
SET_UP = 2.0  # seconds of a run beside its epochs: a network is made, its functions are traced, it is saved
HOW = (
    "There are those whose code, versions, settings and checksums fit, and those that the tables of a report name; "
    "their data, and fingerprints in tables, are compared when training begins."
)
UNKNOWN = 1.0  # seconds of an epoch of which nothing is known


class Plan:
    """The runs that are wanted, and how far they are; it is asked again and again while they train."""

    def __init__(self, wanted: Iterable[tuple[Job, Place]], there: Iterable[tuple[Job, Place]] = ()):
        self.jobs = {_model(*each): each[0] for each in wanted}
        self.names = {place.name for _, place in wanted}
        self.there = {_model(*each) for each in there}
        self.workers = joblib.effective_n_jobs(-1)
        self.costs = Costs(self.jobs)

    def begin(self) -> None:
        """Say what is going to be done, before it is; from now on a stop says what is kept.

        Where the backend is known: the bar's thread is told nothing of joblib's configuration.
        """
        last_words.kept = self.kept
        self.workers = joblib.effective_n_jobs(-1)
        if not in_notebook():
            print(self.summary(will=True), file=sys.stderr, flush=True)

    def done(self, model: Path, record: dict[str, Any]) -> None:
        self.there.add(model)
        self.costs.learn(self.jobs[model], record)

    @property
    def missing(self) -> dict[Path, Job]:
        return {model: job for model, job in self.jobs.items() if model not in self.there}

    def told(self) -> dict[Path, Told]:
        """What the trainings tell that were begun and have not finished."""
        found = {model: told_of(model) for model in self.missing}
        return {model: told for model, told in found.items() if told}

    def going_on(self) -> int:
        """How many of the missing were begun, and go on from an epoch that is kept."""
        return sum(files_of(model)[0].exists() for model in self.missing)

    def named(self, model: Path) -> str:
        place = f"{model.parents[2].name} " if len(self.names) > 1 else ""
        return f"{place}{self.jobs[model]}"

    def summary(self, will: bool = False) -> str:
        """In one line what is there and what is not; `will`: what is going to be done about that."""
        name, total, left = ", ".join(sorted(self.names)), len(self.jobs), len(self.missing)
        if not left:
            return f"{name}: all {total} runs are there"
        text = (
            f"{name}: {total - left} of {total} runs are there, {left} {'will be trained' if will else 'are missing'}"
        )
        if on := self.going_on():
            text += f", {on} of them from the epoch where they were broken off"
        return f"{text}; about {duration(self.left(self.told()))} on {self.workers} workers"

    def left(self, told: dict[str, Told]) -> float:
        """The seconds until all are there, as far as can be known."""
        costs = [self.costs.of(job, told.get(model)) for model, job in self.missing.items()]
        return max(sum(costs) / self.workers, max(costs, default=0))

    def note(self) -> str:
        """What stands behind the bar: the time left, and each run that is under way."""
        told = self.told()
        now = [f"{self.named(model)} {_epochs(told[model])}" for model in told if model in under_way(told)]
        return f"{duration(self.left(told))} left" + "".join(f", {each}" for each in now)

    def kept(self) -> str:
        text = f"{len(self.there)} of {len(self.jobs)} runs are finished and kept"
        on = self.going_on()
        return f"{text}, {on} under way {'goes' if on == 1 else 'go'} on from the last epoch kept" if on else text

    def lines(self) -> list[str]:
        """All that `make status` says of a place."""
        told, missing = self.told(), Counter(job.variant.architecture for job in self.missing.values())
        running = under_way(told)
        found = [self.summary()]
        for model, each in told.items():
            state = f"under way in process {each.process} on {each.host}" if model in running else "interrupted"
            found.append(
                f"  {self.named(model)}: {state}, {_epochs(each)}, told {duration(time.time() - each.time)} ago"
            )
        rest = [f"{architecture} {number}" for architecture, number in missing.items()]
        return found + ([f"  missing, those included: {', '.join(rest)}"] if rest else [])


class Costs:
    """How long a run takes: by runs of its own variant here, else by the committed table of the profile full.

    That was measured on another machine, perhaps on more data: both are scaled by what the runs here took.
    """

    def __init__(self, wanted: dict[Path, Job]):
        self.here: dict[tuple[str, ...], list[float]] = defaultdict(list)  # seconds of an epoch
        self.theirs: dict[tuple[str, ...], float] = {}  # by the table
        for model, job in wanted.items():
            self.theirs[_kind(job)] = epoch_by_table(job)
            self.learn(job, record_of(model) or {})

    def learn(self, job: Job, record: dict[str, Any]) -> None:
        if record.get("epochs") and "train_s" in record:
            self.here[_kind(job)].append(record["train_s"] / record["epochs"])

    def of(self, job: Job, told: Told | None = None) -> float:
        """The seconds that a run still takes."""
        if told and told.epoch:
            return SET_UP + told.seconds / told.epoch * (told.epochs - told.epoch)
        own = self.here.get(_kind(job))
        return SET_UP + job.epochs * (fmean(own) if own else self.theirs[_kind(job)] * self._ratio(job))

    def _ratio(self, job: Job) -> float:
        """How much longer an epoch takes here than by the table: by its architecture's runs here, else by all."""
        here = list(self.here)  # at once: the bar asks in a thread of its own while others are learnt
        alike = [kind for kind in here if kind[1] == job.variant.architecture] or here
        theirs = sum(self.theirs[kind] for kind in alike)
        return sum(fmean(self.here[kind]) for kind in alike) / theirs if theirs else 1.0


def _kind(job: Job) -> tuple[str, ...]:
    return job.profile, job.variant.architecture, job.variant.name


def _model(job: Job, place: Place) -> Path:
    return place.model(job.variant, job.seed)


def epoch_by_table(job: Job) -> float:
    """The seconds of an epoch on so many samples where the table was measured: its network's, or the mean of the like.

    An architecture that the table does not have is like those on the same data. Under a condition a network costs what
    it costs in the study, on its share of the data.
    """
    family, table = ARCHITECTURES[job.variant.architecture], _table()
    theirs = {architecture for architecture, _ in table if ARCHITECTURES[architecture].dataset == family.dataset}
    like = theirs & {job.variant.architecture} or theirs
    name = job.variant.name.partition("@")[0]
    same = [seconds for (architecture, each), seconds in table.items() if architecture in like and each == name]
    others = [seconds for (architecture, _), seconds in table.items() if architecture in like]
    everything = DATASETS[family.dataset].TRAINED_ON
    used = min(BUDGETS[job.profile].train_samples or everything, everything)
    if job.variant.condition:
        used *= family.conditions[job.variant.condition].data.get("share", 1)
    return fmean(same or others or [UNKNOWN]) * used / everything


@cache
def _table() -> dict[tuple[str, str], float]:
    """{(architecture, variant): seconds of an epoch} of the profile full, where it is committed.

    The least of a variant's networks: what else ran on that machine only added to it.
    """
    rows = store.read_if_there("results", Place("full", False, ROOT))
    if rows is None:
        return {}
    return (rows["train_s"] / rows["epochs"]).groupby([rows["architecture"], rows["variant"]]).min().to_dict()


def under_way(told: dict[Path, Told]) -> set[Path]:
    """Those whose process is alive; one process trains one at a time, the one that it told of last."""
    last: dict[tuple[str, int], Path] = {}
    for model, each in sorted(told.items(), key=lambda item: item[1].time):
        if _alive(each):
            last[each.host, each.process] = model
    return {*last.values()}


def _alive(told: Told) -> bool:
    if told.host != platform.node():
        return time.time() - told.time < ELSEWHERE
    try:  # the number may be another process's by now
        return psutil.Process(told.process).create_time() <= told.time
    except psutil.Error:
        return False


def fits(job: Job, place: Place) -> bool:
    """Whether a run is there, as far as can be seen without its data: by code, versions, settings and checksums."""
    path = place.model(job.variant, job.seed)
    record = record_of(path) or {}
    mine = {"settings": job.variant.settings, "training": job.training, "epochs_at_most": job.epochs, "seed": job.seed}
    mine |= {"code": _code(job.variant.architecture), "versions": versions(*PACKAGES)}
    same = all(record.get(name) == each for name, each in json.loads(json.dumps(mine)).items())
    return (same and path.exists() and not damage(path)) or listed.has(job, place)


_code = cache(code_of)


def of(place: Place, architectures: Iterable[str]) -> Plan:
    """What is there and what is not, by a look at the files alone."""
    wanted = []
    for each in architectures:
        several = [jobs(each, place.profile), *jobs_under(each, place.profile).values()]
        wanted += [(job, place) for some in several for job in some]
    return Plan(wanted, [each for each in wanted if fits(*each)])


def tell(architectures: Iterable[str], profile: str, source: str, out_dir: str) -> str:
    """What `make status` says: of the place of this source, or without one of those that there are."""
    places = {"real": Place(profile, False, out_dir), "sample": Place(profile, True, out_dir)}
    chosen = [places[source]] if source in places else [each for each in places.values() if each.weights.exists()]
    lines = [line for each in chosen or [places["real"]] for line in of(each, architectures).lines()]
    return "\n".join([*lines, HOW])


def duration(seconds: float) -> str:
    """Some seconds as people say them."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _epochs(told: Told) -> str:
    return f"epoch {told.epoch}/{told.epochs}" + ("" if told.loss is None else f" loss {told.loss:.3f}")
