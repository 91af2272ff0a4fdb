"""Unpacks files of Unix `compress` (.Z), which is how the UCI repository has the pen digits.

The format, as ncompress documents it (https://github.com/vapier/ncompress): the bytes 1F 9D, then a byte with the
largest width of a code (9 to 16) and 128 if code 256 empties the table. Codes follow, least significant bits
first, in groups of eight codes: when the width changes, the rest of a group is left out.
"""

from __future__ import annotations

_MAGIC = b"\x1f\x9d"
_CLEAR = 256
_FIRST_WIDTH = 9


def unpack_z(data: bytes, limit: int) -> bytes:
    """The content of a .Z file, if it has at most `limit` bytes.

    Raises:
        ValueError: it is not such a file, is damaged, or is larger.
    """
    if data[:2] != _MAGIC or len(data) < 3 or not _FIRST_WIDTH <= (max_width := data[2] & 31) <= 16:
        raise ValueError("it is not a file of the program compress")
    reader = _Reader(data[3:], max_width, can_clear=bool(data[2] & 128))
    out, size = [], 0
    while (entry := reader.next_entry()) is not None:
        out.append(entry)
        size += len(entry)
        if size > limit:
            raise ValueError(f"it has more than {limit / 1e6:.0f} MB once unpacked")
    return b"".join(out)


class _Reader:
    """Reads the codes, and makes the table that the packer has made."""

    def __init__(self, codes: bytes, max_width: int, *, can_clear: bool) -> None:
        self._codes, self._max_width, self._can_clear = codes, max_width, can_clear
        self._table = [bytes((i,)) for i in range(256)] + ([b""] if can_clear else [])
        self._first_free, self._width, self._last = len(self._table), _FIRST_WIDTH, b""
        self._bit, self._group = 0, 0  # the place of the next code, and of the first one of this width

    def next_entry(self) -> bytes | None:
        """The bytes of the next code, or None at the end."""
        if len(self._table) >= 1 << self._width and self._width < self._max_width:
            self._set_width(self._width + 1)
        if (code := self._next_code()) is None:
            return None
        if code == _CLEAR and self._can_clear:
            del self._table[self._first_free :]
            self._set_width(_FIRST_WIDTH)
            self._last = b""
            return b""
        entry = self._look_up(code)
        if self._last and len(self._table) < 1 << self._max_width:
            self._table.append(self._last + entry[:1])
        self._last = entry
        return entry

    def _set_width(self, width: int) -> None:
        """Go on behind the last group of eight codes."""
        group_bits = 8 * self._width
        self._bit = self._group + -(-(self._bit - self._group) // group_bits) * group_bits
        self._group, self._width = self._bit, width

    def _next_code(self) -> int | None:
        end = self._bit + self._width
        if end > 8 * len(self._codes):
            return None
        window = int.from_bytes(self._codes[self._bit // 8 : end // 8 + 1], "little")
        code = window >> self._bit % 8 & (1 << self._width) - 1
        self._bit = end
        return code

    def _look_up(self, code: int) -> bytes:
        if code < len(self._table):
            return self._table[code]
        if code > len(self._table) or not self._last:
            raise ValueError("it is damaged: a code is not in its table")
        return self._last + self._last[:1]
