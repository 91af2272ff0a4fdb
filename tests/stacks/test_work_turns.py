"""The process that reads a stack: its turn, its end by a person, and what it leaves where it fails."""

import pytest

from digitrec import files
from digitrec.inference import Classifier
from digitrec.runs import processes, store
from digitrec.stacks import Model, StackError, Way, create, work


@pytest.fixture
def stack(folders, monkeypatch):
    monkeypatch.setattr(processes, "POLL_SECONDS", 0)
    run = store.open_run("draw")
    model = Model("draw", Classifier.load(run.tflite_path).sha256, tuple(run.class_names))
    return create([("a.png", b"no picture")], model, Way("grid"))  # fast to read: it gets a problem


@pytest.fixture
def started(monkeypatch) -> list:
    """The arguments of the processes that would be started."""
    commands: list = []
    monkeypatch.setattr(processes, "start_worker", lambda folder, arguments, models: commands.append(arguments))
    return commands


def test_a_process_reads_its_stack_once_it_is_its_turn(stack):
    work.work(stack.id)
    assert work.find_progress(stack)[:3] == ("done", 1, 1)
    assert [folder.path for folder in work.queue()] == [stack.path]


def test_nothing_is_read_where_a_person_ends_it_before_its_turn(stack):
    work.pause(stack)
    work.work(stack.id)
    assert not stack.pages and work.find_progress(stack).state == "paused"


def test_a_stack_that_is_not_there_is_told(folders):
    with pytest.raises(StackError, match="no such stack of pages"):
        work.work("nowhere")


def test_a_process_whose_stack_is_deleted_ends_without_an_error(stack, monkeypatch):
    def delete(found):
        stack.path.rename(stack.path.with_name("away"))
        raise FileNotFoundError(2, "No such file", "pages.jsonl")

    monkeypatch.setattr(work, "read_stack", delete)
    work.work(stack.id)
    assert not stack.path.exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (StackError("the model 'a' is not there any more."), "The model 'a' is not there any more."),
        (FileNotFoundError("plan.json"), None),  # of a stack that is there: a fault of the program
        (ValueError("seven"), "ValueError: seven"),
    ],
)
def test_why_a_process_failed_is_left_for_the_page_and_forgotten_when_it_begins_again(
    stack, started, monkeypatch, error, says
):
    def fail(found):
        raise error

    monkeypatch.setattr(work, "read_stack", fail)
    with pytest.raises(type(error)):
        work.work(stack.id)
    assert stack.work.error == says
    monkeypatch.setattr(processes, "is_live", lambda folder: False)
    assert work.find_progress(stack)[3:] == (None, says)
    assert work.find_progress(stack).state == ("failed" if says else "interrupted")
    work.start(stack)
    assert stack.work.error is None and started == [["read-stack", stack.id]]


def test_a_stack_that_is_read_or_has_a_process_gets_no_second_one(stack, started, monkeypatch):
    monkeypatch.setattr(processes, "is_live", lambda folder: True)
    work.start(stack)
    assert work.find_progress(stack)[:3] == ("queued", 0, 0) and work.find_progress(stack).is_live
    work.read_stack(stack)
    monkeypatch.setattr(processes, "is_live", lambda folder: False)
    work.start(stack)
    assert not started


def test_where_nothing_may_be_written_no_stack_goes_on(stack, started, monkeypatch):
    monkeypatch.setattr(files, "is_read_only", lambda: True)
    work.go_on()
    assert not started
    monkeypatch.setattr(files, "is_read_only", lambda: False)
    work.go_on()
    assert started == [["read-stack", stack.id]]


def test_the_time_left_is_that_of_the_pages_read_before(stack, monkeypatch):
    monkeypatch.setattr(processes, "is_live", lambda folder: True)
    for text, expected in ((b'{"seconds": 2.5}', 2.5), (b'{"seconds": "long"}', None), (b"{", None)):
        files.replace(stack.path / "speed.json", text)
        files.replace(stack.path / "plan.json", b'{"pages": [[0, 0, "a.png"]]}')
        assert work.find_progress(stack)[:4] == ("reading", 0, 1, expected)


def test_a_plan_that_cannot_be_read_is_made_again(stack):
    files.replace(stack.path / "plan.json", b'{"sheets": []}')
    assert work.read_plan(stack) is None
    work.read_stack(stack)
    assert [page.name for page in stack.pages] == ["a.png"]


def test_how_long_a_page_takes_is_measured_over_the_pages_read(stack, monkeypatch):
    monkeypatch.setattr(work, "_MIN_SECONDS", 0)
    work.read_stack(stack)
    seconds = files.read_json(stack.path / "speed.json")["seconds"]
    assert seconds > 0 and work._seconds_left(stack, 3) == pytest.approx(3 * seconds)
