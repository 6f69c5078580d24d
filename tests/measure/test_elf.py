"""ELF files: a program without its table of sections, which runs as before; sections by what becomes of them."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from packager.errors import ToolError
from packager.measure.c import compiler
from packager.measure.elf import Sections, elf_sections, without_sections


@pytest.mark.skipif(not compiler(), reason="no C compiler is here")
def test_a_program_runs_without_its_sections(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int main(void) { return 42; }\n", encoding="utf-8")
    program = tmp_path / "a"
    subprocess.run([*compiler(), str(tmp_path / "a.c"), "-static", "-s", "-o", str(program)], check=True)
    whole = program.read_bytes()
    cut = without_sections(whole)
    assert len(cut) < len(whole)
    program.write_bytes(cut)
    assert subprocess.run([program], check=False).returncode == 42
    assert without_sections(cut) == cut
    if readelf := shutil.which("readelf"):
        said = subprocess.run([readelf, "-hS", str(program)], check=True, capture_output=True, encoding="utf-8").stdout
        assert "There are no sections in this file" in said


@pytest.mark.parametrize("program", [b"", b"MZ\x90\x00 and more", b"\x7fELF\x02\x02" + bytes(58), b"\x7fELF"])
def test_what_is_no_program_is_refused(program: bytes) -> None:
    with pytest.raises(ToolError, match="no little-endian ELF"):
        without_sections(program)


def test_the_narrow_form_is_cut_behind_its_last_segment() -> None:
    header = bytearray(52)
    header[:6] = b"\x7fELF\x01\x01"
    struct.pack_into("<II", header, 28, 52, 900)
    struct.pack_into("<HHHHHH", header, 40, 52, 32, 1, 40, 5, 4)
    segment = struct.pack("<IIIIIIII", 1, 84, 0, 0, 16, 16, 5, 4)
    cut = without_sections(bytes(header) + segment + bytes(16) + b"sections")
    assert len(cut) == 100
    assert struct.unpack_from("<I", cut, 32) == (0,)
    assert struct.unpack_from("<HHH", cut, 46) == (40, 0, 0)


def elf(sections: list[tuple[int, int, int]], *, wide: bool) -> bytes:
    """An ELF file of nothing but section headers: type, flags and size of each."""
    form, start = ("<IIQQQQ", 64) if wide else ("<IIIIII", 52)
    each = 64 if wide else 40
    head = bytearray(b"\x7fELF" + bytes((2 if wide else 1, 1)) + bytes(start - 6))
    struct.pack_into("<Q" if wide else "<I", head, 40 if wide else 32, start)
    struct.pack_into("<HH", head, 58 if wide else 46, each, len(sections))
    rows = (struct.pack(form, 0, kind, flags, 0, 0, size).ljust(each, b"\0") for kind, flags, size in sections)
    return bytes(head) + b"".join(rows)


@pytest.mark.parametrize("wide", [False, True])
def test_sections_are_told_apart_by_their_flags(wide: bool) -> None:  # noqa: FBT001 - pytest passes by name
    sections = [(1, 6, 100), (1, 2, 30), (1, 0x32, 4), (1, 3, 7), (8, 3, 1000), (1, 0, 5000), (3, 0, 60)]
    found = elf_sections(elf(sections, wide=wide), "x.o")
    assert found == Sections(text=100, rodata=34, data=7, bss=1000)
    assert found.flash == 141
    assert (found + found).bss == 2000


@pytest.mark.parametrize("content", [b"", b"\xcf\xfa\xed\xfe" + bytes(60), b"\x7fELF\x01\x02" + bytes(60)])
def test_another_format_is_refused(content: bytes) -> None:
    with pytest.raises(ToolError, match=r"x\.o: no little-endian ELF file"):
        elf_sections(content, "x.o")
