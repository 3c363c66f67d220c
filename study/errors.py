"""What can go wrong, in a room that loads nothing: the command line names errors of rooms that it did not need."""


class DataError(ValueError):
    """A data set is missing, damaged or not what it should be; the message names the file and the problem."""


class UnreachableError(DataError):
    """A data set is not there, and its official home cannot be reached."""


class GridError(ValueError):
    """A grid of notebooks cannot be read; the message names the file and the key."""


class TrainingError(RuntimeError):
    """A training process did not come back."""


class ClusterError(RuntimeError):
    """The cluster to train on cannot be used, or is lost."""


class NotebookError(RuntimeError):
    """A notebook or a page could not be made: it stopped with an error, or its process did not come back."""


class PageError(RuntimeError):
    """A page, or a formula on it, that cannot be typeset."""


class MismatchError(RuntimeError):
    """A network that lies here is not as it was written, or does not give what the tables or Keras say."""
