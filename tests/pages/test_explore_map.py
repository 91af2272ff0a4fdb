"""The Map section of Explore: offered, shown, coloured, chosen from, and a drawing on it."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitrec.data import loading
from digitrec.explain import MapRequest, tsne
from digitrec.imaging import fit_to_square
from digitrec.ui.components import canvas
from digitrec.ui.explore import address, map_section
from support import chain, maps
from support.made_runs import DASHBOARD, Reader, rerun, words

SET = loading.load("digits")
LABELS = np.concatenate([SET.train.labels, SET.test.labels])
KEY = MapRequest(SET).folder.path.name


def show(**parameters: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.switch_page("../../pages/explore.py")
    page.query_params.update({"show": "Map", "data": "digits"} | parameters)
    return rerun(page)


def choose(page: AppTest, *points: int) -> AppTest:
    page.session_state[map_section._CHOSEN] = KEY, np.array(points)
    return rerun(page)


@pytest.fixture
def made(alone) -> None:
    """A stored map of the pixels."""
    maps.make(MapRequest(SET))


def test_a_map_is_offered_with_its_number_of_images(alone):
    page = show()
    assert [each.label for each in page.button if "map" in each.label] == ["Make the map of 1,797 images"]
    assert "digitrec_point_map" not in [each.proto.component_name for each in page.main.get("bidi_component")]


def test_without_opentsne_it_says_what_to_install(alone, monkeypatch):
    monkeypatch.setattr(tsne, "has_opentsne", lambda: False)
    page = show()
    assert 'pip install "digitrec[map]"' in words(page)
    assert not [each for each in page.button if "map" in each.label]


def test_all_points_have_their_class_and_the_table_tells_the_same(made):
    page = show()
    data, table = maps.shown(page), page.dataframe[-1].value
    assert [each["count"] for each in data["categories"]] == np.bincount(LABELS).tolist()
    assert [each["name"] for each in data["categories"]] == list(SET.class_names) == table["Class"].tolist()
    assert table["Images"].tolist() == np.bincount(LABELS).tolist()
    assert (table["Near images of its own class"] > 0.1).all() and "star" not in data and "chosen" not in data


def test_by_split_there_are_two_colours(made):
    page = show()
    page.segmented_control(key="map-colour").set_value("Split")
    counts = {each["name"]: each["count"] for each in maps.shown(rerun(page))["categories"]}
    assert counts == {"training": len(SET.train.labels), "test": len(SET.test.labels)}


def test_right_and_wrong_are_those_of_the_model_once_it_has_read(known_mistakes, run):
    maps.make(MapRequest(SET))
    page = show()
    page.segmented_control(key="map-colour").set_value("Right or wrong")
    rerun(page).button(key="map-read").click()
    rerun(page)
    answers = Reader().predict_proba(np.concatenate([SET.train.images, SET.test.images])).argmax(1)
    right, wrong = maps.shown(page)["categories"]
    assert (right["count"], wrong["count"]) == ((answers == LABELS).sum(), (answers != LABELS).sum())


def test_the_embedding_of_a_model_has_a_map_of_its_own(known_mistakes, run):
    maps.make(MapRequest(SET))
    page = show()
    assert maps.shown(page)["id"] == KEY
    page.segmented_control(key="map-source").set_value("Embedding")
    assert [each.label for each in rerun(page).button if "map" in each.label] == ["Make the map of 1,797 images"]
    other = MapRequest(SET, run=run, model=Reader())
    maps.make(other)
    assert maps.shown(rerun(page))["id"] == other.folder.path.name != KEY


def test_chosen_images_are_a_gallery_with_counts(made):
    page = choose(show(), *range(60))
    assert chain.shown(page) == list(range(48))
    counts = np.bincount(LABELS[:60])
    assert "**60** images: " in words(page) and f"{counts.argmax()} ({counts.max()})" in words(page)
    page.button(key="map-clear").click()
    assert chain.galleries(rerun(page)) == []


def test_a_class_of_the_table_is_chosen_those_among_others_first(made):
    page = show()
    st.session_state[map_section._TABLE] = {"selection": {"rows": [4]}}
    request = MapRequest(SET)
    found = map_section.dataset_maps.find_map(request)
    map_section._choose_class(request, map_section.dataset_map.make_points(request, found))
    page.session_state[map_section._CHOSEN] = st.session_state[map_section._CHOSEN]
    assert (LABELS[chain.shown(rerun(page))] == 4).all()


def test_an_image_opens_its_card_with_an_address_and_its_neighbours_in_the_choice(made):
    page = choose(show(), 5, 7, 9)
    page.session_state[address._SELECTION] = address.Selection(image=("train", 7))
    rerun(page)
    assert page.query_params["show"] == "Map" and page.query_params["image"] == "train-7"
    assert "2 of 3" in words(page)
    page.button(key="card-Next").click()
    assert rerun(page).query_params["image"] == "train-9"
    page.button(key="card-close").click()
    assert chain.shown(rerun(page)) == [5, 7, 9] and "image" not in page.query_params


def test_the_last_drawing_is_a_star_and_its_neighbours_are_told(made, monkeypatch):
    ink = fit_to_square(SET.test.images[0], canvas.SIDE)
    monkeypatch.setattr(canvas, "list_inks", lambda key: [ink])
    page = show()
    x, y = maps.shown(page)["star"]
    assert 0 < x < 1 and 0 < y < 1
    assert "★ Your last drawing. 10 nearest images on the map: " in words(page)


def test_a_damaged_map_is_offered_anew(made):
    MapRequest(SET).path.write_bytes(b"no map")
    assert [each.label for each in show().button if "map" in each.label] == ["Make the map of 1,797 images"]
