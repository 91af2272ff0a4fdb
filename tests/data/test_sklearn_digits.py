"""The embedded digits are scikit-learn's, in MNIST's form."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from digitrec.data import sklearn_digits
from digitrec.data.catalogue import DatasetError


@pytest.fixture(scope="module")
def digits():
    return sklearn_digits.read()


def test_they_are_all_of_scikit_learns_in_its_order(digits):
    images, labels = digits
    assert images.shape == (1797, 28, 28) and images.dtype == np.uint8
    assert labels.dtype == np.int64 and np.array_equal(labels, load_digits().target)


def cropped(picture, least):
    rows, columns = np.nonzero((picture >= least).any(1))[0], np.nonzero((picture >= least).any(0))[0]
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_each_shows_what_scikit_learns_shows(digits):
    """Both cropped to their ink and brought to one size, by Pillow's interpolation here, they are much alike."""
    likeness = []
    for image, original in zip(digits[0][::10], load_digits().images[::10], strict=True):
        small = Image.fromarray(cropped(original.astype(np.float32), 4))
        crop = cropped(image, 1)
        enlarged = np.asarray(small.resize(crop.shape[::-1], Image.Resampling.BICUBIC))
        likeness.append(np.corrcoef(crop.ravel(), enlarged.ravel())[0, 1])
    assert np.median(likeness) > 0.85 and np.quantile(likeness, 0.02) > 0.5


def test_they_are_as_dark_as_mnists(digits):
    assert digits[0].mean() / 255 == pytest.approx(0.1307, abs=0.01)


def test_they_are_normalised_as_mnist_is(digits):
    images = digits[0]
    for axis in (1, 2):
        centre = (images.sum(axis) * np.arange(28.0)).sum(1) / images.sum((1, 2))
        assert np.abs(centre - 14).max() <= 0.51
    sides = [max(np.ptp(np.nonzero(image), axis=1)) + 1 for image in images]
    assert 18 <= min(sides) <= max(sides) == 20


def test_they_look_like_mnists(digits, mnist):
    """For most, the nearest of 5,000 MNIST digits shows the same digit; by chance it would for a tenth."""
    references = mnist.train.images[:5000].reshape(5000, -1).astype(np.float32)
    references /= np.linalg.norm(references, axis=1, keepdims=True)
    nearest = (digits[0][::4].reshape(-1, 784).astype(np.float32) @ references.T).argmax(1)  # (450,)
    assert (mnist.train.labels[nearest] == digits[1][::4]).mean() > 0.5


@pytest.mark.parametrize("content", [None, b"1,2\n3", b"not gzipped"])
def test_a_missing_or_damaged_file_is_named_with_what_to_do(tmp_path, monkeypatch, content):
    path = tmp_path / "digits.csv.gz"
    if content:
        path.write_bytes(content)
    monkeypatch.setattr(sklearn_digits, "CSV_PATH", path)
    with pytest.raises(DatasetError, match=r"digits\.csv\.gz cannot be read: .*Install scikit-learn again"):
        sklearn_digits.read()
