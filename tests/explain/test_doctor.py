"""A drawing with one fault has that finding and no other, and its mend takes it away."""

import numpy as np
import pytest

from digitrec.explain.doctor import examine, findings, fix_drawing
from digitrec.explain.norms import get_norm
from digitrec.explain.traits import measure_traits
from digitrec.imaging.ink_to_image import fit_to_square
from digitrec.imaging.pen_drawing import render
from support.drawn_digits import DIGITS, arc, draw, faulty, likeness

FAULTY = faulty()
KINDS = {"small", "aside", "slanted", "thin", "thick", "gap", "faint", "specks", "pieces"}


def found_in(ink, name):
    return findings(examine(measure_traits(ink), get_norm(name)))


def kinds(ink, name):
    return [finding.kind for finding in found_in(ink, name)]


@pytest.mark.parametrize("name", DIGITS)
def test_a_usual_digit_has_no_finding(name):
    assert kinds(draw(DIGITS[name]), name) == []


@pytest.mark.parametrize(("kind", "name"), FAULTY)
def test_one_fault_is_found_alone_and_its_mend_takes_it_away(kind, name):
    ink, norm = FAULTY[kind, name], get_norm(name)
    assert kinds(ink, name) == [kind]
    assert kinds(fit_to_square(fix_drawing(ink, kind, measure_traits(ink), norm), 280), name) == []


def test_every_kind_of_fault_is_among_them_and_lies_outside_its_usual_range():
    assert {kind for kind, _ in FAULTY} == KINDS
    for (kind, name), ink in FAULTY.items():
        (finding,) = found_in(ink, name)
        assert not finding.low <= finding.value <= finding.high
        about_the_paper = kind in ("small", "aside")
        assert np.isnan(finding.share) if about_the_paper else 0.9 < finding.share < 1
        assert (finding.gap is not None) is (kind == "gap")


def test_what_does_not_matter_to_the_network_leaves_its_image_as_it_is():
    for kind in ("small", "aside"):
        ink = FAULTY[kind, "3"]
        assert likeness(fix_drawing(ink, kind, measure_traits(ink), get_norm("3")), ink) > 0.97


def test_a_small_drawing_with_a_wide_brush_is_thick():
    assert kinds(draw(DIGITS["1"], size=30, brush=24), "1") == ["thick", "small"]


def test_two_faults_are_two_findings():
    assert set(kinds((FAULTY["thin", "4"] * 0.4).astype(np.uint8), "4")) == {"thin", "faint"}


def test_an_open_loop_counts_only_where_such_a_digit_has_one():
    opened = FAULTY["gap", "0"]
    assert kinds(opened, "0") == ["gap"] and kinds(opened, "7") == []


def test_a_narrow_gap_counts_only_where_the_verdict_is_not_sure():
    ink, norm = draw([arc(-64, 262, x=0, y=0, width=70, height=100)]), get_norm("0")
    found = measure_traits(ink)
    assert findings(examine(found, norm)) == []
    (finding,) = findings(examine(found, norm, doubtful=True))
    assert finding.kind == "gap" and 0 < finding.value <= finding.high and finding.is_usual
    assert kinds(fit_to_square(fix_drawing(ink, "gap", found, norm), 280), "0") == []


@pytest.mark.parametrize("side", ["top", "right", "corner"])
@pytest.mark.parametrize(("width", "height"), [(130, 190), (100, 190), (90, 180), (110, 140), (160, 240)])
def test_a_0_that_is_open_by_40_pixels_has_a_gap(side, width, height):
    """40 pixels of paper between the ends of its ink, with the usual brush of 20, on the canvas as it is drawn."""
    angles = np.radians(np.linspace(0, 360, 721))
    outline = np.c_[140 + width / 2 * np.sin(angles), 140 - height / 2 * np.cos(angles)]
    at = {"top": 0, "corner": 90, "right": 180}[side]  # half degrees
    offset = next(i for i in range(1, 180) if np.hypot(*(outline[at + i] - outline[at - i - 1])) >= 40 + 20)
    order = (at + offset + np.arange(720 - 2 * offset)) % 720
    ink = render([outline[order].astype(np.float32)], width=20)
    gaps = [gap for gap in measure_traits(ink).gaps if not gap.joins]
    assert len(gaps) == 1
    longest = max(np.ptp(np.nonzero(ink)[axis]) + 1 for axis in (0, 1))
    assert gaps[0].width / 10 == pytest.approx(40 * 20 / longest, abs=0.4)
    assert "gap" in kinds(ink, "0")


def test_every_measurement_of_a_usual_drawing_is_within_the_usual_range():
    measured = examine(measure_traits(draw(DIGITS["0"])), get_norm("0"))
    assert len({each.name for each in measured}) == 8
    assert all(each.low <= value <= each.high for each in measured for value in each.values)
    assert all(each.finding is None for each in measured)
    by_name = {each.name: each.values for each in measured}
    assert by_name["contrast"] == (1.0,) and by_name["gaps"] == () and by_name["pieces"] == (1,)


@pytest.mark.slow
@pytest.mark.untraced
def test_few_of_mnist_s_training_digits_have_a_finding(mnist):
    images, labels = mnist.train.images[7::400], mnist.train.labels[7::400]
    found = [kinds(image, str(label)) for image, label in zip(images, labels, strict=True)]
    assert np.mean([bool(each) for each in found]) < 0.1
    assert max(sum(kind in each for each in found) for kind in KINDS) < 0.04 * len(found)
    assert not any({"small", "aside"} & set(each) for each in found)
