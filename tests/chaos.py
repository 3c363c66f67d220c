"""Kill `make report` at random moments, again and again: is anything lost? Run by hand; `--help` says how.

Each round begins in an empty copy of the project and goes on until the command ends by itself. Then everything must be
as in the reference, an unbroken run: the weights of every network and all tables to the last digit, times apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import psutil

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ("Makefile", "pyproject.toml", "requirements.txt", "study", "forward", "notebooks", "reports")
RESULTS = ("weights/tiny-sample", "reports/tiny-sample", "figures/tiny-sample")
MARK = "BELONGS_TO"  # in the environment of every process that was started here
EPOCHS = 4  # of each training: more than the profile `tiny` has
ORPHAN = 60  # seconds after which what is left will not end by itself
ENDINGS = {".html": b"</html>", ".pdf": b"%%EOF", ".png": b"IEND\xaeB`\x82", ".ipynb": b"}"}
OF_ITS_TIME = ("train_s", "finished", "model_sha256", "record_sha256")  # of a record
# Victim: its signal, and by what its command line is known; "all" is what a terminal's Ctrl-C reaches.
VICTIMS = {
    "make": (signal.SIGKILL, "make"),
    "driver": (signal.SIGKILL, "-m study"),
    "worker": (signal.SIGKILL, "LokyProcess"),
    "kernel": (signal.SIGKILL, "ipykernel_launcher"),
    "driver, SIGTERM": (signal.SIGTERM, "-m study"),
    "driver, SIGINT": (signal.SIGINT, "-m study"),
    "all, SIGINT": (signal.SIGINT, ""),
    "all": (signal.SIGKILL, ""),
}
STAYS = ("worker", "kernel")  # without them the command goes on, or says that it could not
AIMS = (".keras", ".json", ".state.npz", ".check.npz", ".csv", ".ipynb", ".html", ".pdf")  # kill as such a file appears


@dataclass
class Tally:
    """What is told at the end."""

    kills: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    orphans: int = 0
    longest: float = 0.0
    rounds: int = 0

    def say(self, line: str, wrong: bool = False) -> None:
        print(f"{time.strftime('%H:%M:%S')} {'WRONG: ' if wrong else ''}{line}", flush=True)
        if wrong:
            self.wrong.append(line)


@dataclass
class Kill:
    """Who is killed, anyone if it is "", and when: as a file with such an ending appears, or after so many seconds."""

    victim: str
    seconds: float
    aim: str
    chance: random.Random


class Copy:
    """A copy of the project in which the command runs; its trainings have EPOCHS epochs, whoever asks."""

    def __init__(self, folder: Path, command: tuple[str, ...], only: tuple[str, ...] = ()):
        self.folder, self.command, self.log = folder, command, folder / "log"
        folder.mkdir(parents=True)
        for name in PROJECT:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
        (folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
        (folder / "tmp").mkdir()
        (folder / "ready").touch()
        profiles = folder / "study" / "profiles.py"
        profiles.write_text(profiles.read_text().replace("epochs=1,", f"epochs={EPOCHS},"))
        if only:  # groups of variants
            with (folder / "study" / "architectures" / "__init__.py").open("a") as file:
                file.write(f"\nfor each in ARCHITECTURES.values():\n    for group in {{*each.groups}} - {{*{only}}}:\n")
                file.write("        del each.groups[group]\n")

    def start(self, mark: str) -> subprocess.Popen:
        """The command, in a session of its own; the copy is no reason for make to set anything up."""
        same = {"HERE": "here", "MADE_AS": "here", "READY": "ready"}
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        mine = {MARK: mark, "PYTHONPATH": str(self.folder), "TMPDIR": str(self.folder / "tmp"), "DATA": "none"}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["make", "-e", *self.command, "PROFILE=tiny", "SOURCE=sample"],
                cwd=self.folder,
                env=os.environ | same | threads | mine,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def files(self) -> list[Path]:
        return [path for name in RESULTS for path in (self.folder / name).rglob("*") if path.is_file()]

    def finished(self) -> dict[str, str]:
        """{record: when its run was finished}."""
        found = {}
        for path in self.files():
            if path.suffix == ".json" and path.with_suffix(".keras").exists() and not path.name.startswith("."):
                found[str(path.relative_to(self.folder))] = json.loads(path.read_text())["finished"]
        return found

    def clear(self) -> None:
        for name in RESULTS:
            shutil.rmtree(self.folder / name, ignore_errors=True)


def processes(mark: str) -> list[psutil.Process]:
    """All that descend from a command, whatever became of their parents."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.environ().get(MARK) == mark and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
        except psutil.Error:
            continue
    return found


