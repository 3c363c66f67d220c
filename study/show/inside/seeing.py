"""What a convolutional network sees: which pixels a number comes from, what excites it, what its answer rests on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import forward

BATCH = 100  # images at a time through the plain functions
WINDOWS = {"Conv2D": "kernel_size", "MaxPooling2D": "pool_size", "AveragePooling2D": "pool_size"}


def maps_of(model: forward.Model) -> list[str]:
    """The layers whose outputs are maps, an image for each filter: convolutions with their ReLU, and poolings."""
    return [layer.name for layer in model.layers if layer.class_name in WINDOWS]


def field(model: forward.Model, name: str) -> tuple[int, int, int]:
    """(start, size, step): the number in row i of a map comes from the pixel rows start + i * step, so many.

    The maps of layers with `same` padding and odd kernels, and of poolings; columns as rows. Rows outside the image are
    its padding.
    """
    start, size, step = 0, 1, 1
    for layer in model.layers:
        if layer.class_name in WINDOWS:
            width = getattr(layer, WINDOWS[layer.class_name])[0]
            if layer.class_name == "Conv2D":
                start -= step * (width // 2)
            size += (width - 1) * step
            step *= layer.strides[0]
        if layer.name == name:
            return start, size, step
    raise ValueError(f"the model has no layer {name!r}")


Patches = tuple[np.ndarray, np.ndarray]  # (filters, number, size, size, 3); how much, (filters, number)


def exciting(model: forward.Model, images: np.ndarray, names: Sequence[str], number: int) -> dict[str, Patches]:
    """{layer: the patches that excite each of its filters most, of each image at most one, and how much}."""
    most, where = {name: [] for name in names}, {name: [] for name in names}
    for start in range(0, len(images), BATCH):
        found = model.activations(images[start : start + BATCH])
        for name in names:
            flat = found[name].reshape(len(found[name]), -1, found[name].shape[-1])
            most[name].append(flat.max(axis=1))
            where[name].append(flat.argmax(axis=1))
    widths = {name: found[name].shape[2] for name in names}
    return {
        name: _patches(images, np.concatenate(most[name]), np.concatenate(where[name]), widths[name],
                       field(model, name), number)
        for name in names
    }  # fmt: skip


def _patches(
    images: np.ndarray, most: np.ndarray, where: np.ndarray, width: int, about: tuple[int, int, int], number: int
) -> Patches:
    """Cut out what the largest numbers come from, in falling order, with grey where a patch reaches over the border.

    `most` and `where` (images, filters): the largest number of each map, and its place in the map, which is `width`
    wide; `about` is the map's `field`.
    """
    ranked = np.argsort(-most, axis=0, kind="stable")[:number]
    start, size, step = about
    wide = np.pad(images, ((0, 0), (size, size), (size, size), (0, 0)), constant_values=0.5)
    patches = np.empty((most.shape[1], len(ranked), size, size, images.shape[-1]), images.dtype)
    for (place, each), image in np.ndenumerate(ranked):
        row, column = (size + start + step * n for n in divmod(where[image, each], width))
        patches[each, place] = wide[image, row : row + size, column : column + size]
    return patches, np.take_along_axis(most, ranked, axis=0).T


def class_map(model: forward.Model, image: np.ndarray) -> np.ndarray:
    """What each place of the last maps adds to the score of each class: (rows, columns, classes).

    A network that ends in the global maximum takes of each map its largest value, times the weight that the class gives
    to the map: this stands at the place of that value. So the sum over all places, and the bias, is exactly the score.
    Sources: Oquab et al., Is Object Localization for Free?, 2015; for the global mean Zhou et al., Learning Deep
    Features for Discriminative Localization, 2016.
    """
    found = model.activations(image[np.newaxis])
    maps = found[_before(model, "maximum")][0]
    rows, columns, filters = maps.shape
    where = maps.reshape(-1, filters).argmax(axis=0)
    kernel = model.weights["classes/kernel"]
    places = np.zeros((rows * columns, kernel.shape[1]), maps.dtype)
    np.add.at(places, where, maps.reshape(-1, filters)[where, np.arange(filters), np.newaxis] * kernel)
    answer = forward.softmax(places.sum(axis=0) + model.weights["classes/bias"])
    np.testing.assert_allclose(answer, found["classes"][0], rtol=0, atol=1e-5)
    return places.reshape(rows, columns, -1)


def _before(model: forward.Model, name: str) -> str:
    """The layer in front of the one of this name."""
    names = [layer.name for layer in model.layers]
    return names[names.index(name) - 1]


def occlusion(model: forward.Model, image: np.ndarray, label: int, size: int = 8, step: int = 4) -> np.ndarray:
    """How much probability a class loses when a square is covered with the mean colour: (places, places).

    The squares begin `step` pixels apart. Source: Zeiler and Fergus, Visualizing and Understanding Convolutional
    Networks, 2014.
    """
    begins = range(0, len(image) - size + 1, step)
    covered = np.repeat(image[np.newaxis], len(begins) ** 2, axis=0)
    for each, (row, column) in zip(covered, ((i, j) for i in begins for j in begins), strict=True):
        each[row : row + size, column : column + size] = model.weights["standardize/mean"].reshape(-1)
    before = model.forward(image[np.newaxis])[0, label]
    return (before - model.forward(covered)[:, label]).reshape(len(begins), -1)


def strongest(maps: np.ndarray, number: int) -> np.ndarray:
    """The maps with the largest mean, the largest first: maps (rows, columns, filters) -> (number,)."""
    return np.argsort(-maps.mean(axis=(0, 1)), kind="stable")[:number]
