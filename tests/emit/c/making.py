"""Models of many independent operators, made into one C runtime, compiled, run, and held to the interpreter."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from ops.judging import Array, inputs_for

from packager.bundle import Entry
from packager.config.samples import Samples
from packager.emit.c import ANY, Target, emit_c, unsupported
from packager.interp import reference
from packager.ir import ABSENT, Graph, Model, Node, Residue, Tensor
from packager.measure.c import compile_runtime, compiler, run_program, selftest

STRICT = (
    *("-std=c99", "-Wall", "-Wextra", "-Werror", "-Wdouble-promotion", "-Wconversion"),
    # What firmware teams add, by MISRA or by habit; `-pedantic` holds the code to C99.
    *("-pedantic", "-Wundef", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes"),
    *("-Wcast-qual", "-Wcast-align", "-Wvla"),
)
SANITIZED = (*STRICT, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def together(models: Mapping[str, Model]) -> Model:
    """One model that computes all of them side by side: one compilation proves a whole table of cases."""
    tensors: list[Tensor] = []
    nodes: list[Node] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for name, model in models.items():
        graph, start = model.main, len(tensors)

        def moved(indices: Sequence[int], start: int = start) -> tuple[int, ...]:
            return tuple(t if t == ABSENT else t + start for t in indices)

        tensors += [dataclasses.replace(t, name=f"{name}/{i}") for i, t in enumerate(graph.tensors)]
        for n in graph.nodes:
            within = Residue(fields={"intermediates": moved(n.intermediates)}) if n.intermediates else n.residue
            nodes.append(dataclasses.replace(n, inputs=moved(n.inputs), outputs=moved(n.outputs), residue=within))
        inputs += moved(graph.inputs)
        outputs += moved(graph.outputs)
    graph = Graph(tensors=tuple(tensors), nodes=tuple(nodes), inputs=tuple(inputs), outputs=tuple(outputs))
    return Model(graphs=(graph,))


def emitted(model: Model, arithmetic: str, inputs: Sequence[Array], target: Target = ANY) -> tuple[Entry, ...]:
    named = dict(zip(model.input_names(), inputs, strict=True))
    return emit_c(model, arithmetic, Samples(arrays=named), name="test", target=target)


def written(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write a runtime's files and return its folder."""
    for entry in entries:
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.content)
    return folder / "runtime/c"


def check(
    model: Model,
    arithmetic: str,
    folder: Path,
    *,
    inputs: Sequence[Array] | None = None,
    flags: Sequence[str] = (*STRICT, "-O1"),
    command: Sequence[str] = (),
    emulator: Sequence[str] = (),
    target: Target = ANY,
) -> None:
    """Assert that the compiled runtime gives the interpreter's integers, layer by layer and at its outputs."""
    if not (command or compiler()):
        pytest.skip("no C compiler is here")
    assert not unsupported(model, arithmetic)
    given = list(inputs) if inputs is not None else inputs_for(model, 4)
    source = written(folder, emitted(model, arithmetic, given, target))
    program = compile_runtime(source, folder, flags=flags, command=command)
    assert selftest(program, emulator=emulator) == ""
    found = run_program(program, model, given, emulator=emulator)
    for name, mine, wanted in zip(model.output_names(), found, reference.run(model, given, arithmetic), strict=True):
        np.testing.assert_array_equal(mine.reshape(wanted.shape), wanted, err_msg=name)
