"""How numbers are written."""

import pytest

from study.show.words import percent


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0 %"),
        (0.0004, "less than 1 %"),
        (0.01, "1 %"),
        (0.154, "15 %"),
        (0.99, "99 %"),
        (0.9996, "more than 99 %"),
        (1, "100 %"),
    ],
)
def test_percent(share, words):
    assert percent(share) == words.replace(" %", "\N{NO-BREAK SPACE}%")
