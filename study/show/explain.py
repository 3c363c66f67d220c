"""What the notebooks need to show a computation by hand: code, small arrays as pictures, sums and steps written out."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Sequence

import numpy as np
from IPython.display import Code, display
from matplotlib.patches import Rectangle

from ..runs import Place
from . import style
from .sentences import say
from .style import ORANGE, Picture
from .tables import Table

COLUMNS = 92  # of code, on a page
Frame = tuple[int, int, int]  # first row, first column and size of a square of cells


def code(*functions: Callable) -> Code:
    """The source of these functions, one below the other, their docstrings broken to a width that pages have."""
    return Code("\n\n".join(_narrow(inspect.getsource(each)) for each in functions), language="python")


def _narrow(source: str) -> str:
    """The paragraphs of docstrings that have too long a line are filled anew; code is left as it is."""
    before, mark, rest = source.partition('"""')
    said, end, after = rest.partition('"""')
    if not end:
        return source
    return before + mark + "\n\n".join(map(_filled, said.split("\n\n"))) + end + after


def _filled(paragraph: str) -> str:
    if all(len(line) <= COLUMNS for line in paragraph.split("\n")):
        return paragraph
    indent, end = re.match(" *", paragraph)[0], re.search(r"\s*$", paragraph)[0]
    first = indent or " " * len('    """')  # the first paragraph begins behind the quotes
    filled = textwrap.fill(
        " ".join(paragraph.split()), COLUMNS, initial_indent=first, subsequent_indent=indent or "    "
    )
    return filled.removeprefix("" if indent else first) + end


def model(layers: dict[str, Callable | str | None], built: Sequence[Callable], plain: Sequence[Callable]) -> None:
    """The functions that build a model; what computes each layer, see `layers_table`; and the plain functions' code."""
    for each in (code(*built), layers_table(layers), code(*plain)):
        display(each)


def layers_table(layers: dict[str, Callable | str | None]) -> Table:
    """What computes each of Keras' layers: a plain function, in the first words of its docstring, or what is said here.

    None stands for what acts in training only.
    """
    rows = []
    for name, plain in layers.items():
        if callable(plain):
            does = re.split(r"[.:;](?:\s|$)", inspect.getdoc(plain).replace("`", ""))[0]
            rows.append({"in Keras": name, "plain function": f"forward.{plain.__name__}", "what it computes": does})
        else:
            said = plain or "nothing: it acts in training only"
            rows.append({"in Keras": name, "plain function": "", "what it computes": said.replace("`", "")})
    return Table(rows).captioned(say("captions.layers"))


@style.styled
def grids(arrays: dict[str, np.ndarray], frames: Sequence[Frame | None], place: Place, name: str) -> Picture:
    """Small arrays side by side, each with its title, all its numbers, and perhaps a frame around some of them."""
    figure, [row] = style.figure(2, 1, len(arrays), width_ratios=[each.shape[1] for each in arrays.values()])
    for axes, (title, array), frame in zip(row, arrays.items(), frames, strict=True):
        most = max(np.abs(array).max(), 1e-9)
        axes.imshow(array, cmap="RdBu", vmin=-2 * most, vmax=2 * most)  # pale, so that the numbers can be read
        for (i, j), value in np.ndenumerate(array):
            axes.text(j, i, number(value), ha="center", va="center", fontsize=8)
        if frame:
            i, j, size = frame
            look = {"fill": False, "edgecolor": ORANGE, "linewidth": 2.5, "clip_on": False}
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), size, size, **look))
        axes.set_title(title, fontsize=8)
        axes.set_axis_off()
    path = style.write(figure, place.figures / f"{name}.png")
    alt = ". ".join(f"{title}: {'; '.join(map(_line, array))}" for title, array in arrays.items())
    return Picture(path, alt, say("captions.grids", titles=list(arrays), framed=any(frames)))


def _line(values: np.ndarray) -> str:
    return " ".join(map(number, values))


def sums(padded: np.ndarray, kernel: np.ndarray, bias: float, found: np.ndarray) -> Table:
    """A row for each window of `padded`: its products with the kernel, those with zero left out, and what was found."""
    rows = []
    for (i, j), total in np.ndenumerate(found):
        window = padded[i : i + len(kernel), j : j + len(kernel)]
        pairs = [pair for pair in zip(window.flat, kernel.flat, strict=True) if all(pair)]
        products = " + ".join(f"{bracketed(x)} · {bracketed(k)}" for x, k in pairs) or "0"
        rows.append({"row, column": f"{i}, {j}", "window · filter + bias": f"{products} + {bracketed(bias)}"})
        rows[-1]["sum"] = number(total)
    return Table(rows).captioned(say("captions.sums"))


def steps(words: Sequence[str], found: Sequence[dict[str, np.ndarray]]) -> Table:
    """A row for each quantity, a column for each word: the numbers of all units, in the order of computation."""
    columns, quantities = dict(zip(words, found, strict=True)), list(found[0])
    return Table(
        {"what": quantity}
        | {word: ", ".join(map(number, np.round(step[quantity], 4))) for word, step in columns.items()}
        for quantity in quantities
    ).captioned(say("captions.steps", words=list(words), first=quantities[0], last=quantities[-1]))


def weights(kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray, gates: str) -> Table:
    """A recurrent cell's weights: a row for each number that meets them, a column for each unit of each gate."""
    units = len(recurrent_kernel)
    names = [f"{gate}, unit {unit}" for gate in gates for unit in range(1, units + 1)]
    parts = {"W: x": kernel, "U: h": recurrent_kernel, "b": np.atleast_2d(bias)}
    return Table(
        {"weights": title if len(part) == 1 else f"{title}, {row}"} | dict(zip(names, map(number, line), strict=True))
        for title, part in parts.items()
        for row, line in enumerate(part, 1)
    ).captioned(say("captions.weights"))


def difference(ours: np.ndarray, keras: np.ndarray) -> Table:
    """How far two results lie apart, and on how many examples the largest number stands in the same place."""
    apart = np.abs(ours - keras)
    agreeing = np.sum(ours.argmax(axis=-1) == keras.argmax(axis=-1))
    return Table(
        [{"agreement": f"{agreeing}/{len(ours)}", "max |Δ|": f"{apart.max():.1e}", "mean |Δ|": f"{apart.mean():.1e}"}]
    ).captioned(say("captions.difference"))


def number(value: float) -> str:
    """No more decimals than it has, and a minus as long as a plus."""
    return f"{value + 0.0:g}".replace("-", "\N{MINUS SIGN}")


def bracketed(value: float) -> str:
    """A number as it stands behind a sign."""
    return f"({number(value)})" if value < 0 else number(value)
