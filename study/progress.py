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
    """A bar in one output of the cell, updated in place and emptied at the end.

    Written to stderr, as tqdm does, every refresh would stay in the saved notebook.
    """

    def __init__(self, *args: Any, **settings: Any):
        from IPython.display import Pretty, display

        self._show = Pretty
        self._handle = display(Pretty(""), display_id=True)
        super().__init__(*args, **settings)

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        self._handle.update(self._show(str(self) if msg is None else msg))

    def close(self) -> None:
        if not self.disable:
            super().close()
            self._handle.update(self._show(""))
