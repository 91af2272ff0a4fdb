"""The table of what is usual says of MNIST what MNIST is."""

import json

import numpy as np
import pytest

from digitrec.explain import norms
from digitrec.explain.norms import Norm, Quantiles, build_norms, get_norm, widest_gap
from digitrec.explain.traits import Traits
from digitrec.imaging.shape import measure

DIGITS = "0123456789"


def test_there_is_a_norm_for_each_digit_and_for_all_and_any_other_class_has_that_of_all():
    assert [get_norm(name).name for name in "07"] == ["0", "7"]
    assert get_norm("Ä") == get_norm("") and get_norm("").name == ""
    assert get_norm("").images == sum(get_norm(name).images for name in DIGITS) == 60_000


@pytest.mark.parametrize("name", [*DIGITS, ""])
def test_quantiles_rise(name):
    for value in get_norm(name):
        if isinstance(value, Quantiles):
            assert list(value) == sorted(value)


def test_digits_have_the_loops_that_they_have():
    assert [get_norm(name).loops for name in "0135678"] == [1, 0, 0, 0, 1, 0, 2]


@pytest.mark.parametrize("label", range(10))
def test_one_in_a_hundred_of_mnist_s_training_images_is_below_or_above(mnist, label):
    images = mnist.train.images[mnist.train.labels == label]
    norm, found = get_norm(str(label)), measure(images)
    assert len(images) == norm.images
    assert np.mean(found.slant < norm.slant.low) == pytest.approx(0.01, abs=0.003)
    assert np.mean(found.slant > norm.slant.high) == pytest.approx(0.01, abs=0.003)
    assert np.mean(found.thickness < norm.thickness.low) == pytest.approx(0.01, abs=0.003)
    assert np.mean(found.thickness > norm.thickness.high) == pytest.approx(0.01, abs=0.003)


def test_the_table_is_what_is_made_of_the_images(mnist, monkeypatch, tmp_path):
    images, labels = mnist.train.images[:120], mnist.train.labels[:120]
    table = build_norms(images, labels, mnist.class_names)
    assert list(table) == [*DIGITS, ""] and table[""].images == 120
    zeros = measure(images[labels == 0])
    assert table["0"].thickness.middle == pytest.approx(float(np.median(zeros.thickness)), abs=0.05)
    monkeypatch.setattr(norms, "PATH", tmp_path / "norms.json")
    norms.write_norms(table, "a few")
    assert norms._load_table.__wrapped__() == table
    assert json.loads(norms.PATH.read_text())["source"] == "a few"


def test_a_class_without_images_has_no_norm():
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 255
    assert list(build_norms(image[None], np.array([1]), ("a", "b"))) == ["b", ""]


def test_the_widest_gap_is_told_in_pixels_of_an_image():
    from digitrec.explain.traits import Gap

    gaps = (Gap((0, 0), (0, 12), 11.0, True), Gap((5, 5), (5, 9), 30.0, False))
    found = Traits(1, 0, 0, 255, 2, 0, gaps, 0, 1, np.empty(0))
    assert (widest_gap(found, joins=True), widest_gap(found, joins=False)) == (1.1, 3.0)
    assert widest_gap(found._replace(gaps=()), joins=True) == 0
    assert isinstance(get_norm("3"), Norm)
