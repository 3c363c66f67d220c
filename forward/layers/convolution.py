"""Convolution over images."""

import numpy as np

from ..activations import ACTIVATIONS
from .base import Layer, Mask, Shape, activation, count, flag, one_of, pair
from .windows import cells, floating, output_length, pad

# Images are convolved a few at a time, so that their columns stay in the processor's cache.
COLUMNS_BYTES = 8 * 2**20


def conv2d(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    strides: tuple[int, int] = (1, 1),
    padding: str = "valid",
) -> np.ndarray:
    """Slide a kernel over images.

    y[b, i, j, f] = bias[f] + sum over m, n, c of x[b, i*s + m, j*t + n, c] * kernel[m, n, c, f]

    x (batch, height, width, channels), kernel (kernel_height, kernel_width, channels, filters),
    bias (filters,) -> y (batch, out_height, out_width, filters), with s, t = strides.
    `padding`: "valid" keeps to whole windows, "same" pads with zeros as TensorFlow does.
    Raises ValueError if the channels of x and kernel differ. Source: Keras' Conv2D, which despite its
    name is a cross-correlation: the kernel is not turned round.

    Each window becomes a row of one large matrix (im2col), so that all windows and filters are one
    matrix product: columns (windows, kernel_height * kernel_width * channels) @ kernel.
    """
    x, kernel = floating(x), floating(kernel)
    *window, channels, filters = kernel.shape
    if x.ndim != 4 or x.shape[-1] != channels:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape}")
    height, width = (output_length(n, w, s, padding) for n, w, s in zip(x.shape[1:3], window, strides, strict=True))
    y = np.empty((len(x), height, width, filters), np.result_type(x, kernel))
    matrix = kernel.reshape(-1, filters)
    at_once = max(1, COLUMNS_BYTES // max(1, height * width * matrix.shape[0] * y.itemsize))
    columns = np.empty((at_once, height, width, len(matrix)), y.dtype)
    for start in range(0, len(x), at_once):
        images = pad(x[start : start + at_once], window, strides, padding)
        _fill_columns(columns[: len(images)], images, window, strides)
        rows = columns[: len(images)].reshape(-1, len(matrix))
        np.matmul(rows, matrix, out=y[start : start + at_once].reshape(-1, filters))
    if bias is not None:
        y += bias
    return y


def _fill_columns(columns: np.ndarray, images: np.ndarray, window: tuple[int, int], strides: tuple[int, int]) -> None:
    """Copy what each kernel cell sees into its slice of columns (batch, out_height, out_width, cells * channels)."""
    channels = images.shape[-1]
    for number, view in enumerate(cells(images, window, strides)):
        columns[..., number * channels : (number + 1) * channels] = view


class Conv2D(Layer):
    """`conv2d`, then the activation. Dilation, groups and channels_first are refused."""

    options = {
        "filters": count,
        "kernel_size": pair,
        "strides": pair,
        "padding": one_of("valid", "same"),
        "activation": activation,
        "use_bias": flag,
    }
    fixed = {"data_format": ("channels_last",), "dilation_rate": ([1, 1], 1), "groups": (1,)}

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        self.expect_rank(input_shape, 3, "height, width, channels")
        kernel = {"kernel": (*self.kernel_size, input_shape[-1], self.filters)}
        return kernel | ({"bias": (self.filters,)} if self.use_bias else {})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = zip(input_shape[:2], self.kernel_size, self.strides, strict=True)
        return *(output_length(*each, self.padding) for each in sizes), self.filters

    def __call__(self, x: np.ndarray, mask: Mask) -> tuple[np.ndarray, Mask]:
        y = conv2d(x, self.weights["kernel"], self.weights.get("bias"), self.strides, self.padding)
        return ACTIVATIONS[self.activation](y), None
