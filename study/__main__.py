"""The command line behind the Makefile: python -m study {data,tune,train,report}."""

from __future__ import annotations

import argparse
import sys

from . import data, download, report, tune
from .training import TrainingError
from .variants import ARCHITECTURES, BUDGETS


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 if it worked, 1 if a training or a notebook failed, 2 for bad use, bad data or a full disk, 130 if stopped.
    """
    options = _parser().parse_args(arguments)
    architectures = [options.arch] if options.arch else list(ARCHITECTURES)
    settings = (architectures, options.profile, options.data, options.source, options.out)
    try:
        if options.command == "data":
            for name in dict.fromkeys(ARCHITECTURES[each].dataset for each in architectures):
                print(data.load(name, options.data, "real").source)
            return 0
        if options.command == "tune":
            for name in architectures:
                found = tune.tune(name, data.load(ARCHITECTURES[name].dataset, options.data, options.source))
                print(f"{name}: the best of {len(found)} trials is {tune.chosen(found)}")
        elif options.command == "train":
            report.train(*settings)
        else:
            print(f"report: {report.make(*settings).reports / 'index.html'}")
    except (report.NotebookError, TrainingError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (download.DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; every network that had finished training is kept", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m study", description=__doc__)
    parser.add_argument("command", choices=("data", "tune", "train", "report"))
    parser.add_argument("--profile", choices=list(BUDGETS), default="quick")
    parser.add_argument("--data", default="data", metavar="FOLDER", help="where the real data lies or goes")
    parser.add_argument("--source", choices=data.SOURCES, default="auto")
    parser.add_argument("--arch", choices=["", *ARCHITECTURES], default="", help="one architecture only")
    parser.add_argument("--out", default=".", metavar="FOLDER", help="where weights/, figures/ and reports/ go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
