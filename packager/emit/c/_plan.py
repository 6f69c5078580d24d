"""Where everything lies at run time: activations by the memory plan, scratch in what each layer leaves free."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from packager.emit.c._contract import Layer, Op
from packager.emit.c._costs import ANY, ONE_SCALE_CODE, Target
from packager.emit.c._find import find_kernel
from packager.ir import Model
from packager.ops import MISFITS, misfit
from packager.plan.memory import ALIGNMENT, MemoryPlan, plan_memory


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Laid:
    """A model as layers with addresses."""

    ops: tuple[Op, ...]
    layers: tuple[Layer, ...]
    scratch: tuple[int, ...]
    """Offset of each layer's scratch, meaningless where it has none."""
    arena_bytes: int
    plan: MemoryPlan

    @property
    def defines(self) -> Mapping[str, int]:
        """Macros of all layers, each with its largest value."""
        found: dict[str, int] = {}
        for layer in self.layers:
            for name, value in layer.defines.items():
                found[name] = max(value, found.get(name, 0))
        if any(_has_minus_128(layer) for layer in self.layers):
            found["EP_MINUS_128"] = 1
        return dict(sorted(found.items()))


@functools.lru_cache(maxsize=4)
def lay_out(model: Model, arithmetic: str, target: Target = ANY) -> Laid:
    """Return the layers of a model of which every operator has a kernel.

    A form of weights that saves the whole model neither more bytes than its code takes, nor a share of its instructions
    as large as fewer bytes may cost a layer, is left out; so are
    single scales where other layers have one for each channel and these spare less than it takes to tell them apart.
    """
    laid = _placed(model, arithmetic, target)
    if laid.defines.get("EP_OWN_SCALES") and sum(layer.spared for layer in laid.layers) < ONE_SCALE_CODE:
        target = dataclasses.replace(target, one_scale=False)
        laid = _placed(model, arithmetic, target)
    for form in target.forms if target.costs and "dense" in target.forms else ():
        if form != "dense" and not _pays(laid, form, target):
            target = target.without(form)
            laid = _placed(model, arithmetic, target)
    return laid


def _pays(laid: Laid, form: str, target: Target) -> bool:
    assert target.costs is not None, "no form but dense is without costs"
    every = [layer.saved for layer in laid.layers if layer.saved]
    saved = [s for s in every if s.form == form]
    faster = sum(s.cost for s in saved) > target.slower * sum(s.of_cost for s in every)
    return not saved or faster or sum(s.bytes for s in saved) > target.costs.code(form)


def _placed(model: Model, arithmetic: str, target: Target) -> Laid:
    plan = plan_memory(model)
    laid = _laid(model, arithmetic, plan, target)
    if laid.arena_bytes == plan.arena_bytes:
        return laid
    # What kernels need besides does not fit into what the tensors leave free: place both together.
    room = {i: layer.scratch + layer.reads_past for i, layer in enumerate(laid.layers)}
    together = _laid(model, arithmetic, plan_memory(model, room), target)
    return min(laid, together, key=lambda found: found.arena_bytes)


def _laid(model: Model, arithmetic: str, plan: MemoryPlan, target: Target) -> Laid:
    graph = model.main
    ops = tuple(Op(graph, i, arithmetic, plan.offsets, target) for i in range(len(graph.nodes)))
    layers = tuple(_layer(op) for op in ops)
    scratch = tuple(_gap(plan, i, layer.scratch) for i, layer in enumerate(layers))
    ends = [plan.arena_bytes]
    ends += [at + layer.scratch for at, layer in zip(scratch, layers, strict=True)]
    ends += [_end(op, layer.reads_past) for op, layer in zip(ops, layers, strict=True) if layer.reads_past]
    return Laid(ops=ops, layers=layers, scratch=scratch, arena_bytes=max(ends), plan=plan)


def _layer(op: Op) -> Layer:
    kernel = find_kernel(op.node.op)
    assert kernel is not None, f"{op.where}: unsupported() comes first"
    try:
        return kernel.layer(op)
    except MISFITS as error:
        raise misfit(op.where, error) from error


def _has_minus_128(layer: Layer) -> bool:
    """Whether two products of a weight and an activation may be too large for 16 bits, which NEON's kernels ask."""
    return any(bool(np.any(c.values == -128)) for c in layer.constants if c.name.startswith("weights"))


def _gap(plan: MemoryPlan, index: int, size: int) -> int:
    """The lowest aligned place for `size` bytes that no tensor takes while operator `index` runs."""
    taken = sorted((row.offset, row.offset + row.size) for row in plan.rows if row.first <= index <= row.last)
    at = 0
    for start, stop in taken:
        if at + size <= start:
            break
        at = max(at, -(-stop // ALIGNMENT) * ALIGNMENT)
    return at


def _end(op: Op, past: int) -> int:
    t = next(t for t in op.node.inputs if t in op.offsets)
    return op.offsets[t] + op.graph.type_of(t).nbytes + past
