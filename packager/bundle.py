"""Files in memory, then a directory, an archive, a digest. Nothing else of EdgePack writes a bundle's files."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file of a bundle."""

    path: str
    """Relative, with forward slashes."""
    content: bytes
    role: str
    """What it is for: ``model``, ``runtime``, ``source``, ``golden``, ``report``, ``doc``."""
    executable: bool = False
