"""Dense, embedding, and the layers that reshape, pad, scale, mask or only pass on."""

import math
from functools import partial
from typing import Any

import numpy as np

from ..activations import Array, elu, leaky_relu, relu, softmax
from ..errors import ModelFileError
from .base import Layer, Mask, activation, axes, bind, count, counts, flag, number, optional


def dense(x: Array, kernel: Array, bias: Array | float = 0.0) -> Array:
    """y = x @ kernel + bias: x (..., features), kernel (features, units), bias (units,) -> y (..., units)."""
    return x @ kernel + bias


def embedding(tokens: Array, embeddings: Array) -> Array:
    """y[b, t] = embeddings[tokens[b, t]], a look-up in a table.

    tokens (batch, time), embeddings (input_dim, output_dim) -> y (batch, time, output_dim).
    Raises ValueError for a token that is not a whole number or has no row in the table.
    """
    whole = tokens.astype(np.int64, copy=False)
    if not np.array_equal(whole, tokens):
        raise ValueError("an embedding takes whole token numbers, but got fractions")
    if whole.size and not (whole.min() >= 0 and whole.max() < len(embeddings)):
        raise ValueError(
            f"tokens from {whole.min()} to {whole.max()}: the embedding has the rows 0 to {len(embeddings) - 1}"
        )
    return embeddings[whole]


def flatten(x: Array) -> Array:
    """All axes but the batch as one: (batch, ...) -> (batch, features)."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def reshape(x: Array, target_shape: tuple[int, ...]) -> Array:
    """The same numbers in the same order, in other axes; one of `target_shape` may be -1, for what is left."""
    rest = math.prod(x.shape[1:]) // math.prod(n for n in target_shape if n != -1)
    return x.reshape(len(x), *(rest if n == -1 else n for n in target_shape))


def permute(x: Array, dims: tuple[int, ...]) -> Array:
    """Put the axes in another order; `dims` counts them from 1, the batch stays in front."""
    return x.transpose(0, *dims)


def zero_padding(x: Array, padding: tuple[tuple[int, int], ...]) -> Array:
    """Zeros in front of and behind each axis between batch and channels."""
    return np.pad(x, ((0, 0), *padding, (0, 0)))


def masking(x: Array, mask_value: float = 0.0) -> Array:
    """Zero where all features of a step are `mask_value`: x (batch, time, features) -> the same shape."""
    return np.where(np.any(x != mask_value, axis=-1, keepdims=True), x, 0)


def rescaling(x: Array, scale: Any, offset: Any = 0.0) -> Array:
    """x * scale + offset; both may be one number or one for each channel."""
    return x * np.asarray(scale, x.dtype) + np.asarray(offset, x.dtype)


def prelu(x: Array, alpha: Array) -> Array:
    """x where x > 0, else alpha * x, with a learnt alpha for each place (He et al. 2015)."""
    return np.where(x > 0, x, alpha * x)


def masked_softmax(x: Array, axis: int | tuple[int, ...] = -1, mask: Mask = None) -> Array:
    """`softmax` over the places where `mask` is True; the others count as -1e9."""
    return softmax(x if mask is None else np.where(mask, x, x.dtype.type(-1e9)), axis)


class Dense(Layer):
    """`dense`, then the activation."""

    function = dense
    passes_mask = True
    options = {"units": count, "activation": activation, "use_bias": flag}

    def weight_shapes(self, x: Array) -> dict[str, tuple[int, ...] | None]:
        return {"kernel": (x.shape[-1], self.units), "bias": (self.units,) if self.use_bias else None}


class Embedding(Layer):
    """`embedding`; with mask_zero, token 0 is padding and every later layer is told so by the mask."""

    function = embedding
    casts = ""
    options = {"input_dim": count, "output_dim": count, "mask_zero": flag}

    def weight_shapes(self, x: Array) -> dict[str, tuple[int, ...] | None]:
        return {"embeddings": (self.input_dim, self.output_dim)}

    def compute_mask(self, x: Array, mask: Mask) -> Mask:
        return x != 0 if self.mask_zero else None


class Masking(Layer):
    """`masking`; later layers are told by the mask which steps were taken out."""

    function = masking
    options = {"mask_value": number}

    def compute_mask(self, x: Array, mask: Mask) -> Mask:
        return np.any(x != self.mask_value, axis=-1)


class PReLU(Layer):
    """`prelu`; along `shared_axes`, counted from 1, alpha is the same everywhere."""

    function = prelu
    passes_mask = True
    options = {"shared_axes": optional(counts)}

    def weight_shapes(self, x: Array) -> dict[str, tuple[int, ...] | None]:
        return {"alpha": tuple(1 if axis in (self.shared_axes or ()) else x.shape[axis] for axis in range(1, x.ndim))}


class Inactive(Layer):
    """Nothing at inference: dropout, noise and the random changes of augmentation, whatever their settings."""

    passes_mask = True

    def check_settings(self, config: dict[str, Any]) -> dict[str, Any]:
        return {}


class InactiveOnNumbers(Inactive):
    """Nothing at inference, and whole numbers stay whole."""

    casts = "f"


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
    """One number, or a list of them."""
    return [number(each) for each in value] if isinstance(value, list) else number(value)


elementwise = partial(bind, passes_mask=True)
channels_last = {"data_format": ("channels_last",)}
LAYERS = {
    "Activation": elementwise(options={"activation": activation}),
    "Dense": Dense,
    "ELU": elementwise(elu, options={"alpha": number}),
    "Embedding": Embedding,
    "Flatten": bind(flatten, casts="f", fixed=channels_last),
    "LeakyReLU": elementwise(leaky_relu, options={"negative_slope": number}),
    "Masking": Masking,
    "PReLU": PReLU,
    "Permute": bind(permute, casts="f", options={"dims": counts}),
    "ReLU": elementwise(
        relu, options={"negative_slope": number, "max_value": optional(number), "threshold": number}
    ),
    "Rescaling": elementwise(rescaling, options={"scale": numbers, "offset": numbers}),
    "Reshape": bind(reshape, casts="f", options={"target_shape": target_shape}),
    "Softmax": elementwise(masked_softmax, heeds_mask=True, options={"axis": axes}),
    "ZeroPadding2D": bind(zero_padding, options={"padding": sides}, fixed=channels_last),
    **dict.fromkeys(
        "ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity SpatialDropout1D "
        "SpatialDropout2D".split(), InactiveOnNumbers
    ),
    **dict.fromkeys(
        "RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform "
        "RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective "
        "RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation "
        "RandomZoom".split(), Inactive
    ),
}  # fmt: skip
