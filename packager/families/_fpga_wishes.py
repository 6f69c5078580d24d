"""What a recipe asks of an FPGA, made definite for a model and a part."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from packager.config.hardware import FOLD_KEYS, FoldRule, Hardware
from packager.config.profile import FpgaPart
from packager.emit.hls import Design, design_for, folds_of
from packager.errors import Diagnostic, Severity
from packager.ir import Model
from packager.plan.folding import Fold
from packager.plan.fpga_fit import read_fit

_SHOWN = 12


@dataclasses.dataclass(frozen=True)
class Wishes:
    """Equal for equal wishes, so that a design is made once."""

    part: FpgaPart
    arithmetic: str
    hardware: Hardware

    @property
    def clocked(self) -> FpgaPart:
        return dataclasses.replace(self.part, clock_mhz=self.hardware.clock_mhz or self.part.clock_mhz)

    @property
    def interval(self) -> int | None:
        """Cycles a frame that are enough."""
        rate = self.hardware.frames_per_second
        return max(int(self.clocked.clock_mhz * 1e6 / rate), 1) if rate else None

    def allowed(self, model: Model, index: int, fold: Fold) -> bool:
        rule = self.rule(model, index)
        return rule is None or all(getattr(rule, key) in (None, getattr(fold, key)) for key in FOLD_KEYS)

    def rule(self, model: Model, index: int) -> FoldRule | None:
        """The last rule that matches an operator."""
        op, name = model.main.nodes[index].op, model.main.node_name(index)
        return next((r for r in reversed(self.hardware.folds) if r.matches(op, name)), None)

    def design(self, model: Model, part: FpgaPart | None = None) -> Design:
        return design_for(
            model,
            dataclasses.replace(
                part or self.part, clock_mhz=self.clocked.clock_mhz if part is None else part.clock_mhz
            ),
            allowed=lambda op, fold: self.allowed(model, op.index, fold),
            interval=self.interval,
            arithmetic=self.arithmetic,
            fit=read_fit(Path(self.hardware.fit)) if self.hardware.fit else None,
        )


def wish_problems(wishes: Wishes, model: Model) -> Iterator[Diagnostic]:
    """Rules that match nothing, and those that ask for a fold that an operator can't have."""
    main = model.main
    for number, wanted in enumerate(wishes.hardware.folds, 1):
        if not any(wanted.matches(node.op, main.node_name(i)) for i, node in enumerate(main.nodes)):
            yield _error(
                "", f"fold rule {number} ({wanted}) matches no operator", "see the names in `edgepack inspect`"
            )
    for index in range(len(main.nodes)):
        rule = wishes.rule(model, index)
        able = folds_of(model, index, wishes.arithmetic) if rule else []
        if able and not any(wishes.allowed(model, index, fold) for fold in able):
            pe, simd = (sorted({getattr(f, key) for f in able}) for key in ("pe", "simd"))
            kept = sorted({(f.of, f.keep) for f in able})
            packed = f"; keep of {', '.join(f'{keep} of {of}' for of, keep in kept[:_SHOWN])}" if kept[1:] else ""
            fabric = "" if any(f.fabric for f in able) else "; no fabric"
            hint = f"pe may be {_some(pe)}; simd {_some(simd)}{packed}{fabric}"
            yield _error(main.where(index), f"can't be folded to {rule}", hint)


def _some(values: list[int]) -> str:
    shown = ", ".join(map(str, values[:_SHOWN]))
    return f"{shown} … {values[-1]}" if len(values) > _SHOWN else shown


def _error(where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where=where, message=message, hint=hint)
