from pathlib import Path

import pytest
from report.sample import SAMPLE

from packager.errors import IntegrityError
from packager.report.measured import measured_path, read_measured, write_measured


def test_figures_lie_beside_the_bundle_and_are_read_back(tmp_path: Path) -> None:
    bundle = tmp_path / "kws-0.1.0-coral"
    write_measured(bundle, SAMPLE.figures)
    assert measured_path(bundle) == tmp_path / "kws-0.1.0-coral.measured.json"
    assert read_measured(bundle) == SAMPLE.figures
    write_measured(bundle, ())
    assert not measured_path(bundle).exists()
    assert read_measured(bundle) == ()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"figures": 1}', b'{"figures": [{"name": "x"}]}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    bundle = tmp_path / "b"
    measured_path(bundle).write_bytes(content)
    with pytest.raises(IntegrityError, match=r"b\.measured\.json"):
        read_measured(bundle)
