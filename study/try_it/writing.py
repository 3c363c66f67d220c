"""Type a sentence, and see what a network makes of it, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np

import forward

from . import pictures
from .network import EXAMPLES, Network, networks

WIDE = {"layout": {"width": "40em", "max_width": "100%"}, "style": {"description_width": "6em"}}
BLANKS = r"[ \t\n\v\f\r]+"  # between words, as TensorFlow sees it
PER_WORD = ("Embedding", "SimpleRNN", "LSTM", "GRU", "Bidirectional", "GlobalMaxPooling1D")


def text(which: Sequence[Network] = (), sentences: Sequence[str] = ()) -> widgets.Widget:
    """A field to type in, with some sentences to begin with; without networks, those that there are."""
    which = list(which) or networks("texts")
    sentences = list(sentences) or (EXAMPLES / "sentences.txt").read_text(encoding="utf-8").splitlines()
    network = widgets.Dropdown(options=[(each.label, each) for each in which], description="network", **WIDE)
    example = widgets.Dropdown(options=sentences, description="begin with", **WIDE)
    typed = widgets.Textarea(value=sentences[0], description="sentence", rows=3, **WIDE)
    layer, answer, inside = widgets.Dropdown(description="look into", **WIDE), widgets.HTML(), widgets.HTML()

    def load(_: Any = None) -> None:
        layer.options = ["", *inner(network.value)]
        layer.value = layer.options[-1]

    def show(_: Any = None) -> None:
        answer.value, inside.value = seen(network.value, typed.value, layer.value)

    example.observe(lambda change: setattr(typed, "value", change["new"]), "value")
    network.observe(load, "value")
    for each in (network, typed, layer):
        each.observe(show, "value")
    load()
    show()
    return widgets.VBox([network, example, typed, answer, layer, inside])


def inner(network: Network) -> list[str]:
    """The layers whose numbers can be shown for each word."""
    return [each.name for each in network.model.layers if each.class_name in PER_WORD]


def seen(network: Network, sentence: str, layer: str = "") -> tuple[str, str]:
    """What is shown of a sentence: the answer; and how it forms, with the numbers of a layer if one is named.

    The network reads it as often as it has words, each time to one word further: so it is told how any network's answer
    forms, also of one that reads from both ends.
    """
    words = words_of(network, sentence)
    answer = pictures.bars(network.says(_batch(sentence)))
    if not words:
        return answer, "<p>No word yet: this is what the network says of an empty text.</p>"
    written, known = zip(*words, strict=True)
    found = network.model.activations(_batch(*(" ".join(written[: n + 1]) for n in range(len(words)))))
    inside = steps(network, sentence, layer) if layer else {}
    if layer and not inside:
        y, last = found[layer], np.arange(len(words))
        inside = {layer: y if y.ndim == 2 else y[last, last]}
    return answer, pictures.reading(written, known, [*found.values()][-1], network.classes, inside)


def steps(network: Network, sentence: str, layer: str) -> dict[str, np.ndarray]:
    """{gate or state of a recurrent layer: its numbers at each word}, by the plain functions.

    Empty for another layer, and where a network reads from both ends.
    """
    from ..show.inside import reading  # which loads all that draws figures

    kinds = {each.class_name for each in network.model.layers}
    if layer not in reading.recurrent(network.model) or "Bidirectional" in kinds:
        return {}
    found = reading.read(network.model, sentence).layers[layer]
    return {reading.NAMES[name]: values for name, values in found.items()}


def words_of(network: Network, sentence: str) -> list[tuple[str, bool]]:
    """The words that the network reads, as they are written, and whether its vocabulary has them."""
    layer = network.model.by_name["words"]
    tokens = [(each, forward.text_vectorization([each], layer.vocabulary)) for each in re.split(BLANKS, sentence)]
    found = [(each, bool(token[0, 0] != 1)) for each, token in tokens if token.size]
    return found[: layer.output_sequence_length]


def _batch(*sentences: str) -> np.ndarray:
    return np.array(sentences, dtype=object)
