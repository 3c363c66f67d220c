"""forward/ works where numpy is all there is."""

import subprocess
import sys

import keras
import numpy as np
from keras import layers

SCRIPT = """
import sys
FORBIDDEN = {"tensorflow", "keras", "h5py", "study", "sklearn", "scipy", "pandas", "matplotlib", "jax", "torch"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"{name} is forbidden here")

sys.meta_path.insert(0, Refuse())
import numpy as np
import forward
model = forward.load_model(sys.argv[1])
np.save(sys.argv[2], model.predict(["enak sekali", "tidak enak"]))
model.summary(), model.activations(["enak"]), model.forward(["enak"], verbose=True)
assert not FORBIDDEN & {name.partition(".")[0] for name in sys.modules}
"""


def test_nothing_but_numpy(tmp_path, twins):
    words = layers.TextVectorization(output_sequence_length=4)
    words.adapt(["enak sekali tidak"])
    theirs, _ = twins(
        keras.Input((), dtype="string"),
        words,
        layers.Embedding(5, 3, mask_zero=True),
        layers.Bidirectional(layers.SimpleRNN(2, return_sequences=True)),
        layers.LSTM(3),
        layers.Dense(2, activation="softmax"),
    )
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "model.keras"), str(tmp_path / "found.npy")]
    subprocess.run(command, check=True, capture_output=True, text=True)
    expected = theirs(np.array(["enak sekali", "tidak enak"], dtype=object))
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), expected, rtol=0, atol=1e-6)


def test_the_command_line_runs(tmp_path, twins):
    twins(keras.Input((3,)), layers.Dense(2, name="only"))
    command = [sys.executable, "-m", "forward", "summary"]
    run = subprocess.run([*command, str(tmp_path / "model.keras")], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert "only" in run.stdout
    run = subprocess.run([*command, str(tmp_path / "none.keras")], capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.startswith("python -m forward: ")
