"""Where a page comes from: what it was made with, on which machine, of which data, and the networks' checksums."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import forward

from ..evaluation import by_variant, results
from ..evidence import Evidence
from ..files import ROOT
from ..findings import name_of
from ..runs import PACKAGES, code_digest, code_of, versions
from .sentences import say
from .tables import Table

BESIDE = ("pandas", "scipy", "matplotlib", "nbconvert", "pypandoc_binary", "typst")  # the versions of what makes pages
SHORT = 12  # digits of a checksum, where the whole of it stands in a file


def references(architecture: str, items: str) -> str:
    """What the page of an architecture rests on, by author, with its heading."""
    listed = [line for line in say("references.of", architecture=architecture, items=items).split("\n") if line]
    return "\n".join([say("references.heading"), "", *sorted(listed)])


def parts(evidence: Evidence) -> Iterator[Any]:
    """The heading, what the page was made with, and its networks."""
    yield say("page.provenance")
    yield made_with(evidence)
    yield networks(evidence)


def made_with(evidence: Evidence) -> Table:
    """A row for each thing that a page depends on."""
    code = [*sorted((ROOT / "forward").rglob("*.py"))]
    trained = hashlib.sha256("".join(code_of(evidence.architecture).values()).encode()).hexdigest()
    rows = {
        "made on": f"{datetime.now():%Y-%m-%d %H:%M}",
        "version": forward.__version__,
        "code of forward/": code_digest(*code)[:SHORT],
        "code that trains": trained[:SHORT],
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {number}" for name, number in versions(*PACKAGES, *BESIDE).items()),
        "machine": f"{processor()}, {len(os.sched_getaffinity(0))} cores; {platform.system()} {platform.machine()}",
        "data": "; ".join(each for each in (evidence.data.source, evidence.data.remark) if each),
    }
    return Table({"what": name, "this page": value} for name, value in rows.items()).captioned(say("page.made_with"))


def processor(file: Path = Path("/proc/cpuinfo")) -> str:
    """The name of the processor, as Linux has it, else as Python has."""
    found = re.search(r"^model name\s*: (.+)$", file.read_text(), re.MULTILINE) if file.exists() else None
    return found[1] if found else platform.processor() or "processor not known"


def networks(evidence: Evidence) -> Table:
    """A row for each variant: its networks, how long they took, and one checksum over their files'."""
    rows, listed = [], sum(bool(each.run.listed) for each in evidence.checks)
    for name, mine in by_variant(evidence.checks).items():
        frame = results(mine)
        files = [each.run.record["model_sha256"] for each in mine if not each.run.listed]
        rows.append(
            {
                "variant": name_of(evidence.architecture, name),
                "seeds": seeds([each.run.seed for each in mine]),
                "training, s": f"{frame['train_s'].sum():.0f}",
                "Keras, s": f"{frame['keras_s'].sum():.1f}",
                "numpy, s": f"{frame['numpy_s'].sum():.1f}",
                "checksum": hashlib.sha256("".join(files).encode()).hexdigest()[:SHORT],
                **({"of": f"{len(files)} of {len(mine)}"} if listed else {}),
            }
        )
    return Table(rows).captioned(
        say("page.networks", place=evidence.place.name, listed=listed, of=len(evidence.checks))
    )


def seeds(numbers: list[int]) -> str:
    """`0 to 4` where none is left out, else each."""
    numbers = sorted(numbers)
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers))
