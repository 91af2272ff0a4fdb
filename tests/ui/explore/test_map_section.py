"""The map of Explore by itself: what can be compared and coloured, what is chosen, and the star."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.explain import MapRequest
from digitrec.inference import ClassifierError
from digitrec.ui import pickers
from digitrec.ui.components import canvas, dataset_map, reveal
from digitrec.ui.components.point_map import MapPoints
from digitrec.ui.explore import columns, map_section
from support.views import show

SET = loading.load("digits")
N = 60
ROWS = np.arange(N)
RUN = SimpleNamespace(name="my_net")
LABELS = SET.train.labels[:N]
LABEL = int(LABELS[0])
STRAY = int(np.flatnonzero(LABELS == LABEL)[-1])  # lies among the images of another class
PLACES = np.stack([100.0 * LABELS, np.arange(N) / N], 1)
PLACES[STRAY, 0] += 100
POINTS = MapPoints("key", PLACES, ROWS, len(SET.train.labels), LABELS, SET.class_names)


@pytest.fixture
def session(session, monkeypatch) -> dict:
    monkeypatch.setattr(reveal, "request", lambda key: None)
    return session


@pytest.fixture
def request_(folders) -> MapRequest:
    return MapRequest(SET, 1000)


def test_a_network_that_cannot_be_loaded_or_gives_no_embedding_places_nothing(monkeypatch):
    def fail(run):
        raise ClassifierError("it is damaged.")

    monkeypatch.setattr(pickers, "load_classifier", fail)
    assert show(map_section._load, RUN).warning[0].value == "it is damaged."
    monkeypatch.setattr(pickers, "load_classifier", lambda run: SimpleNamespace(embedding_size=0))
    assert "my_net gives no embedding" in show(map_section._load, RUN).info[0].value


def test_the_embedding_of_a_network_is_compared_where_a_person_asks(folders, monkeypatch):
    model, made = SimpleNamespace(embedding_size=8, sha256="0" * 64), []
    monkeypatch.setattr(pickers, "load_classifier", lambda run: model)

    def choose():
        made.append(map_section._choose_map(SET, RUN))

    shown = show(choose)
    shown.segmented_control(key=map_section._SOURCE).set_value(map_section.EMBEDDING).run()
    assert [request.model for request in made] == [None, model] and made[1].run is RUN
    monkeypatch.setattr(pickers, "load_classifier", lambda run: SimpleNamespace(embedding_size=0))
    shown.run()
    assert made[2] is None


def test_the_drawing_of_draw_is_a_star_if_it_is_a_digit(request_, monkeypatch):
    ink = np.zeros((280, 280), np.uint8)
    inks: list = []
    monkeypatch.setattr(canvas, "list_inks", lambda key: inks)
    monkeypatch.setattr(dataset_map, "place_drawing", lambda request, found, image, model: np.array([1.0, 2.0]))
    assert map_section._place_star(request_, None) is None
    inks.append(ink)
    assert map_section._place_star(request_, None) is None  # blank
    ink[60:220, 130:150] = 255
    assert map_section._place_star(request_, None).tolist() == [1, 2]


def test_what_is_seen_is_described_with_the_share_and_the_star(request_):
    shown = show(map_section._describe, request_, POINTS, np.array([0.0, 0.0]))
    assert shown.caption[0].value.startswith(
        f"{N} of 1,797 images, of each class and split by its share. Near means"
    )
    assert shown.markdown[0].value.startswith("★ Your last drawing. ")


def test_a_choice_is_of_its_map_alone_and_an_empty_one_clears_it(session, request_):
    map_section._choose(request_, np.array([3, 4]))
    assert map_section._chosen_points(request_).tolist() == [3, 4]
    assert map_section._chosen_points(MapRequest(SET, 500)) is None
    map_section._choose(request_, np.array([], int))
    assert map_section._chosen_points(request_) is None and session[map_section._TURN] == 2


def test_a_class_of_the_table_chooses_its_images_those_among_others_first(session, request_):
    session[map_section._TABLE] = {"selection": {"rows": []}}
    map_section._choose_class(request_, POINTS)
    assert map_section._CHOSEN not in session
    session[map_section._TABLE] = {"selection": {"rows": [LABEL]}}
    map_section._choose_class(request_, POINTS)
    chosen = map_section._chosen_points(request_)
    assert sorted(chosen) == np.flatnonzero(LABELS == LABEL).tolist() and chosen[0] == STRAY


def test_an_image_says_its_class_its_place_and_a_wrong_answer():
    label = int(POINTS.labels[2])
    wrong = POINTS._replace(answers=np.full(N, (label + 1) % 10))
    name, other = SET.class_names[label], SET.class_names[(label + 1) % 10]
    assert map_section._choice(SET, POINTS, 2, 2).caption == f"{name} · #2"
    found = map_section._choice(SET, wrong, 2, len(SET.train.labels) + 4)
    assert found.caption == f"{name} · test #4 · ✗ {other}" and found.alt == f"Test image 4, a {name}"


@pytest.fixture
def colour(request_, monkeypatch):
    """A function that chooses a way to colour, and gives the names of the ways and of the one that was taken."""

    def choose(way=None, *, run=None, points=POINTS, unread=(), writers=None):
        taken: list = []
        table = SimpleNamespace(writers=writers)

        def page():
            taken.append(map_section._choose_colours(points, table, request_, run, list(unread)).name)

        shown = show(page, **({} if way is None else {map_section._COLOUR: way}))
        groups = shown.get("button_group")
        return (groups[0].options if groups else []), taken[-1], shown

    return choose


def test_points_are_coloured_by_what_is_known_of_them(colour):
    assert colour()[:2] == ([], "Class")  # there is nothing to choose
    both = POINTS._replace(train_count=30)
    writers = np.arange(len(SET.train.labels)) % 3
    options, taken, _ = colour("Writer", run=RUN, points=both, writers=writers)
    assert (options, taken) == (["Class", "Right or wrong", "Split", "Writer"], "Writer")
    assert colour("Split", points=both)[1] == "Split"
    assert colour("Writer", points=both)[1] == "Class"  # another data set had writers


def test_answers_that_are_not_known_are_read_at_a_click(colour, monkeypatch):
    read: list = []
    monkeypatch.setattr(columns, "read_images", lambda run, dataset, splits: read.append(splits) or False)
    _, taken, shown = colour("Right or wrong", run=RUN, unread=["test"])
    count = len(SET.test.labels)
    assert taken == "Class" and shown.button(key="map-read").label == f"Let my_net read {count:,} images first"
    shown.button(key="map-read").click().run()
    assert read == [["test"]]
    known = POINTS._replace(answers=POINTS.labels)
    assert colour("Right or wrong", run=RUN, points=known)[1] == "Right or wrong"
