"""What took long to compute, kept in a file and used again as long as nothing that it was computed from changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .files import whole

Arrays = dict[str, np.ndarray]


def kept(path: Path, mark: str, compute: Callable[[], Arrays]) -> Arrays:
    """The arrays that `path` holds under this mark, or else those that `compute` gives, which are then kept there.

    `mark` is the fingerprint of all that decides the arrays.
    """
    if (arrays := read(path, mark)) is None:
        arrays = compute()
        with whole(path) as part, part.open("wb") as file:
            np.savez_compressed(file, mark=mark, **arrays)
    return arrays


def read(path: Path, mark: str) -> Arrays | None:
    """The arrays kept under this mark; None if the file is not there, damaged, or of another mark."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays if str(arrays.pop("mark")) == mark else None
    except Exception:  # whatever may be wrong with a file that can be made again: it is made again
        return None
