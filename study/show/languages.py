"""The summary of a grid: what holds in how many languages, with the forest plot, and a table of all its cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from ..across import Answers
from ..architectures import ARCHITECTURES
from ..files import atomic_write
from ..findings import name_of
from ..grid import Cell
from ..pool import Failed
from ..statistics import VERDICTS, p_words
from . import pages, spread
from .markup import html, image, table
from .pooled import in_words
from .sentences import say
from .words import signed, within

CLEAR = ("better", "worse")
TABLES = ("findings", "languages", "best")


def index(
    home: Path,
    notebooks: Mapping[Cell, Path],
    several: Sequence[Answers],
    tables: Mapping[str, pd.DataFrame],
    failures: Mapping[Cell, Failed],
) -> Path:
    """index.html in a grid's folder, of what is finished; what is not is named."""
    languages = len({each.cell.language for each in several if each.cell.language})
    title = say("across.title", name=home.name, cells=len(notebooks), languages=languages)
    parts = [f"<h1>{escape(title)}</h1>", _spent(several) if several else ""]
    parts.append(html(say("across.failed", rows=[(each.name, _why(found)) for each, found in failures.items()])))
    if "findings" in tables:
        parts += [_findings(home, several, tables["findings"], tables["languages"]), _best(tables["best"])]
    parts += [_cells(home, notebooks, tables.get("best")), _sources(home)]
    notices = [f"sample data, not {each}" for each in _sample_of(several)] + [
        f"not finished: {each.name}" for each in failures
    ]
    path = home / "index.html"
    with atomic_write(path) as part:
        part.write_text(pages.framed(title, "".join(parts), notices), encoding="utf-8")
    return path


def _why(failed: Failed) -> str:
    """The lines that say most: the first, and the last that names an error; of a traceback that alone."""
    first, *others = failed.reason.strip().split("\n")
    errors = [line for line in others if re.match(r"[\w.]*(Error|Exception|Interrupt)\b", line)]
    said = [] if first.startswith("Traceback") and others else [first]
    return " ".join([*said, *(errors[-1:] or ([] if said else others[-1:]))])


def _sample_of(several: Sequence[Answers]) -> list[str]:
    return list(
        dict.fromkeys(each.data.notice.removeprefix("sample data, not ") for each in several if each.data.is_sample)
    )


def _spent(several: Sequence[Answers]) -> str:
    return html(
        say(
            "across.spent",
            networks=sum(len(each.results) for each in several),
            seeds=sorted({_seeds(each) for each in several}),
            profiles=list(dict.fromkeys(each.cell.profile for each in several)),
            data=list(dict.fromkeys(each.data.title.partition(" in ")[0] for each in several)),
            now=f"{datetime.now():%Y-%m-%d %H:%M}",
        )
    )


def _seeds(answers: Answers) -> int:
    """How often each network of a cell was trained."""
    return answers.results["seed"].nunique()


def _findings(home: Path, several: Sequence[Answers], findings: pd.DataFrame, effects: pd.DataFrame) -> str:
    """The forest plot, what the findings say, and their table, as HTML."""
    rows = [in_words(row) for row in findings.itertuples()]
    speaks = findings["full_verdict"].notna().any()
    names = list(dict.fromkeys(each.cell.architecture for each in several))
    more = {each.cell.architecture for each in several if _seeds(each) > 1}
    lead = say(
        "across.lead",
        languages=[in_title(each) for each in dict.fromkeys(effects["language"])],
        architectures=[ARCHITECTURES[each].title for each in names],
        texts=len(several[0].data.y_test),
        margin=findings["margin"].iloc[0],
        speaks=speaks,
        single=[ARCHITECTURES[each].title for each in names if each not in more],
    )
    picture = spread.save(findings, effects, home / "forest.png", _sample_of(several))
    clear = [row for row in rows if row["verdict"] in CLEAR]
    lost = [f"{row['network']}, {row['what']}" for row in clear if row["verdict_texts"] not in (row["verdict"], "")]
    by_verdict = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in VERDICTS}
    unclear = {row["network"]: [] for row in by_verdict["not resolved"]}
    for row in by_verdict.pop("not resolved"):
        unclear[row["network"]].append(row["what"])
    parts = [each for each in by_verdict.items() if each[1]]
    said = [say("across.findings", parts=parts, open=list(unclear.items()))]
    if (findings["verdict_texts"] != "").all():
        said.append(say("across.changed", number=len(clear), all=len(rows), lost=lost))
    shown = pd.DataFrame([_row(row) for row in rows])
    shown = table(shown, "findings", say("captions.findings", languages=effects["language"].nunique()))
    return html(lead) + image(picture) + html("\n\n".join(said)) + shown


