"""Forward propagation of Keras models with numpy alone.

    import forward
    model = forward.load_model("model.keras")
    probabilities = model.predict(x)

Most layers are also plain functions on arrays: `forward.conv`, `forward.lstm`, ...
"""

from .activations import elu, leaky_relu, relu, sigmoid, softmax, tanh
from .convolution import conv, conv_transpose, depthwise_conv, separable_conv
from .dense import dense, embedding, masking, rescaling
from .errors import ModelFileError, UnsupportedLayerError
from .merging import add, average, dot, maximum, minimum, multiply, subtract
from .model.load import load_model
from .model.model import Model
from .normalization import batch_normalization, group_normalization, layer_normalization, normalization
from .pooling import average_pool, global_average_pool, global_max_pool, max_pool
from .recurrent import gru, gru_cell, lstm, lstm_cell, simple_rnn, simple_rnn_cell, unroll
from .reshaping import cropping, flatten, repeat_vector, up_sampling, zero_padding
from .text import count_vectorization, text_vectorization

__version__ = "0.3.0"

__all__ = [
    "Model", "ModelFileError", "UnsupportedLayerError", "add", "average", "average_pool", "batch_normalization",
    "conv", "conv_transpose", "count_vectorization", "cropping", "dense", "depthwise_conv", "dot",
    "elu", "embedding", "flatten", "global_average_pool", "global_max_pool", "group_normalization", "gru", "gru_cell",
    "layer_normalization", "leaky_relu", "load_model", "lstm", "lstm_cell", "masking", "max_pool",
    "maximum", "minimum", "multiply", "normalization", "relu", "repeat_vector", "rescaling", "separable_conv",
    "sigmoid", "simple_rnn", "simple_rnn_cell", "softmax", "subtract", "tanh", "text_vectorization", "unroll",
    "up_sampling", "zero_padding",
]  # fmt: skip
