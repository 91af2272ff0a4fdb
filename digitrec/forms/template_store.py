"""Forms that are saved on the server's disk by name: listed, loaded, saved and deleted."""

from __future__ import annotations

import hashlib
from pathlib import Path

from digitrec import files
from digitrec.data import cache_folder
from digitrec.forms.templates import Template, TemplateError, from_json, to_json

FOLDER = "forms"  # in the cache folder
MAX_FORMS = 500


def list_names() -> list[str]:
    """The names of the saved forms, sorted. What is damaged is left out."""
    found = (_read(path) for path in _folder().glob("*.json"))
    return sorted((template.name for template in found if template is not None), key=str.casefold)


def load(name: str) -> Template:
    """A saved form.

    Raises:
        TemplateError: there is none of this name, or it is damaged.
    """
    try:
        return from_json(_path(name).read_bytes())
    except OSError as error:
        raise TemplateError(f"there is no form {name!r}: choose a saved form, or the JSON file of one.") from error


def save(template: Template) -> None:
    """Save a form; one of the same name is replaced.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
        TemplateError: there are too many.
    """
    files.refuse_if_read_only(f"the form {template.name!r} cannot be saved")
    path = _path(template.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() and sum(1 for _ in path.parent.glob("*.json")) >= MAX_FORMS:
        raise TemplateError(f"there are {MAX_FORMS:,} forms already: delete one first.")
    files.replace(path, to_json(template).encode())


def delete(name: str) -> None:
    """Delete a saved form, if there is one of this name.

    Raises:
        OSError: the folder cannot be written.
    """
    files.refuse_if_read_only(f"the form {name!r} cannot be deleted")
    _path(name).unlink(missing_ok=True)


def _read(path: Path) -> Template | None:
    try:
        return from_json(path.read_bytes())
    except (OSError, TemplateError):
        return None


def _folder() -> Path:
    return cache_folder() / FOLDER


def _path(name: str) -> Path:
    # A name may hold any character: only its hash is a file's name everywhere.
    return _folder() / f"{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}.json"