def damage(path: Path) -> str:
    """What is wrong with a file, empty if it is whole; temporary files may be anything."""
    if path.name.startswith(".") or path.suffix in (".lock", ""):
        return ""
    try:
        match path.suffix:
            case ".json":
                record = json.loads(path.read_text())
                if not path.name.endswith(".progress.json"):
                    return "" if record["model_sha256"] == _sha256(path.with_suffix(".keras")) else "another model's"
            case ".keras":
                return zipfile.ZipFile(path).testzip() or ""
            case ".npz":
                with np.load(path, allow_pickle=False) as file:
                    [file[name] for name in file.files]
            case ".csv":
                return "" if len(pd.read_csv(path)) and path.read_bytes().endswith(b"\n") else "no rows, or half a one"
            case suffix if suffix in ENDINGS:
                return "" if path.read_bytes().rstrip().endswith(ENDINGS[suffix]) else "half"
            case _:
                return "of no kind that is known here"
    except FileNotFoundError:
        return "" if not path.exists() else "its model is gone"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def under_way(copy: Copy, alive: list[psutil.Process]) -> str:
    """What the command was doing, in words."""
    lines = [" ".join(_command(each)) for each in alive]
    told = []
    for path in (copy.folder / RESULTS[0]).rglob("*.progress.json"):
        try:
            so_far = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        told.append(f"{path.parent.name} {so_far['epoch']}/{so_far['epochs']}")
    there = f"{len(copy.finished())} runs there"
    if any("ipykernel" in line for line in lines):
        return f"notebooks, {there}"
    if any("LokyProcess" in line for line in lines):
        return f"{', '.join(sorted(told)) or 'workers'}, {there}"
    return f"one process, {there}"


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return [""]


def choose(alive: list[psutil.Process], wanted: str, chance: random.Random) -> tuple[str, list[psutil.Process]] | None:
    """A kind of victim that is there, the `wanted` one or any, and one of that kind; None if it is not there."""
    lines = {each: " ".join(_command(each)) for each in alive}
    kinds = {
        kind: [each for each, line in lines.items() if known in line and (known != "make" or line.startswith("make"))]
        for kind, (_, known) in VICTIMS.items()
    }
    kinds = {kind: some for kind, some in kinds.items() if some and wanted in ("", kind)}
    if not kinds:
        return None
    kind = chance.choice(sorted(kinds))
    some = sorted(kinds[kind], key=lambda each: each.pid)
    return kind, some if kind.startswith("all") else [chance.choice(some)]


def wait_for_the_moment(copy: Copy, command: subprocess.Popen, seconds: float, aim: str) -> str:
    """Wait for so many seconds, or until such a file appears or changes; says which."""
    end, before = time.time() + seconds, {path: path.stat().st_mtime_ns for path in copy.files()} if aim else {}
    while time.time() < end and command.poll() is None:
        time.sleep(0.005 if aim else min(0.05, max(0, end - time.time())))
        for path in copy.files() if aim else ():
            try:
                if path.name.endswith(aim) and path.stat().st_mtime_ns != before.get(path):
                    return f"as {path.name} appears"
            except OSError:
                continue
    return f"after {seconds:.1f} s"


def end_of(mark: str, command: subprocess.Popen, tally: Tally, patience: float) -> float:
    """How long it takes until nothing of a command is left; what is left after `patience` is wrong, and told.

    What is still there after ORPHAN seconds is ended here.
    """
    start, told = time.time(), False
    while (left := processes(mark)) and time.time() < start + ORPHAN:
        if time.time() > start + patience and not told:
            told = True
            for each in left:
                tally.say(f"left after {patience} s: {each.pid} {' '.join(_command(each))[:150]}", wrong=True)
        time.sleep(0.05)
    took = time.time() - start
    tally.longest, tally.orphans = max(tally.longest, took), tally.orphans + len(left)
    for each in left:
        each.kill()
    command.wait()
    return took


