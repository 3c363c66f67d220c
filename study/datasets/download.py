"""Files from a data set's official home: each with its checksum, put into place when it is whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DataError, UnreachableError
from ..files import atomic_write, check_writable, sha256, temporary
from ..progress import progress

TIMEOUT = (10, 30)  # seconds to connect, and to wait for the next bytes
ATTEMPTS = 4
PAUSE = 1  # seconds after the first attempt; after the next ones twice as long each time
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)  # what a server answers that may work a little later


def file(url: str, digest: str, path: Path) -> None:
    """Fetch one file with its checksum.

    A server that cannot be reached, does not answer, or ends too early is asked again, after growing pauses. Raises
    UnreachableError if that does not help, or a web page comes instead (a proxy's login), DataError if the checksum is
    wrong, OSError if the disk is full or the folder cannot be written to. In each case nothing is left.
    """
    with _folder_of(path), atomic_write(path) as part:
        _fetch(url, digest, path, part)


@contextmanager
def for_now(url: str, digest: str, path: Path) -> Iterator[Path]:
    """Like `file`, for a file that is needed in this block alone; gives where it lies."""
    with _folder_of(path), temporary(path) as part:
        _fetch(url, digest, path, part)
        yield part


def _fetch(url: str, digest: str, path: Path, part: Path) -> None:
    import requests
    import tenacity

    attempt = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(PAUSE),
        before_sleep=lambda state: print(
            f"{url}: {_reason(state.outcome.exception())}; again in {state.upcoming_sleep:g} s", file=sys.stderr
        ),
        reraise=True,
    )
    try:
        attempt(_fetch_once, url, path.name, part)
    except requests.RequestException as error:
        raise UnreachableError(f"{path} is missing and {url} cannot be reached ({_reason(error)})") from error
    with part.open("rb") as start:
        if start.read(1000).lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise UnreachableError(
                f"{path} is missing and {url} cannot be reached (a web page came instead: a proxy's login?)"
            )
    if sha256(part) != digest:
        raise DataError(f"{path}: what {url} sent does not have the checksum sha256:{digest}")


def _fetch_once(url: str, name: str, part: Path) -> None:
    import pooch

    with progress(total=1, unit="B", unit_scale=True, desc=name) as bar:  # pooch sets the real total
        pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)(url, str(part), None)


def _may_pass(error: BaseException) -> bool:
    """Whether another attempt may help: the server answered nothing, too little, or that it cannot just now."""
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response.status_code in TRANSIENT
    return isinstance(error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError)


def _reason(error: BaseException) -> str:
    """Why a download failed, in a few words."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"it answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"no answer for {TIMEOUT[1]} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection ended too early"
    return type(error).__name__


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
