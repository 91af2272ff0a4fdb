"""What the connection to a cluster says where machines, versions or the scheduler are not as they should be."""

from types import SimpleNamespace

import pytest

distributed = pytest.importorskip("distributed")

from digitrec.cluster import agent, connection  # noqa: E402
from digitrec.cluster.connection import Connection, WorkerLostError  # noqa: E402
from digitrec.runs import ClusterError, places  # noqa: E402

ADDRESS = "tcp://127.0.0.1:9"
HERE = {"digitrec": "1.0", "python": "3.11"}


class Client:
    """A scheduler with one worker, "a"; `answers` are what the worker says, one after the other."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.status, self.closed, self.keys = list(answers), "running", 0, {"a": ["job"], "b": []}
        self.scheduler: object = HERE

    def nthreads(self) -> dict[str, int]:
        return {"a": 2, "b": 1}

    def processing(self) -> dict[str, list[str]]:
        return self.keys

    def run(self, function, *_, workers=("a",), **__):
        return {workers[0]: self.answers.pop(0)} if self.answers else {}

    def run_on_scheduler(self, function):
        if isinstance(self.scheduler, Exception):
            raise self.scheduler
        return self.scheduler

    def submit(self, function, *args, **options):
        return SimpleNamespace(release=lambda: self.answers.append("released"), **options)

    def close(self, timeout: float) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch) -> None:
    monkeypatch.setattr(connection, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(places, "reach", lambda *_: None)
    monkeypatch.setattr(agent, "tell_versions", lambda: HERE)


def connect(monkeypatch, client: Client) -> Connection:
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: client)
    return Connection(ADDRESS)


@pytest.fixture
def ask(monkeypatch):
    """A function that connects to a cluster and then lets its worker give these answers."""

    def connected(*answers):
        client = Client()
        found = connect(monkeypatch, client)
        client.answers.extend(answers)
        return found, client

    return connected


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TimeoutError("timed out"), "what answers there is no scheduler of Dask, or it wants tls:// (timed out)."),
        (ValueError("odd"), "cannot be used: ValueError: odd"),
    ],
)
def test_what_is_no_scheduler_is_told(monkeypatch, error, says):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(distributed, "Client", fail)
    with pytest.raises(ClusterError) as found:
        Connection(ADDRESS)
    assert says in str(found.value)


@pytest.mark.parametrize(
    ("worker", "scheduler", "says"),
    [
        (HERE | {"digitrec": "0.9"}, HERE, "digitrec 1.0 here, 0.9 on a."),
        (HERE, {"digitrec": "1.0"}, "python 3.11 here, None on the scheduler."),
        (ModuleNotFoundError("no", name="keras"), HERE, "digitrec 1.0 here, keras is missing on a."),
        (HERE, ModuleNotFoundError("no", name="digitrec"), "digitrec is missing on the scheduler."),
    ],
)
def test_other_versions_are_refused_by_name_and_the_connection_is_closed(monkeypatch, worker, scheduler, says):
    client = Client(worker)
    client.scheduler = scheduler
    with pytest.raises(ClusterError) as found:
        connect(monkeypatch, client)
    assert says in str(found.value) and "Install the same on all" in str(found.value) and client.closed == 1


def test_a_machine_that_has_just_ended_is_no_other_version(monkeypatch):
    with connect(monkeypatch, Client(OSError("gone"))) as connected:
        assert connected.count_places() == 3
    assert connected._client.closed == 1


def test_the_place_of_a_job_is_found_and_given_up_at_the_end(ask):
    connected, client = ask()
    with connected.hold() as (job, future):
        assert job.startswith("digitrec-") and future.key == job
        assert connected.find_worker(job) is None
        client.keys["b"] = [job]
        assert connected.find_worker(job) == "b" and connected.list_busy() == ["a", "b"]
    assert client.answers == ["released"]


def test_an_answer_comes_after_a_short_loss_of_the_connection(ask):
    connected, client = ask(OSError("reset"), ConnectionResetError(104, "reset"), "answer")
    assert connected.call("a", print) == "answer" and not client.answers


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (OSError(28, "No space left on device"), ClusterError, "the machine a of the cluster: No space left"),
        (KeyError("seat"), KeyError, "seat"),
        (TimeoutError(), WorkerLostError, "a"),
    ],
)
def test_what_a_machine_could_not_do_is_told(ask, monkeypatch, answer, kind, says):
    monkeypatch.setattr(connection, "WORD_SECONDS", -1)
    connected, _ = ask(answer)
    with pytest.raises(kind, match=says):
        connected.call("a", print)


def test_a_machine_that_the_scheduler_does_not_know_is_lost(ask):
    connected, client = ask("never asked")
    with pytest.raises(WorkerLostError, match="c"):
        connected.call("c", print)
    assert client.answers == ["never asked"]


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_scheduler_that_is_gone_is_told_with_what_to_do(ask, monkeypatch, is_closed):
    connected, client = ask()

    def fail():
        raise TimeoutError

    client.nthreads = fail
    if is_closed:
        client.status = "closed"
    else:
        monkeypatch.setattr(connection, "CONNECT_SECONDS", -1)
    with pytest.raises(ClusterError, match=r"has ended, or cannot be reached any more\. Start it again"):
        connected.count_places()


def test_why_a_place_was_given_up(ask):
    connected, _ = ask()

    def future(status, error=None):
        return SimpleNamespace(key="job", status=status, exception=lambda: error)

    killed = distributed.KilledWorker("job", "a", 3)
    for each in (future("lost"), future("error", killed)):
        assert isinstance(connected.explain_end(each), WorkerLostError)
    said = connected.explain_end(future("error", MemoryError("no room")))
    assert isinstance(said, ClusterError)
    assert str(said) == f"a machine of the cluster {ADDRESS} cannot work: MemoryError: no room"


def test_what_is_submitted_is_asked_of_the_scheduler_again_after_a_fault(ask):
    connected, client = ask()
    submit, faults = client.submit, [OSError("reset")]

    def fail_once(*args, **options):
        if faults:
            raise faults.pop()
        return submit(*args, **options)

    client.submit = fail_once
    assert connected.submit(print, key="page 1").key == "page 1" and not faults
