"""Who may know whom: the table of rows, held over the syntax trees; and no TensorFlow in the server's process."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from support.places import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))

# One name a line here, so that two changes that each add a module do not meet.
CHARTS = {
    "charts",
    "charts_confusion",
    "charts_history",
    "charts_look",
    "charts_numbers",
    "charts_robustness",
    "charts_slices",
}
# From top to bottom: a module imports from its own row and the rows below it, and never in a circle.
ROWS = {
    "screen": {
        "app",
        "dashboard",
        "pages",
        "ui",
        "ui_address",
        "ui_attack",
        "ui_background",
        "ui_canvas",
        "ui_card",
        "ui_cells",
        "ui_confusion",
        "ui_corruptions",
        "ui_curves",
        "ui_datasets",
        "ui_digits",
        "ui_doctor",
        "ui_downloads",
        "ui_errors",
        "ui_evaluation",
        "ui_evidence",
        "ui_failures",
        "ui_features",
        "ui_gallery",
        "ui_import",
        "ui_keep",
        "ui_listing",
        "ui_models",
        "ui_numbers",
        "ui_opinions",
        "ui_own",
        "ui_pictures",
        "ui_recent",
        "ui_report",
        "ui_robustness",
        "ui_samples",
        "ui_sets",
        "ui_settings",
        "ui_slices",
        "ui_steps",
        "ui_sureness",
        "ui_threshold",
        "ui_training",
    },
    "doing": {
        *CHARTS,
        "background",
        "curves",
        "datasets_command",
        "evaluate_command",
        "jobs",
        "model_files",
        "overview",
        "predict_command",
        "palette",
        "report",
        "report_page",
        "report_robustness",
        "report_sections",
    },
    "knowing": {
        "answers",
        "calibration",
        "certainty",
        "certainty_fit",
        "confusions",
        "doctor",
        "evaluation",
        "evaluation_tables",
        "explain",
        "features",
        "flips",
        "intervals",
        "kept_answers",
        "kept_tables",
        "likeness",
        "opinions",
        "metrics",
        "neighbours",
        "number_texts",
        "qualities",
        "ranking",
        "readings",
        "reliability",
        "robustness_scores",
        "scoring",
        "selective",
        "serving",
        "slices",
        "tables",
        "teachers",
    },
    "data": {
        "architectures",
        "archives",
        "array_files",
        "augmentation",
        "canny",
        "catalogue",
        "config",
        "corruptions_cover",
        "corruptions_noise",
        "corruptions_shape",
        "dataset_statistics",
        "datasets",
        "directions",
        "download",
        "drawings",
        "embedded",
        "fast_gradient",
        "files",
        "findings",
        "gaps",
        "gaussians",
        "idx",
        "importing",
        "kept_sets",
        "label_errors",
        "lineage",
        "measures",
        "mends",
        "norms",
        "outliers",
        "overlap",
        "own_drawings",
        "page_signs",
        "partition",
        "photos",
        "picture_folders",
        "pictures",
        "preprocessing",
        "raw_images",
        "robustness",
        "ruled",
        "run_folder",
        "runs",
        "sign_words",
        "signs",
        "skeletons",
        "strokes",
        "traits",
        "typical",
    },
}
# Beyond the process boundary: these know the data rows and the Classifier, and only the command line knows them.
TENSORFLOW = {"attack", "batches", "training", "export", "networks", "starts"}
# What a training learns from and ends with: by NumPy, from answers of exported models.
BESIDE_TRAINING = {"certainty_fit", "teachers"}
COMMAND_LINE = "__main__"

# Packages that only some modules may know; all others are free.
ONLY = {
    "streamlit": ROWS["screen"],
    "streamlit_drawable_canvas": {"ui_canvas"},
    "plotly": CHARTS | {"report_page"},
    "altair": {"charts", "curves"},
    "tensorflow": TENSORFLOW,
    "keras": TENSORFLOW,
    "ai_edge_litert": {"serving"},
    "sklearn": {"datasets", "evaluation"},
    "subprocess": {"background", "jobs", "model_files"},
    "psutil": {"jobs"},
    "requests": {"download"},
}


def sources() -> dict[str, Path]:
    """Every module that lies directly in digitrec/ by its name; the pages together are one module, "pages"."""
    found = {path.stem: path for path in (ROOT / "digitrec").glob("*.py") if not path.stem.startswith("__")}
    return found | {"app": ROOT / "app.py"} | {f"pages/{name}": ROOT / "pages" / f"{name}.py" for name in PAGES}


def imports(path: Path, *, at_top: bool = False) -> Iterator[str]:
    """The dotted names that a file imports, anywhere or at its top level alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if at_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path, *, at_top: bool = False) -> set[str]:
    """The modules of the program that a file imports."""
    dotted = [name.split(".") for name in imports(path, at_top=at_top)]
    named = {parts[1] for parts in dotted if parts[0] == "digitrec" and len(parts) > 1}
    return named & {name for name in sources() if "/" not in name}  # those that lie in packages have contracts


