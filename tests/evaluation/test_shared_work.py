"""Readings: done once however many ask, told to each, and never lost with the one who asked."""

import threading

import pytest

from digitrec.evaluation import shared_work


def test_what_the_work_gives_and_raises_comes_back():
    assert shared_work.run_shared("key", lambda progress: 12) == 12
    with pytest.raises(TimeoutError, match="mine"):
        shared_work.run_shared("key", raises)


def raises(progress):
    raise TimeoutError("mine")


def test_progress_is_told_in_the_thread_of_who_asks():
    told, threads = [], set()

    def hear(*done):
        told.append(done)
        threads.add(threading.current_thread())

    shared_work.run_shared("key", lambda progress: progress(3, 5), hear)
    assert told == [(3, 5)]
    assert threads == {threading.current_thread()}


def test_who_comes_later_joins_and_another_key_does_not():
    joined, goes_on, counted = threading.Semaphore(0), threading.Event(), []

    def work(progress):
        counted.append(1)
        progress(1, 2)
        goes_on.wait(60)
        return len(counted)

    def ask():
        found.append(shared_work.run_shared("a", work, lambda *done: joined.release()))

    found = []
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert all(joined.acquire(timeout=60) for _ in threads)  # each has been told of the work under way
    assert shared_work.run_shared("b", lambda progress: "other") == "other"
    goes_on.set()
    for thread in threads:
        thread.join()
    assert found == [1, 1, 1]


def test_nothing_is_remembered_once_it_is_done():
    results = iter([1, 2])
    assert [shared_work.run_shared("key", lambda progress: next(results)) for _ in range(2)] == [1, 2]
    assert not shared_work._running


def test_work_in_progress_does_not_keep_the_server_from_ending():
    daemons = []
    shared_work.run_shared("key", lambda progress: daemons.append(threading.current_thread().daemon))
    assert daemons == [True]
