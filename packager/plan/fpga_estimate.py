"""What hardware costs before anybody opens Vitis: LUT, FF, DSP and BRAM of the parts that a design is made of.

DSP and BRAM follow from the generated code: a pragma binds every multiplier to a DSP slice or to LUTs, and every memory
has a known width and depth. LUT and FF are a model: adder bits, after the cost functions of FINN-R (Blott et al. 2018,
ACM TRETS 11:3), and constants for control, that of moving processes fitted on published reports. None of those is of
this library, so the band is wide; `packager.plan.fpga_fit` narrows it once there is a synthesis of one's own.
"""

import dataclasses
import math
from collections.abc import Mapping

LOGIC_BAND = (0.4, 1.9)
"""Factors on LUT and FF: 10th to 90th percentile of report over formula, of the 50 figures of single parts that
`benchmarks/estimates/fpga.py` finds in published reports. A whole design is a sum of parts, so it should lie nearer."""

_BRAM18_SHAPES = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))
"""Depth and width of a RAMB18E1/E2 in simple dual-port mode (AMD UG473, UG573)."""
_LUTRAM_BITS = 2048
"""A memory this small, or no deeper than a LUT's 32 dual-port words, is built from LUTs."""
_LUTRAM_DEPTH = 32
_LUT_PER_FABRIC_PRODUCT = 83
"""8 x 8 bits: half of what yosys 0.23 needs (166), whose LUT counts run about twice Vivado's."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    lut: float = 0.0
    ff: float = 0.0
    dsp: int = 0
    bram18: int = 0
    """Halves of a 36 Kib block."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            lut=self.lut + other.lut,
            ff=self.ff + other.ff,
            dsp=self.dsp + other.dsp,
            bram18=self.bram18 + other.bram18,
        )

    def times(self, count: int) -> "Cost":
        return Cost(lut=self.lut * count, ff=self.ff * count, dsp=self.dsp * count, bram18=self.bram18 * count)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Factors:
    lut: float = 1.0
    ff: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fit:
    """What a synthesis taught about the estimates: factors by kind of process, and how far they still are off."""

    factors: Mapping[str, Factors] = dataclasses.field(default_factory=dict)
    others: Factors = Factors()
    """For kinds that were not in it."""
    band: tuple[float, float] = LOGIC_BAND
    source: str = ""

    def applied(self, kind: str, cost: "Cost") -> "Cost":
        """A process's cost, logic scaled; DSP slices and block memories follow from the code and stay."""
        factors = self.factors.get(kind, self.others)
        return dataclasses.replace(cost, lut=cost.lut * factors.lut, ff=cost.ff * factors.ff)

    def __hash__(self) -> int:
        return hash((self.source, self.band))


SHELL = Cost(lut=4500, ff=6000, bram18=6)
"""Processor interface, DMA engine and interconnect around the design; from public PYNQ overlays of one DMA."""


def total(costs: "list[Cost] | tuple[Cost, ...]") -> Cost:
    """Return the sum."""
    result = Cost()
    for cost in costs:
        result += cost
    return result


def memory(width: int, depth: int) -> Cost:
    """A memory of `depth` words of `width` bits, one read and one write a cycle; also a read-only table."""
    if depth <= 1:
        return Cost(ff=width * depth)
    if in_luts(width, depth):
        return lut_table(width, depth)
    return block_memory(width, depth)


def in_luts(width: int, depth: int) -> bool:
    """Whether a memory is small enough for LUTs; the generated code binds its constants by this."""
    return width * depth <= _LUTRAM_BITS or depth <= _LUTRAM_DEPTH


def block_memory(width: int, depth: int) -> Cost:
    """Words in block memory, few as they may be."""
    return Cost(bram18=min(math.ceil(depth / d) * math.ceil(width / w) for d, w in _BRAM18_SHAPES))


def lut_table(width: int, depth: int) -> Cost:
    """Words in LUTs, whatever their number: 64 places are a LUT a bit."""
    return Cost(lut=math.ceil(depth / 64) * width)


def fifo(width: int, depth: int) -> Cost:
    """A stream's buffer: shift registers of 32 words a LUT while short, else block memory."""
    if depth <= 2:
        return Cost(lut=width / 2 + 10, ff=2 * width + 6)
    if depth <= _LUTRAM_DEPTH or width * depth <= _LUTRAM_BITS:
        return Cost(lut=math.ceil(depth / 32) * width + 20, ff=width + 12)
    return memory(width, depth) + Cost(lut=60, ff=60)


def multipliers(count: int, *, fabric: bool) -> Cost:
    """Products of two int8, bound to DSP slices (one each) or to LUTs."""
    if fabric:
        return Cost(lut=_LUT_PER_FABRIC_PRODUCT * count, ff=16 * count)
    return Cost(dsp=count)


def selectors(count: int, of: int) -> Cost:
    """Multiplexers before `count` products, each of `of` int8: a LUT has four places a bit, or two of two bits.

    Eight and sixteen places take two and four LUTs, joined by the slice's own multiplexers (AMD UG474, chapter 2).
    """
    return Cost(lut=count * (4 if of <= 2 else 8 * math.ceil(of / 4)), ff=8 * count)


def accumulators(pe: int, simd: int, bits: int) -> Cost:
    """`pe` adder trees over `simd` products of 16 bits, each into an accumulator of `bits`, and their control."""
    tree = pe * (17 * (simd - 1) + bits)
    return Cost(lut=200 + 1.1 * tree, ff=250 + 1.5 * tree)


def narrow_products(one: int, other: int) -> int:
    """DSP slices of one signed product of so many bits, the wider factor at the wider port."""
    return math.ceil((min(one, other) - 1) / 17) * math.ceil((max(one, other) - 1) / 24)


def wide_products(bits: int) -> int:
    """DSP slices of one product of `bits` by 17 bits: DSP48E1 multiplies 25 x 18, signed."""
    return math.ceil(max(bits - 1, 1) / 24)


def requantizer(pe: int, units: int, bits: int) -> Cost:
    """Scaling `pe` accumulators of `bits` with `units` shared multipliers, rounding, clamping."""
    return Cost(lut=150 + 120 * pe, ff=200 + 100 * pe, dsp=units * wide_products(bits))


def window(lanes: int, beats: int) -> Cost:
    """A line buffer of `beats` words and its counters."""
    return memory(8 * lanes, beats) + Cost(lut=300, ff=250)


def table(lanes: int, bits: int) -> Cost:
    """A function of one int8, one copy a lane, in LUTs: 256 places are four LUTs a bit."""
    return Cost(lut=4 * bits * lanes, ff=bits * lanes)


def mover(lanes: int) -> Cost:
    """A process that reads a beat of `lanes` int8 and writes it; fitted on 20 reports of hls4ml's zero padding."""
    return Cost(lut=165 + 1.5 * lanes, ff=45)


def converter(lanes: int) -> Cost:
    """A mover that holds a beat of `lanes` int8 and picks from it."""
    return mover(lanes) + Cost(lut=6 * lanes, ff=8 * lanes)


def reorderer(lanes: int, bits: int) -> Cost:
    """A mover with four counters and the sum of their table entries of `bits`; tables and memory apart."""
    return mover(lanes) + Cost(lut=8 * bits + 80, ff=6 * bits)
