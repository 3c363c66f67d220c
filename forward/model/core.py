"""Dense, embedding, and the layers that reshape, pad, scale, mask or only pass on."""

import math
from functools import partial
from typing import Any

import numpy as np

from ..activations import Array
from ..errors import ModelFileError
from .activation import activation
from .layer import bind, count, counts, flag, number


def dense(x: Array, kernel: Array, bias: Array | float = 0.0) -> Array:
    """y = x @ kernel + bias: x (..., features), kernel (features, units), bias (units,) -> y (..., units)."""
    return x @ kernel + bias


def embedding(tokens: Array, embeddings: Array) -> Array:
    """y[b, t] = embeddings[tokens[b, t]], a look-up in a table.

    tokens (batch, time), embeddings (input_dim, output_dim) -> y (batch, time, output_dim).
    Raises ValueError for a token that is not a whole number or has no row in the table.
    """
    return embeddings[whole_tokens(tokens, len(embeddings))]


def whole_tokens(tokens: Array, input_dim: int) -> Array:
    """The tokens as whole numbers, or a ValueError for one that is none or not under `input_dim`."""
    whole = tokens.astype(np.int64, copy=False)
    if not np.array_equal(whole, tokens):
        raise ValueError("an embedding takes whole token numbers, but got fractions")
    if whole.size and not (whole.min() >= 0 and whole.max() < input_dim):
        raise ValueError(f"tokens from {whole.min()} to {whole.max()}: the embedding has the rows 0 to {input_dim - 1}")
    return whole


def flatten(x: Array) -> Array:
    """All axes but the batch as one: (batch, ...) -> (batch, features)."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def reshape(x: Array, target_shape: tuple[int, ...]) -> Array:
    """The same numbers in the same order, in other axes; one of `target_shape` may be -1, for what is left."""
    rest = math.prod(x.shape[1:]) // math.prod(n for n in target_shape if n != -1)
    return x.reshape(len(x), *(rest if n == -1 else n for n in target_shape))


def masking(x: Array, mask_value: float = 0.0) -> Array:
    """Zero where all features of a step are `mask_value`: x (batch, time, features) -> the same shape."""
    return np.where(np.any(x != mask_value, axis=-1, keepdims=True), x, 0)


def rescaling(x: Array, scale: Any, offset: Any = 0.0) -> Array:
    """x * scale + offset; both may be one number or one for each channel. Keras rounds what is no array to float32."""
    scale, offset = (each if isinstance(each, np.ndarray) else np.float32(each) for each in (scale, offset))
    return x * scale.astype(x.dtype) + offset.astype(x.dtype)


def target_shape(value: Any) -> tuple[int, ...]:
    """Sizes, one of which may be -1."""
    if not isinstance(value, list) or value.count(-1) > 1:
        raise ModelFileError("must be a list of sizes, of which one may be -1")
    return tuple(count(each, least=-1) or count(each) for each in value)


def sides(value: Any) -> tuple[tuple[int, int], ...]:
    """[[top, bottom], [left, right]]."""
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise ModelFileError("must be [[top, bottom], [left, right]]")
    return tuple(counts(pair, least=0) for pair in value)


def numbers(value: Any) -> Any:
    """One number, lists of them, or an array as Keras writes it down."""
    match value:
        case {"class_name": "__numpy__", "config": {"value": array}}:
            return np.asarray(numbers(array))
        case [*_]:
            return [numbers(each) for each in value]
    return number(value)


elementwise = partial(bind, passes_mask=True)
rearranging = partial(bind, casts="f")  # whole numbers stay whole
inactive = partial(bind, check_settings=lambda layer, config: {})  # at inference, whatever the settings
LAYERS = {
    "Dense": elementwise(
        dense,
        options={"units": count, "activation": activation, "use_bias": flag},
        apart=frozenset({"units", "use_bias"}),
        weight_shapes=lambda layer, x: {
            "kernel": (x.shape[-1], layer.units),
            "bias": (layer.units,) if layer.use_bias else None,
        },
    ),
    "Embedding": bind(
        embedding,
        casts="",
        options={"input_dim": count, "output_dim": count, "mask_zero": flag},
        apart=frozenset({"input_dim", "output_dim", "mask_zero"}),
        weight_shapes=lambda layer, x: {"embeddings": (layer.input_dim, layer.output_dim)},
        compute_mask=lambda layer, x, mask: x != 0 if layer.mask_zero else None,  # token 0 is padding
    ),
    "Flatten": rearranging(flatten, fixed={"data_format": "channels_last"}),
    "Masking": bind(
        masking,
        options={"mask_value": number},
        compute_mask=lambda layer, x, mask: np.any(x != layer.mask_value, axis=-1),
    ),
    "Permute": rearranging(lambda x, dims: x.transpose(0, *dims), options={"dims": counts}),
    "Rescaling": elementwise(rescaling, options={"scale": numbers, "offset": numbers}),
    "Reshape": rearranging(reshape, options={"target_shape": target_shape}),
    "ZeroPadding2D": bind(
        lambda x, padding: np.pad(x, ((0, 0), *padding, (0, 0))),
        options={"padding": sides},
        fixed={"data_format": "channels_last"},
    ),
}
DROPOUTS = """ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity SpatialDropout1D
SpatialDropout2D"""
AUGMENTATIONS = """Brightness ColorDegeneration ColorJitter Contrast ElasticTransform Erasing Flip GaussianBlur
Grayscale Hue Invert Perspective Posterization Rotation Saturation Sharpness Shear Translation Zoom"""
LAYERS |= dict.fromkeys(DROPOUTS.split(), inactive(casts="f", passes_mask=True))
LAYERS |= dict.fromkeys([f"Random{name}" for name in AUGMENTATIONS.split()], inactive())
LAYERS["RandomGrayscale"] = inactive(casts="f")
