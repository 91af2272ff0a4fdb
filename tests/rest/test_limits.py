"""What is refused: too much, too often, too slow, without a key. And what the log says."""

import asyncio
import json
import logging

import pytest

from digitrec.rest import Settings, SettingsError, application, keys, logs, settings
from digitrec.rest.limits import MAX_CLIENTS, RateLimit, client_name

PREDICT, HEALTH, MODELS = "/api/v1/predict", "/api/v1/health", "/api/v1/models"


@pytest.fixture
def lines():
    """The lines that the API logs, as objects."""
    found = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(json.loads(logs.JsonFormatter().format(record)))
    logs.LOGGER.addHandler(handler)
    yield found
    logs.LOGGER.removeHandler(handler)


def test_the_size_of_a_request_is_limited(make_client, pictures):
    client = make_client(max_bytes=2_000, max_files=2)
    reply = client.post(PREDICT, content=b"x" * 3_000, headers={"Content-Type": "image/png"})
    assert reply.status_code == 413 and "2,000 bytes" in reply.json()["detail"]

    def chunks():  # its length is not told before
        yield from [b"x" * 500] * 6

    assert client.post(PREDICT, content=chunks(), headers={"Content-Type": "image/png"}).status_code == 413
    form = [("file", ("a", data)) for data in pictures[:3]]
    assert make_client(max_files=2).post(PREDICT, files=form).status_code == 413
    assert make_client(max_files=2).post(PREDICT, json={"images": [[[0] * 28] * 28] * 3}).status_code == 413


def test_a_slow_client_is_not_awaited():
    app = application.create_app(Settings(body_seconds=0.1))
    sent = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"image/png"), (b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": PREDICT, "raw_path": b"", "query_string": b""}
    scope |= {
        "headers": headers,
        "client": ("1.2.3.4", 5),
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 408


def test_a_client_that_asks_too_often_waits(make_client, pictures):
    client = make_client(rate=0.001, burst=3)
    form = [("file", ("a", data)) for data in pictures[:2]]
    assert client.post(PREDICT, files=form).status_code == 200
    assert client.get(MODELS).status_code == 200
    reply = client.get(MODELS)
    assert reply.status_code == 429 and int(reply.headers["retry-after"]) > 100
    assert client.get(HEALTH).status_code == 200


def test_a_bucket_fills_with_time():
    now = [0.0]
    limit = RateLimit(2, 4, clock=lambda: now[0])
    assert [limit.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert limit.take("b") == 0
    now[0] = 1.0
    assert [limit.take("a") for _ in range(3)] == [0, 0, 0.5]
    limit.charge("a", 1000)
    assert limit.take("a") == pytest.approx(2.5)
    for number in range(MAX_CLIENTS + 5):
        limit.take(str(number))
    assert len(limit._buckets) == MAX_CLIENTS


def test_clients_are_told_apart_by_address():
    assert client_name("1.2.3.4") == client_name("::ffff:1.2.3.4") == "1.2.3.4"
    assert client_name("2001:db8::1") == client_name("2001:db8::2:1") == "2001:db8::/64"
    assert client_name(None) == "unknown" and client_name("testclient") == "testclient"


def test_a_key_is_asked_for_where_one_is_set(make_client, lines):
    key = keys.make_key()
    client = make_client(key_hashes=(keys.hash_key("another"), keys.hash_key(key)))
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {key}"},
        {"X-API-Key": "ü" * 9},
    ):
        reply = client.get(MODELS, headers={name: value.encode() for name, value in headers.items()})
        assert reply.status_code == 401 and reply.headers["www-authenticate"].startswith("Bearer")
    assert client.get("/metrics").status_code == 401
    assert client.get(MODELS, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert client.get("/metrics", headers={"X-API-Key": key}).status_code == 200
    assert client.get(HEALTH).status_code == client.get("/api/v1/docs").status_code == 200
    assert key not in json.dumps(lines)


def test_keys_are_stored_as_hashes(tmp_path):
    path, key = tmp_path / "deep" / "keys", keys.make_key()
    keys.add_hash(path, key)
    keys.add_hash(path, "second")
    assert key not in path.read_text() and path.stat().st_mode & 0o077 == 0
    assert settings.read_settings({"DIGITREC_API_KEYS": str(path)}).key_hashes == (
        keys.hash_key(key),
        keys.hash_key("second"),
    )
    assert not keys.is_known("", (keys.hash_key(""),)) and not keys.is_known(
        "x" * 5000, (keys.hash_key("x" * 5000),)
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"DIGITREC_API_RATE": "many"},
        {"DIGITREC_API_RATE": "nan"},
        {"DIGITREC_API_MAX_BYTES": "0"},
        {"DIGITREC_API_BURST": "1.5"},
        {"DIGITREC_API_KEYS": "/nowhere/keys"},
        {"DIGITREC_API_KEY_HASH": "dr_plain_key"},
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(environment):
    with pytest.raises(SettingsError) as found:
        settings.read_settings(environment)
    assert "expected" in str(found.value) or "cannot be read" in str(found.value)
    assert "dr_plain_key" not in str(found.value)


def test_settings_come_from_the_environment(tmp_path):
    environment = {
        "DIGITREC_API_RATE": "0",
        "DIGITREC_API_BATCH_MS": "1.5",
        "DIGITREC_API_ORIGINS": "https://a https://b",
    }
    found = settings.read_settings({**environment, "XDG_CONFIG_HOME": str(tmp_path)})
    assert (found.rate, found.batch_ms, found.origins) == (0, 1.5, ("https://a", "https://b"))


def test_an_id_is_taken_if_it_is_well_formed(client, lines):
    assert client.get(HEALTH, headers={"X-Request-ID": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
    for bad in ("", "a" * 65, 'a"b', "a b", "a\tb"):
        made = client.get(HEALTH, headers={"X-Request-ID": bad}).headers["x-request-id"]
        assert made != bad and len(made) == 16
    assert logs.request_id("a\nb") != "a\nb" and logs.request_id("a\r\nSet-Cookie: x") != "a"
    assert lines[0]["id"] == "abc-1.2_3" and lines[0]["route"] == "/health" and lines[0]["status"] == 200


def test_the_log_holds_no_picture_and_no_query(client, lines, pictures):
    client.post(f"{PREDICT}?model=secret-name", files=[("file", ("private-name.png", pictures[0]))])
    text = json.dumps(lines)
    assert "private" not in text and "secret" not in text
    assert lines[-1]["pictures"] == 1 and lines[-1]["status"] == 404


def test_a_fault_of_the_program_shows_nothing_of_it(make_client, monkeypatch, lines):
    monkeypatch.setattr(application.models, "list_models", lambda: 1 / 0)
    reply = make_client().get(MODELS)
    assert reply.status_code == 500 and "division" not in reply.text
    assert reply.json()["status"] == 500 and reply.headers["x-request-id"] in reply.json()["detail"]
    assert "ZeroDivisionError" in json.dumps(lines)


def test_other_origins_may_not_call_by_default(client, make_client):
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in client.options(PREDICT, headers=asked).headers
    assert "access-control-allow-origin" not in client.get(HEALTH, headers=asked).headers
    allowing = make_client(origins=("https://a.example",))
    assert allowing.options(PREDICT, headers=asked).headers["access-control-allow-origin"] == "https://a.example"
    other = {**asked, "Origin": "https://b.example"}
    assert "access-control-allow-origin" not in allowing.get(HEALTH, headers=other).headers
