import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from packager.util.files import replace_file


def test_writes_and_replaces(tmp_path: Path) -> None:
    replace_file(tmp_path / "x", [b"old"])
    replace_file(tmp_path / "x", [b"n", b"ew"])
    assert (tmp_path / "x").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def failing(error: BaseException) -> Iterator[bytes]:
    yield b"half"
    raise error


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_content_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    replace_file(tmp_path / "x", [b"old"])
    with pytest.raises(type(error)):
        replace_file(tmp_path / "x", failing(error))
    with pytest.raises(type(error)):
        replace_file(tmp_path / "y", failing(error))
    assert (tmp_path / "x").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_an_old_work_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(b"something longer, left by a kill")
    replace_file(tmp_path / "x", [b"new"], work=tmp_path / "x.part")
    assert (tmp_path / "x").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
