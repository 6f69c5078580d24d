"""Numbers as people read them."""

_UNITS = ("B", "KiB", "MiB", "GiB")


def human_bytes(count: float) -> str:
    """``53936`` is ``"52.7 KiB"``: powers of 1024, as flash and RAM are sold."""
    size = float(count)
    for unit in _UNITS[:-1]:
        if abs(size) < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} {_UNITS[-1]}"


def human_count(count: float) -> str:
    """``2656768`` is ``"2.66 M"``: powers of 1000, as MACs and parameters are quoted."""
    size = float(count)
    for unit in ("", " k", " M"):
        if abs(size) < 1000:
            return f"{size:.3g}{unit}"
        size /= 1000
    return f"{size:.3g} G"
