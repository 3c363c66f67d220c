"""Dense, embedding, and the layers that only reshape or pass on."""

import numpy as np

from ..activations import ACTIVATIONS
from .base import Layer, Mask, Shape, activation, count, flag, size


def dense(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """y = x @ kernel + bias: x (..., features), kernel (features, units), bias (units,) -> y (..., units).

    Source: Keras' Dense, without its activation.
    """
    y = x @ kernel
    return y if bias is None else y + bias


def flatten(x: np.ndarray) -> np.ndarray:
    """All axes but the batch as one: (batch, ...) -> (batch, features)."""
    return x.reshape(len(x), int(np.prod(x.shape[1:])))


def embedding(tokens: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """y[b, t] = embeddings[tokens[b, t]], a look-up in a table.

    tokens (batch, time), embeddings (input_dim, output_dim) -> y (batch, time, output_dim).
    Raises ValueError for a token that has no row in the table.
    """
    if tokens.size and not (tokens.min() >= 0 and tokens.max() < len(embeddings)):
        raise ValueError(
            f"tokens from {tokens.min()} to {tokens.max()}: the embedding has the rows 0 to {len(embeddings) - 1}"
        )
    return embeddings[tokens]


class Dense(Layer):
    """`dense`, then the activation; a mask passes through."""

    options = {"units": count, "activation": activation, "use_bias": flag}
    fixed = {"quantization_config": (None,), "lora_rank": (None,)}

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        kernel = {"kernel": (input_shape[-1], self.units)}
        return kernel | ({"bias": (self.units,)} if self.use_bias else {})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return *input_shape[:-1], self.units

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        y = dense(x, self.weights["kernel"], self.weights.get("bias"))
        return ACTIVATIONS[self.activation](y), mask


class Embedding(Layer):
    """`embedding`; with mask_zero, token 0 is padding and every later layer is told so by the mask."""

    casts_input = False
    options = {"input_dim": count, "output_dim": count, "mask_zero": flag}
    fixed = {"quantization_config": (None,), "lora_rank": (None,)}

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"embeddings": (self.input_dim, self.output_dim)}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return *input_shape, self.output_dim

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        tokens = x if np.issubdtype(x.dtype, np.integer) else self._whole(x)
        return embedding(tokens, self.weights["embeddings"]), tokens != 0 if self.mask_zero else None

    def _whole(self, x: np.ndarray) -> np.ndarray:
        tokens = x.astype(np.int64)
        if not np.array_equal(tokens, x):
            raise ValueError(f"{self} takes whole token numbers, but got fractions")
        return tokens


class Flatten(Layer):
    """`flatten`; a mask ends here, as it has no meaning for the result."""

    fixed = {"data_format": ("channels_last",)}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (size(input_shape),)

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return flatten(x), None


class Activation(Layer):
    """An activation function as a layer of its own; a mask passes through."""

    options = {"activation": activation}

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return ACTIVATIONS[self.activation](x), mask


class Dropout(Layer):
    """Nothing at inference; a mask passes through."""

    no_effect = frozenset({"rate", "noise_shape"})

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        return x, mask
