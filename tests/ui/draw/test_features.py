"""Feature maps and filters as a browser shows them; a dense network gets a sentence."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.charts import style
from digitrec.explain.feature_maps import mean_activations
from digitrec.inference.classifier import ClassifierError, Operation
from digitrec.ui.components.digits import map_picture
from digitrec.ui.draw.maps import describe_strongest
from support.html_reader import Reader, pixels
from support.linear_reader import CORNERS

CHANCE = np.random.default_rng(0)


class Traced:
    """Stands in for the Classifier: a network of these convolutions."""

    def __init__(self, *maps: np.ndarray):
        self.maps = maps

    def trace(self, image: np.ndarray) -> list[Operation]:
        weights = CHANCE.normal(size=(self.maps[0].shape[-1] if self.maps else 0, 3, 3, 1))
        return [Operation("CONV_2D", (i,), i + 1, maps, weights) for i, maps in enumerate(self.maps)]


class Closed:
    """A network that does not show its layers."""

    def trace(self, image: np.ndarray) -> list[Operation]:
        raise ClassifierError("the model does not show its layers.")


def page(model) -> AppTest:
    def script(model, image):
        from digitrec.ui.draw.features import features

        features("c", model, image)

    return rerun(AppTest.from_function(script, args=(model, CORNERS), default_timeout=60))


def rerun(test: AppTest) -> AppTest:
    test.run()
    assert not test.exception, test.exception
    return test


def shown(test: AppTest) -> Reader:
    """All but the map that is enlarged, which test_network.py looks at."""
    bodies = [block.proto.body for block in test.get("html")]
    return Reader("".join(body for body in bodies if "digit-enlarged" not in body))


def relu(*shape: int) -> np.ndarray:
    return np.maximum(CHANCE.normal(size=shape), 0)


def test_a_network_that_shows_no_layers_gets_a_sentence():
    test = page(Closed())
    assert "does not show its layers" in test.warning[0].value and not shown(test).images


def test_a_dense_network_gets_a_sentence():
    test = page(Traced())
    assert "has no convolution" in test.info[0].value and not test.selectbox


def test_the_strongest_maps_come_first_and_all_when_asked_for():
    maps = relu(14, 14, 32)
    test, strength = page(Traced(maps)), mean_activations(maps)
    order = np.argsort(-strength)
    found = shown(test).images
    assert found[0]["alt"].startswith(f"Map {order[0] + 1} of 32: strength {strength.max():.2f}, strongest ")
    assert len(found) == 24  # twelve maps and their filters
    test.toggle(key="c-all-maps").set_value(True)
    found = shown(rerun(test)).images
    assert [int(image["alt"].split()[1]) - 1 for image in found] == [*order, *order]


def test_a_layer_is_chosen_by_words_and_its_shape_and_only_the_first_has_filters():
    test = page(Traced(relu(26, 26, 8), relu(5, 4, 3)))
    assert test.selectbox(key="c-layer").options == [
        "1. Convolution 3 × 3: 8 maps of 26 × 26",
        "2. Convolution 3 × 3: 3 maps of 4 × 5",
    ]
    assert len(shown(test).images) == 16 and not [toggle for toggle in test.toggle if "all" in toggle.key]
    test.selectbox(key="c-layer").set_value(1)
    found = shown(rerun(test))
    assert len(found.images) == 3 and pixels(found.images[0]["src"]).shape == (5, 4, 3)


def test_silent_maps_and_the_scale_are_said():
    maps = relu(7, 7, 5)
    maps[..., 2] = 0
    found = shown(page(Traced(maps)))
    assert "1 of 5 maps have no activation" in "".join(found.texts)
    assert "Map 3 of 5: no activation" in [image["alt"] for image in found.images]
    assert f"White is {np.quantile(maps, 0.99):.2g} or more" in "".join(found.texts)


def test_values_below_zero_are_told_from_those_above():
    assert "orange below" in "".join(shown(page(Traced(CHANCE.normal(size=(7, 7, 5))))).texts)
    picture = map_picture(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0, 9.0]]), 2.0, signed=True)[0].astype(float)
    orange, sky = style.to_rgb(style.ORANGE), style.to_rgb(style.SKY)
    np.testing.assert_allclose(picture, [orange, orange / 2, 0 * sky, sky / 2, sky, sky], atol=0.5)


def test_without_negative_values_a_map_is_grey_and_a_silent_one_black():
    values = relu(6, 6)
    picture = map_picture(values, values.max(), signed=False)
    assert (picture == picture[..., :1]).all() and picture.max() == 255
    assert not map_picture(np.zeros((3, 3)), 0.0, signed=False).any()


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        *((0, 0, "at the top left"), (4, 4, "in the middle"), (8, 4, "at the bottom"), (5, 8, "on the right")),
        (3, 2, "on the left"),
    ],
)
def test_where_a_map_is_strongest(row, column, words):
    values = np.zeros((9, 9))
    values[row, column] = -1
    assert describe_strongest(values) == words
