"""What else moves with a knob than what its group is named for, and what a control holds fixed: from the networks."""

from __future__ import annotations

import re

import pandas as pd

import forward

from ..architectures import ARCHITECTURES
from ..evaluation import values
from ..runs import Run
from .controls import step_apart
from .sentences import say
from .tables import Table

LAYER_KINDS = {"convolutions": "Conv", "recurrent layers": "RNN|LSTM|GRU|Bidirectional", "dense layers": "^Dense$"}
POOLING = "^(Max|Average)Pooling"
OF_MAP = "the last feature map"
PARAMETERS, MAP, INTO_DENSE = "parameters", "last feature map", "numbers into the first dense layer"


def table(runs: list[Run], group: str) -> Table:
    """A row for each value of a group: the parameters of its network, where they stand, and what its layers hand on.

    Columns in which all values are alike are left out, but for the number of parameters.
    """
    found = counted(runs, group)
    varying = [name for name in found.columns[2:] if found[name].nunique() > 1]
    family = ARCHITECTURES[runs[0].variant.architecture]
    title = f"{family.title}, {family.groups[group].title.lower()}"
    return Table(found[[*found.columns[:2], *varying]]).captioned(say("captions.sizes", title=title))


def counted(runs: list[Run], group: str) -> pd.DataFrame:
    """The rows of `table` with all columns."""
    architecture = runs[0].variant.architecture
    about, lines = ARCHITECTURES[architecture].groups[group], []
    for value in values(architecture, group):
        run = next(each for each in runs if each.variant.labels.get(group) == value)
        parameters = {PARAMETERS: f"{run.record['params']:,}"}
        lines.append({about.title: about.in_words(value)} | parameters | _sizes(forward.load_model(run.path)))
    return pd.DataFrame(lines, dtype=object).fillna("none")


def _sizes(model: forward.Model) -> dict[str, str]:
    """Where a network's parameters stand, and what its layers hand to the dense ones."""
    dense = [layer for layer in model.layers if layer.class_name == "Dense"]
    pooled = [layer for layer in model.layers if re.search(POOLING, layer.class_name)]
    maps = [layer for layer in model.layers if re.search(f"^Conv|{POOLING}", layer.class_name)]
    found = {}
    for kind, pattern in LAYER_KINDS.items():
        mine = [layer for layer in model.layers if re.search(pattern, layer.class_name)]
        found |= {f"in {kind}": f"{sum(layer.parameters for layer in mine):,}"} if mine else {}
    if pooled:
        found["poolings"] = str(len(pooled))
        found[MAP] = "x".join(map(str, model.shapes[maps[-1].name, 0, 0]))
    return found | {INTO_DENSE: f"{len(dense[0].weights['kernel']):,}"}


def said(runs: list[Run], group: str) -> str:
    """What moves with a group's knob; of a control what moves no more, and what still does, as Markdown."""
    architecture = runs[0].variant.architecture
    groups = ARCHITECTURES[architecture].groups
    mine = facts(counted(runs, group))
    moving, factor = _moving(mine), _factor(mine)
    of = groups[group].control_of
    if not of or step_apart(architecture, group):
        alike = [name for name in mine if name not in moving]
        return say("sizes.moving", facts=_named(moving), alike=_named(alike), factor=factor)
    there = facts(counted(runs, of))
    return say(
        "sizes.against",
        of=groups[of].title,
        fixed=_named([name for name in _moving(there) if name not in moving]),
        still=_named([name for name in moving if name in _moving(there)]),
        newly=_named([name for name in moving if name not in _moving(there)]),
        factor=factor,
        factor_there=_factor(there),
    )


def facts(found: pd.DataFrame) -> dict[str, list[str]]:
    """{what is counted, in words: its value in each network} from the rows of `counted`."""
    several = {"the number of parameters": found[PARAMETERS].tolist()}
    if MAP in found:
        sizes, channels = zip(*(each.rpartition("x")[::2] for each in found[MAP]), strict=True)
        several["the number of poolings"] = found["poolings"].tolist()
        several[f"height and width of {OF_MAP}"] = list(sizes)
        several[f"channels of {OF_MAP}"] = list(channels)
    return several | {"how many numbers the first dense layer reads": found[INTO_DENSE].tolist()}


def _named(names: list[str]) -> list[str]:
    """What is counted, as a sentence lists it."""
    both = [f"height and width of {OF_MAP}", f"channels of {OF_MAP}"]
    if not set(both) <= set(names):
        return names
    return [f"height, width and channels of {OF_MAP}" if name == both[0] else name for name in names if name != both[1]]


def _moving(several: dict[str, list[str]]) -> list[str]:
    return [name for name, each in several.items() if len(set(each)) > 1]


def _factor(several: dict[str, list[str]]) -> float:
    """How many times the parameters of the smallest network the largest has."""
    numbers = [int(each.replace(",", "")) for each in several["the number of parameters"]]
    return max(numbers) / min(numbers)
