"""What the methods without a network are made of: histograms of oriented gradients, and the search of a setting."""

from __future__ import annotations

from typing import Any

import numpy as np

FOLDS = 5
MANY = 2000  # training examples of which one fold is enough to choose by: the standard error of its F1 is about 0.02
AT_MOST, SMALLEST = 0.2, 1e-3  # in a block: the largest part of a direction, and what keeps a grey block from noise


def tuned(method: Any, grid: dict[str, list], y: np.ndarray) -> Any:
    """A method whose settings are chosen, when it is fitted, by macro-F1 in cross-validation on its training data.

    `y` are the classes of that data. Of many examples one fold judges; where a class has fewer than two, none can,
    and the first settings of the grid are taken.
    """
    from sklearn.model_selection import GridSearchCV, StratifiedKFold, StratifiedShuffleSplit

    folds = min(FOLDS, np.bincount(y)[np.unique(y)].min())
    if folds < 2:
        return method.set_params(**{name: values[0] for name, values in grid.items()})
    several = StratifiedKFold(folds, shuffle=True, random_state=0)
    cut = StratifiedShuffleSplit(1, test_size=1 / FOLDS, random_state=0) if len(y) > MANY else several
    return GridSearchCV(method, grid, scoring="f1_macro", cv=cut)


def settings_of(method: Any) -> str:
    """What a fitted method has chosen, it or its last step being of `tuned`: `C 0.3`; empty if there was no choice."""
    last = method[-1] if hasattr(method, "steps") else method
    chosen = getattr(last, "best_params_", {})
    return ", ".join(f"{name.rpartition('__')[2]} {value:g}" for name, value in chosen.items())


def gradients(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The slope of the brightness at each pixel: how steep, and its direction from 0 up to 1 for a whole turn.

    Central differences, at a border one-sided; of the colours that counts which is steepest there. Shapes: images
    (n, height, width, colours) -> (n, height, width), twice.
    """
    down, right = np.gradient(images, axis=(1, 2))
    steepest = np.hypot(down, right).argmax(axis=-1)[..., np.newaxis]
    down, right = (np.take_along_axis(each, steepest, axis=-1)[..., 0] for each in (down, right))
    return np.hypot(down, right), np.arctan2(down, right) / (2 * np.pi) % 1


def histograms(images: np.ndarray, cell: int, directions: int) -> np.ndarray:
    """How much slope each cell of pixels has in each direction, a pixel's parted between the two nearest ones.

    Shapes: images (n, height, width, colours) -> (n, height // cell, width // cell, directions); height and width are
    multiples of `cell`.
    """
    steep, turn = gradients(images)
    number, row, column = np.ogrid[tuple(map(slice, steep.shape))]
    rows, columns = steep.shape[1] // cell, steep.shape[2] // cell
    first = ((number * rows + row // cell) * columns + column // cell) * directions  # each cell's first bin
    below = np.floor(turn * directions).astype(int)
    above = turn * directions - below
    found = np.zeros(len(steep) * rows * columns * directions)
    for bins, part in ((below, 1 - above), (below + 1, above)):
        found += np.bincount((first + bins % directions).ravel(), (steep * part).ravel(), len(found))
    return found.reshape(-1, rows, columns, directions).astype(np.float32)


def hog(images: np.ndarray, cell: int = 4, directions: int = 12) -> np.ndarray:
    """Histograms of oriented gradients: those of 2x2 cells each, of length 1, cut off at AT_MOST, of length 1 again.

    The blocks overlap; whether an edge goes from dark to bright counts. Shapes: images (n, height, width, colours),
    numbers from 0 on -> (n, (height / cell - 1) (width / cell - 1) 4 directions). Source: Dalal and Triggs, Histograms
    of Oriented Gradients for Human Detection, 2005, with the square root of the brightness.
    """
    cells = histograms(np.sqrt(images), cell, directions)
    rows, columns = cells.shape[1] - 1, cells.shape[2] - 1
    corners = [cells[:, down : down + rows, right : right + columns] for down in (0, 1) for right in (0, 1)]
    blocks = _to_length_1(np.concatenate(corners, axis=-1))
    return _to_length_1(np.minimum(blocks, AT_MOST)).reshape(len(images), -1)


def _to_length_1(blocks: np.ndarray) -> np.ndarray:
    return blocks / np.sqrt(np.sum(blocks**2, axis=-1, keepdims=True) + SMALLEST)


def colours(images: np.ndarray, cell: int = 4) -> np.ndarray:
    """The mean colour of each cell of pixels: (n, height, width, 3) -> (n, height / cell * width / cell * 3)."""
    count, height, width, channels = images.shape
    parts = images.reshape(count, height // cell, cell, width // cell, cell, channels)
    return parts.mean(axis=(2, 4)).reshape(count, -1)


def edges_and_colours(flat: np.ndarray) -> np.ndarray:
    """`hog` and `colours` of square colour images that come as rows of numbers, a few hundred at a time."""
    side = round((flat.shape[1] / 3) ** 0.5)
    parts = (flat[start : start + 500].reshape(-1, side, side, 3) for start in range(0, len(flat), 500))
    return np.concatenate([np.hstack([hog(each), colours(each)]) for each in parts])
