"""Quantization: calibrate, plan, apply, check."""

from packager.quantize._contract import PlannedOp, Quantized, QuantPlan, Range
from packager.quantize.check import check_integer
from packager.quantize.kind import Kind, kind_of
from packager.quantize.pipeline import quantize_model

__all__ = ["Kind", "PlannedOp", "QuantPlan", "Quantized", "Range", "check_integer", "kind_of", "quantize_model"]
