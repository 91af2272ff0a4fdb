"""Parts of the images, how well each is read, and which is the worst."""

import numpy as np
import pytest

from digitrec.evaluation import slices
from digitrec.metrics.intervals import wilson_interval


def test_quantiles_make_parts_of_the_same_size_with_borders_in_their_names():
    cut = slices.cut_by_quantiles(np.arange(100.0), 4)
    assert np.bincount(cut.codes).tolist() == [25, 25, 25, 25]
    assert cut.names == ("below 24.8", "24.8 to 49.5", "49.5 to 74.2", "74.2 and above")


@pytest.mark.parametrize("seed", range(5))
def test_every_number_is_in_the_part_that_names_it(seed):
    values = np.random.default_rng(seed).normal(0, 9, 400).astype(np.float32)
    cut = slices.cut_by_quantiles(values, 5)
    borders = [float(name.split(" to ")[0]) for name in cut.names[1:-1]] + [float(cut.names[-1].split()[0])]
    assert np.array_equal(cut.codes, np.digitize(values, borders))
    assert np.bincount(cut.codes).min() > 60


def test_equal_numbers_are_never_parted_and_no_part_is_empty():
    cut = slices.cut_by_quantiles(np.array([1.0] * 90 + [2.0] * 8 + [3.0] * 2))
    assert cut.names == ("any",) and not cut.codes.any()
    cut = slices.cut_by_quantiles(np.array([1.0] * 50 + [2.0] * 50))
    assert cut.names == ("below 2.0", "2.0 and above")
    assert np.bincount(cut.codes).tolist() == [50, 50]


def test_what_has_no_number_is_in_no_part():
    assert slices.cut_by_quantiles(np.array([np.nan, 1, 2]), 2).codes[0] == -1
    assert slices.cut_by_quantiles(np.full(3, np.nan)) == (pytest.approx([-1, -1, -1]), ())


def test_categories_are_parts_and_an_empty_text_is_in_none():
    cut = slices.cut_by_category(["Bo", "", "Al", "Bo"])
    assert cut.names == ("Al", "Bo")
    assert cut.codes.tolist() == [1, -1, 0, 1]


def test_each_part_has_its_accuracy_and_interval():
    right = np.array([True, True, False, True, False])
    found = slices.measure_slices(right, slices.Cut(np.array([0, 0, 0, 1, -1]), ("few", "one", "none")))
    assert [(part.name, part.n, part.right) for part in found] == [("few", 3, 2), ("one", 1, 1), ("none", 0, 0)]
    assert found[0].accuracy == wilson_interval(2, 3) and found[0].accuracy.value == 2 / 3
    assert np.isnan(found[2].accuracy.value) and found[2].accuracy[1:] == (0, 1)


def halves(n: int, first_wrong: int, second_wrong: int) -> tuple[np.ndarray, slices.Cut]:
    """Two parts of n images each, the first so many of each read wrong."""
    half = np.arange(n)
    right = np.concatenate([half >= first_wrong, half >= second_wrong])
    return right, slices.Cut(np.repeat([0, 1], n), ("thin", "thick"))


def test_the_worst_part_is_named_with_what_the_rest_reach():
    right, cut = halves(1000, 100, 10)
    found = slices.find_worst_slice(right, {"Thickness": cut, "All": slices.Cut(np.zeros(2000, int), ("any",))})
    assert (found.quality, found.code, found.part.name, found.rest) == ("Thickness", 0, "thin", 0.99)
    assert found.compared == 2 and found.is_significant


def test_a_small_difference_is_called_chance():
    right, cut = halves(1000, 12, 10)
    found = slices.find_worst_slice(right, {"Thickness": cut})
    assert not found.is_significant


def test_the_more_parts_one_looks_at_the_wider_is_the_interval():
    right, cut = halves(1000, 22, 10)
    one = slices.find_worst_slice(right, {"a": cut})
    many = slices.find_worst_slice(right, dict.fromkeys("abcdefghij", cut))
    assert one.corrected.high < many.corrected.high and one.compared == 2 and many.compared == 20
    assert one.corrected == pytest.approx(wilson_interval(978, 1000, z=2.241403))


def test_small_parts_are_not_named_the_worst():
    right, cut = halves(29, 20, 0)
    assert slices.find_worst_slice(right, {"a": cut}) is None
    assert slices.find_worst_slice(right, {"a": cut}, min_images=29).code == 0


def test_where_all_is_read_alike_no_part_is_the_worst():
    right, cut = halves(100, 0, 0)
    assert slices.find_worst_slice(right, {"a": cut}) is None


def test_a_slice_of_30_images_is_compared_and_one_alone_is_not_the_worst():
    right, cut = halves(30, 20, 0)
    assert slices.find_worst_slice(right, {"a": cut}).code == 0
    few = np.arange(100) < 29
    lopsided = slices.Cut(few.astype(np.int64), ("many", "few"))
    assert slices.find_worst_slice(np.arange(100) < 50, {"a": lopsided}) is None


def test_numbers_at_a_border_are_in_the_upper_group():
    cut = slices.cut_by_quantiles(np.array([1.0, 2.0, 2.0, 3.0]), 2)
    assert cut.names == ("below 2.0", "2.0 and above") and cut.codes.tolist() == [0, 1, 1, 1]


def test_without_images_there_are_no_groups():
    cut = slices.cut_by_category([])
    assert cut.names == () and not len(cut.codes)
    assert slices.measure_slices(np.zeros(0, bool), cut) == []
