import numpy as np
import pytest

import forward
from study.show.inside import memory, reading


def test_what_is_left_of_the_first_word(network):
    """A text at a time, against a network that reads on from the state that the first word left, or zero left."""
    model = network("simple_rnn")
    texts = "enak sekali tidak mahal", "baru enak dan tidak", "mahal dan enak sekali ini", "saya"
    texts = np.array(texts, dtype=object)
    found = memory.fading(model, texts)
    assert found.shape == (2, 2, 4)  # the median length; the second text begins with an unknown word, the last is short
    for (left, share), text in zip(found.swapaxes(0, 1), texts[[0, 2]], strict=True):
        x = forward.embedding(reading.tokens_of(model, [text])[:, :4], model.weights["embedding/embeddings"])
        blank = np.concatenate([0 * x[:, :1], x[:, 1:]], axis=1)
        first = 0.0
        for t in range(4):
            h, other = (memory.states(model, each[:, : t + 1])[0, -1] for each in (x, blank))
            trace = np.linalg.norm(h - other)
            first = first if t else trace
            np.testing.assert_allclose(left[t], trace / first, rtol=1e-4)
            np.testing.assert_allclose(share[t], trace / np.linalg.norm(h), rtol=1e-4)
    np.testing.assert_allclose(found[0, :, 0], 1)
    assert np.ptp(found) > 0.1


def test_as_many_words_as_half_of_the_texts_have():
    assert memory.span(np.array([3, 4, 50])) == 4
    assert memory.span(np.array([30, 40, 50])) == memory.LONGEST


def test_states_with_the_mask_stay_and_without_it_do_not(network):
    model = network("lstm")
    texts = np.array(["enak sekali", "tidak mahal dan enak"], dtype=object)
    (kept, lengths), (drifted, _) = (memory.padded_states(model, texts, masked) for masked in (True, False))
    assert lengths.tolist() == [2, 4]
    assert kept.shape == (2, 25, 32)
    for h, moved, n in zip(kept, drifted, lengths, strict=True):
        np.testing.assert_array_equal(h[n:], np.repeat(h[n - 1 : n], 25 - n, axis=0))
        np.testing.assert_allclose(h[:n], moved[:n], atol=1e-6)
        assert np.abs(moved[-1] - h[-1]).max() > 0.05


def test_how_far_texts_are_apart():
    """Two texts of one and of two words, one unit: 4 apart after the last word, then 2, then 0."""
    states = np.array([[[1.0], [3], [3], [9]], [[7.0], [5], [5], [3]]])
    np.testing.assert_allclose(memory.apart(states, np.array([1, 2])), [1, 0.5, 0])


@pytest.mark.parametrize(("longest", "chosen"), [(6, [0, 2]), (12, [0, 2, 3])])
def test_short_texts_fill_at_most_half_of_the_input(longest, chosen):
    assert memory.short(np.array([3, 7, 2, 6, 0]), longest).tolist() == chosen
