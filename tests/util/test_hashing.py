import hashlib
from pathlib import Path

from packager.util.hashing import sha256_bytes, sha256_file, sha256_tree


def test_a_file_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000  # more than one chunk
    (tmp_path / "x").write_bytes(content)
    assert sha256_file(tmp_path / "x") == sha256_bytes(content) == hashlib.sha256(content).hexdigest()


def tree(root: Path, files: dict[str, bytes]) -> str:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return sha256_tree(root)


def test_a_tree_has_one_hash_wherever_it_lies_and_however_it_was_filled(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", {"a": b"1", "b/c": b"2"})
    assert tree(tmp_path / "two", {"b/c": b"2", "a": b"1"}) == one


def test_every_change_of_a_tree_changes_its_hash(tmp_path: Path) -> None:
    base = {"a": b"1", "b/c": b"23"}
    others = [{"a": b"1"}, {"a": b"1", "b/c": b"24"}, {"a": b"1", "b/d": b"23"}, {"a": b"12", "b/c": b"3"}]
    hashes = {tree(tmp_path / str(i), files) for i, files in enumerate([base, *others])}
    assert len(hashes) == 5
