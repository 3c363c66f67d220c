"""Checks of settings: each takes a value as the file has it, and returns it clean or raises ModelFileError."""

import math
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..errors import ModelFileError, UnsupportedLayerError
from .archive import brief
from .limits import LARGEST_NUMBER, MOST_AXES, MOST_NGRAMS

Check = Callable[[Any], Any]

# Settings that every layer may have and that change nothing at inference (`dtype` is checked apart).
NO_EFFECT = frozenset({"name", "trainable", "dtype", "seed", "build_config"})
NO_EFFECT_ENDINGS = ("_initializer", "_regularizer", "_constraint")
UNUSED = "quantization_config", "lora_rank", "lora_alpha"  # which every layer may have, as null

# Keras' dtype policies -> how the weights stand in the file. Half precision is computed in float32.
STORED = {"float16": "float16", "bfloat16": "float32", "float32": "float32", "float64": "float64"}
STORED |= {"mixed_float16": "float32", "mixed_bfloat16": "float32"}


def count(value: Any, least: int = 1, most: int = LARGEST_NUMBER) -> int:
    """A whole number."""
    if type(value) is not int or not least <= value <= most:
        raise ModelFileError(f"must be a whole number from {least} to {most}")
    return value


def counts(value: Any, least: int = 1, most: int = LARGEST_NUMBER) -> int | tuple[int, ...]:
    """A whole number, or a tuple of them."""
    return tuple(count(each, least, most) for each in value) if isinstance(value, list) else count(value, least, most)


axis = partial(count, least=-8, most=8)  # a negative one is counted from the end
axes = partial(counts, least=-8, most=8)


def number(value: Any) -> float:
    """A finite number."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ModelFileError("must be a finite number")
    return float(value)


def numbers(value: Any) -> Any:
    """One number or lists of them, which Keras rounds to float32, or an array as Keras writes it down."""
    match value:
        case {"class_name": "__numpy__", "config": {"value": array}}:
            return np.asarray(nested(array))
    return np.asarray(nested(value), np.float32)


def nested(value: Any) -> Any:
    """A finite number, or lists of them in any depth."""
    return [nested(each) for each in value] if isinstance(value, list) else number(value)


def optional(check: Check) -> Check:
    """The same check, but null passes."""
    return lambda value: None if value is None else check(value)


def one_of(*allowed: Any) -> Check:
    """A check that the setting is one of the values that this package computes."""

    def check(value: Any) -> Any:
        if not any(type(value) is type(each) and value == each for each in allowed):
            raise UnsupportedLayerError(f"is not supported; supported: {', '.join(map(repr, allowed))}")
        return value

    return check


flag = one_of(True, False)


def target_shape(value: Any) -> tuple[int, ...]:
    """Sizes, one of which may be -1."""
    if not isinstance(value, list) or value.count(-1) > 1:
        raise ModelFileError("must be a list of sizes, of which one may be -1")
    return tuple(count(each, least=-1) or count(each) for each in value)  # `or`: but not 0


def pair(value: Any) -> tuple[int, int]:
    """[in front, behind]."""
    if not isinstance(value, list) or len(value) != 2:
        raise ModelFileError("must be [in front, behind]")
    return count(value[0], least=0), count(value[1], least=0)


def pairs(value: Any) -> tuple[tuple[int, int], ...]:
    """[[top, bottom], [left, right]]."""
    if not isinstance(value, list) or not all(isinstance(each, list) and len(each) == 2 for each in value):
        raise ModelFileError("must be [[top, bottom], [left, right]]")
    return tuple(pair(each) for each in value)


def batch_shape(value: Any) -> tuple[int | None, ...]:
    """The sizes of the batch and of each axis, null for an axis of any length."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_AXES:
        raise ModelFileError("must be the sizes of the batch and of each axis")
    return tuple(None if each is None else count(each) for each in value)


def ngram_sizes(value: Any) -> tuple[int, ...]:
    """null, the largest n, or a list of every n."""
    if isinstance(value, list):
        return tuple(count(each, most=MOST_NGRAMS) for each in value[: count(len(value), most=MOST_NGRAMS)])
    return tuple(range(1, count(1 if value is None else value, most=MOST_NGRAMS) + 1))


def check_settings(
    place: Any, config: Mapping[str, Any], checks: Mapping[str, Check], fixed: Mapping[str, Any],
    no_effect: Collection[str],
) -> dict[str, Any]:  # fmt: skip
    """The settings that have a check, clean; an error, which begins with `place`, for what might change the result.

    `fixed` says which settings may have one value only, if they are there.
    """
    fixed = {**dict.fromkeys(UNUSED), **fixed}
    checks = {key: one_of(value) for key, value in fixed.items() if key in config} | checks
    for key in config.keys() - checks.keys() - no_effect - NO_EFFECT:
        if not key.endswith(NO_EFFECT_ENDINGS):
            raise UnsupportedLayerError(f"{place}: option {key}={brief(config[key])} is not known to this package")
    if missing := sorted(checks.keys() - config.keys()):
        raise ModelFileError(f"{place}: the configuration lacks {', '.join(missing)}")
    clean = {}
    for key, check in checks.items():
        try:
            clean[key] = check(config[key])
        except ModelFileError as error:
            raise type(error)(f"{place}: option {key}={brief(config[key])} {error}") from None
    return clean


def check_dtype(place: Any, policy: Any) -> tuple[str, str]:
    """Keras' dtype policy, a name or a serialized DTypePolicy -> the dtype to compute in, and the stored one."""
    match policy:
        case str(name) | {
            "module": "keras",
            "class_name": "DTypePolicy" | "FloatDTypePolicy",  # the latter in Keras 3.4.0
            "config": {"name": str(name)},
        }:
            if name in STORED:
                return "float64" if name == "float64" else "float32", STORED[name]
    raise UnsupportedLayerError(f"{place}: option dtype={brief(policy)} is not supported")
