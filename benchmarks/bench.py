"""forward/ against other engines, on the trained networks and the real data of this project.

    python benchmarks/bench.py [--profile quick] [--data data] [--source auto] [--readme]

Every engine works in a process of its own; for each network and batch size they take turns, so that what
disturbs the machine disturbs all of them. Writes reports/benchmark.md, reports/benchmark.csv and figures/benchmark.png;
`--readme` puts the tables into README.md.
"""

import argparse
import multiprocessing
import os
import platform
import re
import statistics
import tempfile
import timeit
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from peers import PEERS, THREADS, Peer
from startup import SIDES, measure

from study import datasets
from study.files import atomic_write, folder
from study.profiles import BUDGETS
from study.runs import Place
from study.show import style

NETWORKS = {
    "CNN 32-64-128": ("cnn", "baseline"),
    "SimpleRNN 64-32": ("simple_rnn", "baseline"),
    "LSTM 64-32": ("lstm", "baseline"),
    "LSTM 64-32 bidirectional": ("lstm", "direction-bidirectional"),
}
BATCH_SIZES = {"cnn": (32, 128, 512, 2048), "simple_rnn": (32, 128, 512, 1000), "lstm": (32, 128, 512, 1000)}
ROUNDS, RUNS = 2, 3  # each round: a warm-up, then so many runs; the median of all runs counts
ONE_SAMPLE_ONLY = {"Keras call"}  # which nobody uses for many
LONG = 4.0  # seconds; what takes longer is run once a round

loaded: dict[tuple[str, str], Peer] = {}  # in an engine's process


def prepare(place: str, weights: str, data_dir: str, source: str) -> str:
    """Write each network, without its first layer, which prepares the data, and its input; return what they are."""
    import keras

    images, texts = datasets.load("cifar10", data_dir, source), datasets.load("nusax", data_dir, source)
    sentences = np.concatenate([texts.x_train, texts.x_val, texts.x_test])
    for network, (architecture, variant) in NETWORKS.items():
        model = keras.models.load_model(Path(weights) / architecture / variant / "seed-0.keras")
        x = np.asarray(model.layers[0](images.x_test if architecture == "cnn" else sentences))
        model = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype.name), *model.layers[1:]])
        model.save(Path(place) / f"{network}.keras")
        np.save(Path(place) / f"{network}.npy", x)
    return f"{len(images.x_test):,} images ({images.title}), {len(sentences):,} sentences ({texts.title})"


def load(engine: str, path: str) -> Peer:
    """The network in an engine, loaded once a process."""
    if (engine, path) not in loaded:
        loaded[engine, path] = PEERS[engine][0](path)
    return loaded[engine, path]


def seconds(engine: str, path: str, size: int) -> list[float]:
    """The times of one round: all samples in batches of `size`, or for 0 one sample alone."""
    peer, x = load(engine, path), np.load(path.replace(".keras", ".npy"))
    x, size, number = (x[:1], 1, 10) if size == 0 else (x, size, 1)
    timer = timeit.Timer(lambda: peer.predict(x, size))
    first = timer.timeit(1)  # the warm-up
    return [first] if first > LONG else [each / number for each in timer.repeat(RUNS, number)]


def predictions(engine: str, path: str) -> tuple[str, np.ndarray]:
    """What computes, and the probabilities of the first samples."""
    peer, x = load(engine, path), np.load(path.replace(".keras", ".npy"))
    return peer.how, peer.predict(x[:1000], 200)


