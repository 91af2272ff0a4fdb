"""The Train page: its settings and what Start makes of them, without training anything."""

import dataclasses
import re

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.data import loading
from digitrec.runs import checkpoints, jobs, processes, store
from digitrec.runs.checkpoints import Checkpoint
from digitrec.runs.config import PRESETS, TrainConfig
from digitrec.runs.history import End, Epoch, Start
from digitrec.runs.run import Notes
from digitrec.ui.train import address, settings
from digitrec.ui.train.help_texts import HELP
from support import made_runs
from support.made_runs import open_page, rerun, words


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def widget(page: AppTest, label: str):
    """A setting's widget; its key is another after each preset."""
    kinds = ("segmented_control", "slider", "select_slider", "number_input", "selectbox")
    return next(each for kind in kinds for each in getattr(page.main, kind) if each.label == label)


def test_every_setting_has_its_place_once():
    placed = [name for rows in settings.SETTING_GROUPS.values() for row in rows for name in row]
    assert sorted(placed) == sorted(f.name for f in dataclasses.fields(TrainConfig))


def test_every_preset_is_described():
    assert set(settings.PRESET_TEXTS) == {*PRESETS, settings.CUSTOM}


def test_without_any_run_there_is_only_the_next_training():
    page = open_page("train")
    assert not page.button(key="start").disabled
    assert not page.main.error
    assert ": training" not in words(page)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_every_widget_but_the_data_set(name):
    page = open_page("train")
    widget(page, "Preset").set_value(name)
    rerun(page).button(key="start").click()
    rerun(page)
    (run,) = store.list_runs()
    assert run.config == dataclasses.replace(PRESETS[name], dataset="digits")


def test_a_moved_slider_makes_the_preset_custom_and_back():
    page = open_page("train")
    widget(page, "Rotation").set_value(10.0)
    assert widget(rerun(page), "Preset").value == "custom"
    widget(page, "Rotation").set_value(0.0)
    assert widget(rerun(page), "Preset").value == "quick"


@pytest.mark.parametrize("name", PRESETS)
def test_an_address_says_what_differs_from_a_preset_and_gives_the_settings_back(name):
    dataset = loading.default_name()
    config = dataclasses.replace(PRESETS[name], dataset=dataset, epochs=7, seed=3, rotation=4.0)
    found = address.to_address(config)
    assert found == ({} if name == "quick" else {"preset": name}) | {"epochs": "7", "seed": "3", "rotation": "4"}
    assert address.parse(found) == config


def test_a_link_fills_the_page_and_a_change_is_in_the_address():
    page = AppTest.from_file(made_runs.DASHBOARD, default_timeout=60)
    page.query_params.update({"preset": "best", "epochs": "3"})
    page = rerun(page.switch_page("../../pages/train.py"))
    assert widget(page, "Epochs").value == 3 and widget(page, "Network").value == "resnet-fine"
    widget(page, "Epochs").set_value(4)
    assert dict(rerun(page).query_params) == {"preset": "best", "epochs": "4"}


def test_a_quick_change_counts_more_than_the_address_before_it_and_going_back_still_works():
    page = open_page("train")
    widget(page, "Epochs").set_value(5)
    assert dict(rerun(page).query_params) == {"epochs": "5"}
    page.query_params.clear()  # the browser has not heard of it yet
    widget(page, "Epochs").set_value(6)
    page = rerun(page)
    assert widget(page, "Epochs").value == 6 and dict(page.query_params) == {"epochs": "6"}
    page.query_params["epochs"] = "5"
    assert widget(rerun(page), "Epochs").value == 5


def test_a_link_to_the_first_preset_takes_other_settings_back_and_stays_as_it_is():
    page = open_page("train")
    widget(page, "Preset").set_value("best")
    page = rerun(rerun(page).switch_page("../../pages/explore.py"))
    link = address.to_link(dataclasses.replace(PRESETS["quick"], dataset=loading.default_name()))
    assert link == {"preset": "quick"}
    page.query_params.update(link)
    page = rerun(page.switch_page("../../pages/train.py"))
    assert widget(page, "Network").value == "strided"
    assert dict(page.query_params) == link  # written anew, it would be a step that the browser's back can not undo


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"epochs": "many"}, "expected a number"),
        ({"epochs": "0"}, "epochs is 0"),
        ({"preset": "x"}, "no preset 'x'"),
    ],
)
def test_an_address_that_cannot_be_is_told_and_changes_nothing(given, word):
    page = AppTest.from_file(made_runs.DASHBOARD, default_timeout=60)
    page.query_params.update(given)
    page = rerun(page.switch_page("../../pages/train.py"))
    assert word in words(page) and widget(page, "Network").value == "strided"
    assert "not used" not in words(rerun(page))


