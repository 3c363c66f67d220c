"""The same results sooner: what `predict` takes, and nothing else needs.

`plan` says which layers go which way, `spread` shares the work among threads. The plain functions of `forward/` are the
reference: of `conv` and the poolings those of the same name, of a cell the one that its docstring names. Without this
folder `predict` computes with those.
"""

from .planning import plan
from .threads import spread

__all__ = ["plan", "spread"]
