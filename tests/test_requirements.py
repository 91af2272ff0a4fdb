"""requirements.txt: complete, and pinned as promised."""

import ast
import functools
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from support.places import ROOT

FOLDERS = ("", "pages", "digitrec", "tests", "tests/pages", "tests/browser", "benchmarks")
EXACT = {"streamlit", "streamlit-drawable-canvas"}
TOOLS = {"ruff", "pytest"}  # run, not imported


def requirements() -> dict[str, str]:
    """Distribution name -> version specifier."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    return dict(re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", line).groups() for line in lines if line)


def files() -> list[Path]:
    return [path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]


def imported() -> set[str]:
    """The top-level packages that any Python file of the project imports."""
    names = set()
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {path.stem for path in files()} - {"digitrec"}


installed = functools.cache(packages_distributions)  # reads the lists of all files of all packages


def distributions(package: str) -> set[str]:
    return {name.lower().replace("_", "-") for name in installed()[package]}


@pytest.mark.parametrize("package", sorted(imported()))
def test_an_imported_package_is_required(package):
    assert distributions(package) & set(requirements())


def test_a_required_package_is_imported():
    used = set().union(*map(distributions, imported()))
    assert set(requirements()) - used - TOOLS == set()


@pytest.mark.parametrize("name", requirements())
def test_pins_are_exact_where_small_things_matter_and_ranges_elsewhere(name):
    pattern = r"==\d+\.\d+\.\d+" if name in EXACT else r">=\d[\d.]*,<\d[\d.]*"
    assert re.fullmatch(pattern, requirements()[name])
