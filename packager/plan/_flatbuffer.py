"""A flatbuffer's tables, read by field number, for a schema that no generated code exists for; nothing is trusted.

Every position is checked against the buffer, so a hostile file can only raise `ValueError`.
"""

import dataclasses
import struct


@dataclasses.dataclass(frozen=True, slots=True)
class FlatTable:
    """The table at byte `position` of `blob`."""

    blob: bytes
    position: int

    @classmethod
    def root(cls, blob: bytes, identifier: bytes = b"") -> "FlatTable":
        """Return a buffer's outermost table; `identifier` is that of its file type, four bytes, where it has one."""
        if identifier and blob[4:8] != identifier:
            raise ValueError(f"the file identifier is {blob[4:8]!r}, not {identifier!r}")
        return cls(blob, _unpack("<I", blob, 0))

    def number(self, field: int, kind: str = "i", default: int = 0) -> int:
        """Return a scalar; `kind` is its `struct` character."""
        at = self._field(field)
        return default if at is None else _unpack(f"<{kind}", self.blob, at)

    def data(self, field: int) -> bytes:
        """Return a vector of bytes or a string; empty where it is absent."""
        at = self._field(field)
        return b"" if at is None else self._vector(at)

    def all_data(self, field: int) -> tuple[bytes, ...]:
        """Return a vector of strings; empty where it is absent."""
        at = self._field(field)
        if at is None:
            return ()
        start = at + _unpack("<I", self.blob, at)
        count = _unpack("<I", self.blob, start)
        if count * 4 > len(self.blob):
            raise ValueError(f"a vector claims {count} entries in {len(self.blob)} bytes")
        return tuple(self._vector(start + 4 + 4 * i) for i in range(count))

    def _vector(self, at: int) -> bytes:
        start = at + _unpack("<I", self.blob, at)
        size = _unpack("<I", self.blob, start)
        found = self.blob[start + 4 : start + 4 + size]
        if len(found) != size:
            raise ValueError(f"a vector of {size} bytes at {start} in {len(self.blob)} bytes")
        return found

    def _field(self, field: int) -> int | None:
        """Where a field lies: the table's head points back to a list of the fields' offsets, 0 for an absent one."""
        names = self.position - _unpack("<i", self.blob, self.position)
        slot = 4 + 2 * field
        if slot >= _unpack("<H", self.blob, names):
            return None
        offset = _unpack("<H", self.blob, names + slot)
        return self.position + offset if offset else None


def _unpack(kind: str, blob: bytes, at: int) -> int:
    if at < 0 or at + struct.calcsize(kind) > len(blob):
        raise ValueError(f"an offset points to byte {at} of {len(blob)}")
    value: int = struct.unpack_from(kind, blob, at)[0]
    return value
