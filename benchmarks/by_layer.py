"""Where forward/ spends its time: each step of `predict`, on one thread, beside the rate of the matrix products; and
how much longer it takes without each of its fast ways.

    python benchmarks/by_layer.py [MODEL.keras] [--samples N]

The samples are random: texts of 1 to 60 words, images, or tokens without padding.
"""

import argparse
import math
import statistics
import time
import timeit
from collections import defaultdict
from contextlib import ExitStack
from unittest import mock

import numpy as np
import threadpoolctl

import forward
from forward.activations import sigmoid
from forward.fast import convolution, images, planning, recurrent
from forward.fast.memory import keep_freed_memory

ROUNDS = 5
PLAIN_STEPS = {name: call for name, call in planning.CALLS.items() if name not in planning.RECURRENT}
# What is left out, and how: the time of `predict` without it shows what it brings, if the model has layers for it.
WITHOUT = {
    "Winograd's convolutions": [(convolution, "pays", lambda *_: False)],
    "several layers as one": [
        (planning, "reach", lambda layers: min(1, images.reach(layers[:1]))),
        (planning, "recurrences", lambda _: 0),
    ],
    "recurrent layers by their cells, masked steps left out": [
        (planning, "CALLS", PLAIN_STEPS),
        (planning, "recurrences", lambda _: 0),
        (planning, "joined", lambda *_, **__: None),
    ],
    "recurrent layers on top of each other packed once": [(planning, "follows", lambda *_: False)],
    "recurrent layers joined, with --samples 1": [(planning, "joined", lambda *_, **__: None)],
    "the gates' own sigmoid": [(recurrent, "divisor", lambda x, out: np.copyto(out, 1 / sigmoid(-x)))],
}


def profile(model: forward.Model, x: np.ndarray) -> dict[str, float]:
    """The seconds of each step of `predict` for x, the best of some rounds; what is joined has the last one's name."""
    best: dict[str, float] = defaultdict(lambda: math.inf)
    for _ in range(ROUNDS):
        seconds: dict[str, float] = defaultdict(float)
        for piece in model.pieces([x], None):
            values = model.enter(model.check(x[piece]))
            start = time.perf_counter()
            for call, _ in model.steps(model.plan, *values):
                now = time.perf_counter()
                seconds[call.name] += now - start
                start = now
        best = {name: min(best[name], s) for name, s in seconds.items()} if best else dict(seconds)
    return best


def products(model: forward.Model, x: np.ndarray) -> dict[str, float]:
    """The multiplications and additions that the products of each layer's formula ask for, in GFLOP."""
    found = {}
    for call in model.calls:
        weights = model.by_name[call.name].weights
        kernels = {name: each.size for name, each in weights.items() if name.endswith("kernel")}
        if any(name.endswith("recurrent_kernel") for name in kernels):
            places = model.shapes[call.inputs[0]][0] or x.shape[1]
        else:
            places = math.prod(model.shapes[call.name, call.index, 0][:-1])
        found[call.name] = 2 * len(x) * places * sum(kernels.values()) / 1e9
    return found


def matrix_rate(n: int = 1500) -> float:
    """GFLOP/s of a large matrix product in float32."""
    a = np.ones((n, n), np.float32)
    return 2 * n**3 / min(timeit.repeat(lambda: a @ a, number=1, repeat=7)) / 1e9


def ratios(path: str, x: np.ndarray) -> dict[str, float]:
    """How many times as long `predict` computes without each fast way, and without all: medians of turns in pairs."""
    whole, found = forward.load_model(path), defaultdict(list)

    def seconds(model: forward.Model, fast: bool = True) -> float:
        return timeit.timeit(lambda: model.predict(x, threads=1, fast=fast), timer=time.process_time, number=1)

    for _ in range(ROUNDS):
        for name, patches in WITHOUT.items():
            with ExitStack() as patched:
                for patch in patches:
                    patched.enter_context(mock.patch.object(*patch))
                model = forward.load_model(path)
                model.predict(x[:1]), whole.predict(x[:1])  # which makes their plans
                without = seconds(model)
            found[name].append(without / seconds(whole))
        found["all of them"].append(seconds(whole, fast=False) / seconds(whole))
    return {name: statistics.median(each) for name, each in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="weights/quick/cnn/baseline/seed-0.keras")
    parser.add_argument("--samples", type=int, default=2000)
    options = parser.parse_args()
    model = forward.load_model(options.model)
    if model.entrances[0].dtype == "object":
        x = np.array(["enak " * n for n in np.random.default_rng(0).integers(1, 61, options.samples)])
    elif model.entrances[0].dtype == "int64":
        x = np.ones((options.samples, *(n or 64 for n in model.input_shape)), np.int64)
    else:
        x = np.random.default_rng(0).random((options.samples, *(n or 64 for n in model.input_shape)), np.float32)
    keep_freed_memory()
    with threadpoolctl.threadpool_limits(1):
        rate, seconds, without = matrix_rate(), profile(model, x), ratios(options.model, x)
    work = products(model, x)
    print(f"{options.samples:,} samples on one thread; a large matrix product: {rate:.0f} GFLOP/s\n")
    print("| step | s | share | GFLOP of its formulas | at that rate, s |\n| --- | --: | --: | --: | --: |")
    layers = [layer.name for layer in model.layers]
    done = 0
    for name, s in seconds.items():
        part, done = layers[done : layers.index(name) + 1], layers.index(name) + 1
        gflop = sum(work[each] for each in part)
        share = s / sum(seconds.values())
        print(f"| {' + '.join(part)} | {s:.3f} | {share:.0%} | {gflop:.1f} | {gflop / rate:.3f} |")
    total = sum(work.values())
    print(f"| all | {sum(seconds.values()):.3f} | | {total:.1f} | {total / rate:.3f} |")
    print("\n| on one thread, without | times as long |\n| --- | --: |")
    for name, ratio in without.items():
        print(f"| {name} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
