"""The documentation: the site builds strictly, its Python runs, and its commands are commands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from digitrec.cli.main import parser

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = r"<!-- not run: .+ -->\n"  # in the line before a block, with the reason
BLOCK = re.compile(rf"^({NOT_RUN})?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUR_COMMAND = re.compile(r"(?:\S*/)?(?:python -m )?digitrec(?= |$)")


def blocks(page, language):
    """The fenced blocks of this language that are not marked as not run."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for not_run, name, code in found if name == language and not not_run]


def commands(page):
    """The arguments of each call of `digitrec` in the blocks of commands."""
    text = "\n".join(blocks(page, "") + blocks(page, "sh")).replace("\\\n", " ")
    for line in re.split(r"\n|&&", text):
        if match := OUR_COMMAND.match(line.strip()):
            yield shlex.split(line.strip()[match.end() :], comments=True)


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.slow
def test_the_site_builds_strictly(tmp_path):
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not _fetched(tmp_path / "site")


def _fetched(site):
    """What the pages of a site load from elsewhere."""
    loading = re.compile(r'<(?:script|img|link rel="stylesheet")[^>]*(?:src|href)="(https?:[^"]*)"')
    return {
        address for page in site.rglob("*.html") for address in loading.findall(page.read_text(encoding="utf-8"))
    }


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name)
def test_the_code_of_a_page_runs(page, tmp_path):
    paper = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(paper).line([(85, 75), (195, 72), (180, 120), (150, 175), (130, 225)], fill=0, width=18)
    paper.save(tmp_path / "photo.png")
    (tmp_path / "mine.tflite").write_bytes((ROOT / "models/draw/model.tflite").read_bytes())
    code = "\n".join(blocks(page, "python"))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("page", "arguments"),
    [
        pytest.param(page, found, id=f"{name(page)}: {shlex.join(found)}")
        for page in PAGES
        for found in commands(page)
    ],
)
def test_a_command_of_a_page_is_one(page, arguments):
    parser().parse_args(arguments)


def test_each_command_is_in_the_table_of_commands():
    (actions,) = [each for each in parser()._actions if isinstance(each.choices, dict)]
    listed = re.findall(
        r"^\| `digitrec ([a-z-]+)` \|", (ROOT / "docs/how-to/command-line.md").read_text(), re.MULTILINE
    )
    assert sorted(listed) == sorted(actions.choices)


def test_each_variable_that_the_program_reads_is_in_the_documentation():
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "digitrec").rglob("*.py"))
    read = set(re.findall(r"(?:environ(?:\.get\(|\[)|^VARIABLE = )[\"'](DIGITREC_[A-Z_]+)", code, re.MULTILINE))
    assert len(read) >= 6 and not {name for name in read if f"`{name}" not in told}
