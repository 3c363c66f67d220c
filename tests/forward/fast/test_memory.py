"""What `predict` takes beside the model and its input."""

import subprocess
import sys

import keras
import pytest
from keras import layers

MOST = 64  # MiB
SCRIPT = """
import re, sys
from pathlib import Path
import numpy as np
import forward

def peak():
    return int(re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]) / 1024

model = forward.load_model(sys.argv[1])
x = np.random.default_rng(0).random((10_000, 32, 32, 3), np.float32)
before = peak()
y = model.predict(x, threads=2)
print(peak() - before, y.shape, np.isfinite(y).all())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
@pytest.mark.parametrize("sizes", [(3, 3, 3), (3, 5, 7)])
def test_ten_thousand_images_take_little_memory(sizes, tmp_path):
    """The transformed kernels, which the first prediction makes, count."""
    stack = [keras.Input((32, 32, 3))]
    for filters, size in zip((32, 64, 128), sizes, strict=True):
        stack += [layers.Conv2D(filters, size, padding="same", activation="relu"), layers.MaxPooling2D(2)]
    keras.Sequential([*stack, layers.Flatten(), layers.Dense(256), layers.Dense(10)]).save(tmp_path / "model.keras")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "model.keras")], capture_output=True, text=True, check=True
    )
    added, *rest = run.stdout.split(maxsplit=1)
    assert rest == ["(10000, 10) True\n"]
    assert 0 < float(added) < MOST
