"""Windows that slide over images: padding, output sizes, and the slices that convolution and pooling share."""

from collections.abc import Iterator

import numpy as np

Pair = tuple[int, int]


def same_padding(length: int, window: int, stride: int) -> Pair:
    """Zeros in front and behind so that ceil(length / stride) windows fit, as TensorFlow places them.

    total = max(window - stride, 0)            if length % stride == 0
            max(window - length % stride, 0)   otherwise
    Half of it, rounded down, goes in front and the rest behind.
    """
    total = max(window - (length % stride or stride), 0)
    return total // 2, total - total // 2


def padding_sizes(shape: Pair, window: Pair, strides: Pair, padding: str) -> tuple[Pair, Pair]:
    """What `padding` ("valid" or "same") adds to height and width: ((top, bottom), (left, right))."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        return tuple(same_padding(*sizes) for sizes in zip(shape, window, strides, strict=True))
    raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")


def output_length(length: int | None, window: int, stride: int, padding: str) -> int | None:
    """How many windows fit along an axis; None for an axis of any length."""
    if length is None:
        return None
    return -(-length // stride) if padding == "same" else max((length - window) // stride + 1, 0)


def floating(x: np.ndarray) -> np.ndarray:
    """x as floating-point numbers: sums of integers would overflow, and averages would lose their fraction."""
    return x.astype(np.result_type(x, np.float32), copy=False)


def pad(x: np.ndarray, window: Pair, strides: Pair, padding: str, value: float = 0) -> np.ndarray:
    """Pad the height and width of images x (batch, height, width, channels) with `value`."""
    height, width = padding_sizes(x.shape[1:3], window, strides, padding)
    if not any(height + width):
        return x
    return np.pad(x, ((0, 0), height, width, (0, 0)), constant_values=value)


def cells(x: np.ndarray, window: Pair, strides: Pair) -> Iterator[np.ndarray]:
    """For each cell of the window, row by row, the view of x that this cell sees in all windows at once.

    x (batch, height, width, channels) -> views (batch, out_height, out_width, channels)
    Raises ValueError if not a single window fits.
    """
    if x.shape[1] < window[0] or x.shape[2] < window[1]:
        raise ValueError(f"a window of {window[0]}x{window[1]} does not fit into an image of {x.shape[1]}x{x.shape[2]}")
    height, width = (output_length(n, w, s, "valid") for n, w, s in zip(x.shape[1:3], window, strides, strict=True))
    for i in range(window[0]):
        for j in range(window[1]):
            rows = slice(i, i + (height - 1) * strides[0] + 1, strides[0])
            columns = slice(j, j + (width - 1) * strides[1] + 1, strides[1])
            yield x[:, rows, columns]
