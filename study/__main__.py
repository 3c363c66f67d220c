"""The command line behind the Makefile: python -m study {data,tune,train,keep,report,verify,status,batch,...}.

Each command loads what it needs, and no more: `data` neither optuna nor nbconvert, `--help` nothing.
"""

from __future__ import annotations

import argparse
import shlex
import sys

from .architectures import ARCHITECTURES
from .errors import ClusterError, DataError, GridError, MismatchError, NotebookError, TrainingError
from .names import SOURCES
from .profiles import BUDGETS
from .stopping import last_words, listen

STATUS = {1: (MismatchError, NotebookError, TrainingError), 2: (ClusterError, DataError, GridError, OSError)}
GRID = "notebooks/languages.yaml"
ON_A_CLUSTER = ("batch", "report", "train")
PROFILES = "how much is trained; tiny takes every path once, for tests: no result of it is worth reading"


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 if it worked, 1 if a training, a notebook or a check failed, 2 for bad use, bad data or grid, a full disk, a
    folder that cannot be written to or a cluster that cannot be used; if stopped, 130 by Ctrl-C and 143 by SIGTERM.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.scheduler and options.command not in ON_A_CLUSTER:
        parser.error(f"{options.command} does not train on a cluster: SCHEDULER= is for {', '.join(ON_A_CLUSTER)}")
    last_words.begin(_again(parser, options))
    architectures = [options.arch] if options.arch else list(ARCHITECTURES)
    try:
        COMMANDS[options.command](architectures, options)
    except BaseException as error:
        # Whatever a library makes of an interrupt, in joblib's case a RuntimeError: to be stopped is what happened.
        if isinstance(error, KeyboardInterrupt) or last_words.signal:
            return last_words.say()
        for status, kinds in STATUS.items():
            if isinstance(error, kinds):
                print(f"error: {error}", file=sys.stderr)
                return status
        raise
    return 0


def _again(parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """The command that goes on where this one is, as short as it can be said: by make if that started it."""
    changed = {name: value for name, value in vars(options).items() if value != parser.get_default(name)}
    command = changed.pop("command")
    if command in ("report", "status", "train"):
        changed = {"profile": options.profile, **changed}
    by_make = last_words.by_make
    texts = [f"{name.upper()}=" if by_make else f"--{name} " for name in changed]
    words = [f"{text}{shlex.quote(str(value))}" for text, value in zip(texts, changed.values(), strict=True)]
    return " ".join(["make" if by_make else "python -m study", command, *words])


def _data(architectures: list[str], options: argparse.Namespace) -> None:
    from . import datasets

    for name in dict.fromkeys(ARCHITECTURES[each].dataset for each in architectures):
        print(datasets.load(name, options.data, "real").source)


def _tune(architectures: list[str], options: argparse.Namespace) -> None:
    from . import datasets, tune
    from .files import check_writable

    check_writable(tune.TRIALS_DIR)
    for name in architectures:
        data = datasets.load(ARCHITECTURES[name].dataset, options.data, options.source)
        found = tune.tune(name, data)
        print(f"{name}: the best of {len(found)} trials is {tune.chosen(found)}")
        if tune.chosen(found).items() <= ARCHITECTURES[name].training.items():
            rules = tune.compare_rules(name, data)[[*tune.RULES]].mean()
            print(f"{name}: with these settings each rule gives {rules.round(4).to_dict()}")
        else:
            print(f"{name}: put them into its file, and the same command compares the rules with them")


def _train(architectures: list[str], options: argparse.Namespace) -> None:
    from . import report

    report.train(architectures, options.profile, options.data, options.source, options.out, scheduler=options.scheduler)


def _report(architectures: list[str], options: argparse.Namespace) -> None:
    from . import report

    place = report.make(
        architectures, options.profile, options.data, options.source, options.out, scheduler=options.scheduler
    )
    print(f"report: {place.reports / 'index.html'}")


def _keep(architectures: list[str], options: argparse.Namespace) -> None:
    from . import datasets, unfinished
    from .runs import Place

    names = dict.fromkeys(ARCHITECTURES[each].dataset for each in architectures)
    source = datasets.choose_source(names, options.data, options.source)  # once for all, as training does
    wrong = []
    for name in architectures:
        data = datasets.load(ARCHITECTURES[name].dataset, options.data, source)
        try:
            print(unfinished.keep(name, data, Place(options.profile, data.is_sample, options.out)), flush=True)
        except MismatchError as error:  # keeps no other architecture from being kept
            wrong.append(str(error))
    if wrong:
        raise MismatchError("\n".join(wrong))


def _verify(architectures: list[str], options: argparse.Namespace) -> None:
    from . import verify
    from .runs import Place

    for line in verify.tell(architectures, options.data, "real", Place("full", False, options.out)):
        print(line, flush=True)


def _batch(architectures: list[str], options: argparse.Namespace) -> None:
    from pathlib import Path

    from . import batch

    print(f"batch: {batch.make(Path(options.grid), options.data, options.source, options.out, options.scheduler)}")


def _readme(architectures: list[str], options: argparse.Namespace) -> None:
    from .show import docs

    print(*docs.write(), sep="\n")


def _publish(architectures: list[str], options: argparse.Namespace) -> None:
    from . import publish
    from .runs import Place

    print(*publish.files(Place("full", False, options.out)), sep="\n")


def _status(architectures: list[str], options: argparse.Namespace) -> None:
    from . import status

    print(status.tell(architectures, options.profile, options.source, options.out))


COMMANDS = {
    "data": _data,
    "tune": _tune,
    "train": _train,
    "report": _report,
    "keep": _keep,
    "verify": _verify,
    "batch": _batch,
    "status": _status,
    "readme": _readme,
    "publish": _publish,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=tuple(COMMANDS))
    parser.add_argument("--profile", choices=list(BUDGETS), default="quick", help=PROFILES)
    parser.add_argument("--data", default="data", metavar="FOLDER", help="where the real data lies or goes")
    parser.add_argument("--source", choices=SOURCES, default="auto")
    parser.add_argument("--arch", choices=["", *ARCHITECTURES], default="", help="one architecture only")
    parser.add_argument("--out", default=".", metavar="FOLDER", help="where weights/, figures/ and reports/ go")
    parser.add_argument("--grid", default=GRID, metavar="FILE", help="of batch: the notebooks' parameters, as YAML")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="train on its Dask cluster: tcp://host:8786")
    return parser


if __name__ == "__main__":
    listen()
    sys.exit(main())
