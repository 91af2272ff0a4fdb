"""The queue of odd images on Explore: decisions by buttons and keys, kept at once, taken back, used by Train."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.curation import DUPLICATE, LABEL, OUTLIER, Finding, Findings, make_search
from digitrec.data import corrections, loading, user_datasets
from digitrec.data.catalogue import Description
from digitrec.data.corrections import KEEP, LEAVE_OUT, RELABEL, UNDO, Decision
from digitrec.data.splits import Split
from digitrec.data.user_datasets import TrainTest
from digitrec.reporting import change_log
from digitrec.runs import TrainConfig, jobs, measurements, store
from digitrec.ui.explore import odd, odd_log
from digitrec.ui.models import details
from support.chain import galleries
from support.made_runs import DASHBOARD, open_page, rerun, words

SET = loading.load("digits")
GIVEN = [int(label) for label in SET.train.labels[:20]]
SUGGESTED = [(label + 1) % 10 for label in GIVEN]
FOUND = Findings(
    (
        *(Finding(LABEL, "train", place, 0.1, SUGGESTED[place], 0.85) for place in (3, 5, 8)),
        Finding(LABEL, "test", 2, 0.2, (int(SET.test.labels[2]) + 1) % 10, 0.7),
        Finding(DUPLICATE, "train", 3, 0.01, other=("test", 7)),
        Finding(OUTLIER, "train", 9, 2.5, other=("train", 11)),
    ),
    {"train": 2, "test": 1},
)


@pytest.fixture(autouse=True)
def alone_with_findings(alone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search has ended."""
    folder = measurements.claim(make_search(SET), 0, by_server=False)
    measurements.finish(folder, FOUND.to_dict())
    monkeypatch.setattr(jobs, "start", lambda run: None)


def show(**session: object) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.switch_page("../../pages/explore.py")
    page.query_params.update({"show": "Odd images", "data": "digits"})
    for key, value in session.items():
        page.session_state[key] = value
    return rerun(page)


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click()
    return rerun(page)


def log() -> list[tuple[int, str, int | None]]:
    return [(each.place, each.action, each.to) for each in corrections.read("digits")]


def test_each_decision_is_kept_at_once_and_the_next_image_comes():
    page = show()
    assert "0 of 4 decided · about 3 labels estimated to be wrong" in words(page)
    assert f"### Labelled {GIVEN[3]}, maybe {SUGGESTED[3]}" in words(page)
    press(page, f"odd-class-{SUGGESTED[3]}")
    assert log() == [(3, RELABEL, SUGGESTED[3])]
    press(page, "odd-keep")
    press(page, "odd-out")
    assert log()[1:] == [(5, KEEP, None), (8, LEAVE_OUT, None)]
    assert "3 of 4 decided" in words(page) and "changes no training" in words(page)
    assert [image["caption"] for image in galleries(page)[-1]["images"]] == [f"→ {SUGGESTED[3]}", "✓", "✗", ""]
    press(page, "odd-keep")
    assert "All of these are decided." in words(page)
    reason = corrections.read("digits")[0].reason
    assert reason == f"label: networks answer {SUGGESTED[3]} with 85.0%" and corrections.read("digits")[0].time


def test_undo_takes_the_last_decision_back_and_shows_its_image():
    page = show()
    press(press(page, "odd-keep"), "odd-out")
    press(page, "odd-undo")
    assert log()[2:] == [(5, UNDO, None)] and "2 of 4 · Training image 5" in words(page)
    press(page, "odd-undo")
    assert page.button(key="odd-undo").disabled and "1 of 4 · Training image 3" in words(page)


def test_another_browser_sees_what_was_decided_and_goes_on():
    press(show(), "odd-keep")
    other = show()
    assert "1 of 4 decided" in words(other) and "2 of 4 · Training image 5" in words(other)
    press(other, "odd-Previous")
    assert "**Kept**" in words(other)
    press(other, "odd-undo")
    assert "0 of 4 decided" in words(other)


def test_duplicates_and_outliers_say_why():
    page = show(**{odd._KIND: DUPLICATE})
    assert "Nearly the same as test image 7." in words(page) and "its test accuracy is too high" in words(page)
    page = show(**{odd._KIND: OUTLIER})
    assert "It is 2.5 times as far from the nearest images of its class" in words(page)


def test_an_image_that_was_kept_for_its_label_may_be_left_out_as_a_duplicate():
    press(show(), "odd-keep")
    page = press(show(**{odd._KIND: DUPLICATE}), "odd-out")
    assert log() == [(3, KEEP, None), (3, LEAVE_OUT, None)] and "1 of 1 decided" in words(page)


def test_one_split_alone_and_the_card_of_an_image():
    page = show(**{odd._SPLIT: "test"})
    assert "0 of 1 decided" in words(page) and "Test image 2" in words(page)
    press(page, "odd-card")
    assert page.query_params["image"] == "test-2" and "Test image 2 of scikit" in words(page)


