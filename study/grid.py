"""A grid of notebooks to run: read from a YAML file, every name and value looked at before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .architectures import ARCHITECTURES
from .datasets import DATASETS
from .errors import GridError
from .names import find
from .profiles import BUDGETS, check_seeds
from .runs import Place

DEFAULTS = {"profile": "quick", "seeds": None}
OPTIONS = {name: values for file in DATASETS.values() for name, values in file.OPTIONS.items()}
KEYS = ("architecture", *OPTIONS, *DEFAULTS)
CHOICES = {"architecture": ARCHITECTURES, "profile": BUDGETS}
CHOICES |= {name: dict.fromkeys(values) for name, values in OPTIONS.items()}


@dataclass(frozen=True)
class Cell:
    """One notebook with its parameters; `name` is that of its folder."""

    architecture: str
    profile: str
    seeds: int | None
    language: str  # empty where the data has none
    name: str

    @property
    def options(self) -> dict[str, str]:
        """What its data set is asked for."""
        return {"language": self.language} if self.language else {}

    def place(self, is_sample: bool, folder: Path) -> Place:
        """Where it keeps its files, in the grid's folder."""
        return Place(self.profile, is_sample, folder / self.name, self.language)


def read(path: Path) -> list[Cell]:
    """The cells of a grid: `name: value` or `name: [values]`, or a list of such mappings.

    Raises GridError that names the file and the key for a name or a value that is not known, and for an option that an
    architecture's data does not have.
    """
    from sklearn.model_selection import ParameterGrid

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise GridError(f"{path}: not a readable YAML file ({error})") from error
    parts = found if isinstance(found, list) else [found]
    if not parts or not all(isinstance(each, dict) for each in parts):
        raise GridError(f"{path}: expected lines `name: value` or `name: [values]`; the names are {', '.join(KEYS)}")
    listed = [{key: each if isinstance(each, list) else [each] for key, each in part.items()} for part in parts]
    for part in listed:
        _check(part, path)
    cells = [DEFAULTS | each for each in ParameterGrid(listed)]
    made = dict.fromkeys(_cell(each, _varied(each, cells)) for each in cells)  # each once
    return sorted(made, key=lambda cell: list(ARCHITECTURES).index(cell.architecture))


def _check(part: dict[str, list], path: Path) -> None:
    for key, values in part.items():
        _known(path, dict.fromkeys(KEYS), key, "the key")
        if not values:
            raise GridError(f"{path}: {key} has no value")
        for value in values:
            _known(path, CHOICES.get(key), value, f"{key}:" if key in CHOICES else key)
    if "architecture" not in part:
        raise GridError(f"{path}: the key architecture is missing; choose some of {', '.join(ARCHITECTURES)}")
    for name in part["architecture"]:
        data = ARCHITECTURES[name].dataset
        for key in OPTIONS.keys() & part.keys() - DATASETS[data].OPTIONS.keys():
            raise GridError(f"{path}: {key}: the architecture {name} has no {key}: its data is {DATASETS[data].TITLE}")


def _known(path: Path, choices: dict[str, Any] | None, value: Any, what: str) -> None:
    """Raise GridError unless this is one of the choices, or where there are none, a number of seeds."""
    try:
        find(choices, value, what) if choices else check_seeds(value, what)
    except ValueError as error:
        raise GridError(f"{path}: {error}") from error
    except TypeError as error:
        raise GridError(f"{path}: {what} {value!r} is no name") from error


def _varied(values: dict[str, Any], cells: list[dict[str, Any]]) -> list[str]:
    """Those of DEFAULTS in which cells of the same architecture and data differ; with them each name is its own."""
    alike = [each for each in cells if all(each.get(name) == values.get(name) for name in ("architecture", *OPTIONS))]
    return [name for name in DEFAULTS if len({each[name] for each in alike}) > 1]


def _cell(values: dict[str, Any], varied: list[str]) -> Cell:
    """A cell with its name: the architecture, its language, and what else varies in the grid."""
    data = DATASETS[ARCHITECTURES[values["architecture"]].dataset]
    options = {name: values.get(name, choices[0]) for name, choices in data.OPTIONS.items()}
    given = [values[name] for name in OPTIONS if name in values]
    words = {"profile": values["profile"], "seeds": f"{values['seeds'] or 'all'}-seeds"}
    name = "-".join([values["architecture"], *given, *(words[each] for each in varied)])
    return Cell(values["architecture"], values["profile"], values["seeds"], options.get("language", ""), name)
