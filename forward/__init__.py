"""Forward propagation of Keras models with numpy alone.

    import forward
    model = forward.load_model("model.keras")
    probabilities = model.predict(x)

Every operation is also a plain function on arrays: `forward.conv2d`, `forward.lstm`, ...
"""

from .activations import linear, relu, sigmoid, softmax, tanh
from .errors import ModelFileError, UnsupportedLayerError
from .layers.convolution import conv2d
from .layers.core import dense, embedding, flatten
from .layers.pooling import (
    average_pooling2d,
    global_average_pooling2d,
    global_max_pooling2d,
    max_pooling2d,
)
from .layers.recurrent import bidirectional, lstm, lstm_cell, lstm_gates, simple_rnn, simple_rnn_cell
from .layers.text import text_vectorization
from .model import Model, load_model

__all__ = [
    "Model", "ModelFileError", "UnsupportedLayerError", "average_pooling2d", "bidirectional", "conv2d",
    "dense", "embedding", "flatten", "global_average_pooling2d", "global_max_pooling2d", "linear",
    "load_model", "lstm", "lstm_cell", "lstm_gates", "max_pooling2d", "relu", "sigmoid", "simple_rnn",
    "simple_rnn_cell", "softmax", "tanh", "text_vectorization",
]  # fmt: skip
