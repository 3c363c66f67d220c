"""Dense and embedding layers, and the ones that mask or scale."""

import numpy as np

from ..activations import Array
from ..dense import dense, embedding, masking, rescaling
from .activations import activation
from .layer import Layer, Mask, Shapes
from .settings import count, flag, number, numbers


class Dense(Layer):
    """`dense`, along the last axis."""

    sizes = {"units": count, "use_bias": flag}
    settings = {"activation": activation}
    passes_mask = True
    bias = 0.0

    def weight_shapes(self, x: Array) -> Shapes:
        return {"kernel": (x.shape[-1], self.units), "bias": (self.units,) if self.use_bias else None}

    def call(self, x: Array) -> Array:
        return self.activation(dense(x, self.kernel, self.bias))


class Embedding(Layer):
    """`embedding`; with `mask_zero` token 0 is padding."""

    sizes = {"input_dim": count, "output_dim": count}
    settings = {"mask_zero": flag}
    casts = ""

    def weight_shapes(self, x: Array) -> Shapes:
        return {"embeddings": (self.input_dim, self.output_dim)}

    def call(self, x: Array) -> Array:
        return embedding(x, self.embeddings)

    def compute_mask(self, x: Array, mask: Mask) -> Mask:
        return x != 0 if self.mask_zero else None


class Masking(Layer):
    """`masking`: a step counts if not all of its features are `mask_value`."""

    settings = {"mask_value": number}

    def call(self, x: Array) -> Array:
        return masking(x, self.mask_value)

    def compute_mask(self, x: Array, mask: Mask) -> Mask:
        return np.any(x != self.mask_value, axis=-1)


class Rescaling(Layer):
    """`rescaling`."""

    settings = {"scale": numbers, "offset": numbers}
    passes_mask = True

    def call(self, x: Array) -> Array:
        return rescaling(x, self.scale.astype(x.dtype), self.offset.astype(x.dtype))
