"""The same trained model in each engine: `PEERS[name](path)` loads a .keras file and returns a Peer that predicts.

An engine is imported only where it is asked for, so that a missing one is missed by name.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

THREADS = len(os.sched_getaffinity(0))


@dataclass
class Peer:
    """`predict(x, batch_size)` gives the probabilities of all of x; `how` says what computes them."""

    predict: Callable[[np.ndarray, int], np.ndarray]
    how: str


def in_batches(run: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray, int], np.ndarray]:
    """A predict function out of one for a single batch."""
    return lambda x, size: np.concatenate([np.asarray(run(x[i : i + size])) for i in range(0, len(x), size)])


def blas() -> str:
    """Which BLAS numpy has (scipy brings another), and which of its kernels this processor gets."""
    import threadpoolctl

    blas = [each for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"]
    found = [each for each in blas if "numpy" in each["filepath"]] or blas
    return ", ".join(f"{each['internal_api']} {each['version']} {each['architecture']}" for each in found)


def numpy_forward(path: str) -> Peer:
    """This project, cut into pieces of at most the batch size."""
    import forward

    model = forward.load_model(path)
    return Peer(lambda x, size: model.predict(x, size), f"numpy {np.__version__}, {blas()}")


def keras_predict(path: str) -> Peer:
    """`model.predict` of Keras on TensorFlow."""
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path)
    how = f"Keras {keras.__version__}, TensorFlow {tf.__version__}"
    return Peer(lambda x, size: model.predict(x, batch_size=size, verbose=0), how)


def keras_call(path: str) -> Peer:
    """`model(x)` of Keras on TensorFlow, without compiling anything."""
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path)
    return Peer(in_batches(model), f"Keras {keras.__version__}, TensorFlow {tf.__version__}")


def tf_function(path: str) -> Peer:
    """The model in a compiled `tf.function`."""
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path)
    run = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    return Peer(in_batches(lambda x: run(tf.constant(x))), f"TensorFlow {tf.__version__}")


def keras_numpy(path: str) -> Peer:
    """`model.predict` of Keras on its numpy backend, whose convolution is JAX's."""
    import keras

    model = keras.models.load_model(path)
    return Peer(
        lambda x, size: model.predict(x, batch_size=size, verbose=0), f"Keras {keras.__version__}, numpy backend"
    )


def onnx_runtime(path: str) -> Peer:
    """ONNX Runtime on the graph of `onnx_model`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(onnx_model(path).SerializeToString(), options)

    def run(x: np.ndarray) -> np.ndarray:
        inputs = {"x": x}
        if x.ndim == 2:
            inputs = {"x": np.ascontiguousarray(x.T), "lengths": np.count_nonzero(x, axis=1).astype(np.int32)}
        return session.run(None, inputs)[0]

    return Peer(in_batches(run), f"ONNX Runtime {onnxruntime.__version__}")


def onnx_model(path: str) -> Any:
    """The layers of the .keras file as an ONNX graph; tokens come as (time, batch), with the length of each row."""
    from onnx import TensorProto, helper, numpy_helper

    import forward

    nodes, weights, now, last = [], [], "x", "x"

    def add(kind: str, inputs: list[str], arrays: list[np.ndarray], outputs: int = 1, **attributes: Any) -> list[str]:
        names = [f"w{len(weights) + number}" for number in range(len(arrays))]
        weights.extend(map(numpy_helper.from_array, arrays, names))
        made = [f"{kind}{len(nodes)}_{number}" for number in range(outputs)]
        nodes.append(helper.make_node(kind, [*inputs, *names], made, **attributes))
        return made

    layers = forward.load_model(path).layers
    for layer in layers:
        arrays = layer.weights
        match layer.class_name:
            case "Conv2D":
                if now == "x":
                    (now,) = add("Transpose", [now], [], perm=[0, 3, 1, 2])
                kernel = np.ascontiguousarray(arrays["kernel"].transpose(3, 2, 0, 1))
                (now,) = add("Conv", [now], [kernel, arrays["bias"]], auto_pad="SAME_UPPER")
                (now,) = add("Relu", [now], [])
            case "MaxPooling2D":
                (now,) = add("MaxPool", [now], [], kernel_shape=[2, 2], strides=[2, 2])
            case "Flatten":
                (now,) = add("Transpose", [now], [], perm=[0, 2, 3, 1])
                (now,) = add("Flatten", [now], [])
            case "Embedding":
                (table,) = add("Identity", [], [arrays["embeddings"]])
                (now,) = add("Gather", [table, now], [])
            case "SimpleRNN" | "LSTM" | "GRU" | "Bidirectional":
                cells = getattr(layer, "layers", [layer])
                kind = ONNX_KINDS[cells[0].class_name]
                options = {"linear_before_reset": 1} if kind == "GRU" else {}
                stacked = [np.stack(each) for each in zip(*map(onnx_cell, cells), strict=True)]
                names = [weight for weight in add("Identity", [], [stacked[0]])]
                names += add("Identity", [], [stacked[1]]) + add("Identity", [], [stacked[2]])
                now, last = add(
                    kind, [now, *names, "lengths"], [], 2, hidden_size=cells[0].units,
                    direction="bidirectional" if len(cells) > 1 else "forward", **options,
                )  # fmt: skip
                width = cells[0].units * len(cells)
                (now,) = add("Transpose", [now], [], perm=[0, 2, 1, 3])
                (now,) = add("Reshape", [now], [np.array([0, 0, width])])
                (last,) = add("Transpose", [last], [], perm=[1, 0, 2])
                (last,) = add("Reshape", [last], [np.array([0, width])])
            case "Dense":
                before = last if last != "x" else now
                (now,) = add("Gemm", [before], [arrays["kernel"], arrays["bias"]])
                kind = "Softmax" if layer.config["activation"] == "softmax" else "Relu"
                (now,) = add(kind, [now], [])
                last = "x"
    tokens = last != "x" or layers[0].class_name == "Embedding"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", None, None, None])]
    if tokens:
        inputs = [helper.make_tensor_value_info("x", TensorProto.INT64, ["time", "batch"])]
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]))
    outputs = [helper.make_tensor_value_info(now, TensorProto.FLOAT, ["batch", "classes"])]
    graph = helper.make_graph(nodes, "model", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


ONNX_KINDS = {"SimpleRNN": "RNN", "LSTM": "LSTM", "GRU": "GRU"}


def onnx_cell(layer: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W, R and B of ONNX, which has the gates as rows, those of LSTM in the order i, o, f, c, and a second bias."""
    parts = [layer.weights[name] for name in ("kernel", "recurrent_kernel", "bias")]
    if layer.class_name == "LSTM":
        parts = [np.concatenate([np.split(part, 4, -1)[gate] for gate in (0, 3, 1, 2)], -1) for part in parts]
    kernel, recurrent_kernel, bias = (np.ascontiguousarray(part.T) for part in parts)
    both = parts[2] if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return kernel, recurrent_kernel, both.reshape(-1)


