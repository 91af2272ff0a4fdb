"""What a request brings: pictures as files, as base64 or as arrays, and the name of a model."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import struct
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import numpy as np
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from digitrec.imaging import (
    PICTURE_KINDS,
    SIDE,
    Enlarged,
    Image,
    Ink,
    PictureError,
    load_drawing,
)
from digitrec.rest.problems import Problem
from digitrec.rest.settings import Settings

_MAX_LIGHT_BYTES = 20_000
_MAX_LIGHT_PIXELS = 400 * 400
_MAX_NAME = 200  # characters of a file's name in an answer
_MAX_FIELDS = 20
_EXPECTED = (
    "expected multipart/form-data with the field file, a picture as the body, or JSON with pictures (base64) or "
    "images (28 x 28 numbers)"
)


class Picture(NamedTuple):
    """A picture of a request.

    Attributes:
        name: of its file, or its number.
        data: the bytes of its file, or why there are none.
        image: uint8 (28, 28), 0 = paper, 255 = ink, where it came as an array.
    """

    name: str
    data: bytes | PictureError = b""
    image: Image | None = None

    @property
    def is_light(self) -> bool:
        """Whether it is read in a moment, judged by its first bytes; a photo is not."""
        if self.image is not None or isinstance(self.data, PictureError):
            return True
        if len(self.data) > _MAX_LIGHT_BYTES:
            return False
        if self.data[:8] == b"\x89PNG\r\n\x1a\n" and len(self.data) >= 24:
            width, height = struct.unpack(">II", self.data[16:24])
            return width * height <= _MAX_LIGHT_PIXELS
        return self.data[:3] == b"\xff\xd8\xff"  # a JPEG of so few bytes has few pixels

    def load_bytes(self) -> bytes:
        """The bytes of its file.

        Raises:
            PictureError: it came as something else.
        """
        if isinstance(self.data, PictureError):
            raise self.data
        if self.image is not None:
            raise PictureError("an array of 28 x 28 holds one digit: expected a picture. Send a file or base64.")
        return self.data

    def load_drawing(self) -> Ink | Enlarged:
        """Its drawing, uint8 (height, width), 0 = paper, 255 = ink; as the command line reads the same file.

        Raises:
            PictureError: the file is not a picture that can be read.
            InkError: it shows nothing.
        """
        if self.image is not None:
            return self.image
        return load_drawing(self.load_bytes())


class Wanted(NamedTuple):
    """What a request asks for."""

    pictures: list[Picture]
    model: str | None = None


async def read_request(request: Request, settings: Settings) -> Wanted:
    """The pictures of a request, and the name of the model if its body says one.

    Raises:
        Problem: the body is too large, too slow, or not what is expected.
    """
    body = await _read_body(request, settings)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        wanted = await _parse_form(request, body, settings)
    elif kind == "application/json":
        wanted = _parse_json(body)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        wanted = Wanted([Picture("picture 1", body)])
    else:
        raise Problem(415, f"the content type is {kind[:80]!r}: {_EXPECTED}.")
    if not wanted.pictures:
        raise Problem(422, f"there is no picture in the request: {_EXPECTED}.")
    if len(wanted.pictures) > settings.max_files:
        raise Problem(
            413,
            f"there are {len(wanted.pictures):,} pictures: expected at most {settings.max_files:,}. Send fewer.",
        )
    return wanted


async def _read_body(request: Request, settings: Settings) -> bytes:
    too_large = Problem(
        413,
        f"the request is too large: expected at most {settings.max_bytes:,} bytes. Send fewer pictures.",
    )
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > settings.max_bytes):
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > settings.max_bytes:
                    raise too_large
    except TimeoutError as error:
        raise Problem(
            408,
            f"the request took longer than {settings.body_seconds:g} s to come: send it again, or less at once.",
        ) from error
    except ClientDisconnect as error:
        raise Problem(400, "the connection ended before the whole request had come.") from error
    return bytes(body)


class _InMemory(MultiPartParser):
    """Keeps files in memory, which the limit of the body bounds: nothing is written to a disk."""

    spool_max_size = 2**40


async def _parse_form(request: Request, body: bytes, settings: Settings) -> Wanted:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    parser = _InMemory(
        request.headers,
        stream(),  # type: ignore[arg-type]  # an async generator, as it wants
        max_files=settings.max_files,
        max_fields=_MAX_FIELDS,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        status = 413 if "Too many files" in error.message else 400
        most = f" Expected at most {settings.max_files:,} files." if status == 413 else ""
        raise Problem(status, f"the form cannot be read: {error.message}{most}") from error
    except (LookupError, ValueError, AssertionError) as error:  # a charset or a boundary that is none
        raise Problem(400, "the form cannot be read: its headers are damaged. Send it again.") from error
    try:
        return _read_fields(form)
    finally:
        await form.close()


def _read_fields(form: FormData) -> Wanted:
    pictures: list[Picture] = []
    model = None
    for name, value in form.multi_items():
        if name == "file" and not isinstance(value, str):
            file_name = (value.filename or f"picture {len(pictures) + 1}")[:_MAX_NAME]
            pictures.append(Picture(file_name, value.file.read()))
        elif name == "model" and isinstance(value, str):
            model = value
        else:
            raise Problem(
                422,
                f"the form's field {name[:80]!r} is not used: expected pictures as file, and model.",
            )
    return Wanted(pictures, model)


def _parse_json(body: bytes) -> Wanted:
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise Problem(400, "the JSON is nested too deeply: expected an object or an array of numbers.") from error
    except ValueError as error:  # no JSON, no UTF-8, or a number without end
        raise Problem(400, f"the body is not JSON: {_EXPECTED}.") from error
    if isinstance(found, list):
        return Wanted(_to_images(found))
    if not isinstance(found, dict) or (unknown := sorted(set(found) - {"model", "pictures", "images"})):
        what = f"has the key {unknown[0][:80]!r}" if isinstance(found, dict) else "is no object"
        raise Problem(
            422,
            f"the JSON {what}: expected an object with pictures, a list of files in base64, or images, 28 x 28 "
            "numbers; and maybe model.",
        )
    model, given = found.get("model"), found.get("pictures", [])
    if not (model is None or isinstance(model, str)):
        raise Problem(422, "model is not known: expected the name of a run.")
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise Problem(422, f"pictures is not known: expected a list of files in base64 ({PICTURE_KINDS}).")
    pictures = [_from_base64(text, number) for number, text in enumerate(given, start=1)]
    return Wanted([*pictures, *_to_images(found.get("images", []), after=len(pictures))], model)


def _from_base64(text: str, number: int) -> Picture:
    name, encoded = f"picture {number}", text.partition(",")[2] if text.startswith("data:") else text
    try:
        return Picture(name, base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError):
        return Picture(name, PictureError("the text is not base64: expected the bytes of a picture, encoded."))


def _to_images(values: Any, *, after: int = 0) -> list[Picture]:
    """One image, or several: 28 rows of 28 whole numbers each, 0 = paper, 255 = ink."""
    if not isinstance(values, list):
        raise Problem(422, _WRONG_IMAGE)
    is_one = len(values) == SIDE and all(isinstance(row, list) and not _is_nested(row) for row in values)
    images = [values] if is_one else values
    return [
        Picture(f"image {number}", image=_to_image(rows)) for number, rows in enumerate(images, start=after + 1)
    ]


def _is_nested(row: list[Any]) -> bool:
    return bool(row) and isinstance(row[0], list)


_WRONG_IMAGE = (
    "images are not as expected: 28 rows of 28 whole numbers, 0 = paper, 255 = ink; or a list of such images. "
    "Files in base64 go into pictures."
)


def _to_image(rows: Any) -> Image:
    if not isinstance(rows, list) or len(rows) != SIDE:
        raise Problem(422, _WRONG_IMAGE)
    if not all(isinstance(row, list) and len(row) == SIDE for row in rows):
        raise Problem(422, _WRONG_IMAGE)
    try:
        data = b"".join(map(bytes, rows))  # refuses what is not from 0 to 255
    except (TypeError, ValueError) as error:
        raise Problem(422, _WRONG_IMAGE) from error
    return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE)
