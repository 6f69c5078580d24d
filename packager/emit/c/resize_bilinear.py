"""RESIZE_BILINEAR."""

from collections.abc import Iterator

from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.ops._elementwise import is_xnnpack
from packager.ops.resize_bilinear import integer_taps


class _ResizeBilinear:
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from int8_problems(op)

    def layer(self, op: Op) -> Layer:
        n, in_h, in_w, channels = op.input(0).dims
        _, out_h, out_w, _ = op.output.dims
        constants = [
            Constant(name=f"{name}_{field}", ctype="int32_t", values=getattr(taps, field))
            for name, taps in zip(("row", "column"), integer_taps(op.evaluation), strict=True)
            for field in ("low", "high", "weight")
        ]
        upwards = is_xnnpack(op.evaluation)
        fields = {
            "batches": n,
            "input_h": in_h,
            "input_w": in_w,
            "output_h": out_h,
            "output_w": out_w,
            "channels": channels,
            "bits": 11 if upwards else 10,
            "upwards": int(upwards),
        }
        return Layer(
            invocations=(
                Invocation(
                    kernel="resize_bilinear",
                    arguments=(op.at_input(0), op.at_output()),
                    fields=fields | {c.name: op.symbol(c.name) for c in constants},
                ),
            ),
            constants=tuple(constants),
        )


KERNEL = _ResizeBilinear()
