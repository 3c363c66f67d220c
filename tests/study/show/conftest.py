"""What is shown is tested on made-up results."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def only_these_variants(request):
    """See `only_what_was_asked_for`; a file that says EVERY_GROUP is about the groups that came later, too."""
    if not getattr(request.module, "EVERY_GROUP", False):
        request.getfixturevalue("only_what_was_asked_for")
