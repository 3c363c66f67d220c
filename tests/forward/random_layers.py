"""Random Keras layers: for each class a small function `(dice, shape) -> layer` that draws options which fit `shape`.

`shape` is the shape of one example, without the batch; `None` in front stands for a number of steps that is not known.
"""

from __future__ import annotations

import math
from collections import Counter

import keras
import numpy as np
from keras import layers

# fmt: off
ACTIVATIONS = [
    "relu", "leaky_relu", "relu6", "softmax", "celu", "elu", "selu", "softplus", "softsign", "squareplus",
    "soft_shrink", "sparse_plus", "silu", "gelu", "tanh", "tanh_shrink", "sigmoid", "sparse_sigmoid", "exponential",
    "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "linear", "mish", "log_softmax", "log_sigmoid",
    "sparsemax",
]
STEADY = ["tanh", "sigmoid", "relu", "softsign", "hard_sigmoid", "hard_tanh", "elu", "softmax", "linear"]
# fmt: on

TOKENS = 40  # more than any token that occurs
MASK_VALUE = 0.5


class Dice:
    """What a model is drawn from, and what has been drawn for it.

    Every byte decides one thing, and zero stands for the simplest choice, also when there are no bytes left: hypothesis
    makes a model that fails simpler by making bytes smaller.
    """

    def __init__(self, data: bytes):
        keras.utils.clear_session(free_memory=False)
        self.bytes = iter(data)
        self.rng = np.random.default_rng([self.byte(), self.byte()])  # for weights and data
        self.dtype = self.choice("float32", "float32", "float64")
        self.batch = self.size(3, 6)
        self.masks = False
        self.story, self.layers, self.activations = [], Counter(), Counter()

    @property
    def parts(self):
        """How often there is what."""
        return self.layers + self.activations

    def byte(self):
        return next(self.bytes, 0)

    def choice(self, *options):
        return options[self.byte() % len(options)]

    def flag(self):
        return self.choice(False, True)

    def often(self, usual, *others):
        """`usual` in half of the cases."""
        return self.choice(*others) if self.flag() else usual

    def size(self, low=2, high=7, shape=()):
        """A size that is not yet in `shape`, so that no two axes can be mistaken for each other."""
        return self.choice(*(size for size in range(low, high + 1) if size not in shape))

    def order(self, items):
        """The items in a random order."""
        left = list(items)
        return tuple(left.pop(self.byte() % len(left)) for _ in range(len(left)))

    def activation(self, names=ACTIVATIONS, usual=None):
        """A name; exponential once at most, as exp(exp(x)) is beyond any float."""
        names = [name for name in names if name != "exponential" or not self.activations["exponential"]]
        name = self.often(usual, *names) if usual else self.choice(*names)
        self.activations[name] += 1
        return name

    def make(self, kind, *inner, **options):
        """The layer, entered into the story and the counts."""
        layer = kind(*inner, **options, dtype=self.dtype)
        words = [f"{key}={value!r}" for key, value in options.items()]
        self.tell(
            kind.__name__, f"{layer.name}: {kind.__name__}({', '.join([*(part.name for part in inner), *words])})"
        )
        return layer

    def tell(self, name, line):
        self.layers[name] += 1
        self.story.append(line)


def axes(shape, known=False):
    """The axes of a batch that are no batch axis, counted from either end; only those of a known size if wanted."""
    rank = len(shape)
    positive = [axis for axis in range(1, rank + 1) if not known or shape[axis - 1]]
    return positive + [axis - rank - 1 for axis in positive]


# --- of any rank


def dense(dice, shape, units=None):
    units = units or dice.size(shape=shape)
    return dice.make(layers.Dense, units=units, activation=dice.activation(usual="linear"), use_bias=dice.flag())


def activation(dice, shape):
    return dice.make(layers.Activation, activation=dice.activation())


def relu(dice, shape):
    options = {"max_value": dice.choice(None, 1.7), "negative_slope": dice.choice(0.0, 0.2)}
    return dice.make(layers.ReLU, **options, threshold=dice.choice(0.0, 0.3))


def leaky_relu(dice, shape):
    return dice.make(layers.LeakyReLU, negative_slope=dice.choice(0.3, 0.0, 0.1))


