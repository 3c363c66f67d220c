"""What each of Keras' operations computes: x / 255, x[:, -1], keras.ops.mean(x, axis=1), keras.activations.relu(x).

Samples stay apart: what would join or reorder them is refused, as `predict` sees only some of them at a time.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..activations import Array, elu, leaky_relu, relu, softmax
from ..errors import ModelFileError, UnsupportedLayerError
from .activations import ACTIVATIONS, log_softmax
from .archive import snake_case
from .settings import Check, axes, axis, count, flag, number, one_of, optional


class Constant:
    """An array that stands in the configuration, without a batch axis of its own."""

    def __init__(self, value: Any, dtype: str):
        if dtype not in ("float16", "float32", "float64", "int32", "int64"):
            raise UnsupportedLayerError(f"config.json: a constant of {dtype[:80]} numbers is not supported")
        self.array = np.asarray(value, dtype)
        if not self.array.size or self.array.dtype.kind not in "fi":
            raise ModelFileError("config.json: a constant without numbers")

    def __repr__(self) -> str:
        return f"a constant of shape {self.array.shape}"


def common(inputs: list[Any], floats: bool = False) -> list[Array]:
    """The inputs in the type that Keras computes in.

    That is float64 if an array is, else float32 if anything is floating-point, or `floats` asks for it; else int64,
    or bool if all are. A plain number of Python's takes the type of the arrays.
    """
    plain = [each.array if isinstance(each, Constant) else each for each in inputs]
    names = {each.dtype.name if isinstance(each, np.ndarray) else type(each).__name__ for each in plain}
    if not names <= {"bool", "int", "int32", "int64", "float", "float16", "float32", "float64"}:
        raise UnsupportedLayerError(f"an operation on {' and '.join(sorted(names))} is not supported")
    if "float64" in names:
        dtype = "float64"
    elif floats or names & {"float", "float16", "float32"}:
        dtype = "float32"
    else:
        dtype = "bool" if names == {"bool"} else "int64"
    return [np.asarray(each, dtype) for each in plain]


def apart(*inputs: Any) -> None:
    """Refuse inputs that element by element would meet across samples: all need the batch in front."""
    ranks = {each.ndim for each in inputs if isinstance(each, np.ndarray)}
    constants = [each.array for each in inputs if isinstance(each, Constant)]
    if len(ranks) > 1 or any((each.ndim, *each.shape[:1]) > (min(ranks), 1) for each in constants):
        refuse()


def refuse() -> None:
    raise UnsupportedLayerError("it would mix the samples of a batch")


def beside_batch(axis: Any, rank: int) -> Any:
    """The axis or axes, unless the batch, which comes first, is among them."""
    if axis is None or any(each % rank == 0 for each in np.atleast_1d(axis).tolist()):
        refuse()
    return axis


def elementwise(function: Callable[..., Array], number: int = 1, floats: bool = False) -> Callable[..., Array]:
    """So many inputs, place by place; numpy would take one more for the output."""

    def compute(*inputs: Any, **settings: Any) -> Array:
        if len(inputs) != number:
            raise ModelFileError(f"it takes {number} inputs, but gets {len(inputs)}")
        apart(*inputs)
        return function(*common([*inputs], floats), **settings)

    return compute


def over(function: Callable[..., Array], floats: bool = False) -> Callable[..., Array]:
    """The function along an axis, or several, beside the batch."""

    def compute(x: Array, axis: Any, **settings: Any) -> Array:
        return function(*common([x], floats), axis=beside_batch(axis, x.ndim), **settings)

    return compute


def add(x: Any, y: Any) -> Array:
    """x + y, but not where y is a constant that Keras, taking it for a bias, adds along another axis than it should.

    Keras does so with one axis longer than 1: along the last axis of x, else along the first behind the batch.
    """
    if isinstance(y, Constant) and len(long := [axis for axis, n in enumerate(y.array.shape) if n > 1]) == 1:
        size, meant = y.array.shape[long[0]], x.ndim - y.array.ndim + long[0]
        biased = [axis for axis in (x.ndim - 1, 1) if x.ndim > 1 and x.shape[axis] == size]
        if biased and biased[0] != meant:
            raise UnsupportedLayerError(
                f"of {y!r} is not supported, as Keras may add it along the wrong axis; np.broadcast_to all sizes first"
            )
    return elementwise(np.add, 2)(x, y)


def place(function: Callable[..., Array], lowest: float) -> Callable[..., Array]:
    """Where the largest or smallest number stands; NaN is passed over, unlike by numpy."""
    return over(lambda x, **how: function(np.nan_to_num(x, nan=lowest, posinf=np.inf, neginf=-np.inf), **how))


def where(condition: Array, one: Any, other: Any) -> Array:
    """`one` where the condition holds, else the other."""
    apart(condition, one, other)
    return np.where(common([condition])[0].astype(bool), *common([one, other]))


def clip(x: Array, x_min: float, x_max: float) -> Array:
    """x, but nothing over x_max or under x_min, which comes last, as in TensorFlow."""
    x, least, most = common([x, x_min, x_max])
    return np.maximum(np.minimum(x, most), least)


def cast(x: Array, dtype: str | None) -> Array:
    """x in another type; whole numbers in int64, half precision in float32."""
    kinds = {"bool": "bool", "int32": "int64", "int64": "int64", "float64": "float64", None: x.dtype}
    return x.astype(kinds.get(dtype, "float32"), copy=False)


def matmul(one: Any, other: Any) -> Array:
    """one @ other: matrices of each sample, or those of each sample by one that is constant."""
    ranks = [0 if isinstance(each, Constant) else each.ndim for each in (one, other)]
    constant = [each.array.ndim for each in (one, other) if isinstance(each, Constant)]
    if not constant and (min(ranks) < 3 or ranks[0] != ranks[1]):
        refuse()
    if constant and (constant[0] > 2 or max(ranks) < (2 if ranks[0] else 3) or constant[0] < 1):
        refuse()
    one, other = common([one, other])
    if one.dtype.kind != "f":
        raise UnsupportedLayerError("of whole numbers it is not supported; keras.ops.cast them to float32 first")
    return one @ other


def get_item(x: Array, *key: Any) -> Array:
    """x[key]: slices, whole numbers, None and Ellipsis, behind a `:` that keeps the batch as it is."""
    if not all(each is None or each is ... or type(each) in (int, slice) for each in key):
        raise UnsupportedLayerError("with such an index it is not supported")
    taken = sum(each is not None for each in key[1:])
    if key[0] != slice(None) and (key[0] is not ... or taken >= x.ndim):
        refuse()
    try:
        return x[key]
    except IndexError as error:
        raise ValueError(str(error)) from error


def reshape(x: Array, newshape: list[int]) -> Array:
    """The same numbers of each sample in other axes."""
    first, *rest = newshape
    if first != -1 or -1 in rest or math.prod(rest) != math.prod(x.shape[1:]):
        refuse()
    return x.reshape(len(x), *rest)


def transpose(x: Array, axes: Any) -> Array:
    """The axes in another order, the batch first."""
    if axes is None or axes[0] % x.ndim:
        refuse()
    return x.transpose(axes)


def concatenate(*inputs: Any, axis: int) -> Array:
    """The inputs end to end along an axis."""
    apart(*inputs)
    return np.concatenate(common([*inputs]), axis=beside_batch(axis, inputs[0].ndim))


def stack(*inputs: Any, axis: int) -> Array:
    """The inputs side by side along a new axis."""
    apart(*inputs)
    return np.stack(common([*inputs]), axis=beside_batch(axis, inputs[0].ndim + 1))


def like(number: int, x: Array, dtype: str | None) -> Array:
    """The same number everywhere."""
    return cast(np.full_like(x, number), dtype)


def shape(value: Any) -> list[int]:
    """The size of each axis; -1 for the batch."""
    if not isinstance(value, list) or not value or None in value:
        raise UnsupportedLayerError("is not supported; write -1 for the batch, and every other size")
    return [count(each, least=-1) for each in value]


def order(value: Any) -> Any:
    """A list of axes, or null."""
    return None if value is None else axes(value if isinstance(value, list) else [value])


def bound(value: Any) -> float:
    """A finite number; a whole one stays whole."""
    return value if type(value) is int else number(value)


some_axes = {"axis": optional(axes)}
kept = some_axes | {"keepdims": flag}
one_axis = {"axis": optional(axis)}
dtype = one_of(None, "bool", "int32", "int64", "float16", "bfloat16", "float32", "float64")
Table = dict[str, tuple[Callable[..., Array], dict[str, Check]]]
# What computes with whole numbers in whole numbers.
ARITHMETIC: Table = {
    "Absolute": (elementwise(np.abs), {}),
    "Add": (add, {}),
    "Clip": (clip, {"x_min": bound, "x_max": bound}),
    "Maximum": (elementwise(np.maximum, 2), {}),
    "Minimum": (elementwise(np.minimum, 2), {}),
    "Multiply": (elementwise(np.multiply, 2), {}),
    "Negative": (elementwise(np.negative), {}),
    "Power": (elementwise(np.power, 2), {}),
    "ReLU": (elementwise(relu), {"negative_slope": number, "max_value": optional(number), "threshold": number}),
    "Relu": (elementwise(relu), {}),
    "Relu6": (elementwise(ACTIVATIONS["relu6"]), {}),
    "Square": (elementwise(np.square), {}),
    "Subtract": (elementwise(np.subtract, 2), {}),
}
FLOATING: Table = {
    "Divide": (elementwise(np.divide, 2, floats=True), {}),
    "Elu": (elementwise(elu, floats=True), {"alpha": number}),
    "Exp": (elementwise(np.exp, floats=True), {}),
    "Gelu": (elementwise(lambda x, approximate: ACTIVATIONS["gelu"](x), floats=True), {"approximate": one_of(False)}),
    "LeakyRelu": (elementwise(leaky_relu, floats=True), {"negative_slope": number}),
    "Log": (elementwise(np.log, floats=True), {}),
    "LogSoftmax": (over(log_softmax, floats=True), one_axis),
    "Mean": (over(np.mean, floats=True), kept),
    "Rsqrt": (elementwise(lambda x: 1 / np.sqrt(x), floats=True), {}),
    "Softmax": (over(softmax, floats=True), one_axis),
    "Sqrt": (elementwise(np.sqrt, floats=True), {}),
    "TrueDivide": (elementwise(np.divide, 2, floats=True), {}),
}
PLAIN = "HardSigmoid", "HardSilu", "LogSigmoid", "Selu", "Sigmoid", "Silu", "Softplus", "Softsign", "Tanh"
FLOATING |= {name: (elementwise(ACTIVATIONS[snake_case(name)], floats=True), {}) for name in PLAIN}
COMPARING: Table = {
    "All": (over(np.all), kept),
    "Any": (over(np.any), kept),
    "Argmax": (place(np.argmax, -np.inf), one_axis | {"keepdims": flag}),
    "Argmin": (place(np.argmin, np.inf), one_axis | {"keepdims": flag}),
    "Equal": (elementwise(np.equal, 2), {}),
    "Greater": (elementwise(np.greater, 2), {}),
    "GreaterEqual": (elementwise(np.greater_equal, 2), {}),
    "Less": (elementwise(np.less, 2), {}),
    "LessEqual": (elementwise(np.less_equal, 2), {}),
    "LogicalAnd": (elementwise(np.logical_and, 2), {}),
    "LogicalNot": (elementwise(np.logical_not), {}),
    "LogicalOr": (elementwise(np.logical_or, 2), {}),
    "Max": (over(lambda x, axis, keepdims, initial: x.max(axis, keepdims=keepdims)), kept | {"initial": one_of(None)}),
    "Min": (over(lambda x, axis, keepdims, initial: x.min(axis, keepdims=keepdims)), kept | {"initial": one_of(None)}),
    "NotEqual": (elementwise(np.not_equal, 2), {}),
    "OnesLike": (partial(like, 1), {"dtype": dtype}),
    "Sum": (over(np.sum), kept),
    "ZerosLike": (partial(like, 0), {"dtype": dtype}),
}
MOVING: Table = {
    "Cast": (cast, {"dtype": dtype}),
    "Concatenate": (concatenate, one_axis),
    "ExpandDims": (lambda x, axis: np.expand_dims(x, beside_batch(axis, x.ndim + np.size(axis))), some_axes),
    "Flip": (over(np.flip), some_axes),
    "GetItem": (get_item, {}),
    "Matmul": (matmul, {}),
    "Reshape": (reshape, {"newshape": shape}),
    "Squeeze": (over(np.squeeze), some_axes),
    "Stack": (stack, one_axis),
    "Swapaxes": (
        lambda x, axis1, axis2: np.swapaxes(x, *beside_batch((axis1, axis2), x.ndim)),
        {"axis1": axis, "axis2": axis},
    ),
    "Transpose": (transpose, {"axes": order}),
    "Where": (where, {}),
}
OPERATIONS = {f"ops.{name}": entry for name, entry in (ARITHMETIC | FLOATING | COMPARING | MOVING).items()}
