"""What a convolutional network sees: its filters and maps, what pooling keeps, what excites it, what it looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import forward

from ...checks import Check
from ...evidence import Evidence
from .. import style
from ..sentences import say
from ..style import BLUE, Picture
from .seeing import class_map, exciting, field, maps_of, occlusion, strongest
from .steps import COLORS, Frame, Steps, Strip, colored, mosaic
from .texts import title_of

SHOWN = 9  # maps of each layer on paper: the strongest
PATCHES, FILTERS, SEARCHED = 8, 6, 500  # patches for each of so many filters, of so many test images
ACROSS = 5  # answers beside each other


def grid(height: float, rows: int, columns: int, across: float, down: float) -> tuple[Figure, np.ndarray]:
    """Axes for images, with so much room between them: laid out once, which for many axes is far quicker."""
    figure = Figure(figsize=(style.WIDTH, height))
    places = {"left": 0.04, "right": 0.98, "bottom": 0.04, "top": 1 - 0.65 / height, "wspace": across, "hspace": down}
    return figure, figure.subplots(rows, columns, squeeze=False, gridspec_kw=places)


def plain_image(axes: Axes, image: np.ndarray, title: str = "") -> None:
    """An image or a mosaic as it is, pixel by pixel."""
    axes.imshow(image, interpolation="nearest", cmap=COLORS)
    axes.set_axis_off()
    axes.set_title(title, fontsize=8)


def abreast(images: np.ndarray, columns: int, between: int) -> np.ndarray:
    """Images in colour side by side, row after row, white between them: (number, rows, columns, 3) -> one image."""
    colors = [mosaic(np.moveaxis(images[..., color], 0, -1), columns, between) for color in range(3)]
    return np.nan_to_num(np.stack(colors, axis=-1), nan=1.0)


@style.styled
def filters(evidence: Evidence, model: forward.Model) -> Picture:
    """The weights of the first convolution, a small image for each filter."""
    name = maps_of(model)[0]
    kernel = model.weights[f"{name}/kernel"]  # (rows, columns, colours, filters)
    most = np.abs(kernel).max(axis=(0, 1, 2))
    colors = 0.5 + 0.5 * kernel / np.where(most > 0, most, 1)
    figure, [[axes]] = style.figure(1.3 * -(-kernel.shape[-1] // 16) / 2 + 0.5, 1, 1)
    plain_image(axes, abreast(np.moveaxis(colors, -1, 0), 16, 1))
    # How much of a filter is one brightness for all colours: the mean over colours explains so much of its weights.
    shares = np.square(kernel.mean(axis=2)).sum(axis=(0, 1)) * kernel.shape[2]
    grey = int((shares > 0.5 * np.square(kernel).sum(axis=(0, 1, 2))).sum())
    size, number = kernel.shape[0], kernel.shape[-1]
    caption = say("inside.filters", number=number, size=size, layer=name)
    alt = say("inside.filters_alt", number=number, size=size, grey=grey)
    what = title_of(evidence, f"the filters of {name}")
    return style.save(figure, evidence.place, "cnn-inside-filters", what, evidence.data, caption=caption, alt=alt)


def steps(evidence: Evidence, model: forward.Model, example: int) -> Steps:
    """The image to be stepped through layer by layer: all maps of each layer, then the classes."""
    image, classes = evidence.data.x_test[example], evidence.data.classes
    found = {name: y[0] for name, y in model.activations(image[np.newaxis]).items()}
    kinds = {layer.name: layer.class_name for layer in model.layers}
    pixels = (image * 255).round().astype(np.uint8)
    picture = Strip("", pixels, say("inside.image_alt", label=_label(evidence, example)))
    frames = [Frame(say("inside.image", height=len(image), width=image.shape[1]), strips=[picture])]
    for name in maps_of(model):
        maps, (_, sees, _) = found[name], field(model, name)
        colors = colored(mosaic(maps, 8 if maps.shape[-1] <= 32 else 16), 0.0, float(maps.max()) or 1.0)
        shape = {"height": maps.shape[0], "width": maps.shape[1], "filters": maps.shape[2]}
        title = say("inside.layer", name=name, kind=kinds[name], **shape)
        alt = say("inside.maps_alt", most=float(maps.max()), quiet=float((maps <= 0).mean()), **shape)
        said = say("inside.layer_said", kind=kinds[name], sees=sees)
        frames.append(Frame(title, said, strips=[Strip("", colors, alt)]))
    p = dict(zip(classes, map(float, found["classes"]), strict=True))
    frames.append(Frame(say("inside.verdict", label=_label(evidence, example)), bars=p))
    return Steps("Go through the layers", frames, still(evidence, model, example, found))


def _label(evidence: Evidence, example: int) -> str:
    return evidence.data.classes[evidence.data.y_test[example]]


@style.styled
def still(evidence: Evidence, model: forward.Model, example: int, found: dict[str, np.ndarray]) -> Picture:
    """The same on paper: of each layer the strongest maps."""
    names, classes, p = maps_of(model), evidence.data.classes, found["classes"]
    figure, axes = grid(4.3, 2, -(-(len(names) + 2) // 2), 0.15, 0.3)
    [first, *panels, last], surplus = axes.flat[: len(names) + 2], axes.flat[len(names) + 2 :]
    plain_image(first, evidence.data.x_test[example], f"{_label(evidence, example)}, as it is")
    for panel, name in zip(panels, names, strict=True):
        maps = found[name]
        few = mosaic(maps[..., strongest(maps, SHOWN)] / (maps.max() or 1), 3, max(1, len(maps) // 16))
        plain_image(panel, few, f"{name}: {SHOWN} of {maps.shape[-1]},\n{maps.shape[0]}x{maps.shape[1]} each")
    order = np.argsort(-p, kind="stable")[:5]
    last.barh(range(len(order)), p[order[::-1]], color=BLUE)
    for y, each in enumerate(order[::-1]):
        last.text(p[each], y, f" {classes[each]} {p[each]:.2f}", va="center", fontsize=8)
    last.set(xlim=(0, 2), xticks=[], yticks=[], title="probability")
    last.grid(False)
    for each in surplus:
        each.remove()
    quiet = [(name, float((found[name] <= 0).mean())) for name in names]
    caption = say("inside.maps", label=_label(evidence, example), number=example + 1, shown=SHOWN)
    answer = [(classes[each], float(p[each])) for each in order[:3]]
    alt = say("inside.maps_still_alt", label=_label(evidence, example), quiet=quiet, answer=answer)
    what = title_of(evidence, "an image, layer by layer")
    return style.save(figure, evidence.place, "cnn-inside-steps", what, evidence.data, caption=caption, alt=alt)


@style.styled
def pooling(evidence: Evidence, model: forward.Model, example: int) -> Picture:
    """The strongest map of the first convolution, pooled once, twice and three times, by maximum and by mean."""
    name = maps_of(model)[0]
    maps = model.activations(evidence.data.x_test[example][np.newaxis])[name]
    one = strongest(maps[0], 1)[0]
    figure, axes = grid(4.1, 2, 4, 0.1, 0.35)
    kept: dict[str, list[float]] = {}
    for row, (how, pool) in zip(axes, (("max", forward.max_pool), ("average", forward.average_pool)), strict=True):
        pooled = maps[..., one : one + 1]
        kept[how] = []
        for number, panel in enumerate(row):
            pooled = pool(pooled) if number else pooled
            kept[how].append(float(pooled.max()))
            panel.imshow(pooled[0, ..., 0], cmap=COLORS, vmin=0, vmax=maps[..., one].max(), interpolation="nearest")
            rows = pooled.shape[1]
            panel.set(title=f"{how}, {rows}x{rows}" if number else f"{name}, filter {one + 1}", xticks=[], yticks=[])
            panel.set_xlabel(f"largest {pooled.max():.2f}, mean {pooled.mean():.2f}", fontsize=8)
            panel.grid(False)
    caption, alt = say("inside.pooling"), say("inside.pooling_alt", kept=kept)
    what = title_of(evidence, "what max and average pooling keep")
    return style.save(figure, evidence.place, "cnn-inside-pooling", what, evidence.data, caption=caption, alt=alt)


@style.styled
def patches(evidence: Evidence, model: forward.Model) -> Picture:
    """The patches of test images that excite the first filters of each convolution most."""
    names = [layer.name for layer in model.layers if layer.class_name == "Conv2D"]
    every = max(1, len(evidence.data.x_test) // SEARCHED)
    images = evidence.data.x_test[::every]
    figure, [row] = style.figure(2.6, 1, len(names))
    sizes = []
    for axes, (name, (found, _)) in zip(row, exciting(model, images, names, PATCHES).items(), strict=True):
        size = found.shape[2]
        rows = found[:FILTERS].reshape(-1, *found.shape[2:])  # the patches of all filters, one after the other
        plain_image(axes, abreast(rows, PATCHES, max(1, size // 6)), f"{name}: {size}x{size} pixels")
        sizes.append((name, size))
    caption = say("inside.patches", every=every, images=len(images), filters=FILTERS, patches=PATCHES)
    alt = say("inside.patches_alt", sizes=sizes, filters=FILTERS, patches=PATCHES)
    what = title_of(evidence, "which patches excite a filter most")
    return style.save(figure, evidence.place, "cnn-inside-patches", what, evidence.data, caption=caption, alt=alt)


@style.styled
def looked_at(evidence: Evidence, check: Check, model: forward.Model, examples: Sequence[int]) -> Picture:
    """A class activation map and an occlusion map of each example, for the class that is answered."""
    figure, axes = grid(5.6, 3, len(examples), 0.1, 0.2)
    told, classes = [], evidence.data.classes
    for column, example in zip(axes.T, examples, strict=True):
        image, answer = evidence.data.x_test[example], int(check.predicted[example])
        maps = {"adds": class_map(model, image)[..., answer], "loses": occlusion(model, image, answer)}
        title = f"{_label(evidence, example)}\nanswer: {classes[answer]} {check.keras[example, answer]:.2f}"
        plain_image(column[0], image, title)
        for panel, (what, found) in zip(column[1:], maps.items(), strict=True):
            most = float(np.abs(found).max()) or 1.0
            edge = 0 if what == "adds" else 2  # pixels: the squares' middles are their cells' middles
            panel.imshow(image.mean(axis=-1), cmap="gray", vmin=-0.5, vmax=1.5, extent=(0, 32, 32, 0))
            look = {"cmap": COLORS, "vmin": -most, "vmax": most, "alpha": 0.75, "interpolation": "nearest"}
            panel.imshow(found, extent=(edge, 32 - edge, 32 - edge, edge), **look)
            i, j = np.unravel_index(found.argmax(), found.shape)
            cell = (32 - 2 * edge) / len(found)
            panel.plot(edge + (j + 0.5) * cell, edge + (i + 0.5) * cell, "o", color="black", mfc="none", ms=7, mew=1.5)
            panel.set(xlim=(0, 32), ylim=(32, 0), xticks=[], yticks=[])
            panel.grid(False)
            panel.set_xlabel(f"{what} at most {found.max():+.2f}", fontsize=8)
        told.append((_label(evidence, example), classes[answer], *(float(each.max()) for each in maps.values())))
    axes[1, 0].set_ylabel("class activation map")
    axes[2, 0].set_ylabel("occlusion map")
    caption, alt = say("inside.looked_at"), say("inside.looked_at_alt", examples=told)
    what = title_of(evidence, "where the answer comes from")
    return style.save(figure, evidence.place, "cnn-inside-where", what, evidence.data, caption=caption, alt=alt)


@style.styled
def answers(evidence: Evidence, check: Check, right: Sequence[int], wrong: Sequence[int]) -> Picture:
    """Of each class the first right and the first wrong answer, with the three most probable classes."""
    down = -(-max(len(right), len(wrong), 1) // ACROSS)
    figure, axes = style.figure(1.6 * down + 0.4, 2, 1)
    classes, told = evidence.data.classes, {"right": [], "wrong": []}
    for row, (how, examples) in zip(axes[:, 0], (("right", right), ("wrong", wrong)), strict=True):
        for number, example in enumerate(examples):
            p, (y, x) = check.keras[example], divmod(number, ACROSS)
            best = np.argsort(-p, kind="stable")[:3]
            row.imshow(evidence.data.x_test[example], extent=(80 * x, 80 * x + 32, 38 * y + 32, 38 * y))
            lines = "\n".join(f"{classes[each]} {p[each]:.2f}" for each in best)
            row.text(80 * x + 34, 38 * y + 16, f"{_label(evidence, example)}:\n{lines}", va="center", fontsize=6.8)
            told[how].append((_label(evidence, example), classes[best[0]], float(p[best[0]])))
        row.set(xlim=(-1, 80 * ACROSS), ylim=(38 * down, -1), title=f"answered {how}")
        row.set_axis_off()
    caption = say("inside.answers")
    alt = say("inside.answers_alt", right=told["right"], wrong=told["wrong"])
    what = title_of(evidence, "right and wrong answers")
    return style.save(figure, evidence.place, "cnn-inside-answers", what, evidence.data, caption=caption, alt=alt)