def test_a_full_disk_is_told_and_nothing_is_lost(monkeypatch):
    def fail(path, row):
        raise OSError(28, "No space left on device")

    page = show()
    monkeypatch.setattr(corrections.files, "append_row", fail)
    press(page, "odd-keep")
    assert page.error[0].value == "The decision cannot be stored: No space left on device"
    assert "1 of 4 · Training image 3" in words(page)


def test_before_the_search_there_is_a_button_and_without_tensorflow_no_labels(monkeypatch, folders):
    monkeypatch.setattr(odd.processes, "has_tensorflow", lambda: False)
    monkeypatch.setattr(odd, "load_findings", lambda dataset: None)
    monkeypatch.setattr(odd.measurements, "progress", lambda search: None)
    page = show()
    (button,) = [each for each in page.button if each.label == "Look for odd images"]
    assert "Labels are not judged here." in button.help


def test_a_change_log_is_taken_in_or_refused(monkeypatch):
    press(show(), "odd-keep")
    data = change_log.to_json("digits", SET.class_names, corrections.read("digits")).encode()
    corrections.log_path("digits").unlink()

    def take_in(data: bytes) -> tuple[bool, str]:
        file = type("File", (), {"getvalue": lambda self: data})()
        state = {"key": file, f"{odd_log._UPLOAD}-turn": 0}
        monkeypatch.setattr(odd_log.st, "session_state", state)
        odd_log._take_in("key", SET)
        return state[odd_log._RESULT]

    assert take_in(data) == (True, "1 new decision; 0 there already.") and log() == [(3, KEEP, None)]
    assert take_in(data) == (True, "0 new decisions; 1 there already.")
    assert take_in(json.dumps({"no": "log"}).encode())[0] is False


def test_more_than_ten_classes_have_a_list_and_a_data_set_of_test_images_is_decided_on():
    names = tuple("abcdefghijkl")
    parts = TrainTest(Split(SET.train.images[:0], SET.train.labels[:0]), Split(*(part[:20] for part in SET.test)))
    user_datasets.write(loading.cache_folder(), Description("mine", "Mine", names, "a test", "none"), parts)
    folder = measurements.claim(make_search(loading.load("mine")), 0, by_server=False)
    found = Findings(tuple(Finding(LABEL, "test", place, 0.1, 11, 0.8) for place in (4, 6)), {"test": 0})
    measurements.finish(folder, found.to_dict())
    page = AppTest.from_file(DASHBOARD, default_timeout=60).switch_page("../../pages/explore.py")
    page.query_params.update({"show": "Odd images", "data": "mine"})
    press(rerun(page), "odd-class-11")
    box = next(each for each in page.selectbox if each.label == "Another class")
    box.set_value(10)
    rerun(page)
    said = [(each.place, each.action, each.to) for each in corrections.read("mine")]
    assert said == [(4, RELABEL, 11), (6, RELABEL, 10)] and "2 of 2 decided" in words(page)
    assert corrections.find_version("mine") == ""  # nothing for a training


# --- Train ---


def relabel(place: int) -> None:
    key = corrections.find_key(SET, "train", place)
    corrections.decide("digits", Decision(key, RELABEL, SUGGESTED[place], "", place))


def tick(page: AppTest):
    return next((each for each in page.checkbox if each.label.startswith("Use my corrections")), None)


def start(page: AppTest) -> str:
    page.button(key="start").click()
    rerun(page)
    return store.list_runs()[0].config.corrections


def test_without_corrections_train_has_no_tick():
    assert tick(open_page("train")) is None


def test_train_uses_the_corrections_of_the_moment_of_start_and_a_preset_leaves_them():
    relabel(3)
    page = open_page("train")
    assert tick(page).label == "Use my corrections (1 relabelled, 0 left out)" and not tick(page).value
    tick(page).check()
    rerun(page)
    relabel(5)
    assert tick(rerun(page)).label == "Use my corrections (2 relabelled, 0 left out)"
    preset = next(each for each in page.segmented_control if each.label == "Preset")
    preset.set_value("balanced")
    assert tick(rerun(page)).value and start(page) == corrections.find_version("digits")


def test_an_older_version_by_a_link_stays_until_the_newest_is_chosen():
    relabel(3)
    first = corrections.find_version("digits")
    relabel(5)
    page = AppTest.from_file(DASHBOARD, default_timeout=60).switch_page("../../pages/train.py")
    page.query_params.update({"dataset": "digits", "corrections": first})
    rerun(page)
    assert tick(page).label == "Use my corrections (1 relabelled, 0 left out)"
    assert "This is an older version. The newest: 2 relabelled, 0 left out." in words(page)
    next(each for each in page.button if each.label == "Use the newest").click()
    rerun(page)
    assert start(page) == corrections.find_version("digits")


def test_a_run_says_which_corrections_it_has_learnt_with():
    relabel(3)
    version = corrections.find_version("digits")
    said = [
        details._describe_corrections(TrainConfig(dataset="digits", corrections=each))
        for each in ("", version, "0123456789ab")
    ]
    assert said == [
        "",
        f"1 relabelled, 0 left out (version {version})",
        "version 0123456789ab, not on this machine",
    ]
