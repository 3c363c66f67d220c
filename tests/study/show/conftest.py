"""What is shown is tested on made-up results."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def only_these_variants(only_what_was_asked_for):
    """See there."""
