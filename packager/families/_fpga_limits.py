"""What binds a design: why one does not fit, why one is not faster, and the nearest change that would help."""

import functools
from collections.abc import Callable, Iterator

from packager.config.profile import FpgaPart, Profile, load_profile, profile_names
from packager.emit.hls import Design
from packager.errors import Diagnostic, Severity
from packager.families._fpga_wishes import Wishes
from packager.ir import Model
from packager.plan.cost import cost_of
from packager.plan.folding import SHARES, Folding, limits_of
from packager.plan.fpga_estimate import Cost
from packager.util.text import human_bytes

_BRAM36_BYTES = 36 * 1024 // 8
_UNITS = {"lut": "LUT", "ff": "FF", "dsp": "DSP slices", "bram18": "BRAM18"}
_WEIGHT_BITS = 8
_FEWEST_BITS = 2


@functools.lru_cache(maxsize=32)
def design(model: Model, wishes: Wishes, part: FpgaPart | None = None) -> Design:
    """Checked and emitted from one layout: models compare by identity."""
    return wishes.design(model, part)


def too_many_weights(model: Model, part: FpgaPart) -> Iterator[Diagnostic]:
    """Every weight stays on the chip; where the block memories can't hold them, no folding helps."""
    need = sum(cost.constant_bytes for cost in cost_of(model).ops)
    have = part.bram36 * _BRAM36_BYTES
    if need <= have:
        return
    boards = _boards(lambda other: other.bram36 * _BRAM36_BYTES >= need / SHARES["bram18"])
    share = SHARES["bram18"] * have / need
    bits = int(_WEIGHT_BITS * share)
    fewer = f", or weights of {bits} bits (EdgePack has {_WEIGHT_BITS})" if bits >= _FEWEST_BITS else ""
    smaller = f"prune the model to {100 * share:.0f} % of its weights{fewer}"
    hint = f"try {boards[0].name} ({boards[0].title}); or {smaller}" if boards else f"no shipped board does: {smaller}"
    message = f"constants of {human_bytes(need)} exceed the {human_bytes(have)} of block memory on {part.part}"
    yield _error(message, hint)


def overflow(model: Model, profile: Profile, wishes: Wishes) -> Iterator[Diagnostic]:
    """What the design lacks, or why it does not reach the frame rate that was asked for."""
    made = design(model, wishes)
    folding, wanted = made.folding, wishes.interval
    if wanted and made.interval > wanted:
        slowest = max(made.network.processes, key=lambda p: p.stage.cycles)
        rate = wishes.clocked.clock_mhz * 1e6
        message = f"{rate / wanted:.4g} frames/s leave {wanted} cycles a frame, process {slowest.name} takes at least"
        hint = f"ask for at most {rate / made.interval:.4g} frames/s, or a higher clock"
        yield _error(f"{message} {made.interval}", hint)
    elif not folding.fits:
        smallest = "the cheapest design that is as fast as asked for" if wanted else "its smallest design"
        hint = _would_fit(model, profile, wishes, made)
        yield _error(f"does not fit {made.part.part}: {smallest} needs {_over(folding)}", hint)


def _over(folding: Folding) -> str:
    over = [r for r, share in folding.shares.items() if share > 1]
    return ", ".join(f"{getattr(folding.cost, r):.0f} of {getattr(folding.limits, r):.0f} {_UNITS[r]}" for r in over)


def _would_fit(model: Model, profile: Profile, wishes: Wishes, made: Design) -> str:
    """Name the smallest shipped board that holds the model, and what takes most of the binding resource."""
    fitting = _boards(lambda other: other != profile.fpga and design(model, wishes, other).folding.fits)
    said = [f"it fits {fitting[0].name} ({fitting[0].title})"] if fitting else ["no shipped board holds it"]
    binding = made.folding.binding
    deepest = max(made.network.channels, key=lambda c: c.cost.bram18)
    costs = [getattr(c.cost, binding) for c in made.folding.choices]
    worst = max(range(len(costs)), key=lambda i: float(costs[i]))
    if binding == "bram18" and deepest.cost.bram18 > costs[worst]:
        said.append(
            f"stream {deepest.name} holds a whole frame of {deepest.values} values for a skip connection in "
            f"{deepest.cost.bram18} BRAM18: shrink what it skips with"
        )
    else:
        said.append(f"{model.main.where(worst)} takes {costs[worst]:.0f} {_UNITS[binding]}: shrink it")
    return "; ".join(said)


def what_binds(profile: Profile, wishes: Wishes, made: Design) -> Diagnostic:
    """Why the design is not faster."""
    rate = made.part.clock_mhz * 1e6
    if wishes.interval:
        message = f"{rate / made.interval:.0f} frames/s, {rate / wishes.interval:.0f} asked for"
        return _note(f"{message}; {_UNITS[made.folding.binding]} are nearest to their limit", "")
    if made.faster is None:
        slowest = max(made.network.processes, key=lambda p: p.stage.cycles)
        message = f"process {slowest.name} takes {made.interval} cycles a frame, and has no faster fold"
        return _note(message, "a higher clock is what is left")
    faster = made.faster
    message = f"{_UNITS[faster.binding]} bind: the next faster folding, {rate / faster.interval:.0f} frames/s, needs"
    able = _boards(lambda other: other != profile.fpga and _holds(limits_of(other), faster.cost))
    hint = f"{able[0].name} ({able[0].title}) holds it" if able else "no shipped board holds it"
    return _note(f"{message} {_over(faster)}", hint)


def uncertain_fit(made: Design) -> Iterator[Diagnostic]:
    """Logic that fits as estimated, and does not at the end of its band."""
    most = made.fit.band[1]
    over = [r for r in ("lut", "ff") if getattr(made.cost, r) * most > getattr(made.part, r)]
    if over:
        named = (
            f"{getattr(made.cost, r):.0f} {_UNITS[r]} estimated, {getattr(made.cost, r) * most:.0f} at the band's end,"
            f" of {getattr(made.part, r)}"
            for r in over
        )
        yield _note(
            f"whether it fits only a synthesis says: {', '.join(named)}",
            "run `make hls` and `edgepack report --hls-reports`; fewer frames_per_second leave more room",
        )


def _holds(limits: Cost, cost: Cost) -> bool:
    return all(getattr(cost, r) <= getattr(limits, r) for r in SHARES)


def _boards(able: Callable[[FpgaPart], bool]) -> list[Profile]:
    """Shipped boards whose part is able, the smallest first."""
    boards = [(b, b.fpga) for b in map(load_profile, profile_names()) if b.fpga is not None and not b.extends]
    return [b for b, part in sorted(boards, key=lambda pair: pair[1].lut) if able(part)]


def _error(message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where="", message=message, hint=hint)


def _note(message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.NOTE, where="", message=message, hint=hint)
