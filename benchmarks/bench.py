"""forward/ against other engines, on the trained networks and the real data of this project.

    python benchmarks/bench.py [--profile quick] [--data data] [--source auto] [--check]
    python benchmarks/bench.py --tables      # what was measured, written again

Every studied network in forward, on each kernel that numpy's BLAS has for this processor, and in Keras; some in other
engines, too. Every engine works in a process of its own; for each network and batch size they take turns, so that what
disturbs the machine disturbs all of them. Writes benchmarks/results.json, benchmarks/RESULTS.md, docs/speed.png and
some lines of README.md. With `--check` the exit status is 1 where a must of musts.py is missed.
"""

import argparse
import multiprocessing
import os
import re
import statistics
import sys
import tempfile
import timeit
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import tables
from musts import MUSTS, short
from peers import FORWARDS, PEERS, THREADS, Peer
from startup import SIDES, measure

from study import datasets
from study.architectures import ARCHITECTURES, variants
from study.files import folder
from study.profiles import BUDGETS
from study.runs import Place
from study.show.origin import processor

NETWORKS = tuple(f"{name}/{variant.name}" for name in ARCHITECTURES for variant in variants(name))
IN_ALL_ENGINES = (
    "cnn/baseline",
    "simple_rnn/baseline",
    "lstm/baseline",
    "lstm/direction-bidirectional",
    "gru/baseline",
)
STARTED = ("cnn/baseline", "lstm/baseline")
SAMPLES = {"cnn": 2048, "texts": 4000}  # the sentences as often as it takes
BATCH_SIZES = {"cnn": (256, 1024), "texts": (512, 2000)}
SMALL = 32  # a batch size for the networks that all engines compute
# Rounds after a warm-up, and of networks for which there is a must; the least time counts, as whatever disturbs adds.
ROUNDS, MORE_ROUNDS = 3, 8
ONE_SAMPLE_ONLY = {"Keras call"}  # which nobody uses for many
SHORT, MANY_TIMES, FEW_TIMES = 0.01, 20, 3  # seconds; how often one sample is predicted in a round

loaded: dict[tuple[str, str], Peer] = {}  # in an engine's process: the last one


def file(place: str, network: str) -> str:
    """Where the network lies that all engines read, with its input beside it."""
    return f"{place}/{network.replace('/', '-')}.keras"


def prepare(place: str, weights: str, data_dir: str, source: str) -> tuple[list[str], str]:
    """Write each network, without its first layer, which prepares the data, and its input; return what they are."""
    import keras

    images, texts = datasets.load("cifar10", data_dir, source), datasets.load("nusax", data_dir, source)
    sentences = np.concatenate([texts.x_train, texts.x_val, texts.x_test])
    there = [network for network in NETWORKS if (Path(weights) / network / "seed-0.keras").exists()]
    for network in there:
        model = keras.models.load_model(Path(weights) / network / "seed-0.keras")
        if network.startswith("cnn"):
            x = np.asarray(model.layers[0](images.x_test[: SAMPLES["cnn"]]))
        else:
            x = np.resize(np.asarray(model.layers[0](sentences)), (SAMPLES["texts"], model.layers[0].output.shape[1]))
        model = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype.name), *model.layers[1:]])
        model.save(file(place, network))
        np.save(file(place, network).replace(".keras", ".npy"), x)
    titles = f"images ({images.title})", f"padded texts ({texts.title})"
    counts = " and ".join(f"{n:,} {title}" for n, title in zip(SAMPLES.values(), titles, strict=True))
    return there, counts


def load(engine: str, path: str) -> Peer:
    """The network in an engine, loaded once."""
    if (engine, path) not in loaded:
        loaded.clear()
        loaded[engine, path] = PEERS[engine][0](path)
    return loaded[engine, path]


def seconds(engine: str, path: str, size: int, warm: bool) -> float:
    """The time for all samples in batches of `size`, or for 0 of one sample alone."""
    peer, x = load(engine, path), np.load(path.replace(".keras", ".npy"))
    if size:
        timer = timeit.Timer(lambda: peer.predict(x, size))
        return timer.timeit(1)
    timer = timeit.Timer(lambda: peer.predict(x[:1], 1))
    number = 1 if warm else MANY_TIMES if timer.timeit(1) < SHORT else FEW_TIMES
    return timer.timeit(number) / number


def predictions(engine: str, path: str) -> tuple[str, np.ndarray]:
    """What computes, and the probabilities of the first samples."""
    peer, x = load(engine, path), np.load(path.replace(".keras", ".npy"))
    return peer.how, peer.predict(x[:1000], 1000)


