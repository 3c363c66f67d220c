"""Try it: in a live notebook, type a sentence or draw an image, and see at once what a network makes of it.

All that is shown is computed by `forward` alone; neither Keras nor TensorFlow is loaded.
"""

from .drawing import image
from .network import Network, networks
from .writing import text

__all__ = ["Network", "image", "networks", "text"]
