"""The parts of an image's card: its answer, why Draw refuses it, other networks, neighbours, the way to Draw."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.data import DATASETS, DatasetError, loading
from digitrec.evaluation.label_errors import CORRECTIONS
from digitrec.imaging import InkError
from digitrec.inference import ClassifierError, Verdict
from digitrec.inference.verdict import Reason
from digitrec.runs import provenance, store
from digitrec.ui import image_card, pickers, state
from digitrec.ui.components import canvas, embeddings
from digitrec.ui.image_card import CardImage
from support import made_runs
from support.views import show

DIGITS = loading.load("digits")
PROBA = np.array([0.1, 0.7, 0.2] + 7 * [0.0], np.float32)


def card(
    dataset: str = "digits", position: int = 0, label: int = 1, facts: str = "", names=made_runs.DIGITS
) -> CardImage:
    image = DIGITS.test.images[0]
    return CardImage(
        "Test image 0", DATASETS[dataset], "test", position, image, label, names, "Image 0.", None, facts
    )


def verdict(*reasons: Reason) -> Verdict:
    return Verdict(PROBA, made_runs.DIGITS, reasons)


def texts(*given) -> list[str]:
    return [each.value for each in show(image_card._answer_and_label, *given).markdown]


def test_the_answer_stands_beside_the_label_with_its_confidence_and_loss():
    shown = show(image_card._answer_and_label, card(), PROBA)
    said = shown.markdown[0].value
    assert said.startswith("### ✓ Read as 1, labelled 1\nConfidence 70.0%. Next best: 2 (20.0%).")
    assert shown.caption[0].value == "Loss 0.36. Image 0."
    assert texts(card(label=2), PROBA)[0].startswith("### ✗ Read as 1, labelled 2")


def test_without_a_network_the_label_and_what_is_known_are_shown():
    assert texts(card(facts="writer 07"), None) == ["### Labelled 1", "writer 07"]


def test_a_label_that_people_found_wrong_is_flagged():
    index = next(iter(CORRECTIONS))
    assert any(text.startswith("⚑ ") for text in texts(card("mnist", index), None))


def test_of_one_class_there_is_no_next_best():
    assert image_card._describe_second(np.ones(1, np.float32), ("a",)) == ""


def test_why_draw_refuses_an_image_is_said():
    assert not show(image_card._show_refusal, verdict()).markdown
    said = (
        show(image_card._show_refusal, verdict(Reason("between two classes", "confidence", 0.4, (0.9, 1.0))))
        .markdown[0]
        .value
    )
    assert said.startswith("On Draw: **not sure**. ") and "The network cannot decide between 1 and 2." in said


@pytest.fixture
def networks(folders, monkeypatch):
    """A trained run of these classes, one of others, and what each says."""
    monkeypatch.setattr(store, "SHIPPED", ())
    runs = [made_runs.ended(made_runs.new(name)) for name in ("first", "second")]
    monkeypatch.setattr(pickers, "load_classifier", lambda run: None)
    return runs


def test_other_networks_of_these_classes_are_asked(networks, monkeypatch):
    monkeypatch.setattr(pickers, "judge_image", lambda run, model, image: verdict())
    shown = show(image_card._other_networks, card(), networks[0])
    assert shown.dataframe[0].value.to_dict("records") == [
        {"Network": "second", "Data set": "digits", "Answer": "1", "Confidence": "70.0%", "Result": "✓ right"}
    ]
    monkeypatch.setattr(image_card, "MAX_OTHER_RUNS", 0)
    assert show(image_card._other_networks, card(), networks[0]).caption[0].value == "The first 0 of 1."
    other = show(image_card._other_networks, card(names=("a", "b")), networks[0])
    assert other.caption[0].value.startswith("There is no other network with these classes.")


def test_a_network_that_cannot_be_read_or_is_not_sure_says_so(networks, monkeypatch):
    unsure = verdict(Reason("between two classes", "confidence", 0.4, (0.9, 1.0)))
    monkeypatch.setattr(pickers, "judge_image", lambda run, model, image: unsure)
    row = image_card._row(networks[0], card())
    assert (row["Answer"], row["Confidence"]) == ("not sure, maybe 1", "70.0%")

    def fail(*_):
        raise ClassifierError("it is damaged.")

    monkeypatch.setattr(pickers, "judge_image", fail)
    assert image_card._row(networks[0], card())["Answer"] == "cannot be read"
    assert image_card._ask(networks[0], card().image) == (None, None, "it is damaged.")
    assert image_card._ask(None, card().image) == (None, None, "")
    shown = show(image_card.view, card(), networks[0], PROBA)
    assert shown.warning[0].value == "The reasons cannot be computed: it is damaged."


def test_why_there_are_no_neighbours_is_said(networks, monkeypatch):
    def fail(*_):
        raise DatasetError("it is *gone*.")

    given = card(), networks[0], None, "1"
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "find_learnt_dataset", fail)
        said = show(image_card._neighbours, *given).caption[0].value
        assert said == "They cannot be shown: it is \\*gone\\*."
    monkeypatch.setattr(provenance, "find_learnt_dataset", lambda run: None)
    monkeypatch.setattr(embeddings, "training_embeddings", fail)
    assert show(image_card._neighbours, *given).warning[0].value == "They cannot be shown: it is *gone*."
    monkeypatch.setattr(embeddings, "training_embeddings", lambda run, model: None)
    assert not show(image_card._neighbours, *given).caption


def test_the_neighbours_count_for_the_answer_and_for_the_label():
    names = ["1", "1", "7", "2"]
    both = image_card._describe_neighbours(names, "7", "1")
    assert both.startswith("2 of the 4 nearest images have the answer's label, 1; 1 have this image's label, 7.")
    assert "; " not in image_card._describe_neighbours(names, "1", "1").partition(". Below")[0]


def test_an_image_is_placed_on_draw_with_its_network_and_a_blank_one_says_why(monkeypatch):
    session: dict = {}
    placed: list = []
    monkeypatch.setattr(image_card.st, "session_state", session)
    monkeypatch.setattr(canvas, "place", lambda key, image, text: placed.append(text))
    image_card._place_in_draw(card(), SimpleNamespace(name="first"))
    assert placed == ["Test image 0, labelled 1."] and session[state.DRAW_MODEL] == "first"

    def refuse(*_):
        raise InkError("it is blank.")

    monkeypatch.setattr(canvas, "place", refuse)
    monkeypatch.setattr(canvas, "refuse", lambda key, error: placed.append(str(error)))
    image_card._place_in_draw(card(), None)
    assert placed[1:] == ["it is blank."]
