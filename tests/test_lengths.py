"""How long files and functions may be, so that each can be read in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from study.files import ROOT

FILES = [*ROOT.glob("forward/**/*.py"), *ROOT.glob("study/**/*.py")]
PLAIN = {path for path in ROOT.glob("forward/[!_]*.py") if path.stem != "errors"}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """The name of each function of a file and its lines, the docstring apart."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            documented = ast.get_docstring(node) is not None
            yield node.name, node.end_lineno - node.lineno + 1 - documented * (first.end_lineno - first.lineno + 1)


def lines(path: Path) -> int:
    return path.read_text().count("\n")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_no_file_has_more_than_300_lines_and_no_function_more_than_40(path):
    assert lines(path) <= 300
    most = 20 if path in PLAIN else 40
    assert not {name: length for name, length in functions(path) if length > most}


def test_the_plain_functions_have_at_most_700_lines():
    assert {"convolution.py", "recurrent.py"} < {path.name for path in PLAIN}
    assert sum(map(lines, PLAIN)) <= 700
