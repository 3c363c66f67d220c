"""The data sets' official homes: what is downloaded, with checksums, and put into place when it is whole."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from .errors import DataError, UnreachableError
from .files import check_writable, folder, naming_a_full_disk, whole
from .progress import progress

CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
CIFAR10_BATCH = 10_000  # images in each file of the archive

NUSAX_URL = (
    "https://raw.githubusercontent.com/IndoNLP/nusax/75b0be5d982348332509f296e10d9bf9cb66d60f/"
    "datasets/sentiment/indonesian/"
)
NUSAX_SHA256 = {
    "train": "698c4802111085c14fbe35122957e1145338d307bcc295764026a23095a32984",
    "valid": "4049c4a53017e08db72c72e1907345bfdfc19385481c58f54fe4637073d813f9",
    "test": "43b612ed6fde972c752ab9fa8b2ce290d9ffa06b176b732fcef2a947cb94a161",
}
TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes


def fetch(name: str, data_dir: str | Path = "data") -> None:
    """Download a data set from its official home into `data_dir`, unless it is there.

    Raises UnreachableError if the server cannot be reached, DataError if a checksum is wrong, OSError if the
    disk is full or the folder cannot be written. What is made of the images notes the archive's checksum beside
    them, as `made_from`: `study.data` knows them by it.
    """
    target = folder(data_dir)
    if name == "cifar10" and not (target / "cifar10.npz").exists():
        archive = _download(CIFAR10_URL, CIFAR10_SHA256, target / "cifar-10-binary.tar.gz")
        with whole(target / "cifar10.npz") as part:
            np.savez(part, **_unpack_cifar10(archive), made_from=CIFAR10_SHA256)
        archive.unlink()
    if name == "nusax":
        for split, digest in NUSAX_SHA256.items():
            path = target / "nusax" / f"{split}.csv"
            if not path.exists():
                _download(f"{NUSAX_URL}{split}.csv", digest, path)


def _download(url: str, digest: str, path: Path) -> Path:
    """Fetch one file with its checksum; pooch writes to a temporary name and moves it when it is whole."""
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")  # the bar says it all
    try:
        # pooch sets the real total
        with (
            _folder_of(path),
            naming_a_full_disk(path),
            progress(total=1, unit="B", unit_scale=True, desc=path.name) as bar,
        ):
            downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)
            pooch.retrieve(url, known_hash=f"sha256:{digest}", fname=path.name, path=path.parent, downloader=downloader)
    except requests.RequestException as error:
        raise UnreachableError(f"{path} is missing and {url} cannot be reached ({type(error).__name__})") from error
    except ValueError as error:  # pooch: the hash does not match; it has thrown the file away
        raise DataError(f"{path}: what {url} sent does not have the checksum sha256:{digest}") from error
    return path


@contextmanager
def _folder_of(path: Path) -> Iterator[None]:
    """Make the folder of a file; if the block fails, what was made for it and is empty goes again."""
    check_writable(path.parent)
    made = [each for each in (path.parent, *path.parent.parents) if not each.exists()]  # the innermost first
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):  # something is in it
                each.rmdir()
        raise


def _unpack_cifar10(archive: Path) -> dict[str, np.ndarray]:
    """The official binary archive -> x and y of both splits.

    Each record of its files is one label byte, then 3072 bytes: 32x32 red, green, blue.
    """
    files = {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]}
    with tarfile.open(archive) as tar:
        members = {Path(member.name).name: member for member in tar if member.isfile()}
        arrays = {}
        for split, names in files.items():
            parts = []
            for name in names:
                if name not in members or members[name].size != CIFAR10_BATCH * 3073:
                    raise DataError(f"{archive}: {name} is missing or has the wrong size")
                parts.append(np.frombuffer(tar.extractfile(members[name]).read(), np.uint8).reshape(-1, 3073))
            records = np.concatenate(parts)
            arrays[f"x_{split}"] = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            arrays[f"y_{split}"] = records[:, 0]
    return arrays
