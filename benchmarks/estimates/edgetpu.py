"""Scores the Edge TPU predictions on compiled public models.

    python benchmarks/estimates/edgetpu.py [--write]    (reads ../shared/data or $EDGEPACK_REFERENCE_DATA)

`--write` puts the table into `docs/coral.md`; without it the table is printed.
"""

import argparse
import json
import os
import re
from pathlib import Path

from packager.config.edgetpu import load_edgetpu_compiler
from packager.config.profile import load_profile
from packager.figure import Place
from packager.ir import read_tflite
from packager.plan.edgetpu import predict_mapping
from packager.plan.edgetpu_cache import plan_cache

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EDGEPACK_REFERENCE_DATA", ROOT / "../shared/data")) / "edgetpu"


def table() -> str:
    compiler, tpu = load_edgetpu_compiler("16.0"), load_profile("coral-usb").edgetpu
    assert tpu is not None
    lines = [
        "| model | operators | mapped | predicted | wrong | uncertain | cached | predicted | streamed | predicted |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    right = close = operators = missed = open_ = 0
    rows = json.loads((DATA / "truth.json").read_text(encoding="utf-8"))
    for row in rows:
        model = read_tflite(DATA / row["file"])
        mapping = predict_mapping(model, compiler)
        mapped = {i for i, v in enumerate(mapping.verdicts) if v.place is Place.TPU}
        wrong = sum((i in mapped) is not truth for i, truth in enumerate(row["mapped"]))
        cache = plan_cache(model, mapped, tpu)
        pairs = (
            (cache.cached_bytes, row["onchip_param_bytes"]),
            (cache.streamed_bytes, row["offchip_param_bytes"]),
        )
        right, missed, operators = right + (not wrong), missed + wrong, operators + len(row["mapped"])
        open_ += mapping.count(Place.UNCERTAIN)
        close += all(abs(guess - truth) <= 0.1 * truth for guess, truth in pairs)
        numbers = (
            len(row["mapped"]),
            sum(row["mapped"]),
            len(mapped),
            wrong,
            mapping.count(Place.UNCERTAIN),
            pairs[0][1],
            pairs[0][0],
            pairs[1][1],
            pairs[1][0],
        )
        lines.append(f"| {Path(row['file']).stem[3:]} | {' | '.join(f'{n:,}' for n in numbers)} |")
    summary = (
        f"{right} of {len(rows)} models right operator by operator ({missed} of {operators:,} operators wrong, {open_} "
        f"uncertain); cached and streamed bytes within 10 % for {close} of {len(rows)}."
    )
    return "\n".join([summary, "", *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/coral.md")
    if not parser.parse_args().write:
        print(table())
        return
    path = ROOT / "docs" / "coral.md"
    marked = re.compile(r"(<!-- score -->\n).*?(<!-- end -->)", re.DOTALL)
    path.write_text(marked.sub(lambda m: m[1] + table() + m[2], path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
