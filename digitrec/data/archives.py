"""ZIP files that somebody sent: read in memory, file by file, within limits, whatever they claim of themselves."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import NamedTuple

from digitrec.data.catalogue import DatasetError

MAX_FILE_BYTES = 150_000_000  # of a file that is imported
MAX_MEMBERS = 120_000
MAX_UNPACKED_BYTES = 1_000_000_000  # of all that is read out of one archive

_ENTRY_SIGNATURE = b"PK\x01\x02"  # how each entry of a ZIP's directory begins
_DAMAGE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
_JUNK_NAMES = ("__macosx", "thumbs.db", "desktop.ini")


class MemberError(Exception):
    """One file of an archive cannot be read: the message says why; the others may be good."""


class Member(NamedTuple):
    """A file of an archive."""

    name: str  # its path there, with slashes; it leads nowhere, because nothing is ever unpacked to disk
    info: zipfile.ZipInfo


class Archive:
    """A ZIP in memory, and how much may still be unpacked of it.

    Raises:
        DatasetError: it is no ZIP, damaged, or has too many files.
    """

    def __init__(self, data: bytes) -> None:
        if (
            data.count(_ENTRY_SIGNATURE) > MAX_MEMBERS
        ):  # before its directory takes a multiple of its size in memory
            raise DatasetError(f"the archive holds more than {MAX_MEMBERS:,} files: divide it.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE_ERRORS as error:
            raise DatasetError(
                f"the archive is damaged or cut off ({str(error)[:80]}): make or send it again."
            ) from error
        self._left = MAX_UNPACKED_BYTES

    def members(self) -> list[Member]:
        """Its files, without folders and what operating systems leave behind."""
        found = (Member(info.filename.replace("\\", "/"), info) for info in self._zip.infolist())
        return [member for member in found if not member.name.endswith("/") and not _is_junk(member.name)]

    def read(self, member: Member, most: int) -> bytes:
        """What is in a file, if that is at most so many bytes, whatever it claims.

        Raises:
            MemberError: it cannot be read.
            DatasetError: all that was read out of the archive together is too much.
        """
        if member.info.flag_bits & 1:
            raise MemberError("it is locked with a password")
        if member.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise MemberError("it is packed in an unusual way")
        try:
            with self._zip.open(member.info) as stream:
                data = stream.read(most + 1)
        except _DAMAGE_ERRORS as error:
            raise MemberError("it is damaged, or cut off") from error
        if len(data) > most:
            raise MemberError(f"it has more than {most / 1e6:.0f} MB")
        self._left -= len(data)
        if self._left < 0:
            raise DatasetError(
                f"the archive holds more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB once unpacked: divide "
                f"it, or shrink "
                "the pictures."
            )
        return data


def _is_junk(name: str) -> bool:
    parts = name.casefold().split("/")
    return any((part.startswith(".") and part not in (".", "..")) or part in _JUNK_NAMES for part in parts)
