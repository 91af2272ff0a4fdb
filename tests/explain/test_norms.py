"""The table of what is usual says of MNIST what MNIST is."""

import json

import numpy as np
import pytest

from digitrec.data import DatasetError, Description, loading, user_datasets
from digitrec.data.splits import make_split
from digitrec.explain import norms
from digitrec.explain.norms import MIN_NORM_IMAGES, Norm, Quantiles, build_norms, find_norm, get_norm, widest_gap
from digitrec.explain.traits import Traits
from digitrec.imaging.shape import measure
from digitrec.runs import Run, TrainConfig, store

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


@pytest.mark.slow
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


def imported(images_of_each: int) -> Run:
    """A network of digits that are all bars, a data set of its own."""
    count = 10 * images_of_each
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 4:24, 12:15] = np.random.default_rng(0).integers(150, 256, (count, 20, 1))
    split = make_split(images, np.arange(count) % 10)
    description = Description("bars", "Bars", tuple(DIGITS), "made here", "yours")
    user_datasets.write(loading.cache_folder(), description, user_datasets.TrainTest(split, split))
    return store.create(TrainConfig(dataset="bars", network="mlp"), tuple(DIGITS))


def test_what_is_usual_is_measured_on_what_was_learnt_whatever_its_classes_are_called(folders):
    norm = find_norm(imported(MIN_NORM_IMAGES), 8)
    assert (norm.name, norm.dataset, norm.images, norm.loops) == ("8", "Bars", MIN_NORM_IMAGES, 0)
    assert get_norm("8").thickness.low < norm.thickness.low <= norm.thickness.high < get_norm("8").thickness.high
    # So few images do not tell what one in a thousand has.
    assert (norm.thickness.least, norm.thickness.most) == (-np.inf, np.inf)


def test_of_too_few_images_nothing_is_called_usual(folders):
    with pytest.raises(DatasetError, match="too few training images of 8"):
        find_norm(imported(MIN_NORM_IMAGES - 1), 8)


def test_the_table_is_that_of_networks_of_mnist_alone(folders):
    for name in ("mnist", "mnist+pen", "mnist+pen-3"):  # though MNIST is not on this machine
        assert find_norm(store.create(TrainConfig(dataset=name, network="mlp"), tuple(DIGITS)), 7) == get_norm("7")
    for name, classes in (("gone", tuple(DIGITS)), ("mnist", ("7", "8"))):
        with pytest.raises(DatasetError):
            find_norm(store.create(TrainConfig(dataset=name, network="mlp"), classes), 0)