def in_title(language: str) -> str:
    """`Toba Batak` for toba_batak."""
    return language.replace("_", " ").title()


def _row(row: dict[str, Any]) -> dict[str, str]:
    """A line of the table of findings."""
    both = within(row["low_texts"], row["high_texts"]) if row["verdict_texts"] else ""
    in_full = f"{signed(row['full_effect'])}, {row['full_verdict']}" if isinstance(row["full_verdict"], str) else ""
    return {
        "network": row["network"],
        "finding": row["what"],
        "same sign": f"{row['agree']} of {row['languages']}",
        "clear": f"{row['clear']}" + (f", {row['opposite']} the other way" if row["opposite"] else ""),
        "mean": signed(row["effect"]),
        "over languages": within(row["low"], row["high"]),
        "p differ": p_words(row["p_holm"]).removeprefix("= "),
        "p equal": p_words(row["p_holm_equal"]).removeprefix("= "),
        "verdict": row["verdict"],
        "over languages and texts": both,
        "full, in Indonesian": in_full + (" (contradicts)" if row["contradicts"] else ""),
    }


def _best(best: pd.DataFrame) -> str:
    """A row for each language: the strongest method without a network, and the best of each architecture; as HTML."""
    lines = []
    for language, mine in best.groupby("language", sort=False):
        line = {"language": in_title(language)}
        rival = mine.iloc[0]
        line["without a network"] = f"{rival['rival_test_f1']:.3f} ({rival['rival']})"
        for row in mine.itertuples():
            name = name_of(row.architecture, row.variant)
            title = ARCHITECTURES[row.architecture].title
            line[title] = f"{row.test_f1:.3f} ({signed(row.effect)}, {row.verdict}): {name}"
        lines.append(line)
    caption = say("captions.best_in_languages")
    return html(say("across.best")) + table(pd.DataFrame(lines).fillna(""), "best", caption)


def _cells(home: Path, notebooks: Mapping[Cell, Path], best: pd.DataFrame | None) -> str:
    """A row for each cell of the grid, with its page, as HTML."""
    scores = {} if best is None else best.set_index("cell").to_dict("index")
    lines = []
    for cell, notebook in notebooks.items():
        page = notebook.with_suffix(".html").relative_to(home)
        line = {"cell": f'<a href="{page}">{cell.name}</a>' if cell.name in scores else f"{cell.name}: not finished"}
        if cell.name in scores:
            row = scores[cell.name]
            line |= {
                "networks": str(row["networks"]),
                "best variant": name_of(cell.architecture, row["variant"]),
                "validation": f"{row['val_f1']:.3f}",
                "test": f"{row['test_f1']:.3f}",
                "without a network": f"{row['rival_test_f1']:.3f} ({row['rival']})",
                "difference": f"{signed(row['effect'])} ({within(row['low'], row['high'])}): {row['verdict']}",
            }
        lines.append(line)
    return html(say("across.cells")) + pd.DataFrame(lines).fillna("").to_html(escape=False, border=0, index=False)


def _sources(home: Path) -> str:
    names = [f"{each}.csv" for each in TABLES] + ["forest.png", "forest.svg"]
    links = ", ".join(f'<a href="{name}">{name}</a>' for name in names if (home / name).exists())
    return html(say("across.sources")) + f"<p>{links}</p>"
