"""Numbers as people read them."""

_BYTES = ("KiB", "MiB", "GiB")
_COUNTS = ("", " k", " M", " G")


def human_bytes(count: float) -> str:
    """``53936`` is ``"52.7 KiB"``: powers of 1024, as flash and RAM are sold."""
    if abs(count) < 1024:
        return f"{count:.0f} B"
    shown = [round(count / 1024**power, 1) for power in range(1, len(_BYTES) + 1)]
    fits = [abs(size) < 1024 for size in shown[:-1]] + [True]  # as shown: 1048575 is 1.0 MiB, not 1024.0 KiB
    place = fits.index(True)
    return f"{shown[place]:.1f} {_BYTES[place]}"


def human_count(count: float) -> str:
    """``2656768`` is ``"2.66 M"``: powers of 1000, three digits, as MACs and parameters are quoted."""
    shown = [f"{count / 1000**power:.3g}" for power in range(len(_COUNTS))]
    fits = [abs(float(text)) < 1000 for text in shown[:-1]] + [True]  # as shown: 999999 is 1 M, not 1000 k
    place = fits.index(True)
    return f"{float(shown[place]):g}{_COUNTS[place]}"
