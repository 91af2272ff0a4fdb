"""A training on Teach: begun once a click, its bar, and how it ended."""

from types import SimpleNamespace

import pytest

from digitrec.data import drawn_samples
from digitrec.runs import Batch, RunError, Start, jobs, places, processes, store, teaching
from digitrec.ui.components import clusters
from digitrec.ui.teach import training
from support import made_runs
from support.views import show

NAME = "taught"


@pytest.fixture(autouse=True)
def quiet(monkeypatch, folders) -> None:
    monkeypatch.setattr(jobs, "prepare_worker", lambda: None)
    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)


@pytest.fixture
def run(monkeypatch):
    """The newest run of the collection."""
    made = made_runs.new(NAME)
    monkeypatch.setattr(teaching, "find_runs", lambda name: [made])
    return made


def test_without_tensorflow_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    shown = show(training.view, NAME, None)
    assert "pip install" in shown.info[0].value and not shown.button


def test_a_cluster_that_cannot_train_is_told_and_nothing_is_started(monkeypatch):
    def refuse(address: str) -> None:
        raise places.ClusterError(f"the cluster {address} has other versions than this machine.")

    monkeypatch.setenv(places.VARIABLE, "tcp://127.0.0.1:9")
    monkeypatch.setattr(clusters, "_find_problem", lambda address: "The cluster cannot be reached.")
    shown = show(training.view, NAME, None)
    assert shown.error[0].value == "The cluster cannot be reached." and shown.button[0].disabled
    monkeypatch.setattr(pytest.importorskip("digitrec.cluster.connection"), "check", refuse)
    session: dict = {}
    monkeypatch.setattr(training.st, "session_state", session)
    training._start_training(NAME, lambda samples, base: pytest.fail("it was started"))
    assert "could not be started: the cluster tcp://127.0.0.1:9 has other versions" in session[training._PROBLEM]


def test_without_a_built_in_network_there_is_no_button(monkeypatch):
    monkeypatch.setattr(teaching, "list_starts", list)
    shown = show(training.view, NAME, None)
    assert shown.info[0].value == "There is no built-in network to build on." and not shown.button


def test_a_double_click_starts_one_training_on_the_chosen_network(monkeypatch):
    drawn_samples.set_classes(NAME, ("cat", "dog"))
    session: dict = {}
    monkeypatch.setattr(training.st, "session_state", session)
    started: list = []
    for _ in range(2):
        training._start_training(NAME, lambda samples, base: started.append((samples.class_names, base.name)))
    assert started == [(("cat", "dog"), teaching.list_starts()[0].name)]


def test_why_no_training_was_started_is_said(monkeypatch):
    def fail(samples, base):
        raise OSError("the disk is *full*.")

    session: dict = {}
    monkeypatch.setattr(training.st, "session_state", session)
    training._start_training(NAME, fail)
    said = "The training could not be started: the disk is *full*."
    assert session[training._PROBLEM] == said
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "prepare_worker", lambda: None)
    shown = show(training.view, NAME, fail, **session)
    assert [box.value for box in shown.error] == [said.replace("*", "\\*")]


@pytest.fixture
def bar(run, monkeypatch):
    """A function that gives the text of the bar, for the state of a training."""
    monkeypatch.setattr(jobs, "is_live", lambda run: True)

    def text(found=None, queue=()):
        monkeypatch.setattr(jobs, "progress", lambda history: found)
        monkeypatch.setattr(jobs, "queue", lambda: [*queue])
        return show(training._show_progress, run).get("progress")[0].proto.text

    return text


def test_the_bar_says_what_the_training_does(bar, run):
    assert bar() == "Starting ..."
    assert bar(queue=[None, run]) == "Queued: another training runs."
    run.append(Start(epochs=3, steps_per_epoch=10, parameters=9, train_images=1, validation_images=0))
    run.append(Batch(step=1, epoch=1, loss=1, accuracy=0.75, images_per_second=10))
    half = SimpleNamespace(epoch=2, epochs=3, fraction=0.5)
    assert bar(half) == "Epoch 2 of 3 · 75% of the samples right"
    assert bar(SimpleNamespace(epoch=3, epochs=3, fraction=1.0)) == "Saving and checking the network ..."


def test_stop_is_asked_for_once(bar, run):
    bar()
    show(training._show_progress, run).button(key="teach-stop").click().run()
    assert run.wish == "stop" and show(training._show_progress, run).button(key="teach-stop").disabled


def test_a_training_that_failed_says_why_and_gives_no_network(run):
    run.record_error("The disk is *full*.")
    shown = show(training._show_end, run)
    assert shown.error[0].value == "**taught**: The disk is \\*full\\*." and not shown.button


def test_a_training_that_was_stopped_too_early_has_no_network(run):
    made_runs.in_epoch(run, 1)
    run.append(made_runs.End(reason="stopped"))
    assert "was stopped before it had a network" in show(training._show_end, run).info[0].value


def test_what_was_learnt_is_said_with_its_interval_and_can_be_thrown_away(run):
    made_runs.ended(run)
    shown = show(training._show_end, run)
    assert "**taught** was trained" in shown.markdown[0].value
    assert ": 221 of 240 held-out samples right (95% interval " in shown.markdown[0].value
    shown.button(key="teach-discard taught").click().run()
    assert not run.path.exists()


def test_a_network_that_cannot_be_thrown_away_stays_and_is_told(run, monkeypatch):
    def fail(run):
        raise RunError("it is in use.")

    session: dict = {}
    monkeypatch.setattr(teaching, "discard", fail)
    monkeypatch.setattr(training.st, "session_state", session)
    training._discard(run)
    assert session[training._PROBLEM] == "it is in use." and store.open_run(NAME) == run


@pytest.mark.parametrize(
    ("dataset", "images", "says"),
    [
        (f"{teaching.HANDWRITING} 1", 240, "two thirds of your digits"),
        ("taught 1", 0, "It has learnt from all samples"),
    ],
)
def test_what_was_held_back_is_said(dataset, images, says):
    start, end = SimpleNamespace(validation_images=images), SimpleNamespace(val_accuracy=None)
    history = SimpleNamespace(start=start, end=end)
    run = SimpleNamespace(config=SimpleNamespace(dataset=dataset), history=lambda: history)
    assert says in training._validation_text(run)
