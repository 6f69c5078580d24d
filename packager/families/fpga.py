"""FPGA: a Vitis HLS project whose every layer is hardware of its own, folded to the part, and its estimates."""

from collections.abc import Iterable, Iterator

from packager.bundle import Entry
from packager.emit.hls import project, unsupported
from packager.errors import Diagnostic, Severity
from packager.families._contract import Family, Job, Product
from packager.families._fpga_figures import figures_of, reason
from packager.families._fpga_limits import design, overflow, too_many_weights, uncertain_fit, what_binds
from packager.families._fpga_wishes import Wishes, wish_problems
from packager.figure import Place
from packager.interp import reference
from packager.ir import write_tflite
from packager.ops import FAST17

_ARITHMETICS = ("integer", FAST17)


class Fpga:
    """The family `fpga`."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        part, model = job.profile.fpga, job.quantized.model
        if part is None:
            yield _error("the profile has no [fpga] table", "add it to the target's file")
            return
        if job.arithmetic not in _ARITHMETICS:
            yield _error(f"the FPGA computes in arithmetic 'integer', not {job.arithmetic!r}", "use integer or fast17")
            yield from unsupported(model)
            return
        wishes = Wishes(part, job.arithmetic, job.recipe.fpga)
        found = unsupported(model, job.arithmetic)
        found += () if found else tuple(wish_problems(wishes, model))
        too_large = tuple(too_many_weights(model, part))
        yield from (*found, *too_large)
        if not found and not too_large:
            yield from overflow(model, job.profile, wishes)

    def emit(self, job: Job) -> Product:
        part, model = job.profile.fpga, job.quantized.model
        assert part is not None, "check comes first"
        wishes = Wishes(part, job.arithmetic, job.recipe.fpga)
        made = design(model, wishes)
        inputs = [job.golden.arrays[name] for name in model.input_names()]
        outputs = reference.run(model, inputs, job.arithmetic)
        tflite = Entry(path="model/model.tflite", content=write_tflite(model), role="model")
        clock = made.part.clock_mhz * 1e3
        return Product(
            files=(tflite, *project(made, inputs, outputs, name=job.name)),
            artifact=tflite.path,
            engine="hls",
            figures=tuple(figures_of(made, job.profile)),
            placements={i: (Place.FPGA, reason(made, i)) for i in range(len(model.main.nodes))},
            default=Place.FPGA,
            latencies={i: c.cycles / clock for i, c in enumerate(made.folding.choices)},
            diagnostics=(what_binds(job.profile, wishes, made), *uncertain_fit(made), *_no_power(job)),
        )


def _no_power(job: Job) -> Iterator[Diagnostic]:
    if job.profile.power_w is None:
        yield Diagnostic(
            severity=Severity.NOTE,
            where="",
            message=f"no published power of {job.profile.title} was found, hence no energy",
            hint="measure the board, and give power_w in a profile of your own that extends this one",
        )


def _error(message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where="", message=message, hint=hint)


FAMILY: Family = Fpga()
