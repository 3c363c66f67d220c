"""Choose, open or draw an image, and see what a network makes of it, layer by layer."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import jinja2
import numpy as np
from IPython.display import HTML, display
from PIL import Image, UnidentifiedImageError

from ..datasets import cifar10
from ..files import folder
from . import pictures
from .network import DIGITS, EXAMPLES, Network, networks
from .writing import WIDE

SCRIPT = jinja2.Template(Path(__file__).with_name("draw.html").read_text(encoding="utf-8"))
CHALK, PENCIL = {"ink": "#ffffff", "paper": "#000000"}, {"ink": "#202020", "paper": "#d0d0d0"}  # digits are white
DRAWN = "data:image/png;base64,"  # how an image begins that the script hands over
NUMBERS = itertools.count()  # of the drawings of a session
SHOWN = 40  # images to begin with


def image(
    which: Sequence[Network] = (), images: np.ndarray | None = None, labels: Sequence[str] = (), data_dir: str = "data"
) -> Drawing:
    """A field to draw in, with some images to begin with, (number, rows, columns, 3) in 0..1, and their labels.

    Without networks, those that there are. Without images, those that suit the network: the digits of examples/, or
    test images of `data_dir`, if they are there, else an empty sheet.
    """
    given = _numbered(images, labels) if images is not None else None
    return Drawing(list(which) or networks("images"), given, data_dir)


class Drawing:
    """The widgets. A script lays a canvas over the image; where none runs one can choose and open images."""

    def __init__(self, which: Sequence[Network], given: dict[str, np.ndarray] | None, data_dir: str):
        self.given, self.data_dir, self.name = given, data_dir, f"try-it-{next(NUMBERS)}"
        self.network = widgets.Dropdown(options=[(each.label, each) for each in which], description="network", **WIDE)
        self.chosen = widgets.Dropdown(description="begin with", **WIDE)
        self.opened = widgets.FileUpload(accept="image/*", description="Open a file")
        self.picture = widgets.Image(format="png", width=256, height=256)
        self.drawn = widgets.Textarea(layout={"display": "none"})
        self.layer = widgets.Dropdown(description="look into", **WIDE)
        self.answer, self.inside = widgets.HTML(), widgets.HTML()
        self.picture.add_class(f"{self.name}-image")
        self.drawn.add_class(f"{self.name}-drawn")
        self.load()
        self.network.observe(self.load, "value")
        self.chosen.observe(self.choose, "value")
        self.opened.observe(self.open, "value")
        self.drawn.observe(self.read, "value")
        self.layer.observe(self.show, "value")
        beside = widgets.HBox([widgets.VBox([self.picture, self.drawn]), self.answer])
        self.box = widgets.VBox([self.network, self.chosen, self.opened, beside, self.layer, self.inside])

    def load(self, _: Any = None) -> None:
        """Another network: its layers, and images that suit it, or the one that is there."""
        self.layer.options = ["", *mapped(self.network.value)]
        self.layer.index = min(2, len(self.layer.options) - 1)  # the first convolution
        self.images = self.given or examples(self.network.value, self.data_dir)
        self.chosen.options = [*self.images]
        self.chosen.index = 0
        self.choose()

    def choose(self, _: Any = None) -> None:
        self.put(self.images[self.chosen.value])

    def open(self, _: Any = None) -> None:
        for each in self.opened.value[-1:]:
            try:
                self.put(as_array(bytes(each["content"]), self.size))
            except UnidentifiedImageError:
                self.answer.value = "<p>This file is no image that can be read.</p>"

    def read(self, _: Any = None) -> None:
        """What is drawn; the canvas shows it already."""
        if self.drawn.value.startswith(DRAWN):
            self.now = as_array(base64.b64decode(self.drawn.value[len(DRAWN) :]), self.size)
            self.show()

    def put(self, pixels: np.ndarray) -> None:
        self.now = pixels
        self.picture.value = pictures.png(pixels)
        self.show()

    def show(self, _: Any = None) -> None:
        self.answer.value, self.inside.value = seen(self.network.value, self.now, self.layer.value)

    @property
    def size(self) -> tuple[int, int]:
        return self.network.value.model.input_shape[:2]

    @property
    def script(self) -> str:
        """What lays the canvas over the image."""
        look = CHALK if self.network.value.classes == DIGITS else PENCIL
        return SCRIPT.render(name=self.name, height=self.size[0], width=self.size[1], **look)

    def _ipython_display_(self) -> None:
        display(self.box)
        display(HTML(self.script))


def mapped(network: Network) -> list[str]:
    """The layers that give maps."""
    found = network.model.activations(np.zeros((1, *network.model.input_shape), np.float32))
    return [name for name, y in found.items() if y.ndim == 4]


def seen(network: Network, pixels: np.ndarray, layer: str = "") -> tuple[str, str]:
    """What is shown of an image: the answer, and the maps of a layer if one is named."""
    x = pixels[np.newaxis].astype(np.float32)
    return pictures.bars(network.says(x)), pictures.maps(network.model.activations(x)[layer][0]) if layer else ""


def examples(network: Network, data_dir: str) -> dict[str, np.ndarray]:
    """{what it is: an image} of those that suit a network."""
    if network.classes == DIGITS:
        return _numbered(np.load(EXAMPLES / "digits.npy") / 255, DIGITS)
    file = folder(data_dir) / cifar10.files()
    if not file.exists():
        return {"an empty sheet": np.full(network.model.input_shape, 0.8)}
    with np.load(file) as arrays:
        images, numbers = arrays["x_test"], arrays["y_test"].ravel()
    every = len(images) // SHOWN  # some files are in the order of the classes
    return _numbered(images[::every] / 255, [network.classes[each] for each in numbers[::every]])


def _numbered(images: np.ndarray, labels: Sequence[str]) -> dict[str, np.ndarray]:
    labelled = zip(images, labels, strict=False)
    return {f"{number}: {label}": each for number, (each, label) in enumerate(itertools.islice(labelled, SHOWN), 1)}


def as_array(content: bytes, size: tuple[int, int]) -> np.ndarray:
    """The pixels of an image's file in 0..1, cut to a square in its middle, (rows, columns, 3).

    Raises PIL.UnidentifiedImageError for what is no image.
    """
    with Image.open(io.BytesIO(content)) as opened:
        found = opened.convert("RGB")
    side = min(found.size)
    left, top = (found.width - side) // 2, (found.height - side) // 2
    square = found.crop((left, top, left + side, top + side))
    return np.asarray(square.resize(size[::-1], Image.Resampling.BILINEAR), np.float32) / 255
