"""Requests that schemathesis makes of the OpenAPI document, and worse ones: none of them makes the server fail."""

import json

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from digitrec.rest import Settings, application

APP = application.create_app(Settings(rate=0.0, batch_ms=0.0))
CLIENT = TestClient(APP, raise_server_exceptions=False)
document = CLIENT.get("/api/v1/openapi.json").json()
document["servers"] = [{"url": "/api/v1"}]
schema = schemathesis.openapi.from_dict(document)
schema.app = APP
QUICK = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schema.parametrize()
@QUICK
def test_no_request_of_the_document_makes_it_fail(case):
    reply = case.call()
    assert reply.status_code < 500, reply.text
    case.validate_response(reply, checks=[schemathesis.checks.not_a_server_error])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["images", "pictures", "model", "x"]), inner, max_size=3)
    ),
    max_leaves=20,
)
FORM = "multipart/form-data"
KINDS = st.sampled_from(["application/json", "image/png", FORM, f"{FORM}; boundary=x"])
STARTS = st.sampled_from([b"", b"--x\r\n", b"\x89PNG\r\n\x1a\n", b"GIF89a"])


@QUICK
@given(value=JSON)
def test_no_json_makes_it_fail(value):
    reply = CLIENT.post("/api/v1/predict", content=json.dumps(value), headers={"Content-Type": "application/json"})
    assert reply.status_code in (200, 400, 404, 422)


@QUICK
@given(
    body=st.binary(max_size=300),
    kind=KINDS,
    start=STARTS,
)
def test_no_bytes_make_it_fail(body, kind, start):
    for route in ("predict", "read"):
        reply = CLIENT.post(f"/api/v1/{route}", content=start + body, headers={"Content-Type": kind})
        assert reply.status_code in (200, 400, 413, 415, 422), reply.text


@QUICK
@given(name=st.text(max_size=80), key=st.binary(max_size=30), identity=st.binary(max_size=80))
def test_no_name_and_no_header_makes_it_fail(name, key, identity):
    headers = {"Authorization": b"Bearer " + key.replace(b"\n", b"").replace(b"\r", b""), "X-Request-ID": identity}
    body = {"model": name, "images": [[[0] * 28] * 28]}
    assert CLIENT.post("/api/v1/predict", json=body, headers=headers, params={"grid": name}).status_code in (
        404,
        422,
    )
