"""Files that appear whole or not at all, and their checksums."""

import errno
import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ".[0-9]*@*@*"  # temporary files: .<process>@<host>@<name>
OLD = 7 * 86400  # seconds after which one belongs to nobody, whatever runs
WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full; free some space and start again",
    errno.EDQUOT: "all the room that this user may take on the disk is taken; free some and start again",
    errno.EFBIG: "the file is larger than the system lets a file be; see `ulimit -f`",
    errno.EROFS: "this file system cannot be written to; name another folder, or make it writable",
    errno.EACCES: "no permission to write here; name another folder, or ask its owner",
    errno.EPERM: "no permission to write here; name another folder, or ask its owner",
}
FULL = (errno.ENOSPC, errno.EDQUOT)
UNNAMED = (*FULL, errno.EFBIG)  # writing fails so, and does not name the file


@contextmanager
def atomic_write(path: Path, lasting: bool = True) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; it becomes `path` only if the block succeeds.

    After that it survives a loss of power, unless it is not `lasting`: waiting for the disk takes some milliseconds.
    """
    with temporary(path) as part:
        yield part
        if lasting:
            _to_disk(part)
        os.replace(part, path)
        if lasting:
            _to_disk(path.parent)  # the name


@contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to, and take away what is there after the block."""
    part = path.with_name(f".{os.getpid()}@{platform.node()}@{path.name}")
    try:
        with saying_what_to_do(path, part):
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(path.parent.glob(PARTS))
            yield part
    finally:
        with suppress(OSError):
            part.unlink()


def _to_disk(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk and not only on their way to it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(*folders: Path) -> None:
    """Take away what processes that were killed have left in these folders, half written."""
    for each in folders:
        _sweep(each.rglob(PARTS))


def _sweep(parts: Iterable[Path]) -> None:
    for each in parts:
        process, host, _ = each.name[1:].split("@", 2)
        with suppress(OSError):  # another was faster, or may and we may not
            dead = host == platform.node() and not _is_running(process)
            if dead or each.stat().st_mtime < time.time() - OLD:
                each.unlink()


def _is_running(process: str) -> bool:
    """Whether there may be a process of this number on this host; only where there is surely none, False."""
    try:
        os.kill(int(process), 0)  # no signal, only the question
    except ProcessLookupError:
        return False
    except (OSError, OverflowError, ValueError):  # another user's, or no number
        return True
    return True


def set_aside(path: Path) -> Path:
    """Rename a file to <name>.damaged, or <name>.damaged-2 and so on: nothing is lost."""
    names = (f"{path.name}.damaged{number}" for number in ("", *(f"-{n}" for n in range(2, 10_000))))
    aside = next(each for each in map(path.with_name, names) if not each.exists())
    with saying_what_to_do(path):
        return path.rename(aside)


@contextmanager
def saying_what_to_do(path: Path, part: Path | None = None) -> Iterator[None]:
    """Where `path` cannot be written, name it and not the temporary file, and say what to do.

    What went wrong with another file in this block is not changed.
    """
    try:
        yield
    except OSError as error:
        written = error.filename is None and error.errno in UNNAMED
        mine = written or error.filename in map(str, (part, path, *path.parents))
        if error.errno not in WHAT_TO_DO or not mine:
            raise
        raise OSError(error.errno, WHAT_TO_DO[error.errno], str(path)) from error


def check_writable(path: Path) -> None:
    """Raise an OSError that names the folder `path` if no file can be put into it, or it cannot be made.

    A file without a name is made where the path exists so far: that leaves nothing.
    """
    try:
        there = next(each for each in (path, *path.parents) if each.exists())
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        reason = os.strerror(error.errno)
        raise OSError(error.errno, f"this folder cannot be written to ({reason}); name another", str(path)) from error


def sha256(*paths: Path) -> str:
    """The SHA-256 of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest()


def folder(path: str | Path) -> Path:
    """A folder as a user names it; a relative one starts at the project, wherever the notebook was started."""
    return ROOT / Path(path).expanduser()
