"""Sums of each channel over all pixels, for global averages."""

from packager.emit.hls._requantize import bits_for
from packager.emit.hls._stage import Stage
from packager.plan.fpga_estimate import Cost, memory

_FEW = 4
"""Groups that are kept in registers: a memory takes three cycles from read to write, and one more to be safe."""


def sum_stage(pixels: int, channels: int, lanes: int, bits: int = 0) -> Stage:
    bits = bits or bits_for(-128 * pixels, 127 * pixels)
    groups = channels // lanes
    few = groups <= _FEW
    return Stage(
        name="sum",
        call=f"sum_pixels<{pixels}, {channels}, {lanes}, {bits}, {str(few).lower()}>",
        lanes_in=lanes,
        lanes_out=lanes,
        bits_out=bits,
        values=channels,
        cycles=(pixels + 1) * groups,
        starts=2,
        cost=(Cost(lut=lanes * bits, ff=lanes * bits * groups) if few else memory(lanes * bits, groups))
        + Cost(lut=100 + 1.1 * bits * lanes, ff=100 + 2 * bits * lanes),
        tokens_in=pixels * groups,
    )
