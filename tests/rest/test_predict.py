"""POST /api/v1/predict: the same answers as the library's, whichever way the pictures come."""

import base64
import json

import pytest

import digitrec
from digitrec.reporting import verdict_records
from support.image_files import DIGITS

PREDICT = "/api/v1/predict"


def expected(pictures):
    """What the library says of each."""
    model = digitrec.load_model("draw")
    return [verdict_records.to_record("", model.predict(each)) for each in pictures]


def without_files(results):
    return [{**each, "file": ""} for each in results]


def as_form(pictures):
    return [("file", (f"{i}.png", data, "image/png")) for i, data in enumerate(pictures)]


def close(found, wanted):
    for each, other in zip(found, wanted, strict=True):
        assert each | {"probabilities": 0} == other | {"probabilities": 0}
        assert each["probabilities"] == pytest.approx(other["probabilities"], abs=2e-5)
    return True


def test_files_and_base64_and_a_body_give_the_answers_of_the_library(client, pictures, photo):
    sent = [*pictures[:4], photo]
    wanted = expected(sent)
    reply = client.post(PREDICT, files=as_form(sent))
    assert reply.status_code == 200 and reply.json()["model"] == "draw"
    assert [each["file"] for each in reply.json()["results"]] == [f"{i}.png" for i in range(5)]
    assert close(without_files(reply.json()["results"]), wanted)
    encoded = [base64.b64encode(data).decode() for data in sent]
    encoded[1] = f"data:image/png;base64,{encoded[1]}"
    reply = client.post(PREDICT, json={"pictures": encoded, "model": "draw"})
    assert close(without_files(reply.json()["results"]), wanted)
    reply = client.post(PREDICT, content=sent[0], headers={"Content-Type": "image/png"})
    assert close(without_files(reply.json()["results"]), wanted[:1])


def test_arrays_are_read_as_the_library_reads_them(client):
    images = DIGITS.images[:3]
    wanted = expected(list(images))
    for body in (images.tolist(), {"images": images.tolist()}):
        assert close(without_files(client.post(PREDICT, json=body).json()["results"]), wanted)
    assert close(without_files(client.post(PREDICT, json=images[0].tolist()).json()["results"]), wanted[:1])


def test_a_picture_that_cannot_be_read_has_its_error_beside_the_others(client, pictures):
    reply = client.post(PREDICT, files=as_form([pictures[0], b"no picture", pictures[1]]))
    good, bad, other = reply.json()["results"]
    assert reply.status_code == 200 and "answer" in good and "answer" in other
    assert bad == {"file": "1.png", "error": bad["error"]} and "not a picture" in bad["error"]


def test_if_none_can_be_read_it_is_a_problem(client):
    reply = client.post(PREDICT, json={"pictures": ["%%%"]})
    problem = reply.json()
    assert reply.status_code == problem["status"] == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert "not base64" in problem["detail"] and problem["results"][0]["file"] == "picture 1"


@pytest.mark.parametrize("where", ["form", "address", "json"])
def test_a_model_is_chosen_by_its_name(client, pictures, where):
    if where == "json":
        body = {"model": "mnist", "pictures": [base64.b64encode(pictures[0]).decode()]}
        reply = client.post(PREDICT, json=body)
    else:
        form, params = ({"model": "mnist"}, {}) if where == "form" else ({}, {"model": "mnist"})
        reply = client.post(PREDICT, files=as_form(pictures[:1]), data=form, params=params)
    assert reply.json()["model"] == "mnist"


@pytest.mark.parametrize(
    "name", ["nobody", "../../etc", "..", "/etc/passwd", "draw/", "draw\0", "a" * 64, "draw\n"]
)
def test_a_model_that_is_not_there_is_not_found(client, pictures, name):
    body = {"model": name, "pictures": [base64.b64encode(pictures[0]).decode()]}
    reply = client.post(PREDICT, json=body)
    assert reply.status_code == 404 and "there is no" in reply.json()["detail"]


BLANK = [[0] * 28] * 28
WRONG_JSON = [
    "5",
    "null",
    "[]",
    "{",
    "\xff",
    "[" * 100_000,
    '{"a":' * 50_000,
    "1" * 5000,
    '{"images": 5}',
    '{"images": [[1]]}',
    '{"images": {}}',
    '{"pictures": "x"}',
    '{"pictures": [1]}',
    '{"model": 5, "images": []}',
    '{"unknown": 1}',
    json.dumps([[0.5] * 28] * 28),
    json.dumps([[256] * 28] * 28),
    json.dumps([[-1] * 28] * 28),
    json.dumps([[None] * 28] * 28),
    json.dumps([[[1]] * 28] * 28),
    json.dumps([10**9] * 28),
    json.dumps([BLANK, BLANK[:27]]),
]


@pytest.mark.parametrize("text", WRONG_JSON, ids=range(len(WRONG_JSON)))
def test_wrong_json_is_refused(client, text):
    reply = client.post(PREDICT, content=text.encode("latin-1"), headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422), reply.text
    assert "expected" in reply.json()["detail"]


@pytest.mark.parametrize("body", [{"images": "iVBO"}, {"images": ["iVBO"]}, {"picture": "iVBO"}, "iVBO", ["iVBO"]])
def test_base64_in_the_wrong_place_is_told_the_right_one(client, body):
    reply = client.post(PREDICT, json=body)
    assert reply.status_code == 422 and "base64" in reply.json()["detail"] and "pictures" in reply.json()["detail"]


def test_wrong_forms_are_refused(client, pictures):
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (
        b"",
        b"x",
        b"--x\r\n\r\nno name\r\n--x--",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
    ):
        assert client.post(PREDICT, content=content, headers=multipart).status_code in (400, 422)
    assert client.post(PREDICT, content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 400
    assert client.post(PREDICT, files=[("pic", ("a.png", pictures[0]))]).status_code == 422
    assert client.post(PREDICT, data={"file": "text"}).status_code == 415
    assert client.post(PREDICT, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.post(PREDICT).status_code == 415
    assert client.get(PREDICT).status_code == 405


def test_a_bomb_is_refused(client):
    """100,000 x 100,000 pixels by its header."""
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0" + b"\0" * 20
    assert client.post(PREDICT, files=as_form([bomb])).status_code == 422