def prelu(dice, shape):
    """Every axis of an unknown size is shared, as Keras wants it."""
    shared = [axis for axis, size in enumerate(shape, 1) if size is None or (axis < len(shape) and dice.flag())]
    return dice.make(layers.PReLU, shared_axes=shared or None)


def elu(dice, shape):
    return dice.make(layers.ELU, alpha=dice.choice(1.0, 0.3))


def softmax(dice, shape):
    return dice.make(layers.Softmax, axis=dice.choice(*axes(shape)))


def flatten(dice, shape):
    return dice.make(layers.Flatten)


def reshape(dice, shape):
    first, last = shape[0], shape[-1]
    target = dice.choice((-1,), (-1, last), (first, -1), (1, -1, last), (last, -1, 1), tuple(reversed(shape)))
    return dice.make(layers.Reshape, target_shape=target)


def permute(dice, shape):
    return dice.make(layers.Permute, dims=dice.order(range(1, len(shape) + 1)))


def batch_normalization(dice, shape):
    options = {"center": dice.flag(), "scale": dice.flag(), "epsilon": dice.choice(1e-3, 0.1)}
    return dice.make(layers.BatchNormalization, axis=dice.often(-1, *axes(shape, known=True)), **options)


def layer_normalization(dice, shape):
    """Over two numbers or fewer with a large epsilon only: of two that are almost the same it leaves but rounding."""
    pairs = [[axis, axis + 1] for axis in axes(shape, known=True) if axis > 0 and axis + 1 in axes(shape)]
    axis = dice.often(-1, [-1], *axes(shape, known=True), *pairs)
    sizes = [(None, *shape)[each] or 3 for each in (axis if isinstance(axis, list) else [axis])]
    options = {"center": dice.flag(), "scale": dice.flag(), "epsilon": 1e-3 if math.prod(sizes) > 2 else 0.1}
    return dice.make(layers.LayerNormalization, axis=axis, **options)


def rescaling(dice, shape):
    """By one number or by one for each channel."""
    if dice.flag():
        return dice.make(layers.Rescaling, scale=dice.choice(0.3, 1 / 255, -2), offset=dice.choice(0.0, 0.7))
    scale, offset = dice.rng.normal(size=(2, shape[-1])).round(2).tolist()
    return dice.make(layers.Rescaling, scale=scale, offset=offset)


def normalization(dice, shape):
    """With a given mean and variance, or adapted to random examples."""
    axis = dice.often(-1, None, *axes(shape, known=True))
    if dice.flag():
        layer = dice.make(layers.Normalization, axis=axis)
        size = [size or 3 for size in (20, *shape)]
        layer.adapt(dice.rng.normal(0.5, 2, size).astype(dice.dtype))
        return layer
    size = () if axis is None else [(None, *shape)[axis]]
    mean, variance = dice.rng.normal(size=size).round(2), dice.rng.uniform(0.5, 2, size).round(2)
    return dice.make(layers.Normalization, axis=axis, mean=mean.tolist(), variance=variance.tolist())


def activity_regularization(dice, shape):
    return dice.make(layers.ActivityRegularization, l2=0.1)


def inactive(kind, **options):
    """A layer that does nothing but while training."""
    return lambda dice, shape: dice.make(kind, **options)


# --- sequences and images


def window(dice, sizes, longest=3, paddings=("valid", "same")):
    """Sizes of a window that fits, its strides (or None), and its padding."""
    padding = dice.choice(*paddings)
    limits = [min(longest, size or longest) if padding == "valid" else longest for size in sizes]
    window = tuple(dice.size(1, limit) for limit in limits)
    return window, tuple(dice.choice(1, 2, 3) for _ in sizes), padding


