"""What one sees of a network's answer: bars, words, maps; as HTML that takes the colours of the notebook around it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from matplotlib import colormaps
from matplotlib.image import imsave

COLORS = ("#0173b2", "#de8f05", "#029e73")  # of the style of all figures: told apart with any colour vision
TRACK = "width: 12em; padding: 0; background: rgba(127, 127, 127, 0.2)"
LEFT = "text-align: left; font-weight: inherit; padding-right: 1em; line-height: 1.3; white-space: nowrap"
SAID = "padding: 0 1em; white-space: nowrap"
UNKNOWN = 'style="text-decoration: underline dotted" title="not in the vocabulary"'
MAPS = colormaps["cividis"]  # from dark to light
MOST = 64  # maps of a layer that are shown


def bars(probabilities: dict[str, float]) -> str:
    """A row for each class: its name, a bar, and its probability; the answer in bold."""
    answer = max(probabilities, key=lambda name: probabilities[name])
    rows = [
        _row(escape(name), [(COLORS[0], p)], f"{100 * p:.1f}&nbsp;%", "bold" if name == answer else "normal")
        for name, p in probabilities.items()
    ]
    return f'<table aria-live="polite" aria-label="probability of each class">{"".join(rows)}</table>'


def reading(
    words: Sequence[str],
    known: Sequence[bool],
    probabilities: np.ndarray,
    classes: Sequence[str],
    inside: dict[str, np.ndarray],
) -> str:
    """A row for each word: the word, and how probable each class is after it, (words, classes), as parts of a bar.

    `inside` holds what there is to see beside that, (words, units) each, in the order of the units' last numbers. What
    the vocabulary lacks is underlined with dots.
    """
    colors = [COLORS[number % len(COLORS)] for number in range(len(classes))]
    key = "; ".join(
        f'<span style="color: {color}">&#9632;</span> {escape(name)}'
        for color, name in zip(colors, classes, strict=True)
    )
    strips = [strip(name, values) for name, values in inside.items()]
    heads = "".join(
        f'<th scope="col" style="{LEFT}">{head}</th>' for head in ("", "", "", *(each[0] for each in strips))
    )
    rows = []
    for number, (word, there, p) in enumerate(zip(words, known, probabilities, strict=True)):
        word = escape(word) if there else f"<span {UNKNOWN}>{escape(word)}</span>"
        said = f"{escape(classes[p.argmax()])} {100 * p.max():.0f}&nbsp;%"
        more = "".join(f'<td style="padding: 0 1em 0 0">{each[number + 1]}</td>' for each in strips)
        rows.append(_row(word, list(zip(colors, p, strict=True)), said, more=more))
    table = f'<div style="overflow-x: auto"><table><tr>{heads}</tr>{"".join(rows)}</table></div>'
    beside = f" Beside it, dark to light: {next(iter(inside.values())).shape[1]} units." if strips else ""
    return f"<p>After each word, if the text ended there: {key}.{beside}</p>{table}"


def strip(name: str, values: np.ndarray) -> list[str]:
    """What stands above a column of numbers, (words, units), and the numbers of each word as a small image."""
    low, high = (0.0, 1.0) if "gate" in name else (-np.abs(values).max(initial=1e-9), np.abs(values).max(initial=1e-9))
    order = np.argsort(-values[-1], kind="stable")
    said = f"{escape(name)}<br>{low:.2g} to {high:.2g}".replace("-", "\N{MINUS SIGN}")
    cells = [image(each[np.newaxis, order], f"from {each.min():.2f} to {each.max():.2f}", low, high) for each in values]
    return [said, *cells]


def _row(name: str, parts: Sequence[tuple[str, float]], said: str, weight: str = "normal", more: str = "") -> str:
    """A row of a table: what it is of, a bar of parts in colours, what it says in words, and further cells."""
    bar = "".join(f'<div style="width: {100 * p:.1f}%; background: {color}">&nbsp;</div>' for color, p in parts)
    return (
        f'<tr style="font-weight: {weight}"><th scope="row" style="{LEFT}">{name}</th><td style="{TRACK}">'
        f'<div style="display: flex; width: 12em">{bar}</div></td><td style="{SAID}">{said}</td>{more}</tr>'
    )


def maps(values: np.ndarray) -> str:
    """The feature maps of a layer, (rows, columns, filters), side by side as one image, dark at the least value."""
    shown = values[..., :MOST]
    rows, columns, filters = shown.shape
    across = min(8, filters)
    sheet = np.full((-(-filters // across) * (rows + 1) - 1, across * (columns + 1) - 1), np.nan)
    for number in range(filters):
        i, j = (rows + 1) * (number // across), (columns + 1) * (number % across)
        sheet[i : i + rows, j : j + columns] = shown[..., number]
    alt = f"{filters} of {values.shape[-1]} maps of {rows} x {columns}, from {values.min():.2f} to {values.max():.2f}"
    return f"<div>{alt}, dark to light</div>{image(sheet, alt, values.min(), values.max())}"


def image(values: np.ndarray, alt: str, low: float, high: float) -> str:
    """Numbers (rows, columns) as an image, a square for each, a single row as high as a line; nothing for NaN."""
    scaled = np.ma.masked_invalid((values - low) / ((high - low) or 1.0))
    pixels = (MAPS(scaled) * 255).round().astype(np.uint8) * ~np.isnan(values)[..., np.newaxis]
    address = f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"
    size = "width: 6em; height: 1.1em" if len(values) == 1 else f"width: {min(640, 4 * values.shape[1])}px"
    look = f"image-rendering: pixelated; max-width: none; vertical-align: middle; {size}"
    return f'<img src="{address}" alt="{escape(alt)}" style="{look}">'


def png(pixels: np.ndarray) -> bytes:
    """Pixels (rows, columns, 3 or 4) of 0 to 255, or of 0.0 to 1.0, as a PNG file."""
    file = io.BytesIO()
    imsave(file, np.ascontiguousarray(pixels), format="png")
    return file.getvalue()
