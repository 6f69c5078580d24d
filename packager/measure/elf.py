"""ELF files: what of a static program a system needs, and what of an object takes memory on a device."""

import dataclasses
import struct

from packager.errors import ToolError

_HEADERS = {1: ("<I", 32, "<I", 28, "<HHHHH", 42), 2: ("<Q", 40, "<Q", 32, "<HHHHH", 54)}
"""By class, 32 or 64 bits: form and place of `e_shoff`, of `e_phoff`, and of the five numbers from `e_phentsize` on."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sections:
    """Bytes of ELF sections by what becomes of them."""

    text: int
    rodata: int
    data: int
    bss: int

    @property
    def flash(self) -> int:
        """Bytes that lie in flash; initial values of variables among them."""
        return self.text + self.rodata + self.data

    def __add__(self, other: "Sections") -> "Sections":
        mine, its = dataclasses.astuple(self), dataclasses.astuple(other)
        text, rodata, data, bss = (a + b for a, b in zip(mine, its, strict=True))
        return Sections(text=text, rodata=rodata, data=data, bss=bss)


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


def elf_sections(content: bytes, name: str) -> Sections:
    """Add up the sections of an ELF file, 32 or 64 bits wide, that take memory on the device.

    Layout: Tool Interface Standard, Executable and Linking Format 1.2, "Sections"; the 64-bit form by the System V ABI.

    Raises:
        ToolError: it is no little-endian ELF file.
    """
    if content[:4] != b"\x7fELF" or content[5] != 1:
        raise ToolError(f"{name}: no little-endian ELF file", hint="the compiler makes objects of another format")
    wide = content[4] == 2
    at, size, count = (
        struct.unpack_from("<Q", content, 40) + struct.unpack_from("<HH", content, 58)
        if wide
        else struct.unpack_from("<I", content, 32) + struct.unpack_from("<HH", content, 46)
    )
    form = "<IIQQQQ" if wide else "<IIIIII"
    total = Sections(text=0, rodata=0, data=0, bss=0)
    for i in range(count):
        _, type_, flags, _, _, length = struct.unpack_from(form, content, at + i * size)
        total += _section(type_, flags, length)
    return total


def _section(type_: int, flags: int, length: int) -> Sections:
    """One section's bytes, by its flags: 1 writable, 2 takes memory, 4 is code; type 1 has content, 8 has none."""
    loaded, empty = type_ == 1 and bool(flags & 2), type_ == 8
    return Sections(
        text=length if loaded and flags & 4 else 0,
        rodata=length if loaded and not flags & 5 else 0,
        data=length if loaded and flags & 5 == 1 else 0,
        bss=length if empty else 0,
    )
