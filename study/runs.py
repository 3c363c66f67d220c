"""A run: one variant trained with one seed. Its place on disk, its fingerprint, its files."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from . import architectures, journal
from .architectures import ARCHITECTURES, Variant, under, variants
from .datasets import Dataset, digest, nusax
from .files import atomic_write, check_writable, folder, set_aside, sha256, sweep
from .locks import alone
from .names import find
from .profiles import BUDGETS, epochs, seeds

TRAINER = Path(__file__).with_name("trainer.py")
BY_HAND = "by-hand"  # the folder of what notebooks leave that nobody makes a report of
UNFINISHED = "unfinished"  # and of rows that `make keep` leaves; see `study.unfinished`
PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow")


@dataclass(frozen=True)
class Place:
    """Where a profile keeps its files.

    What comes from sample data has folders of its own, and so has what comes from texts in another `language` than the
    study's; it is named for that alone. `by_hand`: tables and figures lie apart from those that a report's pages show;
    `unfinished`: so do the rows of a report that is not made yet.
    """

    profile: str
    is_sample: bool
    out_dir: str | Path = "."
    language: str = ""
    by_hand: bool = False
    unfinished: bool = False

    def __post_init__(self):
        find(BUDGETS, self.profile, "profile")
        if self.language == nusax.LANGUAGES[0]:
            object.__setattr__(self, "language", "")

    @property
    def name(self) -> str:
        data = "sample" if self.is_sample else self.language
        return f"{self.profile}-{data}" if data else self.profile

    @property
    def reports(self) -> Path:
        return self._shown("reports")

    @property
    def figures(self) -> Path:
        return self._shown("figures")

    def _shown(self, kind: str) -> Path:
        apart = BY_HAND if self.by_hand else UNFINISHED if self.unfinished else ""
        return folder(self.out_dir) / kind / apart / self.name

    @property
    def weights(self) -> Path:
        return folder(self.out_dir) / "weights" / self.name

    def model(self, variant: Variant, seed: int) -> Path:
        return self.weights / variant.architecture / variant.name / f"seed-{seed}.keras"

    def check_writable(self) -> None:
        """Raise an OSError that names the folder that cannot be written to, before anything is computed for it."""
        for each in (self.weights, self.figures, self.reports):
            check_writable(each)

    def sweep(self) -> None:
        """Take away what processes that were killed have left here, half written."""
        sweep(self.weights, self.figures, self.reports)

    def alone(self, name: str, doing: str = "") -> AbstractContextManager:
        """Wait until no other process has the lock of this name; see `locks.alone`.

        `training` is for whoever writes models, `report` for a whole report, in which that is taken, too, `tables`
        for a moment. Their files lie among the weights: figures and reports hold nothing but what is to be looked at.
        """
        return alone(self.weights / f".{name}.lock", doing)


@dataclass(frozen=True)
class Job:
    """All that decides the outcome of one training run, the data apart."""

    variant: Variant
    seed: int
    profile: str

    def __str__(self) -> str:
        return f"{self.variant.architecture} {self.variant.name} seed {self.seed}"

    @property
    def epochs(self) -> int:
        longer = self.variant.settings.get("epochs_factor", 1)
        return longer * epochs(self.variant.architecture, self.profile, self.training)

    @property
    def training(self) -> dict[str, Any]:
        return ARCHITECTURES[self.variant.architecture].training_of(self.variant.settings)

    def describe(self, data: str) -> dict[str, Any]:
        """Everything that the fingerprint covers, readable; `data` is the digest of what is trained on."""
        return {
            "architecture": self.variant.architecture,
            "settings": self.variant.settings,
            "training": self.training,
            "epochs_at_most": self.epochs,
            "seed": self.seed,
            "data": data,
            "code": code_of(self.variant.architecture),
            "versions": versions(*PACKAGES),
        }


@dataclass(frozen=True)
class Finished:
    """What comes back from where a run was trained: its record, the bytes of its model's file, and what that gave.

    `probabilities` are those of the first validation examples.
    """

    record: dict[str, Any]
    model: bytes
    probabilities: np.ndarray | None = None


@dataclass(frozen=True)
class Run:
    """A finished run: the trained model's file, and the record that stands beside it."""

    variant: Variant
    seed: int
    path: Path
    record: dict[str, Any]
    listed: dict[str, Any] | None = None  # its rows, where the model is not there; see `study.listed`
    times: dict[str, float] = field(default_factory=dict)  # of predicting, where those of the tables count

    @property
    def history(self) -> dict[str, list[float]]:
        return self.record["history"]


