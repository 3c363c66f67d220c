"""stored.zip holds what make_stored.py writes."""

from .alone import make_stored, test_stored


def test_every_row_is_stored():
    names = [name for name, _ in make_stored.rows()]
    assert names == test_stored.NAMES, "run .venv/bin/python -m tests.forward.alone.make_stored"
