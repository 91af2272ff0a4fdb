"""The other routes: numbers, grids, models, health, counters, the document and its page."""

import re

import pytest

from digitrec.forms import NumberReader, read_picture
from digitrec.inference import Classifier
from digitrec.reporting import number_records
from digitrec.runs import store

READ = "/api/v1/read"


@pytest.fixture(scope="module")
def reader():
    run = store.open_run("draw")
    return run, Classifier.load(run.tflite_path)


def test_numbers_are_read_as_on_the_command_line(client, photo, reader):
    run, model = reader
    wanted = number_records.to_record("a.png", read_picture(photo, NumberReader(model, run)))
    reply = client.post(READ, files=[("file", ("a.png", photo)), ("file", ("b.png", b"none"))])
    assert reply.status_code == 200
    assert reply.json()["results"][0] == wanted
    assert "not a picture" in reply.json()["results"][1]["error"]


def test_a_grid_that_is_not_there_is_a_problem(client, photo):
    reply = client.post(READ, params={"grid": "9x9"}, files=[("file", ("a.png", photo))])
    assert reply.status_code == 422 and "a.png: " in reply.json()["detail"]


@pytest.mark.parametrize("grid", ["9", "0x3", "9x9x9", "999x9", "x", "-1x2"])
def test_a_size_that_is_none_is_refused(client, photo, grid):
    reply = client.post(READ, params={"grid": grid}, files=[("file", ("a.png", photo))])
    assert reply.status_code == 422 and "rows x columns" in reply.json()["detail"]


def test_the_models_are_listed(client):
    found = client.get("/api/v1/models").json()
    assert found["default"] == "draw"
    assert [each["name"] for each in found["models"]] == ["draw", "mnist"]
    assert found["models"][0]["classes"] == list("0123456789")


def test_health_says_whether_it_reads(client, make_client):
    assert client.get("/api/v1/health").json()["status"] == "ok"
    assert make_client(model="nobody").get("/api/v1/health").status_code == 503


def test_the_counters_count(client, pictures):
    client.post("/api/v1/predict", files=[("file", ("a.png", pictures[0])), ("file", ("b.png", b"none"))])
    client.get("/api/v1/secret/path")
    text = client.get("/metrics").text
    assert 'digitrec_requests_total{method="POST",route="/predict",status="200"} 1.0' in text
    assert 'digitrec_requests_total{method="GET",route="other",status="404"} 1.0' in text
    assert 'digitrec_images_total{result="not read"} 1.0' in text
    assert "digitrec_queue 0.0" in text and 'digitrec_request_seconds_bucket{le="0.05",route="/predict"}' in text
    assert "secret" not in text


def test_the_page_of_the_api_loads_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert set(addresses) == {"data:,", "docs.css", "docs.js", "openapi.json"}
    for name in ("docs.css", "docs.js", "openapi.json"):
        assert client.get(f"/api/v1/{name}").status_code == 200
    assert client.get("/", follow_redirects=False).headers["location"] == "/api/v1/docs"


def test_the_document_names_all_routes(client):
    document = client.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) == {"/predict", "/read", "/models", "/health"}
    assert document["servers"][0]["url"] == "./"


def test_an_address_that_is_not_there_is_a_problem(client):
    for path in ("/api/v1/nothing", "/nothing"):
        reply = client.get(path)
        assert reply.status_code == 404 and reply.headers["content-type"] == "application/problem+json"
