"""A stack of pages on disk: what was uploaded, how it is read, and what was read of each page.

about.json      name, model and way of reading, the uploads with name and SHA-256; written once
uploads/        the files as they came
pages/          each page that was read, put straight, as a JPEG
pages.jsonl     one row a page, append only: its fields, or why it cannot be read
log.jsonl       one row for each thing that a person said, append only: see `log`
settings.json   the wanted share of errors and the rules, replaced whole
plan.json       all pages of the files
speed.json      seconds a page
done            is there once all pages are read
attempt.json    the page that is being read, and how often that was begun
control.json    what a person asks of the process that reads: "pause" or "stop"
worker.json     that process, see `runs.Worker`
worker.log      what it printed
error.txt       why it failed
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from PIL import Image as PILImage

from digitrec import files
from digitrec.data import cache_folder
from digitrec.imaging import Floats, Gray
from digitrec.runs import WorkFolder
from digitrec.stacks import rows
from digitrec.stacks.pages import Page, parse_row, to_row

FOLDER = "stacks"  # in the cache folder
MAX_UPLOADS = 5_000
DEFAULT_SHARE = 0.01  # of errors among the accepted
_QUALITY = 92  # of a page's JPEG
_MAX_NAME = 80  # letters

WayKind: TypeAlias = Literal["numbers", "grid", "template"]


class StackError(Exception):
    """A stack of pages cannot be made or opened: the message says why and what to do."""


class Way(NamedTuple):
    """How pages are read.

    Attributes:
        kind: numbers anywhere, a grid of boxes, or by a template.
        size: rows and columns of the grid; None where they are found.
        template: the template as JSON, where pages are read by one.
    """

    kind: WayKind
    size: tuple[int, int] | None = None
    template: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"kind": self.kind, "size": self.size and list(self.size), "template": self.template}

    @staticmethod
    def from_json(values: Any) -> Way:
        """The way in a JSON object.

        Raises:
            StackError: it is none.
        """
        match values:
            case {"kind": str(kind), "size": None | [int(), int()] as size, "template": None | dict() as template}:
                if kind in get_args(WayKind):
                    return Way(kind, size and (size[0], size[1]), template)  # type: ignore[arg-type]
        raise StackError("the file about.json of the stack is damaged: delete the stack, and upload it again.")


class Upload(NamedTuple):
    """A file of the stack."""

    name: str
    sha256: str


class Settings(NamedTuple):
    """What a person sets for a stack.

    Attributes:
        share: of errors that may be expected among the accepted.
        rules: see `rules`.
    """

    share: float = DEFAULT_SHARE
    rules: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Stack:
    """A stack of pages, named by its folder. Equal by path."""

    path: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def work(self) -> WorkFolder:
        """The same folder, as the process that reads works in it."""
        return WorkFolder(self.path)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What it was made with.

        Raises:
            StackError: the file is damaged or gone.
        """
        found = files.read_json(self.path / "about.json")
        match found:
            case {"name": str(), "created": float() | int(), "run": str(), "model": str(), "uploads": list()}:
                return dict(found or {})
        raise StackError("the stack is gone or damaged: upload the pages again.")

    @property
    def name(self) -> str:
        """For people."""
        return str(self.about["name"])

    @cached_property
    def way(self) -> Way:
        """How its pages are read."""
        return Way.from_json(self.about.get("way"))

    @property
    def classes(self) -> tuple[str, ...]:
        """What a digit may be: the classes of the run that has read it."""
        found = self.about.get("classes")
        return tuple(map(str, found)) if isinstance(found, list) and found else tuple("0123456789")

    @cached_property
    def uploads(self) -> tuple[Upload, ...]:
        """The files, in their order."""
        return tuple(Upload(str(name), str(sha256)) for name, sha256 in self.about["uploads"])

    def corners(self, upload: int, page: int) -> Floats | None:
        """The corners of a page that a person has moved, float (4, 2), in shares of its sides; else None."""
        for found in self.about.get("corners") or ():
            match found:
                case [str(sha256), int(number), list(values)] if (sha256, number) == (
                    self.uploads[upload][1],
                    page,
                ):
                    return np.asarray(values, np.float64).reshape(4, 2)
        return None

    def upload_path(self, number: int) -> Path:
        """Where a file of it lies."""
        return self.path / "uploads" / f"{number:05d}"

    # --- pages ---

    @property
    def pages(self) -> list[Page]:
        """What was read so far, in the order of reading; the same list while nothing more is read."""
        return rows.read(self.path / "pages.jsonl", parse_row)

    def add_page(self, page: Page, image: Gray | None = None) -> None:
        """Store what was read of a page, or why it cannot be read.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        files.refuse_if_read_only("no page can be stored")
        if image is not None:
            path = self.image_path(page.number)
            path.parent.mkdir(exist_ok=True)
            buffer = io.BytesIO()
            PILImage.fromarray(image).save(buffer, "JPEG", quality=_QUALITY)
            files.replace(path, buffer.getvalue())
        rows.append(self.path / "pages.jsonl", to_row(page))

    def image_path(self, number: int) -> Path:
        """Where the straight page lies."""
        return self.path / "pages" / f"{number:05d}.jpg"

    def image(self, number: int) -> Gray | None:
        """The straight page, uint8 (height, width); None where it is gone."""
        try:
            with PILImage.open(self.image_path(number)) as picture:
                return np.asarray(picture.convert("L"))
        except OSError:
            return None

    # --- settings ---

    @property
    def settings(self) -> Settings:
        """What a person has set."""
        found = files.read_json(self.path / "settings.json") or {}
        share, rules = found.get("share"), found.get("rules")
        is_share = isinstance(share, float | int) and 0 < share < 1
        return Settings(
            float(share) if is_share else DEFAULT_SHARE,  # type: ignore[arg-type]
            tuple(rule for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else (),
        )

    def set(self, **changes: Any) -> None:
        """Change some of the settings.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        files.refuse_if_read_only("the settings of the stack cannot be changed")
        values = self.settings._replace(**changes)
        text = json.dumps({"share": values.share, "rules": list(values.rules)})
        files.replace(self.path / "settings.json", text.encode())