def compare(place: str) -> tuple[pd.DataFrame, list[str]]:
    """A row for each network, engine and batch size; and lines that say what the engines are and what is missing."""
    pools = {engine: process(environment) for engine, (_, environment) in PEERS.items()}
    rows, notes = [], []
    for network, (architecture, _) in NETWORKS.items():
        path, ours, there = f"{place}/{network}.keras", None, []
        for engine, pool in pools.items():
            try:
                how, found = pool.submit(predictions, engine, path).result()
            except ImportError as error:
                notes.append(f"- {engine}: not measured on {network}, {error.name or error} is missing")
                continue
            if not any(note.startswith(f"- {engine}: {how}") for note in notes):
                notes.append(f"- {engine}: {how}")
            ours = found if engine == "forward" else ours
            there.append((engine, float(np.abs(found - ours).max())))
        for size in (0, *BATCH_SIZES[architecture]):
            times: dict[str, list[float]] = {
                engine: [] for engine, _ in there if size == 0 or engine not in ONE_SAMPLE_ONLY
            }
            for _ in range(ROUNDS):
                for engine in times:
                    times[engine] += pools[engine].submit(seconds, engine, path, size).result()
            for engine in times:
                median = statistics.median(times[engine])
                rows.append((network, engine, size, median, dict(there)[engine]))
                print(f"{network:26} {engine:16} {size or 'one':>5} {median:9.4f} s", flush=True)
    for pool in pools.values():
        pool.shutdown()
    return pd.DataFrame(rows, columns=["network", "engine", "batch size", "s", "max_abs_diff"]), notes


def process(environment: dict[str, str] | None = None) -> ProcessPoolExecutor:
    """A process of its own, which finds `environment` before it imports an engine."""
    context = multiprocessing.get_context("spawn")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})}
    return ProcessPoolExecutor(1, context, initializer=set_environment, initargs=(quiet,))


def set_environment(variables: dict[str, str]) -> None:
    """What a new process begins with."""
    os.environ.update(variables)


def speed_table(table: pd.DataFrame) -> str:
    """For each network and engine: the best batch size, its time, and how much longer it takes than forward."""
    lines = [
        "| network | engine | best batch | s | / forward | one sample, ms | / forward | max abs Δp |",
        "| --- | --- | --: | --: | --: | --: | --: | --: |",
    ]
    for network, rows in table.groupby("network", sort=False):
        one = rows[rows["batch size"] == 0].set_index("engine")["s"]
        best = rows[rows["batch size"] > 0].sort_values("s").groupby("engine", sort=False).first()
        for engine in one.index:
            cells = [network, engine, "", "", ""]
            if engine in best.index:
                size, time = best["batch size"][engine], best["s"][engine]
                cells = [network, engine, str(size), f"{time:.3f}", f"{time / best['s']['forward']:.2f}"]
            cells += [f"{one[engine] * 1e3:.2f}", f"{one[engine] / one['forward']:.1f}"]
            difference = rows.set_index("engine").loc[[engine], "max_abs_diff"].iloc[0]
            lines.append(f"| {' | '.join(cells)} | {'' if engine == 'forward' else f'{difference:.1e}'} |")
    default = table[(table["batch size"] == 32) & (table["engine"] == "Keras predict")].set_index("network")["s"]
    ours = table[(table["batch size"] > 0) & (table["engine"] == "forward")].groupby("network")["s"].min()
    ratios = ", ".join(f"{network} {default[network] / ours[network]:.2f}" for network in default.index)
    return "\n".join([*lines, "", f"Keras `predict` at its default batch size of 32 / forward at its best: {ratios}."])


def predict_alone(path: str, samples: int, threads: int, size: int | None, mapped: bool) -> tuple[float, float]:
    """In a fresh process: the median seconds of `predict`, and the MiB that it adds to the process' peak."""
    import forward

    x = np.load(path.replace(".keras", ".npy"), mmap_mode="r" if mapped else None)[:samples]
    model = forward.load_model(path)
    model.predict(x[:1], threads=threads)
    before = peak()
    times = timeit.repeat(lambda: model.predict(x, size, threads), repeat=RUNS, number=1)
    return statistics.median(times), peak() - before