def allowed(name: str) -> set[str]:
    data, rows = ROWS["data"], list(ROWS.values())
    if name == COMMAND_LINE:
        return set().union(*rows[1:], TENSORFLOW)
    if name in TENSORFLOW:
        return TENSORFLOW | data | {"serving", *BESIDE_TRAINING}
    (row,) = [i for i, row in enumerate(rows) if name.split("/")[0] in row]
    return set().union(*rows[row:])


def test_every_module_has_its_place_in_the_table():
    known = set().union(*ROWS.values(), TENSORFLOW, {COMMAND_LINE})
    assert {name.split("/")[0] for name in sources()} <= known  # the others lie in packages


@pytest.mark.parametrize("name", sources())
def test_imports_point_down(name):
    assert ours(sources()[name]) - allowed(name) == set()


@pytest.mark.parametrize("name", sources())
def test_packages_are_known_only_where_they_belong(name):
    packages = {dotted.split(".")[0] for dotted in imports(sources()[name])}
    assert {
        package for package in packages if name.split("/")[0] not in ONLY.get(package, {name.split("/")[0]})
    } == set()


def test_no_module_imports_itself_through_others():
    list(TopologicalSorter({name: ours(path) for name, path in sources().items()}).static_order())


def test_the_command_line_imports_tensorflow_only_inside_its_commands():
    path = ROOT / "digitrec" / "cli" / "main.py"
    assert any(name.startswith("digitrec.training") for name in imports(path))
    assert not any(name.startswith("digitrec.training") for name in imports(path, at_top=True))


@pytest.mark.parametrize("name", sources())
def test_files_stay_short(name):
    lines = len(sources()[name].read_text(encoding="utf-8").splitlines())
    assert lines <= (80 if name.startswith("pages/") else 300)


IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module("digitrec." + name)
"""
OPEN_ALL = """
import json, sys
from streamlit.testing.v1 import AppTest
for page in sys.argv[1:]:
    test = AppTest.from_file("digitrec/ui/dashboard.py", default_timeout=60).run()
    test = test.switch_page("../../pages/" + page + ".py").run()
    assert not test.exception, (page, test.exception)
"""
TELL = "\nprint(json.dumps([name for name in ('tensorflow', 'keras', 'jax', 'torch') if name in sys.modules]))"


def modules_after(script: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", "import json" + script + TELL, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_what_the_server_imports_never_leads_to_tensorflow():
    server = (set().union(*list(ROWS.values())[1:]) | {"ui", "cli.main"}) & {*sources(), "cli.main"}
    assert modules_after(IMPORT_ALL, *sorted(server)) == []


@pytest.mark.slow
def test_no_page_imports_tensorflow():
    assert len(PAGES) >= 5
    assert modules_after(OPEN_ALL, *PAGES) == []


@pytest.mark.slow
def test_the_look_for_tensorflow_would_find_it():
    assert modules_after(IMPORT_ALL, "training.networks") == ["tensorflow", "keras"]
