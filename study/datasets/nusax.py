"""NusaX-Senti: 1,000 short texts in Indonesian and eleven other languages, each negative, neutral or positive.

Source: Winata et al., NusaX: Multilingual Parallel Sentiment Dataset for 10 Indonesian Local Languages, 2023.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..files import sha256
from ..rivals import tuned
from . import NOT_OFFICIAL, Dataset, Elsewhere, digest, download, sample

TITLE = "NusaX-Senti"
CLASSES = ("negative", "neutral", "positive")
ROWS = {"train": 500, "valid": 100, "test": 400}
TRAINED_ON = ROWS["train"]
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
URL = "https://raw.githubusercontent.com/IndoNLP/nusax/75b0be5d982348332509f296e10d9bf9cb66d60f/datasets/sentiment/"
SHA256 = {  # train.csv, valid.csv, test.csv
    "indonesian": (
        "698c4802111085c14fbe35122957e1145338d307bcc295764026a23095a32984",
        "4049c4a53017e08db72c72e1907345bfdfc19385481c58f54fe4637073d813f9",
        "43b612ed6fde972c752ab9fa8b2ce290d9ffa06b176b732fcef2a947cb94a161",
    ),
    "acehnese": (
        "eeb72a3e29d6129af729a9112e296afe0b7bae3c4f6a2590d5532bafe57f4597",
        "1752fc429c3f7b12f29a72dd68d0e3939b21a40f389dd5d0eb5432c6d036b308",
        "0a38ac2352ec2194602f97acf5b25c78f432d84c9c9bee60c294506e55c18f1c",
    ),
    "balinese": (
        "e37accf45aec8381c7465b2ca2df75500c0c5991941f18a6f0e109d8a81e5c5b",
        "1055ca278cc03de4743605c1bfac04261b4f6514fbbdba86587c2e3076e80197",
        "d10c82f294bd72b0ee7077400424522e5c39fa477f83ffabb2f7652f84ed71fa",
    ),
    "banjarese": (
        "0e15c5826401ca8649c51e67a5c1ba6b0345d66897954e96ac073a85e717ee7a",
        "999a0bef291cde263777d64bde9d31b46fbf1de957a64e73f0fd39b8674784b1",
        "cca90ae2c130ebd41f38a3d04acda1cc79b3795d5e43575a41d369c7326679d9",
    ),
    "buginese": (
        "23818aa30bf4ae743c540b007231c925e6f00f4dfd3ed8e38972b5663d601027",
        "5425f886a49379cffd114802b0d3ef07de048d3f7e1647046a2c6dabd7284b0f",
        "369fedd3463d406e98b88dbc7cce9a3ce1ac9d3947aad627f17826e68ee0b179",
    ),
    "english": (
        "d11297019c1f39c6a9bc855cf8bebd54aebd6c9c3e0e945cb8cb6a7999350e94",
        "76ca81930332a857ee8c1a5d05a1523f4d91783d313a80bccb39836d80ad2655",
        "63b49ae7c8fa9c72013dbc29477c9ca6b9f82e510f65df88a05635e36f4a979e",
    ),
    "javanese": (
        "46a88ac0f2f0b09b42b7fb840d80f727cc5b2a558440cd29d3b69178c24853c5",
        "ff8df9ec279e505c914bf7c367db5f10fcba672da8a0f7a32f8b701670e7a89c",
        "ad73d2ee75854c4104c9188a84c757caa07f826e108a384ade7fbf0f6dcc53a2",
    ),
    "madurese": (
        "0cc23e1d5f29cc94f30916e07f32809dd3995a8bbae2d19e78d4f88673a91c05",
        "e1dc6c01128a40c13903e14ec3c51987ac47dacbbc527bd20e178294278296ad",
        "daf0d571942b7a716583f2f92257501278ab29f8a315a9074fc4aa4a63869be1",
    ),
    "minangkabau": (
        "96f11a39631fded49d04562e520199bcc9dcdbd07bfaee505753521d82388437",
        "bca87a7e812cf13ac31c4fa9f0d4ac4c6dd2ba00999abd1687f01a1d89f37f3f",
        "da055aabc671f0d702f73c50a90fde58ac0916ce30c4a23b6b0a589950909062",
    ),
    "ngaju": (
        "db52af95941e56846296f9adcc58fa94cd41cd5ab17ce9ee10f20f3116d991ad",
        "a3061f5238852dcf296d92ebd103f1530e6e5832511e5a0a38fb85facd05fc80",
        "f8cd78d440d7d4cdc4fa556e80a546028fbfb0eaa173ff5156a39c3d42e9ca4f",
    ),
    "sundanese": (
        "b525aefac4d9819add0375b8c0db49516f19b57fbf6e6fc5afda3069895f2168",
        "ca5bbbef8e7d8d085300e716e570b4f2a964a761b392a3612e5547dd7b5d0444",
        "887e940330e59716ff741ad11c4bccad6f94752c46de44858b32d46a96ef7d48",
    ),
    "toba_batak": (
        "f6fed53a064607541c12a7f25dd16c5dc47b145ff7a75d844e18e3e50f80063f",
        "af3fdec7f6319b0e38e0ee7defb168ca741c1a56fac3dc3aa7a57dbab50967ea",
        "11d15c3ab4079d7d97e80bfc1ce1a4245bd1909a3fa40e15806c1c6334a99309",
    ),
}
PAPER = "Winata et al., NusaX, 2023"
PUBLISHED = (
    Elsewhere("naive Bayes", 0.731, "macro-F1", PAPER),
    Elsewhere("logistic regression", 0.747, "macro-F1", PAPER),
    Elsewhere("SVM", 0.787, "macro-F1", PAPER),
    Elsewhere("multilingual BERT", 0.780, "macro-F1", PAPER, pretrained=True),
    Elsewhere("IndoBERT", 0.900, "macro-F1", PAPER, pretrained=True),
)
# What their recipe gives for the methods that are not pretrained, as a test recomputes it: it fits them on training and
# validation texts together. `alone`: fitted on the training texts, as everything here; `by_validation`: with those of
# their two kinds of features, counts and TF-IDF, that are better on the validation texts.
RECOMPUTED = {
    "naive Bayes": {"alone": 0.722, "by_validation": 0.731},
    "logistic regression": {"alone": 0.740, "by_validation": 0.745},
    "SVM": {"alone": 0.774, "by_validation": 0.739},
}
LANGUAGES = tuple(SHA256)
OPTIONS = {"language": LANGUAGES}


def files(language: str = "indonesian") -> str:
    return f"{_folder(language)}/train.csv, valid.csv and test.csv"


def fetch(data_dir: Path, language: str = "indonesian") -> None:
    """Put a language's three files into their folder, from their official home, unless they are there.

    With what is downloaded come the English ones, for `translations`: if they cannot, pages do without.
    """
    lacking = {path: checksum for path, checksum in _files(data_dir, language).items() if not path.exists()}
    for path, checksum in lacking.items():
        download.file(f"{URL}{language}/{path.name}", checksum, path)
    if lacking and language != "english":
        with suppress(DataError):
            fetch(data_dir, "english")


def read(data_dir: Path, language: str = "indonesian") -> Dataset:
    """The three files of a language as a Dataset.

    Files that are sound but not the official ones, byte for byte, are taken and named so.
    """
    files = _files(data_dir, language)
    tables = {path: _read_csv(path, ROWS[path.stem]) for path in files}
    _check_distinct({path: texts for path, (texts, _) in tables.items()})
    official = all(sha256(path) == checksum for path, checksum in files.items())
    return _texts(
        *tables.values(),
        plain_title=title(language),
        checksum=sha256(*files),
        doubt="" if official else NOT_OFFICIAL,
        in_english=translations(data_dir, *tables.values()) if official and language != "english" else {},
    )


def translations(data_dir: Path, *tables: tuple[list[str], list[str]]) -> dict[str, str]:
    """{a text: the same in English}, of a language's official splits; of those whose official English one is there.

    The languages of NusaX are translations of each other, row by row.
    """
    found = {}
    for (path, checksum), (texts, _) in zip(_files(data_dir, "english").items(), tables, strict=True):
        if path.exists() and sha256(path) == checksum:
            found |= zip(texts, _read_csv(path, len(texts))[0], strict=True)
    return found


def title(language: str) -> str:
    """`NusaX-Senti`, in another language than Indonesian `NusaX-Senti in Toba Batak`."""
    return TITLE if language == LANGUAGES[0] else f"{TITLE} in {language.replace('_', ' ').title()}"


def _files(data_dir: Path, language: str) -> dict[Path, str]:
    """{path: checksum} of a language's files."""
    paths = [data_dir / _folder(language) / f"{split}.csv" for split in ROWS]
    return dict(zip(paths, SHA256[language], strict=True))