def peak() -> float:
    """The most MiB that this process has had in memory."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def scale_table(place: str) -> str:
    """How the CNN's time grows with the samples and falls with the threads, and what memory it takes."""
    path = f"{place}/{next(iter(NETWORKS))}.keras"
    lines = ["| images | threads | batch size | input | s | MiB added |", "| --: | --: | --- | --- | --: | --: |"]
    n = len(np.load(path.replace(".keras", ".npy"), mmap_mode="r"))
    settings = [(part, threads, None, False) for threads in (1, THREADS) for part in (n // 4, n // 2, n)]
    settings += [(n, THREADS, n, False), (n, THREADS, None, True)]
    for samples, threads, size, mapped in settings:
        with process() as pool:
            time, added = pool.submit(predict_alone, path, samples, threads, size, mapped).result()
        where = "memory-mapped file" if mapped else "array"
        lines.append(f"| {samples:,} | {threads} | {size or 'own choice'} | {where} | {time:.2f} | {added:.0f} |")
    return "\n".join(lines)


def startup_table(weights: str) -> str:
    """Process start to first prediction."""
    lines = ["| network | side | s | MiB |", "| --- | --- | --: | --: |"]
    for network, (architecture, variant) in NETWORKS.items():
        path = f"{weights}/{architecture}/{variant}/seed-0.keras"
        found = {side: measure(script, path, RUNS)[:2] for side, script in SIDES.items()}
        lines += [f"| {network} | {side} | {s:.2f} | {mib:.0f} |" for side, (s, mib) in found.items()]
        ratios = [found["Keras"][number] / found["forward"][number] for number in (0, 1)]
        lines.append(f"| {network} | Keras / forward | {ratios[0]:.1f} | {ratios[1]:.1f} |")
    return "\n".join(lines)


@mpl.rc_context(style.STYLE)
def draw(table: pd.DataFrame, title: str) -> None:
    """Time against batch size, a panel for each network, all engines."""
    figure = Figure(figsize=(style.WIDTH, 5.6), layout="constrained")
    colors, markers = sns.color_palette("colorblind", len(PEERS)), "osD^vPX"
    for axes, (network, rows) in zip(figure.subplots(2, 2).flat, table.groupby("network", sort=False), strict=True):
        for number, engine in enumerate(each for each in PEERS if each not in ONE_SAMPLE_ONLY):
            line = rows[(rows["engine"] == engine) & (rows["batch size"] > 0)]
            width = 2.2 if engine == "forward" else 1
            axes.plot(
                line["batch size"], line["s"], color=colors[number], marker=markers[number], label=engine,
                linewidth=width, markersize=5, linestyle="-" if engine == "forward" else "--",
            )  # fmt: skip
        axes.set(title=network, xscale="log", yscale="log", xlabel="batch size", ylabel="seconds for all samples")
        sizes = sorted(set(rows["batch size"]) - {0})
        axes.set_xticks(sizes, sizes)
        axes.minorticks_off()
        axes.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:g}"))
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle(title)
    with atomic_write(folder("figures") / "benchmark.png") as part:
        figure.savefig(part, format="png")


def processor() -> str:
    """The processor's name."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=list(BUDGETS), default="quick", help="whose trained networks")
    parser.add_argument("--data", default="data")
    parser.add_argument("--source", choices=datasets.SOURCES, default="auto")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    options = parser.parse_args()
    source = datasets.choose_source(("cifar10", "nusax"), options.data, options.source)
    weights = folder("weights") / Place(options.profile, source == "sample").name
    with tempfile.TemporaryDirectory() as place:
        with process() as pool:
            samples = pool.submit(prepare, place, str(weights), options.data, source).result()
        table, notes = compare(place)
        scale = scale_table(place)
    text = "\n\n".join(
        [
            f"On {THREADS} cores of {processor()}: {samples} as padded tokens; every engine with {THREADS} threads, "
            f"medians of {ROUNDS * RUNS} runs after a warm-up.",
            speed_table(table),
            "\n".join(notes),
            "`predict` of the CNN alone, with the MiB that it adds to the process (a mapped file's own pages count):",
            scale,
            "Process start to first prediction, and the peak of its memory:",
            startup_table(str(weights)),
        ]
    )
    with atomic_write(folder("reports") / "benchmark.md") as part:
        part.write_text(text + "\n")
    with atomic_write(folder("reports") / "benchmark.csv") as part:
        table.to_csv(part, index=False)
    draw(table, f"{samples} on {THREADS} cores")
    if options.readme:
        readme = Path("README.md")
        begin, end = "<!-- make bench: begin -->", "<!-- make bench: end -->"
        before, _, rest = readme.read_text().partition(begin)
        with atomic_write(readme) as part:
            part.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}")
    print(f"\n{text}\n\nreports/benchmark.md, reports/benchmark.csv, figures/benchmark.png")


if __name__ == "__main__":
    main()
