"""`python -m forward`: look at a model, or predict with it, where TensorFlow is not installed."""

import argparse
import math
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from . import Model, load_model
from .model.calls import leaves
from .model.exchange import FORMATS, atomic_write, read_array, read_texts, regular, write
from .model.layer import listed

TOO_FAR = 20  # standard deviations between the values that a Normalization was adapted to and those that it gets
SAMPLES = 32  # of those that a Normalization gets, from which its distance is taken
CHUNK = 1024  # samples that are searched for NaN at a time
STATUS = "exit status: 0 fine, 2 bad use, file or numbers, 130 stopped by Ctrl-C, 141 by a closed pipe"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 is fine, 2 a bad use or file, 130 an interruption, 141 a reader who went away."""
    options = parser().parse_args(arguments)
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # what is not finite in the end is refused
        warnings.showwarning = lambda message, *_: tell(f"warning: {message}")
        try:
            print((summary if options.command == "summary" else predict)(options), flush=True)
        except BrokenPipeError:
            return 141
        except KeyboardInterrupt:
            return 130
        except (MemoryError, OSError, ValueError) as error:
            tell(str(error) or "out of memory")
            return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """What the two commands take."""
    top = argparse.ArgumentParser(prog="python -m forward", description=__doc__, epilog=STATUS)
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("model", help="a .keras file, or a .json file with --weights")
    model.add_argument("--weights", metavar="FILE", help="the .weights.h5 file of a .json model")
    commands = top.add_subparsers(dest="command", required=True)
    text = "print the layers, and what the input must be"
    commands.add_parser("summary", parents=[model], help=text, description=text, epilog=STATUS)
    text = "print the predictions, or write them to a file"
    predict = commands.add_parser("predict", parents=[model], help=text, description=text, epilog=STATUS)
    predict.add_argument(
        "input", help="a .npy file with an array, a .txt file with a text on each line, - for such lines on standard "
        "input, or one text itself",
    )  # fmt: skip
    predict.add_argument("--output", type=Path, metavar="FILE", help="write to FILE: .npy, .csv or .json")
    predict.add_argument("--batch-size", type=int, metavar="N", help="at most so many samples at a time")
    predict.add_argument(
        "--classes", metavar="NAMES", help="names of the classes, separated by commas: print each sample's likeliest"
    )
    predict.add_argument(
        "--divide", type=float, metavar="N", help="divide the input by N, as images of 0 to 255 by 255 for a network "
        "that was trained on 0 to 1; 1 takes values as they are, however far they are from the training's",
    )  # fmt: skip
    return top


def tell(text: str) -> None:
    """One line on standard error."""
    with suppress(OSError):
        print("python -m forward:", " ".join(text.split("\n")), file=sys.stderr)


def summary(options: argparse.Namespace) -> str:
    """The layers, and what the file tells of the values that it expects."""
    model = load(options)
    lines = [model.summary(), ""]
    for each in model.entrances:
        shape = ", ".join(["samples", *("any" if n is None else str(n) for n in each.shape)])
        lines.append(f"input {each.name!r}: {each.stored_dtype} values, shape ({shape})")
    scaling = [text for layer in inner_layers(model) if (text := scale(layer))]
    if not scaling and any(each.dtype.startswith("float") for each in model.entrances):
        scaling = ["no Rescaling or Normalization inside: give values in the scale of the training"]
    return "\n".join(lines + scaling)


def load(options: argparse.Namespace) -> Model:
    """The model, which has its weights in its own file or in that of `--weights`."""
    ending = Path(options.model).suffix.lower()
    if ending == ".json" and not options.weights:
        raise ValueError(f"{options.model}: its weights are in another file: --weights FILE.weights.h5")
    if ending == ".keras" and options.weights:
        raise ValueError(f"{options.model}: has its weights inside; leave --weights out")
    return load_model(options.model, options.weights)


def inner_layers(model: Model) -> Iterator[Any]:
    """The layers, and in the place of a model inside its own."""
    for layer in model.layers:
        yield from inner_layers(layer) if isinstance(layer, Model) else [layer]


def scale(layer: Any) -> str:
    """What a Rescaling or a Normalization says of its input."""
    if layer.class_name == "Rescaling":
        return f"{layer}: x * {span(layer.scale)} + {span(layer.offset)}"
    if layer.class_name != "Normalization" or layer.invert:
        return ""
    mean, deviation = span(layer.weights["mean"]), span(np.sqrt(layer.weights["variance"]))
    return f"{layer}: adapted to values with mean {mean}, standard deviation {deviation}"


def span(values: Any) -> str:
    """The least and the largest of some numbers, or the only one."""
    least, most = (f"{f(values):.3g}" for f in (np.min, np.max))
    return least if least == most else f"{least} to {most}"


def predict(options: argparse.Namespace) -> str:
    """Predict, and say what came of it; what stands in the way is told before."""
    names = [name.strip() for name in options.classes.split(",")] if options.classes is not None else []
    output, kind = options.output, options.output.suffix.lower() if options.output else ""
    if "" in names or len(set(names)) < len(names):
        raise ValueError(f"--classes {options.classes!r}: each class needs a name of its own")
    if options.divide is not None and not 0 < options.divide < math.inf:
        raise ValueError(f"--divide {options.divide}: must be a number above 0")
    if options.batch_size is not None and options.batch_size < 1:
        raise ValueError(f"--batch-size {options.batch_size}: must be at least 1")
    if output and kind not in FORMATS:
        raise ValueError(f"{output}: predictions are written to a file that ends in {', '.join(FORMATS)}")
    with atomic_write(output) if output else nullcontext() as file:
        model = load(options)
        check_outputs(model, options.model, names, kind)
        try:
            x = check_values(model, read(options.input, model), options.divide)
            y = model.predict(x, options.batch_size)
        except ValueError as error:
            raise ValueError(f"{options.input or 'INPUT'}: {error}") from error
        if (first := not_finite(y, y.dtype)) is not None:
            raise ValueError(f"{options.model}: its prediction for sample {first} of 0 to {len(y) - 1} is not finite")
        if file:
            write(file, kind, y, names)
    if names:
        return "\n".join(f"{names[row.argmax()]}\t{row.max():.4f}" for row in y)
    return f"{output}: {y.shape} {y.dtype}" if output else np.array2string(y, threshold=sys.maxsize)


def check_outputs(model: Model, path: str, names: list[str], kind: str) -> None:
    """Refuse a model whose predictions cannot be shown as it is asked for."""
    if len(model.entrances) > 1 or not isinstance(model.output_shape, tuple):
        ends = f"{len(model.entrances)} inputs and {len(leaves(model.outputs))} outputs, in lists or by name"
        raise ValueError(
            f"{path}: has {ends}; this takes one array each, forward.load_model(...).predict(...) takes all"
        )
    if names and model.output_shape != (len(names),):
        raise ValueError(f"{path}: its output {model.output_shape} has no column for each of --classes {names}")
    if kind == ".csv" and len(model.output_shape) > 1:
        raise ValueError(f"{path}: its output {model.output_shape} is no row of a table; write .npy or .json")


def read(source: str, model: Model) -> np.ndarray:
    """The samples of INPUT, in the shape that the model takes."""
    entrance, path = model.entrances[0], Path(source)
    ending = path.suffix.lower()
    if ending == ".npy":
        x = read_array(path)
    elif entrance.dtype != "object":
        raise ValueError(f"the model takes an array, {entrance.stored_dtype} values, from a .npy file")
    elif source == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed")
        x = read_texts(sys.stdin.buffer)
    elif ending == ".txt":
        with regular(path) as file:
            x = read_texts(file)
    elif os.path.exists(source):
        raise ValueError("expected a .npy or a .txt file; - reads texts from standard input")
    elif len(source.split()) == 1 and (ending or "/" in source):
        raise ValueError("no such file; if this is a text, hand it over on standard input, as -")
    else:
        x = [source] if source.strip() else []
    x = model.check(x)[0]
    if not len(x):
        raise ValueError(f"holds no {'text' if x.dtype == object else 'sample'}")
    return x


def not_finite(x: np.ndarray, dtype: Any) -> int | None:
    """The first sample that, as numbers of this type, holds NaN or infinite values."""
    for start in range(0, len(x), CHUNK):
        finite = np.isfinite(x[start : start + CHUNK].astype(dtype, copy=False))
        if not finite.all():
            return start + int(finite.reshape(len(finite), -1).all(axis=1).argmin())
    return None


def check_values(model: Model, x: np.ndarray, divide: float | None) -> np.ndarray:
    """x divided; refused if it is not finite, or in another scale than a Normalization in the model was adapted to."""
    entrance = model.entrances[0]
    floats = entrance.dtype.startswith("float")
    if divide is not None and not floats:
        raise ValueError(f"the model takes {entrance.stored_dtype} values, which are not divided; leave --divide out")
    if entrance.dtype == "object":
        return x
    x = x if divide in (None, 1) else x / np.array(divide, entrance.dtype)
    dtype = entrance.dtype if floats else x.dtype
    if (first := not_finite(x, dtype)) is not None:
        raise ValueError(f"sample {first} of 0 to {len(x) - 1} holds NaN or infinite values (as {dtype})")
    if divide == 1:
        return x
    inner = {layer.class_name for layer in inner_layers(model)}
    if "Normalization" in inner:
        layer, far = distance(model, [x[:: -(-len(x) // SAMPLES)]]) or (None, 0)
        if far > TOO_FAR:
            raise ValueError(
                f"{scale(layer)}, but these are some {far:.0f} standard deviations off; scale them as in training: "
                "--divide 255 makes 0 to 1 of 0 to 255, --divide 1 takes them as they are"
            )
    pixels = x.dtype == np.uint8 and x.ndim > 2 and floats
    if pixels and not inner & {"Normalization", "Rescaling", "BatchNormalization"}:
        tell("warning: values of 0 to 255 go into the network as they are; --divide 255 if it was trained on 0 to 1, "
             "--divide 1 if not")  # fmt: skip
    return x


def distance(model: Model, x: list[np.ndarray]) -> tuple[Any, float] | None:
    """The first Normalization, and how many of its standard deviations the mean of its input is off, in the median.

    That is the median over all means that it has, so that a constant feature's deviation of 0 does not count.
    """
    values, masks = model.enter(x)
    for call, y in model.steps(model.calls, values, masks):
        layer = model.by_name[call.name]
        if isinstance(layer, Model) and (found := distance(layer, listed(call.select(values)))):
            return found
        if layer.class_name == "Normalization" and not layer.invert:
            others = tuple(axis for axis in range(y.ndim) if axis not in layer.axis)
            return layer, float(np.median(np.abs(y.mean(axis=others))))
    return None


if __name__ == "__main__":
    sys.exit(main())