def pytorch(path: str) -> Peer:
    """PyTorch modules with the weights of the .keras file, images channels-last, sentences packed."""
    import torch

    import forward

    torch.set_num_threads(THREADS)
    layers = [layer for layer in forward.load_model(path).layers if layer.class_name != "Dropout"]
    steps = [torch_step(layer, torch) for layer in layers]

    @torch.inference_mode()
    def run(x: np.ndarray) -> np.ndarray:
        now: Any = torch.from_numpy(np.ascontiguousarray(x))
        if now.ndim == 4:
            now = now.permute(0, 3, 1, 2)
        else:
            lengths = torch.from_numpy(np.count_nonzero(x, axis=1))
            now = torch.nn.utils.rnn.pack_padded_sequence(now, lengths, batch_first=True, enforce_sorted=False)
        for step in steps:
            now = step(now)
        return now.numpy()

    return Peer(in_batches(run), f"PyTorch {torch.__version__}")


def torch_step(layer: Any, torch: Any) -> Callable[[Any], Any]:
    """One layer as a function of PyTorch."""
    arrays = {name: torch.from_numpy(array) for name, array in layer.weights.items()}
    functional = torch.nn.functional
    match layer.class_name:
        case "Conv2D":
            kernel = arrays["kernel"].permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
            return lambda x: torch.relu(functional.conv2d(x, kernel, arrays["bias"], padding="same"))
        case "MaxPooling2D":
            return lambda x: functional.max_pool2d(x, 2)
        case "Flatten":
            return lambda x: x.permute(0, 2, 3, 1).flatten(1)
        case "Embedding":
            return lambda x: x._replace(data=functional.embedding(x.data, arrays["embeddings"]))
        case "Dense":
            act = torch.relu if layer.config["activation"] == "relu" else lambda y: y.softmax(-1)
            kernel = arrays["kernel"].T.contiguous()
            return lambda x: act(functional.linear(x, kernel, arrays["bias"]))
    cells = getattr(layer, "layers", [layer])
    kind = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "SimpleRNN": torch.nn.RNN}[cells[0].class_name]
    module = kind(len(cells[0].weights["kernel"]), cells[0].units, bidirectional=len(cells) > 1)
    for cell, suffix in zip(cells, ("", "_reverse"), strict=False):
        bias = np.atleast_2d(cell.weights["bias"])
        bias = bias if len(bias) == 2 else np.stack([bias[0], np.zeros_like(bias[0])])
        own = cell.weights["kernel"], cell.weights["recurrent_kernel"], bias[:1], bias[1:]
        for name, weight in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), own, strict=True):
            if kind is torch.nn.GRU:  # which has r before z
                z, r, new = np.split(weight, 3, axis=-1)
                weight = np.concatenate([r, z, new], axis=-1)
            weight = weight[0] if name.startswith("bias") else weight.T
            getattr(module, f"{name}_l0{suffix}").data = torch.from_numpy(weight.copy())
    if cells[0].return_sequences:
        return lambda x: module(x)[0]

    def last(x: Any) -> Any:
        states = module(x)[1]
        return torch.cat(list(states[0] if isinstance(states, tuple) else states), dim=-1)

    return last


def kernels() -> list[str]:
    """The kernels of OpenBLAS that this processor can be asked for: with and without AVX-512, where it has that."""
    found = Path("/proc/cpuinfo")
    return ["Haswell", "SkylakeX"] if found.exists() and "avx512f" in found.read_text() else []


# Name -> how it is loaded, and what its process finds in the environment before numpy is imported.
FORWARDS = {f"forward, {kernel}": {"OPENBLAS_CORETYPE": kernel} for kernel in kernels()} or {"forward": {}}
PEERS: dict[str, tuple[Callable[[str], Peer], dict[str, str]]] = {
    **{name: (numpy_forward, environment) for name, environment in FORWARDS.items()},
    "Keras predict": (keras_predict, {}),
    "Keras call": (keras_call, {}),
    "tf.function": (tf_function, {}),
    "Keras on numpy": (keras_numpy, {"KERAS_BACKEND": "numpy"}),
    "ONNX Runtime": (onnx_runtime, {}),
    "PyTorch": (pytorch, {}),
}
