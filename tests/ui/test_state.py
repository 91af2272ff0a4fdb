"""A session key that several files share is a constant of state, and written nowhere else."""

import ast
from collections import defaultdict

from digitrec.ui import state
from support.places import ROOT

FILES = [*(ROOT / "digitrec" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
SHARED = {name: value for name, value in vars(state).items() if name.isupper()}


def keys_in(path):
    """The strings that are session keys or widget keys in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        found = []
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "st.session_state":
            found = [node.slice]
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "st.session_state":
            found = [node.left]
        elif isinstance(node, ast.Call):
            found = [keyword.value for keyword in node.keywords if keyword.arg == "key"]
            of_session = ast.unparse(node.func).startswith("st.session_state.")
            found += node.args[:1] if of_session else []
        yield from (each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_no_key_is_written_in_two_files():
    files = defaultdict(set)
    for path in FILES:
        for key in keys_in(path):
            files[key].add(path.name)
    assert {key: names for key, names in files.items() if len(names) > 1} == {}


def test_shared_keys_are_named_by_their_constants():
    literals = {(path.name, key) for path in FILES for key in keys_in(path)}
    assert {(name, key) for name, key in literals if key in SHARED.values()} == set()


def test_each_shared_key_is_used_by_several_files_and_has_a_value_of_its_own():
    texts = {path: path.read_text() for path in FILES if path.name != "state.py"}
    for name in SHARED:
        assert any(f"state.{name}" in text for text in texts.values()), name
    assert len(set(SHARED.values())) == len(SHARED)


def test_the_keys_of_a_page_s_model_are_those_of_the_pages():
    names = (state.DRAW_MODEL, state.EVALUATE_MODEL, state.MODELS_MODEL)
    assert tuple(map(state.page_model, ("draw", "evaluate", "models"))) == names
    assert state.evaluate_dataset("a run") == "evaluate-dataset a run"
    assert state.next_choice(state.EXPLORE_DATASET) == "explore-dataset-next"