def look_over(copy: Copy, known: dict[str, str], tally: Tally) -> None:
    """Every file is whole, and no run that had finished is lost or was trained again."""
    for path in copy.files():
        if found := damage(path):
            tally.say(f"{path.relative_to(copy.folder)}: {found}", wrong=True)
        if ".damaged" in path.name:
            tally.say(f"{path.relative_to(copy.folder)} was set aside", wrong=True)
    now = copy.finished()
    for name, finished in known.items():
        if now.get(name) != finished:
            tally.lost += 1
            tally.say(f"{name} was finished {finished}, now {now.get(name)}", wrong=True)
    known.update(now)


def kill_one(copy: Copy, command: subprocess.Popen, mark: str, kill: Kill, tally: Tally, patience: float) -> bool:
    """Kill a victim; whether the command is over."""
    moment = wait_for_the_moment(copy, command, kill.seconds, kill.aim)
    alive = processes(mark)
    chosen = choose(alive, kill.victim, kill.chance)
    if chosen is None or command.poll() is not None:
        return command.poll() is not None
    kind, some = chosen
    doing = under_way(copy, alive)
    for each in some:
        with suppress(psutil.NoSuchProcess):
            each.send_signal(VICTIMS[kind][0])
    tally.kills[kind] += 1
    line = f"kill {tally.kills.total()}, {moment}: {kind} ({doing})"
    if kind in STAYS:
        tally.say(line)
        return False
    took = end_of(mark, command, tally, patience)
    tally.say(f"{line}; all ended after {took:.1f} s, make's status {command.returncode}")
    return True


def compare(copy: Copy, reference: Copy, tally: Tally) -> None:
    """What a round left, beside the reference: weights, records, tables; and nothing that is temporary."""
    names = {path.relative_to(reference.folder) for path in reference.files()}
    mine = {path.relative_to(copy.folder) for path in copy.files()}
    for name in sorted(names ^ mine):
        tally.say(f"{name} is there {'too much' if name in mine else 'no more'}", wrong=True)
    for name in sorted(names & mine):
        ours, theirs = copy.folder / name, reference.folder / name
        same = True
        if name.suffix == ".keras":
            ours, theirs = weights(ours), weights(theirs)
            same = ours.keys() == theirs.keys() and all(np.array_equal(ours[each], theirs[each]) for each in ours)
        elif name.suffix == ".json":
            same = str(record(ours)) == str(record(theirs))  # as text: NaN is NaN
        elif name.suffix == ".csv":
            same = table(ours).equals(table(theirs))
        if not same:
            tally.say(f"{name} is not as in the reference", wrong=True)


def weights(path: Path) -> dict[str, np.ndarray]:
    """{name: values} of all that a model's file holds."""
    found = {}
    with zipfile.ZipFile(path) as file, h5py.File(file.open("model.weights.h5")) as groups:
        groups.visititems(lambda name, each: found.update({name: each[()]}) if isinstance(each, h5py.Dataset) else None)
    return found


def record(path: Path) -> dict:
    return {key: value for key, value in json.loads(path.read_text()).items() if key not in OF_ITS_TIME}


def table(path: Path) -> pd.DataFrame:
    found = pd.read_csv(path)
    return found[[name for name in found if not name.endswith("_s")]]


def at_random(chance: random.Random, longest: float) -> Iterator[Kill]:
    """Any victim, at any moment, or as a file appears."""
    while True:
        yield Kill("", chance.uniform(0.2, longest), chance.choice(["", "", *AIMS]), chance)


def one_round(copy: Copy, kills: Iterator[Kill], most: int, tally: Tally, patience: float = 5) -> None:
    """Start the command in an empty copy until it ends by itself; killed until there were `most` kills in all."""
    copy.clear()
    known, done, starts = {}, False, 0
    while not done:
        starts += 1
        mark = f"{copy.folder} {tally.rounds} {starts}"
        command, over = copy.start(mark), False
        while not over and tally.kills.total() < most:
            over = kill_one(copy, command, mark, next(kills), tally, patience)
        done = command.wait() == 0
        end_of(mark, command, tally, patience)
        look_over(copy, known, tally)
    tally.rounds += 1
    tally.say(f"round {tally.rounds}: finished after {starts} starts, {len(known)} runs")