def home() -> Path:
    """The folder of all stacks."""
    return cache_folder() / FOLDER


def list_stacks() -> list[Stack]:
    """All stacks, the newest first; damaged ones are left out."""
    found = []
    for path in home().glob("*/about.json"):
        stack = Stack(path.parent)
        with contextlib.suppress(StackError):
            found.append((stack.about["created"], stack))
    return [stack for _, stack in sorted(found, key=lambda pair: -pair[0])]


def open_stack(id: str) -> Stack:
    """The stack of this id.

    Raises:
        StackError: there is none.
    """
    stack = Stack(home() / Path(id).name)
    if not id or not (stack.path / "about.json").is_file():
        raise StackError("there is no such stack of pages any more: upload the pages again.")
    _ = stack.about
    return stack


class Model(NamedTuple):
    """The network that reads a stack.

    Attributes:
        run: name of its run.
        sha256: of its file.
        classes: what a digit may be.
    """

    run: str
    sha256: str
    classes: tuple[str, ...]


def create(
    uploads: Iterable[tuple[str, bytes]],
    model: Model,
    way: Way,
    *,
    rules: Sequence[Mapping[str, Any]] = (),
    corners: Mapping[tuple[str, int], Sequence[Sequence[float]]] | None = None,
) -> Stack:
    """Store files as a stack; the same files, to be read by the same model in the same way, are the same stack.

    Args:
        uploads: name and bytes of each file, taken in turn.
        model: that reads.
        way: how the pages are read.
        rules: that hold for its fields at first.
        corners: that a person has moved, by the SHA-256 of a file and the page in it, in shares of its sides.

    Raises:
        StackError: there are no files, or too many.
        OSError: the disk is full, or the folder cannot be written.
    """
    files.refuse_if_read_only("no pages can be stored")
    home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=home()) as temporary:
        folder = Path(temporary) / "stack"
        (folder / "uploads").mkdir(parents=True)
        stored: list[tuple[str, str]] = []
        for name, data in uploads:
            if len(stored) >= MAX_UPLOADS:
                raise StackError(f"there are more than {MAX_UPLOADS:,} files: divide them into several stacks.")
            (folder / "uploads" / f"{len(stored):05d}").write_bytes(data)
            stored.append((name, hashlib.sha256(data).hexdigest()))
        if not stored:
            raise StackError("there is no file to read: upload pictures, PDF files, or a ZIP of them.")
        moved = sorted(
            [sha256, page, np.asarray(found).tolist()] for (sha256, page), found in (corners or {}).items()
        )
        key = json.dumps(
            [sorted(sha256 for _, sha256 in stored), *model[:2], way.to_json(), moved], sort_keys=True
        )
        stack = Stack(home() / hashlib.sha256(key.encode()).hexdigest()[:16])
        first = stored[0][0][:_MAX_NAME]
        about = {
            "name": first if len(stored) == 1 else f"{first} and {len(stored) - 1:,} more",
            "created": time.time(),
            "run": model.run,
            "model": model.sha256,
            "classes": model.classes,
            "way": way.to_json(),
            "uploads": stored,
            "corners": moved,
        }
        if rules:
            Stack(folder).set(rules=tuple(map(dict, rules)))
        (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        with contextlib.suppress(OSError):  # it is there already: not empty
            folder.rename(stack.path)
    return open_stack(stack.id)


def delete(stack: Stack) -> None:
    """Delete a stack with its pages, readings and corrections.

    Raises:
        OSError: its files cannot be deleted.
    """
    files.refuse_if_read_only("no pages can be deleted")
    hidden = stack.path.with_name(f".gone-{stack.id}-{time.time_ns()}")
    with contextlib.suppress(FileNotFoundError):
        stack.path.rename(hidden)  # at once, whatever the process that reads writes meanwhile
        shutil.rmtree(hidden, ignore_errors=True)
