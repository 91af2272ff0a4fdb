"""TLS: what Dask's settings lack is told in words, before anything connects."""

import socket

import pytest

from digitrec.runs import ClusterError

dask = pytest.importorskip("dask")
from digitrec.cluster import connection  # noqa: E402  # it needs Dask

TLS = "distributed.comm.tls"
CASES = {
    "no certificates": (
        "tls",
        {},
        r"tls:// needs certificates. Name ca-file and client at distributed\.comm\.tls",
    ),
    "a file that is missing": (
        "tls",
        {f"{TLS}.ca-file": "ca.pem", f"{TLS}.client.cert": "me.pem", f"{TLS}.client.key": "me-key.pem"},
        "certificates that Dask's settings name cannot be read",
    ),
    "encryption required": (
        "tcp",
        {"distributed.comm.require-encryption": True},
        "settings here require encryption. Write tls://",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_encryption_lacks_is_told(case, tmp_path, monkeypatch):
    scheme, settings, words = CASES[case]
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server, dask.config.set(settings):
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ClusterError, match=words):
            connection.check(address)


@pytest.mark.parametrize(
    ("scheme", "words"), [("tls", "the certificates do not match"), ("tcp", "it wants tls://")]
)
def test_somebody_who_answers_otherwise_is_told(scheme, words):
    said = connection._explain(TimeoutError("no answer"), f"{scheme}://127.0.0.1:1")
    assert said == f"what answers there is no scheduler of Dask, or {words} (no answer)."
