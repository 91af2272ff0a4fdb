"""What the import contracts cannot see: what is imported when a page opens, and how long files are."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.places import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
MODULES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "digitrec").rglob("*.py"))
STARTS_PROCESSES = {"digitrec/runs/processes.py"}


def imports(path: Path, *, at_top: bool = False) -> Iterator[str]:
    """The dotted names that a file imports, anywhere or at its top level alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if at_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_processes_are_started_in_one_place():
    starting = {name for name in MODULES if any(each.startswith("subprocess") for each in imports(ROOT / name))}
    assert starting == STARTS_PROCESSES


def test_the_command_line_imports_tensorflow_only_inside_its_commands():
    slow = ("digitrec.training", "digitrec.reporting.report", "plotly", "tensorflow")
    for path in (ROOT / "digitrec" / "cli").glob("*.py"):
        assert [name for name in imports(path, at_top=True) if name.startswith(slow)] == [], path


def test_packages_are_used_through_their_faces():
    """What another package imports is in `__all__`; training and ui are imported module by module."""
    faces = {path.parent.name: _all(path) for path in sorted((ROOT / "digitrec").glob("*/__init__.py"))}
    assert {name for name, public in faces.items() if not public} == {"cli", "training", "ui"}
    unseen = []
    for file in [*MODULES, *(f"pages/{page}.py" for page in PAGES)]:
        for name in imports(ROOT / file):
            _, package, *rest = (*name.split("."), "")
            if name.startswith("digitrec.") and faces.get(package) and f"/{package}/" not in file:
                unseen += [(file, name)] if rest[0] not in faces[package] else []
    assert unseen == []


def _all(path: Path) -> list[str]:
    """The names in a module's `__all__`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    return []


@pytest.mark.parametrize("name", [*MODULES, *(f"pages/{page}.py" for page in PAGES)])
def test_files_stay_short(name):
    lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert lines <= (80 if name.startswith("pages/") else 400)


IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
OPEN_ALL = """
import json, sys
from streamlit.testing.v1 import AppTest
for page in sys.argv[1:]:
    test = AppTest.from_file("digitrec/ui/dashboard.py", default_timeout=60).run()
    test = test.switch_page("../../pages/" + page + ".py").run()
    assert not test.exception, (page, test.exception)
"""
TELL = "\nprint(json.dumps([name for name in {names!r} if name in sys.modules]))"
TENSORFLOW = ("tensorflow", "keras", "jax", "torch")


def modules_after(script: str, *arguments: str, of: tuple[str, ...] = TENSORFLOW) -> list[str]:
    """Which of these modules a process has imported after the script."""
    command = [sys.executable, "-c", "import json" + script + TELL.format(names=of), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_packages_by_themselves_import_nothing_slow():
    slow = (*TENSORFLOW, "plotly", "altair", "streamlit")
    assert modules_after(IMPORT_ALL, "digitrec", "digitrec.training", "digitrec.charts", of=slow) == []


@pytest.mark.slow
def test_no_page_imports_tensorflow():
    assert len(PAGES) >= 5
    assert modules_after(OPEN_ALL, *PAGES) == []


@pytest.mark.slow
def test_the_look_for_tensorflow_would_find_it():
    assert modules_after(IMPORT_ALL, "digitrec.training.networks") == ["tensorflow", "keras"]
