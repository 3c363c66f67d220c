"""The one table of what this package computes: Keras' class name -> layer."""

from .base import Layer
from .convolution import Conv2D
from .core import Activation, Dense, Dropout, Embedding, Flatten
from .pooling import AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D
from .recurrent import LSTM, Bidirectional, SimpleRNN
from .text import TextVectorization

LAYERS: dict[str, type[Layer]] = {
    "Activation": Activation,
    "AveragePooling2D": AveragePooling2D,
    "Bidirectional": Bidirectional,
    "Conv2D": Conv2D,
    "Dense": Dense,
    "Dropout": Dropout,
    "Embedding": Embedding,
    "Flatten": Flatten,
    "GlobalAveragePooling2D": GlobalAveragePooling2D,
    "GlobalMaxPooling2D": GlobalMaxPooling2D,
    "LSTM": LSTM,
    "MaxPooling2D": MaxPooling2D,
    "SimpleRNN": SimpleRNN,
    "TextVectorization": TextVectorization,
}
