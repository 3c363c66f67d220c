"""Files that appear whole or not at all, and their checksums."""

import errno
import fcntl
import glob
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; it becomes `path` only if the block succeeds.

    What a process that was killed in such a block has left for this path is taken away.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.glob(f".[0-9]*-{glob.escape(path.name)}"):
        if not _is_running(other.name[1:].partition("-")[0]):
            other.unlink(missing_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        with naming_a_full_disk(path):
            yield temporary
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_running(process: str) -> bool:
    """Whether there may be a process of this number; only where there is surely none, False."""
    try:
        os.kill(int(process), 0)  # no signal, only the question
    except ProcessLookupError:
        return False
    except (OSError, OverflowError, ValueError):  # another user's, or no number
        return True
    return True


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process is in such a block for this folder: of two that change a file, neither is lost."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # ends with the process, whatever ends that
        yield
    finally:
        os.close(handle)


@contextmanager
def naming_a_full_disk(path: Path) -> Iterator[None]:
    """Say which file did not fit when the disk is full, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise OSError(errno.ENOSPC, "the disk is full; free some space and start again", str(path)) from error


def check_writable(path: Path) -> None:
    """Raise an OSError that names the folder `path` if no file can be put into it, or it cannot be made.

    A file without a name is made where the path exists so far: that leaves nothing.
    """
    there = next(each for each in (path, *path.parents) if each.exists())
    try:
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
