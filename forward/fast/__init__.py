"""The same results sooner: what `predict` takes, and nothing else needs.

`plan` says which layers go which way, `spread` shares the work among threads. `conv`, the poolings and the recurrent
layers have the plain function of the same name in `forward/` as their reference; without this folder `predict` computes
with those.
"""

from .planning import plan
from .threads import spread

__all__ = ["plan", "spread"]
