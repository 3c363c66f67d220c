"""The errors of this package; both are ValueErrors."""


class ModelFileError(ValueError):
    """A model file is damaged, incomplete, or not what it says it is."""


class UnsupportedLayerError(ModelFileError):
    """A model uses a layer or an option that this package does not compute."""
