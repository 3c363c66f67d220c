"""What the methods without a network see and how they choose, on cases reckoned by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit

from study import rivals
from study.rivals import colours, edges_and_colours, gradients, histograms, hog, settings_of, tuned


def ramp(down, right, size=(4, 8), colours=3):
    """An image whose brightness grows by so much a pixel; the other colours are flat."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    image = np.full((*size, colours), 0.5, np.float32)
    image[..., 1] = 10 + down * rows + right * columns
    return image


def test_the_gradient_is_that_of_the_steepest_colour():
    image = ramp(0, 3)
    image[..., 0] += 2 * np.arange(4)[:, np.newaxis]  # downwards, but less steep
    steep, turn = gradients(image[np.newaxis])
    np.testing.assert_allclose(steep, 3, rtol=1e-6)
    np.testing.assert_allclose(turn, 0, atol=1e-6)
    image[..., 0] += 2 * np.arange(4)[:, np.newaxis]
    steep, turn = gradients(image[np.newaxis])
    np.testing.assert_allclose(steep, 4, rtol=1e-6)
    np.testing.assert_allclose(turn, 0.25, atol=1e-6)


@pytest.mark.parametrize(
    ("down", "right", "shares"),
    [
        (0, 1, {0: 1.0}),
        (1, 0, {3: 1.0}),
        (0, -1, {6: 1.0}),
        (-1, 0, {9: 1.0}),
        (1, 1, {1: 0.5, 2: 0.5}),  # an eighth of a turn lies between the bins 1 and 2 of twelve
        (-1, 4.0, {11: 0.4679, 0: 0.5321}),  # 14.04 degrees before a whole turn: 0.4679 of a bin
    ],
)
def test_each_pixel_parts_its_slope_between_the_two_nearest_directions(down, right, shares):
    found = histograms(ramp(down, right)[np.newaxis], cell=4, directions=12)
    assert found.shape == (1, 1, 2, 12)
    wanted = np.zeros(12)
    for number, share in shares.items():
        wanted[number] = 16 * np.hypot(down, right) * share  # sixteen pixels a cell
    np.testing.assert_allclose(found[0, 0, 1], wanted, rtol=1e-4, atol=1e-4)


def test_each_pixel_counts_in_its_own_cell():
    images = np.zeros((2, 8, 12, 3), np.float32)
    images[1, 5, 5, 2] = 1  # its four neighbours see it, all of one cell
    found = histograms(images, cell=4, directions=4)
    assert found.shape == (2, 2, 3, 4)
    assert not found[0].any()
    by_cell = found[1].sum(axis=-1)
    np.testing.assert_allclose(by_cell, [[0, 0, 0], [0, 2.0, 0]], atol=1e-6)
    np.testing.assert_allclose(found[1, 1, 1], [0.5] * 4, atol=1e-6)


def test_blocks_are_of_length_1_and_overlap():
    rng = np.random.default_rng(3)
    images = rng.random((5, 12, 16, 3), np.float32)
    found = hog(images, cell=4, directions=6).reshape(5, 2, 3, 2, 2, 6)
    np.testing.assert_allclose(np.sqrt((found**2).sum(axis=(-1, -2, -3))), 1, atol=0.005)
    cells = histograms(np.sqrt(images), 4, 6)
    for row, column in ((0, 0), (1, 2)):  # the first and the last block, by hand
        block = cells[3, row : row + 2, column : column + 2].ravel()
        once = np.minimum(block / np.sqrt(np.sum(block**2) + 1e-3), 0.2)
        np.testing.assert_allclose(found[3, row, column].ravel(), once / np.sqrt(np.sum(once**2) + 1e-3), rtol=1e-4)
    assert (histograms(np.sqrt(images), 4, 6)[..., 0] > 0).all()  # so the cut-off has something to cut
    lone = hog(ramp(0, 1, (8, 8))[np.newaxis] ** 2, cell=4, directions=6)
    np.testing.assert_allclose(lone[lone > 0.01], 0.5, atol=0.01)  # one direction in each of four cells


def test_a_grey_block_gives_nothing():
    assert not hog(np.full((1, 8, 8, 3), 0.3, np.float32)).any()


def test_colours_are_the_means_of_the_cells():
    images = np.arange(2 * 4 * 8 * 3, dtype=np.float32).reshape(2, 4, 8, 3)
    found = colours(images, cell=4).reshape(2, 1, 2, 3)
    np.testing.assert_allclose(found[1, 0, 1], images[1, :, 4:].mean(axis=(0, 1)))


def test_images_come_as_rows_and_each_stays_its_own():
    images = np.random.default_rng(4).random((503, 8, 8, 3), np.float32)
    found = edges_and_colours(images.reshape(503, -1))
    assert found.shape == (503, 48 + 12)
    np.testing.assert_allclose(found[501:, :48], hog(images[501:]), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[501:, 48:], colours(images[501:]), rtol=1e-5)


def test_a_setting_is_chosen_by_macro_f1_on_folds_of_the_training_data():
    rng = np.random.default_rng(5)
    y = np.repeat([0, 1, 2], [20, 30, 9])
    x = rng.normal(size=(len(y), 4)) + 2 * y[:, np.newaxis]
    method = tuned(LogisticRegression(), {"C": [1e-9, 1.0]}, y)  # the first says nothing but the most frequent class
    assert method.cv.get_n_splits(x, y) == 5
    assert method.scoring == "f1_macro"
    assert settings_of(method) == ""
    assert settings_of(method.fit(x, y)) == "C 1"


def test_few_of_a_class_make_fewer_folds_and_one_makes_no_choice():
    y = np.array([0, 0, 0, 2, 2])
    assert tuned(LogisticRegression(), {"C": [3.0, 4.0]}, y).cv.n_splits == 2
    alone = tuned(LogisticRegression(), {"C": [3.0, 4.0]}, y[:4])
    assert not isinstance(alone, GridSearchCV)
    assert alone.C == 3
    assert settings_of(alone.fit(np.ones((4, 1)), y[:4])) == ""


def test_of_many_examples_one_fold_judges():
    y = np.arange(rivals.MANY + 1) % 3
    cut = tuned(LogisticRegression(), {"C": [1.0]}, y).cv
    assert isinstance(cut, StratifiedShuffleSplit)
    [(_, test)] = cut.split(y, y)
    assert len(test) == 401
    assert tuned(LogisticRegression(), {"C": [1.0]}, y[:-1]).cv.get_n_splits() == 5
