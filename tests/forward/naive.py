"""The layers as their definitions say, one number at a time: the reference for the fast ones."""

import math

import numpy as np


def conv2d(x, kernel, bias, strides, pads):
    """`pads` are the zeros above and left of the image; below and right there are as many as are needed."""
    batch, height, width, channels = x.shape
    kernel_height, kernel_width, _, filters = kernel.shape
    (out_height, out_width), (top, left) = pads
    y = np.zeros((batch, out_height, out_width, filters))
    for b, i, j, f in np.ndindex(*y.shape):
        y[b, i, j, f] = bias[f]
        for m, n, c in np.ndindex(kernel_height, kernel_width, channels):
            row, column = i * strides[0] + m - top, j * strides[1] + n - left
            if 0 <= row < height and 0 <= column < width:
                y[b, i, j, f] += x[b, row, column, c] * kernel[m, n, c, f]
    return y


def lstm(x, kernel, recurrent_kernel, bias):
    """The last h of each text."""
    batch, time, features = x.shape
    units = len(recurrent_kernel)
    h, c = np.zeros((batch, units)), np.zeros((batch, units))

    def gate(number, b, u, t, before):
        column = number * units + u  # i, f, c, o side by side
        z = bias[column]
        z += sum(x[b, t, n] * kernel[n, column] for n in range(features))
        return z + sum(before[b, n] * recurrent_kernel[n, column] for n in range(units))

    for t in range(time):
        before = h.copy()
        for b, u in np.ndindex(batch, units):
            i, f, o = (1 / (1 + math.exp(-gate(number, b, u, t, before))) for number in (0, 1, 3))
            c[b, u] = f * c[b, u] + i * math.tanh(gate(2, b, u, t, before))
            h[b, u] = o * math.tanh(c[b, u])
    return h
