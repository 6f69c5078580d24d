import dataclasses
import gzip
import io
import tarfile
from pathlib import Path

import pytest
from report.sample import SAMPLE, figure

from packager.bundle import Bundle, Entry
from packager.errors import ConfigError, EdgePackError, IntegrityError
from packager.report import load
from packager.report.load import load_report
from packager.report.measured import write_measured
from packager.report.model import Report
from packager.report.views import report_files

LOADED = Report.from_json(SAMPLE.to_json())


def bundle() -> Bundle:
    made = Bundle("kws", "0.1.0", "raspberrypi-4")
    made.add(Entry(path="model/model.tflite", content=bytes(100_000), role="model"))
    made.add(*report_files(SAMPLE))
    return made


def test_a_folder_an_archive_and_a_file_give_the_same_report(tmp_path: Path) -> None:
    folder, archive = bundle().write(tmp_path), bundle().archive(tmp_path).path
    assert load_report(folder) == load_report(archive) == load_report(folder / "report.json") == LOADED


def test_what_was_measured_later_is_joined_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, archive = bundle().write(tmp_path), bundle().archive(tmp_path).path
    energy = figure("energy.mj", 3.5, "mJ", "measured", on="raspberrypi-4")
    write_measured(folder, [energy])
    assert load_report(folder).named("energy.mj") == load_report(archive).named("energy.mj") == (energy,)
    assert load_report(folder / "report.json").named("energy.mj") == ()
    monkeypatch.chdir(folder)
    assert load_report(Path()).named("energy.mj") == (energy,), "the folder's own name is found from inside it"


def test_a_measurement_outside_its_band_is_refused(tmp_path: Path) -> None:
    folder = bundle().write(tmp_path)
    write_measured(folder, [figure("energy.mj", 3.5, "mJ", "measured", high=1.0)])
    with pytest.raises(IntegrityError, match="outside its band"):
        load_report(folder)


def test_an_edited_report_fools_nobody(tmp_path: Path) -> None:
    folder = bundle().write(tmp_path)
    smaller = dataclasses.replace(SAMPLE, figures=())
    (folder / "report.json").write_bytes(smaller.to_json())
    with pytest.raises(IntegrityError, match=r"not the one that manifest\.json lists"):
        load_report(folder)


def test_an_edited_archive_fools_nobody(tmp_path: Path) -> None:
    archive = bundle().archive(tmp_path).path
    plain = bytearray(gzip.decompress(archive.read_bytes()))
    at = plain.index(b'"trusted": true')
    plain[at : at + 15] = b'"trusted":false'
    archive.write_bytes(gzip.compress(bytes(plain)))
    with pytest.raises(IntegrityError, match=r"not the one that manifest\.json lists"):
        load_report(archive)


def test_a_folder_of_bundles_points_to_the_first(tmp_path: Path) -> None:
    bundle().write(tmp_path)
    with pytest.raises(ConfigError, match="not a bundle") as caught:
        load_report(tmp_path)
    assert caught.value.hint == f"did you mean {tmp_path / 'kws-0.1.0-raspberrypi-4'}?"


def test_what_is_not_there_or_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_report(tmp_path / "none")
    with pytest.raises(ConfigError, match="not a bundle"):
        load_report(tmp_path)
    (tmp_path / "x.json").write_bytes(b"hello")
    with pytest.raises(IntegrityError, match="not a JSON document"):
        load_report(tmp_path / "x.json")


def archive_of(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_only_the_bundles_own_report_is_read(tmp_path: Path) -> None:
    content = SAMPLE.to_json()
    for name in ("report.json", "a/b/report.json", "/report.json/x", "a/report.json"):
        with pytest.raises(ConfigError, match=r"no report\.json in the archive"):
            load_report(archive_of(tmp_path / "a.tar.gz", (name, content)))


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("a/manifest.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(ConfigError, match=r"no report\.json"):
        load_report(tmp_path / "a.tar.gz")


def test_a_truncated_archive_is_damaged_wherever_it_ends(tmp_path: Path) -> None:
    archive = bundle().archive(tmp_path).path
    whole = archive.read_bytes()
    for end in range(2, len(whole) - 3000, max(1, len(whole) // 40)):
        archive.write_bytes(whole[:end])
        with pytest.raises(EdgePackError) as caught:
            load_report(archive)
        assert caught.value.exit_code in (2, 4)


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, archive = bundle().write(tmp_path), bundle().archive(tmp_path).path
    monkeypatch.setattr(load, "_MAX_ARCHIVE", 50_000)
    with pytest.raises(IntegrityError, match="unpacks to over"):
        load_report(archive)
    monkeypatch.setattr(load, "_MAX_REPORT", 100)
    with pytest.raises(IntegrityError, match="is over"):
        load_report(folder)
