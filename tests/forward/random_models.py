"""Random Keras models with data to put in: `images`, `sequences`, `texts`, `graphs`; `cases` makes them a strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from hypothesis import strategies as st
from keras import layers

from .random_layers import (
    MASK_VALUE,
    RECURRENT,
    TOKENS,
    Dice,
    activation,
    batch_normalization,
    bidirectional,
    dense,
    embedding,
    layer_for,
    masking,
    scramble,
)

MERGES = [layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum]
# fmt: off
WORDS = [
    "Enak", "enak,", "ENAK!", "Éclair", "éclair", "ÉCLAIR", "tidak", "ramah", "makanannya", "don't", "a.b", "--", "3,5",
    "½", "寿司", "🍜", "\u00a0", "x\u0301", "\t", "",
]
# fmt: on


@dataclass
class Case:
    """A model with random weights, what to put in, and the same as Keras wants it."""

    model: keras.Model
    x: np.ndarray | list | dict
    keras_x: tf.Tensor | list | dict
    batch_size: int
    dice: Dice

    def __repr__(self):
        ends = [output.shape for output in self.model.outputs]
        first = f"{type(self.model).__name__} of {self.dice.dtype}, {self.batch_size} of {self.dice.batch} at once"
        return "\n    ".join([f"{first}, outputs {ends}", *self.dice.story])

    def _repr_pretty_(self, printer, cycle):
        """What hypothesis shows of an example that fails."""
        printer.text(repr(self))


class Source(NamedTuple):
    """An input, data for it, and the layers that must come first."""

    start: keras.KerasTensor
    data: np.ndarray | list[str]
    first: list[keras.Layer]

    @property
    def tensor(self):
        """The data for Keras: texts one by one in rows, where the input has an axis for that."""
        tensor = tf.constant(self.data)
        return tensor[:, None] if len(self.start.shape) > len(tensor.shape) else tensor


def finish(dice, sources, model, x, keras_x):
    """Mini-batches must not matter, but for texts: the longest of a batch decides how far all of them are padded."""
    scramble(model, dice.rng)
    batch_size = dice.size(1, dice.batch + 1)
    if any(isinstance(source.data, list) for source in sources):
        batch_size = dice.batch
    return Case(model, x, keras_x, batch_size, dice)


# --- inputs


def start(dice, shape, dtype=None):
    name, dtype = f"input_{len(dice.story)}", dtype or dice.dtype
    dice.story.append(f"{name}: Input({shape}, {dtype})")
    return keras.Input(shape, dtype=dtype, name=name)


def numbers(dice, shape):
    return Source(start(dice, shape), dice.rng.normal(size=(dice.batch, *shape)).astype(dice.dtype), [])


def vector(dice):
    return numbers(dice, (dice.size(3, 7),))


def image(dice):
    height, width = dice.order([5, 6, 7, 8])[:2]
    return numbers(dice, (height, width, dice.choice(1, 2, 3, 4)))


def film(dice):
    return numbers(dice, (3, *dice.order([4, 5, 6])[:2], 2))


def kept(dice, steps):
    """Which steps are no padding: all, or those behind, in front, around a hole, at random, or none."""
    kept = np.ones((dice.batch, steps), bool)
    for row in kept:
        first, last = sorted(dice.rng.integers(1, steps, 2))
        holes = slice(0, first), slice(first, None), slice(first, last + 1), slice(0, 0), slice(None)
        row[[*holes, dice.rng.random(steps) < 0.5][dice.rng.integers(6)]] = False
    return kept


def steps_of(dice):
    """A number of steps, and what the model knows about it."""
    steps = dice.size(4, 7)
    return steps, dice.choice(steps, steps, None)


def sequence(dice):
    (steps, known), features = steps_of(dice), dice.choice(2, 3)
    data = dice.rng.normal(size=(dice.batch, steps, features)).astype(dice.dtype)
    if dice.flag():
        return Source(start(dice, (known, features)), data, [])
    data[~kept(dice, steps)] = MASK_VALUE
    return Source(start(dice, (known, features)), data, [masking(dice, (known, features))])


def tokens(dice):
    steps, known = steps_of(dice)
    data = np.where(kept(dice, steps), dice.rng.integers(1, TOKENS, (dice.batch, steps)), 0).astype("int32")
    return Source(start(dice, (known,), "int32"), data, [embedding(dice, (known,))])


def sentences(dice, number, words):
    return [" ".join(dice.rng.choice(words, dice.rng.integers(0, 9))) for _ in range(number)]


def vectorization(dice, mode):
    """TextVectorization that has read some texts, or knows its vocabulary from the start.

    No line break among the tokens it has read: Keras saves one token a line, and could not load such a file again.
    """
    options = {
        "max_tokens": dice.choice(TOKENS, 15),
        "standardize": dice.choice("lower_and_strip_punctuation", "lower", "strip_punctuation", None),
        "split": dice.choice("whitespace", "character"),
        "ngrams": dice.choice(None, 2, (2,), (1, 3)),
        "output_mode": mode,
    }
    options |= {"pad_to_max_tokens": dice.flag()} if mode != "int" else {"output_sequence_length": dice.choice(5, None)}
    if mode != "tf_idf" and dice.flag():
        options["vocabulary"] = ["enak", "e", "éclair", "ÉCLAIR", "tidak ramah", "-", "寿", "x\u0301"]
    text = layers.TextVectorization(**options)
    dice.tell("TextVectorization", f"TextVectorization({options})")
    if "vocabulary" not in options:
        text.adapt(sentences(dice, 20, WORDS))
    return text


def text(dice):
    """Texts; outputs of a mode other than int are whole numbers, which only Dense takes.

    For inputs of shape (1,) Keras believes these outputs to be of shape (1, tokens), which they are not: Flatten helps.
    """
    mode, shape = dice.choice("int", "int", "multi_hot", "count", "tf_idf"), dice.choice((), (1,))
    first = [vectorization(dice, mode)]
    if mode == "int":
        first.append(embedding(dice, (None,)))
    else:
        first += [*([dice.make(layers.Flatten)] if shape else []), dense(dice, (None,))]
    return Source(start(dice, shape, "string"), sentences(dice, dice.batch, [*WORDS, "baru", "\n"]), first)


# --- models in a row


def nested(dice, x):
    """A model of its own to be used as a layer, Sequential or functional."""
    inner = keras.Input(x.shape[1:], dtype=x.dtype)
    end, made = inner, []
    for _ in range(dice.choice(1, 2, 3)):
        made.append(layer_for(dice, end.shape[1:]))
        end = made[-1](end)
    model = keras.Model(inner, end) if dice.flag() else keras.Sequential([inner, *made])
    dice.tell(type(model).__name__, f"{model.name}: {type(model).__name__}({', '.join(layer.name for layer in made)})")
    return model


def follow(dice, x):
    """A layer or, once in a while, a nested model."""
    return nested(dice, x) if dice.choice(*range(8)) == 7 else layer_for(dice, x.shape[1:])


def head(dice, x):
    name = dice.choice("softmax", "sigmoid", None) or dice.activation()
    return dice.make(layers.Dense, units=dice.size(2, 5), activation=name)


def row(dice, source, most):
    """One layer after the other, as a Sequential or a functional model."""
    x, made = source.start, list(source.first)
    for layer in made:
        x = layer(x)
    for _ in range(dice.size(1, most)):
        made.append(follow(dice, x))
        x = made[-1](x)
    if dice.flag():
        made.append(head(dice, x))
        x = made[-1](x)
    return finish(dice, [source], assembled(dice, source.start, made, x), source.data, source.tensor)


def assembled(dice, start, made, end):
    """A model of the layers: functional, Sequential, or Sequential and built only when it meets a shape."""
    kind = dice.choice("functional", "sequential", "sequential", "late")
    if kind == "functional":
        return keras.Model(start, end)
    if kind == "sequential" or start.dtype == "string":
        return keras.Sequential([start, *made])
    dice.story.append("Sequential without an Input")
    model = keras.Sequential(made)
    model.build(start.shape)
    return model


def images(dice):
    return row(dice, dice.choice(image, image, image, image, film)(dice), most=5)


def sequences(dice):
    return row(dice, dice.choice(sequence, tokens)(dice), most=4)


def texts(dice):
    return row(dice, text(dice), most=2)


# --- models with branches


def merged(dice, tensors):
    """Tensors of one shape, as one."""
    kind = dice.choice(*MERGES, layers.Concatenate, layers.Concatenate)
    if kind is layers.Concatenate:
        axes = [axis for axis in (1, -1) if tensors[0].shape[axis]]
        return dice.make(kind, axis=dice.choice(*axes))(tensors)
    return dice.make(kind)(tensors[:2] if kind is layers.Subtract else tensors)


def like(dice, x):
    """A layer after which `x` has the same shape."""
    units = x.shape[-1]
    if dice.flag():
        return dice.choice(activation, batch_normalization)(dice, x.shape[1:])(x)
    if len(x.shape) == 3 and dice.flag():
        name = dice.choice(*RECURRENT)
        return RECURRENT[name](dice, x.shape[1:], units=units, return_sequences=True)(x)
    return dense(dice, x.shape[1:], units)(x)


def fork(dice, x):
    """Two or three branches, merged again."""
    return merged(dice, [like(dice, x) for _ in range(dice.choice(2, 3))])


def residual(dice, x):
    return dice.make(layers.Add)([x, like(dice, like(dice, x))])


def excite(dice, x):
    """Every channel times a weight that depends on all of the image or sequence: shapes that differ, merged."""
    pool = {3: layers.GlobalAveragePooling1D, 4: layers.GlobalMaxPooling2D}.get(len(x.shape))
    weights = dice.make(pool, keepdims=True)(x) if pool else x
    return dice.make(dice.choice(layers.Multiply, layers.Maximum))([x, like(dice, weights)])


def twice(dice, x):
    """One layer, or one nested model, used in two places."""
    layer = follow(dice, x)
    return merged(dice, [layer(x), layer(like(dice, x))])


def states(dice, x):
    """The states of one recurrent layer where another one starts, or as tensors like any other."""
    draw = RECURRENT[dice.choice(*RECURRENT)]
    first = draw(dice, x.shape[1:], return_state=True)
    y, *states = first(x)
    if dice.flag():
        again = draw(dice, x.shape[1:], units=first.units)
        dice.story.append(f"    {again.name} starts from the states of {first.name}")
        return again(x, initial_state=states)
    return merged(dice, [*states, like(dice, states[0])]) if dice.flag() else y


def two_ways(dice, x):
    """Bidirectional without a merge, or with its states: where another one starts, or as tensors like any other."""
    if dice.flag():
        return merged(dice, bidirectional(dice, x.shape[1:], merge_modes=[None])(x))
    first = bidirectional(dice, x.shape[1:], return_state=True)
    y, *states = first(x)
    if dice.flag():
        return y if dice.flag() else merged(dice, states)
    inner = first.forward_layer
    again = bidirectional(dice, x.shape[1:], kinds=[type(inner).__name__], units=inner.units)
    dice.story.append(f"    {again.name} starts from the states of {first.name}")
    return again(x, initial_state=states)


def step(dice, x):
    return follow(dice, x)(x)


def grow(dice, x):
    """Something after `x`."""
    moves = [step, step, fork, residual, excite, twice]
    if len(x.shape) == 3:
        moves += [states, two_ways] * 2
    return dice.choice(*moves)(dice, x)


def flat(dice, x):
    """One vector for each example."""
    rank = len(x.shape) - 1
    if rank == 1:
        return x
    kinds = [] if None in x.shape[1:] else [layers.Flatten]
    kinds += {2: [layers.GlobalMaxPooling1D], 3: [layers.GlobalAveragePooling2D]}.get(rank, [])
    return dice.make(dice.choice(*kinds))(x)


def outputs_of(dice, ends):
    """All ends together in one head, or each with a head of its own; alone, in a list, or in a dict."""
    if len(ends) > 1:
        ends = [dice.make(layers.Concatenate)(ends), *(ends if dice.flag() else [])]
    outputs = [head(dice, end)(end) for end in ends]
    if dice.flag():
        return outputs[0] if len(outputs) == 1 else outputs
    return {f"answer_{number}": output for number, output in enumerate(reversed(outputs))}


def inputs_of(dice, sources):
    """Inputs as Keras wants them, and data in a form that goes with them: one, in a list, or by name."""
    if len(sources) == 1:
        return sources[0].start, sources[0].data, sources[0].tensor
    by_name = {source.start.name: source for source in reversed(sources)}
    inputs, form = dice.choice((sources, sources), (sources, by_name), (by_name, by_name))

    def each(get, form):
        return {name: get(form[name]) for name in form} if isinstance(form, dict) else [get(source) for source in form]

    return each(lambda it: it.start, inputs), each(lambda it: it.data, form), each(lambda it: it.tensor, form)


def graphs(dice):
    """Some inputs, each followed by one or two steps of any kind; then all of them together."""
    kinds = [vector, image, sequence, tokens, text]
    sources = [dice.choice(*kinds)(dice) for _ in range(dice.choice(1, 2, 3))]
    ends = []
    for source in sources:
        x = source.start
        for layer in source.first:
            x = layer(x)
        for _ in range(dice.choice(1, 2)):
            x = grow(dice, x)
        ends.append(flat(dice, x))
    inputs, *data = inputs_of(dice, sources)
    return finish(dice, sources, keras.Model(inputs, outputs_of(dice, ends)), *data)


def cases(build):
    """The strategy of `images`, `sequences`, `texts` or `graphs`."""
    return st.binary(min_size=300, max_size=300).map(lambda data: build(Dice(data)))
