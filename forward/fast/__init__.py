"""The same results sooner: what `predict` takes, and nothing else needs.

`plan` says which layers go which way, `spread` shares the work among threads. The reference of every function here is
the plain one of the same name in `forward/`; without this folder `predict` computes with those.
"""

from .planning import plan
from .threads import spread

__all__ = ["plan", "spread"]