def test_values_of_the_old_widgets_cannot_take_a_preset_back():
    """As when the polling sends what the browser showed before it heard of the preset."""
    page = open_page("train")
    old = widget(page, "Epochs")
    widget(page, "Preset").set_value("best")
    rerun(page)
    page.session_state[old.key] = 3
    assert widget(rerun(page), "Epochs").value == PRESETS["best"].epochs
    assert widget(page, "Preset").value == "best"


def test_teachers_are_chosen_among_the_trained_runs_and_their_share_counts_only_with_them():
    for name in ("first", "second"):
        made_runs.ended(made_runs.new(name))
    page = open_page("train")
    teachers = next(each for each in page.main.multiselect if each.label == "Teachers")
    assert sorted(teachers.options) == ["first", "second"] and widget(page, "Weight of the teachers").disabled
    teachers.set_value(["second", "first"])
    widget(rerun(page), "Weight of the teachers").set_value(0.8)
    rerun(page).button(key="start").click()
    rerun(page)
    (config,) = [run.config for run in store.list_runs() if run.name not in ("first", "second")]
    assert (config.teacher_names, config.teacher_share) == (("second", "first"), 0.8)


def test_weights_to_begin_with_are_those_of_runs_with_the_same_network():
    quick = PRESETS["quick"].network
    for name, network, start in (("first", quick, ""), ("second", quick, "first"), ("other", "mlp", "")):
        config = dataclasses.replace(made_runs.SMALL, network=network, start_from=start)
        made_runs.ended(made_runs.new(name, config))
    page = open_page("train")
    weights = next(each for each in page.main.multiselect if each.label == "Start from")
    assert sorted(weights.options) == ["first", "second"]
    weights.set_value(["first", "second"])
    rerun(page).button(key="start").click()
    rerun(page)
    assert next(run.config.start_names for run in store.list_runs() if "," in run.config.start_from) == (
        "first",
        "second",
    )


def test_the_last_layers_alone_learn_from_another_run_and_too_many_are_refused_at_start():
    letters = dataclasses.replace(made_runs.SMALL, network=PRESETS["quick"].network)
    made_runs.ended(store.create(letters, tuple("abc"), "letters"))
    page = open_page("train")
    assert "Trained layers" not in [each.label for each in page.main.slider]  # all of random weights learn
    next(each for each in page.main.multiselect if each.label == "Start from").set_value(["letters"])
    widget(rerun(page), "Trained layers").set_value(20)
    rerun(page).button(key="start").click()
    assert "'strided' has 4 layers with weights. Set it to 4 at most" in words(rerun(page))
    widget(page, "Trained layers").set_value(2)
    page.session_state["train-started-at"] = 0.0  # the second click is no double click
    rerun(page).button(key="start").click()
    rerun(page)
    (config,) = [run.config for run in store.list_runs() if run.name != "letters"]
    assert (config.start_from, config.trained_layers) == ("letters", 2)


def test_a_kept_epoch_is_offered_to_start_from_and_a_result_leads_on():
    run = made_runs.ended(made_runs.new("first"))
    checkpoints.save(run, Checkpoint(3, [], {}), keep=())
    page = open_page("train")
    page.button(key="onward").click()
    (start,) = [box for box in rerun(page).main.multiselect if box.label == "Start from"]
    assert start.value == ["first"] and {"first", "first, epoch 3"} <= set(start.options)


def test_validation_images_that_were_learnt_from_before_are_told():
    made_runs.ended(made_runs.new("flattered"), notes=("3 of 8 are known.",))
    page = open_page("train")
    assert [each.value for each in page.main.warning] == ["Validation: 3 of 8 are known."]


