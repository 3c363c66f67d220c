"""What JupyterLab saves of a notebook that git tracks: its text and code, so that running it changes nothing in git.

`make setup` names `without_outputs` to the Jupyter of .venv, by jupyter_server_config.json. A notebook under another
name is saved with its outputs.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
OF_A_SESSION = ("collapsed", "execution", "ExecuteTime", "scrolled", "trusted")  # in a cell's metadata
FOLDED = {"source_hidden": True, "outputs_hidden": True}


def without_outputs(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Before a notebook is saved: take out what running it put in, if git tracks it in notebooks/."""
    file = Path(contents_manager.root_dir, path.strip("/")).resolve()
    if model.get("type") == "notebook" and file.parent == NOTEBOOKS and _is_tracked(file):
        clean(model["content"])


def clean(content: dict[str, Any]) -> None:
    """Take outputs, counts, and what else a session writes out of a notebook; solutions are folded again."""
    content["metadata"] = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        for name in OF_A_SESSION:
            cell["metadata"].pop(name, None)
        if "solution" in cell["metadata"].get("tags", []):
            cell["metadata"]["jupyter"] = dict(FOLDED)


def _is_tracked(file: Path) -> bool:
    """Whether git knows this file; without git, it is as if it did not."""
    try:
        asked = ["git", "ls-files", "--error-unmatch", file.name]
        return subprocess.run(asked, cwd=file.parent, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
