"""NusaX-Senti: 1,000 short texts in Indonesian and eleven other languages, each negative, neutral or positive.

Source: Winata et al., NusaX: Multilingual Parallel Sentiment Dataset for 10 Indonesian Local Languages, 2023.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..files import sha256
from . import NOT_OFFICIAL, Dataset, digest, download, sample

TITLE = "NusaX-Senti"
FILES = "nusax/train.csv, valid.csv and test.csv"
CLASSES = ("negative", "neutral", "positive")
ROWS = {"train": 500, "valid": 100, "test": 400}
TRAINED_ON = ROWS["train"]
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
URL = (
    "https://raw.githubusercontent.com/IndoNLP/nusax/75b0be5d982348332509f296e10d9bf9cb66d60f/"
    "datasets/sentiment/indonesian/"
)
SHA256 = {
    "train": "698c4802111085c14fbe35122957e1145338d307bcc295764026a23095a32984",
    "valid": "4049c4a53017e08db72c72e1907345bfdfc19385481c58f54fe4637073d813f9",
    "test": "43b612ed6fde972c752ab9fa8b2ce290d9ffa06b176b732fcef2a947cb94a161",
}


def fetch(data_dir: Path) -> None:
    """Put the three files into `data_dir`/nusax, from their official home, unless they are there."""
    for split, checksum in SHA256.items():
        path = data_dir / "nusax" / f"{split}.csv"
        if not path.exists():
            download.file(f"{URL}{split}.csv", checksum, path)


def read(data_dir: Path) -> Dataset:
    """`data_dir`/nusax/{train,valid,test}.csv as a Dataset.

    Files that are sound but not the official ones, byte for byte, are taken and named so.
    """
    paths = {split: data_dir / "nusax" / f"{split}.csv" for split in ROWS}
    tables = {split: _read_csv(path, ROWS[split]) for split, path in paths.items()}
    _check_distinct(paths, {split: texts for split, (texts, _) in tables.items()})
    official = all(sha256(path) == SHA256[split] for split, path in paths.items())
    return _texts(
        tables["train"],
        tables["valid"],
        tables["test"],
        plain_title=TITLE,
        checksum=sha256(*paths.values()),
        doubt="" if official else NOT_OFFICIAL,
    )


def _read_csv(path: Path, rows: int) -> tuple[list[str], list[str]]:
    """One CSV file as texts and labels, every row checked."""
    import pandas as pd

    _check_separator(path)
    try:
        table = pd.read_csv(path, encoding="utf-8", dtype=str, keep_default_na=False)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: not a readable CSV file ({error})") from error
    for column in ("id", "text", "label"):
        if column not in table:
            raise DataError(f"{path}: the column {column!r} is missing; it has {', '.join(table.columns)}")
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus fields in front for an index
        raise DataError(f"{path}: the rows have more fields than the header; put texts with commas in quotes")
    line = table.index + 2  # the header is line 1; exact as long as no text spans lines
    if (unknown := ~table["label"].isin(CLASSES)).any():
        where, label = line[unknown][0], table["label"][unknown].iloc[0]
        raise DataError(f"{path}: unknown label {label!r} in row {where}; labels are {', '.join(CLASSES)}")
    if (empty := table["text"].str.strip() == "").any():
        raise DataError(f"{path}: empty text in row {line[empty][0]}")
    if (twice := table["id"].duplicated()).any():
        raise DataError(f"{path}: duplicate row {line[twice][0]}, id {table['id'][twice].iloc[0]}")
    if len(table) != rows:
        raise DataError(f"{path}: {len(table)} rows, expected {rows}: rows are missing or too many")
    return table["text"].tolist(), table["label"].tolist()


def _check_separator(path: Path) -> None:
    """Commas: a spreadsheet may write something else, which would end as a missing column or a surplus field."""
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    for separator, name in SEPARATORS.items():
        if separator in header and "," not in header:
            raise DataError(f"{path}: its fields are separated by {name}; expected are commas, as in id,text,label")


def _check_distinct(paths: dict[str, Path], texts: dict[str, list[str]]) -> None:
    """No sentence twice, within a split or across: a test sentence seen in training would flatter the result."""
    seen: dict[str, Path] = {}
    for split, path in paths.items():
        for text in texts[split]:
            if text in seen:
                raise DataError(f"{path}: duplicate text, also in {seen[text].name}: {text[:60]!r}")
            seen[text] = path


def _texts(train: tuple, validation: tuple, test: tuple, **settings: object) -> Dataset:
    """A Dataset of (texts, labels) pairs; labels become numbers."""
    arrays = {}
    for split, (texts, labels) in {"train": train, "val": validation, "test": test}.items():
        arrays[f"x_{split}"] = np.array(texts, dtype=object)
        arrays[f"y_{split}"] = np.array([CLASSES.index(label) for label in labels])
    return Dataset(name="nusax", classes=CLASSES, **arrays, **settings)


def load_sample() -> Dataset:
    splits = list(sample.sentences().values())
    checksum = digest(*(np.array(part, dtype=object) for split in splits for part in split))
    return _texts(*splits, plain_title="built-in Indonesian sentences", checksum=checksum, is_sample=True)


def rivals(data: Dataset) -> dict[str, Any]:
    """Methods without a network, not fitted yet."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    return {
        "logistic regression, word counts": make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000)),
        "logistic regression, TF-IDF": make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)),
        "linear SVM, word counts": make_pipeline(CountVectorizer(), LinearSVC(random_state=0)),
    }
