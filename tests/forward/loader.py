"""Load model files in another process, and tell what each did: the file may crash, hang or flood whoever reads it.

Run as a script, this is that process: a request on each line of its input, a verdict on each line of its output.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import select
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEMORY = 4 * 2**30  # a bomb that goes off gets no further
# Keras and others may well look at the time or list a folder: these are the events by which a file could do harm.
HARMFUL = ("compile", "ctypes.", "exec", "ftplib", "http", "import", "marshal.", "open", "os.", "pickle.", "shutil.")
HARMFUL += ("socket.", "subprocess.", "tempfile.", "urllib.", "webbrowser.")


@dataclass
class Verdict:
    """What came of a file: "loaded", "refused", another error's name, or how the process ended."""

    outcome: str
    message: str = ""
    seconds: float = 0.0  # of computing, so that a busy machine does not count
    mebibytes: float = 0.0  # by how much the largest memory so far grew
    events: list[str] = field(default_factory=list)  # what was opened, imported or run, but for the file itself


class Loader:
    """A process that loads one file after the other; a new one takes its place when a file kills it."""

    def __init__(self, sound: Iterable[Path] = (), timeout: float = 5.0):
        self.sound = list(sound)  # loaded first, so that Python has imported what it imports late
        self.timeout = timeout
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def load(self, path: str | Path, weights: str | Path | None = None, x: Any = None) -> Verdict:
        """Load a model, and predict x (nested lists, or None) with it."""
        if self.process is None:
            self.process = self.start()
            for each in self.sound:
                self.load(each)
        request = {"path": str(path), "weights": weights and str(weights), "x": x}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            answered, _, _ = select.select([self.process.stdout], [], [], self.timeout)
            line = self.process.stdout.readline() if answered else b""
        except BrokenPipeError:
            line, answered = b"", True
        if line:
            return Verdict(**json.loads(line))
        code = self.stop()
        return Verdict(f"process ended with {code}" if answered else f"no answer within {self.timeout} s")

    def start(self) -> subprocess.Popen[bytes]:
        package = Path(importlib.util.find_spec("forward").origin)
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(package.parents[1])}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        return subprocess.Popen([sys.executable, __file__], env=environment, **pipes)

    def stop(self) -> int | None:
        """End the process, and return its exit code."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.stdin.close()
        try:
            return process.wait(0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
        finally:
            process.stdout.close()


def serve() -> None:
    """Answer the requests, one after the other."""
    import encodings.ascii  # noqa: F401, as h5py does when it first meets a text
    import warnings

    import numpy as np

    import forward
    from forward.fast.threads import BLAS

    with BLAS:
        pass  # the first one looks for numpy's BLAS among the libraries of this process
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    events: list[tuple[str, str]] = []
    sys.addaudithook(lambda event, args: events.append((event, str(args[:1])[:200])))

    def attempt(path: str, weights: str | None, x: Any) -> tuple[str, str]:
        try:
            model = forward.load_model(path, weights=weights) if weights else forward.load_model(path)
        except forward.ModelFileError as error:
            return "refused", str(error)
        except Exception as error:
            return type(error).__name__, str(error)
        try:
            if x is not None:
                model.predict(np.asarray(x))
        except ValueError:
            pass
        except Exception as error:
            return f"loaded, then {type(error).__name__}", str(error)
        return "loaded", ""

    for line in sys.stdin:
        request = json.loads(line)
        before, start = largest_memory(), time.process_time()
        events.clear()
        outcome, message = attempt(**request)
        seconds, found = time.process_time() - start, list(events)
        own = {("open", str((request[key],))[:200]) for key in ("path", "weights")}
        harm = [" ".join(each) for each in found if each[0].startswith(HARMFUL) and each not in own]
        verdict = Verdict(outcome, message, seconds, largest_memory() - before, harm)
        print(json.dumps(vars(verdict)), flush=True)


def largest_memory() -> float:
    """The most memory that this process had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    serve()
