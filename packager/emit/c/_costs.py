"""What the kernel sets of `templates/c/kernels` cost: instructions counted, by which forms of weights are compared."""

import dataclasses
from collections.abc import Mapping

from packager.config.profile import Cpu
from packager.plan.kernel_work import kernels_of


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """Instructions for a quad: 4 inputs times 16 outputs, of one vector. Where vectors come together, for each."""

    many: float
    one: float
    """Where there is one vector."""
    skipping_many: float
    skipping_one: float
    """The same where a list says which quads are there."""
    unpacking_quad: float
    unpacking_weight: float
    """To unpack a quad, and for each of its weights that is not zero. Once for all vectors."""
    unindexing_quad: float
    """To look up the 64 weights of a quad by their indices. Once for all vectors."""
    skipping_code: int
    unpacking_code: int
    unindexing_code: int
    """Bytes of code that a model has more of where some layer skips, or is unpacked."""

    def quad(self, vectors: int) -> float:
        return self.one if vectors == 1 else self.many

    def code(self, form: str) -> int:
        return {"skips": self.skipping_code, "packs": self.unpacking_code, "indexes": self.unindexing_code}[form]

    def skipping_quad(self, vectors: int) -> float:
        return self.skipping_one if vectors == 1 else self.skipping_many


ONE_SCALE_CODE = 256
"""Bytes of code that tell layers of one scale from layers of many: 56 to 120 with NEON, 280 at most, with AVX2."""
FORMS = ("dense", "skips", "packs", "indexes")
"""See `_stored`."""
COSTS: Mapping[str, Costs] = {
    "avx2": Costs(
        many=12.5,
        one=16.8,
        skipping_many=12.4,
        skipping_one=21.8,
        unpacking_quad=138.6,
        unpacking_weight=0.0,
        unindexing_quad=26.6,
        skipping_code=2979,
        unpacking_code=514,
        unindexing_code=1077,
    ),
    "wide": Costs(
        many=62.2,
        one=212.1,
        skipping_many=86.3,
        skipping_one=224.0,
        unpacking_quad=25.0,
        unpacking_weight=8.0,
        unindexing_quad=323.0,
        skipping_code=370,
        unpacking_code=250,
        unindexing_code=335,
    ),
    "dotprod": Costs(
        many=4.8,
        one=7.5,
        skipping_many=7.1,
        skipping_one=12.0,
        unpacking_quad=14.5,
        unpacking_weight=7.0,
        unindexing_quad=16.5,
        skipping_code=1692,
        unpacking_code=832,
        unindexing_code=828,
    ),
    "neon": Costs(
        many=14.9,
        one=16.5,
        skipping_many=16.4,
        skipping_one=20.0,
        unpacking_quad=14.5,
        unpacking_weight=7.0,
        unindexing_quad=16.5,
        skipping_code=2104,
        unpacking_code=840,
        unindexing_code=836,
    ),
    "dsp": Costs(
        many=144.4,
        one=136.4,
        skipping_many=140.0,
        skipping_one=142.9,
        unpacking_quad=290.0,
        unpacking_weight=10.0,
        unindexing_quad=336.4,
        skipping_code=478,
        unpacking_code=540,
        unindexing_code=534,
    ),
    "portable": Costs(
        many=224.0,
        one=224.0,
        skipping_many=249.0,
        skipping_one=249.0,
        unpacking_quad=318.6,
        unpacking_weight=14.0,
        unindexing_quad=434.6,
        skipping_code=900,
        unpacking_code=1206,
        unindexing_code=856,
    ),
}
"""By kernel set, counted by `benchmarks/runtime/sparse.py` under qemu-user 7.2, with the flags of bundles' programs:
zig 0.17.0, for Cortex-M Debian's gcc 12 on an ARMv7-A. Bytes of code are of a small network that has
what each form is for: windows over the border, pixels by themselves, one vector."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The CPU that code is made for, as far as it decides how weights are stored. Any CPU computes the same of it."""

    kernels: str
    """One of `COSTS`; of another set nothing was counted, and for it all weights stay dense."""
    slower: float = 0.02
    """The share of a layer's instructions that fewer bytes may cost."""
    unpacked: int = 1 << 14
    """Bytes of scratch for weights that are unpacked together; one block of 16 outputs in any case."""
    forms: tuple[str, ...] = FORMS
    doubles: bool = True
    """Whether the CPU computes in double without a library."""
    one_scale: bool = True
    """Whether layers whose channels are all scaled alike may hold their scale once."""

    def without(self, form: str) -> "Target":
        return dataclasses.replace(self, forms=tuple(f for f in self.forms if f != form))

    @property
    def costs(self) -> Costs | None:
        return COSTS.get(self.kernels)


ANY = Target(kernels="")
"""No CPU in particular: all weights are dense."""


def target_of(cpu: Cpu, *, flash: bool = False) -> Target:
    """Return the target of a profile's CPU.

    `flash` says that it is a microcontroller: a byte of constants is worth more there than an instruction, and doubles
    are computed by a library.
    """
    kernels = kernels_of(cpu)
    return Target(kernels=kernels, slower=0.25, unpacked=0, doubles=False) if flash else Target(kernels=kernels)
