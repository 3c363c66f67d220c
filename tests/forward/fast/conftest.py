"""What the tests of threads share."""

import pytest
import threadpoolctl


@pytest.fixture
def blas_threads():
    """A function: how many threads numpy's BLAS takes, which has two here: one could not be told from a limit."""

    def ask():
        found = {each["filepath"].rpartition("site-packages")[2]: each for each in threadpoolctl.threadpool_info()}
        (numpys,) = [each for path, each in found.items() if "numpy" in path]  # scipy has one of its own
        return numpys["num_threads"]

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        yield ask
