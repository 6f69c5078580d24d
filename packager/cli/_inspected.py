"""What `edgepack inspect` found, in the terminal."""

from typing import TYPE_CHECKING

import click

from packager.cli._common import echo_diagnostics

if TYPE_CHECKING:
    from packager.plan.edgetpu_executable import CompiledModel
    from packager.plan.edgetpu_pipeline import Pipeline, Shared
    from packager.report.inspection import BundleInspection, ModelInspection, Operator
    from packager.report.model import Port


def show_model(model: "ModelInspection", target: str | None) -> None:
    from packager.cli._table import show_table
    from packager.report.text import short_names, show, visible
    from packager.util.text import human_bytes, human_count

    facts = model.facts
    click.echo(f"{visible(facts.name)}: {facts.format}, {human_bytes(facts.bytes)}, SHA-256 {facts.sha256}")
    subgraphs = f", {facts.subgraphs} subgraphs" if facts.subgraphs > 1 else ""
    click.echo(
        f"{facts.operators} operators{subgraphs}, {human_count(facts.params)} parameters, {show(facts.macs, 'MAC')}, "
        f"{human_bytes(facts.constant_bytes)} of constants"
    )
    _show_ports(model.inputs, model.outputs)
    if model.compiled:
        _show_compiled(model.compiled)
    if model.operators:
        click.echo()
        head = (">#", "operator", "output", "type", ">constants", ">MACs", *(("runs on",) if target else ()))
        names = short_names([op.name for op in model.operators])
        rows = [(*_row(op, placed=bool(target)), visible(n)) for op, n in zip(model.operators, names, strict=True)]
        show_table((*head, "name"), rows)
    _show_reasons(model.operators)
    if model.pipeline:
        _show_pipeline(model.pipeline)
    if model.shared:
        _show_shared(model.shared)
    echo_diagnostics(model.findings)


def _show_compiled(compiled: "CompiledModel") -> None:
    from packager.report.text import visible
    from packager.util.text import human_bytes

    click.echo(
        f"compiled for the Edge TPU: {human_bytes(compiled.cached_bytes)} cached on the chip, "
        f"{human_bytes(compiled.streamed_bytes)} streamed per inference, "
        f"libedgetpu runtime {compiled.min_runtime} or newer"
    )
    for package in compiled.packages:
        kinds = ", ".join(f"{e.kind.name} {e.parameter_bytes:,} B" for e in package.executables)
        known = any(c.isdigit() for c in package.compiler)  # public files hold a bare "cl/"
        compiler = f"  compiler {visible(package.compiler)}" if known else ""
        click.echo(f"  #{package.index}  {kinds}  caching token {package.caching_token:016x}{compiler}")
    if compiled.left:
        click.echo(f"left on the CPU: {len(compiled.left)} operators")


def _show_pipeline(plan: "Pipeline") -> None:
    from packager.cli._table import show_table

    click.echo(
        f"\nover {len(plan.segments)} Edge TPUs: a result every ~{plan.slowest_ms:.3g} ms, "
        f"each ~{plan.latency_ms:.3g} ms after its input; estimated, the compiler was not run"
    )
    rows = [
        (f"#{s.first}-#{s.last}", f"{s.cached_bytes:,}", f"{s.streamed_bytes:,}", f"{s.sent_bytes:,}", f"~{s.ms:.3g}")
        for s in plan.segments
    ]
    show_table(("operators", ">cached", ">streamed", ">sent on", ">ms"), rows)


def _show_shared(models: "tuple[Shared, ...]") -> None:
    from packager.cli._table import show_table
    from packager.report.text import visible

    click.echo("\ncompiled together for one Edge TPU; estimated, the compiler was not run")
    rows = [(f"{m.cached_bytes:,}", f"{m.streamed_bytes:,}", visible(m.name)) for m in models]
    show_table((">cached", ">streamed", "model"), rows)


def _row(op: "Operator", *, placed: bool) -> tuple[str, ...]:
    from packager.report.text import visible

    out = op.outputs[0] if op.outputs else None
    return (
        str(op.index),
        visible(op.op),
        _dims(out.shape) if out else "",
        out.type if out else "",
        f"{op.bytes:,}" if op.bytes else "",
        f"{op.macs:,}" if op.macs else "",
        *((str(op.placement),) if placed else ()),
    )


def _show_reasons(operators: tuple["Operator", ...]) -> None:
    """Each reason once, with the operators that it holds for."""
    from packager.report.text import visible

    reasons: dict[tuple[str, str], list[int]] = {}
    for op in operators:
        if op.reason and op.placement:
            reasons.setdefault((op.placement.value, op.reason), []).append(op.index)
    if reasons:
        click.echo()
    for (place, reason), indices in reasons.items():
        click.echo(f"{place} {ranges(indices)}: {visible(reason, 400)}")


def ranges(indices: list[int]) -> str:
    """``#0-#232, #240``."""
    runs: list[list[int]] = []
    for i in indices:
        if runs and i == runs[-1][-1] + 1:
            runs[-1][1:] = [i]
        else:
            runs.append([i])
    return ", ".join("-".join(f"#{i}" for i in run) for run in runs)


def show_bundle(bundle: "BundleInspection") -> None:
    from packager.cli._table import show_table
    from packager.report.page import figure_rows
    from packager.report.text import short_names, visible

    report = bundle.report
    click.echo(f"{visible(report.model.name)} for {visible(report.target.name)} ({visible(report.target.title)})")
    _show_ports(report.model.inputs, report.model.outputs)
    rows = [(r.name, r.value, r.band, r.basis + r.place) for rows in figure_rows(report).values() for r in rows]
    click.echo()
    show_table(("figure", ">value", ">band", "basis"), rows)
    if report.layers:
        click.echo()
        head = (">#", "operator", ">constants", ">MACs", "runs on", "name")
        names = short_names([x.name for x in report.layers])
        show_table(
            head,
            [
                (str(x.index), visible(x.op), f"{x.bytes:,}", f"{x.macs:,}", str(x.placement), visible(n))
                for x, n in zip(report.layers, names, strict=True)
            ],
        )
    if bundle.files:
        click.echo()
        show_table((">bytes", "role", "file"), [(f"{f.bytes:,}", f.role, f.path) for f in bundle.files])


def _show_ports(inputs: tuple["Port", ...], outputs: tuple["Port", ...]) -> None:
    from packager.report.page import quantum
    from packager.report.text import visible

    for word, ports in (("input ", inputs), ("output", outputs)):
        for port in ports:
            real = f"  {quantum(port.scale, port.zero_point)}" if port.scale is not None else ""
            click.echo(f"{word}  {port.type} {_dims(port.shape)}  {visible(port.name)}{real}")


def _dims(shape: tuple[int, ...]) -> str:
    return "x".join("?" if size < 0 else str(size) for size in shape) or "scalar"
