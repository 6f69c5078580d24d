"""Files in memory, then a folder, an archive, a digest. Nothing else of EdgePack writes a bundle's files."""

from packager.bundle.archive import extract
from packager.bundle.bundle import Bundle, append, pack
from packager.bundle.entry import Entry
from packager.bundle.manifest import MANIFEST, FileRecord, Manifest, Origin, parse_manifest
from packager.bundle.reading import extra_files, manifest_bytes, read_manifest, verify_files
from packager.bundle.store import check_destination, new_folder, write_file

__all__ = [
    "MANIFEST",
    "Bundle",
    "Entry",
    "FileRecord",
    "Manifest",
    "Origin",
    "append",
    "check_destination",
    "extra_files",
    "extract",
    "manifest_bytes",
    "new_folder",
    "pack",
    "parse_manifest",
    "read_manifest",
    "verify_files",
    "write_file",
]
