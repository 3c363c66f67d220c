"""What a shell hands over and gets back: texts, arrays, and files of predictions."""

import csv
import errno
import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .layer import listed

FORMATS = (".npy", ".csv", ".json")


def read_texts(file: BinaryIO) -> list[str]:
    """A text for each line; only a line break ends one, and a byte order mark is no part of the first."""
    try:
        text = file.read().decode().removeprefix("\ufeff")
    except OSError as error:
        raise ValueError(error.strerror) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is no UTF-8; save it as UTF-8") from error
    if "\0" in text:
        raise ValueError("holds NUL characters, so it is no text in UTF-8; save it as UTF-8")
    lines = re.split(r"\r\n?|\n", text)
    return lines if lines[-1] else lines[:-1]


def regular(path: Path) -> BinaryIO:
    """The file, open for reading; not a device or a pipe, which might never end, or never answer."""
    if path.exists() and not path.is_file():
        raise ValueError("is no regular file")
    return open(path, "rb")


def read_array(path: Path) -> np.ndarray:
    """The array of a .npy file, of which only what is needed will be read; nothing is ever unpickled."""
    with regular(path) as file:
        start = file.read(6)
    if not start:
        raise ValueError("is empty")
    if start[:2] == b"PK":
        raise ValueError("is a .npz archive of arrays; write the one that is meant with np.save")
    if start != b"\x93NUMPY":
        raise ValueError("is no .npy file, which np.save writes; texts go into a .txt file, one on each line")
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # of many kinds: numpy parses a header as Python
        if "Python objects" in str(error):
            advice = "np.array(x, dtype=np.float32) makes numbers of them, dtype=str texts"
            raise ValueError(f"holds Python objects, which are not loaded: {advice}; or write a .txt file") from error
        raise ValueError("is a damaged .npy file, cut off or changed; write it again") from error


def write(file: BinaryIO, kind: str, y: np.ndarray, names: list[str]) -> None:
    """Write the predictions: as an array, or in as few digits as tell them, with the names of the classes."""
    if kind == ".npy":
        return np.save(file, y)
    rows = (y.astype(str).astype(np.float64) if y.dtype.kind == "f" else y).tolist()
    if kind == ".json":
        text = json.dumps([dict(zip(names, row, strict=True)) for row in rows] if names else rows)
    else:
        rows, table = [listed(row) for row in rows], io.StringIO()
        csv.writer(table, lineterminator="\n").writerows([names or range(len(rows[0])), *rows])
        text = table.getvalue().removesuffix("\n")
    file.write(f"{text}\n".encode())


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` that takes its place when all is well; before that, `path` stays what it was."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".forward-{os.getpid()}")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with open(temporary, "wb") as file:
            yield file
        os.replace(temporary, target)
    except OSError as error:
        if error.filename not in (None, str(temporary)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
