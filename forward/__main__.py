"""`python -m forward`: look at a model, or predict with it, where TensorFlow is not installed."""

import argparse
import sys
from pathlib import Path

import numpy as np

from . import load_model


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 is fine, 2 a bad use or file."""
    parser = argparse.ArgumentParser(prog="python -m forward", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("summary", help="print the layers").add_argument("model", help="a .keras file")
    predict = commands.add_parser("predict", help="print the predictions, or write them to a file")
    predict.add_argument("model", help="a .keras file")
    predict.add_argument("input", type=Path, help="a .npy file with an array, or a .txt file with a text on each line")
    predict.add_argument("--output", type=Path, help="a .npy file to write the predictions to")
    predict.add_argument("--batch-size", type=int, metavar="N", help="at most so many samples at a time")
    predict.add_argument("--classes", help="names of the classes, separated by commas: print each sample's likeliest")
    options = parser.parse_args(arguments)
    try:
        print(load_model(options.model).summary() if options.command == "summary" else run(options))
    except (EOFError, OSError, ValueError) as error:
        print(f"python -m forward: {error}", file=sys.stderr)
        return 2
    return 0


def run(options: argparse.Namespace) -> str:
    """Predict, and say what came of it."""
    if options.input.suffix not in (".npy", ".txt"):
        raise ValueError(f"{options.input}: expected a .npy or a .txt file")
    text = options.input.suffix == ".txt"
    x = (
        options.input.read_text("utf-8").removesuffix("\n").split("\n")
        if text
        else np.load(options.input, mmap_mode="r", allow_pickle=False)
    )
    y = load_model(options.model).predict(x, options.batch_size)
    names = options.classes.split(",") if options.classes else []
    if not isinstance(y, np.ndarray) or (names and y.shape[1:] != (len(names),)):
        raise ValueError(f"{options.model}: the predictions are no array with a column for each of --classes {names}")
    if options.output:
        with open(options.output, "wb") as file:
            np.save(file, y)
    if names:
        return "\n".join(f"{names[row.argmax()]}\t{row.max():.4f}" for row in y)
    return f"{options.output}: {y.shape} {y.dtype}" if options.output else np.array2string(y, threshold=sys.maxsize)


if __name__ == "__main__":
    sys.exit(main())
