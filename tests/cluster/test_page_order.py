"""Many small things on a cluster, with stand-ins for its futures: each result once, in order, errors in words."""

import distributed
import pytest

from digitrec.cluster import pages
from digitrec.imaging import PictureError
from digitrec.runs import ClusterError


class Future:
    """A result that is there, after some waiting, or an error."""

    def __init__(self, *results) -> None:
        self.results = list(results)

    def result(self, timeout: float):
        found = self.results.pop(0)
        if isinstance(found, BaseException):
            raise found
        return found


class Connection:
    """Works at once; some of its results are given."""

    def __init__(self, **given) -> None:
        self.given, self.asked = given, 0

    def submit(self, work, *args, key):
        if work is dict:
            return dict(*args)
        number = key.rpartition("-")[2]
        return self.given.get(f"at{number}") or Future(work(*args))

    def count_places(self) -> int:
        self.asked += 1
        return 1

    def lost(self) -> ClusterError:
        return ClusterError("the cluster is lost.")


def join(kit, data: bytes) -> bytes:
    return kit["before"] + data


def missing() -> bytes:
    raise FileNotFoundError(2, "No such file")


def damaged() -> bytes:
    raise PictureError("the PDF is damaged.")


def test_a_picture_that_is_damaged_is_told_among_the_others():
    first, bad, last = pages.work_through(
        Connection(), [lambda: b"a", damaged, lambda: b"b"], join, {"before": b"-"}
    )
    assert (first, last) == (b"-a", b"-b") and isinstance(bad, PictureError)


def test_results_come_in_order_and_what_cannot_be_loaded_is_an_error():
    connection = Connection(
        at2=Future(TimeoutError(), b"late"), at3=Future(distributed.KilledWorker("page", None, []))
    )
    loads = [lambda: b"a", missing, lambda: b"b", lambda: b"c", lambda: b"d", lambda: b"e"]
    first, absent, late, killed, *others = pages.work_through(connection, loads, join, {"before": b"-"})
    assert (first, late, others) == (b"-a", b"late", [b"-d", b"-e"])
    assert isinstance(absent, FileNotFoundError)
    assert isinstance(killed, OSError) and "each machine of the cluster" in killed.strerror


@pytest.mark.parametrize(
    ("error", "words"),
    [(distributed.CancelledError("x"), "is lost"), (RuntimeError("no memory"), "cannot work: no memory")],
)
def test_what_ends_all_of_it_is_said(error, words):
    with pytest.raises(ClusterError, match=words):
        list(pages.work_through(Connection(at0=Future(error)), [lambda: b"a"], join, {"before": b""}))
