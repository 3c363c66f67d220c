"""How numbers are written, the same way on all pages, and how data texts enter them."""

from __future__ import annotations

import re


def percent(share: float) -> str:
    """A share in whole percent, `15 %` with a no-break space; only 0 and 1 themselves are `0 %` and `100 %`."""
    space = "\N{NO-BREAK SPACE}"
    if 0 < share < 0.01:
        return f"less than 1{space}%"
    if 0.99 < share < 1:
        return f"more than 99{space}%"
    return f"{100 * share:.0f}{space}%"


def signed(difference: float) -> str:
    """A difference with three digits and its sign, a minus as long as a plus; nothing has none: `+0.017`, `0.000`."""
    text = f"{difference:+.3f}"
    return text[1:] if text[1:] == "0.000" else text.replace("-", "−")


def within(low: float, high: float) -> str:
    """An interval of a difference: `−0.004 to +0.012`."""
    return f"{signed(low)} to {signed(high)}"


def literal(text: str) -> str:
    """A text of the data as Markdown that shows it as it is: every ASCII sign escaped, all of it on one line."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
