"""Process start to first prediction, and the memory for it: forward/ beside Keras, each in processes of its own.

    python benchmarks/startup.py [MODEL.keras] [--repeats N]

The model gets one sample of zeros, or one sentence. Seconds are medians from the start of the process to
its end, MiB the peak of its resident memory.
"""

import argparse
import statistics
import subprocess
import sys
import time

BEFORE = """
import os, sys
import numpy as np
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
def sample(shape, dtype):
    if dtype == "string":
        return np.array(["enak sekali"], dtype=object)
    return np.zeros((1, *[n or 8 for n in shape]), dtype)
"""
# VmHWM and not getrusage, in which a child begins with its parent's peak.
AFTER = """
import re
peak = int(re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1])
print(peak / 1024, *np.asarray(y).ravel()[:3])
"""
SIDES = {
    "forward": """
import forward
model = forward.load_model(sys.argv[1])
y = model.predict(sample(model.input_shape, model.entrances[0].config["dtype"]))
""",
    "Keras": """
import keras
model = keras.models.load_model(sys.argv[1])
x = sample(model.inputs[0].shape[1:], model.inputs[0].dtype)
y = model(keras.tree.map_structure(np.asarray, x))
""",
}


def measure(script: str, model: str, repeats: int) -> tuple[float, float, str]:
    """Median seconds and peak MiB of some processes, and the beginning of the prediction."""
    seconds, memory = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", BEFORE + script + AFTER, model], stdout=subprocess.PIPE, check=True
        )
        seconds.append(time.perf_counter() - start)
        peak, *y = done.stdout.decode().split()
        memory.append(float(peak))
    return statistics.median(seconds), max(memory), " ".join(y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="weights/quick/cnn/baseline/seed-0.keras")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    rows = {side: measure(script, options.model, options.repeats) for side, script in SIDES.items()}
    print(f"| {options.model} | s | MiB | prediction |\n| --- | --- | --- | --- |")
    for side, (seconds, memory, y) in rows.items():
        print(f"| {side} | {seconds:.2f} | {memory:.0f} | {y} |")
    ratios = [theirs / ours for theirs, ours in zip(rows["Keras"][:2], rows["forward"][:2], strict=True)]
    print(f"| Keras / forward | {ratios[0]:.1f} | {ratios[1]:.1f} | |")


if __name__ == "__main__":
    main()
