"""Forward propagation of Keras models with numpy alone.

    import forward
    model = forward.load_model("model.keras")
    probabilities = model.predict(x)

Every operation is also a plain function on arrays: `forward.conv`, `forward.lstm`, ...
"""

from .activations import relu, sigmoid, softmax, tanh
from .errors import ModelFileError, UnsupportedLayerError
from .model.convolution import conv, depthwise_conv, im2col, separable_conv, winograd
from .model.core import dense, embedding, flatten
from .model.graph import Model
from .model.load import load_model
from .model.normalization import batch_normalization, layer_normalization
from .model.pooling import average_pool, global_average_pool, global_max_pool, max_pool
from .model.recurrent import gru, gru_cell, lstm, lstm_cell, simple_rnn, simple_rnn_cell
from .model.text import count_vectorization, text_vectorization

__version__ = "0.2.0"

__all__ = [
    "Model", "ModelFileError", "UnsupportedLayerError", "average_pool", "batch_normalization", "conv",
    "count_vectorization", "dense", "depthwise_conv", "embedding", "flatten", "global_average_pool", "global_max_pool",
    "gru", "gru_cell", "im2col", "layer_normalization", "load_model", "lstm", "lstm_cell", "max_pool", "relu",
    "separable_conv", "sigmoid", "simple_rnn", "simple_rnn_cell", "softmax", "tanh", "text_vectorization", "winograd",
]  # fmt: skip