def convolution(dice, sizes, paddings=("valid", "same")):
    """Kernel, and either strides or dilation: Keras refuses both at once."""
    kernel, strides, padding = window(dice, sizes, 3, paddings)
    options = {
        "kernel_size": kernel,
        "padding": padding,
        "use_bias": dice.flag(),
        "activation": dice.activation(usual="linear"),
    }
    if dice.flag():
        return options | {"strides": strides}
    widest = [(size - 1) // max(k - 1, 1) if padding == "valid" else 3 for k, size in zip(kernel, sizes, strict=True)]
    return options | {"dilation_rate": tuple(dice.size(1, max(1, min(3, limit))) for limit in widest)}


def grouped(dice, shape):
    """Filters and groups; groups divide the channels and the filters."""
    groups = dice.often(1, *(n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0))
    return {"groups": groups, "filters": groups * dice.size(1, 3) if groups > 1 else dice.size(shape=shape)}


def conv1d(dice, shape):
    paddings = ("valid", "same", "causal") if shape[0] else ("same", "causal")
    return dice.make(layers.Conv1D, **grouped(dice, shape), **convolution(dice, shape[:-1], paddings))


def conv2d(dice, shape):
    return dice.make(layers.Conv2D, **grouped(dice, shape), **convolution(dice, shape[:-1]))


def depthwise_conv1d(dice, shape):
    options = convolution(dice, shape[:-1], ("valid", "same") if shape[0] else ("same",))
    return dice.make(layers.DepthwiseConv1D, depth_multiplier=dice.choice(1, 2), **options)


def separable_conv1d(dice, shape):
    options = convolution(dice, shape[:-1], ("valid", "same") if shape[0] else ("same",))
    options |= {"depth_multiplier": dice.choice(1, 2)}
    return dice.make(layers.SeparableConv1D, filters=dice.size(shape=shape), **options)


def square_strides(options):
    """TensorFlow's depthwise convolutions have the same stride along both axes."""
    return options | ({"strides": (options["strides"][0],) * 2} if "strides" in options else {})


def depthwise_conv2d(dice, shape):
    options = square_strides(convolution(dice, shape[:-1]))
    return dice.make(layers.DepthwiseConv2D, depth_multiplier=dice.choice(1, 2), **options)


def separable_conv2d(dice, shape):
    options = square_strides(convolution(dice, shape[:-1])) | {"depth_multiplier": dice.choice(1, 2)}
    return dice.make(layers.SeparableConv2D, filters=dice.size(shape=shape), **options)


def pooling(kind):
    def draw(dice, shape):
        pool, strides, padding = window(dice, shape[:-1])
        return dice.make(kind, pool_size=pool, strides=dice.choice(None, strides), padding=padding)

    return draw


def global_pooling(kind):
    return lambda dice, shape: dice.make(kind, keepdims=dice.flag())


def transposed(kind):
    """Strides, or in float32 dilation, as TensorFlow has it; at times more places at the end, fewer than a stride."""

    def draw(dice, shape):
        options = convolution(dice, [3] * (len(shape) - 1))
        if dice.dtype == "float64":
            options.pop("dilation_rate", None)
        if "strides" in options and options["padding"] == "valid" and dice.flag():
            options["output_padding"] = tuple(stride - 1 for stride in options["strides"])
        return dice.make(kind, filters=dice.size(shape=shape), **options)

    return draw


def borders(kind, name, *choices):
    return lambda dice, shape: dice.make(kind, **{name: dice.choice(*choices)})


def cropping(kind):
    """A place less at one end, where that leaves any."""

    def draw(dice, shape):
        cut = tuple(dice.choice((0, 1), (1, 0)) if size > 1 else (0, 0) for size in shape[:-1])
        return dice.make(kind, cropping=cut if len(cut) > 1 else cut[0])

    return draw


def up_sampling2d(dice, shape):
    """Straight lines in float32 alone, in which TensorFlow draws them."""
    size = dice.choice(2, (1, 3), (3, 2))
    interpolation = dice.choice("nearest", "bilinear") if dice.dtype == "float32" else "nearest"
    return dice.make(layers.UpSampling2D, size=size, interpolation=interpolation)


def group_normalization(dice, shape):
    """With an offset: of what has none, a global average, whatever the axis, leaves but rounding."""
    axis = dice.choice(*axes(shape, known=True))
    size = (None, *shape)[axis]
    groups = dice.choice(*(n for n in range(1, size + 1) if size % n == 0))
    options = {"center": True, "scale": dice.flag(), "epsilon": 0.1}
    return dice.make(layers.GroupNormalization, groups=groups, axis=axis, **options)


def repeat_vector(dice, shape):
    return dice.make(layers.RepeatVector, n=dice.size(shape=shape))


# --- recurrent layers and what goes with them


def embedding(dice, shape):
    mask = dice.flag()
    dice.masks |= mask
    return dice.make(layers.Embedding, input_dim=TOKENS, output_dim=dice.size(shape=shape), mask_zero=mask)


def masking(dice, shape):
    dice.masks = True
    return dice.make(layers.Masking, mask_value=MASK_VALUE)


def cell(dice, shape):
    return {
        "units": dice.size(shape=shape),
        "activation": dice.activation(STEADY, usual="tanh"),
        "use_bias": dice.choice(True, True, False),
        "return_sequences": dice.flag(),
        "go_backwards": dice.flag(),
        "zero_output_for_mask": dice.flag(),
        "dropout": dice.choice(0.0, 0.2),
    }


def simple_rnn(dice, shape, **options):
    return dice.make(layers.SimpleRNN, **cell(dice, shape) | options)


def gates(dice):
    return {"recurrent_activation": dice.activation(["hard_sigmoid", "tanh", "softsign"], usual="sigmoid")}


def lstm(dice, shape, **options):
    return dice.make(layers.LSTM, **cell(dice, shape) | gates(dice) | options)


def gru(dice, shape, **options):
    return dice.make(layers.GRU, **cell(dice, shape) | gates(dice) | {"reset_after": dice.flag()} | options)


RECURRENT = {"SimpleRNN": simple_rnn, "LSTM": lstm, "GRU": gru}


def bidirectional(dice, shape, kinds=tuple(RECURRENT), merge_modes=("concat", "sum", "mul", "ave"), **options):
    """Around any recurrent layer, sometimes with a backward layer of its own: only then may the first go backwards."""
    draw = RECURRENT[dice.choice(*kinds)]
    outer = {"merge_mode": dice.choice(*merge_modes)}
    if dice.flag():
        return dice.make(layers.Bidirectional, draw(dice, shape, **options, go_backwards=False), **outer)
    inner = draw(dice, shape, **options)
    options |= {"units": inner.units, "return_sequences": inner.return_sequences}
    outer["backward_layer"] = draw(dice, shape, **options, go_backwards=not inner.go_backwards)
    return dice.make(layers.Bidirectional, inner, **outer)


def time_distributed(dice, shape):
    """A layer, or a Sequential model of two, at every step."""
    inside = {1: PER_STEP, 2: PER_STEP | PER_SEQUENCE, 3: PER_STEP | PER_IMAGE}[len(shape) - 1]
    first = inside[dice.choice(*inside)](dice, shape[1:])
    if dice.flag():
        return dice.make(layers.TimeDistributed, first)
    second = dice.choice(dense, activation)(dice, first.compute_output_shape((None, *shape[1:]))[1:])
    inner = keras.Sequential([first, second])
    dice.tell("Sequential", f"{inner.name}: Sequential({first.name}, {second.name})")
    return dice.make(layers.TimeDistributed, inner)


PER_STEP = {"Dense": dense, "Activation": activation, "BatchNormalization": batch_normalization}
PER_SEQUENCE = {"Conv1D": conv1d, "MaxPooling1D": pooling(layers.MaxPooling1D), "Flatten": flatten}
PER_IMAGE = {"Conv2D": conv2d, "AveragePooling2D": pooling(layers.AveragePooling2D), "Flatten": flatten}

OF_ANY_RANK = {
    "Dense": dense,
    "Activation": activation,
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "PReLU": prelu,
    "ELU": elu,
    "Softmax": softmax,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "Rescaling": rescaling,
    "Normalization": normalization,
    "ActivityRegularization": activity_regularization,
    "Identity": inactive(layers.Identity),
    "Dropout": inactive(layers.Dropout, rate=0.4),
    "GaussianDropout": inactive(layers.GaussianDropout, rate=0.4),
    "AlphaDropout": inactive(layers.AlphaDropout, rate=0.4),
    "GaussianNoise": inactive(layers.GaussianNoise, stddev=0.4),
}
OF_SEQUENCES = RECURRENT | {
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "Conv1D": conv1d,
    "DepthwiseConv1D": depthwise_conv1d,
    "SeparableConv1D": separable_conv1d,
    "MaxPooling1D": pooling(layers.MaxPooling1D),
    "AveragePooling1D": pooling(layers.AveragePooling1D),
    "GlobalMaxPooling1D": global_pooling(layers.GlobalMaxPooling1D),
    "GlobalAveragePooling1D": global_pooling(layers.GlobalAveragePooling1D),
    "SpatialDropout1D": inactive(layers.SpatialDropout1D, rate=0.4),
    "Masking": masking,
    "Conv1DTranspose": transposed(layers.Conv1DTranspose),
    "Cropping1D": cropping(layers.Cropping1D),
    "GroupNormalization": group_normalization,
    "UpSampling1D": borders(layers.UpSampling1D, "size", 2, 3),
    "ZeroPadding1D": borders(layers.ZeroPadding1D, "padding", 1, (2, 1), (0, 3)),
}
OF_IMAGES = {
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise_conv2d,
    "SeparableConv2D": separable_conv2d,
    "MaxPooling2D": pooling(layers.MaxPooling2D),
    "AveragePooling2D": pooling(layers.AveragePooling2D),
    "GlobalMaxPooling2D": global_pooling(layers.GlobalMaxPooling2D),
    "GlobalAveragePooling2D": global_pooling(layers.GlobalAveragePooling2D),
    "Conv2DTranspose": transposed(layers.Conv2DTranspose),
    "Cropping2D": cropping(layers.Cropping2D),
    "GroupNormalization": group_normalization,
    "UpSampling2D": up_sampling2d,
    "ZeroPadding2D": borders(layers.ZeroPadding2D, "padding", 1, (2, 1), ((0, 1), (2, 0))),
    "SpatialDropout2D": inactive(layers.SpatialDropout2D, rate=0.4),
    "TimeDistributed": time_distributed,
    "RandomFlip": inactive(layers.RandomFlip, mode="vertical"),
    "RandomRotation": inactive(layers.RandomRotation, factor=0.2),
    "RandomZoom": inactive(layers.RandomZoom, height_factor=0.2),
    "RandomTranslation": inactive(layers.RandomTranslation, height_factor=0.2, width_factor=0.1),
    "RandomContrast": inactive(layers.RandomContrast, factor=0.3),
    "RandomBrightness": inactive(layers.RandomBrightness, factor=0.3),
}
OF_RANK = {1: {"RepeatVector": repeat_vector}, 2: OF_SEQUENCES, 3: OF_IMAGES, 4: {"TimeDistributed": time_distributed}}
NEEDS_ALL_SIZES = {"Flatten", "Reshape", "Permute", "MaxPooling1D", "AveragePooling1D", "Cropping1D", "Conv1DTranspose"}
MAX_POOLING = {"MaxPooling1D", "MaxPooling2D"}


def layer_for(dice, shape):
    """A random layer for examples of this shape."""
    special = OF_RANK.get(len(shape), {})
    table = OF_ANY_RANK | special
    names = [*OF_ANY_RANK, *special, *(name for name in special if "Random" not in name)]  # what computes, more often
    barred = NEEDS_ALL_SIZES if None in shape else set()
    if dice.masks:
        barred = barred | {"Softmax"}  # which would take the mask of the steps for one of the features
    if dice.masks and dice.layers["GlobalAveragePooling1D"]:
        barred = barred | MAX_POOLING  # of no steps the average is NaN, and the maximum of that the lowest float
    names = [name for name in names if name not in barred]
    return table[dice.choice(*names)](dice, shape)


def scramble(model, rng):
    """Random weights of a scale that keeps the outputs of a layer about as large as its inputs."""
    for weight in model.weights:
        name, shape = weight.path.split("/")[-1], weight.shape
        if "kernel" in name:
            inputs = math.prod(shape[:2] if name == "depthwise_kernel" else shape[:-1])
            weight.assign(rng.normal(scale=inputs**-0.5, size=shape))
        elif name in ("moving_variance", "gamma"):
            weight.assign(rng.uniform(0.5, 1.5, shape))
        elif name in ("bias", "beta", "moving_mean", "embeddings", "alpha"):
            weight.assign(rng.normal(scale=0.5, size=shape))
