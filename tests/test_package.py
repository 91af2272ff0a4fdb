"""pyproject.toml: it asks for what is imported, and for nothing else; requirements.txt is the lock of it."""

import ast
import functools
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
EXTRAS = [text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra]
GROUPS = PROJECT["dependency-groups"]
# SQLAlchemy imports the first by the address of a database, Starlette the second for forms, uvicorn the others.
NOT_IMPORTED = {"psycopg", "python-multipart", "httptools", "uvloop"}
EXACT = {"streamlit", "streamlit-drawable-canvas"}


def name(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement).group()


def names(requirements):
    return {name(text) for text in requirements if isinstance(text, str)}


@functools.cache
def imported(*folders):
    """The top-level packages that the Python files of these folders import."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found = set()
    for path in [*paths, ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.split(".")[0])
    ours = {path.stem for path in paths} | {path.parent.name for path in paths} | {"digitrec"}
    return found - set(sys.stdlib_module_names) - ours


installed = functools.cache(packages_distributions)  # reads the lists of all files of all packages


def distributions(package):
    return {name.lower().replace("_", "-") for name in installed().get(package, [])}


@pytest.mark.parametrize("package", sorted(imported("digitrec", "pages")))
def test_what_the_program_imports_is_a_dependency(package):
    assert distributions(package) & names(RUNTIME + EXTRAS)


@pytest.mark.parametrize("package", sorted(imported("tests", "benchmarks")))
def test_what_tests_and_benchmarks_import_is_asked_for(package):
    assert distributions(package) & names([*RUNTIME, *EXTRAS, *GROUPS["test"], *GROUPS["docs"]])


def test_every_dependency_is_imported():
    used = set().union(*map(distributions, imported("digitrec", "pages")))
    assert names(RUNTIME + EXTRAS) - used == NOT_IMPORTED


@pytest.mark.parametrize("requirement", RUNTIME + EXTRAS)
def test_pins_are_exact_where_small_things_matter_and_ranges_elsewhere(requirement):
    pattern = (
        r"==\d+\.\d+\.\d+"
        if name(requirement) in EXACT
        else r"(\[binary\])?>=\d[\d.]*,<\d[\d.]*(; platform_system != 'Windows')?"
    )
    assert re.fullmatch(pattern, requirement.removeprefix(name(requirement)))


def test_the_lock_holds_every_requirement():
    locked = re.findall(
        r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    asked = names([*RUNTIME, *EXTRAS, *GROUPS["test"], *GROUPS["lint"], *GROUPS["docs"]])
    assert asked - set(locked) == set()


def test_no_address_and_no_path_is_in_the_lock():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|^-|(^|\s)/", text, re.MULTILINE)