def compare(place: str, networks: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """A row for each network, engine and batch size; and lines that say what the engines are and what is missing."""
    pools = {engine: process(environment) for engine, (_, environment) in PEERS.items()}
    frames, notes = [], {}
    for network in networks:
        names = PEERS if network in IN_ALL_ENGINES else [*FORWARDS, "Keras predict"]
        frames.append(compare_one(network, file(place, network), {name: pools[name] for name in names}, notes))
        print(network, f"{tables.speed(frames[-1]).to_numpy().round(2).tolist()}", flush=True)
    for pool in pools.values():
        pool.shutdown()
    return pd.concat(frames), [f"- {engine}: {how}" for engine, how in notes.items()]


def compare_one(network: str, path: str, pools: dict[str, ProcessPoolExecutor], notes: dict[str, str]) -> pd.DataFrame:
    """The rows of one network; `notes` fills."""
    found, rows = {}, []
    for engine, pool in pools.items():
        try:
            notes[engine], found[engine] = pool.submit(predictions, engine, path).result()
        except ImportError as error:
            notes[engine] = f"not measured, {error.name or error} is missing"
    kind = "cnn" if network.startswith("cnn") else "texts"
    sizes = (0, *([SMALL] if network in IN_ALL_ENGINES else []), *BATCH_SIZES[kind])
    for size in sizes:
        times: dict[str, list[float]] = {each: [] for each in found if size == 0 or each not in ONE_SAMPLE_ONLY}
        for turn in range(1 + (MORE_ROUNDS if network in {each.network for each in MUSTS} else ROUNDS)):
            for engine in times:
                s = pools[engine].submit(seconds, engine, path, size, turn == 0).result()
                times[engine] += [s] if turn else []
        for engine, each in times.items():
            difference = float(np.abs(found[engine] - found["Keras predict"]).max())
            rows.append((network, engine, size, SAMPLES[kind], min(each), difference))
    return pd.DataFrame(rows, columns=["network", "engine", "batch size", "samples", "s", "max_abs_diff"])


def process(environment: dict[str, str] | None = None) -> ProcessPoolExecutor:
    """A process of its own, which finds `environment` when it begins, before numpy chooses a kernel."""
    with mock.patch.dict(os.environ, {"TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})}):
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        pool.submit(os.getpid).result()
    return pool


def predict_alone(path: str, samples: int, threads: int, size: int | None, mapped: bool) -> tuple[float, float]:
    """In a fresh process: the median seconds of `predict`, and the MiB that it adds to the process' peak."""
    import forward

    x = np.load(path.replace(".keras", ".npy"), mmap_mode="r" if mapped else None)[:samples]
    model = forward.load_model(path)
    model.predict(x[:1], threads=threads)
    before = peak()
    times = timeit.repeat(lambda: model.predict(x, size, threads), repeat=ROUNDS, number=1)
    return statistics.median(times), peak() - before


def peak() -> float:
    """The most MiB that this process has had in memory."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def scale_table(place: str) -> str:
    """How the CNN's time grows with the samples and falls with the threads, and what memory it takes."""
    path = file(place, "cnn/baseline")
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


def startup_table(weights: Path) -> str:
    """Process start to first prediction."""
    lines = ["| network | side | s | MiB |", "| --- | --- | --: | --: |"]
    for network in STARTED:
        found = {
            side: measure(script, str(weights / network / "seed-0.keras"), ROUNDS)[:2] for side, script in SIDES.items()
        }
        lines += [f"| {network} | {side} | {s:.2f} | {mib:.0f} |" for side, (s, mib) in found.items()]
        ratios = [found["Keras"][number] / found["forward"][number] for number in (0, 1)]
        lines.append(f"| {network} | Keras / forward | {ratios[0]:.1f} | {ratios[1]:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=list(BUDGETS), default="quick", help="whose trained networks")
    parser.add_argument("--data", default="data")
    parser.add_argument("--source", choices=datasets.SOURCES, default="auto")
    parser.add_argument("--weights", help="the folder of the trained networks, unless it is that of the profile")
    parser.add_argument("--tables", action="store_true", help="write what was measured again")
    parser.add_argument("--check", action="store_true", help="fail where a must is missed")
    options = parser.parse_args()
    if not options.tables:
        tables.save(*run(options))
    table, about = tables.saved()
    tables.write(table, about)
    written = "benchmarks/RESULTS.md, docs/speed.png, README.md"
    print("", tables.every_network(table), tables.verdict(table), written, sep="\n\n")
    if options.check and short(table)[0]:
        sys.exit(1)


def run(options: argparse.Namespace) -> tuple[pd.DataFrame, dict]:
    """Measure: the table of times, and what `tables.write` tells beside it."""
    source = datasets.choose_source(("cifar10", "nusax"), options.data, options.source)
    weights = Path(options.weights or folder("weights") / Place(options.profile, source == "sample").name)
    with tempfile.TemporaryDirectory() as place:
        with process() as pool:
            networks, samples = pool.submit(prepare, place, str(weights), options.data, source).result()
        table, notes = compare(place, networks)
        scale = scale_table(place)
    notes += [f"- not trained: {each}" for each in NETWORKS if each not in networks]
    each = f"every engine with {THREADS} threads, the least of {ROUNDS} runs or more"
    machine = f"{THREADS} cores of {processor()}: {samples}; {each}."
    return table, {"machine": machine, "notes": notes, "scale": scale, "startup": startup_table(weights)}


if __name__ == "__main__":
    main()