def two_at_once(copy: Copy, reference: Copy, tally: Tally, patience: float) -> None:
    """Two commands in one copy; the one that trains is killed as a model appears: the other goes on and finishes."""
    copy.clear()
    marks = [f"{copy.folder} {each} of two" for each in ("one", "other")]
    first = copy.start(marks[0])
    wait_for_the_moment(copy, first, ORPHAN, ".progress.json")
    second = copy.start(marks[1])
    kill_one(copy, first, marks[0], Kill("all", 5 * ORPHAN, ".keras", random.Random()), tally, patience)
    if second.wait() != 0:
        tally.say(f"the second of two ended with {second.returncode}", wrong=True)
    end_of(marks[1], second, tally, patience)
    look_over(copy, {}, tally)
    compare(copy, reference, tally)
    tally.say("two at once: the second finished")


def after_a_loss_of_power(copy: Copy, reference: Copy, tally: Tally, patience: float) -> None:
    """The newest files are cut, as a loss of power may leave them: they are named, set aside and made again."""
    models = sorted((path for path in copy.files() if path.suffix == ".keras"), key=lambda path: path.stat().st_mtime)
    half, empty = models[-1], models[-2].with_suffix(".json")
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    empty.write_bytes(b"")
    told = copy.log.stat().st_size
    mark = f"{copy.folder} power"
    command = copy.start(mark)
    if command.wait() != 0:
        tally.say(f"after a loss of power the command ended with {command.returncode}", wrong=True)
    end_of(mark, command, tally, patience)
    said = copy.log.read_bytes()[told:].decode()
    for path in (half, empty):
        if str(path) not in said or not any(path.parent.glob(f"{path.name}.damaged*")):
            tally.say(f"{path} was cut, and is not named and set aside", wrong=True)
    for path in models:  # a model whose record was cut is set aside, too
        for each in path.parent.glob("*.damaged*"):
            each.unlink()
    look_over(copy, {}, tally)
    compare(copy, reference, tally)
    tally.say("after a loss of power: made again")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", nargs="+", default=["report", "ARCH=lstm"], help="what make is to do")
    parser.add_argument("--only", nargs="*", default=[], help="groups of variants, for `train` alone; all by default")
    parser.add_argument("--longest", type=float, default=20, help="seconds from a start to a kill, at most")
    parser.add_argument("--patience", type=float, default=5, help="seconds within which all must have ended")
    parser.add_argument("--out", type=Path, help="where the copies of the project go; a temporary folder by default")
    options = parser.parse_args(arguments)
    out = Path(tempfile.mkdtemp(dir=options.out, prefix="chaos-"))
    tally, start = Tally(), time.time()
    reference, copy = (
        Copy(out / name, tuple(options.command), tuple(options.only)) for name in ("reference", "killed")
    )
    if reference.start(f"{out} reference").wait() != 0:
        tally.say(f"the reference failed: {reference.log.read_text()[-2000:]}", wrong=True)
        return 1
    tally.say(f"reference: {len(reference.finished())} runs in {time.time() - start:.0f} s, in {reference.folder}")
    kills = at_random(random.Random(options.seed), options.longest)
    while tally.kills.total() < options.kills:
        one_round(copy, kills, options.kills, tally, options.patience)
        compare(copy, reference, tally)
    two_at_once(copy, reference, tally, options.patience)
    after_a_loss_of_power(copy, reference, tally, options.patience)
    left = sorted(path.name for path in (copy.folder / "tmp").iterdir())
    print(f"{tally.kills.total()} kills in {tally.rounds} rounds: {dict(tally.kills)}")
    print(f"runs lost: {tally.lost}; orphans: {tally.orphans}; longest time to die: {tally.longest:.1f} s")
    print(f"wrong: {len(tally.wrong)}; left in the system's temporary folder: {len(left)} {left[:9]}")
    print(*tally.wrong, sep="\n")
    return bool(tally.wrong)


if __name__ == "__main__":
    sys.exit(main())
