"""What one temperature for each network does to how sure it is, in words."""

from __future__ import annotations

from ..evidence import Evidence
from ..findings import name_of
from .sentences import say

ALIKE = 0.005  # a calibration error that changes by less is called as good as before


def reading(evidence: Evidence) -> str:
    """What scaling does to the baseline and to the best variant, means over seeds, as Markdown; empty if none was."""
    rows, networks = evidence.temperatures, []
    for name in dict.fromkeys(("baseline", evidence.best)):
        if len(mine := rows[rows["variant"] == name]):
            means = mine[["temperature", "error", "scaled_error", "loss", "scaled_loss"]].mean()
            less = means["error"] - means["scaled_error"]
            how = "alike" if abs(less) < ALIKE else "better" if less > 0 else "worse"
            networks.append({"name": name_of(evidence.architecture, name), "how": how, **means})
    return say("temperatures.reading", networks=networks, examples=rows["examples"].max()) if networks else ""
