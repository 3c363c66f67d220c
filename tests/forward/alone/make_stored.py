"""Write stored.zip: for every layer class small models as Keras saves them, inputs, and what Keras makes of them.

    .venv/bin/python -m tests.forward.alone.make_stored

The models are drawn from the same tables as the random models of the other tests: a layer that has a row there is
stored. With stored.zip, test_stored.py needs neither Keras nor TensorFlow.
"""

import io
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import layers

from .. import random_layers as drawing
from ..model.test_inactive import AUGMENTING
from ..model.test_operations import FEATURES, OF_ANY_TYPE, OF_FLOATS, TIME, model_of
from ..random_models import MERGES, Case, finish, numbers, sequence, text, tokens

PATH = Path(__file__).with_name("stored.zip")


def cases():
    """Every model: (name, Case)."""
    for name, draw in rows():
        dice = drawing.Dice(np.random.default_rng([*name.encode()]).bytes(300))
        yield name, draw(dice)


def rows():
    """Every name, with a function that draws the case."""
    of_shapes = [((6,), drawing.OF_ANY_RANK), ((5, 3), drawing.OF_ANY_RANK), ((6, 5, 4), drawing.OF_ANY_RANK)]
    of_shapes += [((7, 3), drawing.OF_SEQUENCES)] * 2 + [((6, 5, 4), drawing.OF_IMAGES)] * 3
    for number, (shape, table) in enumerate(of_shapes):
        for name in [name for name in table if not name.startswith("Random")]:
            draw = table[name]
            yield f"{name} {number}", lambda dice, draw=draw, shape=shape: one(dice, numbers(dice, shape), draw)
    for number in range(3):
        for name in (*drawing.RECURRENT, "Bidirectional", "TimeDistributed"):
            draw = drawing.OF_SEQUENCES[name]
            yield f"{name} masked {number}", lambda dice, draw=draw: one(dice, sequence(dice), draw)
        yield f"Embedding {number}", lambda dice: one(dice, tokens(dice), drawing.lstm)
        yield f"TextVectorization {number}", lambda dice: one(dice, text(dice), drawing.activation)
    for kind in (*MERGES, layers.Concatenate):
        yield kind.__name__, lambda dice, kind=kind: merged(dice, kind)
    for shape in ((6,), (5, 3)):
        yield f"Dot {len(shape)}", lambda dice, shape=shape: dotted(dice, shape)
    yield "RepeatVector", lambda dice: one(dice, numbers(dice, (6,)), drawing.repeat_vector)
    yield "Random", lambda dice: one(dice, numbers(dice, (7, 6, 3)), augmentations)
    yield "ops", operations


def one(dice, source, draw):
    """A model of one layer, behind those that the source needs."""
    x = source.start
    for layer in source.first:
        x = layer(x)
    last = draw(dice, x.shape[1:])
    return finish(dice, [source], keras.Sequential([source.start, *source.first, last]), source.data, source.tensor)


def merged(dice, kind):
    """Two dense layers side by side, merged."""
    source = numbers(dice, (5, 3))
    x = source.start
    ends = [drawing.dense(dice, x.shape[1:], units=4)(x) for _ in range(2)]
    return finish(dice, [source], keras.Model(x, dice.make(kind)(ends)), source.data, source.tensor)


def dotted(dice, shape):
    """The dot products of two dense layers' outputs along their last axes."""
    source = numbers(dice, shape)
    ends = [drawing.dense(dice, shape, units=4)(source.start) for _ in range(2)]
    last = dice.make(layers.Dot, axes=len(shape), normalize=dice.flag())
    return finish(dice, [source], keras.Model(source.start, last(ends)), source.data, source.tensor)


def augmentations(dice, shape):
    """Every layer that changes images in training alone."""
    inner = [getattr(layers, f"Random{name}")(**options) for name, options in AUGMENTING.items()]
    return keras.Sequential([keras.Input(shape), *inner])


def operations(dice):
    """Every operation of a Functional model."""
    model = model_of(list((OF_ANY_TYPE | OF_FLOATS).values()))
    x = [*dice.rng.normal(size=(2, 4, TIME, FEATURES)).astype("float32")]
    return Case(model, x, x, 4, dice)


def write(path):
    """Every case into one archive: name/model.keras, name/x_0.npy, ..., name/y_0.npy, ..."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive, tempfile.TemporaryDirectory() as folder:
        for name, case in cases():
            saved = Path(folder) / "model.keras"
            case.model.save(saved)
            put(archive, f"{name}/model.keras", saved.read_bytes())
            for key, arrays in ("x", inputs(case)), ("y", outputs(case)):
                for number, array in enumerate(arrays):
                    file = io.BytesIO()
                    np.save(file, array, allow_pickle=False)
                    put(archive, f"{name}/{key}_{number}.npy", file.getvalue())


def put(archive, name, data):
    """One file, without the time at which it was made."""
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_LZMA)


def inputs(case):
    several = isinstance(case.x, list) and not isinstance(case.x[0], str)
    return [np.array(each) for each in (case.x if several else [case.x])]


def outputs(case):
    return [np.asarray(each) for each in keras.tree.flatten(case.model(case.keras_x, training=False))]


if __name__ == "__main__":
    write(PATH)
    print(f"{PATH}: {PATH.stat().st_size:,} bytes")
