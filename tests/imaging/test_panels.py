"""The digit inside a figure's panel is read, without axes and labels; what is no panel is left alone."""

import numpy as np
import pytest

from digitrec.imaging import to_mnist
from digitrec.imaging.panels import crop_to_panel
from digitrec.imaging.photos import to_ink
from support.drawn_digits import DIGITS, draw

PAGE = 255


def figure(image, *, filled, axes=0):
    """An image as a plotting library shows it: axes of this grey with tick marks, a title, a colour bar."""
    panel = np.kron(image, np.ones((8, 8), np.uint8))  # (224, 224)
    page = np.full((320, 400), PAGE, np.uint8)
    page[50:274, 60:284] = panel if filled else 255 - panel
    page[49, 59:285] = page[274, 59:285] = page[49:275, 59] = page[49:275, 284] = axes
    page[70:274:40, 55:60] = page[274:279, 80:284:40] = 0  # tick marks
    page[20:34, 130:136] = page[20:34, 140:150] = 0  # a title
    page[60:264, 320:335] = np.linspace(255, 0, 204)[:, None]  # a colour bar
    return page


@pytest.mark.parametrize(("filled", "axes"), [(True, 0), (False, 0), (False, 170)])
def test_the_digit_in_a_figure_gives_the_image_that_was_plotted(mnist, filled, axes):
    for image in mnist.test.images[:15]:
        read = to_mnist(to_ink(figure(image, filled=filled, axes=axes))).astype(int)
        moved = (np.roll(read, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1))
        assert min(np.abs(one - image).sum() for one in moved) < 0.35 * image.sum()


def test_a_figure_with_two_panels_is_left_whole(mnist):
    one, other = (figure(image, filled=True) for image in mnist.test.images[:2])
    both = np.hstack([one, other]).astype(np.float32)
    assert crop_to_panel(both) is both


@pytest.mark.parametrize("name", DIGITS)
@pytest.mark.parametrize("brush", [6, 20])
def test_a_picture_without_a_panel_is_left_whole(name, brush):
    for gray in (draw(DIGITS[name], brush=brush), 255 - draw(DIGITS[name], brush=brush)):
        values = gray.astype(np.float32)
        assert crop_to_panel(values) is values


@pytest.mark.parametrize("middle", [False, True])
def test_an_angular_0_or_8_is_no_panel(middle):
    values = np.full((200, 160), 255, np.float32)
    values[40:160, 50:110] = 0
    values[50:150, 60:100] = 255
    if middle:
        values[95:105, 60:100] = 0
    assert crop_to_panel(values) is values


@pytest.mark.parametrize("turns", range(4))
def test_paper_beside_a_hard_shadow_is_no_panel(turns):
    values = np.full((300, 400), 220, np.float32)
    values[:, 300:] = 90
    values[100:200, 140:160] = 30
    turned = np.rot90(values, turns)
    assert crop_to_panel(turned) is turned
