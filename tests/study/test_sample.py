from collections import Counter

import numpy as np

from study.datasets import nusax, sample


def test_sentences():
    splits = sample.sentences()
    texts = [text for part, _ in splits.values() for text in part]
    assert len(texts) == len(set(texts)) >= 600
    assert all(text == text.strip() and "  " not in text for text in texts)
    for part, labels in splits.values():
        assert len(part) == len(labels)
        assert Counter(labels).keys() == set(nusax.CLASSES)
        assert len(set(Counter(labels).values())) == 1


def test_sentences_are_the_same_every_time():
    assert sample.sentences() == sample.sentences()
    assert sample.sentences()["test"][0][0] == ("menurut saya toiletnya tidak bau sama sekali, puas dengan harganya")


def test_words_of_praise_also_stand_in_complaints():
    """Otherwise single words would give the class away, and order would not matter."""
    train, labels = sample.sentences()["train"]
    by_label = {
        label: " ".join(text for text, each in zip(train, labels, strict=True) if each == label)
        for label in set(labels)
    }
    for word in ("enak", "tidak", "ramah", "bersih", "harganya"):
        assert word in by_label["positive"]
        assert word in by_label["negative"]


def test_digits():
    splits = sample.digits()
    assert sum(len(x) for x, _ in splits.values()) == 1797
    for x, y in splits.values():
        assert x.shape[1:] == (32, 32, 3)
        assert x.dtype == np.uint8
        assert x.max() == 255
        assert set(y) == set(range(10))
        np.testing.assert_array_equal(x[:, ::4, ::4], x[:, 3::4, 3::4])  # each pixel of 8x8 is a block of 4x4
        np.testing.assert_array_equal(x[..., 0], x[..., 2])
