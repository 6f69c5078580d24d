"""What a system needs of a static program, and no more."""

import struct

from packager.errors import ToolError

_HEADERS = {1: ("<I", 32, "<I", 28, "<HHHHH", 42), 2: ("<Q", 40, "<Q", 32, "<HHHHH", 54)}
"""By class, 32 or 64 bits: form and place of `e_shoff`, of `e_phoff`, and of the five numbers from `e_phentsize` on."""


def without_sections(program: bytes) -> bytes:
    """Return a linked ELF program without its table of sections, which a system that runs it never looks at.

    A debugger and objdump do; the static library and the shared one keep theirs. Layout: System V ABI, chapter 4.

    Raises:
        ToolError: it is no little-endian ELF program.
    """
    if len(program) < 52 or program[:4] != b"\x7fELF" or program[5] != 1 or program[4] not in _HEADERS:
        raise ToolError("the linker made no little-endian ELF program", hint="take a compiler for Linux")
    sections_form, sections_at, headers_form, headers_at, numbers_form, numbers_at = _HEADERS[program[4]]
    (start,) = struct.unpack_from(headers_form, program, headers_at)
    size, count, entry, _, _ = struct.unpack_from(numbers_form, program, numbers_at)
    segments = [_file_end(program, start + i * size) for i in range(count)]
    cut = bytearray(program[: max([start + count * size, *segments])])
    struct.pack_into(sections_form, cut, sections_at, 0)
    struct.pack_into(numbers_form, cut, numbers_at, size, count, entry, 0, 0)
    return bytes(cut)


def _file_end(program: bytes, at: int) -> int:
    """Where a segment's bytes end in the file."""
    form, fields = ("<IIQQQQQQ", (2, 5)) if program[4] == 2 else ("<IIIIIIII", (1, 4))
    segment = struct.unpack_from(form, program, at)
    return int(segment[fields[0]] + segment[fields[1]])
