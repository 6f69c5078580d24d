"""Scores the Edge TPU predictions on compiled models.

    python benchmarks/estimates/edgetpu.py [--write]        on ../shared/data or $EDGEPACK_REFERENCE_DATA
    python benchmarks/estimates/edgetpu.py --pairs FOLDER   on each X.tflite that has an X_edgetpu.tflite beside it

`--write` puts the table of the reference models into `docs/coral.md`; without it a table is printed. Of a pair, the
truth is in the compiled file: which operators it still lists, and the parameters of its executables.
"""

import argparse
import dataclasses
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from packager.config.edgetpu import load_edgetpu_compiler
from packager.config.profile import load_profile
from packager.figure import Place
from packager.ir import Model, read_tflite
from packager.plan.edgetpu import predict_mapping
from packager.plan.edgetpu_cache import plan_cache
from packager.plan.edgetpu_executable import CUSTOM_OP, read_compiled

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EDGEPACK_REFERENCE_DATA", ROOT / "../shared/data")) / "edgetpu"
CLOSE = 0.1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truth:
    name: str
    model: Model
    mapped: tuple[bool, ...]
    cached: int
    streamed: int


def references() -> Iterator[Truth]:
    for row in json.loads((DATA / "truth.json").read_text(encoding="utf-8")):
        yield Truth(
            name=Path(row["file"]).stem[3:],
            model=read_tflite(DATA / row["file"]),
            mapped=tuple(row["mapped"]),
            cached=row["onchip_param_bytes"],
            streamed=row["offchip_param_bytes"],
        )


def pairs(folder: Path) -> Iterator[Truth]:
    for path in sorted(folder.rglob("*_edgetpu.tflite")):
        source = path.with_name(path.name.replace("_edgetpu.tflite", ".tflite"))
        if not source.is_file():
            continue
        model, compiled = read_tflite(source), read_tflite(path)
        facts, graph = read_compiled(compiled), compiled.main
        assert facts is not None, f"{path} is not compiled"
        stayed = [node for node in graph.nodes if node.custom_code != CUSTOM_OP]
        left = {graph.tensors[t].name for node in stayed for t in node.outputs}
        mapped = tuple(all(model.main.tensors[t].name not in left for t in n.outputs) for n in model.main.nodes)
        assert mapped.count(False) == len(stayed), f"{path} has other names than its source"
        yield Truth(
            name=source.stem,
            model=model,
            mapped=mapped,
            cached=facts.cached_bytes,
            streamed=facts.streamed_bytes,
        )


def table(truths: Iterator[Truth]) -> str:
    compiler, tpu = load_edgetpu_compiler("16.0"), load_profile("coral-usb").edgetpu
    assert tpu is not None
    lines = [
        "| model | operators | mapped | predicted | wrong | uncertain | cached | predicted | streamed | predicted |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    models = right = close = operators = missed = open_ = 0
    for truth in truths:
        mapping = predict_mapping(truth.model, compiler)
        mapped = {i for i, v in enumerate(mapping.verdicts) if v.place is Place.TPU}
        wrong = sum((i in mapped) is not real for i, real in enumerate(truth.mapped))
        uncertain = mapping.count(Place.UNCERTAIN)
        cache = plan_cache(truth.model, mapped, tpu)
        sizes = ((cache.cached_bytes, truth.cached), (cache.streamed_bytes, truth.streamed))
        models, right, missed = models + 1, right + (not wrong), missed + wrong
        operators, open_ = operators + len(truth.mapped), open_ + uncertain
        close += all(abs(guess - real) <= CLOSE * real for guess, real in sizes)
        counts = (len(truth.mapped), sum(truth.mapped), len(mapped), wrong, uncertain)
        numbers = (*counts, *(n for guess, real in sizes for n in (real, guess)))
        lines.append(f"| {truth.name} | {' | '.join(f'{n:,}' for n in numbers)} |")
    summary = (
        f"{right} of {models} models right operator by operator ({missed} of {operators:,} operators wrong, {open_} "
        f"uncertain); cached and streamed bytes within 10 % for {close} of {models}."
    )
    return "\n".join([summary, "", *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/coral.md")
    parser.add_argument("--pairs", type=Path, metavar="FOLDER", help="score these pairs instead")
    asked = parser.parse_args()
    if asked.pairs or not asked.write:
        print(table(pairs(asked.pairs) if asked.pairs else references()))
        return
    path = ROOT / "docs" / "coral.md"
    marked = re.compile(r"(<!-- score -->\n).*?(<!-- end -->)", re.DOTALL)
    text = path.read_text(encoding="utf-8")
    path.write_text(marked.sub(lambda m: m[1] + table(references()) + m[2], text, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
