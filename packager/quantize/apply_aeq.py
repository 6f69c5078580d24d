"""Float16, dynamic range and mixed models, through ai-edge-quantizer with ranges of ours.

Its own calibrator is not used: it smooths the extremes with a moving average (0.95), which made the input range of
MLPerf's keyword spotting model a third of what it is. It also leaves operators that it does not know in float without
a word, so the outcome is checked operator by operator.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from packager.config.recipe import CALIBRATED, Recipe
from packager.errors import ToolError, UnsupportedError
from packager.ir import Model, read_tflite_bytes, write_tflite
from packager.passes.operator_versions import OperatorVersions
from packager.quantize._contract import PlannedOp, QuantPlan
from packager.rewrite import apply_passes
from packager.util.child import call

Entry = dict[str, Any]
_BITS = {"int8": 8, "int16x8": 16}
_EDGE = ".*"


def apply_aeq(model: Model, recipe: Recipe, plan: QuantPlan) -> Model:
    """Return the model with each operator in its planned scheme.

    Raises:
        UnsupportedError: the library refuses the model, or crashed on it.
    """
    entries = [e for op in plan.ops if (e := _entry(model, op)) is not None]
    entries += _edge_entries(recipe)
    ranges = {model.main.tensors[t].name: (r.low, r.high) for t, r in plan.ranges.items()}
    try:
        blob = call(quantize_blob, write_tflite(model), entries, ranges)
    except ToolError as error:
        raise UnsupportedError(
            f"{model.name}: ai-edge-quantizer {str(error).removeprefix('quantize_blob ')}",
            hint="quantize the whole model by one scheme, without rules",
            details=error.details,
        ) from None
    quantized = read_tflite_bytes(blob, name=model.name, source=f"{model.name} (quantized)")
    return apply_passes(quantized, [OperatorVersions()])


def quantize_blob(blob: bytes, entries: list[Entry], ranges: Mapping[str, tuple[float, float]]) -> bytes:
    """The child's side."""
    from ai_edge_quantizer import quantizer

    statistics = {
        name: {"min": np.full((1,), low, np.float32), "max": np.full((1,), high, np.float32)}
        for name, (low, high) in ranges.items()
    }
    engine = quantizer.Quantizer(bytearray(blob))
    engine.load_quantization_recipe(entries)
    try:
        result = engine.quantize(statistics, enable_progress_report=False)
    except (RuntimeError, ValueError, KeyError) as error:
        raise UnsupportedError(
            f"ai-edge-quantizer refuses: {' '.join(str(error).split())}",
            hint="quantize the whole model by one scheme, without rules",
        ) from None
    return bytes(result.quantized_model)


def _entry(model: Model, op: PlannedOp) -> Entry | None:
    """One operator's entry in the library's recipe, or None where it stays as it is."""
    config = _CONFIGS.get(op.scheme)
    if config is None:
        return None
    node = model.main.nodes[op.index]
    # The library knows an operator by the names of its outputs, each followed by a semicolon.
    scope = "".join(f"{model.main.tensors[t].name};" for t in node.outputs)
    return {"regex": f"^{re.escape(scope)}$", "operation": "*", **config(op)}


def _tensors(bits: int, kind: str = "INT", *, per_channel: bool = False, symmetric: bool = True) -> Entry:
    granularity = "CHANNELWISE" if per_channel else "TENSORWISE"
    return {"num_bits": bits, "symmetric": symmetric, "granularity": granularity, "dtype": kind}


def _static(op: PlannedOp) -> Entry:
    bits = _BITS[op.scheme]
    return {
        "algorithm_key": "min_max_uniform_quantize",
        "op_config": {
            "activation_tensor_config": _tensors(bits, symmetric=bits > 8),
            "weight_tensor_config": _tensors(8, per_channel=op.per_channel),
            "compute_precision": "INTEGER",
            "explicit_dequantize": False,
        },
    }


def _dynamic(op: PlannedOp) -> Entry:
    return {
        "algorithm_key": "min_max_uniform_quantize",
        "op_config": {
            "weight_tensor_config": _tensors(8, per_channel=op.per_channel),
            "compute_precision": "INTEGER",
            "explicit_dequantize": False,
        },
    }


def _float16(_: PlannedOp) -> Entry:
    return {
        "algorithm_key": "float_casting",
        "op_config": {
            "weight_tensor_config": _tensors(16, "FLOAT"),
            "compute_precision": "FLOAT",
            "explicit_dequantize": True,
        },
    }


_CONFIGS = {"int8": _static, "int16x8": _static, "dynamic": _dynamic, "float16": _float16}


def _edge_entries(recipe: Recipe) -> list[Entry]:
    """Types of the model's own inputs and outputs, which the library treats as operators."""
    if recipe.scheme not in CALIBRATED:
        return []
    entries = []
    for operation, type_ in (("INPUT", recipe.inputs), ("OUTPUT", recipe.outputs)):
        if type_ == "float32":
            continue
        kind, bits = ("UINT", 8) if type_ == "uint8" else ("INT", _BITS[recipe.scheme])
        config = {
            "activation_tensor_config": _tensors(bits, kind, symmetric=bits > 8),
            "weight_tensor_config": _tensors(8, per_channel=True),
            "compute_precision": "INTEGER",
            "explicit_dequantize": False,
        }
        entries.append(
            {
                "regex": _EDGE,
                "operation": operation,
                "algorithm_key": "min_max_uniform_quantize",
                "op_config": config,
            }
        )
    return entries