def jobs(architecture: str, profile: str, only: tuple[str, ...] | None = None, number: int | None = None) -> list[Job]:
    """One job for each variant (or those named in `only`) and each seed: so many, or those of the profile."""
    find(BUDGETS, profile, "profile")
    return [
        Job(each, seed, profile)
        for each in variants(architecture)
        if only is None or each.name in only
        for seed in seeds(architecture, profile, number, each.name)
    ]


def jobs_under(architecture: str, profile: str) -> dict[str, list[Job]]:
    """{condition: its jobs} for all that a profile trains under other conditions."""
    family, few = ARCHITECTURES[architecture], BUDGETS[profile].conditions
    found = {}
    for name, condition in family.conditions.items():
        if few is None or name in few:
            networks = under(architecture, name)[: None if few is None else few[name]]
            seeds_of = range(BUDGETS[profile].seeds or condition.seeds)
            found[name] = [Job(each, seed, profile) for each in networks for seed in seeds_of]
    return found


def fingerprint(description: dict[str, Any]) -> str:
    """The SHA-256 of a job's description."""
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


def data_digest(data: Dataset) -> str:
    """The SHA-256 of what is trained and validated on."""
    return digest(data.x_train, data.y_train, data.x_val, data.y_val)


def versions(*packages: str) -> dict[str, str]:
    """The installed version of each package."""
    return {package: version(package) for package in packages}


def code_of(architecture: str) -> dict[str, str]:
    """The digests of the code that trains an architecture: the shared trainer, and what builds the network.

    The tables beside what builds it do not count as code: settings and training stand in the description themselves,
    and the pages' words decide nothing.
    """
    return {
        TRAINER.name: code_digest(TRAINER),
        **{path.name: code_digest(path, tables=False) for path in architectures.files_of(architecture)},
    }


def code_digest(*paths: Path, tables: bool = True) -> str:
    """The SHA-256 of Python code, one file after the other; docstrings, comments and layout do not count.

    `tables` says whether the assignments do that stand in no function and no class.
    """
    found = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tree.body = [node for node in tree.body if tables or not isinstance(node, ast.Assign | ast.AnnAssign)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
                del node.body[0]
        found.update(ast.dump(tree).encode())
    return found.hexdigest()


def find_run(job: Job, place: Place, mark: str) -> Run | None:
    """The finished run with this fingerprint, or None if it is not there, damaged, or of another fingerprint."""
    path = place.model(job.variant, job.seed)
    record = record_of(path)
    if not path.exists() or record is None or record.get("fingerprint") != mark or damage(path):
        return None
    return Run(job.variant, job.seed, path, record)


def set_damaged_aside(job: Job, place: Place, mark: str) -> None:
    """Before a job is trained: if it is there but damaged, name what is, and keep it under another name.

    A sound run of another fingerprint, by other code or settings, is left to be replaced.
    """
    path = place.model(job.variant, job.seed)
    record = record_of(path)
    if record is None or record.get("fingerprint", mark) != mark:
        return
    for file, why in damage(path).items():
        print(f"{file} {why}: set aside as {set_aside(file).name}, and trained again", file=sys.stderr, flush=True)


def damage(model: Path) -> dict[Path, str]:
    """{file: what is wrong with it} of a run's model and its record; of one that is not there, nothing."""
    file, record = model.with_suffix(".json"), record_of(model)
    if record is None:
        return {}
    found = {}
    if "model_sha256" not in record:
        found[file] = "is not the record of a run"
    elif record.get("record_sha256") not in (None, _seal(record)):  # older records have none
        found[file] = "is not as it was written: its checksum is another"
    if model.exists() and record.get("model_sha256") != sha256(model):
        found[model] = "is not as it was written: its checksum is not the one in its record"
    return found


def record_of(model: Path) -> dict[str, Any] | None:
    """A model's record, empty if it cannot be read as one; None if it is not there."""
    try:
        record = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        record = {}
    return record if isinstance(record, dict) else {}


def _seal(record: dict[str, Any]) -> str:
    """The checksum of a record, which stands in it."""
    return fingerprint({name: value for name, value in record.items() if name != "record_sha256"})


def save_run(job: Job, place: Place, finished: Finished) -> Run:
    """Write a run's model, then its record: the record is what makes the run count.

    An older record goes first, so that a stop in between leaves no record that speaks of another model.
    """
    path = place.model(job.variant, job.seed)
    path.with_suffix(".json").unlink(missing_ok=True)
    with atomic_write(path) as part:
        part.write_bytes(finished.model)
    record = {"variant": asdict(job.variant), **finished.record, "model_sha256": sha256(path)}
    record["record_sha256"] = _seal(record)
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(record, indent=1), encoding="utf-8")
    journal.forget(path)
    return Run(job.variant, job.seed, path, record)