def test_settings_survive_a_page_switch():
    page = open_page("train")
    widget(page, "Epochs").set_value(7)
    rerun(page)
    rerun(page.switch_page("../../pages/models.py"))
    assert widget(rerun(page.switch_page("../../pages/train.py")), "Epochs").value == 7


def test_without_tensorflow_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    page = open_page("train")
    said = page.main.info[-1].value.replace("\\", "")  # Markdown's own signs are escaped
    assert said == 'Training needs TensorFlow: pip install "digitrec[train]"'
    assert page.button(key="start").disabled


def test_a_contradiction_is_said_and_nothing_can_be_started():
    page = open_page("train")
    widget(page, "Patience").set_value(3)
    widget(page, "Validation share").set_value(0.0)
    assert "early stopping watches the validation loss" in rerun(page).main.error[0].value
    assert page.button(key="start").disabled


def test_a_double_click_starts_one():
    page = open_page("train")
    page.button(key="start").click()
    rerun(page).button(key="start").click()
    rerun(page)
    assert len(store.list_runs()) == 1


def test_a_process_that_cannot_be_started_is_said_and_leaves_no_run(monkeypatch):
    def refuse(run: object) -> None:
        raise OSError("no memory for a process")

    monkeypatch.setattr(jobs, "start", refuse)
    page = open_page("train")
    page.button(key="start").click()
    assert "no memory for a process" in rerun(page).main.error[0].value
    assert store.list_runs() == []


def test_how_long_a_preset_takes_is_measured_by_the_last_run_like_it():
    assert "is not known yet" in words(open_page("train"))
    quick = dataclasses.replace(PRESETS["quick"], dataset="digits")
    run = made_runs.new("like it", quick)
    run.append(Start(epochs=2, steps_per_epoch=1, time=100.0))
    for epoch in (1, 2):
        run.append(Epoch(epoch=epoch, loss=1, accuracy=1, seconds=20.0, time=110.0 + 20 * epoch))
    run.append(End(reason="finished", best_epoch=2, time=155.0))
    page = open_page("train")
    assert "About 55 s on this machine, by the run like it" in words(page)
    widget(page, "Epochs").set_value(6)
    assert "About 2 min 15 s on this machine" in words(rerun(page))
    widget(page, "Network").set_value("mlp")
    assert "is not known yet" in words(rerun(page))


def test_a_run_is_named_tagged_and_noted_before_it_starts():
    page = open_page("train")
    page.text_input(key="train-name").set_value(" my run ")
    page.multiselect(key="train-tags").set_value(["baseline"])
    page.text_area(key="train-note").set_value("The first one.")
    rerun(page).button(key="start").click()
    rerun(page)
    (run,) = store.list_runs()
    assert (run.name, run.notes) == ("my run", Notes(("baseline",), "The first one."))
    assert page.text_input(key="train-name").value == "" and page.text_area(key="train-note").value == ""


def test_a_name_that_is_taken_is_refused_in_words():
    made_runs.ended(made_runs.new("first"))
    page = open_page("train")
    page.text_input(key="train-name").set_value("first")
    rerun(page).button(key="start").click()
    assert "there is a run named 'first' already" in rerun(page).main.error[0].value
    assert len(store.list_runs()) == 1


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(TrainConfig)])
def test_each_setting_has_help_in_sentences(name):
    assert re.match(r"[A-Z0-9].{20,}\.$", HELP[name], re.DOTALL)


def test_the_preview_shows_what_augmentation_does():
    page = open_page("train")
    assert "Augmentation is off" in words(page)
    widget(page, "Rotation").set_value(20.0)
    assert "as the network sees them" in words(rerun(page))


def test_a_data_set_that_is_not_here_is_fetched_by_the_training_alone(monkeypatch):
    asked, load = [], loading.load
    monkeypatch.setattr(loading, "load", lambda name, *rest: asked.append(name) or load(name, *rest))
    page = open_page("train")
    widget(page, "Data set").set_value("mnist")
    assert "MNIST is not on this machine. The training downloads it" in words(rerun(page)).replace("\\", "")
    assert set(asked) == {"digits"}
