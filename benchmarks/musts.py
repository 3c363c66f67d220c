"""How fast `forward` has to be beside other engines: the one table of it, and what falls short."""

from dataclasses import dataclass

import pandas as pd
from peers import FORWARDS

ONE, MANY = "one sample", "many"


@dataclass(frozen=True)
class Must:
    """`forward` is at least `must` times as fast as an engine, on each kernel of numpy's BLAS; `aim` would be good."""

    network: str
    must: float
    aim: float
    engine: str = "Keras predict"
    samples: str = MANY


MUSTS = (
    Must("cnn/baseline", 1.0, 1.3),
    Must("cnn/kernel_sizes-5-5-5", 0.9, 1.2),
    Must("cnn/kernel_sizes-3-5-7", 0.9, 1.2),
    Must("cnn/beyond-two-convolutions", 0.9, 1.2),
    Must("cnn/beyond-normalization", 1.0, 1.2),
    Must("cnn/pooling-average", 1.0, 1.2),
    Must("lstm/baseline", 4.0, 6.0),
    Must("lstm/direction-bidirectional", 3.0, 5.0),
    Must("cnn/baseline", 0.25, 0.5, "ONNX Runtime", ONE),
    Must("simple_rnn/baseline", 0.25, 0.5, "ONNX Runtime", ONE),
    Must("lstm/baseline", 0.25, 0.5, "ONNX Runtime", ONE),
    Must("lstm/direction-bidirectional", 0.25, 0.5, "ONNX Runtime", ONE),
    Must("gru/baseline", 0.25, 0.5, "ONNX Runtime", ONE),
)


def best(table: pd.DataFrame, samples: str = MANY) -> pd.DataFrame:
    """The seconds of each engine (columns) for each network (rows), at its best batch size, or for one sample."""
    rows = table[(table["batch size"] == 0) == (samples == ONE)]
    return rows.pivot_table(index="network", columns="engine", values="s", aggfunc="min", sort=False)


def speed(table: pd.DataFrame, engine: str = "Keras predict", samples: str = MANY) -> pd.DataFrame:
    """How many times as fast as an engine `forward` is, for each network and kernel."""
    seconds = best(table, samples)
    there = [name for name in FORWARDS if name in seconds]
    return seconds[there].rdiv(seconds[engine], axis=0) if engine in seconds else pd.DataFrame(columns=there)


def slower(table: pd.DataFrame) -> list[str]:
    """The networks for which `forward` is slower than Keras on a kernel, each with those kernels and its ratios."""
    found = speed(table).rename(columns=lambda each: each.removeprefix("forward, "))
    below = {name: row[row < 1] for name, row in found.iterrows()}
    return [
        f"{name} ({', '.join(f'{kernel} {each:.3f}' for kernel, each in row.items())})"
        for name, row in below.items()
        if len(row)
    ]


def short(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Which musts are missed, and which were not measured."""
    missed, unknown = [], []
    for must in MUSTS:
        found = speed(table, must.engine, must.samples)
        what = f"{must.network}, {must.samples}, {must.engine}"
        if must.network not in found.index or found.loc[must.network].isna().any():
            unknown.append(what)
        elif found.loc[must.network].min() < must.must:
            missed.append(f"{what}: {found.loc[must.network].min():.3f}, must be {must.must}")
    return missed, unknown
