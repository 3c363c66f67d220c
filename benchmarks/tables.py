"""What `make bench` writes of its measurements: benchmarks/RESULTS.md, five lines and a figure for README.md."""

import json
import textwrap
from pathlib import Path

import pandas as pd
from musts import MANY, MUSTS, ONE, best, short, slower, speed
from peers import FORWARDS

from study.architectures import ARCHITECTURES
from study.files import ROOT, atomic_write
from study.show import docs, style

HERE = Path(__file__).parent
RESULTS, TABLE, FIGURE = HERE / "results.json", HERE / "RESULTS.md", ROOT / "docs" / "speed.png"
BLOCK = "make bench"  # in README


def save(table: pd.DataFrame, about: dict) -> None:
    """Keep the measurements, and what they were made on."""
    with atomic_write(RESULTS) as part:
        part.write_text(json.dumps(about | {"rows": table.to_dict("list")}, indent=1) + "\n")


def saved() -> tuple[pd.DataFrame, dict]:
    """What `save` kept."""
    about = json.loads(RESULTS.read_text())
    return pd.DataFrame(about.pop("rows")), about


def write(table: pd.DataFrame, about: dict) -> None:
    """All that is written of it."""
    parts = [
        "# How fast `forward` is",
        "Written by `make bench`. " + about["machine"],
        "How many times as fast as Keras' `predict`, each side at its best batch size, for every studied network; and "
        "for one sample alone. A *must* is what `make bench CHECK=1` asks for, on every kernel of numpy's BLAS.",
        every_network(table),
        verdict(table),
        'Other engines. "/ forward" is how many times as long an engine takes as `forward` on its slower kernel.',
        engines(table),
        "\n".join(about["notes"]),
        "`predict` of the CNN alone, with the MiB that it adds to the process (a mapped file's own pages count):",
        about["scale"],
        "Process start to first prediction, and the peak of its memory:",
        about["startup"],
    ]
    with atomic_write(TABLE) as part:
        part.write_text("\n\n".join(parts) + "\n")
    readme = docs.filled(ROOT / "README.md", {BLOCK: lines(table, about)})
    with atomic_write(ROOT / "README.md") as part:
        part.write_text(readme)
    draw(table, FIGURE)


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table whose first column is text, and the others numbers."""
    marks = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(each)} |" for each in [header, marks, *rows])


def every_network(table: pd.DataFrame) -> str:
    """A row for each network: milliseconds for 1,000 samples, the ratios, the musts, and those of one sample."""
    many, one = speed(table), speed(table, samples=ONE)
    seconds, alone = best(table), best(table, ONE)
    samples = table.groupby("network", sort=False)["samples"].max()
    musts = {each.network: each for each in MUSTS if each.engine == "Keras predict" and each.samples == MANY}
    header = ["network", "Keras, ms for 1,000", *(f"{name}, times as fast" for name in many), "must", "max abs Δp"]
    header += [*(f"{name}, one sample, ms" for name in alone if name in FORWARDS), "times as fast as Keras"]
    difference = table[table["engine"].isin(FORWARDS)].groupby("network")["max_abs_diff"].max()
    rows = []
    for name in many.index:
        must = f"{musts[name].must:g}" if name in musts else ""
        rows.append([name, f"{seconds['Keras predict'][name] * 1e6 / samples[name]:.0f}"])
        rows[-1] += [*(f"{each:.2f}" for each in many.loc[name]), must, f"{difference[name]:.1e}"]
        rows[-1] += [*(f"{alone[each][name] * 1e3:.2f}" for each in alone if each in FORWARDS)]
        rows[-1] += [f"{one.loc[name].min():.0f}"]
    return markdown(header, rows)


def verdict(table: pd.DataFrame) -> str:
    """Which networks are slower than with Keras, which musts are missed, and which were not measured."""
    missed, unknown = short(table)
    said = ("Slower than Keras on a kernel", slower(table)), ("Under a must", missed), ("Not measured", unknown)
    return "\n".join(f"- {what}: {'; '.join(names) or 'none'}." for what, names in said)


def engines(table: pd.DataFrame) -> str:
    """For each network that other engines computed: the best batch size of each, and its time for one sample."""
    header = ["network, engine", "best batch", "s", "/ forward", "one sample, ms", "/ forward", "max abs Δp"]
    rows, seconds, alone = [], best(table), best(table, ONE)
    for name, part in table.groupby("network", sort=False):
        if part["engine"].nunique() <= len(FORWARDS) + 1:
            continue
        ours = [each.loc[name, [e for e in FORWARDS if e in each]].max() for each in (seconds, alone)]
        for engine in part["engine"].unique():
            own = part[part["engine"] == engine]
            many = own[own["batch size"] > 0]
            row = [f"{name}, {engine}", "", "", ""]
            if len(many):
                least = many.loc[many["s"].idxmin()]
                row[1:] = [str(least["batch size"]), f"{least['s']:.3f}", f"{least['s'] / ours[0]:.2f}"]
            row += [f"{alone[engine][name] * 1e3:.2f}", f"{alone[engine][name] / ours[1]:.2f}"]
            rows.append([*row, f"{own['max_abs_diff'].iloc[0]:.1e}"])
    return markdown(header, rows)


def lines(table: pd.DataFrame, about: dict) -> str:
    """What README says of it."""
    found = speed(table).min(axis=1)
    kinds = found.groupby(found.index.str.partition("/").get_level_values(0), sort=False)
    ranges = [
        f"{ARCHITECTURES[kind].title} {each.min():.2g} to {each.max():.2g} ({each.median():.2g})"
        for kind, each in kinds
    ]
    under = (found < 1).sum()
    said = f"{under or 'None'} of {len(found)} networks {'are' if under > 1 else 'is'} slower than Keras"
    text = (
        "Beside Keras' `predict`, each in its best batches, `forward` on the slower of two BLAS kernels is so many "
        f"times as fast, from the least to the most of the studied networks (the median): {', '.join(ranges)}. {said} "
        "([which; other engines, memory, start](benchmarks/RESULTS.md)). "
        f"{about['machine']} [How it predicts](docs/speed.md)."
    )
    text = textwrap.fill(text, 118, break_on_hyphens=False)
    return f"{text}\n\n![{alt(found)}](docs/speed.png)"


def alt(found: pd.Series) -> str:
    """The figure for those who cannot see it."""
    ends = f"from {found.min():.2g} to {found.max():.2g}"
    return f"How many times as fast as Keras: {len(found)} networks, {ends} on the slower kernel"


@style.styled
def draw(table: pd.DataFrame, path: Path) -> None:
    """A dot for each network and kernel, a row for each architecture; right of the line `forward` is faster."""
    found = speed(table)
    figure, axes = style.figure(1.9, 1, 1)
    axes, kinds = axes[0, 0], list(ARCHITECTURES)
    for number, (name, color, marker) in enumerate(zip(found, (style.BLUE, style.ORANGE), "oD", strict=False)):
        heights = [
            kinds.index(each.partition("/")[0]) + 0.22 * (number - (found.shape[1] - 1) / 2) for each in found.index
        ]
        axes.scatter(found[name], heights, s=14, color=color, marker=marker, alpha=0.7, linewidths=0, label=name)
    axes.axvline(1, color="0.3", linewidth=1)
    axes.set(xscale="log", yticks=range(len(kinds)), yticklabels=[ARCHITECTURES[each].title for each in kinds])
    ticks = [
        each
        for each in (0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 12)
        if found.min().min() * 0.9 <= each <= found.max().max() * 1.1
    ]
    axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
    axes.minorticks_off()
    axes.grid(axis="x")
    axes.invert_yaxis()
    axes.set_xlabel("times as fast as Keras' predict")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    with atomic_write(path) as part:
        figure.savefig(part, format="png")
