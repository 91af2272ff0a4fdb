"""Dockerfile, compose.yaml, Kubernetes and nginx: what they name is there, and they say the same."""

import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
import yaml

from digitrec.cli.main import parser
from support.places import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DEPLOYMENT, SERVICE = yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8"))
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


def lines(kind):
    return [line.split(None, 1)[1] for line in DOCKERFILE.splitlines() if line.startswith(f"{kind} ")]


def targets():
    return {line.split(" AS ")[1]: line.split(" AS ")[0] for line in lines("FROM")}


def test_each_image_has_a_target_of_its_own():
    built = {name: each["build"]["target"] for name, each in COMPOSE["services"].items()}
    assert built == {"api": "api", "dashboard": "dashboard", "worker": "dashboard"}
    assert set(built.values()) <= set(targets()) and list(targets())[-1] == "api"  # what `docker build .` makes
    assert targets()["api"] == targets()["dashboard"] == "base"
    assert CONTAINER["image"] == COMPOSE["services"]["api"]["image"] != COMPOSE["services"]["dashboard"]["image"]


def test_what_is_copied_is_there_and_is_not_ignored():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    copied = [name for line in lines("COPY") if "--from" not in line for name in line.split()[:-1]]
    assert {name.split("/")[0] for name in copied} == kept
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_has_all_that_the_wheel_is_made_of():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = {name.strip("/") for name in project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]}
    copied = {name for line in lines("COPY") for name in line.split()[:-1]}
    assert wheel | {"app.py", project["project"]["readme"], "LICENSE"} <= copied
    used = {*lines("ARG")[0].removeprefix("EXTRAS=").split(","), *extras_of_compose()}
    assert used <= set(project["project"]["optional-dependencies"])


@pytest.mark.slow
def test_the_api_alone_needs_only_its_packages(tmp_path):
    """It answers where all others cannot be imported, and each of its packages is one that digitrec asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {line for line in (ROOT / "deploy" / "api-packages.txt").read_text().splitlines() if line[0] != "#"}
    asked = {re.match(r"[\w.-]+", each)[0] for each in project["dependencies"]}
    extra = {re.match(r"[\w.-]+", each)[0] for each in project["optional-dependencies"]["serve"]}
    assert extra <= listed <= asked | extra
    script = tmp_path / "serve.py"
    script.write_text(WITHOUT.format(hidden=sorted(HIDDEN | {each.replace("-", "_") for each in asked - listed})))
    done = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0


HIDDEN = {"sklearn", "tensorflow", "keras"}
WITHOUT = """
import sys
hidden = {hidden}
sys.modules.update(dict.fromkeys(hidden))  # importing one fails
import io
from PIL import Image, ImageDraw
from starlette.testclient import TestClient
from digitrec.cli.main import parser
from digitrec.rest import Settings, application, server
parser().parse_args(["serve"])
client = TestClient(application.create_app(Settings(rate=0)))
for route in ("predict", "read", "read?grid=1x1"):
    picture, buffer = Image.new("L", (300, 300), 210), io.BytesIO()
    draw = ImageDraw.Draw(picture)
    draw.line([(90, 70), (210, 70), (160, 150), (130, 240)], fill=20, width=20)
    if "grid" in route:
        draw.rectangle([15, 15, 285, 285], outline=20, width=4)
    picture.save(buffer, "PNG")
    reply = client.post("/api/v1/" + route, content=buffer.getvalue(), headers={{"Content-Type": "image/png"}})
    assert reply.status_code == 200, reply.text
for route in ("api/v1/models", "api/v1/health", "api/v1/openapi.json", "api/v1/docs", "metrics"):
    assert client.get(route).status_code == 200, route
assert not [name for name in hidden if sys.modules.get(name)]
"""


def test_what_is_trimmed_is_what_no_server_needs(tmp_path):
    packages = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    kept = [
        *("pyarrow/libarrow.so.2600", "pyarrow/libarrow_python.so.2600", "pyarrow/libarrow_substrait.so.2600"),
        *("plotly/package_data/plotly.min.js", "numpy.libs/libblas.so", "ai_edge_litert/interpreter.py"),
    ]
    removed = [
        *("pyarrow/libarrow_python.so", "pyarrow/libarrow_python.so.2600.1.0", "pyarrow/libarrow_s3.so.2600"),
        *("pyarrow/include/api.h", "pyarrow/array.pxi", "sklearn/tests/test_it.py", "sklearn/_cd.pyx"),
        *("plotly/package_data/widgetbundle.js", "ai_edge_litert/tools/plugin", "../../../share/jupyter/a.js"),
    ]
    for name in [*kept, *removed]:
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).touch()
    strip = tmp_path / "strip"
    strip.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/stripped")
    strip.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [ROOT / "scripts" / "trim_packages", tmp_path / "venv"], env=os.environ | {"PATH": path}, check=True
    )
    left = {path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()}
    assert left == set(kept) and not (packages / removed[-1]).exists()
    stripped = {line for line in (tmp_path / "stripped").read_text().splitlines() if line[0] != "-"}
    assert stripped == {str(packages / name) for name in kept if name.startswith("pyarrow")}


def extras_of_compose():
    return COMPOSE["services"]["worker"]["build"]["args"]["EXTRAS"].split(",")


def commands():
    yield from map(yaml.safe_load, lines("CMD"))
    yield CONTAINER["args"]
    yield from (each["command"] for each in COMPOSE["services"].values() if "command" in each)


@pytest.mark.parametrize("command", list(commands()), ids=shlex.join)
def test_what_is_started_is_a_command(command):
    assert command[0] == "digitrec"
    assert parser().parse_args(command[1:]).host == "0.0.0.0"  # else nobody outside of the container reaches it


def test_nothing_runs_as_root_or_writes_to_the_image():
    assert lines("USER") == ["10001"] * 2 and "--uid 10001" in DOCKERFILE
    assert POD["securityContext"]["runAsUser"] == 10001 and POD["securityContext"]["runAsNonRoot"]
    assert CONTAINER["securityContext"]["readOnlyRootFilesystem"]
    assert CONTAINER["securityContext"]["capabilities"]["drop"] == ["ALL"]
    for service in COMPOSE["services"].values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"] == ["/tmp"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert {mount["mountPath"] for mount in CONTAINER["volumeMounts"]} == {"/data", "/tmp"}


def test_what_is_asked_for_health_is_there():
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert CONTAINER[probe]["httpGet"]["path"] == "/api/v1/health"
    assert "/_stcore/health" in lines("HEALTHCHECK")[0] and "/api/v1/health" in lines("HEALTHCHECK")[1]
    assert SERVICE["spec"]["selector"] == DEPLOYMENT["spec"]["template"]["metadata"]["labels"]


def test_only_the_worker_may_change_something():
    changing = {
        name
        for name, each in COMPOSE["services"].items()
        if "DIGITREC_READ_ONLY" not in each.get("environment", {})
    }
    assert changing == {"worker"} and COMPOSE["services"]["worker"]["profiles"] == ["train"]
    assert {"name": "DIGITREC_READ_ONLY", "value": "1"} in CONTAINER["env"]
