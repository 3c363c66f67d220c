"""Files from a data set's official home: each with its checksum, put into place when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DataError, UnreachableError
from ..files import check_writable, saying_what_to_do
from ..progress import progress

TIMEOUT = (10, 60)  # seconds to connect, and to wait for the next bytes


def file(url: str, digest: str, path: Path) -> Path:
    """Fetch one file with its checksum; pooch writes to a temporary name and moves it when it is whole.

    Raises UnreachableError if the server cannot be reached, DataError if the checksum is wrong, OSError if the
    disk is full or the folder cannot be written.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")  # the bar says it all
    try:
        # pooch sets the real total
        with (
            _folder_of(path),
            saying_what_to_do(path),
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
