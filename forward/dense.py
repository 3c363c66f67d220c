"""Dense and embedding layers, and the ones that mask or scale."""

import numpy as np

from .activations import Array, Weight


def dense(x: Array, kernel: Array, bias: Weight = 0.0) -> Array:
    """y = x @ kernel + bias: x (..., features), kernel (features, units), bias (units,) -> y (..., units)."""
    return x @ kernel + bias


def embedding(tokens: Array, embeddings: Array) -> Array:
    """y[b, t] = embeddings[tokens[b, t]], a look-up in a table.

    tokens (batch, time), embeddings (input_dim, output_dim) -> y (batch, time, output_dim); so for any other axes.
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


def masking(x: Array, mask_value: float = 0.0) -> Array:
    """y[b, t] = x[b, t], but 0 where all features of it are `mask_value`: x (batch, time, features) -> y like x."""
    return np.where(np.any(x != mask_value, axis=-1, keepdims=True), x, 0)


def rescaling(x: Array, scale: Weight, offset: Weight = 0.0) -> Array:
    """y = x * scale + offset; both are one number, or an array such as one number for each channel."""
    return x * scale + offset
