"""The networks that one can try: those that were trained here, and the two small ones of examples/."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

import forward

from ..architectures import ARCHITECTURES
from ..datasets import DATASETS
from ..files import ROOT, folder

EXAMPLES = ROOT / "examples"
SMALL = {
    "nusax": ("sentiment", "a small LSTM of examples/"),
    "cifar10": ("digits", "a small CNN of examples/, for digits"),
}
DIGITS = tuple("0123456789")  # the classes of the built-in images
LARGEST = ("full", "quick", "tiny")  # profiles, the best trained first
KINDS = {"texts": "nusax", "images": "cifar10"}


@dataclass(frozen=True)
class Network:
    """A network's file, what it is called, and what its outputs stand for; the file is read when it is needed."""

    label: str
    path: Path
    classes: tuple[str, ...]

    @cached_property
    def model(self) -> forward.Model:
        return forward.load_model(self.path)

    def says(self, x: np.ndarray) -> dict[str, float]:
        """{class: its probability} for the only sample of x."""
        [p] = self.model.predict(x, threads=1)
        return dict(zip(self.classes, map(float, p), strict=True))


def networks(kind: str, out_dir: str | Path = ".") -> list[Network]:
    """The networks for "texts" or "images": those in `out_dir`/weights, a seed of each variant, then the small one.

    The baseline of the largest profile stands first. Raises ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"networks for {kind!r} are not known; choose one of {', '.join(KINDS)}")
    name, label = SMALL[KINDS[kind]]
    classes = json.loads((EXAMPLES / "expected.json").read_text(encoding="utf-8"))[name]["classes"]
    small = Network(label, EXAMPLES / f"{name}.keras", tuple(classes))
    return [*_trained(KINDS[kind], folder(out_dir) / "weights"), small]


def _trained(dataset: str, weights: Path) -> Iterator[Network]:
    families = {name: family for name, family in ARCHITECTURES.items() if family.dataset == dataset}
    paths = [path for name in families for path in weights.glob(f"*/{name}/*/seed-0.keras")]
    for path in sorted(filter(_is_finished, paths), key=lambda path: _order(path, list(families))):
        profile, architecture, variant = path.parts[-4:-1]
        is_digits = dataset == "cifar10" and profile.endswith("-sample")
        label = f"{families[architecture].title}, {variant} ({profile})"
        yield Network(label, path, DIGITS if is_digits else DATASETS[dataset].CLASSES)


def _is_finished(path: Path) -> bool:
    """Whether a run of the study was finished; what was trained under other conditions is left out."""
    return path.with_suffix(".json").exists() and "@" not in path.parent.name


def _order(path: Path, families: list[str]) -> tuple:
    profile, architecture, variant = path.parts[-4:-1]
    size, _, data = profile.partition("-")
    ranks = LARGEST.index(size) if size in LARGEST else len(LARGEST), families.index(architecture)
    return data != "", variant != "baseline", *ranks, profile, variant


def of_runs(runs: Iterable, classes: tuple[str, ...]) -> list[Network]:
    """The networks of a study's finished runs, the first seed of each variant."""
    first = {run.variant.name: run for run in reversed(list(runs))}
    return [Network(name, run.path, classes) for name, run in reversed(first.items())]
