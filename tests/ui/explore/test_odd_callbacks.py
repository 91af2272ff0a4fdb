"""Decisions about odd images: where a person goes next, what is written once, what is taken back, what fails."""

from types import SimpleNamespace

from digitrec.curation import DUPLICATE, LABEL, OUTLIER, Finding, Findings
from digitrec.data import corrections, loading
from digitrec.data.corrections import KEEP, LEAVE_OUT, RELABEL, Decision
from digitrec.ui.explore import odd, odd_log, odd_words

SET = loading.load("digits")
GIVEN = [int(label) for label in SET.train.labels[:20]]
QUEUE = [Finding(LABEL, "train", place, 0.1, (GIVEN[place] + 1) % 10, 0.85) for place in (3, 5, 8)]


def decided():
    return corrections.locate(SET, corrections.find_overlay(corrections.read("digits")))


def decide(at: int, action: str, to: int | None = None) -> None:
    odd._decide(SET, QUEUE, at, "queue", decided(), action, to)


def log() -> list[tuple[int, str, int | None]]:
    return [(each.place, each.action, each.to) for each in corrections.read("digits")]


def test_the_next_image_is_one_that_is_not_decided(session):
    decide(1, KEEP)
    assert odd._places()["queue"] == 2
    decide(2, LEAVE_OUT)
    assert odd._places()["queue"] == 0
    decide(0, RELABEL, QUEUE[0].suggested)
    assert odd._places()["queue"] == 0 and len(log()) == 3  # all are decided


def test_the_same_decision_twice_is_written_once_and_the_given_label_is_no_change(session):
    for _ in range(2):
        decide(0, KEEP)
    decide(1, RELABEL, GIVEN[5])
    assert log() == [(3, KEEP, None)] and odd._places()["queue"] == 1


def test_a_class_of_the_list_relabels_and_no_choice_does_nothing(session):
    made: list = []
    for value in (None, 0, 7):
        session["list"] = value
        odd._relabel_by_list("list", lambda *given: made.append(given))
    assert made == [(RELABEL, 0), (RELABEL, 7)]


def test_the_last_decision_of_this_session_is_taken_back_and_then_those_of_others(session):
    odd._undo(SET, QUEUE, "queue")  # there is none
    decide(0, KEEP)
    decide(1, LEAVE_OUT)
    session[odd._MINE] = session[odd._MINE][:1]  # the second one came from another browser
    odd._undo(SET, QUEUE, "queue")
    assert odd._places()["queue"] == 0 and set(decided()) == {("train", 5)}
    odd._undo(SET, QUEUE, "queue")
    assert odd._places()["queue"] == 1 and not decided()


def test_a_decision_that_cannot_be_written_is_said_and_the_image_stays(session, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(corrections, "decide", full)
    decide(1, KEEP)
    assert "No space left on device" in session[odd._PROBLEM] and "queue" not in odd._places()


def test_the_words_name_what_is_odd_and_why():
    test_label = int(SET.test.labels[7])
    leak = Finding(DUPLICATE, "train", 3, 0.0, other=("test", 7))
    near = Finding(DUPLICATE, "train", 3, 0.01, other=("train", 5))
    far, farther = (Finding(OUTLIER, "train", 9, score, other=("train", 11)) for score in (2.5, 900.0))
    assert [odd_words.headline(each, SET) for each in (leak, near, far)] == [
        "Also in the other split",
        "Nearly equal to another image",
        f"Unlike the other images of {GIVEN[9]}",
    ]
    said = odd_words.explain(leak, SET)
    assert said.startswith("The same pixels as test image 7.") and "its test accuracy is too high" in said
    assert ("Its label is another one" in said) is (test_label != GIVEN[3])
    assert odd_words.explain(near, SET).startswith("Nearly the same as training image 5.")
    assert "It is 2.5 times as far" in odd_words.explain(far, SET)
    assert "It is more than 100 times as far" in odd_words.explain(farther, SET)
    assert odd_words.reason(leak, SET) == "near-duplicate of test image 7"
    assert odd_words.reason(far, SET) == "outlier: 2.5 times the usual distance"


def test_a_decision_is_told_in_short_and_in_full():
    key = corrections.find_key(SET, "train", 3)
    made = [Decision(key, action, to, "", 3) for action, to in ((KEEP, None), (LEAVE_OUT, None), (RELABEL, 4))]
    assert [odd_words.short_decision(each, SET) for each in made] == ["✓", "✗", "→ 4"]
    assert [odd_words.describe_decision(each, SET) for each in made] == ["Kept", "Left out", "Relabelled as 4"]
    assert odd_words.short_decision(made[2]._replace(to=12), SET) == "→ 12"  # from another machine


def test_how_many_labels_are_wrong_is_said_of_labels_alone():
    found = Findings((), {"train": 2, "test": 1})
    assert odd_words.describe_progress(1, 4, LABEL, "both", found).endswith("about 3 labels estimated to be wrong")
    assert odd_words.describe_progress(1, 4, LABEL, "test", found).endswith("about 1 labels estimated to be wrong")
    assert odd_words.describe_progress(1, 4, OUTLIER, "both", found) == "1 of 4 decided"


def test_a_log_that_is_none_is_refused_and_the_uploader_is_empty_again(session, monkeypatch):
    turn = f"{odd_log._UPLOAD}-turn"
    session[turn] = 0
    odd_log._take_in("upload", SET)  # nothing was given
    assert session == {turn: 0}
    session["upload"] = SimpleNamespace(getvalue=lambda: b"[")
    odd_log._take_in("upload", SET)
    is_taken, text = session[odd_log._RESULT]
    assert not is_taken and text.startswith("The change log cannot be imported: ") and session[turn] == 1
