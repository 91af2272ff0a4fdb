"""Dockerfile, compose.yaml, Kubernetes and nginx: what they name is there, and they say the same."""

import shlex
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


def extras_of_compose():
    return COMPOSE["services"]["worker"]["build"]["args"]["EXTRAS"].split(",")


def commands():
    yield yaml.safe_load(lines("CMD")[-1])
    yield CONTAINER["args"]
    yield from (each["command"] for each in COMPOSE["services"].values() if "command" in each)


@pytest.mark.parametrize("command", list(commands()), ids=shlex.join)
def test_what_is_started_is_a_command(command):
    assert command[0] == "digitrec"
    parser().parse_args(command[1:])


def test_nothing_runs_as_root_or_writes_to_the_image():
    assert lines("USER") == ["10001"] and "--uid 10001" in DOCKERFILE
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
    assert "/api/v1/health" in lines("HEALTHCHECK")[0]
    assert SERVICE["spec"]["selector"] == DEPLOYMENT["spec"]["template"]["metadata"]["labels"]


def test_only_the_worker_may_change_something():
    changing = {
        name
        for name, each in COMPOSE["services"].items()
        if "DIGITREC_READ_ONLY" not in each.get("environment", {})
    }
    assert changing == {"worker"} and COMPOSE["services"]["worker"]["profiles"] == ["train"]
    assert {"name": "DIGITREC_READ_ONLY", "value": "1"} in CONTAINER["env"]
