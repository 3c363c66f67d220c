"""Progress: a bar on the terminal, or in a notebook one that leaves nothing behind."""

from typing import Any

from tqdm import tqdm


def progress(total: int | None = None, **settings: Any) -> tqdm:
    """A tqdm bar; `settings` are tqdm's own."""
    return (_NotebookBar if _in_notebook() else tqdm)(total=total, dynamic_ncols=True, **settings)


def _in_notebook() -> bool:
    """Whether this process is a Jupyter kernel."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return type(get_ipython()).__name__ == "ZMQInteractiveShell"


class _NotebookBar(tqdm):
    """A bar in the output of the cell, replaced at every refresh and taken away at the end.

    Written to stderr, as tqdm does, every refresh would stay in the saved notebook.
    """

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        from IPython.display import Pretty, clear_output, display

        clear_output(wait=True)
        display(Pretty(str(self) if msg is None else msg))

    def close(self) -> None:
        from IPython.display import clear_output

        if not self.disable:
            super().close()
            clear_output()
