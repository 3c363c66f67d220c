"""What a hostile file may ask for at most: limits that no model of Keras' own meets, and the count of what one takes.

A file of a few kilobytes can describe a model that would fill the memory or compute for days. It is walked through with
an empty batch, so that each of its layers is looked at before anything of its size is made.
"""

import math
from typing import Any

from ..errors import ModelFileError

# The configuration: some 150,000 words of vocabulary, more in a larger file; as Python objects up to 25 times as much
CONFIG_BYTES, CONFIG_SHARE = 2 * 2**20, 8
INITIALIZER_STEPS = 2**18  # through what the initializers hold
ZIP_EXPANSION, ZIP_SLACK = 8, 2**20  # Keras does not compress; a file that was zipped again stays within this
LARGEST_NUMBER = 2**24  # of a setting that counts something
LARGEST_POOL = 2**10  # along an axis: every place of a pool is one step
LARGEST_OUTPUT = 2**27  # numbers per sample
MOST_AXES, MOST_NGRAMS = 16, 64
MOST_WORK = 20_000  # calls of layers, those of models inside included; some layers count as many
WORK_OF_POOLING = 100
STEPS_OF_A_CALL = 1000  # of a recurrent layer, each of which takes a few microseconds


class Ledger:
    """What one sample takes on its way through a model: calls of layers, and numbers at the widest place."""

    def __init__(self, model: Any):
        self.model, self.work = model, 0
        self.widest = {False: 0, True: 0}  # for the fast ways and for the plain ones, which copy more

    def spend(self, layer: Any, x: Any) -> None:
        """Count a call of this layer with x."""
        self.work += layer.work(x)
        if self.work > MOST_WORK:
            raise ModelFileError(f"{self.model} makes more than {MOST_WORK:,} calls of layers")

    def measure(self, layer: Any, x: Any, y: Any) -> None:
        """Look at what the layer made of x: an array or a list."""
        shapes = [each.shape[1:] for each in (y if isinstance(y, list) else [y])]
        if too_large := [shape for shape in shapes if math.prod(shape) > LARGEST_OUTPUT]:
            raise ModelFileError(f"layer {layer.name!r} would make an output of shape {('batch', *too_large[0])}")
        for plain, widest in self.widest.items():
            self.widest[plain] = max(widest, layer.widest(x, y, plain))