def _folder(language: str) -> str:
    return "nusax" if language == LANGUAGES[0] else f"nusax/{language}"


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


def _check_distinct(texts: dict[Path, list[str]]) -> None:
    """No sentence twice, within a split or across: a test sentence seen in training would flatter the result."""
    seen: dict[str, Path] = {}
    for path, some in texts.items():
        for text in some:
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
    """Methods without a network, not fitted yet.

    The tuned ones see TF-IDF of words and of parts of words, from two to four characters, and take the three classes
    to be equally important, as macro-F1 does.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    characters = {"analyzer": "char_wb", "ngram_range": (2, 4)}
    both = make_union(TfidfVectorizer(sublinear_tf=True), TfidfVectorizer(sublinear_tf=True, **characters))
    regression = LogisticRegression(class_weight="balanced", max_iter=1000)
    svm = LinearSVC(class_weight="balanced", random_state=0)
    return {
        "logistic regression, word counts": make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000)),
        "logistic regression, tuned": tuned(
            make_pipeline(both, regression),
            {"logisticregression__C": [0.03, 0.1, 0.3, 1, 3]},
            data.y_train,
        ),
        "linear SVM, tuned": tuned(make_pipeline(both, svm), {"linearsvc__C": [0.01, 0.03, 0.1, 0.3, 1]}, data.y_train),
    }
