"""Protocol Buffers, looked at from outside: whether a file's top-level fields end where the file ends."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def truncation(message: bytes) -> str:
    """Return what is wrong with a message's outer structure as half a sentence, empty where nothing is.

    A cut file shows here at once, in plain words, and a file of another kind hardly ever passes. Only the outermost
    fields are walked, so the time does not depend on the size. Format: protobuf.dev/programming-guides/encoding.
    """
    at, size = 0, len(message)
    while at < size:
        start = at
        key, at = _varint(message, at)
        if key < 0 or key >> 3 == 0:
            return f"no field begins at byte {start}"
        at = _after(message, at, key & 7)
        if at < 0:
            return f"field {key >> 3} at byte {start} has an unknown type"
        if at > size:
            return f"field {key >> 3} ends at byte {at}, the file at byte {size}"
    return ""


def _after(message: bytes, at: int, kind: int) -> int:
    """Return where a field's value ends, -1 for a type that does not exist; past the end where it is cut."""
    if kind == _VARINT:
        value, end = _varint(message, at)
        return end if value >= 0 else len(message) + 1
    if kind == _BYTES:
        length, end = _varint(message, at)
        return end + length if length >= 0 else len(message) + 1
    return at + {_FIXED64: 8, _FIXED32: 4}[kind] if kind in (_FIXED64, _FIXED32) else -1


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends; -1 where it does not end."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            return -1, at
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    return -1, at
