"""The macro-F1 figures of the earlier report that this project sets out from, each from a single seed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published test macro-F1; `copied` says why it cannot be compared, empty if it can."""

    architecture: str
    group: str
    value: str
    macro_f1: float
    copied: str = ""


_SIZES = "copied in the source, not comparable (repeats its filter-count row digit for digit)"
_DIRECTION = "copied in the source, not comparable (repeats its layer row digit for digit)"
_POOLING = "copied in the source, not comparable (its CNN max-pooling figure digit for digit)"

PUBLISHED = (
    Published("cnn", "convolutions", "2", 0.6257),
    Published("cnn", "convolutions", "3", 0.7398),
    Published("cnn", "convolutions", "4", 0.7415),
    Published("cnn", "filters", "16-32-64", 0.6966),
    Published("cnn", "filters", "32-64-128", 0.7363),
    Published("cnn", "filters", "64-128-256", 0.7431),
    Published("cnn", "kernel_sizes", "3-3-3", 0.6966, _SIZES),
    Published("cnn", "kernel_sizes", "5-5-5", 0.7363, _SIZES),
    Published("cnn", "kernel_sizes", "3-5-7", 0.7431, _SIZES),
    Published("cnn", "pooling", "max", 0.7308),
    Published("cnn", "pooling", "average", 0.7534),
    Published("simple_rnn", "layers", "1", 0.3825),
    Published("simple_rnn", "layers", "2", 0.3084),
    Published("simple_rnn", "layers", "3", 0.2720),
    Published("simple_rnn", "cells", "32-16", 0.3048),
    Published("simple_rnn", "cells", "64-32", 0.2804),
    Published("simple_rnn", "cells", "128-64", 0.3441),
    Published("simple_rnn", "direction", "unidirectional", 0.3825, _DIRECTION),
    Published("simple_rnn", "direction", "bidirectional", 0.3084, _DIRECTION),
    Published("lstm", "layers", "1", 0.7341),
    Published("lstm", "layers", "2", 0.7171),
    Published("lstm", "layers", "3", 0.7218),
    Published("lstm", "cells", "32-16", 0.7104),
    Published("lstm", "cells", "64-32", 0.7266),
    Published("lstm", "cells", "128-64", 0.7031),
    Published("lstm", "direction", "unidirectional", 0.7307859531772575, _POOLING),
    Published("lstm", "direction", "bidirectional", 0.7504),
)
