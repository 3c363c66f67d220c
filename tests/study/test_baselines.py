import os
from dataclasses import replace

import numpy as np
import pytest

from study import baselines, datasets
from study.files import folder

REAL = folder(os.environ.get("DATA", "data"))


def test_methods_without_a_network_on_the_sample():
    texts = datasets.load("nusax", source="sample")
    found = {each.name: each for each in baselines.fit(texts)}
    assert list(found) == [
        "majority class",
        "logistic regression, word counts",
        "logistic regression, TF-IDF",
        "linear SVM, word counts",
    ]
    assert found["majority class"].test_f1 == pytest.approx(1 / 6)
    assert all(each.test_f1 > 0.8 for name, each in found.items() if name != "majority class")
    assert all(each.predicted.shape == texts.y_test.shape for each in found.values())


def test_images_become_components_of_pixels():
    images = datasets.load("cifar10", source="sample")
    found = {each.name: each.test_f1 for each in baselines.fit(images)}
    assert list(found) == ["majority class", "logistic regression, pixels"]
    assert found["logistic regression, pixels"] > 0.6
    few = replace(images, x_train=images.x_train[:150], y_train=images.y_train[:150])
    assert len(baselines.fit(few)) == 2  # fewer images than components


def test_fitted_methods_are_kept_until_their_data_change(tmp_path, monkeypatch):
    texts, path = datasets.load("nusax", source="sample"), tmp_path / "baselines.npz"
    first = baselines.fit_once(texts, path)
    monkeypatch.setattr(baselines, "fit", lambda data: first[1:])  # what would be found, were it computed again
    again = baselines.fit_once(texts, path)
    assert [each.name for each in again] == [each.name for each in first]
    for one, two in zip(first, again, strict=True):
        assert (one.val_f1, one.test_f1) == (two.val_f1, two.test_f1)
        np.testing.assert_array_equal(one.predicted, two.predicted)
        assert one.predicted.dtype == two.predicted.dtype
        assert type(two.val_f1) is float
    kept = path.read_bytes()
    for part in ("x_train", "y_val", "x_test", "y_test"):
        assert len(baselines.fit_once(replace(texts, **{part: getattr(texts, part)[::-1]}), path)) == len(first) - 1
        path.write_bytes(kept)


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
        "logistic regression, TF-IDF": 0.736,
        "linear SVM, word counts": 0.755,
    }
