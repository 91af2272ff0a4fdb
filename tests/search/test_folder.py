"""A search's folder: what its status is derived from, its turn, its end, and what is refused."""

import dataclasses
import errno
import threading

import pytest

from digitrec.runs import processes, store
from digitrec.search import Search, SearchError, folder, session, storage, study
from digitrec.search.folder import Status
from support.searches import PLAN, train
from support.stand_ins import stand_ins, wait_until


def quiet(line: str) -> None:
    pass


@pytest.mark.parametrize(
    ("kinds", "living", "dead"),
    [
        ([], Status.QUEUED, Status.INTERRUPTED),
        (["asked"], Status.QUEUED, Status.QUEUED),  # about to start, for some seconds
        (["asked", "begin"], Status.SEARCHING, Status.INTERRUPTED),
        (["asked", "begin", "finished"], Status.FINISHED, Status.FINISHED),
        (["asked", "begin", "time over"], Status.FINISHED, Status.FINISHED),
        (["asked", "begin", "stopped"], Status.STOPPED, Status.STOPPED),
        (["asked", "begin", "stopped", "asked", "begin"], Status.SEARCHING, Status.INTERRUPTED),
    ],
)
def test_status_follows_from_the_events_and_the_process(search, kinds, living, dead):
    for kind in kinds:
        search.note(*((kind,) if kind in ("asked", "begin") else ("end",)), reason=kind)
    with stand_ins() as begin:
        begin(search)
        assert folder.status(search) is living and folder.queue() == [search]
    assert folder.status(search) is dead and folder.queue() == []
    search.record_error("the reason")
    assert (folder.status(search), folder.failure_reason(search)) == (Status.FAILED, "the reason")


def test_a_start_that_was_never_followed_by_a_process_is_interrupted(search, monkeypatch):
    search.note("asked")
    monkeypatch.setattr(processes, "MAX_START_SECONDS", 0)
    assert folder.status(search) is Status.INTERRUPTED


def test_what_is_live_is_neither_started_again_nor_deleted_nor_claimed(search):
    with stand_ins() as begin:
        begin(search)
        search.note("begin")
        for do in (folder.start, folder.delete, folder.claim):
            with pytest.raises(SearchError, match="the search 'mine' is searching"):
                do(search)
    folder.delete(search)
    folder.delete(search)  # another browser was slower
    assert not search.path.exists()


def test_a_search_is_deleted_with_its_trials_and_no_other_run(search):
    for name, of in (("mine 000", "mine"), ("other 000", "other"), ("own", None)):
        store.create(PLAN.config, tuple("0123456789"), name, search=of)
    folder.delete(search)
    assert [run.name for run in store.list_runs() if not run.is_shipped] == ["own"]
    assert store.list_searches() == ["other"]


def test_a_damaged_search_is_passed_over_and_named(search):
    (search.path / "search.json").write_text('{"config": ')
    assert folder.list_searches() == []
    with pytest.raises(SearchError, match=r"gone, or its search.json is damaged"):
        folder.open_search("mine")


def test_names_are_names(search):
    for name in ("", "..", "a/b", "x" * 41):
        with pytest.raises(SearchError, match=r"cannot be a search's name|there is no search"):
            folder.create(PLAN, name) if name else folder.open_search(name)
    assert folder.create(PLAN).name.endswith(" search")


def test_a_folder_that_cannot_be_written_is_named(monkeypatch):
    def fail(self: Search, plan: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Search, "save_plan", fail)
    with pytest.raises(SearchError, match="'new' cannot be written: No space left"):
        folder.create(PLAN, "new")
    assert not (folder.searches_folder() / "new").exists()


def test_a_full_disk_ends_the_search_with_the_way_out_and_it_goes_on(search):
    def fail(task: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder.claim(search)
    with pytest.raises(OSError, match="No space left"):
        session.run_search(search, fail, quiet)
    assert folder.failure_reason(search).startswith("The disk is full. Make room")
    folder.prepare_to_go_on(search)
    assert session.run_search(search, train, quiet) == "finished"


def test_the_second_search_waits_for_the_first(search):
    second = folder.create(dataclasses.replace(PLAN, trials=1), "second")
    with stand_ins() as begin:
        process = begin(search)
        folder.claim(second)
        thread = threading.Thread(target=session.run_search, args=(second, train, quiet))
        thread.start()
        wait_until(lambda: folder.status(second) is Status.QUEUED)
        assert folder.queue() == [search, second] and not second.journal_path.exists()
        process.kill()
        process.wait()
        thread.join()
    assert folder.status(second) is Status.FINISHED and study.read_trials(second)[0].state == "complete"


def test_a_password_is_not_shown():
    shown = {"postgresql://me:secret@host/db": "postgresql://me@host/db", "nonsense": "nonsense", "a@b": "a@b"}
    assert {url: storage.hide_password(url) for url in shown} == shown
