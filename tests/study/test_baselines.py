import os
from dataclasses import replace

import numpy as np
import pytest

from study import baselines, datasets
from study.files import folder

REAL = folder(os.environ.get("DATA", "data"))


OF_TEXTS = ["majority class", "logistic regression, word counts", "logistic regression, tuned", "linear SVM, tuned"]
OF_IMAGES = ["majority class", "logistic regression, pixels", "logistic regression, edges and colours"]


def test_methods_without_a_network_on_the_sample():
    texts = datasets.load("nusax", source="sample")
    found = {each.name: each for each in baselines.fit(texts)}
    assert list(found) == OF_TEXTS
    assert found["majority class"].test_f1 == pytest.approx(1 / 6)
    assert all(each.test_f1 > 0.8 for name, each in found.items() if name != "majority class")
    assert all(each.predicted.shape == texts.y_test.shape for each in found.values())
    assert [each.settings.startswith("C ") for each in found.values()] == [False, False, True, True]


@pytest.mark.parametrize("number", [400, 150])  # of the latter fewer images than components
def test_images_become_components_of_pixels_and_edges(number):
    images = datasets.load("cifar10", source="sample")
    found = baselines.fit(replace(images, x_train=images.x_train[:number], y_train=images.y_train[:number]))
    assert [each.name for each in found] == OF_IMAGES
    pixels, edges = found[1:]
    assert edges.test_f1 > pixels.test_f1 > 0.5
    assert edges.test_f1 > 0.85
    assert edges.settings.startswith("C 0.0")
    assert pixels.settings == ""


def test_one_method_can_be_fitted_alone():
    texts = datasets.load("nusax", source="sample")
    [found] = baselines.fit(texts, only=("logistic regression, word counts",))
    assert found.name == "logistic regression, word counts"


@pytest.mark.parametrize(("number", "chosen"), [(3, False), (4, True), (30, True)])  # of a class: 1, 2, 10
def test_a_handful_of_texts_is_enough(number, chosen):
    """As few as the smallest share of the smallest profile has: where no fold can judge, nothing is chosen."""
    texts = datasets.load("nusax", source="sample")
    some = np.concatenate([np.flatnonzero(texts.y_train == each)[: -(-number // 3)] for each in range(3)])[:number]
    found = baselines.fit(replace(texts, x_train=texts.x_train[some], y_train=texts.y_train[some]))
    assert [bool(each.settings) for each in found] == [False, False, chosen, chosen]


def test_fitted_methods_are_kept_until_their_data_change(tmp_path, monkeypatch):
    texts, path = datasets.load("nusax", source="sample"), tmp_path / "baselines.npz"
    first = baselines.fit_once(texts, path)
    monkeypatch.setattr(baselines, "fit", lambda data, only: first[1:])  # what would be found, were it computed again
    again = baselines.fit_once(texts, path)
    assert [each.name for each in again] == [each.name for each in first]
    for one, two in zip(first, again, strict=True):
        assert (one.val_f1, one.test_f1, one.settings) == (two.val_f1, two.test_f1, two.settings)
        np.testing.assert_array_equal(one.predicted, two.predicted)
        assert one.predicted.dtype == two.predicted.dtype
        assert (type(two.val_f1), type(two.settings)) == (float, str)
    kept = path.read_bytes()
    for part in ("x_train", "y_val", "x_test", "y_test"):
        assert len(baselines.fit_once(replace(texts, **{part: getattr(texts, part)[::-1]}), path)) == len(first) - 1
        path.write_bytes(kept)


def test_other_code_of_the_methods_is_fitted_again(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(baselines, "kept", lambda path, mark, compute: seen.append(mark) or compute())
    monkeypatch.setattr(baselines, "fit", lambda data, only: [baselines.Baseline("a", 0.1, 0.2, data.y_test)])
    texts, digests = datasets.load("nusax", source="sample"), []
    monkeypatch.setattr(baselines, "code_digest", lambda *paths: digests.append([each.name for each in paths]) or "a")
    baselines.fit_once(texts, tmp_path / "a.npz")
    monkeypatch.setattr(baselines, "code_digest", lambda *paths: "b")
    baselines.fit_once(texts, tmp_path / "a.npz")
    baselines.fit_once(texts, tmp_path / "a.npz", ("one of them",))
    assert seen[1] != seen[2]
    assert digests == [["baselines.py", "rivals.py", "nusax.py"]]
    assert seen[0] != seen[1]


def test_the_test_split_takes_no_part_in_fitting():
    texts = datasets.load("nusax", source="sample")
    other = replace(texts, x_test=texts.x_test[::-1], y_test=texts.y_test[::-1])
    for one, two in zip(baselines.fit(texts), baselines.fit(other), strict=True):
        assert one.val_f1 == two.val_f1
        np.testing.assert_array_equal(one.predicted, two.predicted[::-1])


@pytest.mark.skipif(not (REAL / "nusax").is_dir(), reason=f"no real data in {REAL}")
def test_real_texts():
    """What scikit-learn reaches on NusaX-Senti, so that a change of the data or of a default shows."""
    found = {each.name: round(each.test_f1, 3) for each in baselines.fit(datasets.load("nusax", REAL, "real"))}
    assert found == {
        "majority class": 0.184,
        "logistic regression, word counts": 0.751,
        "logistic regression, tuned": 0.777,
        "linear SVM, tuned": 0.775,
    }
