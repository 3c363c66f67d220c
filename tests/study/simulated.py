"""Simulated studies whose truth is known exactly: the score is the share of right answers, by a threshold model.

A network is right where its ability exceeds an example's difficulty, which is in part the same for all networks, in
part for those of its variant, and in part its own. Abilities differ from seed to seed. All are normal, so the share of
right answers that a variant has over all seeds and all examples is Phi(ability / sqrt(1 + spread²)).
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from study import statistics
from study.sides import Side

RESAMPLES, EXAMPLES = 199, 200


def study_of(
    rng: np.random.Generator,
    shares: Sequence[float],
    seeds: int | Sequence[int] = 5,
    spread: float | Sequence[float] = 0.1,
    parts: tuple[float, float] = (0.3, 0.5),
    difficulty: np.ndarray | None = None,
) -> list[Side]:
    """The networks of several variants, which are right so often in truth, on the same new examples.

    `seeds` and `spread`, the standard deviation of abilities from seed to seed, are for all or for each variant.
    `parts`: the standard deviations of difficulty's parts that a variant and a network have for themselves.
    `difficulty`: of each variant on the examples of another study, for other networks on these.
    """
    if difficulty is None:
        difficulty = difficulty_of(rng, len(shares), parts)
    times = statistics.drawn(EXAMPLES, RESAMPLES)
    each = (np.broadcast_to(values, len(shares)) for values in (seeds, spread))
    found = []
    for share, hard, number, wide in zip(shares, difficulty, *each, strict=True):
        ability = stats.norm.ppf(share) * np.sqrt(1 + wide**2) + wide * rng.standard_normal((number, 1))
        right = (hard + parts[1] * rng.standard_normal((number, EXAMPLES)) < ability).astype(np.float32)
        found.append(Side(right.astype(int), right.mean(axis=1), right @ times / EXAMPLES))
    return found


def difficulty_of(rng: np.random.Generator, variants: int, parts: tuple[float, float] = (0.3, 0.5)) -> np.ndarray:
    """How difficult new examples are for each variant, but for what is each network's own: (variants, EXAMPLES)."""
    shared = np.sqrt(1 - parts[0] ** 2 - parts[1] ** 2) * rng.standard_normal(EXAMPLES)
    return shared + parts[0] * rng.standard_normal((variants, EXAMPLES))
