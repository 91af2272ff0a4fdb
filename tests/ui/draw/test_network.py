"""One picture of the network: all layers, and the map that is chosen, with its sum."""

import json

import numpy as np
from streamlit.testing.v1 import AppTest

from digitrec.inference.classifier import Operation
from digitrec.ui.draw.network import MAX_MAPS
from support.html_reader import Reader

CHANCE = np.random.default_rng(0)


def operations(silent: int | None = None) -> list[Operation]:
    """Two convolutions, of 12 maps and of 3, and the end of a residual block."""
    first, second = CHANCE.random((14, 14, 12)), CHANCE.random((7, 7, 3))
    if silent is not None:
        first[..., silent] = 0
    return [
        Operation("RESHAPE", (0,), 1, CHANCE.random((28, 28, 1)), None),
        Operation("CONV_2D", (1, 8), 2, first, CHANCE.normal(size=(12, 3, 3, 1))),
        Operation("CONV_2D", (2, 9), 3, second, CHANCE.normal(size=(3, 3, 3, 12))),
        Operation("ADD", (3, 3), 4, second * 2, None),
    ]


def page(made):
    import streamlit as st

    from digitrec.explain import feature_layers
    from digitrec.ui.draw import network

    if heard := st.session_state.pop("heard", None):
        st.session_state["c-network"] = {"chosen": heard}
        network._choose("c")
        del st.session_state["c-network"]
    network.network_picture("c", made, feature_layers(made))


def shown(made, heard=None) -> tuple[dict, str]:
    """What the picture was given, and the words of the map that is enlarged."""
    test = AppTest.from_function(page, args=(made,), default_timeout=60)
    if heard is not None:
        test.session_state["heard"] = heard
    test.run()
    assert not test.exception, test.exception
    html = "".join(block.proto.body for block in test.get("html"))
    return json.loads(test.main.get("bidi_component")[0].proto.json), " ".join(Reader(html).texts)


def test_all_layers_are_in_one_picture_each_with_its_strongest_maps_first():
    made = operations()
    data, _ = shown(made)
    assert [layer["title"] for layer in data["layers"]] == ["1. 12 × 14²", "2. 3 × 7²", "3. 3 × 7²"]
    assert [len(layer["maps"]) for layer in data["layers"]] == [MAX_MAPS, 3, 3]
    order = np.argsort(-made[1].value.mean((0, 1)))[:MAX_MAPS]
    assert [each["map"] for each in data["layers"][0]["maps"]] == order.tolist()


def test_the_strongest_map_of_the_first_layer_is_enlarged_until_another_is_chosen():
    made = operations()
    data, words = shown(made)
    strongest = int(made[1].value.mean((0, 1)).argmax())
    assert data["chosen"] == [0, strongest] and f"map {strongest + 1}" in words
    data, words = shown(made, [1, 2])
    assert data["chosen"] == [1, 2] and "Layer 2: Convolution 3 × 3, map 3" in words


def test_the_sum_behind_it_is_told():
    made = operations()
    words = shown(made, [1, 2])[1]
    assert f"Its strongest activation is {made[2].value[..., 2].max():.2f}." in words
    assert "from the other input maps" in words and words.count("×") >= 3
    assert "from the other input maps" not in shown(made, [0, 0])[1]  # it has one input: the image


def test_a_silent_map_and_the_end_of_a_block_have_no_sum_of_products():
    assert "No activation for this drawing." in shown(operations(silent=4), [0, 4])[1]
    assert "The sum of two layers" in shown(operations(), [2, 0])[1]


def test_a_map_that_another_network_does_not_have_is_not_chosen():
    assert shown(operations(), [7, 0])[0]["chosen"][0] == 0
    assert shown(operations(), [1, 60])[0]["chosen"][0] == 0
