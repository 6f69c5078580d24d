"""Quantization: calibrate, plan, apply, check."""

from packager.quantize._contract import PlannedOp, Quantized, QuantPlan, Range

__all__ = ["PlannedOp", "QuantPlan", "Quantized", "Range"]
